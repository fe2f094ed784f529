/* SPDX-License-Identifier: BSD-2-Clause */
/* What an endpoint meets: registers, stream table and STEs made into nested HWPTs. */
#include <string.h>

#include <vsmmu/event.h>

#include "arch/idr.h"
#include "install_fixture.h"

#define GBPA_ABORT  (SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT)
#define GBPA_BYPASS SMMU_GBPA_UPDATE

/* The simulator's SMMU, but STALL_MODEL = 0b00; without SubstreamIDs if so wanted. */
static struct vsmmu_sim_config hardware_that_stalls(bool substreams)
{
	struct vsmmu_sim_config config = {0};

	memcpy(config.idr, arch_idr_simulator, sizeof(config.idr));
	config.idr[0] &= ~(UINT32_C(3) << 24);
	if (!substreams)
		config.idr[1] &= 0x3f;
	return config;
}

static struct install_fixture *fixture_with(unsigned int endpoints)
{
	struct install_fixture *fixture = fixture_new(NULL, NULL);

	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(fixture_attach(fixture, n), 0);
	return fixture;
}

/* Endpoints that no command ever named follow SMMUEN and GBPA as well. */
TEST(smmuen_and_gbpa_apply_to_every_endpoint)
{
	struct install_fixture *fixture = fixture_with(3);

	for (unsigned int n = 0; n < 3; n++)
		fixture_expect_bypass(fixture, n);
	test_vmm_write(fixture->vmm, SMMU_GBPA, GBPA_ABORT);
	for (unsigned int n = 0; n < 3; n++)
		fixture_expect_parked(fixture, n);
	test_vmm_write(fixture->vmm, SMMU_GBPA, GBPA_BYPASS);
	for (unsigned int n = 0; n < 3; n++)
		fixture_expect_bypass(fixture, n);
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_BYPASS, 0);
	fixture_write_ste(fixture, FIXTURE_VSID(1), STE_S1, 0);
	fixture_enable(fixture);
	fixture_expect_nested(fixture, 0, STE_BYPASS, 0);
	fixture_expect_nested(fixture, 1, STE_S1, 0);
	fixture_expect_nested(fixture, 2, STE_BAD0, STE_BAD1); /* V = 0 */
	/* Without effect while SMMUEN = 1. */
	test_vmm_write(fixture->vmm, SMMU_GBPA, GBPA_ABORT);
	fixture_expect_nested(fixture, 0, STE_BYPASS, 0);
	fixture_disable(fixture);
	for (unsigned int n = 0; n < 3; n++)
		fixture_expect_parked(fixture, n);
	assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
	for (unsigned int n = 0; n < 3; n++)
		fixture_expect_bypass(fixture, n);
	/* No STE was made but of the guest's. */
	assert_int_equal(test_vmm_stats(fixture->vmm).stes, 3);
	fixture_free(fixture);
}

TEST(attaching_opens_no_more_than_the_guest_does)
{
	const struct vsmmu_config config = {.gbpa_abort = true};
	struct install_fixture *fixture = fixture_new(&config, NULL);

	assert_int_equal(fixture_attach(fixture, 0), 0);
	fixture_expect_nested(fixture, 0, STE_ABORT, 0);
	fixture_enable(fixture);
	assert_int_equal(fixture_attach(fixture, 1), 0);
	fixture_expect_nested(fixture, 1, STE_BAD0, STE_BAD1);
	fixture_write_ste(fixture, FIXTURE_VSID(2), STE_ABORT, 0);
	assert_int_equal(fixture_attach(fixture, 2), 0);
	fixture_expect_nested(fixture, 2, STE_ABORT, 0);
	fixture_write_ste(fixture, FIXTURE_VSID(3), STE_BYPASS, 0);
	assert_int_equal(fixture_attach(fixture, 3), 0);
	fixture_expect_nested(fixture, 3, STE_BYPASS, 0);
	/* Taking away and resetting open nothing either. */
	fixture_detach(fixture, 1);
	assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
	for (unsigned int n = 0; n < 3; n++)
		assert_true(!host_interposer_opened(fixture->host, fixture->dev[n]));
	assert_int_equal(host_interposer_count(fixture->host, "attach parent"), 0);
	fixture_expect_nested(fixture, 0, STE_ABORT, 0);
	fixture_expect_nested(fixture, 3, STE_ABORT, 0);
	fixture_free(fixture);
}

