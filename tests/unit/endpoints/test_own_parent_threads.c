/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An endpoint comes to a VMM's parent and goes, with a new parent each time or the same, while
 * vCPUs invalidate and other endpoints do DMA. What it reads is what its guest has mapped then.
 */
#include <errno.h>
#include <pthread.h>

#include "lib/mt_vmm.h"

#define ROUNDS 400
#define VCPUS  2
#define N      MT_VMM_PLUGGED
/* What the two pages of an endpoint hold. */
#define DATA(page) (0x1000 * N + (page) + 1)

static atomic_bool over;

static uint32_t parent_new(void)
{
	uint32_t parent = 0;

	CHECK(vsmmu_sim_parent_new(mt_vmm.sim, mt_vmm.dev_ids[N], &parent) == 0);
	CHECK(vsmmu_sim_attach(mt_vmm.sim, mt_vmm.dev_ids[N], parent) == 0);
	return parent;
}

/* Whatever is attached is the VMM's own. */
static void parent_free(uint32_t parent)
{
	CHECK(vsmmu_sim_attach(mt_vmm.sim, mt_vmm.dev_ids[N], 0) == 0);
	CHECK(vsmmu_sim_parent_free(mt_vmm.sim, parent) == 0);
}

static void come(uint32_t parent, bool put_back)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = N,
		.dev_id = mt_vmm.dev_ids[N],
		.vfio_fd = -1,
		.parent_hwpt = parent,
		.put_back = put_back,
	};

	CHECK(vsmmu_endpoint_attach(mt_vmm.vsmmu, &config, &mt_vmm.endpoints[N]) == 0);
	CHECK(vsmmu_sim_parent_free(mt_vmm.sim, parent) == -EBUSY);
}

/* The guest changes its mapping while nothing tells a vIOMMU of it, as there is none. */
static void live_once(uint32_t parent, unsigned int round)
{
	const unsigned int page = round % 2;

	mt_vmm_set_page(N, MT_VMM_PAGES(N) + 0x1000 * (uint64_t)page);
	come(parent, round % 4 < 2);
	CHECK(mt_vmm_dma_read(N, MT_VMM_IOVA) == DATA(page));
	CHECK(vsmmu_endpoint_detach(mt_vmm.endpoints[N]) == 0);
	/* Put back, it reads that memory untranslated. */
	CHECK(mt_vmm_dma_read(N, MT_VMM_PAGES(N)) == (round % 4 < 2 ? DATA(0) : 0));
}

static void *plug(void *unused)
{
	uint32_t parent = parent_new();

	(void)unused;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		live_once(parent, round);
		if (round % 8 < 4)
			continue;
		parent_free(parent);
		parent = parent_new();
	}
	parent_free(parent);
	atomic_store(&over, true);
	return NULL;
}

static void *invalidate(void *vcpu)
{
	const uint64_t command[1][2] = {{COMMAND_OP_TLBI_NSNH_ALL, 0}};
	const unsigned int n = *(const unsigned int *)vcpu;

	for (uint32_t done = 1; done == 1 || !atomic_load(&over); done++) {
		CHECK(mt_vmm_issue_and_wait(n, command, 1, done));
		CHECK(mt_vmm_dma_read(n, MT_VMM_IOVA) == 0x1000 * n + 1);
	}
	return NULL;
}

TEST(nothing_stale_is_used)
{
	struct vsmmu_host *sim = mt_vmm.sim = mt_vmm_sim_new(mt_vmm.dev_ids);
	uint32_t parent;

	mt_vmm_create(sim, NULL);
	parent = parent_new();
	for (unsigned int round = 0; round < 8; round++)
		live_once(parent, round);
	parent_free(parent);
	mt_vmm_destroy(sim);
}

TEST(others_go_on_meanwhile)
{
	struct vsmmu_host *sim = mt_vmm.sim = mt_vmm_sim_new(mt_vmm.dev_ids);
	pthread_t plugger, guest[VCPUS];
	unsigned int vcpu[VCPUS] = {0, 1};

	mt_vmm_create(sim, NULL);
	atomic_store(&over, false);
	assert_int_equal(pthread_create(&plugger, NULL, plug, NULL), 0);
	for (unsigned int n = 0; n < VCPUS; n++)
		assert_int_equal(pthread_create(&guest[n], NULL, invalidate, &vcpu[n]), 0);
	assert_int_equal(pthread_join(plugger, NULL), 0);
	for (unsigned int n = 0; n < VCPUS; n++)
		assert_int_equal(pthread_join(guest[n], NULL), 0);
	mt_vmm_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S3 S6 D3", nothing_stale_is_used),
		UNIT_TEST("S6 D1", others_go_on_meanwhile),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
