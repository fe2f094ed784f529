/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a guest waits for its CMD_SYNCs while endpoints come and go. Making and destroying a
 * nesting parent takes the time of the guest's memory, and the kernel lets a first ATTACH and a
 * DETACH on the same IOAS wait for it (iova_rwsem). A vCPU must not: it waits in a register
 * write with interrupts off, and Linux gives a CMD_SYNC up after 1 s.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "conformance/suite_smmu.h"
#include "large_memory.h"
#include "smmu_machine_real.h"
#include "vcpus.h"

#define LIMIT 50.0  /* ms that a CMD_SYNC may take */
#define LONG  100.0 /* ms that what it must not wait for takes at least */

/* An emulated CPU may stand still for that long, too, but not each time. */
#define ATTEMPTS 5

#define LONG_ENOUGH (UINT64_C(250) * 1000000) /* ns, of an undisturbed HWPT_ALLOC */

#define WITHIN	    10 /* CMD_SYNCs that are measured meanwhile at least */
#define ALLOCS	    4
#define TURNS_LEAST 4
#define TURNS_MOST  40
#define SYNCS	    20 /* before and after */

static struct smmu_guest guest;
static struct smmu_guest_space spaces[SMMU_MACHINE_ENDPOINTS];
static struct vcpus vcpus;

static void open_guest(struct smmu_machine *machine)
{
	const struct smmu_guest_options options = {.detached = true};

	smmu_guest_open(&guest, machine, &options);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		guest.vsid[n] = SMMU_GUEST_VSID(n);
		smmu_guest_make_space(&guest, &spaces[n], NULL);
		TAP_EQ(driver_attach(&guest.driver, guest.vsid[n], &spaces[n].domain), 0);
	}
}

/*
 * With a guest of its own. Return: whether all CMD_SYNCs were short, and what they must not wait
 * for was long, with CMD_SYNCs in it.
 */
typedef bool attempt_fn(struct smmu_machine *machine);

static void try_often(struct smmu_machine *machine, attempt_fn *attempt)
{
	struct real_machine *real = smmu_machine_real_of(machine);
	struct span span;

	TAP_EQ(large_memory_map(real, LONG_ENOUGH), 0);
	TAP_EQ(large_memory_pin(real, &span), 0);
	tap_note("an undisturbed HWPT_ALLOC takes %.0f ms", span_ms(&span));
	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		bool good;

		open_guest(machine);
		good = attempt(machine);
		smmu_guest_close(&guest);
		if (good)
			return;
	}
	TAP_CHECK(false, "none of %u attempts had CMD_SYNCs of at most %.0f ms only", ATTEMPTS,
		LIMIT);
}

/* Unlike smmu_guest_attach() this checks nothing, as other threads run. */
static int attach(unsigned int n, struct span *span)
{
	const struct host_endpoint *endpoint = &guest.machine->endpoint[n];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = guest.vsid[n],
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->vfio_fd,
	};
	int ret;

	span->begin = span_now();
	ret = vsmmu_endpoint_attach(guest.vsmmu, &config, &guest.endpoint[n]);
	span->end = span_now();
	return ret;
}

static int detach(unsigned int n, struct span *span)
{
	int ret;

	span->begin = span_now();
	ret = vsmmu_endpoint_detach(guest.endpoint[n]);
	span->end = span_now();
	guest.endpoint[n] = NULL;
	return ret;
}

/* Without host calls a CMD_SYNC would have nothing to wait for. */
static void expect_invalidations(unsigned int least)
{
	const struct vsmmu_stats stats = smmu_guest_stats(&guest);

	tap_note("%llu host calls that invalidate", (unsigned long long)stats.invalidation_calls);
	TAP_CHECK(stats.invalidation_calls >= least, "the host was hardly called");
}

static bool syncs_were_short(void)
{
	const struct vcpus_result result = vcpus_result(&vcpus);

	tap_note("%u CMD_SYNCs of %u vCPUs: median %.2f ms, longest %.1f ms", result.syncs, VCPUS,
		result.median, result.longest);
	TAP_EQ(MMIO_CMDQ_ERR(driver_read32(&guest.driver, MMIO_CMDQ_CONS)), 0);
	return result.longest <= LIMIT;
}

static bool is_long_with_syncs(const struct span *span, const char *what)
{
	const unsigned int within = vcpus_within(&vcpus, span);

	tap_note("%s took %.0f ms, with %u CMD_SYNCs in it", what, span_ms(span), within);
	return span_ms(span) >= LONG && within >= WITHIN;
}

/* Another vSMMU on this IOAS or the VMM makes the parent. */
static bool make_parents(struct smmu_machine *machine)
{
	struct span alloc[ALLOCS], first;
	bool good;
	int ret = 0;

	TAP_EQ(attach(0, &first), 0);
	smmu_guest_expect_space(&guest, 0, &spaces[0]);
	vcpus_start(&vcpus, &guest);
	vcpus_wait(&vcpus, SYNCS);
	for (unsigned int i = 0; !ret && i < ALLOCS; i++)
		ret = large_memory_pin(smmu_machine_real_of(machine), &alloc[i]);
	vcpus_wait(&vcpus, SYNCS);
	vcpus_stop(&vcpus);
	TAP_EQ(ret, 0);
	expect_invalidations(100);
	good = syncs_were_short();
	for (unsigned int i = 0; i < ALLOCS; i++)
		good &= is_long_with_syncs(&alloc[i], "HWPT_ALLOC of another parent");
	smmu_guest_expect_space(&guest, 0, &spaces[0]);
	return good;
}