TEST(each_kind_of_ste_becomes_what_the_kernel_takes)
{
	/* MEV, EATS, INSTCFG, PRIVCFG, SHCFG, ALLOCCFG, MTCFG, DCP, PPAR, CONT. */
	const uint64_t noise = UINT64_C(0x000f3fff100fe000);
	static const struct {
		uint64_t word[2], vste[2];
	} cases[] = {
		{{STE_ABORT, 0}, {STE_ABORT, 0}},
		{{0x7, 0}, {STE_ABORT, 0}}, /* Config = 0b011 aborts too */
		{{STE_BYPASS, 0}, {STE_BYPASS, 0}}, {{STE_S1, 0xd4}, {STE_S1, 0xd4}},
		{{0, 0}, {STE_BAD0, STE_BAD1}}, {{0xe, 0}, {STE_BAD0, STE_BAD1}}, /* V = 0 */
		{{0xd, 0}, {STE_BAD0, STE_BAD1}},				  /* stage 2 */
		{{0xf, 0}, {STE_BAD0, STE_BAD1}},				  /* both stages */
		{{STE_S1, 1 << 27}, {STE_BAD0, STE_BAD1}},	   /* S1STALLD without stalls */
		{{STE_S1 | 1ULL << 50, 0}, {STE_BAD0, STE_BAD1}},  /* beyond OAS */
		{{STE_S1 | 31ULL << 59 | 1 << 4, 2}, {STE_S1, 0}}, /* no substreams: IGNORED */
	};
	struct install_fixture *fixture = fixture_with(1);

	fixture_enable(fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned int word = 2; word < 8; word++)
			test_vmm_store64(fixture->vmm,
				FIXTURE_STRTAB + 64 * FIXTURE_VSID(0) + 8 * (uint64_t)word, ~0ULL);
		assert_int_equal(
			fixture_set_ste(fixture, 0, cases[i].word[0], cases[i].word[1] | noise), 0);
		fixture_expect_nested(fixture, 0, cases[i].vste[0], cases[i].vste[1]);
	}
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED), 0);
	fixture_free(fixture);
}

TEST(the_same_words_need_no_host_call)
{
	struct install_fixture *fixture = fixture_with(2);
	uint64_t stes;

	fixture_enable(fixture);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0xd4), 0);
	stes = test_vmm_stats(fixture->vmm).stes;
	host_interposer_clear(fixture->host);
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	/* What means the same is the same. */
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0xd4 | 1 << 19), 0);
	assert_int_equal(fixture_refresh_all(fixture), 0);
	assert_string_equal(host_interposer_text(fixture->host), "");
	assert_int_equal(test_vmm_stats(fixture->vmm).stes, stes);
	fixture_free(fixture);
}

/* One attach takes the place of the other: no abort, bypass or detach in between. */
TEST(an_ste_is_replaced_without_a_window)
{
	struct install_fixture *fixture = fixture_with(1);

	fixture_enable(fixture);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0), 0);
	host_interposer_clear(fixture->host);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0xd4), 0);
	assert_string_equal(host_interposer_text(fixture->host), "nested 8030000b d4\n"
								 "attach nested\n"
								 "destroy nested\n");
	host_interposer_clear(fixture->host);
	fixture_disable(fixture);
	assert_string_equal(host_interposer_text(fixture->host), "attach nested\n"
								 "destroy nested\n");
	fixture_free(fixture);
}

static void expect_event(
	struct install_fixture *fixture, unsigned int n, uint8_t id, uint64_t fetch_address)
{
	uint64_t word[4];

	assert_true(fixture_event(fixture, n, VSMMU_EVENT_C_BAD_STE, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0], (uint64_t)FIXTURE_VSID(n) << 32 | id);
	assert_int_equal(word[1], 0);
	assert_int_equal(word[2], 0);
	assert_int_equal(word[3], fetch_address);
	assert_true(!fixture_consume(fixture, word));
}

TEST(a_bad_ste_is_told_by_the_hardware)
{
	struct install_fixture *fixture = fixture_with(1);

	fixture_enable(fixture);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_STREAM_BAD), 1);
	expect_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0);
	assert_int_equal(fixture_set_ste(fixture, 0, 0xf, 0), 0);
	expect_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).stes, 1);
	fixture_free(fixture);
}

