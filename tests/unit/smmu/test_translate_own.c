/* SPDX-License-Identifier: BSD-2-Clause */
/* A VMM's own devices behind the vSMMU: where they get, and what their guest is told. */
#include <errno.h>
#include <poll.h>

#include <vsmmu/event.h>

#include "translate_fixture.h"

#define PATIENCE 60000 /* milliseconds */

static void expect_pass(struct test_vmm *vmm, uint64_t from, uint64_t to, uint64_t length)
{
	const struct vsmmu_access access = {.vsid = SID, .address = from};
	const uint32_t prod = test_vmm_read(vmm, SMMU_EVENTQ_PROD);
	struct vsmmu_translation out;

	assert_int_equal(run(vmm, &access, &out), 0);
	assert_false(out.ignored);
	assert_int_equal(out.address, to);
	assert_int_equal(out.length, length);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), prod);
}

/* An abort, and nothing in the queue. */
static void expect_silence(struct test_vmm *vmm, const struct vsmmu_access *access)
{
	const uint32_t prod = test_vmm_read(vmm, SMMU_EVENTQ_PROD);
	struct vsmmu_translation out;

	assert_int_equal(run(vmm, access, &out), -EFAULT);
	assert_int_equal(out.address, 0);
	assert_int_equal(out.length, 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), prod);
}

/* The oldest record, consumed. */
static struct vsmmu_event consume(struct test_vmm *vmm)
{
	const uint32_t cons = test_vmm_read(vmm, SMMU_EVENTQ_CONS);
	const uint64_t at = QUEUE + 32 * (cons & 3);
	struct vsmmu_event_record record;
	struct vsmmu_event event = {.size = sizeof(event)};

	for (unsigned int i = 0; i < 4; i++)
		record.word[i] = test_vmm_load64(vmm, at + 8 * i);
	vsmmu_event_decode(&record, &event);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(event.reserved[i], 0);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, ((cons + 1) & 7) | (cons & OVFLG));
	return event;
}

/* An abort, one record of it, and an interrupt since the queue was empty. */
static struct vsmmu_event expect_event(
	struct test_vmm *vmm, const struct vsmmu_access *access, uint8_t id)
{
	const unsigned int irqs = vmm->irqs[VSMMU_IRQ_EVENTQ];
	const uint64_t events = test_vmm_stats(vmm).translation_events;
	struct vsmmu_translation out;
	struct vsmmu_event event = {.size = sizeof(event)};

	assert_int_equal(run(vmm, access, &out), -EFAULT);
	event = consume(vmm);
	assert_int_equal(
		test_vmm_read(vmm, SMMU_EVENTQ_PROD), test_vmm_read(vmm, SMMU_EVENTQ_CONS));
	assert_int_equal(event.id, id);
	assert_int_equal(event.sid, access->vsid);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], irqs + 1);
	assert_int_equal(test_vmm_stats(vmm).translation_events, events + 1);
	return event;
}

TEST(pages_and_blocks_translate)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_translation out;
	const struct vsmmu_access write = {.vsid = SID,
		.address = PAGE_VA + 8,
		.flags = VSMMU_ACCESS_WRITE | VSMMU_ACCESS_PRIVILEGED};

	expect_pass(vmm, PAGE_VA, PAGE_PA, 0x1000);
	expect_pass(vmm, PAGE_VA + 0xfff, PAGE_PA + 0xfff, 1);
	expect_pass(vmm, BLOCK_VA + 0x1234, BLOCK_PA + 0x1234, 0x200000 - 0x1234);
	assert_int_equal(run(vmm, &write, &out), 0);
	assert_int_equal(out.address, PAGE_PA + 8);
	assert_int_equal(test_vmm_stats(vmm).translation_events, 0);
	assert_int_equal(test_vmm_stats(vmm).translation_drops, 0);
	test_vmm_free(vmm);
}

/* Nothing is cached: what the guest writes counts for the next access. */
TEST(tables_are_read_as_they_are_now)
{
	const struct vsmmu_access access = {.vsid = SID, .address = PAGE_VA};
	struct test_vmm *vmm = fixture_new(NULL);

	expect_pass(vmm, PAGE_VA, PAGE_PA, 0x1000);
	set_page(vmm, 0);
	expect_event(vmm, &access, VSMMU_EVENT_F_TRANSLATION);
	set_page(vmm, TABLE | AF | USER);
	expect_pass(vmm, PAGE_VA, PAGE_PA, 0x1000);
	set_ste(vmm, 0, 0);
	expect_event(vmm, &access, VSMMU_EVENT_C_BAD_STE);
	test_vmm_free(vmm);
}