/* It makes and destroys parents without a pause, so that whoever needs the IOAS waits. */
struct pinner {
	struct real_machine *real;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint rounds;
	int ret;
	struct span longest;
};

static void *run_pinner(void *opaque)
{
	struct pinner *pinner = opaque;
	struct span span;

	while (!pinner->ret && !atomic_load(&pinner->stop)) {
		pinner->ret = large_memory_pin(pinner->real, &span);
		if (span_ms(&span) > span_ms(&pinner->longest))
			pinner->longest = span;
		atomic_fetch_add(&pinner->rounds, 1);
	}
	return NULL;
}

struct hotplug {
	unsigned int turns;
	struct span attach, detach; /* the longest */
	int ret;
};

static void keep_longest(struct span *longest, const struct span *span)
{
	if (span_ms(span) > span_ms(longest))
		*longest = *span;
}

/* This goes on until both were seen to wait. */
static void plug(struct hotplug *hotplug)
{
	while (!hotplug->ret && hotplug->turns < TURNS_MOST &&
		(hotplug->turns < TURNS_LEAST || span_ms(&hotplug->attach) < LONG ||
			span_ms(&hotplug->detach) < LONG)) {
		struct span span;

		hotplug->ret = attach(1, &span);
		if (hotplug->ret)
			return;
		keep_longest(&hotplug->attach, &span);
		hotplug->ret = detach(1, &span);
		keep_longest(&hotplug->detach, &span);
		hotplug->turns++;
	}
}

static bool plug_and_unplug(struct smmu_machine *machine)
{
	struct pinner pinner = {.real = smmu_machine_real_of(machine)};
	struct hotplug hotplug = {0};
	struct span first;
	bool good;

	TAP_EQ(attach(0, &first), 0);
	smmu_guest_expect_space(&guest, 0, &spaces[0]);
	atomic_init(&pinner.stop, false);
	atomic_init(&pinner.rounds, 0);
	TAP_EQ(pthread_create(&pinner.thread, NULL, run_pinner, &pinner), 0);
	vcpus_start(&vcpus, &guest);
	vcpus_wait(&vcpus, SYNCS);
	plug(&hotplug);
	vcpus_wait(&vcpus, SYNCS);
	vcpus_stop(&vcpus);
	atomic_store(&pinner.stop, true);
	pthread_join(pinner.thread, NULL);
	TAP_EQ(hotplug.ret, 0);
	TAP_EQ(pinner.ret, 0);
	tap_note("%u times attached and detached beside %u parents made and destroyed",
		hotplug.turns, atomic_load(&pinner.rounds));
	expect_invalidations(20);
	good = syncs_were_short();
	good &= is_long_with_syncs(&pinner.longest, "the longest HWPT_ALLOC");
	good &= is_long_with_syncs(&hotplug.attach, "the longest attach");
	good &= is_long_with_syncs(&hotplug.detach, "the longest detach");
	smmu_guest_expect_space(&guest, 0, &spaces[0]);
	return good;
}

/* The first one has the library make a parent, which pins all memory. */
static bool plug_the_first(struct smmu_machine *machine)
{
	struct span span;
	bool good;
	int ret;

	(void)machine;
	vcpus_start(&vcpus, &guest);
	vcpus_wait(&vcpus, SYNCS);
	ret = attach(0, &span);
	vcpus_wait(&vcpus, SYNCS);
	vcpus_stop(&vcpus);
	TAP_EQ(ret, 0);
	good = syncs_were_short();
	good &= is_long_with_syncs(&span, "the attach of the first endpoint");
	smmu_guest_expect_space(&guest, 0, &spaces[0]);
	return good;
}

static void syncs_do_not_wait_for_a_parent(void *context)
{
	try_often(context, make_parents);
}

static void syncs_do_not_wait_for_a_hotplug(void *context)
{
	try_often(context, plug_and_unplug);
}

static void syncs_do_not_wait_for_the_first_endpoint(void *context)
{
	try_often(context, plug_the_first);
}

static const struct tap_test tests[] = {
	{"syncs_do_not_wait_for_a_parent", "S6 S9 D1", syncs_do_not_wait_for_a_parent},
	{"syncs_do_not_wait_for_a_hotplug", "S6 S9 D1", syncs_do_not_wait_for_a_hotplug},
	{"syncs_do_not_wait_for_the_first_endpoint", "S6 S9 D1",
		syncs_do_not_wait_for_the_first_endpoint},
};

int main(void)
{
	struct smmu_machine machine = {.ops = &smmu_machine_real};

	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &suite_smmu_fixture, &machine);
}
