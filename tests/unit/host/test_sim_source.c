/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator's vEVENTQ for readers without a vSMMU: what its header promises. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <vsmmu/sim.h>

#include "lib/unit.h"
#include "uapi/iommufd.h"

#define DEPTH  4
#define RECORD 40
#define LOST   UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS

static struct vsmmu_host *sim;
static struct vsmmu_sim_veventq *queue;
static uint8_t buffer[16 * RECORD];

static void begin(enum vsmmu_sim_kernel kernel, uint32_t first_sequence)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.kernel = kernel,
		.first_sequence = first_sequence,
	};

	assert_int_equal(vsmmu_sim_new(&sim, &config), 0);
	assert_int_equal(vsmmu_sim_veventq_new(&queue, sim, DEPTH), 0);
}

static struct vsmmu_sim_stats stats_of(void)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(sim, &stats), 0);
	return stats;
}

static void end(void)
{
	assert_int_equal(stats_of().objects, 1);
	vsmmu_sim_veventq_free(queue);
	assert_int_equal(stats_of().objects, 0);
	vsmmu_host_unref(sim);
}

static int report(void)
{
	const struct vsmmu_event_record record = {.word = {UINT64_C(0x4200000010), 2, 3, 4}};

	return vsmmu_sim_veventq_report(queue, &record);
}

static ssize_t take(size_t length)
{
	return vsmmu_sim_veventq_read(queue, buffer, length);
}