TEST(bypass_is_up_to_the_oas)
{
	const uint64_t oas = UINT64_C(1) << 44;
	const struct vsmmu_access beyond = {.vsid = SID, .address = oas};
	struct test_vmm *vmm = fixture_new(NULL);

	set_ste(vmm, 0x9, 0);
	expect_pass(vmm, 0x1234, 0x1234, oas - 0x1234);
	expect_pass(vmm, oas - 1, oas - 1, 1);
	expect_event(vmm, &beyond, VSMMU_EVENT_F_ADDR_SIZE);
	/* With the SMMU off GBPA decides for all, and nothing is recorded. */
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_EVENTQEN);
	expect_pass(vmm, 0x1234, 0x1234, oas - 0x1234);
	assert_int_equal(vmm->memory_reads, 0);
	expect_silence(vmm, &beyond);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	expect_silence(vmm, &(struct vsmmu_access){.vsid = 1000});
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
	expect_pass(vmm, 0, 0, oas);
	assert_int_equal(test_vmm_stats(vmm).translation_drops, 0);
	test_vmm_free(vmm);
}

TEST(what_is_wrong_with_a_stream_is_recorded)
{
	const struct vsmmu_access access = {.vsid = SID, .address = PAGE_VA};
	const struct vsmmu_access far = {.vsid = 16};
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_event event = {.size = sizeof(event)};

	expect_event(vmm, &far, VSMMU_EVENT_C_BAD_STREAMID);
	set_ste(vmm, 0x1, 0);
	expect_silence(vmm, &access);
	set_ste(vmm, CD | 0xf, 0x5c); /* stage 2 */
	expect_event(vmm, &access, VSMMU_EVENT_C_BAD_STE);
	set_ste(vmm, NOWHERE | 0xb, 0x5c);
	event = expect_event(vmm, &access, VSMMU_EVENT_F_CD_FETCH);
	assert_int_equal(event.fetch_addr, NOWHERE);
	set_ste(vmm, CD | 0xb, 0x5c);
	test_vmm_store64(vmm, CD, 0);
	expect_event(vmm, &access, VSMMU_EVENT_C_BAD_CD);
	vmm->bad_begin = STE;
	vmm->bad_end = STE + 64;
	event = expect_event(vmm, &access, VSMMU_EVENT_F_STE_FETCH);
	assert_int_equal(event.fetch_addr, STE);
	/* Without RECINVSID an unknown StreamID is not worth a record. */
	test_vmm_write(vmm, SMMU_CR0, 0);
	test_vmm_write(vmm, SMMU_CR2, 0);
	test_vmm_write(vmm, SMMU_CR0, ON);
	expect_silence(vmm, &far);
	test_vmm_free(vmm);
}

TEST(what_is_wrong_with_an_address_is_recorded)
{
	struct vsmmu_access access = {.vsid = SID, .address = PAGE_VA + 0x123};
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_event event = {.size = sizeof(event)};

	set_page(vmm, 0);
	access.flags = VSMMU_ACCESS_WRITE | VSMMU_ACCESS_PRIVILEGED;
	event = expect_event(vmm, &access, VSMMU_EVENT_F_TRANSLATION);
	assert_int_equal(event.input_addr, PAGE_VA + 0x123);
	assert_false(event.rnw);
	assert_true(event.pnu);
	assert_false(event.stall);
	access.flags = VSMMU_ACCESS_INSTRUCTION;
	event = expect_event(vmm, &access, VSMMU_EVENT_F_TRANSLATION);
	assert_true(event.rnw);
	assert_true(event.ind);
	set_page(vmm, TABLE | USER);
	expect_event(vmm, &access, VSMMU_EVENT_F_ACCESS);
	set_page(vmm, TABLE | AF | USER | READ_ONLY);
	access.flags = VSMMU_ACCESS_WRITE;
	expect_event(vmm, &access, VSMMU_EVENT_F_PERMISSION);
	set_page(vmm, UINT64_C(1) << 46 | TABLE | AF | USER);
	expect_event(vmm, &access, VSMMU_EVENT_F_ADDR_SIZE);
	test_vmm_store64(vmm, LEVEL2, NOWHERE | TABLE);
	event = expect_event(vmm, &access, VSMMU_EVENT_F_WALK_EABT);
	assert_int_equal(event.fetch_addr, NOWHERE + 8 * (PAGE_VA >> 12));
	test_vmm_free(vmm);
}

