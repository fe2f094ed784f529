/* SPDX-License-Identifier: BSD-2-Clause */
/* A refused call says why: once, with the name of the error, in words that name the cause. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <vsmmu/decoder.h>

#include "lib/test_vmm.h"
#include "smmu/vsmmu.h"

#define VSID UINT32_C(0x10)

static unsigned int reports;
static struct test_vmm_report last;

static void keep(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	reports++;
	last.code = report->code;
	last.severity = report->severity;
	last.vsid = report->vsid;
	snprintf(last.text, sizeof(last.text), "%s", report->text);
}

static int no_memory(void *opaque, uint64_t address, void *bytes, size_t length)
{
	(void)opaque, (void)address, (void)bytes, (void)length;
	return -1;
}

static int no_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque, (void)address, (void)bytes, (void)length;
	return -1;
}

static void no_irq(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque, (void)irq;
}

static const struct vsmmu_ops whole = {
	.size = sizeof(whole),
	.memory_write = no_write,
	.irq_pulse = no_irq,
	.report = keep,
	.memory_read = no_memory,
};

/* The refusal, as the caller and the person each learn of it. */
static void expect(int ret, int error, const char *name, const char *cause)
{
	if (ret != error || reports != 1 || !strstr(last.text, cause))
		print_message("# %s: %d, %u reports, \"%s\"\n", cause, ret, reports, last.text);
	assert_int_equal(ret, error);
	assert_int_equal(reports, 1);
	assert_int_equal(last.code, VSMMU_REPORT_UNFIT);
	assert_int_equal(last.severity, error == -EAGAIN ? VSMMU_INFO : VSMMU_ERROR);
	assert_non_null(strstr(last.text, name));
	assert_non_null(strstr(last.text, cause));
	reports = 0;
}

#define EXPECT(ret, error, cause) expect(ret, -(error), #error, cause)

static int new_with(const struct vsmmu_config *config)
{
	struct vsmmu *vsmmu = NULL;
	const int ret = vsmmu_new(&vsmmu, config);

	assert_int_equal(!ret, vsmmu != NULL);
	vsmmu_free(vsmmu);
	return ret;
}

/* What a member of the config must not be, and the words that say so. */
TEST(a_config_is_told_what_is_wrong_with_it)
{
	static const struct vsmmu_config good = {.size = sizeof(good), .ops = &whole};
	static struct vsmmu_host strange; /* contract 0 */
	static const struct {
		struct vsmmu_config config;
		const char *cause;
	} cases[] = {
		{{.veventq_depth = 524289},
			"veventq_depth 524289 asked for, but Linux has at most"},
		{{.loss_policy = (enum vsmmu_loss_policy)7}, "loss_policy 7"},
		{{.eventq_log2_max = 20}, "eventq_log2_max 20"},
		{{.cmdq_log2_max = 6}, "cmdq_log2_max 6"},
		{{.cmdq_log2_max = 20}, "cmdq_log2_max 20"},
		{{.sid_bits = 33}, "sid_bits 33"},
		{{.ssid_bits = 21}, "ssid_bits 21"},
		{{.oas_bits = 43}, "oas_bits 43"},
		{{.ats = 2}, "ats 2"},
		{{.asid_bits = 12}, "asid_bits 12"},
		{{.granules = 8}, "granules"},
		{{.reserved = 1}, "reserved"},
		{{.reserved2 = {0, 0, 0, 0, 1}}, "reserved"},
	};
	struct vsmmu_config config;

	assert_int_equal(new_with(&good), 0);
	assert_int_equal(reports, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		config = cases[i].config;
		config.size = good.size;
		config.ops = &whole;
		EXPECT(new_with(&config), EINVAL, cases[i].cause);
	}
	config = good;
	config.host = &strange;
	EXPECT(new_with(&config), EPROTO, "config.host is of another build");
	EXPECT(vsmmu_new(NULL, &good), EINVAL, "out is NULL");
}

TEST(ops_are_told_what_is_missing)
{
	struct vsmmu_ops ops = whole;
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops};

	ops.memory_write = NULL;
	EXPECT(new_with(&config), EINVAL, "ops.memory_write is NULL");
	ops = whole;
	ops.irq_pulse = NULL;
	EXPECT(new_with(&config), EINVAL, "ops.irq_pulse is NULL");
	ops = whole;
	ops.memory_read = NULL;
	EXPECT(new_with(&config), EINVAL, "ops.memory_read is NULL");
	/* Of an earlier version, which had none. */
	ops = whole;
	ops.size = offsetof(struct vsmmu_ops, memory_read);
	EXPECT(new_with(&config), EINVAL, "ops.memory_read is NULL");
}

