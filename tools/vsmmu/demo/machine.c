/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/machine.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#define VEVENTQ_DEPTH  2048
#define DISPATCH_BATCH 256
#define TURNS	       4
#define TURN_NS	       UINT64_C(50000)

/* Turns in which nothing moved, after which nothing ever will. */
#define STUCK_TURNS 1000

void machine_check(struct machine *machine, int ret, const char *call)
{
	if (ret >= 0 || machine->error)
		return;
	machine->error = ret;
	machine->error_call = call;
}

static int guest_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct machine *machine = opaque;

	return guest_memory_write(&machine->memory, address, bytes, length);
}

static void guest_irq(void *opaque, enum vsmmu_irq irq)
{
	struct machine *machine = opaque;

	machine->irqs[irq]++;
	guest_driver_interrupt(&machine->guest, irq);
}

static void forward_report(void *opaque, const struct vsmmu_report *report)
{
	struct machine *machine = opaque;

	if (machine->report)
		machine->report(machine->report_opaque, report);
}

static uint64_t simulated_clock(void *opaque)
{
	return ((struct machine *)opaque)->now;
}

/* Counts what no guest may get: a record of a stream that it does not know, or with an IPA. */
static void guest_record(void *opaque, const struct vsmmu_event_record *record)
{
	struct machine *machine = opaque;
	uint32_t vsid = (uint32_t)(record->word[0] >> 32);
	bool known = vsid >= machine->vsid_least && vsid <= machine->vsid_most;

	/* Word 3 would be an IPA, which the hardware leaves UNKNOWN: not for a guest. */
	machine->bad_records += !known || record->word[3];
}

static int make_vsmmu(struct machine *machine, uint32_t ssid_bits)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = guest_write,
		.irq_pulse = guest_irq,
		.report = forward_report,
		.clock = simulated_clock,
	};
	const struct vsmmu_sim_config sim = {
		.size = sizeof(sim),
		.first_sequence = machine->first_sequence,
	};
	struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.opaque = machine,
		.event_path_only = true,
		.ssid_bits = ssid_bits,
		.veventq_depth = VEVENTQ_DEPTH,
		.report_burst = 2, /* a person reads them all */
	};
	int ret;

	ret = vsmmu_sim_new(&machine->host, &sim);
	if (ret)
		return ret;
	config.host = machine->host;
	return vsmmu_new(&machine->vsmmu, &config);
}

int machine_init(struct machine *machine, const struct machine_config *config)
{
	int ret;

	memset(machine, 0, sizeof(*machine));
	machine->prng.state = config->seed;
	machine->produced_max = config->produced_max;
	machine->first_sequence = config->first_sequence;
	machine->vsid_least = UINT32_MAX;
	ret = guest_memory_init(&machine->memory, MACHINE_RAM_BASE, MACHINE_RAM_SIZE);
	if (!ret)
		ret = make_vsmmu(machine, config->ssid_bits);
	if (ret) {
		machine_destroy(machine);
		return ret;
	}
	machine->guest = (struct guest_driver){
		.vsmmu = machine->vsmmu,
		.memory = &machine->memory,
		.record = guest_record,
		.opaque = machine,
	};
	return 0;
}

struct machine_endpoint *machine_add(struct machine *machine, uint32_t vsid, uint32_t smmu)
{
	struct machine_endpoint *endpoint = &machine->endpoints[machine->endpoint_count];
	int ret = -ENOSPC;

	if (machine->endpoint_count < MACHINE_ENDPOINTS_MAX && smmu < MACHINE_SMMUS_MAX)
		ret = vsmmu_sim_endpoint_new(machine->host, smmu, &endpoint->dev_id);
	machine_check(machine, ret, "vsmmu_sim_endpoint_new");
	if (ret)
		return NULL;
	machine->endpoint_count++;
	endpoint->vsid = vsid;
	endpoint->smmu = smmu;
	if (vsid < machine->vsid_least)
		machine->vsid_least = vsid;
	if (vsid > machine->vsid_most)
		machine->vsid_most = vsid;
	return endpoint;
}

void machine_move(struct machine *machine, struct machine_endpoint *endpoint, uint32_t smmu)
{
	int ret = -ENOSPC;

	if (smmu < MACHINE_SMMUS_MAX)
		ret = vsmmu_sim_endpoint_new(machine->host, smmu, &endpoint->dev_id);
	machine_check(machine, ret, "vsmmu_sim_endpoint_new");
	if (!ret)
		endpoint->smmu = smmu;
}

