/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands from two vCPUs while others kick for nothing, switch the queue off and on, and
 * correct what was illegal; somebody sleeps on the command fd. No command is lost, none is
 * done twice, and none waits while nobody has been told of it.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "arch/queue.h"
#include "lib/cmdq_guest.h"
#include "smmu/commands/cmdq.h"

#define WRITERS	 2
#define COMMANDS 20000 /* of each writer */
#define SWITCHES 3000  /* at most: each makes HWPTs, of which the interposer has so many */
#define PATIENCE 60000 /* milliseconds */
#define ROUNDS	 20000 /* of a race that takes less than a microsecond */

static struct cmdq_guest *guest;
static pthread_mutex_t guest_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint writing;
static atomic_bool over;
static atomic_uint corrected, rejected;

static uint32_t read_register(uint64_t offset)
{
	uint64_t value = 0;

	if (vsmmu_mmio_read(guest->vsmmu, offset, 4, &value))
		atomic_fetch_add(&rejected, 1);
	return (uint32_t)value;
}

static void write_register(uint64_t offset, uint32_t value)
{
	if (vsmmu_mmio_write(guest->vsmmu, offset, 4, value))
		atomic_fetch_add(&rejected, 1);
}

static uint32_t room(void)
{
	uint32_t cons = read_register(SMMU_CMDQ_CONS) & SMMU_QUEUE_INDEX;

	return queue_free(guest->prod, cons, guest->log2);
}

/* In words, as the SMMU reads an STE while the guest writes another one over it. */
static int read_words(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const uint64_t *from = test_vmm_at(opaque, address, length);
	uint64_t *to = bytes;

	for (size_t i = 0; i < length / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	return 0;
}

/* Now and then a stream's STE changes: a register write goes no further than its CFGI_STE. */
static void change_ste(unsigned int stream, unsigned int n)
{
	const uint64_t address = CMDQ_GUEST_STRTAB + 64 * CMDQ_GUEST_SID(stream);
	const uint64_t s1 = UINT64_C(5) << 1 | CMDQ_GUEST_CD;
	uint64_t *ste = test_vmm_at(guest->vmm, address, sizeof(*ste));

	__atomic_store_n(ste, 1 | (n / 1000 % 2 ? s1 : 0), __ATOMIC_RELAXED);
	cmdq_guest_push(guest, C_CFGI_STE(CMDQ_GUEST_SID(stream)), 1);
}

/* As Linux does: several commands, then a SYNC, under the guest's lock. */
static void *writer(void *opaque)
{
	unsigned int seed = (unsigned int)(uintptr_t)opaque;

	for (unsigned int n = 0; n < COMMANDS;) {
		unsigned int burst = 1 + (n * 7 + seed) % 90;

		pthread_mutex_lock(&guest_lock);
		for (unsigned int i = 0; i < burst && n < COMMANDS && room() > 0; i++, n++) {
			if (n % 1000 == 3)
				change_ste(seed > 0, n);
			else if (n % 500 == 17)
				cmdq_guest_push(guest, C_ILLEGAL, 0);
			else if (n % 16 == 15)
				cmdq_guest_push(guest, C_SYNC_IRQ, 0);
			else
				cmdq_guest_push(guest, C_TLBI_ASID(n & 0xff), 0);
		}
		write_register(SMMU_CMDQ_PROD, guest->prod);
		pthread_mutex_unlock(&guest_lock);
		sched_yield();
	}
	atomic_fetch_sub(&writing, 1);
	return NULL;
}

/* What Linux' handler of global errors does. */
static void *corrector(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		uint32_t gerror = read_register(SMMU_GERROR);

		if (gerror == read_register(SMMU_GERRORN)) {
			sched_yield();
			continue;
		}
		cmdq_guest_put(guest, queue_index(read_register(SMMU_CMDQ_CONS), guest->log2),
			C_SYNC_SEV, 0);
		atomic_fetch_add(&corrected, 1);
		write_register(SMMU_GERRORN, gerror);
	}
	return NULL;
}

static void *kicker(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		cmdq_doorbell(guest->vsmmu);
		usleep(50);
	}
	return NULL;
}

static void *switcher(void *unused)
{
	(void)unused;
	for (unsigned int n = 0; n < SWITCHES && atomic_load(&writing); n++) {
		write_register(SMMU_CR0, n % 3 ? SMMU_CR0_CMDQEN | SMMU_CR0_SMMUEN : 0);
		usleep(200);
	}
	write_register(SMMU_CR0, SMMU_CR0_CMDQEN | SMMU_CR0_SMMUEN);
	return NULL;
}

