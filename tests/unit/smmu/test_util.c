/* SPDX-License-Identifier: BSD-2-Clause */
/* Structures that carry their size, the version, and the stream table. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/api.h>
#include <vsmmu/smmu.h>

#include "lib/rng.h"
#include "smmu/stream.h"
#include "lib/unit.h"
#include "util/errno_name.h"
#include "util/sized.h"

struct old {
	size_t size;
	uint64_t a;
};

struct new
{
	size_t size;
	uint64_t a;
	uint64_t b;
};

/* Not inlined: the compiler would see, and warn of, sizes that are wrong on purpose. */
__attribute__((noinline)) static int copy_in(void *to, const void *from, size_t size)
{
	return sized_copy_in(to, from, size);
}

__attribute__((noinline)) static int copy_out(void *to, const void *from, size_t size)
{
	return sized_copy_out(to, from, size);
}

TEST(configs_grow)
{
	const struct old older = {.size = sizeof(older), .a = 1};
	struct new newer = {.size = sizeof(newer), .a = 1};
	struct new copy = {.b = 5};
	struct old small;

	assert_int_equal(copy_in(&copy, &older, sizeof(copy)), 0);
	assert_int_equal(copy.a, 1);
	assert_int_equal(copy.b, 0);
	assert_int_equal(copy_in(&small, &newer, sizeof(small)), 0);
	newer.b = 1;
	assert_int_equal(copy_in(&small, &newer, sizeof(small)), -E2BIG);
	newer.size = sizeof(size_t);
	assert_int_equal(copy_in(&small, &newer, sizeof(small)), -EINVAL);
	newer.size = 0;
	assert_int_equal(copy_in(&small, &newer, sizeof(small)), -EINVAL);
	/* Nobody has set such a size: nothing behind it is looked at. */
	newer.size = 4097;
	assert_int_equal(copy_in(&small, &newer, sizeof(small)), -EINVAL);
	newer.size = SIZE_MAX;
	assert_int_equal(copy_in(&small, &newer, sizeof(small)), -EINVAL);
	assert_int_equal(copy_in(&small, NULL, sizeof(small)), -EINVAL);
}

TEST(results_grow)
{
	const struct new now = {.a = 7, .b = 8};
	const struct old then = {.a = 7};
	struct new newer = {.size = sizeof(newer), .b = 99};
	struct new older = {.size = sizeof(struct old), .b = 99};

	older.size = 4097;
	assert_int_equal(copy_out(&older, &now, sizeof(now)), -EINVAL);
	older.size = sizeof(struct old);
	assert_int_equal(copy_out(&older, &now, sizeof(now)), 0);
	assert_int_equal(older.a, 7);
	assert_int_equal(older.b, 99);
	assert_int_equal(older.size, sizeof(struct old));
	assert_int_equal(copy_out(&newer, &then, sizeof(then)), 0);
	assert_int_equal(newer.a, 7);
	assert_int_equal(newer.b, 0);
	newer.size = 3;
	assert_int_equal(copy_out(&newer, &now, sizeof(now)), -EINVAL);
	assert_int_equal(copy_out(NULL, &now, sizeof(now)), -EINVAL);
}

TEST(the_version_is_that_of_the_headers)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", VSMMU_VERSION_MAJOR, VSMMU_VERSION_MINOR,
		VSMMU_VERSION_PATCH);
	assert_string_equal(vsmmu_version(), text);
}

static int write_nothing(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	(void)address;
	(void)bytes;
	(void)length;
	return 0;
}

static void pulse_nothing(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

TEST(errors_have_names)
{
	assert_string_equal(errno_name(ENOENT), "ENOENT");
	assert_string_equal(errno_name(-ENOENT), "ENOENT");
	assert_string_equal(errno_name(-EAGAIN), "EAGAIN");
	assert_string_equal(errno_name(-EOPNOTSUPP), "EOPNOTSUPP");
	assert_string_equal(errno_name(-EDEADLK), "EDEADLK");
	assert_string_equal(errno_name(0), "an unknown error");
	assert_string_equal(errno_name(-4095), "an unknown error");
	assert_string_equal(errno_name(INT_MIN), "an unknown error");
	assert_string_equal(errno_name(INT_MAX), "an unknown error");
}

TEST(a_config_that_makes_no_sense_is_refused)
{
	struct vsmmu_ops ops = {
		.size = sizeof(ops), .memory_write = write_nothing, .irq_pulse = pulse_nothing};
	struct vsmmu_config good = {.size = sizeof(good), .ops = &ops, .event_path_only = true},
			    config;
	struct vsmmu_stats stats = {.size = 0};
	struct vsmmu *vsmmu = NULL;

	assert_int_equal(vsmmu_new(&vsmmu, NULL), -EINVAL);
	config = good, config.size = 0;
	assert_int_equal(vsmmu_new(&vsmmu, &config), -EINVAL);
	config = good, config.ops = NULL;
	assert_int_equal(vsmmu_new(&vsmmu, &config), -EINVAL);
	config = good, config.eventq_log2_max = 20;
	assert_int_equal(vsmmu_new(&vsmmu, &config), -EINVAL);
	config = good, config.ssid_bits = 21;
	assert_int_equal(vsmmu_new(&vsmmu, &config), -EINVAL);
	config = good, config.veventq_depth = (1 << 19) + 1;
	assert_int_equal(vsmmu_new(&vsmmu, &config), -EINVAL);
	config = good, config.loss_policy = (enum vsmmu_loss_policy)2;
	assert_int_equal(vsmmu_new(&vsmmu, &config), -EINVAL);
	ops.memory_write = NULL;
	assert_int_equal(vsmmu_new(&vsmmu, &good), -EINVAL);
	ops.memory_write = write_nothing;
	ops.irq_pulse = NULL;
	assert_int_equal(vsmmu_new(&vsmmu, &good), -EINVAL);
	ops.irq_pulse = pulse_nothing;
	assert_null(vsmmu);
	vsmmu_free(NULL);

	/* Without a host it has registers, and that is all. */
	assert_int_equal(vsmmu_new(&vsmmu, &good), 0);
	assert_int_equal(vsmmu_get_stats(vsmmu, &stats), -EINVAL);
	assert_int_equal(vsmmu_dispatch(vsmmu, 0), 0);
	assert_int_equal(vsmmu_rearm(vsmmu), 0);
	assert_int_equal(vsmmu_reset(vsmmu), 0);
	{
		const struct vsmmu_endpoint_config endpoint = {
			.size = sizeof(endpoint), .vfio_fd = -1};
		struct vsmmu_endpoint *out = NULL;

		assert_int_equal(vsmmu_endpoint_attach(vsmmu, &endpoint, &out), -EINVAL);
		assert_null(out);
	}
	vsmmu_free(vsmmu);
}

/* Against a plain array: StreamIDs that collide, come and go. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(configs_grow),
		UNIT_TEST_PLAIN(results_grow),
		UNIT_TEST_PLAIN(the_version_is_that_of_the_headers),
		UNIT_TEST_PLAIN(errors_have_names),
		UNIT_TEST_PLAIN(a_config_that_makes_no_sense_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
