/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts that are taken later: what is noted, what is looked at again, and what is forgotten.
 */
#include <errno.h>
#include <string.h>

#include "arch/command.h"
#include "lib/test_vmm.h"
#include "smmu/irq.h"

#define CMDQ	   TEST_VMM_MEMORY
#define QUEUE	   (TEST_VMM_MEMORY + 0x10000)
#define STRTAB	   (TEST_VMM_MEMORY + 0x20000)
#define MSI_MEMORY (TEST_VMM_MEMORY + 0x5000)
#define NOWHERE	   UINT64_C(0x08030000)
#define ON	   (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define EVENTQ_ON  SMMU_IRQ_CTRL_EVENTQ_IRQEN
#define GERROR_ON  SMMU_IRQ_CTRL_GERROR_IRQEN
#define BOTH_ON	   (EVENTQ_ON | GERROR_ON)
#define EVENTQ	   (1U << VSMMU_IRQ_EVENTQ)
#define GERROR	   (1U << VSMMU_IRQ_GERROR)
#define CMD_SYNC   (1U << VSMMU_IRQ_CMD_SYNC)
#define NOTHING	   0xdeadbeefu

static struct test_vmm *defer_alloc(void)
{
	const struct vsmmu_config config = {.defer_irqs = true};
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_host *host = NULL;

#ifdef ON_SIM
	host = test_vmm_sim(vmm, NULL);
#endif
	assert_int_equal(test_vmm_new(vmm, host, &config), 0);
	return vmm;
}

static void enable(struct test_vmm *vmm, uint32_t irqs)
{
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, QUEUE | 4);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 4);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 4);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, irqs);
	test_vmm_write(vmm, SMMU_CR0, ON);
}

static struct test_vmm *defer_new(void)
{
	struct test_vmm *vmm = defer_alloc();

	enable(vmm, BOTH_ON);
	return vmm;
}

static uint32_t take(struct test_vmm *vmm)
{
	uint32_t lines = NOTHING;

	assert_int_equal(vsmmu_take_irqs(vmm->vsmmu, &lines), 0);
	return lines;
}

/* Of all lines: which one is of no importance. */
static unsigned int notices(const struct test_vmm *vmm)
{
	return vmm->irqs[0] + vmm->irqs[1] + vmm->irqs[2];
}

static void set_msi(struct test_vmm *vmm, uint64_t cfg0, uint64_t address, uint32_t data)
{
	test_vmm_write64(vmm, cfg0, address);
	test_vmm_write(vmm, cfg0 + 8, data);
}

static void cause_event(struct test_vmm *vmm)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	assert_int_equal(vsmmu_record_event(vmm->vsmmu, &record), 0);
}

static void consume_events(struct test_vmm *vmm)
{
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, test_vmm_read(vmm, SMMU_EVENTQ_PROD));
}

/* An error that stops no queue. */
static void cause_error(struct test_vmm *vmm)
{
	pthread_mutex_lock(&vmm->vsmmu->event_lock);
	gerror_raise(vmm->vsmmu, SMMU_GERROR_MSI_CMDQ_ABT);
	pthread_mutex_unlock(&vmm->vsmmu->event_lock);
}

static void acknowledge(struct test_vmm *vmm)
{
	test_vmm_write(vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR));
}

static void sync(struct test_vmm *vmm, uint64_t msi_address, uint32_t msi_data)
{
	const uint32_t at = test_vmm_read(vmm, SMMU_CMDQ_PROD);

	test_vmm_store64(vmm, CMDQ + 16 * (uint64_t)(at % 16),
		COMMAND_OP_SYNC | 1 << 12 | (uint64_t)msi_data << 32);
	test_vmm_store64(vmm, CMDQ + 16 * (uint64_t)(at % 16) + 8, msi_address);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, at + 1);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), at + 1);
}

TEST(notice_comes_once_until_it_is_taken)
{
	struct test_vmm *vmm = defer_new();

	assert_int_equal(take(vmm), 0);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 1);
	consume_events(vmm);
	cause_event(vmm);
	cause_error(vmm);
	sync(vmm, 0, 0);
	assert_int_equal(notices(vmm), 1);
	assert_int_equal(test_vmm_stats(vmm).eventq_irqs, 0);
	assert_int_equal(take(vmm), EVENTQ | GERROR | CMD_SYNC);
	assert_int_equal(take(vmm), 0);
	consume_events(vmm);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 2);
	assert_int_equal(take(vmm), EVENTQ);
	assert_int_equal(test_vmm_stats(vmm).eventq_irqs, 2);
	assert_int_equal(test_vmm_stats(vmm).gerror_irqs, 1);
	assert_int_equal(test_vmm_stats(vmm).cmd_sync_irqs, 1);
	test_vmm_free(vmm);
}

