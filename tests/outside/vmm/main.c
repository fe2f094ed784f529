/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to a guest of a VMM that is put together as QEMU is, told step by step. On the
 * simulator; with the PCI addresses of two devices on the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "guest.h"

static struct vmm vmm;
static struct guest guest;

static struct vsmmu_identity identity(void)
{
	struct vsmmu_identity identity = {.size = sizeof(identity)};

	vmm_lock(&vmm);
	CHECK(vsmmu_get_identity(vmm.vsmmu, &identity) == 0);
	vmm_unlock(&vmm);
	return identity;
}

static uint64_t vsid_of(unsigned int n)
{
	uint64_t vsid = 0;

	vmm_lock(&vmm);
	CHECK(vsmmu_endpoint_get_vsid(vmm.device[n].endpoint, &vsid) == 0);
	vmm_unlock(&vmm);
	return vsid;
}

static uint32_t last_purpose(unsigned int n)
{
	const struct vmm_device *device = &vmm.device[n];

	return device->purposes[(device->attachments - 1) % VMM_PURPOSES];
}

/* Nobody was refused anything, as nobody made a mistake. */
static void expect_no_refusal(void)
{
	CHECK(vmm.refusals == 0);
	if (vmm.refusals)
		printf("# refused: %s\n", vmm.refusal);
}

static void expect_balance(void)
{
	const struct vsmmu_stats stats = vmm_stats(&vmm);

	CHECK(stats.sequenced == stats.delivered + stats.lost + stats.discarded + stats.pending);
	CHECK(stats.lost == 0);
}

/* The SMMU is there before any device, and does not know what it stands on. */
static void starts_without_a_host(const struct machine_ops *ops)
{
	const struct vsmmu_config promise = {
		.ats = VSMMU_AUTO,
		.ssid_bits = VSMMU_AUTO,
		.oas_bits = VSMMU_AUTO,
	};

	vmm_open(&vmm, ops, &promise);
	CHECK(!identity().frozen);
	expect_no_refusal();
	step("it starts without a host");
}

static void first_device_brings_the_host(void)
{
	static const uint32_t purposes[] = {
		VSMMU_ATTACH_NOTHING, VSMMU_ATTACH_ABORT, VSMMU_ATTACH_BYPASS};

	CHECK(vmm_plug(&vmm, 0) == 0);
	CHECK(vmm.device[0].attachments == 3 &&
		!memcmp(vmm.device[0].purposes, purposes, sizeof(purposes)));
	CHECK(vsid_of(0) == VSMMU_NO_VSID);
	vmm_lock(&vmm);
	CHECK(vsmmu_endpoint_get_opaque(vmm.device[0].endpoint) == &vmm.device[0]);
	CHECK(vmm.machine.ops->parent_free(&vmm.machine, vmm.parent) == -EBUSY);
	vmm_unlock(&vmm);
	/* Nobody has looked yet. */
	CHECK(!identity().frozen);
	CHECK(guest_copies_untranslated(&guest, 0));
	expect_no_refusal();
	step("the first device brings the host, and keeps its container's parent [S6]");
}

static void guest_sees_what_there_is(void)
{
	const struct vsmmu_identity before = identity();
	struct vsmmu_identity now;

	/* Firmware could have numbered the buses by now, and has not. */
	guest_boot(&guest, &vmm);
	now = identity();
	CHECK(now.frozen && !memcmp(now.idr, before.idr, sizeof(now.idr)));
	CHECK(!memcmp(now.idr, guest.idr, sizeof(now.idr)));
	CHECK(vsid_of(0) == VSMMU_NO_VSID);
	/* It is on, and does not know the device. */
	CHECK(last_purpose(0) == VSMMU_ATTACH_ABORT);
	CHECK(!guest_copies(&guest, 0) && !guest_copies_untranslated(&guest, 0));
	expect_no_refusal();
	step("the guest is told what the device's SMMU has; a device without a bus aborts [S1 S4]");
}

