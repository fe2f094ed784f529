/* SPDX-License-Identifier: BSD-2-Clause */
/* STEs change while endpoints do DMA, come, go and fault, each in a thread of its own. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <vsmmu/event.h>

#include "smmu/endpoints/ste_install.h"
#include "lib/test_vmm.h"

#define ENDPOINTS 3
#define VSID(n)	  (0x10u + (n))
#define STRTAB	  (TEST_VMM_MEMORY + 0x100000)
#define EVENTQ	  (TEST_VMM_MEMORY + 0x200000)
#define CD	  (TEST_VMM_MEMORY + 0x300000)
#define TABLE	  (TEST_VMM_MEMORY + 0x301000)
#define DATA	  (TEST_VMM_MEMORY + 0x400000)
#define VA	  (DATA - TEST_VMM_MEMORY)

#define STE_S1	  (UINT64_C(0xb) | CD)
#define STE_CACHE UINT64_C(0xd4) /* S1CIR, S1COR, S1CSH: changes nothing for the DMA */
#define STE_ABORT UINT64_C(1)

/* T0SZ 25, EPD1, V, 44 bits of IPS, AA64, R, A, ASET; one block of 1 GiB. */
#define CD_WORD0   (UINT64_C(25) | 1 << 30 | UINT64_C(0xe20480000000))
#define BLOCK_WORD (TEST_VMM_MEMORY | 1 | 1 << 6 | 1 << 10)

/* A failed assertion must not jump out of another thread: counted, looked at by main. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			complain(__LINE__);                                                        \
	} while (0)

static atomic_uint complaints;

struct bench {
	struct test_vmm *vmm;
	struct vsmmu_host *sim;
	uint32_t dev[ENDPOINTS];
	struct vsmmu_endpoint *endpoint[ENDPOINTS];
	atomic_bool stop;
	atomic_uint dma;
	atomic_uint aborts;
	atomic_uint dispatches, faults, detaches;
};

static void complain(int line)
{
	if (atomic_fetch_add(&complaints, 1) < 10)
		print_message("# line %d\n", line);
}

/* Not those of test_vmm.h, whose counter is one thread's. */
static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const struct test_vmm *vmm = opaque;

	if (address < TEST_VMM_MEMORY || address - TEST_VMM_MEMORY > TEST_VMM_SIZE - length)
		return -1;
	memcpy(bytes, vmm->memory + (address - TEST_VMM_MEMORY), length);
	return 0;
}

static void attach(struct bench *bench, unsigned int n)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = VSID(n),
		.dev_id = bench->dev[n],
		.vfio_fd = -1,
	};
	int ret = vsmmu_endpoint_attach(bench->vmm->vsmmu, &config, &bench->endpoint[n]);

	/* Its own last events may be in the vEVENTQ still, behind a full queue. */
	CHECK(!ret || ret == -EAGAIN);
}

static void write_ste(struct bench *bench, unsigned int n, uint64_t word0, uint64_t word1)
{
	test_vmm_store64(bench->vmm, STRTAB + 64 * (uint64_t)VSID(n), word0);
	test_vmm_store64(bench->vmm, STRTAB + 64 * (uint64_t)VSID(n) + 8, word1);
}

static void enable(struct bench *bench)
{
	struct test_vmm *vmm = bench->vmm;

	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 6);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTQ | 8);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
}

static struct bench *bench_new(struct bench *bench)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.memory_read = memory_read,
		.memory_write = test_vmm_memory_write,
		.memory_opaque = test_vmm_alloc(),
	};

	memset(bench, 0, sizeof(*bench));
	bench->vmm = config.memory_opaque;
	assert_int_equal(vsmmu_sim_new(&bench->sim, &config), 0);
	assert_int_equal(test_vmm_new(bench->vmm, vsmmu_host_ref(bench->sim), NULL), 0);
	test_vmm_store64(bench->vmm, CD, CD_WORD0);
	test_vmm_store64(bench->vmm, CD + 8, TABLE);
	test_vmm_store64(bench->vmm, TABLE, BLOCK_WORD);
	for (unsigned int n = 0; n < ENDPOINTS; n++) {
		assert_int_equal(vsmmu_sim_endpoint_new(bench->sim, n % 2, &bench->dev[n]), 0);
		write_ste(bench, n, STE_S1, 0);
		attach(bench, n);
	}
	enable(bench);
	return bench;
}

static void bench_free(struct bench *bench)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	assert_int_equal(atomic_load(&complaints), 0);
	vsmmu_free(bench->vmm->vsmmu);
	bench->vmm->vsmmu = NULL;
	assert_int_equal(vsmmu_sim_get_stats(bench->sim, &sim), 0);
	assert_int_equal(sim.objects, 0);
	test_vmm_free(bench->vmm);
	vsmmu_host_unref(bench->sim);
}

/* As CFGI_STE. */
static void refresh(struct bench *bench, uint32_t first, uint64_t count)
{
	struct vsmmu *vsmmu = bench->vmm->vsmmu;

	pthread_mutex_lock(&vsmmu->control_lock);
	for (struct vsmmu_endpoint *it = vsmmu->endpoints; it; it = it->next)
		if (it->vsid >= first && it->vsid - first < count)
			assert_true(endpoint_refresh(it) >= 0);
	pthread_mutex_unlock(&vsmmu->control_lock);
}