/* An edge is one: a queue that was not empty before causes none. */
TEST(no_more_is_noted_than_would_have_been_pulsed)
{
	struct test_vmm *vmm = defer_new();

	cause_event(vmm);
	assert_int_equal(take(vmm), EVENTQ);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 1);
	assert_int_equal(take(vmm), 0);
	cause_error(vmm);
	cause_error(vmm);
	assert_int_equal(take(vmm), GERROR);
	assert_int_equal(take(vmm), 0);
	test_vmm_free(vmm);
}

TEST(msis_are_sent_when_they_are_taken)
{
	struct test_vmm *vmm = defer_alloc();

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, MSI_MEMORY, 0x11);
	set_msi(vmm, SMMU_GERROR_IRQ_CFG0, TEST_VMM_DOORBELL, 0x22);
	enable(vmm, BOTH_ON);
	cause_event(vmm);
	cause_error(vmm);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY), 0);
	assert_int_equal(vmm->msis, 0);
	assert_int_equal(take(vmm), EVENTQ | GERROR);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY), 0x11);
	assert_int_equal(vmm->msis, 1);
	assert_int_equal(vmm->msi_data, 0x22);
	assert_int_equal(take(vmm), 0);
	assert_int_equal(test_vmm_stats(vmm).msis, 2);
	test_vmm_free(vmm);
}

TEST(the_msi_of_a_sync_does_not_wait)
{
	struct test_vmm *vmm = defer_new();

	sync(vmm, MSI_MEMORY, 0x33);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY), 0x33);
	assert_int_equal(notices(vmm), 0);
	assert_int_equal(take(vmm), 0);
	/* One that goes nowhere is an error, which is noted. */
	sync(vmm, NOWHERE, 0x33);
	assert_int_equal(notices(vmm), 1);
	assert_int_equal(take(vmm), GERROR);
	test_vmm_free(vmm);
}

TEST(a_wired_sync_is_noted_whatever_is_enabled)
{
	struct test_vmm *vmm = defer_alloc();

	enable(vmm, 0);
	sync(vmm, 0, 0);
	sync(vmm, 0, 0);
	assert_int_equal(notices(vmm), 1);
	assert_int_equal(take(vmm), CMD_SYNC);
	assert_int_equal(take(vmm), 0);
	test_vmm_free(vmm);
}

TEST(disabled_by_then_is_dropped)
{
	struct test_vmm *vmm = defer_new();

	cause_event(vmm);
	cause_error(vmm);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, GERROR_ON);
	assert_int_equal(take(vmm), GERROR);
	/* Enabling raises nothing again (6.3.16). */
	test_vmm_write(vmm, SMMU_IRQ_CTRL, BOTH_ON);
	assert_int_equal(take(vmm), 0);
	assert_int_equal(notices(vmm), 1);
	acknowledge(vmm);
	cause_error(vmm);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, 0);
	assert_int_equal(take(vmm), 0);
	/* Nor is one noted that was disabled when it came up. */
	consume_events(vmm);
	cause_event(vmm);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, BOTH_ON);
	assert_int_equal(take(vmm), 0);
	assert_int_equal(notices(vmm), 2);
	test_vmm_free(vmm);
}

TEST(disabled_and_enabled_again_is_not_lost)
{
	struct test_vmm *vmm = defer_alloc();

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, MSI_MEMORY, 0x11);
	enable(vmm, BOTH_ON);
	cause_event(vmm);
	cause_error(vmm);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, 0);
	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, MSI_MEMORY + 8, 0x44);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, BOTH_ON);
	assert_int_equal(take(vmm), EVENTQ | GERROR);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY), 0);
	assert_int_equal(test_vmm_load64(vmm, MSI_MEMORY + 8), 0x44);
	test_vmm_free(vmm);
}

TEST(over_by_then_is_dropped)
{
	struct test_vmm *vmm = defer_new();

	cause_event(vmm);
	consume_events(vmm);
	cause_error(vmm);
	acknowledge(vmm);
	assert_int_equal(take(vmm), 0);
	/* A queue that is off has nothing to tell. */
	cause_event(vmm);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	assert_int_equal(take(vmm), 0);
	assert_int_equal(test_vmm_stats(vmm).eventq_irqs + test_vmm_stats(vmm).gerror_irqs, 0);
	/* What comes after that is noted anew. */
	test_vmm_write(vmm, SMMU_CR0, ON);
	consume_events(vmm);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 3);
	assert_int_equal(take(vmm), EVENTQ);
	test_vmm_free(vmm);
}

