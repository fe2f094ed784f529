/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only hardware shows: every kind of event that the rig's SMMU can raise, each from
 * a DMA through the real arm-smmu-v3 driver into the guest's queue, field by field; and
 * storms of several endpoints.
 */
#include <string.h>

#include "conformance/guest.h"
#include "conformance/suite.h"
#include "machine_real.h"

#define PAGE		UINT64_C(0x1000)
#define STE_S1CDMAX_ALL (UINT64_C(31) << 59)
#define STE_S1STALLD	(UINT64_C(1) << 27)

static struct guest guest;

static struct real_machine *open_guest(void *context, const struct guest_options *options)
{
	struct machine *machine = suite_machine(context);

	TAP_EQ(guest_open(&guest, machine, options), 0);
	guest_enable(&guest, 8);
	return machine_real_of(machine);
}

/* One DMA that faults once. Return: the guest's record of it. */
static struct vsmmu_event access_event(struct real_machine *real, uint64_t iova, bool write)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event = {.size = sizeof(event)};

	TAP_EQ(real_machine_access(real, 0, iova, write), 0);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_CHECK(guest_consume(&guest, &record), "nothing in the guest's queue");
	TAP_EQ(guest_pending(&guest), 0);
	vsmmu_event_decode(&record, &event);
	tap_note("record %016llx %016llx %016llx %016llx", (unsigned long long)record.word[0],
		(unsigned long long)record.word[1], (unsigned long long)record.word[2],
		(unsigned long long)record.word[3]);
	return event;
}

/* A translation fault of stage 1, seen at the transaction's input address. */
static void expect_translation_fault(
	const struct vsmmu_event *event, uint8_t id, uint64_t iova, bool write)
{
	const struct vsmmu_event want = {
		.size = sizeof(want),
		.id = id,
		.sid = GUEST_VSID(0),
		.rnw = !write,
		.class_ = VSMMU_EVENT_CLASS_IN,
		.input_addr = iova,
	};
	struct vsmmu_event_record got, wanted;

	TAP_EQ(event->id, want.id);
	TAP_EQ(event->sid, want.sid);
	TAP_EQ(event->rnw, want.rnw);
	TAP_EQ(event->class_, want.class_);
	TAP_EQ(event->input_addr, want.input_addr);
	/* And nothing else. */
	TAP_EQ(vsmmu_event_encode(event, &got), 0);
	TAP_EQ(vsmmu_event_encode(&want, &wanted), 0);
	for (int i = 0; i < 4; i++)
		TAP_EQ(got.word[i], wanted.word[i]);
}

static void expect_configuration_fault(const struct vsmmu_event *event, uint8_t id)
{
	struct vsmmu_event_record got;

	TAP_EQ(vsmmu_event_encode(event, &got), 0);
	TAP_EQ(got.word[0], (uint64_t)GUEST_VSID(0) << 32 | id);
	TAP_EQ(got.word[1], 0);
	TAP_EQ(got.word[2], 0);
	TAP_EQ(got.word[3], 0);
}

static void page_fault(void *context, enum real_access access, uint8_t id, bool write)
{
	const uint64_t iova = 0x100000 + PAGE * access + 8;
	struct real_machine *real = open_guest(context, &(struct guest_options){.depth = 16});
	struct vsmmu_event event = {.size = sizeof(event)};

	real_machine_map(real, 0, iova, access);
	event = access_event(real, iova, write);
	expect_translation_fault(&event, id, iova, write);
	guest_close(&guest);
}

static void f_translation(void *context)
{
	page_fault(context, REAL_UNMAPPED, VSMMU_EVENT_F_TRANSLATION, false);
}

static void f_translation_of_a_write(void *context)
{
	page_fault(context, REAL_UNMAPPED, VSMMU_EVENT_F_TRANSLATION, true);
}

static void f_permission(void *context)
{
	page_fault(context, REAL_READONLY, VSMMU_EVENT_F_PERMISSION, true);
}

static void f_access(void *context)
{
	page_fault(context, REAL_NO_ACCESS, VSMMU_EVENT_F_ACCESS, false);
}

static void f_addr_size(void *context)
{
	page_fault(context, REAL_TOO_HIGH, VSMMU_EVENT_F_ADDR_SIZE, false);
}

static void c_bad_cd(void *context)
{
	struct machine *machine = suite_machine(context);
	struct vsmmu_event event = {.size = sizeof(event)};

	real_machine_set_cd(machine_real_of(machine), 0, false);
	open_guest(context, &(struct guest_options){.depth = 16});
	event = access_event(machine_real_of(machine), 0x100000, false);
	expect_configuration_fault(&event, VSMMU_EVENT_C_BAD_CD);
	guest_close(&guest);
}

/*
 * STEs that the kernel takes and the hardware finds ILLEGAL: so it tells the guest. That
 * S1CDMax is one of them is the emulator's own: tests/rig/deviations.
 */