/* A program of a later version, which asks for what this one does not have. */
TEST(an_unknown_member_is_told_of)
{
	struct {
		struct vsmmu_config config;
		uint8_t later[16];
	} config = {.config = {.size = sizeof(config)}};
	struct {
		struct vsmmu_ops ops;
		uint8_t later[16];
	} ops = {.ops = whole};
	char cause[160];

	ops.ops.size = sizeof(ops);
	config.config.ops = &ops.ops;
	assert_int_equal(new_with(&config.config), 0);
	config.later[5] = 1;
	snprintf(cause, sizeof(cause),
		"config has %zu bytes, and byte %zu is not 0; libvsmmu %s knows %zu",
		sizeof(config), sizeof(struct vsmmu_config) + 5, vsmmu_version(),
		sizeof(struct vsmmu_config));
	EXPECT(new_with(&config.config), E2BIG, cause);
	config.later[5] = 0;
	ops.later[15] = 1;
	snprintf(cause, sizeof(cause), "ops has %zu bytes, and byte %zu is not 0", sizeof(ops),
		sizeof(ops) - 1);
	EXPECT(new_with(&config.config), E2BIG, cause);
}

/* Who has set no size may have set nothing else: there is nobody to tell. */
TEST(what_was_never_set_is_not_followed)
{
	static const size_t sizes[] = {0, 1, sizeof(size_t),
		offsetof(struct vsmmu_config, host) - 1, 4097, (size_t)1 << 40, SIZE_MAX};
	struct vsmmu_config config;
	struct vsmmu_ops ops = whole;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(&config, 0xa5, sizeof(config));
		config.size = sizes[i];
		assert_int_equal(new_with(&config), -EINVAL);
		if (sizes[i] == offsetof(struct vsmmu_config, host) - 1)
			continue;
		config = (struct vsmmu_config){.size = sizeof(config), .ops = &ops};
		memset(&ops, 0xa5, sizeof(ops));
		ops.size = sizes[i];
		assert_int_equal(new_with(&config), -EINVAL);
	}
	assert_int_equal(new_with(NULL), -EINVAL);
	config = (struct vsmmu_config){.size = sizeof(config)};
	assert_int_equal(new_with(&config), -EINVAL);
	assert_int_equal(reports, 0);
}

struct fixture {
	struct vsmmu_host *sim;
	struct vsmmu *vsmmu;
	uint32_t dev_id[2];
	struct vsmmu_endpoint *endpoint;   /* the first device */
	struct vsmmu_endpoint_config good; /* the second one */
};

static struct fixture fixture_new(bool event_path_only)
{
	struct fixture fixture = {.good = {.size = sizeof(fixture.good), .vfio_fd = -1}};
	struct vsmmu_config config = {.size = sizeof(config),
		.ops = &whole,
		.event_path_only = event_path_only,
		.report_burst = UINT32_MAX};

	assert_int_equal(vsmmu_sim_new(&fixture.sim, NULL), 0);
	config.host = fixture.sim;
	assert_int_equal(vsmmu_new(&fixture.vsmmu, &config), 0);
	for (unsigned int n = 0; n < 2; n++)
		assert_int_equal(vsmmu_sim_endpoint_new(fixture.sim, 0, &fixture.dev_id[n]), 0);
	fixture.good.vsid = VSID;
	fixture.good.dev_id = fixture.dev_id[0];
	assert_int_equal(vsmmu_endpoint_attach(fixture.vsmmu, &fixture.good, &fixture.endpoint), 0);
	fixture.good.vsid = VSID + 1;
	fixture.good.dev_id = fixture.dev_id[1];
	assert_int_equal(reports, 0);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	vsmmu_free(fixture->vsmmu);
	assert_int_equal(vsmmu_sim_get_stats(fixture->sim, &stats), 0);
	assert_int_equal(stats.objects, 0);
	vsmmu_host_unref(fixture->sim);
	assert_int_equal(reports, 0);
}