static void bus_gets_a_number(void)
{
	struct vsmmu_event event;

	guest_number(&guest, 0, 1);
	/* Nothing has told the SMMU. */
	CHECK(vsid_of(0) == VSMMU_NO_VSID);
	guest_invalidate(&guest, 1);
	CHECK(vsid_of(0) == 0x100);
	CHECK(last_purpose(0) == VSMMU_ATTACH_STAGE1);
	CHECK(guest_copies(&guest, 0));
	guest_fault(&guest, 0, 0);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x100, 0));
	CHECK(!guest_has_event(&guest));
	expect_balance();
	expect_no_refusal();
	step("the bus gets a number: the device gets its StreamID, its STE, its events [S4 E8]");
}

static void interrupts_come_late(void)
{
	struct vsmmu_event event;

	/* The guest has polled in between: there is nothing to tell it. */
	vmm_hold(&vmm);
	guest_fault(&guest, 0, 1);
	event = guest_take_event(&guest);
	CHECK(guest_is_fault(&event, 0x100, 1));
	vmm_let_go(&vmm);
	CHECK(vmm_take_line(&vmm, VSMMU_IRQ_EVENTQ) == 0);
	/* It has masked the interrupt, and nothing is made up for when it unmasks it. */
	vmm_hold(&vmm);
	guest_fault(&guest, 0, 2);
	vmm_wait(&vmm, guest_event_is_there, &guest);
	guest_want_irqs(&guest, false, true);
	vmm_let_go(&vmm);
	CHECK(vmm_take_line(&vmm, VSMMU_IRQ_EVENTQ) == 0);
	guest_want_irqs(&guest, true, true);
	event = guest_take_event(&guest);
	CHECK(guest_is_fault(&event, 0x100, 2));
	CHECK(vmm_take_line(&vmm, VSMMU_IRQ_EVENTQ) == 0);
	/* There still is an event. */
	vmm_hold(&vmm);
	guest_fault(&guest, 0, 3);
	guest_fault(&guest, 0, 4);
	event = guest_take_event(&guest);
	CHECK(guest_is_fault(&event, 0x100, 3));
	vmm_wait(&vmm, guest_event_is_there, &guest);
	vmm_let_go(&vmm);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x100, 4));
	step("interrupts that come late are those that the guest wants by then [E8 P16 P22]");
}

static void syncs_come_in_two_ways(void)
{
	vmm_hold(&vmm);
	/* Memory tells at once, whatever the main loop does. */
	guest_sync(&guest);
	guest_sync_irq(&guest);
	CHECK(vmm_take_line(&vmm, VSMMU_IRQ_CMD_SYNC) == 0);
	vmm_let_go(&vmm);
	guest_wait_irq(&guest, VSMMU_IRQ_CMD_SYNC);
	step("a CMD_SYNC's interrupt comes late, its MSI never [S2 S5]");
}

static void second_device_comes(void)
{
	struct vsmmu_event event;

	CHECK(vmm_plug(&vmm, 1) == 0);
	CHECK(!guest_copies(&guest, 1));
	guest_number(&guest, 1, 2);
	guest_invalidate(&guest, 2);
	CHECK(vsid_of(1) == 0x200 && vsid_of(0) == 0x100);
	CHECK(guest_copies(&guest, 1) && guest_copies(&guest, 0));
	guest_fault(&guest, 1, 5);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x200, 5));
	expect_no_refusal();
	step("a second device comes while the guest runs [S6]");
}

static void buses_are_renumbered(void)
{
	struct vsmmu_event event;

	/* Both at once, so that each gets what the other had. */
	guest_number(&guest, 0, 2);
	guest_number(&guest, 1, 1);
	guest_invalidate_all(&guest);
	CHECK(vsid_of(0) == 0x200 && vsid_of(1) == 0x100);
	guest_fault(&guest, 0, 6);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x200, 6));
	guest_fault(&guest, 1, 7);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x100, 7));
	CHECK(guest_copies(&guest, 0) && guest_copies(&guest, 1));
	/* To a number that nobody had. */
	guest_number(&guest, 1, 3);
	guest_forget(&guest, 1);
	guest_invalidate_all(&guest);
	CHECK(vsid_of(0) == 0x200 && vsid_of(1) == 0x300);
	CHECK(guest_copies(&guest, 1));
	guest_fault(&guest, 1, 8);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x300, 8));
	expect_balance();
	expect_no_refusal();
	step("buses are renumbered while devices work [S6]");
}