static bool readable(void)
{
	struct pollfd fd = {.fd = vsmmu_sim_veventq_get_fd(queue), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void expect_header(size_t at, uint32_t flags, uint32_t sequence)
{
	struct uapi_iommufd_vevent_header header;

	memcpy(&header, buffer + at, sizeof(header));
	assert_int_equal(header.flags, flags);
	assert_int_equal(header.sequence, sequence);
}

TEST(records_come_whole_and_in_order)
{
	static const uint8_t payload[8] = {0x10, 0, 0, 0, 0x42};

	begin(VSMMU_SIM_KERNEL_NOW, INT32_MAX);
	assert_false(readable());
	assert_int_equal(take(sizeof(buffer)), 0);
	assert_int_equal(report(), 1);
	assert_int_equal(report(), 1);
	assert_true(readable());
	assert_int_equal(take(RECORD - 1), -EINVAL);
	assert_int_equal(take(2 * RECORD - 1), RECORD);
	expect_header(0, 0, INT32_MAX);
	assert_memory_equal(buffer + 8, payload, sizeof(payload));
	assert_int_equal(take(sizeof(buffer)), RECORD);
	expect_header(0, 0, 0);
	assert_false(readable());
	assert_int_equal(take(sizeof(buffer)), 0);
	end();
}

TEST(a_lost_header_is_last_and_vanishes)
{
	begin(VSMMU_SIM_KERNEL_NOW, 0);
	for (int i = 0; i < DEPTH; i++)
		assert_int_equal(report(), 1);
	assert_int_equal(report(), 0);
	assert_int_equal(take(sizeof(buffer)), DEPTH * RECORD + 8);
	expect_header(DEPTH * RECORD, LOST, DEPTH);
	assert_int_equal(vsmmu_sim_veventq_drop(queue, 3), 0);
	assert_true(readable());
	assert_int_equal(report(), 1);
	assert_int_equal(take(sizeof(buffer)), RECORD);
	expect_header(0, 0, DEPTH + 4);
	assert_int_equal(stats_of().numbered, DEPTH + 5);
	assert_int_equal(stats_of().dropped, 4);
	end();
}

TEST(no_memory_is_told_by_both_kernels)
{
	for (int kernel = VSMMU_SIM_KERNEL_NOW; kernel <= VSMMU_SIM_KERNEL_BEFORE_2026; kernel++) {
		begin((enum vsmmu_sim_kernel)kernel, 0);
		assert_int_equal(vsmmu_sim_fail(sim, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0), 0);
		assert_int_equal(report(), 0);
		assert_int_equal(vsmmu_sim_fail(sim, VSMMU_SIM_FAIL_LOST_COPY, 0, 0), 0);
		assert_int_equal(
			take(sizeof(buffer)), kernel == VSMMU_SIM_KERNEL_NOW ? -ENOMEM : 0);
		assert_true(readable());
		assert_int_equal(take(sizeof(buffer)), 8);
		expect_header(0, LOST, 0);
		end();
	}
}

TEST(a_payload_that_faults_comes_again)
{
	for (int kernel = VSMMU_SIM_KERNEL_NOW; kernel <= VSMMU_SIM_KERNEL_BEFORE_2026; kernel++) {
		begin((enum vsmmu_sim_kernel)kernel, 0);
		assert_int_equal(report(), 1);
		assert_int_equal(vsmmu_sim_fail(sim, VSMMU_SIM_FAIL_PAYLOAD_FAULT, 0, 0), 0);
		assert_int_equal(
			take(sizeof(buffer)), kernel == VSMMU_SIM_KERNEL_NOW ? -EFAULT : 8);
		assert_true(readable());
		assert_int_equal(take(sizeof(buffer)), RECORD);
		expect_header(0, 0, 0);
		/* Memory that faults by itself. */
		assert_int_equal(report(), 1);
		assert_int_equal(vsmmu_sim_veventq_read(queue, NULL, RECORD), -EFAULT);
		assert_int_equal(take(sizeof(buffer)), RECORD);
		end();
	}
}

static void report_once(void *unused)
{
	(void)unused;
	assert_int_equal(vsmmu_sim_veventq_drop(queue, 2), 0);
}

TEST(two_lost_headers_come_in_one_read)
{
	begin(VSMMU_SIM_KERNEL_NOW, 0);
	assert_int_equal(vsmmu_sim_veventq_drop(queue, 1), 0);
	assert_int_equal(vsmmu_sim_on_lost_copy(sim, report_once, NULL), 0);
	assert_int_equal(take(sizeof(buffer)), 16);
	expect_header(0, LOST, 0);
	expect_header(8, LOST, 2);
	end();
}

TEST(misuse_is_einval)
{
	const struct vsmmu_event_record record = {{0}};
	struct vsmmu_sim_veventq *none = NULL;

	begin(VSMMU_SIM_KERNEL_NOW, 0);
	assert_int_equal(vsmmu_sim_veventq_new(NULL, sim, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_new(&none, NULL, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_new(&none, sim, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_new(&none, sim, (1 << 19) + 1), -EINVAL);
	assert_null(none);
	assert_int_equal(vsmmu_sim_veventq_get_fd(NULL), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_read(NULL, buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_report(NULL, &record), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_report(queue, NULL), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_drop(NULL, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_drop(queue, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_veventq_drop(queue, UINT32_C(1) << 31), -EINVAL);
	vsmmu_sim_veventq_free(NULL);
	end();
}

/* It keeps its host. */
TEST(it_outlives_the_caller_s_reference)
{
	begin(VSMMU_SIM_KERNEL_NOW, 0);
	vsmmu_host_unref(sim);
	assert_int_equal(report(), 1);
	assert_int_equal(take(sizeof(buffer)), RECORD);
	vsmmu_sim_veventq_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E4", records_come_whole_and_in_order),
		UNIT_TEST("E4 E5", a_lost_header_is_last_and_vanishes),
		UNIT_TEST("E3 P8", no_memory_is_told_by_both_kernels),
		UNIT_TEST("E4", a_payload_that_faults_comes_again),
		UNIT_TEST("E4 P4", two_lost_headers_come_in_one_read),
		UNIT_TEST_PLAIN(misuse_is_einval),
		UNIT_TEST_PLAIN(it_outlives_the_caller_s_reference),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