TEST(substreams_have_cds_of_their_own)
{
	const struct vsmmu_config config = {.ssid_bits = 4};
	struct vsmmu_access access = {
		.vsid = SID, .address = PAGE_VA, .flags = VSMMU_ACCESS_SSID, .ssid = 1};
	struct test_vmm *vmm = fixture_new(&config);
	struct vsmmu_translation out;
	struct vsmmu_event event = {.size = sizeof(event)};

	set_ste(vmm, CD | 0xb | UINT64_C(1) << 59, 0x5c);
	expect_event(vmm, &(struct vsmmu_access){.vsid = SID}, VSMMU_EVENT_F_STREAM_DISABLED);
	event = expect_event(vmm, &access, VSMMU_EVENT_C_BAD_CD);
	assert_true(event.ssv);
	assert_int_equal(event.ssid, 1);
	for (unsigned int i = 0; i < 64; i += 8)
		test_vmm_store64(vmm, CD + 64 + i, test_vmm_load64(vmm, CD + i));
	assert_int_equal(run(vmm, &access, &out), 0);
	assert_int_equal(out.address, PAGE_PA);
	access.ssid = 2;
	event = expect_event(vmm, &access, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	assert_int_equal(event.ssid, 2);
	/* Without the flag there is none, whatever stands there. */
	access.flags = 0;
	access.ssid = UINT32_MAX;
	event = expect_event(vmm, &access, VSMMU_EVENT_F_STREAM_DISABLED);
	assert_false(event.ssv);
	assert_int_equal(event.ssid, 0);
	test_vmm_free(vmm);
}

/* CD.R = 0: no record. CD.A = 0: no abort either, where the host's SMMU can do that. */
TEST(a_guest_may_want_its_faults_invisible)
{
	const struct vsmmu_access access = {.vsid = SID, .address = UINT64_C(0x9000)};
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_translation out;

	test_vmm_store64(vmm, CD, CD_WORD0 & ~CD_R);
	expect_silence(vmm, &access);
	vmm->vsmmu->features.term_model = false;
	test_vmm_store64(vmm, CD, CD_WORD0 & ~CD_A);
	assert_int_equal(run(vmm, &access, &out), 0);
	assert_true(out.ignored);
	assert_int_equal(out.length, 0x1000);
	assert_int_equal(consume(vmm).id, VSMMU_EVENT_F_TRANSLATION);
	test_vmm_store64(vmm, CD, CD_WORD0 & ~CD_R & ~CD_A);
	assert_int_equal(run(vmm, &access, &out), 0);
	assert_true(out.ignored);
	assert_int_equal(test_vmm_stats(vmm).translation_events, 1);
	test_vmm_free(vmm);
}

/* A VMM goes on behind @length: it must get ahead, and past no address that has an event. */
TEST(what_is_ignored_ends_with_its_4_kib)
{
	struct vsmmu_access access = {.vsid = SID, .flags = VSMMU_ACCESS_WRITE};
	static const struct {
		uint64_t from, length;
	} faults[] = {{0x9000, 0x1000}, {0x9001, 0xfff}, {0x9fff, 1}, {BLOCK_VA + 0x5678, 0x988},
		{UINT64_MAX, 1}, {UINT64_C(1) << 39, 0x1000}, {PAGE_VA + 4, 0xffc}};
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_translation out;
	uint64_t done = 0;
	unsigned int calls = 0;

	vmm->vsmmu->features.term_model = false;
	test_vmm_store64(vmm, CD, CD_WORD0 & ~CD_R & ~CD_A);
	/* No permission for the block, no access flag in the page */
	test_vmm_store64(vmm, LEVEL2 + 8, BLOCK_PA | BLOCK | AF | USER | READ_ONLY);
	set_page(vmm, TABLE | USER);
	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		access.address = faults[i].from;
		assert_int_equal(run(vmm, &access, &out), 0);
		assert_true(out.ignored);
		assert_int_equal(out.length, faults[i].length);
	}
	/* From where nothing is mapped over a page and a half */
	set_page(vmm, TABLE | AF | USER);
	for (; done < 0x2000 && calls < 5; calls++, done += out.length) {
		access.address = PAGE_VA - 0x800 + done;
		assert_int_equal(run(vmm, &access, &out), 0);
		assert_int_equal(out.ignored, calls != 1);
	}
	assert_int_equal(done, 0x2800);
	assert_int_equal(calls, 3);
	test_vmm_free(vmm);
}