static int attach(const struct fixture *fixture, const struct vsmmu_endpoint_config *config)
{
	struct vsmmu_endpoint *endpoint = NULL;
	const int ret = vsmmu_endpoint_attach(fixture->vsmmu, config, &endpoint);

	assert_int_equal(!ret, endpoint != NULL);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	return ret;
}

TEST(an_attach_says_why_not)
{
	struct fixture fixture = fixture_new(false);
	struct {
		struct vsmmu_endpoint_config config;
		uint64_t later;
	} grown = {.config = fixture.good, .later = 1};
	struct vsmmu_endpoint_config config;

	EXPECT(attach(&fixture, NULL), EINVAL, "vsmmu_endpoint_config is NULL");
	config = fixture.good, config.size = (size_t)1 << 40;
	EXPECT(attach(&fixture, &config), EINVAL, "vsmmu_endpoint_config.size is 1099511627776");
	config = fixture.good, config.size = 0;
	EXPECT(attach(&fixture, &config), EINVAL, "vsmmu_endpoint_config.size is 0");
	grown.config.size = sizeof(grown);
	EXPECT(attach(&fixture, &grown.config), E2BIG, "byte");
	config = fixture.good, config.reserved[2] = 1;
	EXPECT(attach(&fixture, &config), EINVAL, "reserved");
	EXPECT(vsmmu_endpoint_attach(fixture.vsmmu, &fixture.good, NULL), EINVAL, "out is NULL");
	config = fixture.good, config.vsid = 0x10000;
	EXPECT(attach(&fixture, &config), EINVAL, "sid_bits");
	assert_int_equal(last.vsid, 0x10000);
	/* Both are -EEXIST. */
	config = fixture.good, config.vsid = VSID;
	EXPECT(attach(&fixture, &config), EEXIST, "StreamID 0x10 is another endpoint's");
	config = fixture.good, config.dev_id = fixture.dev_id[0];
	EXPECT(attach(&fixture, &config), EEXIST, "is behind this vSMMU already");
	config = fixture.good, config.vfio_fd = 1 << 20;
	EXPECT(attach(&fixture, &config), EBADF, "vfio_fd 1048576");
	config = fixture.good, config.dev_id = 12345;
	EXPECT(attach(&fixture, &config), ENOENT, "12345");
	config = fixture.good, config.adopted = (struct vsmmu_adopted *)&grown;
	EXPECT(attach(&fixture, &config), EINVAL, "adopted vEVENTQ is none of this vSMMU");
	/* Whatever the host says, too. */
	assert_int_equal(vsmmu_sim_fail(fixture.sim, VSMMU_SIM_FAIL_CALL, 0, EPERM), 0);
	EXPECT(attach(&fixture, &fixture.good), EPERM, "vsmmu_endpoint_attach()");
	assert_int_equal(attach(&fixture, &fixture.good), 0);
	fixture_free(&fixture);
}

TEST(without_a_host_there_is_a_word_of_it)
{
	const struct vsmmu_config config = {.size = sizeof(config), .ops = &whole};
	const struct vsmmu_endpoint_config device = {.size = sizeof(device), .vfio_fd = -1};
	struct fixture fixture = {0};

	assert_int_equal(vsmmu_new(&fixture.vsmmu, &config), 0);
	EXPECT(attach(&fixture, &device), EINVAL, "config.host is NULL");
	vsmmu_free(fixture.vsmmu);
}

TEST(changes_of_an_endpoint_say_why_not)
{
	static const uint64_t ste[2] = {0xb, 0}, bad[2] = {1 | 6 << 1, 0} /* stage 2 */;
	struct fixture alone = fixture_new(true), fixture = fixture_new(false);
	struct vsmmu_endpoint *second;

	EXPECT(vsmmu_endpoint_set_ste(fixture.endpoint, ste), EOPNOTSUPP, "event_path_only");
	EXPECT(vsmmu_endpoint_set_ste(alone.endpoint, NULL), EINVAL, "ste is NULL");
	EXPECT(vsmmu_endpoint_set_ste(alone.endpoint, bad), EIO, "the host refused the STE");
	assert_int_equal(vsmmu_endpoint_set_ste(alone.endpoint, ste), 0);
	assert_int_equal(vsmmu_endpoint_attach(fixture.vsmmu, &fixture.good, &second), 0);
	EXPECT(vsmmu_endpoint_set_vsid(second, VSID), EEXIST, "StreamID 0x10 is another");
	EXPECT(vsmmu_endpoint_set_vsid(second, UINT32_MAX), EINVAL, "sid_bits");
	assert_int_equal(vsmmu_endpoint_set_vsid(second, VSID + 2), 0);
	assert_int_equal(vsmmu_endpoint_set_ste(NULL, ste), -EINVAL);
	assert_int_equal(vsmmu_endpoint_set_vsid(NULL, 1), -EINVAL);
	fixture_free(&alone);
	fixture_free(&fixture);
}

