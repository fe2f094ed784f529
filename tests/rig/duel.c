/* SPDX-License-Identifier: BSD-2-Clause */
#include "duel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (EDU_DMA_MAX / CASE_BYTES)

/* What the edu devices' buffers hold at first: nothing that is in any data. */
#define FILL UINT32_C(0xf1110000)

static int open_sim(struct duel *duel)
{
	struct vsmmu_sim_config config = {.size = sizeof(config)};
	struct host_endpoint endpoints[CASE_LANES];
	int ret;

	memcpy(config.idr, duel->idr, sizeof(config.idr));
	side_sim_config(&duel->sim, &config);
	duel->sim.memory = malloc(SIDE_SIZE);
	if (!duel->sim.memory)
		return -ENOMEM;
	ret = vsmmu_sim_new(&duel->sim_host, &config);
	for (unsigned int n = 0; !ret && n < duel->lanes; n++) {
		ret = vsmmu_sim_endpoint_new(duel->sim_host, 0, &duel->sim_dev_id[n]);
		endpoints[n] = (struct host_endpoint){
			.dev_id = duel->sim_dev_id[n],
			.vfio_fd = -1,
		};
	}
	return ret ? ret : side_open(&duel->sim, duel->sim_host, endpoints, duel->lanes);
}

static int open_real(struct duel *duel)
{
	struct host_endpoint endpoints[CASE_LANES];
	char bdf[REAL_ENDPOINTS][16];
	struct host_hw_info info;
	int ret;

	duel->lanes = edu_find(bdf, REAL_ENDPOINTS);
	if (duel->lanes > CASE_LANES)
		duel->lanes = CASE_LANES;
	ret = real_machine_open(&duel->machine, duel->lanes);
	if (!ret)
		ret = real_machine_host(&duel->machine, &duel->real_host);
	for (unsigned int n = 0; !ret && n < duel->lanes; n++)
		endpoints[n] = real_machine_endpoint(&duel->machine, n);
	if (!ret)
		ret = duel->real_host->ops->hw_info(duel->real_host, &endpoints[0], &info);
	if (ret)
		return ret;
	memcpy(duel->idr, info.idr, sizeof(duel->idr));
	duel->real.memory = duel->machine.memory;
	return side_open(&duel->real, duel->real_host, endpoints, duel->lanes);
}

int duel_open(struct duel *duel)
{
	int ret;

	memset(duel, 0, sizeof(*duel));
	duel->reference = malloc(CASE_LANE_SIZE);
	if (!duel->reference)
		return -ENOMEM;
	case_prepare(&(struct case_lane){.memory = duel->reference});
	ret = open_real(duel);
	return ret ? ret : open_sim(duel);
}

void duel_close(struct duel *duel)
{
	side_close(&duel->sim);
	side_close(&duel->real);
	free(duel->sim.memory);
	free(duel->reference);
	if (duel->sim_host)
		vsmmu_host_unref(duel->sim_host);
	if (duel->real_host)
		vsmmu_host_unref(duel->real_host);
	if (duel->lanes)
		real_machine_close(&duel->machine);
}

static int wait_all(struct duel *duel, unsigned int count)
{
	int ret = 0;

	for (unsigned int n = 0; !ret && n < count; n++)
		ret = edu_wait(&duel->machine.endpoint[n].edu);
	return ret ? ret : real_machine_settle(&duel->machine);
}

static uint32_t slot_fill(size_t slot)
{
	return FILL | (uint32_t)slot;
}

/* The whole of each edu device's buffer, to or from the lane's data, with stage 1 bypassed. */
static int move_buffers(struct duel *duel, bool out)
{
	int ret = side_bypass(&duel->real, duel->lanes);

	for (unsigned int n = 0; !ret && n < duel->lanes; n++)
		edu_start_at(&duel->machine.endpoint[n].edu,
			side_lane(&duel->real, n).gpa + CASE_DATA_OFFSET, 0, EDU_DMA_MAX, out);
	return ret ? ret : wait_all(duel, duel->lanes);
}

static int fill_buffers(struct duel *duel)
{
	int ret;

	for (unsigned int n = 0; n < duel->lanes; n++)
		for (size_t slot = 0; slot < SLOTS; slot++) {
			const uint32_t fill = slot_fill(slot);

			memcpy(side_lane(&duel->real, n).memory + CASE_DATA_OFFSET +
					slot * CASE_BYTES,
				&fill, CASE_BYTES);
		}
	ret = move_buffers(duel, false);
	for (unsigned int n = 0; n < duel->lanes; n++) {
		const struct case_lane lane = side_lane(&duel->real, n);

		case_prepare(&lane);
	}
	return ret;
}