static int do_dma(struct bench *bench, unsigned int n)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = VA};
	uint64_t data;

	return vsmmu_sim_dma(bench->sim, bench->dev[n], &access, &data, sizeof(data));
}

static void *dma_thread(void *opaque)
{
	struct bench *bench = opaque;

	while (!atomic_load(&bench->stop)) {
		if (do_dma(bench, 0))
			atomic_fetch_add(&bench->aborts, 1);
		atomic_fetch_add(&bench->dma, 1);
	}
	return NULL;
}

static void *dispatch_thread(void *opaque)
{
	struct bench *bench = opaque;
	struct vsmmu *vsmmu = bench->vmm->vsmmu;

	while (!atomic_load(&bench->stop)) {
		uint64_t prod = 0;

		CHECK(vsmmu_dispatch(vsmmu, 0) >= 0);
		CHECK(vsmmu_mmio_read(vsmmu, SMMU_EVENTQ_PROD, 4, &prod) == 0);
		CHECK(vsmmu_mmio_write(vsmmu, SMMU_EVENTQ_CONS, 4, prod) == 0);
		atomic_fetch_add(&bench->dispatches, 1);
	}
	return NULL;
}

static void *fault_thread(void *opaque)
{
	struct bench *bench = opaque;
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_C_BAD_STE}};

	for (unsigned int i = 0; !atomic_load(&bench->stop); i++)
		atomic_fetch_add(&bench->faults,
			!vsmmu_sim_fault(bench->sim, bench->dev[i % ENDPOINTS], &record));
	return NULL;
}

static void *hotplug_thread(void *opaque)
{
	struct bench *bench = opaque;

	for (unsigned int i = 0; !atomic_load(&bench->stop); i++) {
		const unsigned int n = 1 + i % 2;
		int ret;

		if (!bench->endpoint[n]) {
			attach(bench, n);
			continue;
		}
		ret = vsmmu_endpoint_set_vsid(bench->endpoint[n], i % 3 ? 0x20 + n : 0x4000 + n);
		CHECK(!ret || ret == -EAGAIN);
		if (i % 4 < 2)
			continue;
		CHECK(vsmmu_endpoint_detach(bench->endpoint[n]) == 0);
		bench->endpoint[n] = NULL;
		atomic_fetch_add(&bench->detaches, 1);
	}
	return NULL;
}

/* One word of the STE changes under continuous DMA: not one transaction is lost. */
TEST(replacing_an_ste_disturbs_no_dma)
{
	struct vsmmu_stats stats;
	struct bench bench;
	pthread_t thread;

	bench_new(&bench);
	assert_int_equal(do_dma(&bench, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, dma_thread, &bench), 0);
	for (unsigned int i = 1; i <= 500 || atomic_load(&bench.dma) < 500; i++) {
		write_ste(&bench, 0, STE_S1, i % 2 ? STE_CACHE : 0);
		refresh(&bench, VSID(0), 1);
	}
	atomic_store(&bench.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(&bench.aborts), 0);
	vsmmu_dispatch(bench.vmm->vsmmu, 0);
	stats = test_vmm_stats(bench.vmm);
	assert_true(stats.stes >= 500);
	assert_int_equal(stats.sequenced, 0); /* nor is there an event */
	/* And an abort is one. */
	write_ste(&bench, 0, STE_ABORT, 0);
	refresh(&bench, VSID(0), 1);
	assert_int_equal(do_dma(&bench, 0), -EFAULT);
	bench_free(&bench);
}

/* Each of the others has had its share. */
static bool is_enough(struct bench *bench)
{
	return atomic_load(&bench->dispatches) >= 200 && atomic_load(&bench->faults) >= 200 &&
	       atomic_load(&bench->detaches) >= 50;
}

TEST(everything_at_once)
{
	void *(*const work[])(void *) = {dispatch_thread, fault_thread, hotplug_thread};
	pthread_t thread[3];
	struct vsmmu_stats stats;
	struct bench bench;

	bench_new(&bench);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work[i], &bench), 0);
	for (unsigned int i = 0; i < 200 || !is_enough(&bench); i++) {
		switch (i % 5) {
		case 0:
			test_vmm_write(bench.vmm, SMMU_CR0, SMMU_CR0_EVENTQEN);
			break;
		case 1:
			test_vmm_write(bench.vmm, SMMU_GBPA,
				SMMU_GBPA_UPDATE | (i % 2 ? SMMU_GBPA_ABORT : 0));
			break;
		case 2:
			assert_int_equal(vsmmu_reset(bench.vmm->vsmmu), 0);
			break;
		case 3:
			enable(&bench);
			break;
		default:
			refresh(&bench, 0, UINT64_C(1) << 32);
		}
	}
	atomic_store(&bench.stop, true);
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	stats = test_vmm_stats(bench.vmm);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	assert_int_equal(stats.blocked, 0);
	bench_free(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S9 P11", replacing_an_ste_disturbs_no_dma),
		UNIT_TEST("S6 S9", everything_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