uint64_t machine_destroy(struct machine *machine)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	vsmmu_free(machine->vsmmu);
	if (machine->host)
		vsmmu_sim_get_stats(machine->host, &sim);
	vsmmu_host_unref(machine->host);
	guest_memory_destroy(&machine->memory);
	return sim.objects;
}

void machine_install_ste(struct machine *machine, struct machine_endpoint *endpoint)
{
	/* V = 1, Config = stage 1, S1ContextPtr; see IHI 0070 5.2 */
	const uint64_t ste[2] = {1 | 5 << 1 | MACHINE_RAM_BASE, 0};

	machine_check(
		machine, vsmmu_endpoint_set_ste(endpoint->handle, ste), "vsmmu_endpoint_set_ste");
}

void machine_plug(struct machine *machine, struct machine_endpoint *endpoint)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = endpoint->vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = -1,
	};
	int ret = -EAGAIN;

	/* Events of its last life may be stuck behind a full queue: the guest makes room. */
	for (int turn = 0; ret == -EAGAIN && turn < STUCK_TURNS; turn++) {
		ret = vsmmu_endpoint_attach(machine->vsmmu, &config, &endpoint->handle);
		if (ret == -EAGAIN)
			machine_run(machine, DISPATCH_BATCH);
	}
	machine_check(machine, ret, "vsmmu_endpoint_attach");
	if (ret)
		return;
	machine->smmus[endpoint->smmu].endpoints++;
	machine_install_ste(machine, endpoint);
	if (machine->recorder.endpoint)
		machine->recorder.endpoint(machine->recorder.opaque, endpoint);
}

void machine_unplug(struct machine *machine, struct machine_endpoint *endpoint)
{
	struct machine_smmu *smmu = &machine->smmus[endpoint->smmu];
	int ret;

	/* The stream's counters go with it. */
	machine_sample(machine);
	endpoint->delivered_before = endpoint->delivered;
	endpoint->discarded_before = endpoint->discarded;
	ret = vsmmu_endpoint_detach(endpoint->handle);
	machine_check(machine, ret, "vsmmu_endpoint_detach");
	endpoint->handle = NULL;
	machine->unplugged = endpoint;
	/* The last one takes the vEVENTQ with it: the next one counts from the start. */
	if (--smmu->endpoints)
		return;
	smmu->numbered = 0;
	smmu->queues++;
}

static bool is_readable(struct machine *machine)
{
	struct pollfd pollfd = {.fd = vsmmu_get_event_fd(machine->vsmmu), .events = POLLIN};

	return poll(&pollfd, 1, 0) == 1;
}

/* Return: whether anything happened. */
static bool take_turns(struct machine *machine, uint32_t records)
{
	int handled = 0;

	if (is_readable(machine))
		handled = vsmmu_dispatch(machine->vsmmu, DISPATCH_BATCH);
	machine_check(machine, handled, "vsmmu_dispatch");
	machine->now += TURN_NS;
	return guest_driver_run(&machine->guest, records) || handled > 0;
}

void machine_run(struct machine *machine, uint32_t records)
{
	for (int turn = 0; turn < TURNS; turn++)
		take_turns(machine, records);
}

void machine_drain(struct machine *machine)
{
	int stuck = 0;

	while (stuck < STUCK_TURNS && !machine->error) {
		if (take_turns(machine, DISPATCH_BATCH))
			stuck = 0;
		else if (is_readable(machine) || !guest_driver_is_idle(&machine->guest))
			stuck++;
		else
			return;
	}
}

void machine_sample(struct machine *machine)
{
	machine->stats.size = sizeof(machine->stats);
	vsmmu_get_stats(machine->vsmmu, &machine->stats);
	for (uint32_t i = 0; i < machine->endpoint_count; i++) {
		struct machine_endpoint *endpoint = &machine->endpoints[i];
		struct vsmmu_endpoint_stats stream = {.size = sizeof(stream)};

		if (endpoint->handle)
			vsmmu_endpoint_get_stats(endpoint->handle, &stream);
		endpoint->delivered = endpoint->delivered_before + stream.delivered;
		endpoint->discarded = endpoint->discarded_before + stream.discarded;
		if (endpoint == machine->unplugged)
			endpoint->discarded += machine->stats.discarded_by[VSMMU_DISCARD_STALE] +
					       machine->stats.discarded_by[VSMMU_DISCARD_TEARDOWN];
	}
}

uint32_t machine_sequence(const struct machine *machine, const struct machine_smmu *smmu)
{
	return (uint32_t)((machine->first_sequence + smmu->numbered - 1) & INT_MAX);
}

uint32_t machine_queue(const struct machine *machine, const struct machine_endpoint *endpoint)
{
	return machine->smmus[endpoint->smmu].queues * DEMO_SMMUS + endpoint->smmu;
}