TEST(an_adoption_says_why_not)
{
	struct fixture fixture = fixture_new(false);
	const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct vsmmu_adopted_config good = {.size = sizeof(good), .fd = null};
	struct {
		struct vsmmu_adopted_config config;
		uint64_t later;
	} grown = {.config = good, .later = 1};
	struct vsmmu_adopted_config config;
	struct vsmmu_adopted *out = NULL;

	EXPECT(vsmmu_adopted_new(fixture.vsmmu, NULL, &out), EINVAL, "config is NULL");
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &good, NULL), EINVAL, "out is NULL");
	config = good, config.size = 4;
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &config, &out), EINVAL, "size is 4");
	grown.config.size = sizeof(grown);
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &grown.config, &out), E2BIG, "byte");
	config = good, config.flags = 6;
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &config, &out), EINVAL, "flags 0x6");
	config = good, config.reserved = 1;
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &config, &out), EINVAL, "reserved");
	config = good, config.first_sequence = (uint32_t)INT32_MAX + 1;
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &config, &out), EINVAL,
		"first_sequence 2147483648");
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &good, &out), ENOTTY, "fd is something else");
	config = good, config.fd = -1;
	EXPECT(vsmmu_adopted_new(fixture.vsmmu, &config, &out), EBADF, "fd is not open");
	EXPECT(vsmmu_adopted_free(fixture.vsmmu, (struct vsmmu_adopted *)&grown), EINVAL,
		"none of this vSMMU");
	assert_int_equal(vsmmu_adopted_new(NULL, &good, &out), -EINVAL);
	assert_null(out);
	close(null);
	fixture_free(&fixture);
}