/* No hardware knows that there is no STE: C_BAD_STE of an ILLEGAL one stands for it. */
TEST(a_stream_beyond_the_table_is_a_bad_streamid)
{
	struct install_fixture *fixture = fixture_with(2);
	uint64_t word[4];

	fixture_enable(fixture);
	fixture_disable(fixture);
	test_vmm_write(fixture->vmm, SMMU_STRTAB_BASE_CFG, 4); /* 16 StreamIDs */
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	for (unsigned int n = 0; n < 2; n++) {
		fixture_expect_nested(fixture, n, STE_BAD0, STE_BAD1);
		expect_event(fixture, n, VSMMU_EVENT_C_BAD_STREAMID, 0);
	}
	/* Only with CR2.RECINVSID. */
	fixture_disable(fixture);
	test_vmm_write(fixture->vmm, SMMU_CR2, 0);
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	for (unsigned int n = 0; n < 2; n++)
		fixture_expect_nested(fixture, n, STE_ABORT, 0);
	/* Once there is one, C_BAD_STE is itself again. */
	fixture_disable(fixture);
	test_vmm_write(fixture->vmm, SMMU_STRTAB_BASE_CFG, FIXTURE_LOG2);
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	expect_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0);
	assert_true(!fixture_consume(fixture, word));
	fixture_free(fixture);
}

TEST(an_ste_that_cannot_be_read_is_a_fetch_fault)
{
	const uint64_t address = FIXTURE_STRTAB + 64 * FIXTURE_VSID(0);
	struct install_fixture *fixture = fixture_with(1);

	fixture->vmm->bad_begin = address + 8;
	fixture->vmm->bad_end = address + 16;
	fixture_enable(fixture);
	fixture_expect_nested(fixture, 0, STE_BAD0, STE_BAD1);
	expect_event(fixture, 0, VSMMU_EVENT_F_STE_FETCH, address);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_STREAM_BAD), 1);
	/* Now it can be, and is bad. The words are the same, their meaning is not. */
	fixture->vmm->bad_end = 0;
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	expect_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).stes, 1);
	fixture_free(fixture);
}

/* What the kernel still holds when the STE changes was caused by the old one. */
TEST(events_keep_the_meaning_that_they_had)
{
	const uint64_t address = FIXTURE_STRTAB + 64 * FIXTURE_VSID(0);
	struct install_fixture *fixture = fixture_with(1);
	uint64_t word[4];

	fixture_enable(fixture);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0));
	fixture->vmm->bad_begin = address;
	fixture->vmm->bad_end = address + 64;
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0));
	fixture->vmm->bad_end = 0;
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0), 0);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal((uint8_t)word[0], VSMMU_EVENT_C_BAD_STE);
	assert_true(fixture_consume(fixture, word));
	assert_int_equal((uint8_t)word[0], VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(word[3], address);
	assert_true(fixture_consume(fixture, word));
	assert_int_equal((uint8_t)word[0], VSMMU_EVENT_C_BAD_STE);
	assert_int_equal(word[3], 0);
	/* Other events are never touched. */
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0x5000));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal((uint8_t)word[0], VSMMU_EVENT_F_TRANSLATION);
	assert_int_equal(word[2], 0x5000);
	fixture_free(fixture);
}

TEST(two_level_tables_are_walked)
{
	const uint64_t l2 = TEST_VMM_MEMORY + 0x180000;
	struct install_fixture *fixture = fixture_with(4);
	struct test_vmm *vmm = fixture->vmm;

	/* StreamIDs 0x10 to 0x13 are in one L1STD: all, then only two, then none of them. */
	test_vmm_store64(vmm, FIXTURE_STRTAB, l2 | 6);
	for (unsigned int n = 0; n < 4; n++)
		test_vmm_store64(vmm, l2 + 64 * FIXTURE_VSID(n), n % 2 ? STE_S1 : STE_BYPASS);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, FIXTURE_STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 1 << 16 | 6 << 6 | 10);
	test_vmm_write(vmm, SMMU_CR2, SMMU_CR2_RECINVSID);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	for (unsigned int n = 0; n < 4; n++)
		fixture_expect_nested(fixture, n, n % 2 ? STE_S1 : STE_BYPASS, 0);
	test_vmm_store64(vmm, FIXTURE_STRTAB, l2 | 5);
	assert_int_equal(fixture_refresh_all(fixture), 0);
	for (unsigned int n = 0; n < 4; n++)
		fixture_expect_nested(fixture, n, STE_BAD0, STE_BAD1);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_STREAM_BAD), 4);
	test_vmm_store64(vmm, FIXTURE_STRTAB, 0);
	test_vmm_store64(vmm, l2 + 64 * FIXTURE_VSID(0), STE_ABORT);
	host_interposer_clear(fixture->host);
	assert_int_equal(fixture_refresh_all(fixture), 0);
	assert_string_equal(host_interposer_text(fixture->host), "");
	test_vmm_store64(vmm, FIXTURE_STRTAB, l2 | 7);
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	fixture_expect_nested(fixture, 0, STE_ABORT, 0);
	fixture_expect_nested(fixture, 1, STE_BAD0, STE_BAD1);
	fixture_free(fixture);
}