/* 7.4: what a full queue cannot take is an overflow; OVFLG changes once in 100 ms at most. */
TEST(a_full_queue_overflows)
{
	const struct vsmmu_access access = {.vsid = SID, .address = UINT64_C(0x9000)};
	struct vsmmu_translation out;
	struct test_vmm *vmm = fixture_new(NULL);
	struct pollfd fd = {.fd = vsmmu_get_event_fd(vmm->vsmmu), .events = POLLIN};

	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(run(vmm, &access, &out), -EFAULT);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 4);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 1);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(run(vmm, &access, &out), -EFAULT);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 4 | OVFLG);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 2);
	assert_int_equal(test_vmm_stats(vmm).overflows, 1);
	assert_int_equal(test_vmm_stats(vmm).translation_events, 4);
	assert_int_equal(test_vmm_stats(vmm).translation_drops, 3);
	/* A slot is free again: it is used, whether the overflow was acknowledged or not. */
	consume(vmm);
	assert_int_equal(run(vmm, &access, &out), -EFAULT);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 5 | OVFLG);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, 1 | OVFLG);
	assert_int_equal(run(vmm, &access, &out), -EFAULT);
	while (test_vmm_stats(vmm).overflows < 2) {
		assert_int_equal(poll(&fd, 1, PATIENCE), 1);
		assert_true(vsmmu_dispatch(vmm->vsmmu, 0) >= 0);
	}
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 5);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 3);
	assert_int_equal(test_vmm_stats(vmm).overflows, 2);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), 0);
	test_vmm_free(vmm);
}

#ifdef ON_SIM
/* Events of emulated devices share the queue with those of assigned ones, and no counter. */
TEST(counters_of_assigned_endpoints_are_theirs)
{
	const struct vsmmu_access access = {.vsid = SID, .address = UINT64_C(0x9000)};
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_translation out;

	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(vsmmu_sim_fault(vmm->host, assigned, &record), 0);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 4);
	consume(vmm);
	consume(vmm);
	assert_int_equal(run(vmm, &access, &out), -EFAULT);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 5);
	assert_int_equal(vsmmu_endpoint_get_stats(assigned_endpoint, &stats), 0);
	assert_int_equal(stats.delivered, 4);
	assert_int_equal(stats.discarded, 0);
	assert_int_equal(test_vmm_stats(vmm).delivered, 4);
	assert_int_equal(test_vmm_stats(vmm).translation_events, 1);
	test_vmm_free(vmm);
}
#endif

TEST(a_queue_that_is_no_memory_aborts)
{
	const struct vsmmu_access access = {.vsid = SID, .address = UINT64_C(0x9000)};
	struct test_vmm *vmm = fixture_new(NULL);

	vmm->bad_begin = QUEUE;
	vmm->bad_end = QUEUE + 0x80;
	expect_silence(vmm, &access);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), SMMU_GERROR_EVENTQ_ABT_ERR);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 0);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_EVENTQ_ABORT), 1);
	/* Until that is acknowledged nothing is written, and that is no overflow (7.2.1). */
	vmm->bad_end = QUEUE;
	for (unsigned int i = 0; i < 6; i++)
		expect_silence(vmm, &access);
	assert_int_equal(test_vmm_stats(vmm).aborts, 1);
	assert_int_equal(test_vmm_stats(vmm).overflows, 0);
	assert_int_equal(test_vmm_stats(vmm).translation_drops, 7);
	test_vmm_write(vmm, SMMU_GERRORN, SMMU_GERROR_EVENTQ_ABT_ERR);
	expect_event(vmm, &access, VSMMU_EVENT_F_TRANSLATION);
	test_vmm_free(vmm);
}

