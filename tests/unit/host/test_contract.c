/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that another build of the library made: refused, and nothing in them is called. */
#include <errno.h>

#include <vsmmu/smmu.h>

#include "host/host.h"
#include "lib/unit.h"

static unsigned int freed;

static void count_free(struct vsmmu_host *host)
{
	(void)host;
	freed++;
}

/* A call of any operation but this one would crash the test. */
static const struct host_ops ops = {.free = count_free};

static int write_nothing(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque, (void)address, (void)bytes, (void)length;
	return 0;
}

static void pulse_nothing(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque, (void)irq;
}

static int make(struct vsmmu_host *host, struct vsmmu **out)
{
	const struct vsmmu_ops vmm = {
		.size = sizeof(vmm), .memory_write = write_nothing, .irq_pulse = pulse_nothing};
	const struct vsmmu_config config = {
		.size = sizeof(config), .ops = &vmm, .host = host, .event_path_only = true};

	return vsmmu_new(out, &config);
}

TEST(a_host_of_this_build_fits)
{
	struct vsmmu *vsmmu = NULL;
	struct vsmmu_host host;

	freed = 0;
	host_init(&host, &ops);
	assert_int_equal(make(&host, &vsmmu), 0);
	vsmmu_free(vsmmu);
	assert_int_equal(freed, 0);
	vsmmu_host_unref(&host);
	assert_int_equal(freed, 1);
}

TEST(a_host_of_another_build_is_refused)
{
	const uint64_t others[] = {0, HOST_CONTRACT + 1, HOST_CONTRACT ^ (UINT64_C(1) << 48)};
	struct vsmmu *vsmmu = NULL;
	struct vsmmu_host host;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		freed = 0;
		host_init(&host, &ops);
		host.contract = others[i];
		assert_int_equal(make(&host, &vsmmu), -EPROTO);
		assert_null(vsmmu);
		assert_int_equal(atomic_load(&host.refs), 1);
		vsmmu_host_unref(&host);
		assert_int_equal(freed, 1);
	}
}

TEST(references_work_across_builds)
{
	/* These places are what every build since the first one agrees upon. */
	assert_int_equal(offsetof(struct vsmmu_host, contract), 0);
	assert_int_equal(offsetof(struct vsmmu_host, refs), 8);
	assert_int_equal(offsetof(struct vsmmu_host, ops), 16);
	assert_int_equal(offsetof(struct host_ops, free), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(a_host_of_this_build_fits),
		UNIT_TEST_PLAIN(a_host_of_another_build_is_refused),
		UNIT_TEST_PLAIN(references_work_across_builds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
