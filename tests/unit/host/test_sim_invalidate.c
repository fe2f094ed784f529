/* SPDX-License-Identifier: BSD-2-Clause */
/* Invalidation calls of the simulator: what is refused, what is done, what is said of it. */
#include "sim_dma_fixture.h"

#define MAX	(UINT32_C(1) << 19)
#define BATCH	63
#define ATC_INV (UINT64_C(0x40) | (uint64_t)VSID << 32)

/* One page at VA that moves between two of DATA's pages: the TLB says which one was seen. */
struct probe {
	struct sim_fixture *s;
	struct pgtable pgtable;
	uint64_t now; /* 0 or 1 */
};

static void probe_init(struct probe *probe, const struct vsmmu_sim_config *config)
{
	dma_pgtable(&probe->pgtable);
	ram_set(&ram, DATA, 0);
	ram_set(&ram, DATA + PAGE, 1);
	map_page(&probe->pgtable, VA, DATA, RW);
	probe->now = 0;
	probe->s = dma_build(config);
	install(probe->s, CD_TABLE | STE_S1, 0);
	assert_int_equal(load(probe->s, VA), 0);
}

static void probe_move(struct probe *probe)
{
	probe->now ^= 1;
	map_page(&probe->pgtable, VA, DATA + probe->now * PAGE, RW);
	assert_int_equal(load(probe->s, VA), probe->now ^ 1);
}

/* Whether the TLB still says what was before the last move. */
static bool is_stale(struct probe *probe)
{
	return load(probe->s, VA) != probe->now;
}

static int call(
	struct sim_fixture *s, const uint64_t (*command)[2], uint32_t count, uint32_t *handled)
{
	*handled = UINT32_C(0xabcd);
	return s->ops->invalidate(s->host, s->viommu, command, count, handled);
}

TEST(bad_calls_do_nothing)
{
	static uint64_t many[MAX + 1][2];
	struct probe probe;
	struct sim_fixture *s;
	uint32_t handled = 7;

	for (unsigned int i = 0; i <= MAX; i++)
		many[i][0] = NH_ASID(9);
	many[0][0] = NH_ALL;
	probe_init(&probe, NULL);
	s = probe.s;
	probe_move(&probe);
	assert_int_equal(s->ops->invalidate(s->host, 9999, many, 1, &handled), -ENOENT);
	assert_int_equal(handled, 0);
	handled = 7;
	assert_int_equal(s->ops->invalidate(s->host, s->parent, many, 0, &handled), -ENOENT);
	assert_int_equal(handled, 0);
	assert_int_equal(call(s, many, 0, &handled), -EINVAL);
	assert_int_equal(handled, 0);
	assert_int_equal(call(s, many, MAX + 1, &handled), -EINVAL);
	assert_int_equal(handled, 0);
	assert_true(is_stale(&probe));
	assert_int_equal(stats_of(s).command_calls, 0);
	assert_int_equal(call(s, many, MAX, &handled), 0);
	assert_int_equal(handled, MAX);
	assert_false(is_stale(&probe));
	assert_int_equal(stats_of(s).command_calls, 1);
	assert_int_equal(stats_of(s).commands, MAX);
	assert_int_equal(stats_of(s).commands_refused, 0);
	tear_down(s);
}

TEST(the_kernels_filter_stands_in_front)
{
	const uint64_t other_sid = UINT64_C(0x43) << 32;
	const uint64_t refused[][2] = {
		{0x46, 0},			  /* CMD_SYNC */
		{0x03 | (uint64_t)VSID << 32, 0}, /* CFGI_STE */
		{0x04, 31},			  /* CFGI_ALL */
		{NH_ALL | BIT(10), 0},		  /* SSec */
		{CFGI_CD(1) | BIT(11), 0},	  /* SSV */
		{0x06 | other_sid, 0},		  /* no vDEVICE */
		{0x05 | other_sid, 0},
		{ATC_INV, 0},			  /* no ATS */
		{NH_VA(0), BIT(8)},		  /* TTL without TG */
		{NH_VA(0), BIT(10)},		  /* TG alone */
		{NH_VAA | UINT64_C(1) << 48, VA}, /* ASID */
		{0, 0},
	};
	struct probe probe;
	uint32_t handled;

	probe_init(&probe, NULL);
	for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(call(probe.s, &refused[i], 1, &handled), -EIO);
		assert_int_equal(handled, 0);
		assert_int_equal(stats_of(probe.s).commands_refused, i + 1);
	}
	assert_int_equal(stats_of(probe.s).commands, 0);
	assert_int_equal(stats_of(probe.s).command_calls, sizeof(refused) / sizeof(refused[0]));
	/* The vDEVICE's life decides, not the attachment's. */
	invalidate(probe.s, CFGI_CD_ALL, 0);
	assert_int_equal(probe.s->ops->destroy(probe.s->host, probe.s->vdevice), 0);
	assert_int_equal(call(probe.s, &(const uint64_t[2]){CFGI_CD_ALL, 0}, 1, &handled), -EIO);
	assert_int_equal(probe.s->ops->vdevice_alloc(probe.s->host, &probe.s->endpoint,
				 probe.s->viommu, VSID, &probe.s->vdevice),
		0);
	invalidate(probe.s, CFGI_CD_ALL, 0);
	tear_down(probe.s);
}