static void bad_ste(void *context, uint64_t word0, uint64_t word1)
{
	struct real_machine *real = open_guest(context, &(struct guest_options){.depth = 16});
	uint64_t ste[2] = {guest.machine->ste[0][0] | word0, guest.machine->ste[0][1] | word1};
	struct vsmmu_event event = {.size = sizeof(event)};

	TAP_EQ(vsmmu_endpoint_set_ste(guest.endpoint[0], ste), 0);
	event = access_event(real, 0x100000, false);
	expect_configuration_fault(&event, VSMMU_EVENT_C_BAD_STE);
	guest_close(&guest);
}

static void c_bad_ste_by_s1cdmax(void *context)
{
	bad_ste(context, STE_S1CDMAX_ALL, 0);
}

static void c_bad_ste_by_s1stalld(void *context)
{
	bad_ste(context, 0, STE_S1STALLD);
}

static void good_dma_raises_nothing(void *context)
{
	struct real_machine *real = open_guest(context, &(struct guest_options){.depth = 16});

	real_machine_map(real, 0, 0x100000, REAL_READWRITE);
	memset(real_machine_page(real, 0), 0xa5, 8);
	TAP_EQ(real_machine_access(real, 0, 0x100000, false), 0);
	TAP_EQ(real_machine_access(real, 0, 0x100004, true), 0);
	TAP_EQ(guest_dispatch(&guest), 0);
	TAP_EQ(guest_read(&guest, 0x100a8), 0);
	guest_close(&guest);
}

/* The VMM's own IOMMU_HWPT_INVALIDATE, on the vIOMMU that it is told; another has no such stream.
 */
static void vmm_invalidates(void *context)
{
	struct real_machine *real = open_guest(context, &(struct guest_options){.depth = 16});
	struct vsmmu_event event = {.size = sizeof(event)};
	uint32_t viommu;

	real_machine_map(real, 0, 0x100000, REAL_READWRITE);
	TAP_EQ(real_machine_access(real, 0, 0x100000, true), 0);
	TAP_EQ(guest_dispatch(&guest), 0);
	real_machine_map(real, 0, 0x100000, REAL_UNMAPPED);
	TAP_EQ(vsmmu_endpoint_get_viommu(guest.endpoint[0], &viommu), 0);
	TAP_EQ(real_machine_invalidate(real, viommu, GUEST_VSID(0)), 0);
	event = access_event(real, 0x100000, true);
	expect_translation_fault(&event, VSMMU_EVENT_F_TRANSLATION, 0x100000, true);
	guest_close(&guest);
}

static void storm(void *context, bool isolate)
{
	const unsigned int each = 3000, rounds = 4;
	struct vsmmu_stats stats;
	uint64_t consumed = 0;

	open_guest(context,
		&(struct guest_options){.depth = 1024, .endpoints = 2, .isolate = isolate});
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int n = 0; n < MACHINE_ENDPOINTS; n++)
			TAP_EQ(guest.machine->ops->fault(guest.machine, n, each), 0);
		do {
			vsmmu_dispatch(guest.vsmmu, 0);
			consumed += guest_consume_all(&guest);
			if (guest_overflowed(&guest))
				guest_acknowledge_overflow(&guest);
		} while (guest_readable(&guest));
	}
	stats = guest_stats(&guest);
	tap_note(
		"sequenced %llu delivered %llu lost %llu discarded %llu reads %llu interrupts %llu",
		(unsigned long long)stats.sequenced, (unsigned long long)stats.delivered,
		(unsigned long long)stats.lost, (unsigned long long)stats.discarded,
		(unsigned long long)stats.reads, (unsigned long long)stats.eventq_irqs);
	/* The producer's own count: 4 bytes of DMA are one fault. */
	TAP_EQ(stats.sequenced, (uint64_t)each * rounds * MACHINE_ENDPOINTS);
	TAP_EQ(stats.delivered, consumed);
	TAP_EQ(stats.sequenced, stats.delivered + stats.lost + stats.discarded);
	/* What the vEVENTQs could not hold, and no more. */
	TAP_EQ(stats.lost,
		stats.sequenced - (uint64_t)rounds * 1024 * (isolate ? MACHINE_ENDPOINTS : 1));
	guest_close(&guest);
}

static void storm_overflows_the_veventq(void *context)
{
	storm(context, false);
}

static void storm_in_two_viommus(void *context)
{
	storm(context, true);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{"f_translation", "E12", f_translation},
		{"f_translation_of_a_write", "E12", f_translation_of_a_write},
		{"f_permission", "E12", f_permission},
		{"f_access", "E12", f_access},
		{"f_addr_size", "E12", f_addr_size},
		{"c_bad_cd", "E12", c_bad_cd},
		{"c_bad_ste_by_s1cdmax", "E12", c_bad_ste_by_s1cdmax},
		{"c_bad_ste_by_s1stalld", "E12", c_bad_ste_by_s1stalld},
		{"good_dma_raises_nothing", "", good_dma_raises_nothing},
		{"vmm_invalidates", "S3", vmm_invalidates},
		{"storm_overflows_the_veventq", "E6", storm_overflows_the_veventq},
		{"storm_in_two_viommus", "E6 E9", storm_in_two_viommus},
	};
	struct machine machine = {.ops = &machine_real};

	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &suite_fixture, &machine);
}