TEST(an_msi_that_goes_nowhere_is_taken_in_the_same_call)
{
	struct test_vmm *vmm = defer_alloc();

	set_msi(vmm, SMMU_EVENTQ_IRQ_CFG0, NOWHERE, 0x11);
	enable(vmm, BOTH_ON);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 1);
	assert_int_equal(take(vmm), EVENTQ | GERROR);
	assert_int_equal(notices(vmm), 1);
	assert_int_equal(take(vmm), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), SMMU_GERROR_MSI_EVENTQ_ABT);
	/* MSI_GERROR_ABT tells of itself by no interrupt (7.5), and is no reason for one. */
	acknowledge(vmm);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, 0);
	set_msi(vmm, SMMU_GERROR_IRQ_CFG0, NOWHERE, 0x11);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, BOTH_ON);
	cause_error(vmm);
	assert_int_equal(take(vmm), GERROR);
	test_vmm_write(
		vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR) ^ SMMU_GERROR_MSI_GERROR_ABT);
	cause_error(vmm);
	test_vmm_write(
		vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR) ^ SMMU_GERROR_MSI_GERROR_ABT);
	assert_int_equal(take(vmm), 0);
	test_vmm_free(vmm);
}

TEST(a_reset_forgets)
{
	struct test_vmm *vmm = defer_new();

	cause_event(vmm);
	cause_error(vmm);
	sync(vmm, MSI_MEMORY, 0);
	assert_int_equal(vsmmu_reset(vmm->vsmmu), 0);
	assert_int_equal(take(vmm), 0);
	assert_int_equal(notices(vmm), 1);
	enable(vmm, BOTH_ON);
	assert_int_equal(take(vmm), 0);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 2);
	assert_int_equal(take(vmm), EVENTQ);
	test_vmm_free(vmm);
}

TEST(a_reset_before_it_is_taken_does_not_silence_the_next)
{
	struct test_vmm *vmm = defer_new();

	cause_event(vmm);
	assert_int_equal(vsmmu_reset(vmm->vsmmu), 0);
	enable(vmm, BOTH_ON);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 2);
	assert_int_equal(take(vmm), EVENTQ);
	test_vmm_free(vmm);
}

TEST(a_restore_notes_again)
{
	struct test_vmm *vmm = defer_new(), *next = defer_alloc();
	void *bytes;
	size_t length;

	cause_event(vmm);
	cause_error(vmm);
	assert_int_equal(take(vmm), EVENTQ | GERROR);
	assert_int_equal(vsmmu_save(vmm->vsmmu, &bytes, &length), 0);
	memcpy(next->memory, vmm->memory, vmm->memory_size);
	assert_int_equal(vsmmu_restore(next->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(notices(next), 1);
	assert_int_equal(take(next), EVENTQ | GERROR);
	assert_int_equal(take(next), 0);
	test_vmm_free(vmm);
	test_vmm_free(next);
}

TEST(without_defer_irqs_there_is_nothing_to_take)
{
	struct test_vmm *vmm = test_vmm_alloc();
	uint32_t lines = NOTHING;

	assert_int_equal(test_vmm_new(vmm, NULL, NULL), 0);
	assert_int_equal(vsmmu_take_irqs(vmm->vsmmu, &lines), -EOPNOTSUPP);
	assert_int_equal(lines, NOTHING);
	assert_int_equal(vmm->report_count, 1);
	assert_int_equal(vmm->reports[0].code, VSMMU_REPORT_UNFIT);
	assert_int_equal(vsmmu_take_irqs(vmm->vsmmu, NULL), -EINVAL);
	test_vmm_free(vmm);
}

TEST(the_event_path_alone_defers_too)
{
	const struct vsmmu_config config = {.defer_irqs = true};
	struct test_vmm *vmm = test_vmm_alloc();

	vmm->events_only = true;
	assert_int_equal(test_vmm_new(vmm, NULL, &config), 0);
	enable(vmm, BOTH_ON);
	cause_event(vmm);
	assert_int_equal(notices(vmm), 1);
	assert_int_equal(take(vmm), EVENTQ);
	assert_int_equal(take(vmm), 0);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E8 S5", notice_comes_once_until_it_is_taken),
		UNIT_TEST("E8 P16", no_more_is_noted_than_would_have_been_pulsed),
		UNIT_TEST("S5", msis_are_sent_when_they_are_taken),
		UNIT_TEST("S5 P23", the_msi_of_a_sync_does_not_wait),
		UNIT_TEST("S5", a_wired_sync_is_noted_whatever_is_enabled),
		UNIT_TEST("P16", disabled_by_then_is_dropped),
		UNIT_TEST("P16", disabled_and_enabled_again_is_not_lost),
		UNIT_TEST("E8 P22", over_by_then_is_dropped),
		UNIT_TEST("S5", an_msi_that_goes_nowhere_is_taken_in_the_same_call),
		UNIT_TEST("P16", a_reset_forgets),
		UNIT_TEST("P16", a_reset_before_it_is_taken_does_not_silence_the_next),
		UNIT_TEST("S7", a_restore_notes_again),
		UNIT_TEST("S5", without_defer_irqs_there_is_nothing_to_take),
		UNIT_TEST("E8", the_event_path_alone_defers_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
