/* SPDX-License-Identifier: BSD-2-Clause */
/* The producer: what the endpoints' transactions do wrong. */
#include "demo/machine.h"

#include <errno.h>

#define SSID_BITS 20

/* All that the host's kernel hands to a vEVENTQ; the first, the usual one, more often. */
static const uint8_t kinds[] = {
	VSMMU_EVENT_F_TRANSLATION,
	VSMMU_EVENT_F_TRANSLATION,
	VSMMU_EVENT_F_TRANSLATION,
	VSMMU_EVENT_F_PERMISSION,
	VSMMU_EVENT_F_PERMISSION,
	VSMMU_EVENT_F_ACCESS,
	VSMMU_EVENT_F_ADDR_SIZE,
	VSMMU_EVENT_C_BAD_CD,
	VSMMU_EVENT_C_BAD_STE,
	VSMMU_EVENT_C_BAD_SUBSTREAMID,
	VSMMU_EVENT_F_STREAM_DISABLED,
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void make_event(struct prng *prng, struct vsmmu_event *event)
{
	uint64_t random = prng_next(prng);

	*event = (struct vsmmu_event){.size = sizeof(*event), .id = kinds[prng_below(prng, KINDS)]};
	/* Now and then what the kernel keeps for its own log. */
	if (prng_one_in(prng, 2048))
		event->id = VSMMU_EVENT_F_WALK_EABT;
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_INPUT_ADDR)) {
		event->input_addr = random & UINT64_C(0xfffffffffff8);
		event->rnw = random >> 63;
		event->pnu = random >> 62 & 1;
		event->class_ = VSMMU_EVENT_CLASS_IN;
	}
	/* UNKNOWN without S2, so the hardware leaves anything there. */
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_IPA))
		event->ipa = random & UINT64_C(0xfffffffff000);
	/* Some use a SubstreamID, and a few of these one that the guest's SMMU lacks. */
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SSV) && prng_one_in(prng, 16)) {
		event->ssv = true;
		event->ssid = prng_below(prng, prng_one_in(prng, 64) ? 1 << SSID_BITS : 256);
	}
}

/* The simulated kernel's own count: whether it keeps an event it tells nobody. */
static uint64_t count_dropped(struct machine *machine)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	if (machine->recorder.event)
		vsmmu_sim_get_stats(machine->host, &stats);
	return stats.dropped;
}

static void count_produced(
	struct machine *machine, struct machine_endpoint *endpoint, uint64_t count)
{
	endpoint->faults += count;
	machine->produced += count;
	machine->smmus[endpoint->smmu].numbered += count;
}

bool machine_fault_with(struct machine *machine, struct machine_endpoint *endpoint,
	const struct vsmmu_event_record *record)
{
	uint64_t dropped = count_dropped(machine);
	int ret = vsmmu_sim_fault(machine->host, endpoint->dev_id, record);

	if (ret == -EOPNOTSUPP) {
		endpoint->host_log++;
		return false;
	}
	machine_check(machine, ret, "vsmmu_sim_fault");
	if (ret)
		return false;
	count_produced(machine, endpoint, 1);
	if (machine->recorder.event)
		machine->recorder.event(machine->recorder.opaque, endpoint,
			machine_sequence(machine, &machine->smmus[endpoint->smmu]), record,
			count_dropped(machine) == dropped);
	return true;
}

void machine_drop(struct machine *machine, struct machine_endpoint *endpoint, uint32_t count)
{
	int ret = vsmmu_sim_drop(machine->host, endpoint->dev_id, count);

	machine_check(machine, ret, "vsmmu_sim_drop");
	if (!ret)
		count_produced(machine, endpoint, count);
}

static void fault_once(struct machine *machine, struct machine_endpoint *endpoint)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event;
	int ret;

	make_event(&machine->prng, &event);
	event.sid = endpoint->vsid;
	ret = vsmmu_event_encode(&event, &record);
	machine_check(machine, ret, "vsmmu_event_encode");
	if (!ret)
		machine_fault_with(machine, endpoint, &record);
}

void machine_fault(struct machine *machine, struct machine_endpoint *endpoint, uint32_t count)
{
	for (; count && machine->produced < machine->produced_max; count--)
		fault_once(machine, endpoint);
}

void machine_reboot(struct machine *machine, struct machine_endpoint *endpoint, uint32_t in_flight)
{
	guest_driver_disable(&machine->guest);
	machine_fault(machine, endpoint, in_flight);
	machine_check(machine, vsmmu_reset(machine->vsmmu), "vsmmu_reset");
	for (uint32_t i = 0; i < machine->endpoint_count; i++)
		if (machine->endpoints[i].handle)
			machine_install_ste(machine, &machine->endpoints[i]);
}