/* Which of two batches did something, if command @bad of @count is refused. */
TEST(a_bad_command_undoes_its_batch)
{
	static const struct {
		uint32_t count, bad;
		bool first, second;
	} cases[] = {{1, 0, false, false}, {2, 1, false, false}, {63, 62, false, false},
		{64, 62, false, false}, {64, 63, true, false}, {100, 99, true, false},
		{126, 125, true, false}, {127, 126, true, true}, {127, 63, true, false}};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Each batch begins with what makes the probe fresh; the others do nothing. */
		for (unsigned int batch = 0; batch < 2; batch++) {
			uint64_t command[200][2] = {0};
			struct probe probe;
			uint32_t handled;

			probe_init(&probe, NULL);
			for (unsigned int c = 0; c < 200; c++)
				command[c][0] = c == batch * BATCH ? NH_ALL : NH_ASID(9);
			command[cases[i].bad][0] = 0x46;
			probe_move(&probe);
			assert_int_equal(call(probe.s, command, cases[i].count, &handled), -EIO);
			assert_int_equal(handled, cases[i].bad);
			assert_int_equal(
				is_stale(&probe), !(batch ? cases[i].second : cases[i].first));
			assert_int_equal(stats_of(probe.s).commands, cases[i].bad / BATCH * BATCH);
			tear_down(probe.s);
		}
	}
}

TEST(a_failing_call_says_too_much)
{
	uint64_t command[100][2] = {0};
	struct probe probe;
	struct sim_fixture *s;
	uint32_t handled;

	probe_init(&probe, NULL);
	s = probe.s;
	for (unsigned int c = 0; c < 100; c++)
		command[c][0] = c == BATCH ? NH_ALL : NH_ASID(9);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_INVALIDATE, 0, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_INVALIDATE, 1, ETIMEDOUT), 0);
	probe_move(&probe);
	assert_int_equal(call(s, command, 100, &handled), 0);
	assert_false(is_stale(&probe));
	probe_move(&probe);
	assert_int_equal(call(s, command, 100, &handled), -ETIMEDOUT);
	assert_int_equal(handled, 99);
	assert_true(is_stale(&probe));
	assert_int_equal(stats_of(s).commands, 100 + BATCH);
	assert_int_equal(stats_of(s).commands_refused, 0);
	assert_int_equal(call(s, command, 100, &handled), 0);
	assert_false(is_stale(&probe));
	/* One that fails anyway uses it up. */
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_INVALIDATE, 0, ENOMEM), 0);
	command[0][0] = 0;
	assert_int_equal(call(s, command, 1, &handled), -EIO);
	invalidate(s, NH_ALL, 0);
	assert_int_equal(stats_of(s).command_calls, 5);
	tear_down(s);
}

