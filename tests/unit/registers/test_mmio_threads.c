/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers from many threads, for the thread sanitizer and for what each of them may rely
 * on whatever the others do: what it wrote is acknowledged when its write returns.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <vsmmu/access.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "arch/regs.h"
#include "lib/rng.h"
#include "lib/unit.h"

#define ROUNDS	  4000
#define ENDPOINTS 2
#define MEMORY	  UINT64_C(0x80000000)
#define SIZE	  (64u << 10)
#define QUEUE	  (MEMORY + 0x1000)
#define CMDQ	  (MEMORY + 0x2000)
#define STRTAB	  (MEMORY + 0x4000)
#define DOORBELL  UINT64_C(0x08020040)
#define CR0_BITS  (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)

/* A failed assertion must not jump out of another thread: counted, looked at by main. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			complain(__LINE__);                                                        \
	} while (0)

static struct vsmmu *vsmmu;
static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t memory[SIZE];
static atomic_uint complaints, irqs, msis, scribbled;
static atomic_bool over;

static void complain(int line)
{
	if (atomic_fetch_add(&complaints, 1) < 10)
		print_message("# line %d\n", line);
}

static bool is_memory(uint64_t address, size_t length)
{
	return address >= MEMORY && length <= SIZE && address - MEMORY <= SIZE - length;
}

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	(void)opaque;
	if (!is_memory(address, length))
		return -1;
	pthread_mutex_lock(&memory_lock);
	memcpy(bytes, memory + (address - MEMORY), length);
	pthread_mutex_unlock(&memory_lock);
	return 0;
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	if (!is_memory(address, length))
		return -1;
	pthread_mutex_lock(&memory_lock);
	memcpy(memory + (address - MEMORY), bytes, length);
	pthread_mutex_unlock(&memory_lock);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
	atomic_fetch_add(&irqs, 1);
}

static int msi(void *opaque, uint64_t address, uint32_t data)
{
	(void)opaque;
	(void)data;
	if (address != DOORBELL)
		return -1;
	atomic_fetch_add(&msis, 1);
	return 0;
}

static uint64_t reg_read(uint64_t offset, uint32_t size)
{
	uint64_t value;

	CHECK(vsmmu_mmio_read(vsmmu, offset, size, &value) == 0);
	return value;
}

static void reg_write(uint64_t offset, uint32_t size, uint64_t value)
{
	CHECK(vsmmu_mmio_write(vsmmu, offset, size, value) == 0);
}

/* The only one that writes CR0. */
static void *control(void *opaque)
{
	struct rng rng = {1};

	for (unsigned int round = 0; round < ROUNDS || scribbled < ROUNDS; round++) {
		uint32_t value = rng_next(&rng) & CR0_BITS;

		reg_write(SMMU_CR0, 4, value);
		CHECK(reg_read(SMMU_CR0ACK, 4) == value);
		CHECK(reg_read(SMMU_CR0, 4) == value);
	}
	atomic_store(&over, true);
	return opaque;
}

/* The only one that writes GBPA. */
static void *bypass(void *opaque)
{
	for (uint32_t round = 0; !atomic_load(&over); round++) {
		uint32_t value = round & 1 ? SMMU_GBPA_ABORT : SMMU_GBPA_INCOMING;

		reg_write(SMMU_GBPA, 4, value | SMMU_GBPA_UPDATE);
		CHECK(reg_read(SMMU_GBPA, 4) == value);
	}
	return opaque;
}

/* Bases, pointers and interrupts, sane or not. */
static void *scribble(void *opaque)
{
	struct rng rng = {2};

	while (!atomic_load(&over)) {
		static const uint32_t offsets[] = {SMMU_CR1, SMMU_CR2, SMMU_IRQ_CTRL, SMMU_GERRORN,
			SMMU_EVENTQ_PROD, SMMU_EVENTQ_CONS, SMMU_CMDQ_PROD, SMMU_CMDQ_CONS};
		uint64_t value = rng_next(&rng);

		reg_write(offsets[rng_below(&rng, 8)], 4, value);
		reg_write(SMMU_EVENTQ_BASE, 8, QUEUE | (value & 7));
		reg_write(SMMU_CMDQ_BASE, 8, CMDQ | (value >> 3 & 7));
		reg_write(SMMU_STRTAB_BASE, 8, STRTAB);
		reg_write(SMMU_STRTAB_BASE_CFG, 4, value >> 6 & 7);
		reg_write(SMMU_EVENTQ_IRQ_CFG0, 8, value & 64 ? DOORBELL : value);
		reg_write(SMMU_GERROR_IRQ_CFG0, 8, value & 128 ? DOORBELL : value);
		reg_write(SMMU_GERRORN, 4, reg_read(SMMU_GERROR, 4));
		atomic_fetch_add(&scribbled, 1);
	}
	return opaque;
}

static void *look(void *opaque)
{
	while (!atomic_load(&over)) {
		for (uint64_t offset = 0; offset < 0xd0; offset += 8)
			reg_read(offset, 8);
		CHECK(!(reg_read(SMMU_CR0ACK, 4) & ~CR0_BITS));
		CHECK(!(reg_read(SMMU_EVENTQ_PROD, 4) & 0x7ff00000));
	}
	return opaque;
}

static void *translate(void *opaque)
{
	struct vsmmu_access access = {.size = sizeof(access)};

	while (!atomic_load(&over)) {
		struct vsmmu_translation out = {.size = sizeof(out)};

		access.vsid = (access.vsid + 1) % 16;
		vsmmu_translate(vsmmu, &access, &out);
	}
	return opaque;
}

static void *dispatch(void *opaque)
{
	while (!atomic_load(&over)) {
		vsmmu_dispatch(vsmmu, 0);
		vsmmu_run_commands(vsmmu, 16);
	}
	return opaque;
}

TEST(what_was_written_is_acknowledged)
{
	static void *(*const bodies[])(void *) = {
		control, bypass, scribble, look, translate, dispatch};
	const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = memory_read,
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
		.msi = msi,
	};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops};
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	pthread_t threads[sizeof(bodies) / sizeof(bodies[0])];

	assert_int_equal(vsmmu_sim_new(&config.host, NULL), 0);
	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	for (uint32_t n = 0; n < ENDPOINTS; n++) {
		struct vsmmu_endpoint_config endpoint = {
			.size = sizeof(endpoint), .vsid = n, .vfio_fd = -1};
		struct vsmmu_endpoint *handle;

		assert_int_equal(vsmmu_sim_endpoint_new(config.host, n, &endpoint.dev_id), 0);
		assert_int_equal(vsmmu_endpoint_attach(vsmmu, &endpoint, &handle), 0);
	}
	/* A CMD_SYNC with an interrupt wherever the queue may begin; V = 0 in all STEs. */
	for (unsigned int i = 0; i < 128; i++) {
		memory[CMDQ - MEMORY + 16 * i] = 0x46;
		memory[CMDQ - MEMORY + 16 * i + 1] = 0x10;
	}
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, bodies[i], NULL), 0);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&complaints), 0);
	assert_int_equal(vsmmu_get_stats(vsmmu, &stats), 0);
	assert_int_equal(stats.eventq_irqs + stats.gerror_irqs + stats.cmd_sync_irqs, irqs);
	assert_true(stats.msis >= msis);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	assert_int_equal(vsmmu_reset(vsmmu), 0);
	assert_int_equal(reg_read(SMMU_CR0ACK, 4), 0);
	vsmmu_free(vsmmu);
	vsmmu_host_unref(config.host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S9", what_was_written_is_acknowledged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
