/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A structure whose size was never set is refused, and nothing is written to it. There is a case
 * for each structure with a size: tests/api/entry_points.py sees that none is left out.
 */
#include <errno.h>
#include <string.h>

#include <vsmmu/access.h>
#include <vsmmu/tables.h>
#include <vsmmu/veventq.h>

#include "lib/test_vmm.h"

static struct {
	struct vsmmu_host *sim;
	struct vsmmu *vsmmu;
	struct vsmmu_endpoint *endpoint;
	struct vsmmu_decoder *decoder;
	struct vsmmu_veventq *veventq;
} objects;

/* Bytes that may be anything but the size, which is at their beginning. */
union garbage {
	size_t size;
	uint8_t bytes[4200];
};

/* One function for each structure: hands the garbage over. */
#define CASE(structure, call)                                                                      \
	static int give_##structure(void *garbage)                                                 \
	{                                                                                          \
		struct vsmmu_##structure *given = garbage;                                         \
                                                                                                   \
		return call;                                                                       \
	}

static const struct vsmmu_access access_zero = {.size = sizeof(access_zero)};
static const struct vsmmu_event_record record_zero;
static union {
	struct vsmmu_host *host;
	struct vsmmu *vsmmu;
	struct vsmmu_endpoint *endpoint;
	struct vsmmu_adopted *adopted;
	struct vsmmu_decoder *decoder;
	struct vsmmu_veventq *veventq;
	struct vsmmu_event_record record;
	struct vsmmu_translation translation;
} out;

static int new_with_ops(struct vsmmu_ops *ops)
{
	const struct vsmmu_config config = {.size = sizeof(config), .ops = ops};

	return vsmmu_new(&out.vsmmu, &config);
}

static int translate(const struct vsmmu_access *access)
{
	out.translation = (struct vsmmu_translation){.size = sizeof(out.translation)};
	return vsmmu_translate(objects.vsmmu, access, &out.translation);
}

static int encode_and_decode(struct vsmmu_event *event)
{
	const int ret = vsmmu_event_encode(event, &out.record);

	return ret == -EINVAL ? vsmmu_event_decode(&record_zero, event) : ret;
}

CASE(config, vsmmu_new(&out.vsmmu, given))
CASE(ops, new_with_ops(given))
CASE(endpoint_config, vsmmu_endpoint_attach(objects.vsmmu, given, &out.endpoint))
CASE(endpoint_stats, vsmmu_endpoint_get_stats(objects.endpoint, given))
CASE(identity, vsmmu_get_identity(objects.vsmmu, given))
CASE(stats, vsmmu_get_stats(objects.vsmmu, given))
CASE(access, translate(given))
CASE(translation, vsmmu_translate(objects.vsmmu, &access_zero, given))
CASE(tables, vsmmu_lookup(objects.vsmmu, 0, VSMMU_NO_SSID, 0, given))
CASE(adopted_config, vsmmu_adopted_new(objects.vsmmu, given, &out.adopted))
CASE(iommufd_config, vsmmu_iommufd_new(&out.host, given))
CASE(decoder_config, vsmmu_decoder_new(&out.decoder, given))
CASE(decoder_stats, vsmmu_decoder_get_stats(objects.decoder, given))
CASE(item, vsmmu_decoder_next(objects.decoder, given))
CASE(veventq_config, vsmmu_veventq_new(&out.veventq, given))
CASE(veventq_stats, vsmmu_veventq_get_stats(objects.veventq, given))
CASE(event, encode_and_decode(given))
CASE(sim_config, vsmmu_sim_new(&out.host, given))
CASE(sim_stats, vsmmu_sim_get_stats(objects.sim, given))

#define GIVE(structure)                                                                            \
	{                                                                                          \
#structure, give_##structure                                                       \
	}

static const struct {
	const char *name;
	int (*give)(void *garbage);
} cases[] = {
	GIVE(config),
	GIVE(ops),
	GIVE(endpoint_config),
	GIVE(endpoint_stats),
	GIVE(identity),
	GIVE(stats),
	GIVE(access),
	GIVE(translation),
	GIVE(tables),
	GIVE(adopted_config),
	GIVE(iommufd_config),
	GIVE(decoder_config),
	GIVE(decoder_stats),
	GIVE(item),
	GIVE(veventq_config),
	GIVE(veventq_stats),
	GIVE(event),
	GIVE(sim_config),
	GIVE(sim_stats),
};

static ssize_t no_bytes(void *opaque, void *buffer, size_t length)
{
	(void)opaque, (void)buffer, (void)length;
	return 0;
}

static void objects_make(struct test_vmm *vmm)
{
	const struct vsmmu_decoder_config decoder = {
		.size = sizeof(decoder), .type = VSMMU_VEVENTQ_ARM_SMMUV3};
	const struct vsmmu_veventq_config veventq = {.size = sizeof(veventq),
		.flags = VSMMU_VEVENTQ_FLAG_SOURCE,
		.fd = -1,
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.read = no_bytes};
	struct vsmmu_endpoint_config device = {.size = sizeof(device), .vsid = 1, .vfio_fd = -1};

	assert_int_equal(vsmmu_sim_new(&objects.sim, NULL), 0);
	assert_int_equal(test_vmm_new(vmm, vsmmu_host_ref(objects.sim), NULL), 0);
	objects.vsmmu = vmm->vsmmu;
	assert_int_equal(vsmmu_sim_endpoint_new(objects.sim, 0, &device.dev_id), 0);
	assert_int_equal(vsmmu_endpoint_attach(objects.vsmmu, &device, &objects.endpoint), 0);
	assert_int_equal(vsmmu_decoder_new(&objects.decoder, &decoder), 0);
	assert_int_equal(vsmmu_veventq_new(&objects.veventq, &veventq), 0);
}

TEST(sizes_that_nobody_can_have_set)
{
	static const size_t sizes[] = {
		0, 1, sizeof(size_t), 4097, (size_t)1 << 40, (size_t)1 << 63, SIZE_MAX};
	static union garbage garbage, before;
	struct test_vmm *vmm = test_vmm_alloc();

	objects_make(vmm);
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			memset(&garbage, 0xa5, sizeof(garbage));
			garbage.size = sizes[i];
			before = garbage;
			if (cases[n].give(&garbage) != -EINVAL)
				fail_msg("struct vsmmu_%s of %#zx bytes", cases[n].name, sizes[i]);
			assert_memory_equal(&garbage, &before, sizeof(before));
		}
	vsmmu_veventq_free(objects.veventq);
	vsmmu_decoder_free(objects.decoder);
	test_vmm_free(vmm);
	vsmmu_host_unref(objects.sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("D7", sizes_that_nobody_can_have_set),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