TEST(the_erratum_wants_everything_twice)
{
	const struct vsmmu_sim_config config = {.repeat_commands = true};
	const uint64_t a[2][2] = {{NH_ASID(9), 0}, {NH_ALL, 0}};
	const uint64_t b[2][2] = {{NH_ALL, 0}, {NH_ASID(9), 0}};
	struct host_hw_info info;
	struct probe probe;
	struct sim_fixture *s;
	uint32_t handled;

	probe_init(&probe, &config);
	s = probe.s;
	assert_int_equal(s->ops->hw_info(s->host, &s->endpoint, &info), 0);
	assert_true(info.repeat_commands);
	probe_move(&probe);
	invalidate_on(s, s->viommu, a, 2);
	assert_true(is_stale(&probe));
	invalidate_on(s, s->viommu, a, 2);
	assert_false(is_stale(&probe));
	/* The third one is a first one again. */
	probe_move(&probe);
	invalidate_on(s, s->viommu, a, 2);
	assert_true(is_stale(&probe));
	/* Another one in between, or a part of it: nothing */
	invalidate_on(s, s->viommu, b, 2);
	invalidate_on(s, s->viommu, a, 2);
	invalidate_on(s, s->viommu, a + 1, 1);
	assert_true(is_stale(&probe));
	invalidate_on(s, s->viommu, a + 1, 1);
	assert_false(is_stale(&probe));
	/* One that failed does not count as the first. */
	probe_move(&probe);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_INVALIDATE, 0, EIO), 0);
	assert_int_equal(call(s, a, 2, &handled), -EIO);
	invalidate_on(s, s->viommu, a, 2);
	assert_true(is_stale(&probe));
	invalidate_on(s, s->viommu, a, 2);
	assert_false(is_stale(&probe));
	assert_int_equal(stats_of(s).commands, 2 * 7 + 2);
	tear_down(s);
}

TEST(hardware_is_what_the_config_says)
{
	const struct vsmmu_sim_config config = {
		.idr = {0x0d40000c, 0x120, 0x1234, 0, 0xffffffff, 0x14}, .ats = true};
	const struct host_endpoint nobody = {.dev_id = 9999, .vfio_fd = -1};
	const uint64_t atc = ATC_INV;
	struct host_hw_info info;
	struct probe probe;
	struct sim_fixture *s;
	uint32_t handled;

	probe_init(&probe, NULL);
	s = probe.s;
	assert_int_equal(s->ops->hw_info(s->host, &nobody, &info), -ENOENT);
	assert_int_equal(s->ops->hw_info(s->host, &s->endpoint, &info), 0);
	assert_memory_equal(info.idr, arch_idr_simulator, sizeof(info.idr));
	assert_false(info.ats);
	assert_false(info.repeat_commands);
	invalidate(s, NH_ASID(0x1234), 0);
	tear_down(s);
	/* 4 bits of SubstreamID, no CD2L, 8-bit ASIDs, no RIL, 4 KiB, OAS of 44 bits, ATS */
	probe_init(&probe, &config);
	s = probe.s;
	assert_int_equal(s->ops->hw_info(s->host, &s->endpoint, &info), 0);
	assert_memory_equal(info.idr, config.idr, sizeof(info.idr));
	assert_true(info.ats);
	assert_int_equal(call(s, &(const uint64_t[2]){NH_ASID(0x1234), 0}, 1, &handled), -EIO);
	assert_int_equal(
		call(s, &(const uint64_t[2]){NH_VA(1) | BIT(12), BIT(10)}, 1, &handled), -EIO);
	invalidate(s, atc, 52);
	invalidate(s, NH_ASID(0x12), 0);
	install(s, CD_TABLE | STE_S1 | UINT64_C(5) << 59, 0);
	assert_int_equal(load(s, VA), ABORTED);
	expect_event(s, VSMMU_EVENT_C_BAD_STE, 0, 0, 0);
	install(s, CD_TABLE | STE_S1 | BIT(4) | UINT64_C(4) << 59, 2);
	assert_int_equal(load(s, VA), ABORTED);
	expect_event(s, VSMMU_EVENT_C_BAD_STE, 0, 0, 0);
	install(s, BIT(44) | STE_S1, 0);
	assert_int_equal(load(s, VA), ABORTED);
	expect_event(s, VSMMU_EVENT_C_BAD_STE, 0, 0, 0);
	install(s, STE_BYPASS, 0);
	assert_int_equal(load(s, BIT(44)), ABORTED);
	expect_event(s, VSMMU_EVENT_F_ADDR_SIZE, UINT64_C(0x20800000000), BIT(44), 0);
	tear_down(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8 S3", bad_calls_do_nothing),
		UNIT_TEST("S8 S3", the_kernels_filter_stands_in_front),
		UNIT_TEST("S8 S3", a_bad_command_undoes_its_batch),
		UNIT_TEST("S8 S3", a_failing_call_says_too_much),
		UNIT_TEST("S8 S3", the_erratum_wants_everything_twice),
		UNIT_TEST("S8", hardware_is_what_the_config_says),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