/* Linux has one for each bus, and says so by the STE of its first driver alone. */
TEST(a_second_level_table_needs_no_command_of_its_own)
{
	const uint64_t l2 = TEST_VMM_MEMORY + 0x180000;
	struct install_fixture *fixture = fixture_with(3);
	struct test_vmm *vmm = fixture->vmm;

	fixture_enable(fixture);
	fixture_disable(fixture);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 1 << 16 | 6 << 6 | 10);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	fixture_enable_commands(fixture);
	for (unsigned int n = 0; n < 3; n++)
		expect_event(fixture, n, VSMMU_EVENT_C_BAD_STREAMID, 0);
	test_vmm_store64(vmm, l2 + 64 * FIXTURE_VSID(0), STE_ABORT);
	test_vmm_store64(vmm, l2 + 64 * FIXTURE_VSID(1), STE_S1);
	test_vmm_store64(vmm, FIXTURE_STRTAB, l2 | 7);
	fixture_command(fixture, UINT64_C(0x3) | (uint64_t)FIXTURE_VSID(1) << 32, 1);
	fixture_expect_nested(fixture, 0, STE_ABORT, 0);
	fixture_expect_nested(fixture, 1, STE_S1, 0);
	expect_event(fixture, 2, VSMMU_EVENT_C_BAD_STE, 0);
	/* What is there, valid or not, may be cached: it is read when its own command comes. */
	test_vmm_store64(vmm, l2 + 64 * FIXTURE_VSID(0), STE_S1);
	test_vmm_store64(vmm, l2 + 64 * FIXTURE_VSID(2), STE_S1);
	host_interposer_clear(fixture->host);
	fixture_command(fixture, UINT64_C(0x3) | (uint64_t)FIXTURE_VSID(5) << 32, 1);
	assert_string_equal(host_interposer_text(fixture->host), "");
	fixture_free(fixture);
}

TEST(a_range_reads_no_other_stes)
{
	static const struct {
		uint32_t first;
		uint64_t count;
		unsigned int from, to;
	} cases[] = {
		{FIXTURE_VSID(2), 1, 2, 2},
		{FIXTURE_VSID(1), 2, 1, 2},
		{FIXTURE_VSID(3), 64, 3, 5},
		{0, FIXTURE_VSID(1), 0, 0},
		{0, UINT64_C(1) << 32, 0, 5},
		{FIXTURE_VSID(4), UINT64_C(1) << 32, 4, 5},
		{0x20, 4, 6, 5},
		{UINT32_MAX, 3, 6, 5},
	};
	struct install_fixture *fixture = fixture_with(FIXTURE_ENDPOINTS);

	fixture_enable(fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const unsigned int before = fixture->vmm->memory_reads;
		const uint64_t ste = i % 2 ? STE_ABORT : STE_BYPASS;

		for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++) {
			assert_int_equal(fixture_set_ste(fixture, n, ste ^ 8, 0), 0);
			fixture_write_ste(fixture, FIXTURE_VSID(n), ste, 0);
		}
		assert_int_equal(fixture->vmm->memory_reads - before, FIXTURE_ENDPOINTS);
		assert_int_equal(fixture_refresh(fixture, cases[i].first, cases[i].count), 0);
		assert_int_equal(fixture->vmm->memory_reads - before,
			FIXTURE_ENDPOINTS + cases[i].to + 1 - cases[i].from);
		for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
			fixture_expect_nested(fixture, n,
				n >= cases[i].from && n <= cases[i].to ? ste : ste ^ 8, 0);
	}
	fixture_free(fixture);
}

