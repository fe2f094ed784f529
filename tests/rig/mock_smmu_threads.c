/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything at once: a driver, other vCPUs, events, hotplug and snapshots. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <vsmmu/snapshot.h>

#include "mock_smmu.h"

#define MOVES	 500
#define PLUGS	 200
#define SAVES	 50
#define EVENTS	 100
#define FAULTS	 200000
#define OTHER_ID 0x3a0

static struct smmu_guest guest;
static struct driver_domain domains[SMMU_MACHINE_ENDPOINTS];
static atomic_uint working; /* threads with a number of moves to do; others go on till then */
static atomic_uint triggered[SMMU_MACHINE_ENDPOINTS];
/* The first -errno that should not have been, and the line that had it. */
static atomic_int failure, failure_line;

static void note_at(int ret, int line)
{
	int none = 0;

	if (ret && atomic_compare_exchange_strong(&failure, &none, ret))
		atomic_store(&failure_line, line);
}

#define note(ret) note_at(ret, __LINE__)

static void *dispatch(void *opaque)
{
	struct pollfd fds[2] = {
		{.fd = vsmmu_get_event_fd(guest.vsmmu), .events = POLLIN},
		{.fd = vsmmu_get_command_fd(guest.vsmmu), .events = POLLIN},
	};

	(void)opaque;
	while (atomic_load(&working)) {
		if (poll(fds, 2, 5) <= 0)
			continue;
		if (fds[0].revents)
			vsmmu_dispatch(guest.vsmmu, 64);
		if (fds[1].revents)
			vsmmu_run_commands(guest.vsmmu, 0);
	}
	return NULL;
}

/*
 * As long as the others work, a few at a time. ENOENT: the second endpoint is there now and
 * then, and SMMUEN is set now and then.
 */
static void *fault(void *opaque)
{
	(void)opaque;
	for (unsigned int i = 0; i < FAULTS && atomic_load(&working) > 1; i++) {
		unsigned int n = i % SMMU_MACHINE_ENDPOINTS;
		int ret = mock_smmu_fault(&guest, n, 1);

		if (ret != -ENOENT)
			note(ret);
		atomic_fetch_add(&triggered[n], !ret);
		if (i % 8 == 7)
			sched_yield();
	}
	atomic_fetch_sub(&working, 1);
	return NULL;
}

/* How many came while the threads ran is a matter of luck: what is missing comes now. */
static void make_events_suffice(void)
{
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[1], &domains[1]), 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++) {
		for (; atomic_load(&triggered[n]) < EVENTS; atomic_fetch_add(&triggered[n], 1)) {
			TAP_EQ(mock_smmu_fault(&guest, n, 1), 0);
			smmu_guest_run(&guest);
		}
	}
}

static int plug(uint32_t vsid)
{
	const struct host_endpoint *host = &guest.machine->endpoint[1];
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = host->dev_id,
		.vfio_fd = -1,
		.attach = host->attach,
		.attach_opaque = host->opaque,
	};
	int ret;

	/* Its last holder's events wait while the guest's queue is full. */
	do
		ret = vsmmu_endpoint_attach(guest.vsmmu, &config, &guest.endpoint[1]);
	while (ret == -EAGAIN);
	return ret;
}

static void *hotplug(void *opaque)
{
	(void)opaque;
	for (unsigned int i = 0; i < PLUGS; i++) {
		int ret = vsmmu_endpoint_set_vsid(
			guest.endpoint[1], i & 1 ? OTHER_ID : guest.vsid[1]);

		if (ret != -EAGAIN)
			note(ret);
		note(vsmmu_endpoint_detach(guest.endpoint[1]));
		note(plug(guest.vsid[1]));
	}
	atomic_fetch_sub(&working, 1);
	return NULL;
}

static void *save(void *opaque)
{
	(void)opaque;
	for (unsigned int i = 0; i < SAVES; i++) {
		void *bytes = NULL;
		size_t length;

		note(vsmmu_save(guest.vsmmu, &bytes, &length));
		vsmmu_snapshot_free(bytes);
	}
	atomic_fetch_sub(&working, 1);
	return NULL;
}