TEST(a_restore_says_why_not)
{
	struct fixture fixture = fixture_new(false), alone = fixture_new(true);
	uint8_t *bytes;
	size_t length;

	assert_int_equal(vsmmu_save(fixture.vsmmu, (void **)&bytes, &length), 0);
	EXPECT(vsmmu_restore(fixture.vsmmu, NULL, length), EINVAL, "the snapshot is NULL");
	EXPECT(vsmmu_restore(fixture.vsmmu, bytes, 5), EBADMSG, "damaged");
	EXPECT(vsmmu_restore(alone.vsmmu, bytes, length), ENODEV, "event_path_only 0");
	assert_int_equal(vsmmu_mmio_write(fixture.vsmmu, SMMU_CR1, 4, 1), 0);
	EXPECT(vsmmu_restore(fixture.vsmmu, bytes, length), EBUSY, "has used the vSMMU");
	assert_int_equal(vsmmu_reset(fixture.vsmmu), 0);
	bytes[length / 2] ^= 1;
	EXPECT(vsmmu_restore(fixture.vsmmu, bytes, length), EBADMSG, "damaged");
	bytes[length / 2] ^= 1;
	assert_int_equal(vsmmu_restore(fixture.vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	fixture_free(&fixture);
	fixture_free(&alone);
}

/* A call that takes no more than a place for what it gives, or a record, names it too. */
TEST(a_place_that_is_missing_is_named)
{
	struct fixture fixture = fixture_new(false);
	struct vsmmu_identity identity = {.size = 0};
	uint32_t lines;

	EXPECT(vsmmu_take_irqs(fixture.vsmmu, NULL), EINVAL, "lines is NULL");
	EXPECT(vsmmu_take_irqs(fixture.vsmmu, &lines), EOPNOTSUPP, "defer_irqs");
	EXPECT(vsmmu_record_event(fixture.vsmmu, NULL), EINVAL, "record is NULL");
	EXPECT(vsmmu_get_identity(fixture.vsmmu, &identity), EINVAL, "vsmmu_get_identity()");
	EXPECT(vsmmu_set_host(fixture.vsmmu, NULL), EINVAL, "it is NULL");
	EXPECT(vsmmu_set_host(fixture.vsmmu, fixture.sim), EBUSY, "there is one already");
	EXPECT(vsmmu_adopted_free(fixture.vsmmu, NULL), EINVAL, "none of this vSMMU");
	fixture_free(&fixture);
}

/* The exceptions that <vsmmu/api.h> lists. */
TEST(calls_that_are_said_to_be_silent_are)
{
	struct fixture fixture = fixture_new(false);
	struct vsmmu_endpoint_stats of_endpoint = {.size = (size_t)1 << 40};
	struct vsmmu_stats stats = {.size = 0};
	uint64_t value;
	size_t length;

	assert_int_equal(vsmmu_get_stats(fixture.vsmmu, &stats), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_stats(fixture.endpoint, &of_endpoint), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_vsid(fixture.endpoint, NULL), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_viommu(fixture.endpoint, NULL), -EINVAL);
	assert_int_equal(vsmmu_mmio_read(fixture.vsmmu, 2, 4, &value), -EINVAL);
	assert_int_equal(vsmmu_mmio_write(fixture.vsmmu, 0, 1, 0), -EINVAL);
	assert_int_equal(vsmmu_mmio_write(fixture.vsmmu, VSMMU_REGISTER_SPACE, 4, 0), -EINVAL);
	assert_int_equal(vsmmu_save(fixture.vsmmu, NULL, &length), -EINVAL);
	assert_int_equal(vsmmu_recover(fixture.vsmmu), 0);
	assert_int_equal(vsmmu_drop_parents(fixture.vsmmu), 0);
	assert_int_equal(reports, 0);
	fixture_free(&fixture);
}

/* Where there is nobody to tell it is refused all the same. */
TEST(reserved_members_must_be_zero)
{
	struct fixture fixture = fixture_new(false);
	const struct vsmmu_sim_config sim = {.size = sizeof(sim), .reserved = {0, 0, 0, 0, 1}};
	const struct vsmmu_access access = {.size = sizeof(access), .vsid = VSID, .reserved = 1};
	const struct vsmmu_access good = {.size = sizeof(good), .vsid = VSID};
	const struct vsmmu_decoder_config decoder = {
		.size = sizeof(decoder), .type = VSMMU_VEVENTQ_ARM_SMMUV3, .reserved = 1};
	struct vsmmu_translation translation = {.size = sizeof(translation)};
	struct vsmmu_decoder *no_decoder = NULL;
	struct vsmmu_host *no_host = NULL;
	uint8_t byte;

	assert_int_equal(vsmmu_sim_new(&no_host, &sim), -EINVAL);
	assert_null(no_host);
	assert_int_equal(vsmmu_decoder_new(&no_decoder, &decoder), -EINVAL);
	assert_null(no_decoder);
	EXPECT(vsmmu_translate(fixture.vsmmu, &access, &translation), EINVAL, "reserved 1");
	EXPECT(vsmmu_translate(fixture.vsmmu, NULL, &translation), EINVAL, "vsmmu_access is NULL");
	EXPECT(vsmmu_translate(fixture.vsmmu, &good, NULL), EINVAL, "vsmmu_translation");
	assert_int_equal(vsmmu_sim_dma(fixture.sim, fixture.dev_id[0], &access, &byte, 1), -EINVAL);
	fixture_free(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1", a_config_is_told_what_is_wrong_with_it),
		UNIT_TEST_PLAIN(ops_are_told_what_is_missing),
		UNIT_TEST_PLAIN(an_unknown_member_is_told_of),
		UNIT_TEST_PLAIN(what_was_never_set_is_not_followed),
		UNIT_TEST("S6", an_attach_says_why_not),
		UNIT_TEST_PLAIN(without_a_host_there_is_a_word_of_it),
		UNIT_TEST("S6", changes_of_an_endpoint_say_why_not),
		UNIT_TEST("E1", an_adoption_says_why_not),
		UNIT_TEST("S7", a_restore_says_why_not),
		UNIT_TEST_PLAIN(a_place_that_is_missing_is_named),
		UNIT_TEST_PLAIN(calls_that_are_said_to_be_silent_are),
		UNIT_TEST_PLAIN(reserved_members_must_be_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
