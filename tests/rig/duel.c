/* SPDX-License-Identifier: BSD-2-Clause */
#include "duel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (EDU_DMA_MAX / CASE_BYTES)

/* What the edu devices' buffers hold at first: data that no case reads. */
#define FILL_OFFSET (CASE_DATA_SIZE / 2)

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
	ret = open_real(duel);
	return ret ? ret : open_sim(duel);
}

void duel_close(struct duel *duel)
{
	side_close(&duel->sim);
	side_close(&duel->real);
	free(duel->sim.memory);
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

/* The whole of each edu device's buffer, to or from the lane's data, with stage 1 bypassed. */
static int move_buffers(struct duel *duel, bool out)
{
	int ret = side_bypass(&duel->real, duel->lanes);

	for (unsigned int n = 0; !ret && n < duel->lanes; n++)
		edu_start_at(&duel->machine.endpoint[n].edu,
			side_lane(&duel->real, n).gpa + CASE_DATA_OFFSET + FILL_OFFSET, 0,
			EDU_DMA_MAX, out);
	return ret ? ret : wait_all(duel, duel->lanes);
}

static uint32_t slot_fill(size_t slot)
{
	return case_data_at(FILL_OFFSET + slot * CASE_BYTES);
}

static int run_sim(struct duel *duel, unsigned int n, const struct rig_case *test, size_t slot,
	const struct case_image *image, struct duel_answer *answer)
{
	const struct vsmmu_access access = {
		.size = sizeof(access),
		.flags = test->write ? VSMMU_ACCESS_WRITE : 0,
		.address = image->address,
	};
	uint32_t value = test->write ? slot_fill(slot) : 0;
	int ret = side_program(&duel->sim, n, 1, image);

	if (ret)
		return ret;
	duel->sim.written = 0;
	ret = vsmmu_sim_dma(duel->sim_host, duel->sim_dev_id[n], &access, &value, sizeof(value));
	if (ret && ret != -EFAULT)
		return ret;
	answer->passed = !ret;
	answer->value = ret || test->write ? 0 : value;
	ret = side_collect(&duel->sim);
	answer->events = duel->sim.events[n];
	return ret;
}

/* A lane as it was before the case. */
static void restore(
	struct side *side, unsigned int n, const struct rig_case *test, uint64_t written, bool same)
{
	const struct case_lane lane = side_lane(side, n);
	const uint64_t offset = written - lane.gpa - CASE_DATA_OFFSET;
	uint32_t value;

	case_erase(test, &lane);
	if (!same || (written && offset > CASE_DATA_SIZE - CASE_BYTES)) {
		case_prepare(&lane);
	} else if (written) {
		value = case_data_at(offset);
		memcpy(lane.memory + CASE_DATA_OFFSET + offset, &value, sizeof(value));
	}
}

/* Whether the real side's write got anywhere: edu does not tell. Spoils the other side's lane. */
static bool has_written(
	const struct case_lane *real, const struct case_lane *sim, const struct rig_case *test)
{
	struct case_image image;

	case_prepare(sim);
	case_build(test, sim, &image);
	return memcmp(real->memory, sim->memory, CASE_LANE_SIZE);
}

static void finish(struct duel *duel, unsigned int n, const struct rig_case *test, uint64_t written,
	struct duel_result *result)
{
	const struct case_lane real = side_lane(&duel->real, n);
	const struct case_lane sim = side_lane(&duel->sim, n);

	result->real.events = duel->real.events[n];
	result->same_memory = !memcmp(real.memory, sim.memory, CASE_LANE_SIZE);
	if (test->write)
		result->real.passed =
			result->same_memory ? result->sim.passed : has_written(&real, &sim, test);
	restore(&duel->real, n, test, written, result->same_memory);
	restore(&duel->sim, n, test, written, result->same_memory);
}

/* @count cases, one in each lane; @slot: of the edu devices' buffers. */
static int run_round(struct duel *duel, const struct rig_case *cases, unsigned int count,
	size_t slot, struct duel_result *results)
{
	struct case_image images[CASE_LANES] = {0};
	uint64_t written[CASE_LANES] = {0};
	int ret;

	for (unsigned int n = 0; n < count; n++) {
		const struct case_lane real = side_lane(&duel->real, n);
		const struct case_lane sim = side_lane(&duel->sim, n);

		case_build(&cases[n], &real, &images[n]);
		case_build(&cases[n], &sim, &images[n]);
	}
	ret = side_program(&duel->real, 0, count, images);
	for (unsigned int n = 0; !ret && n < count; n++)
		edu_start_at(&duel->machine.endpoint[n].edu, images[n].address,
			(uint32_t)(slot * CASE_BYTES), CASE_BYTES, cases[n].write);
	for (unsigned int n = 0; !ret && n < count; n++) {
		ret = run_sim(duel, n, &cases[n], slot, &images[n], &results[n].sim);
		written[n] = duel->sim.written;
	}
	if (!ret)
		ret = wait_all(duel, count);
	if (!ret)
		ret = side_collect(&duel->real);
	for (unsigned int n = 0; n < count; n++)
		finish(duel, n, &cases[n], written[n], &results[n]);
	return ret;
}

/* What the real side's reads gave; an aborted one leaves zero, or what was there. */
static void read_slots(struct duel *duel, const struct rig_case *cases, size_t begin, size_t end,
	struct duel_result *results)
{
	for (size_t i = begin; i < end; i++) {
		const size_t slot = (i - begin) / duel->lanes;
		const uint8_t *from = side_lane(&duel->real, i % duel->lanes).memory +
				      CASE_DATA_OFFSET + FILL_OFFSET + slot * CASE_BYTES;
		struct duel_answer *answer = &results[i].real;

		if (cases[i].write)
			continue;
		memcpy(&answer->value, from, sizeof(answer->value));
		if (answer->value == slot_fill(slot))
			answer->value = 0;
		answer->passed = answer->value != 0;
	}
}

int duel_run(
	struct duel *duel, const struct rig_case *cases, size_t count, struct duel_result *results)
{
	const size_t batch = (size_t)SLOTS * duel->lanes;
	int ret = 0;

	for (size_t begin = 0; !ret && begin < count; begin += batch) {
		const size_t end = count - begin < batch ? count : begin + batch;

		for (unsigned int n = 0; n < duel->lanes; n++) {
			const struct case_lane lane = side_lane(&duel->real, n);

			case_prepare(&lane);
		}
		ret = move_buffers(duel, false);
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