/* Another vCPU: reads everywhere, and writes what changes nothing for the driver. */
static void *look(void *opaque)
{
	uint64_t value;

	(void)opaque;
	while (atomic_load(&working)) {
		for (uint64_t offset = 0; offset < 0xe0; offset += 4)
			note(vsmmu_mmio_read(guest.vsmmu, offset, 4, &value));
		note(vsmmu_mmio_read(guest.vsmmu, MMIO_EVENTQ_PROD, 8, &value));
		note(vsmmu_mmio_write(guest.vsmmu, MMIO_GBPA, 4, MMIO_GBPA_UPDATE));
		note(vsmmu_mmio_write(guest.vsmmu, MMIO_IDR0, 4, 0));
	}
	return NULL;
}

/* The event queue stays enabled, so that nothing delivered is forgotten. */
static int turn_off_and_on(struct driver *driver)
{
	const uint32_t queues = MMIO_CR0_EVENTQEN | MMIO_CR0_CMDQEN;
	int ret = driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK, queues);
	int on = driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK, queues | MMIO_CR0_SMMUEN);

	return ret ? ret : on;
}

/* Nothing ends the test here: other threads are at work. */
static void drive(unsigned int move)
{
	struct driver *driver = &guest.driver;

	switch (move % 7) {
	case 0:
		note(driver_bypass(driver, guest.vsid[1]));
		break;
	case 1:
		note(driver_attach(driver, guest.vsid[1], &domains[1]));
		break;
	case 2:
		note(driver_cfgi_all(driver));
		break;
	case 3:
		note(driver_tlbi_all(driver));
		break;
	case 4:
		note(driver_cfgi_cd_all(driver, guest.vsid[move & 1]));
		break;
	case 5:
		note(turn_off_and_on(driver));
		break;
	default:
		note(driver_sync(driver));
	}
	driver_run(driver);
}

static void all_at_once(void *context)
{
	static void *(*const bodies[])(void *) = {dispatch, look, fault, hotplug, save};
	pthread_t threads[sizeof(bodies) / sizeof(bodies[0])];
	struct vsmmu_stats stats;
	unsigned int moves = 0;

	/* The driver polls for seconds if it must: the machine is slow, and has few CPUs. */
	smmu_guest_open(
		&guest, context, &(struct smmu_guest_options){.driver = {.timeout_ms = 60000}});
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		mock_smmu_attach(&guest, n, &domains[n]);
	atomic_store(&failure, 0);
	for (unsigned int n = 0; n < SMMU_MACHINE_ENDPOINTS; n++)
		atomic_store(&triggered[n], 0);
	atomic_store(&working, 3);
	for (unsigned int i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		TAP_EQ(pthread_create(&threads[i], NULL, bodies[i], NULL), 0);
	for (; moves < MOVES || atomic_load(&working); moves++)
		drive(moves);
	for (unsigned int i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		TAP_EQ(pthread_join(threads[i], NULL), 0);
	smmu_guest_run(&guest);
	tap_note("%u moves of the driver, %u and %u events", moves, atomic_load(&triggered[0]),
		atomic_load(&triggered[1]));
	make_events_suffice();
	TAP_CHECK(!atomic_load(&failure), "%d in line %d", atomic_load(&failure),
		atomic_load(&failure_line));
	/* Every event that the kernel numbered, none twice. */
	stats = mock_smmu_expect_accounted(
		&guest, atomic_load(&triggered[0]) + atomic_load(&triggered[1]));
	TAP_EQ(stats.delivered, guest.records);
	TAP_EQ(stats.pending, 0);
	TAP_EQ(stats.blocked, 0);
	TAP_EQ(stats.command_errors, 0);
	TAP_EQ(stats.invalidation_failures, 0);
	TAP_EQ(stats.commands, guest.driver.stats.commands);
	TAP_EQ(guest.driver.stats.timeouts, 0);
	/* And everything still works. */
	smmu_guest_forget(&guest);
	mock_smmu_expect_event(&guest, 0);
	TAP_EQ(driver_attach(&guest.driver, guest.vsid[1], &domains[1]), 0);
	mock_smmu_expect_event(&guest, 1);
	smmu_guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"all_at_once", "S9", all_at_once},
};
const struct mock_smmu_part mock_smmu_threads = {tests, sizeof(tests) / sizeof(tests[0])};