/* The VMM's thread: runs commands when it is told to, and only then. */
static void *runner(void *unused)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(guest->vsmmu), .events = POLLIN};

	(void)unused;
	while (!atomic_load(&over))
		if (poll(&fd, 1, 20) > 0)
			vsmmu_run_commands(guest->vsmmu, 100);
	return NULL;
}

static bool is_idle(void)
{
	return (read_register(SMMU_CMDQ_CONS) & SMMU_QUEUE_INDEX) == guest->prod;
}

TEST(every_command_is_done_once)
{
	const struct cmdq_guest_setup setup = {.log2 = 8, .endpoints = 2, .smmus = 2};
	void *(*const others[])(void *) = {corrector, kicker, switcher, runner};
	pthread_t writers[WRITERS], threads[4];
	struct vsmmu_stats stats;

	guest = cmdq_guest_new(&setup, NULL);
	guest->vsmmu->ops.memory_read = read_words;
	atomic_store(&writing, WRITERS);
	for (unsigned int i = 0; i < WRITERS; i++)
		assert_int_equal(
			pthread_create(&writers[i], NULL, writer, (void *)(uintptr_t)(i * 31)), 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, others[i], NULL), 0);
	for (unsigned int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	pthread_join(threads[2], NULL);
	/* Whoever ought to has been told, so it comes to an end by itself. */
	for (unsigned int waited = 0; !is_idle() && waited < PATIENCE; waited++)
		usleep(1000);
	assert_true(is_idle());
	atomic_store(&over, true);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	pthread_join(threads[3], NULL);

	cmdq_guest_expect_idle(guest);
	stats = test_vmm_stats(guest->vmm);
	assert_int_equal(stats.commands, WRITERS * COMMANDS);
	assert_int_equal(stats.command_errors, WRITERS * COMMANDS / 500);
	assert_int_equal(atomic_load(&corrected), WRITERS * COMMANDS / 500);
	assert_int_equal(stats.syncs, WRITERS * (COMMANDS / 16 + COMMANDS / 500));
	assert_int_equal(guest->vmm->irqs[VSMMU_IRQ_CMD_SYNC], WRITERS * (COMMANDS / 16));
	assert_int_equal(guest->host->refused, 0);
	assert_int_equal(atomic_load(&rejected), 0);
	cmdq_guest_free(guest);
}

static pthread_barrier_t together;

static void *ringer(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&together);
	write_register(SMMU_CMDQ_PROD, guest->prod);
	return NULL;
}

/* Everybody rings for the same commands, of which no write may take more than its share. */
TEST(no_doorbell_is_lost)
{
	const struct cmdq_guest_setup setup = {.log2 = 13};
	pthread_t threads[4];

	guest = cmdq_guest_new(&setup, NULL);
	pthread_barrier_init(&together, NULL, 4);
	for (unsigned int round = 1; round <= 100; round++) {
		for (unsigned int n = 0; n < 5000; n++)
			cmdq_guest_push(guest, 0x01, 0);
		for (unsigned int i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, ringer, NULL), 0);
		for (unsigned int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		assert_in_range(test_vmm_stats(guest->vmm).commands - 5000 * (round - 1),
			CMDQ_WRITE_MAX, 4 * CMDQ_WRITE_MAX);
		assert_true(cmdq_guest_is_signalled(guest));
		while (cmdq_guest_is_signalled(guest))
			vsmmu_run_commands(guest->vsmmu, 0);
		cmdq_guest_expect_idle(guest);
	}
	assert_int_equal(test_vmm_stats(guest->vmm).commands, 100 * 5000);
	pthread_barrier_destroy(&together);
	cmdq_guest_free(guest);
}

static uint32_t next_prod;
static atomic_uint round_begun, round_done;

/* The other one runs at this moment, if there are two processors. */
static void wait_for(atomic_uint *counter, unsigned int value)
{
	for (unsigned int spins = 0; atomic_load(counter) < value; spins++)
		if (spins > 10000)
			sched_yield();
}

static void *late_ringer(void *unused)
{
	(void)unused;
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		wait_for(&round_begun, round);
		for (atomic_uint delay = 0; delay < round % 256; delay++)
			;
		write_register(SMMU_CMDQ_PROD, next_prod);
		atomic_store(&round_done, round);
	}
	return NULL;
}

