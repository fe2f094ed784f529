/* SPDX-License-Identifier: BSD-2-Clause */
#include "dut_pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (EDU_DMA_MAX / CASE_BYTES)

/* What the edu devices' buffers hold at first: nothing that is in any data. */
#define FILL UINT32_C(0xf1110000)

static int open_sim(struct dut_pair *pair)
{
	struct vsmmu_sim_config config = {.size = sizeof(config)};
	struct host_endpoint endpoints[CASE_LANES];
	int ret;

	memcpy(config.idr, pair->idr, sizeof(config.idr));
	dut_sim_config(&pair->sim, &config);
	pair->sim.memory = malloc(DUT_SIZE);
	if (!pair->sim.memory)
		return -ENOMEM;
	ret = vsmmu_sim_new(&pair->sim_host, &config);
	for (unsigned int n = 0; !ret && n < pair->lanes; n++) {
		ret = vsmmu_sim_endpoint_new(pair->sim_host, 0, &pair->sim_dev_id[n]);
		endpoints[n] = (struct host_endpoint){
			.dev_id = pair->sim_dev_id[n],
			.vfio_fd = -1,
		};
	}
	return ret ? ret : dut_open(&pair->sim, pair->sim_host, endpoints, pair->lanes);
}

static int open_real(struct dut_pair *pair)
{
	struct host_endpoint endpoints[CASE_LANES];
	char bdf[REAL_ENDPOINTS][16];
	struct host_hw_info info;
	int ret;

	pair->lanes = edu_find(bdf, REAL_ENDPOINTS);
	if (pair->lanes > CASE_LANES)
		pair->lanes = CASE_LANES;
	ret = real_machine_open(&pair->machine, pair->lanes);
	if (!ret)
		ret = real_machine_host(&pair->machine, &pair->real_host);
	for (unsigned int n = 0; !ret && n < pair->lanes; n++)
		endpoints[n] = real_machine_endpoint(&pair->machine, n);
	if (!ret)
		ret = pair->real_host->ops->hw_info(pair->real_host, &endpoints[0], &info);
	if (ret)
		return ret;
	memcpy(pair->idr, info.idr, sizeof(pair->idr));
	pair->real.memory = pair->machine.memory;
	return dut_open(&pair->real, pair->real_host, endpoints, pair->lanes);
}

int dut_pair_open(struct dut_pair *pair)
{
	int ret;

	memset(pair, 0, sizeof(*pair));
	pair->reference = malloc(CASE_LANE_SIZE);
	if (!pair->reference)
		return -ENOMEM;
	case_prepare(&(struct case_lane){.memory = pair->reference});
	ret = open_real(pair);
	return ret ? ret : open_sim(pair);
}

void dut_pair_close(struct dut_pair *pair)
{
	dut_close(&pair->sim);
	dut_close(&pair->real);
	free(pair->sim.memory);
	free(pair->reference);
	if (pair->sim_host)
		vsmmu_host_unref(pair->sim_host);
	if (pair->real_host)
		vsmmu_host_unref(pair->real_host);
	if (pair->lanes)
		real_machine_close(&pair->machine);
}

static int wait_all(struct dut_pair *pair, unsigned int count)
{
	int ret = 0;

	for (unsigned int n = 0; !ret && n < count; n++)
		ret = edu_wait(&pair->machine.endpoint[n].edu);
	return ret ? ret : real_machine_settle(&pair->machine);
}

static uint32_t slot_fill(size_t slot)
{
	return FILL | (uint32_t)slot;
}

/* The whole of each edu device's buffer, to or from the lane's data, with stage 1 bypassed. */
static int move_buffers(struct dut_pair *pair, bool out)
{
	int ret = dut_bypass(&pair->real, pair->lanes);

	for (unsigned int n = 0; !ret && n < pair->lanes; n++)
		edu_start_at(&pair->machine.endpoint[n].edu,
			dut_lane(&pair->real, n).gpa + CASE_DATA_OFFSET, 0, EDU_DMA_MAX, out);
	return ret ? ret : wait_all(pair, pair->lanes);
}

