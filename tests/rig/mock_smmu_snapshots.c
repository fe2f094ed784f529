/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of a vSMMU whose events the kernel's real vEVENTQ still holds. */
#include <errno.h>
#include <unistd.h>

#include <vsmmu/snapshot.h>

#include "injection.h"
#include "mock_smmu.h"

#define DEPTH 16

static struct smmu_guest guest, later;
static struct driver_domain domains[SMMU_MACHINE_ENDPOINTS];

struct saved {
	void *bytes;
	size_t length;
};

static const struct smmu_guest_options options = {.vsmmu = {.veventq_depth = DEPTH}};
static const struct smmu_guest_options options_off = {
	.vsmmu = {.veventq_depth = DEPTH},
	.off = true,
};

static void open_guest(void *context)
{
	smmu_guest_open(&guest, context, &options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_attach(&guest, n, &domains[n]);
}

/*
 * Five events that the guest has taken, two that it has not, and a storm of which the
 * kernel keeps what it has room for, the last place told by a LOST header.
 */
#define STORM	  (2 * DEPTH)
#define TAKEN	  5
#define LEFT	  2
#define SEQUENCED (TAKEN + LEFT + STORM)

static void storm(struct smmu_guest *of)
{
	TAP_EQ(mock_smmu_fault(of, 0, TAKEN), 0);
	smmu_guest_run(of);
	TAP_EQ(mock_smmu_fault(of, 1, LEFT), 0);
	TAP_EQ(vsmmu_dispatch(of->vsmmu, 0), LEFT);
	TAP_EQ(of->records, TAKEN);
	TAP_EQ(mock_smmu_fault(of, 0, STORM - 5), 0);
	TAP_EQ(mock_smmu_fault(of, 1, 5), 0);
}

static struct saved save(struct smmu_guest *of)
{
	struct saved saved = {0};

	TAP_EQ(vsmmu_save(of->vsmmu, &saved.bytes, &saved.length), 0);
	TAP_CHECK(saved.length > 0, "an empty snapshot");
	return saved;
}

/* The driver, its memory and all that it knows are in @to from now on. */
static void move_driver(struct smmu_guest *from, struct smmu_guest *to)
{
	to->driver = from->driver;
	to->driver.opaque = to;
	from->driver.streams = NULL;
	from->driver.stream_count = 0;
	for (unsigned int i = 0; i < from->records && i < SMMU_GUEST_RECORDS; i++)
		for (unsigned int word = 0; word < 4; word++)
			to->record[i][word] = from->record[i][word];
	to->records = from->records;
}

/* What the snapshot's guest sees, wherever it goes on. */
static void expect_goes_on(struct smmu_guest *of)
{
	struct vsmmu_stats stats;
	unsigned int seconds = 0;

	/* An event while others wait: its STE is in force without a command of the guest's. */
	TAP_EQ(mock_smmu_fault(of, 1, 1), 0);
	smmu_guest_run(of);
	stats = mock_smmu_expect_accounted(of, SEQUENCED + 1);
	TAP_EQ(stats.lost, STORM - DEPTH);
	TAP_EQ(stats.discarded, 0);
	TAP_EQ(stats.pending, 0);
	TAP_EQ(of->records, TAKEN + LEFT + DEPTH + 1);
	/* What was read ahead comes before what the kernel has now. */
	TAP_EQ(SMMU_EVENT_SID(of->record[of->records - 1][0]), of->vsid[1]);
	for (unsigned int i = 0; i < of->records; i++)
		seconds += SMMU_EVENT_SID(of->record[i][0]) == of->vsid[1];
	TAP_EQ(seconds, LEFT + 1);
	TAP_EQ(of->driver.stats.overflows, 1);
	TAP_EQ(driver_cfgi_all(&of->driver), 0);
	TAP_EQ(driver_sync(&of->driver), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_expect_event(of, n);
	/* A second storm, with losses of its own. */
	TAP_EQ(mock_smmu_fault(of, 0, STORM), 0);
	smmu_guest_run(of);
	stats = mock_smmu_expect_accounted(of, SEQUENCED + 3 + STORM);
	TAP_EQ(stats.lost, 2 * (STORM - DEPTH));
	TAP_EQ(stats.delivered, of->records);
	TAP_EQ(of->driver.stats.timeouts, 0);
}

static void source_goes_on_after_a_save(void *context)
{
	struct saved saved;

	open_guest(context);
	storm(&guest);
	/* Twice: the second one has what the first one has read, in the same order. */
	saved = save(&guest);
	vsmmu_snapshot_free(saved.bytes);
	saved = save(&guest);
	vsmmu_snapshot_free(saved.bytes);
	expect_goes_on(&guest);
	smmu_guest_close(&guest);
}

static void restored_on_the_same_iommufd(void *context)
{
	struct saved saved;

	open_guest(context);
	storm(&guest);
	saved = save(&guest);
	vsmmu_free(guest.vsmmu);
	guest.vsmmu = NULL;
	smmu_guest_open(&later, context, &options_off);
	move_driver(&guest, &later);
	smmu_guest_close(&guest);
	TAP_EQ(vsmmu_restore(later.vsmmu, saved.bytes, saved.length), 0);
	vsmmu_snapshot_free(saved.bytes);
	TAP_CHECK(later.irqs[VSMMU_IRQ_EVENTQ] > 0, "no interrupt for what is in the queue");
	expect_goes_on(&later);
	smmu_guest_close(&later);
}

static void expect_elsewhere(struct smmu_machine *machine, const struct saved *saved)
{
	smmu_guest_open(&later, machine, &options_off);
	move_driver(&guest, &later);
	TAP_EQ(vsmmu_restore(later.vsmmu, saved->bytes, saved->length), 0);
	expect_goes_on(&later);
	smmu_guest_close(&later);
}

/* Frees the vSMMU of @from; its driver goes on with another one, which is restored. */
static void hop(struct smmu_guest *from, struct smmu_guest *to, void *context)
{
	struct saved saved = save(from);

	vsmmu_free(from->vsmmu);
	from->vsmmu = NULL;
	smmu_guest_open(to, context, &options_off);
	move_driver(from, to);
	smmu_guest_close(from);
	TAP_EQ(vsmmu_restore(to->vsmmu, saved.bytes, saved.length), 0);
	vsmmu_snapshot_free(saved.bytes);
}

/* What came first stays first, while nobody takes it. */
static void order_is_kept_from_host_to_host(void *context)
{
	static const unsigned int of[] = {0, 0, 0, 1, 1, 1, 0, 0};

	open_guest(context);
	TAP_EQ(mock_smmu_fault(&guest, 0, 3), 0);
	hop(&guest, &later, context);
	TAP_EQ(mock_smmu_fault(&later, 1, 3), 0);
	hop(&later, &guest, context);
	TAP_EQ(mock_smmu_fault(&guest, 0, 2), 0);
	smmu_guest_run(&guest);
	mock_smmu_expect_accounted(&guest, 8);
	TAP_EQ(guest.records, 8);
	for (unsigned int i = 0; i < 8; i++)
		TAP_EQ(SMMU_EVENT_SID(guest.record[i][0]), guest.vsid[of[i]]);
	smmu_guest_close(&guest);
}

/* Not for a loss either: the guest learns of that with the next event. */
static void empty_queue_is_restored_in_silence(void *context)
{
	open_guest(context);
	TAP_EQ(mock_machine_trigger_dropped(&mock_smmu_of(&guest)->mock, 0), 0);
	vsmmu_dispatch(guest.vsmmu, 0);
	TAP_EQ(smmu_guest_stats(&guest).overflows, 1);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	hop(&guest, &later, context);
	TAP_EQ(later.irqs[VSMMU_IRQ_EVENTQ], 0);
	mock_smmu_expect_event(&later, 0);
	TAP_EQ(later.irqs[VSMMU_IRQ_EVENTQ], 1);
	TAP_EQ(later.driver.stats.overflows, 1);
	mock_smmu_expect_accounted(&later, 2);
	smmu_guest_close(&later);
}

/* Storms, and a save after each: all that the kernel had kept comes along. */
static void what_was_saved_before_comes_along(void *context)
{
	for (unsigned int saves = 1; saves <= 4; saves++) {
		struct vsmmu_stats stats;

		open_guest(context);
		for (unsigned int i = 1; i < saves; i++) {
			TAP_EQ(mock_smmu_fault(&guest, i % 2, STORM), 0);
			vsmmu_snapshot_free(save(&guest).bytes);
		}
		TAP_EQ(mock_smmu_fault(&guest, 0, STORM), 0);
		hop(&guest, &later, context);
		smmu_guest_run(&later);
		stats = mock_smmu_expect_accounted(&later, (uint64_t)saves * STORM);
		TAP_EQ(stats.delivered, saves * DEPTH);
		TAP_EQ(stats.delivered + stats.lost, (uint64_t)saves * STORM);
		TAP_EQ(later.driver.stats.overflows, 1);
		smmu_guest_close(&later);
	}
}

/* Another iommufd, with devices and objects of its own; the source lives on for a while. */
static void restored_on_another_iommufd(void *context)
{
	struct smmu_machine other = {.ops = &smmu_machine_mock};
	uint8_t *memory;
	struct saved saved;

	open_guest(context);
	storm(&guest);
	saved = save(&guest);
	TAP_EQ(other.ops->open(&other), 0);
	/* The guest's memory comes along. */
	memory = other.memory;
	other.memory = guest.machine->memory;
	expect_elsewhere(&other, &saved);
	other.memory = memory;
	other.ops->close(&other);
	vsmmu_snapshot_free(saved.bytes);
	/* Never shown to its guest, who has gone: counted when it is taken down. */
	TAP_EQ(mock_smmu_expect_accounted(&guest, SEQUENCED).pending, DEPTH);
	smmu_guest_close(&guest);
}

/* What no CMD_SYNC has sent yet is sent by the next one, elsewhere. */
static void unfinished_batch_comes_along(void *context)
{
	const struct driver_command command = {{SMMU_CMD_TLBI_NH_ASID | SMMU_CMD_ASID(7), 0}};
	struct saved saved;
	unsigned int calls;

	open_guest(context);
	TAP_EQ(driver_issue(&guest.driver, &command, 1), 0);
	calls = mock_smmu_of(&guest)->calls;
	saved = save(&guest);
	TAP_EQ(mock_smmu_of(&guest)->calls, calls);
	vsmmu_free(guest.vsmmu);
	guest.vsmmu = NULL;
	smmu_guest_open(&later, context, &options_off);
	move_driver(&guest, &later);
	smmu_guest_close(&guest);
	TAP_EQ(vsmmu_restore(later.vsmmu, saved.bytes, saved.length), 0);
	vsmmu_snapshot_free(saved.bytes);
	/* What was cached here was of another time. */
	calls = mock_smmu_of(&later)->calls;
	TAP_EQ(driver_sync(&later.driver), 0);
	TAP_EQ(mock_smmu_of(&later)->calls, calls + 1);
	TAP_EQ(driver_sync(&later.driver), 0);
	TAP_EQ(mock_smmu_of(&later)->calls, calls + 1);
	smmu_guest_close(&later);
}

static void what_does_not_fit_is_refused_whole(void *context)
{
	struct smmu_machine *machine = context;
	struct saved saved;
	uint8_t *bytes;

	open_guest(context);
	storm(&guest);
	saved = save(&guest);
	bytes = saved.bytes;
	TAP_EQ(vsmmu_restore(guest.vsmmu, saved.bytes, saved.length), -EBUSY);
	vsmmu_free(guest.vsmmu);
	guest.vsmmu = NULL;
	smmu_guest_open(&later, machine,
		&(struct smmu_guest_options){
			.vsmmu = options.vsmmu, .detached = true, .off = true});
	move_driver(&guest, &later);
	smmu_guest_close(&guest);
	smmu_guest_attach(&later, 0, SMMU_GUEST_VSID(0));
	TAP_EQ(vsmmu_restore(later.vsmmu, saved.bytes, saved.length), -ENODEV);
	TAP_CHECK(later.reports[VSMMU_REPORT_UNFIT] > 0, "nobody was told why");
	smmu_guest_attach(&later, 1, SMMU_GUEST_VSID(1));
	for (size_t i = 0; i < saved.length; i += saved.length / 50 + 1) {
		bytes[i] ^= 0x10;
		TAP_CHECK(vsmmu_restore(later.vsmmu, bytes, saved.length) < 0, "byte %zu", i);
		bytes[i] ^= 0x10;
		TAP_EQ(vsmmu_restore(later.vsmmu, bytes, i), -EBADMSG);
	}
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		TAP_EQ(mock_smmu_fault(&later, n, 1), -ENOENT);
	TAP_EQ(driver_read32(&later.driver, MMIO_CR0), 0);
	/* And what fits is still taken. */
	TAP_EQ(vsmmu_restore(later.vsmmu, saved.bytes, saved.length), 0);
	vsmmu_snapshot_free(saved.bytes);
	expect_goes_on(&later);
	smmu_guest_close(&later);
}

/* Each place where the kernel can fail: the vSMMU is as it was, and can try again. */
static void kernel_that_fails_during_a_restore(void *context)
{
	unsigned int nth = 0, failures = 0;
	struct smmu_machine *machine = context;
	struct saved saved;
	int fd, left, ret;

	open_guest(context);
	storm(&guest);
	saved = save(&guest);
	vsmmu_free(guest.vsmmu);
	guest.vsmmu = NULL;
	do {
		smmu_guest_open(&later, machine, &options_off);
		fd = injection_open_self();
		TAP_CHECK(fd >= 0, "no fail-nth: %d", fd);
		TAP_EQ(injection_arm(fd, ++nth), 0);
		ret = vsmmu_restore(later.vsmmu, saved.bytes, saved.length);
		left = injection_left(fd);
		TAP_EQ(injection_arm(fd, 0), 0);
		close(fd);
		if (ret) {
			failures++;
			TAP_EQ(driver_read32(&later.driver, MMIO_CR0), 0);
			TAP_EQ(smmu_guest_stats(&later).sequenced, 0);
			for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
				TAP_CHECK(mock_smmu_of(&later)->endpoint[n].pt_id, "cut off");
			TAP_EQ(vsmmu_restore(later.vsmmu, saved.bytes, saved.length), 0);
		}
		TAP_EQ(mock_smmu_expect_accounted(&later, SEQUENCED).pending, DEPTH);
		for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
			TAP_EQ(mock_smmu_fault(&later, n, 1), 0);
		if (left)
			break;
		smmu_guest_close(&later);
	} while (nth < 80);
	tap_note("%u of %u places fail the restore", failures, nth - 1);
	TAP_CHECK(left && failures >= 3, "the kernel hardly failed");
	smmu_guest_close(&later);
	smmu_guest_close(&guest);
	vsmmu_snapshot_free(saved.bytes);
}

static const struct tap_test tests[] = {
	{"source_goes_on_after_a_save", "S7", source_goes_on_after_a_save},
	{"restored_on_the_same_iommufd", "S7", restored_on_the_same_iommufd},
	{"order_is_kept_from_host_to_host", "S7", order_is_kept_from_host_to_host},
	{"empty_queue_is_restored_in_silence", "S7 P22 D4", empty_queue_is_restored_in_silence},
	{"what_was_saved_before_comes_along", "S7 E6", what_was_saved_before_comes_along},
	{"restored_on_another_iommufd", "S7", restored_on_another_iommufd},
	{"unfinished_batch_comes_along", "S3 S7", unfinished_batch_comes_along},
	{"what_does_not_fit_is_refused_whole", "S7", what_does_not_fit_is_refused_whole},
	{"kernel_that_fails_during_a_restore", "S7 P10", kernel_that_fails_during_a_restore},
};
const struct mock_smmu_part mock_smmu_snapshots = {tests, sizeof(tests) / sizeof(tests[0])};