/* Whoever has the lock has no budget left, and is about to let it go. */
TEST(a_doorbell_at_the_end_of_a_run_is_told)
{
	const struct cmdq_guest_setup setup = {0};
	unsigned int untold = 0;
	pthread_t thread;

	guest = cmdq_guest_new(&setup, NULL);
	for (unsigned int n = 0; n < 256; n++)
		cmdq_guest_put(guest, n, 0x01, 0);
	assert_int_equal(pthread_create(&thread, NULL, late_ringer, NULL), 0);
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		/* One command waits, and the fd tells of it; another one comes meanwhile. */
		fairlock_lock(&guest->vsmmu->command_lock);
		guest->prod = queue_advance(guest->prod, 1, guest->log2);
		cmdq_guest_ring(guest);
		fairlock_unlock(&guest->vsmmu->command_lock);
		cmdq_defer(guest->vsmmu);
		next_prod = guest->prod = queue_advance(guest->prod, 1, guest->log2);
		atomic_store(&round_begun, round);
		vsmmu_run_commands(guest->vsmmu, 1);
		wait_for(&round_done, round);
		untold += !is_idle() && !cmdq_guest_is_signalled(guest);
		vsmmu_run_commands(guest->vsmmu, 0);
	}
	pthread_join(thread, NULL);
	assert_int_equal(untold, 0);
	cmdq_guest_expect_idle(guest);
	assert_int_equal(test_vmm_stats(guest->vmm).commands, 2 * ROUNDS);
	cmdq_guest_free(guest);
}

#define LOCKS 100 /* that somebody else takes while commands are consumed */
#define SYNCS 100 /* from one to the next: not always at the same place of a turn */
#define TURN  128 /* commands for which the lock is held */

/* Held by who waits for the command lock and is to have it next. */
#define GATE (&guest->vsmmu->command_lock.gate)

static atomic_uint offered; /* which of the locks is to be taken */
static atomic_uint unclaimed;
static uint32_t cons_when_awaited;

/* By who has the command lock: whether somebody waits for it. */
static bool is_awaited(void)
{
	if (pthread_mutex_trylock(GATE))
		return true;
	pthread_mutex_unlock(GATE);
	return false;
}

/* In the midst of a turn: now and then it does not go on until somebody else has come. */
static int let_one_come(void *opaque, enum host_call call, uint32_t count)
{
	const struct host_interposer *host = guest->host;
	unsigned int waited = 0;

	(void)opaque;
	(void)count;
	if (call != HOST_CALL_INVALIDATE || host->invalidations % SYNCS ||
		host->invalidations > LOCKS * SYNCS || atomic_load(&unclaimed))
		return 0;
	atomic_store(&offered, host->invalidations / SYNCS);
	while (!is_awaited() && waited++ < PATIENCE)
		usleep(1000);
	atomic_fetch_add(&unclaimed, waited > PATIENCE);
	cons_when_awaited = read_register(SMMU_CMDQ_CONS);
	return 0;
}

static void *run_all(void *unused)
{
	(void)unused;
	while (!is_idle())
		vsmmu_run_commands(guest->vsmmu, UINT32_MAX);
	return NULL;
}

/* Who must have the command lock gets it after the turn under way, every time. */
TEST(a_consumer_lets_others_in)
{
	const struct cmdq_guest_setup setup = {.log2 = 16};
	unsigned int late = 0;
	pthread_t thread;

	guest = cmdq_guest_new(&setup, NULL);
	for (unsigned int n = 0; n < CMDQ_WRITE_MAX + 2 * SYNCS * (LOCKS + 2); n++)
		cmdq_guest_push(guest, n & 1 ? C_SYNC : C_CFGI_CD(CMDQ_GUEST_SID(0)), 0);
	cmdq_guest_ring(guest);
	host_interposer_clear(guest->host);
	guest->host->hook = let_one_come;
	assert_int_equal(pthread_create(&thread, NULL, run_all, NULL), 0);
	for (unsigned int lock = 1; lock <= LOCKS; lock++) {
		for (unsigned int waited = 0; atomic_load(&offered) < lock; waited++) {
			assert_true(waited < PATIENCE);
			usleep(1000);
		}
		fairlock_lock(&guest->vsmmu->command_lock);
		late += atomic_load(&offered) != lock ||
			read_register(SMMU_CMDQ_CONS) - cons_when_awaited > TURN;
		fairlock_unlock(&guest->vsmmu->command_lock);
	}
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(&unclaimed), 0);
	assert_int_equal(late, 0);
	cmdq_guest_expect_idle(guest);
	cmdq_guest_free(guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2 S9", every_command_is_done_once),
		UNIT_TEST("S2 S9", no_doorbell_is_lost),
		UNIT_TEST("S2 S9", a_doorbell_at_the_end_of_a_run_is_told),
		UNIT_TEST("S2 S9", a_consumer_lets_others_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