static void emulated_device_faults(void)
{
	const struct vsmmu_stats before = vmm_stats(&vmm);
	struct vsmmu_stats after;
	struct vsmmu_event event;

	CHECK(vmm_emulated_fault(&vmm, 0x18, GUEST_HOLE, false) == 0);
	event = guest_handle_event(&guest);
	CHECK(event.id == VSMMU_EVENT_F_TRANSLATION && event.sid == 0x18 &&
		event.input_addr == GUEST_HOLE && event.rnw);
	CHECK(vmm_emulated_fault(&vmm, 0x18, GUEST_HOLE, true) == -EINVAL);
	CHECK(vmm.refusals == 1 && strstr(vmm.refusal, "stalled"));
	vmm.refusals = 0;
	CHECK(!guest_has_event(&guest));
	after = vmm_stats(&vmm);
	CHECK(after.vmm_events == before.vmm_events + 1);
	CHECK(after.delivered == before.delivered && after.sequenced == before.sequenced);
	step("a device that the VMM emulates has its events in the same queue");
}

/* It points its event queue at the SMMU itself: the VMM's memory ops come back to the library. */
static void guest_tries_a_circle(void)
{
	struct vsmmu_event event;

	guest_move_eventq(&guest, VMM_SMMU + VSMMU_REG_EVENTQ_BASE);
	guest_fault(&guest, 0, 9);
	guest_wait_irq(&guest, VSMMU_IRQ_GERROR);
	CHECK(vmm_read(&vmm, VSMMU_REG_GERROR, 4) == 1 << 2); /* EVENTQ_ABT_ERR */
	vmm_write(&vmm, VSMMU_REG_GERRORN, 4, 1 << 2);
	guest_move_eventq(&guest, GUEST_EVENTQ);
	guest_fault(&guest, 0, 10);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x200, 10));
	CHECK(vmm_stats(&vmm).discarded_by[VSMMU_DISCARD_ABORT] == 1);
	step("an event queue in the SMMU's own registers is an abort, and nothing hangs [P6]");
}

static void device_is_put_back(void)
{
	CHECK(vmm_unplug(&vmm, 1) == 0);
	CHECK(last_purpose(1) == VSMMU_ATTACH_PUT_BACK);
	CHECK(vmm.device[1].attached_to == vmm.parent);
	/* It is its container's again, and reaches what that maps. */
	CHECK(guest_copies_untranslated(&guest, 1));
	vmm_remove(&vmm, 1);
	CHECK(vmm.parent != 0);
	CHECK(guest_copies(&guest, 0));
	CHECK(vmm_plug(&vmm, 1) == 0);
	guest_number(&guest, 1, 1);
	guest_invalidate(&guest, 1);
	CHECK(vsid_of(1) == 0x100);
	CHECK(guest_copies(&guest, 1));
	expect_no_refusal();
	step("a device that is unplugged is put back, and can come again [S6]");
}