/* S1STALLD where hardware could stall, since nobody would resume what a CD lets stall. */
TEST(hardware_that_stalls_is_told_not_to)
{
	for (int substreams = 0; substreams < 2; substreams++) {
		const struct vsmmu_sim_config sim = hardware_that_stalls(substreams);
		struct install_fixture *fixture = fixture_new(NULL, &sim);
		uint64_t word[4];

		assert_int_equal(fixture_attach(fixture, 0), 0);
		fixture_enable(fixture);
		/* Only an S1CDMax beyond SSIDSIZE is ILLEGAL there, if there is such. */
		if (substreams)
			fixture_expect_nested(fixture, 0, STE_BAD0, 0);
		else
			fixture_expect_parked(fixture, 0);
		assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0xd4), 0);
		fixture_expect_nested(fixture, 0, STE_S1, 0xd4 | 1 << 27);
		/* What cannot be told is silent, and means nothing later. */
		assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
		fixture->vmm->bad_end = UINT64_MAX;
		assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
		fixture->vmm->bad_end = 0;
		/* Nothing is forwarded from an endpoint that is parked. */
		assert_int_equal(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0), substreams);
		if (!substreams) {
			assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
			assert_true(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0));
		}
		assert_true(fixture_consume(fixture, word));
		assert_int_equal((uint8_t)word[0],
			substreams ? VSMMU_EVENT_F_STE_FETCH : VSMMU_EVENT_C_BAD_STE);
		fixture_free(fixture);
	}
}

/* SubstreamIDs and ATS, which are off unless the VMM has them. */
TEST(optional_features_reach_the_hardware)
{
	const struct vsmmu_config config = {.ssid_bits = 8, .ats = true};
	const struct vsmmu_sim_config sim = {.ats = true};
	struct install_fixture *fixture = fixture_new(&config, &sim);

	assert_int_equal(fixture_attach(fixture, 0), 0);
	fixture_enable(fixture);
	/* S1CDMax 8, two levels of 4 KiB, S1DSS, EATS */
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1 | 8ULL << 59 | 1 << 4, 2 | 1 << 28), 0);
	fixture_expect_nested(fixture, 0, STE_S1 | 8ULL << 59 | 1 << 4, 2 | 1 << 28);
	/* One more than SSIDSIZE, or split-stage ATS */
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1 | 9ULL << 59, 0), 0);
	fixture_expect_nested(fixture, 0, STE_BAD0, STE_BAD1);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 0), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_S1, 2 << 28), 0);
	fixture_expect_nested(fixture, 0, STE_BAD0, STE_BAD1);
	fixture_free(fixture);
}

/* A driver that begins anew learns nothing of what was there before it. */
TEST(events_do_not_outlive_smmuen)
{
	struct install_fixture *fixture = fixture_translating(NULL, 2);
	uint64_t word[4];

	fixture_enable(fixture);
	for (unsigned int n = 0; n < 300; n++)
		assert_true(fixture_event(fixture, n % 2, VSMMU_EVENT_F_TRANSLATION, 0));
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_EVENTQEN);
	fixture_enable(fixture);
	assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_DISABLED], 300);
	assert_false(fixture_consume(fixture, word));
	fixture_expect_counted(fixture);
	fixture_free(fixture);
}

/* The same of one that was caused while the queue could not take it (7.2.1). */
TEST(events_do_not_outlive_a_disabled_queue)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	const uint32_t on = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN;
	uint64_t word[4];

	fixture_enable(fixture);
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0x1000));
	test_vmm_write(fixture->vmm, SMMU_CR0, on);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0x2000));
	/* It can take them already. */
	test_vmm_write(fixture->vmm, SMMU_CR0, on | SMMU_CR0_CMDQEN);
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[2], 0x2000);
	assert_false(fixture_consume(fixture, word));
	assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_DISABLED], 1);
	fixture_expect_counted(fixture);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 P13", smmuen_and_gbpa_apply_to_every_endpoint),
		UNIT_TEST("S4 P20", events_do_not_outlive_smmuen),
		UNIT_TEST("S4 P5", events_do_not_outlive_a_disabled_queue),
		UNIT_TEST("S4 P13", attaching_opens_no_more_than_the_guest_does),
		UNIT_TEST("S4 P12", each_kind_of_ste_becomes_what_the_kernel_takes),
		UNIT_TEST("S4", the_same_words_need_no_host_call),
		UNIT_TEST("S4 P11", an_ste_is_replaced_without_a_window),
		UNIT_TEST("S4 P12", a_bad_ste_is_told_by_the_hardware),
		UNIT_TEST("S4", a_stream_beyond_the_table_is_a_bad_streamid),
		UNIT_TEST("S4", an_ste_that_cannot_be_read_is_a_fetch_fault),
		UNIT_TEST("S4", events_keep_the_meaning_that_they_had),
		UNIT_TEST("S4", two_level_tables_are_walked),
		UNIT_TEST("S4 P21", a_second_level_table_needs_no_command_of_its_own),
		UNIT_TEST("S4 P14", a_range_reads_no_other_stes),
		UNIT_TEST("S4 P12", optional_features_reach_the_hardware),
		UNIT_TEST("S4 P12", hardware_that_stalls_is_told_not_to),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