static int fill_buffers(struct dut_pair *pair)
{
	int ret;

	for (unsigned int n = 0; n < pair->lanes; n++)
		for (size_t slot = 0; slot < SLOTS; slot++) {
			const uint32_t fill = slot_fill(slot);

			memcpy(dut_lane(&pair->real, n).memory + CASE_DATA_OFFSET +
					slot * CASE_BYTES,
				&fill, CASE_BYTES);
		}
	ret = move_buffers(pair, false);
	for (unsigned int n = 0; n < pair->lanes; n++) {
		const struct case_lane lane = dut_lane(&pair->real, n);

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
static void finish(struct dut_pair *pair, unsigned int n, const struct rig_case *test,
	struct case_result *result)
{
	const struct case_lane real = dut_lane(&pair->real, n);
	const struct case_lane sim = dut_lane(&pair->sim, n);
	const struct case_lane reference = {n, real.gpa, pair->reference};
	struct case_image image;

	if (memcmp(real.memory, sim.memory, CASE_LANE_SIZE) != 0) {
		case_build(test, &reference, &image);
		case_look(test, &real, pair->reference, &result->real);
		case_erase(test, &reference);
	} else if (result->sim.address) {
		result->real = result->sim;
	}
	dut_events(&pair->real, n, &result->real);
	restore(test, &real, &result->real);
	restore(test, &sim, &result->sim);
}

/* @count cases, one in each lane; @slot: of the edu devices' buffers. */
static int run_round(struct dut_pair *pair, const struct rig_case *cases, unsigned int count,
	size_t slot, struct case_result *results)
{
	struct case_image images[CASE_LANES] = {0};
	int ret;

	for (unsigned int n = 0; n < count; n++) {
		const struct case_lane real = dut_lane(&pair->real, n);
		const struct case_lane sim = dut_lane(&pair->sim, n);

		case_build(&cases[n], &real, &images[n]);
		case_build(&cases[n], &sim, &images[n]);
		results[n].fill = slot_fill(slot);
	}
	ret = dut_program(&pair->real, 0, count, images);
	for (unsigned int n = 0; !ret && n < count; n++)
		edu_start_at(&pair->machine.endpoint[n].edu, images[n].address,
			(uint32_t)(slot * CASE_BYTES), CASE_BYTES, cases[n].write);
	for (unsigned int n = 0; !ret && n < count; n++)
		ret = dut_run_sim(&pair->sim, pair->sim_host, pair->sim_dev_id[n], &cases[n],
			&images[n], &results[n]);
	if (!ret)
		ret = wait_all(pair, count);
	if (!ret)
		ret = dut_collect(&pair->real);
	for (unsigned int n = 0; n < count; n++)
		finish(pair, n, &cases[n], &results[n]);
	return ret;
}

/* What the real side's reads brought; an aborted one leaves zero, or what was there. */
static void read_slots(struct dut_pair *pair, const struct rig_case *cases, size_t begin,
	size_t end, struct case_result *results)
{
	for (size_t i = begin; i < end; i++) {
		const size_t slot = (i - begin) / pair->lanes;
		const uint8_t *from = dut_lane(&pair->real, i % pair->lanes).memory +
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

int dut_pair_run(struct dut_pair *pair, const struct rig_case *cases, size_t count,
	struct case_result *results)
{
	const size_t batch = (size_t)SLOTS * pair->lanes;
	int ret = 0;

	for (size_t begin = 0; !ret && begin < count; begin += batch) {
		const size_t end = count - begin < batch ? count : begin + batch;

		ret = fill_buffers(pair);
		for (size_t i = begin; !ret && i < end; i += pair->lanes) {
			const size_t left = end - i;

			ret = run_round(pair, &cases[i],
				left < pair->lanes ? (unsigned int)left : pair->lanes,
				(i - begin) / pair->lanes, &results[i]);
		}
		if (!ret)
			ret = move_buffers(pair, true);
		if (!ret)
			read_slots(pair, cases, begin, end, results);
	}
	return ret;
}