TEST(a_disabled_queue_drops)
{
	const struct vsmmu_access access = {.vsid = SID, .address = UINT64_C(0x9000)};
	struct test_vmm *vmm = fixture_new(NULL);

	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	for (unsigned int i = 0; i < 6; i++)
		expect_silence(vmm, &access);
	assert_int_equal(test_vmm_stats(vmm).translation_drops, 6);
	assert_int_equal(test_vmm_stats(vmm).overflows, 0);
	test_vmm_write(vmm, SMMU_CR0, ON);
	assert_int_equal(vmm->irqs[VSMMU_IRQ_EVENTQ], 0);
	expect_event(vmm, &access, VSMMU_EVENT_F_TRANSLATION);
	test_vmm_free(vmm);
}

TEST(misuse_is_einval_and_does_nothing)
{
	const struct vsmmu_access good = {.size = sizeof(good), .vsid = SID, .address = 0x9000};
	struct vsmmu_translation out = {.size = sizeof(out)};
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_access access = good;

	assert_int_equal(vsmmu_translate(vmm->vsmmu, NULL, &out), -EINVAL);
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &good, NULL), -EINVAL);
	out.size = 0;
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &good, &out), -EINVAL);
	out.size = sizeof(out);
	access.size = 0;
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &access, &out), -EINVAL);
	for (uint32_t flag = 1 << 4; flag; flag <<= 1) {
		access = good;
		access.flags = flag;
		assert_int_equal(vsmmu_translate(vmm->vsmmu, &access, &out), -EINVAL);
	}
	access.flags = VSMMU_ACCESS_WRITE | VSMMU_ACCESS_INSTRUCTION;
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &access, &out), -EINVAL);
	access.flags = VSMMU_ACCESS_SSID;
	access.ssid = 1 << 20;
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &access, &out), -EINVAL);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 0);
	assert_int_equal(test_vmm_stats(vmm).translation_drops, 0);
	test_vmm_free(vmm);
}

/* Who was built when the structures were shorter gets what it knows of. */
TEST(older_callers_are_served)
{
	const struct vsmmu_access access = {
		.size = sizeof(access), .vsid = SID, .address = PAGE_VA + 4};
	struct vsmmu_translation out;
	struct test_vmm *vmm = fixture_new(NULL);

	memset(&out, 0xa5, sizeof(out));
	out.size = offsetof(struct vsmmu_translation, length);
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &access, &out), 0);
	assert_int_equal(out.address, PAGE_PA + 4);
	assert_int_equal(out.length, UINT64_C(0xa5a5a5a5a5a5a5a5));
	test_vmm_free(vmm);
}

static void ignore_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

TEST(the_event_path_alone_translates_nothing)
{
	const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = test_vmm_memory_write,
		.irq_pulse = ignore_pulse,
	};
	struct test_vmm *vmm = test_vmm_alloc();
	const struct vsmmu_config config = {
		.size = sizeof(config), .ops = &ops, .event_path_only = true, .opaque = vmm};
	struct vsmmu_translation out;

	assert_int_equal(vsmmu_new(&vmm->vsmmu, &config), 0);
	assert_int_equal(run(vmm, &(struct vsmmu_access){.vsid = SID}, &out), -EOPNOTSUPP);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8", pages_and_blocks_translate),
		UNIT_TEST("S8", tables_are_read_as_they_are_now),
		UNIT_TEST("S8 P13", bypass_is_up_to_the_oas),
		UNIT_TEST("S8", what_is_wrong_with_a_stream_is_recorded),
		UNIT_TEST("S8", what_is_wrong_with_an_address_is_recorded),
		UNIT_TEST("S8", substreams_have_cds_of_their_own),
		UNIT_TEST("S8", a_guest_may_want_its_faults_invisible),
		UNIT_TEST("S8", what_is_ignored_ends_with_its_4_kib),
		UNIT_TEST("S8", a_full_queue_overflows),
#ifdef ON_SIM
		UNIT_TEST("S8", counters_of_assigned_endpoints_are_theirs),
#endif
		UNIT_TEST("S8", a_queue_that_is_no_memory_aborts),
		UNIT_TEST("S8", a_disabled_queue_drops),
		UNIT_TEST("S8", misuse_is_einval_and_does_nothing),
		UNIT_TEST("S8", older_callers_are_served),
		UNIT_TEST("S8", the_event_path_alone_translates_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