/* A lane as it was before the case. */
static void restore(
	const struct rig_case *test, const struct case_lane *lane, const struct case_seen *seen)
{
	const uint64_t offset = seen->address - lane->gpa - CASE_DATA_OFFSET;
	uint32_t value;

	case_erase(test, lane);
	if (seen->spoilt || (seen->address && offset > CASE_DATA_SIZE - CASE_BYTES)) {
		case_prepare(lane);
	} else if (seen->address) {
		value = case_data_at(offset);
		memcpy(lane->memory + CASE_DATA_OFFSET + offset, &value, sizeof(value));
	}
}

/*
 * What came of the access on the real side. edu does not tell whether a write got through, but
 * memory does, and most often it is as the simulator has left its own.
 */
static void finish(
	struct duel *duel, unsigned int n, const struct rig_case *test, struct case_result *result)
{
	const struct case_lane real = side_lane(&duel->real, n);
	const struct case_lane sim = side_lane(&duel->sim, n);
	const struct case_lane reference = {n, real.gpa, duel->reference};
	struct case_image image;

	if (memcmp(real.memory, sim.memory, CASE_LANE_SIZE) != 0) {
		case_build(test, &reference, &image);
		case_look(test, &real, duel->reference, &result->real);
		case_erase(test, &reference);
	} else if (result->sim.address) {
		result->real = result->sim;
	}
	side_events(&duel->real, n, &result->real);
	restore(test, &real, &result->real);
	restore(test, &sim, &result->sim);
}

/* @count cases, one in each lane; @slot: of the edu devices' buffers. */
static int run_round(struct duel *duel, const struct rig_case *cases, unsigned int count,
	size_t slot, struct case_result *results)
{
	struct case_image images[CASE_LANES] = {0};
	int ret;

	for (unsigned int n = 0; n < count; n++) {
		const struct case_lane real = side_lane(&duel->real, n);
		const struct case_lane sim = side_lane(&duel->sim, n);

		case_build(&cases[n], &real, &images[n]);
		case_build(&cases[n], &sim, &images[n]);
		results[n].fill = slot_fill(slot);
	}
	ret = side_program(&duel->real, 0, count, images);
	for (unsigned int n = 0; !ret && n < count; n++)
		edu_start_at(&duel->machine.endpoint[n].edu, images[n].address,
			(uint32_t)(slot * CASE_BYTES), CASE_BYTES, cases[n].write);
	for (unsigned int n = 0; !ret && n < count; n++)
		ret = side_run_sim(&duel->sim, duel->sim_host, duel->sim_dev_id[n], &cases[n],
			&images[n], &results[n]);
	if (!ret)
		ret = wait_all(duel, count);
	if (!ret)
		ret = side_collect(&duel->real);
	for (unsigned int n = 0; n < count; n++)
		finish(duel, n, &cases[n], &results[n]);
	return ret;
}

/* What the real side's reads brought; an aborted one leaves zero, or what was there. */
static void read_slots(struct duel *duel, const struct rig_case *cases, size_t begin, size_t end,
	struct case_result *results)
{
	for (size_t i = begin; i < end; i++) {
		const size_t slot = (i - begin) / duel->lanes;
		const uint8_t *from = side_lane(&duel->real, i % duel->lanes).memory +
				      CASE_DATA_OFFSET + slot * CASE_BYTES;
		struct case_seen *seen = &results[i].real;
		uint32_t value;

		memcpy(&value, from, sizeof(value));
		if (cases[i].write || !value || value == slot_fill(slot))
			continue;
		seen->passed = true;
		seen->value = value;
	}
}

int duel_run(
	struct duel *duel, const struct rig_case *cases, size_t count, struct case_result *results)
{
	const size_t batch = (size_t)SLOTS * duel->lanes;
	int ret = 0;

	for (size_t begin = 0; !ret && begin < count; begin += batch) {
		const size_t end = count - begin < batch ? count : begin + batch;

		ret = fill_buffers(duel);
		for (size_t i = begin; !ret && i < end; i += duel->lanes) {
			const size_t left = end - i;

			ret = run_round(duel, &cases[i],
				left < duel->lanes ? (unsigned int)left : duel->lanes,
				(i - begin) / duel->lanes, &results[i]);
		}
		if (!ret)
			ret = move_buffers(duel, true);
		if (!ret)
			read_slots(duel, cases, begin, end, results);
	}
	return ret;
}