static void machine_is_reset(void)
{
	struct vsmmu_event event;

	/* An interrupt that was noticed before comes too late. */
	vmm_hold(&vmm);
	guest_fault(&guest, 0, 11);
	vmm_wait(&vmm, guest_event_is_there, &guest);
	guest_sync_irq(&guest);
	vmm_reset(&vmm);
	vmm_let_go(&vmm);
	for (unsigned int irq = 0; irq < VMM_LINES; irq++)
		CHECK(vmm_take_line(&vmm, (enum vsmmu_irq)irq) == 0);
	CHECK(vsid_of(0) == VSMMU_NO_VSID && vsid_of(1) == VSMMU_NO_VSID);
	CHECK(identity().frozen);
	CHECK(guest_copies_untranslated(&guest, 0) && guest_copies_untranslated(&guest, 1));
	/* Firmware numbers the buses first, this time. */
	guest_boot_numbered(&guest, &vmm, 1, 2);
	CHECK(vsid_of(0) == 0x100 && vsid_of(1) == 0x200);
	CHECK(guest_copies(&guest, 0) && guest_copies(&guest, 1));
	CHECK(!guest_has_event(&guest));
	guest_fault(&guest, 1, 12);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x200, 12));
	expect_balance();
	expect_no_refusal();
	step("the machine is reset: no number, no event and no interrupt of before comes after "
	     "[E10]");
}

static void ends(const char *name)
{
	vmm_close(&vmm);
	step(name);
}

/* The guest has looked before the first device came: what it was told is the VMM's choice. */
static void device_comes_after_the_look(const struct machine_ops *ops)
{
	const struct vsmmu_config promise = {
		.granules = VSMMU_GRANULE_4K,
		.asid_bits = 8,
		.no_ril = true,
		.oas_bits = VSMMU_AUTO,
	};
	struct vsmmu_event event;

	vmm_open(&vmm, ops, &promise);
	guest_boot(&guest, &vmm);
	CHECK(identity().frozen);
	CHECK(!(guest.idr[0] & 1 << 12) && (guest.idr[5] >> 4 & 7) == 1);
	CHECK(!(guest.idr[3] & 1 << 10));
	CHECK(vmm_plug(&vmm, 0) == 0);
	CHECK(!guest_copies(&guest, 0) && !guest_copies_untranslated(&guest, 0));
	guest_number(&guest, 0, 1);
	guest_invalidate(&guest, 1);
	CHECK(guest_copies(&guest, 0));
	guest_fault(&guest, 0, 0);
	event = guest_handle_event(&guest);
	CHECK(guest_is_fault(&event, 0x100, 0));
	expect_balance();
	expect_no_refusal();
	vmm_close(&vmm);
	step("a guest that looked before the first device came was promised little [S1]");
}

/* It was promised 16-bit ASIDs, which the first device's SMMU does not have. */
static void device_has_less(void)
{
	const struct vsmmu_config promise = {.asid_bits = 16};

	machine_sim_no_wide_asids(true);
	vmm_open(&vmm, &machine_sim, &promise);
	guest_boot(&guest, &vmm);
	CHECK(guest.idr[0] & 1 << 12);
	CHECK(vmm_plug(&vmm, 0) == -ENODEV);
	CHECK(vmm.refusals == 1 && strstr(vmm.refusal, "ASID"));
	vmm_close(&vmm);
	machine_sim_no_wide_asids(false);
	step("a device whose SMMU has less than was promised is refused, once, with the reason "
	     "[S1]");
}

int main(int argc, char **argv)
{
	const struct machine_ops *ops = argc > 1 ? &machine_kernel : &machine_sim;

	if (argc != 1 && argc != 1 + MACHINE_DEVICES) {
		fprintf(stderr, "usage: %s [PCI-ADDRESS PCI-ADDRESS]\n", argv[0]);
		return 2;
	}
	machine_kernel_devices(argv + 1);
	printf("# on the %s\n", ops->name);
	guest.vmm = &vmm;
	starts_without_a_host(ops);
	first_device_brings_the_host();
	guest_sees_what_there_is();
	bus_gets_a_number();
	interrupts_come_late();
	syncs_come_in_two_ways();
	second_device_comes();
	buses_are_renumbered();
	emulated_device_faults();
	guest_tries_a_circle();
	device_is_put_back();
	machine_is_reset();
	ends("it ends, and leaves nothing of its own on the container's parent [E11]");
	device_comes_after_the_look(ops);
	if (ops == &machine_sim)
		device_has_less();
	return steps_end();
}
