/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host calls that map, pin or unpin the guest's memory, or wait for one that does, can take
 * seconds. While one of them is under way, nothing that a guest or its VMM's other threads do
 * waits for it, least of all a CMD_SYNC, which Linux gives up after a second.
 */
#include <poll.h>
#include <stdlib.h>

#include <vsmmu/event.h>
#include <vsmmu/snapshot.h>

#include "../host/call_gate.h"
#include "install_fixture.h"

#define CMDQ	  (TEST_VMM_MEMORY + 0x400000)
#define CMDQ_LOG2 7
#define PATIENCE  30000 /* ms, for what must happen */

#define TLBI_ASID  (UINT64_C(0x11) | UINT64_C(1) << 48)
#define CFGI_STE   (UINT64_C(0x03) | (uint64_t)FIXTURE_VSID(0) << 32)
#define SYNC	   UINT64_C(0x46)
#define ON	   (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define COMES_GOES 1 /* endpoint 1: nobody else is behind its physical SMMU */

struct hang {
	struct install_fixture *fixture;
	struct call_gate gate;
	struct aside slow, work;
	uint32_t prod;
	unsigned int neighbour; /* of those that come and go: 2 shares a parent with endpoint 0 */
};

static void start_queues(struct hang *hang)
{
	hang->prod = 0;
	fixture_enable(hang->fixture);
	test_vmm_write64(hang->fixture->vmm, SMMU_CMDQ_BASE, CMDQ | CMDQ_LOG2);
	test_vmm_write(hang->fixture->vmm, SMMU_CMDQ_PROD, 0);
	test_vmm_write(hang->fixture->vmm, SMMU_CMDQ_CONS, 0);
	test_vmm_write(hang->fixture->vmm, SMMU_CR0, ON);
}

static struct hang *hang_new(const struct vsmmu_config *config)
{
	struct hang *hang = calloc(1, sizeof(*hang));

	assert_non_null(hang);
	hang->gate = (struct call_gate)CALL_GATE_INIT;
	hang->fixture = fixture_translating(config, 1);
	start_queues(hang);
	assert_int_equal(vsmmu_sim_on_call(hang->fixture->sim, call_gate_hook, &hang->gate), 0);
	return hang;
}

static void hang_free(struct hang *hang)
{
	assert_int_equal(vsmmu_sim_on_call(hang->fixture->sim, NULL, NULL), 0);
	fixture_free(hang->fixture);
	free(hang);
}

static void push(struct hang *hang, uint64_t word0)
{
	test_vmm_store64(hang->fixture->vmm, CMDQ + 16 * (uint64_t)hang->prod++, word0);
}

static int fail_unless(bool condition, int line)
{
	if (!condition)
		print_message("# line %d\n", line);
	return condition ? 0 : -1;
}

/* Does what a guest's vCPUs and its VMM's threads do. Return: 0 if it worked. */
static int work(void *opaque)
{
	struct hang *hang = opaque;
	struct test_vmm *vmm = hang->fixture->vmm;
	const uint64_t delivered = test_vmm_stats(vmm).delivered;
	size_t length;
	void *bytes;
	int bad = 0;

	for (unsigned int round = 0; round < 4; round++) {
		/* Each round has another STE to install. */
		fixture_write_ste(hang->fixture, FIXTURE_VSID(0), STE_S1, round % 2 ? 0 : 0xd4);
		push(hang, TLBI_ASID);
		push(hang, SYNC);
		push(hang, CFGI_STE);
		push(hang, TLBI_ASID);
		push(hang, SYNC);
		test_vmm_write(vmm, SMMU_CMDQ_PROD, hang->prod);
		vsmmu_run_commands(vmm->vsmmu, 0);
		bad |= fail_unless(test_vmm_read(vmm, SMMU_CMDQ_CONS) == hang->prod, __LINE__);
		test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
		test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
		test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
		test_vmm_write(vmm, SMMU_CR0, ON);
		bad |= fail_unless(test_vmm_read(vmm, SMMU_CR0ACK) == ON, __LINE__);
	}
	bad |= fail_unless(
		fixture_event(hang->fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0x1000), __LINE__);
	bad |= fail_unless(vsmmu_dispatch(vmm->vsmmu, 0) >= 0, __LINE__);
	bad |= fail_unless(test_vmm_stats(vmm).delivered == delivered + 1, __LINE__);
	bad |= fail_unless(vsmmu_recover(vmm->vsmmu) == 0, __LINE__);
	bad |= fail_unless(vsmmu_save(vmm->vsmmu, &bytes, &length) == 0, __LINE__);
	vsmmu_snapshot_free(bytes);
	bad |= fail_unless(vsmmu_reset(vmm->vsmmu) == 0, __LINE__);
	return bad;
}

/* Runs @slow, which comes to such a call; then all of the work, then lets the call go on. */
static void work_beside(struct hang *hang, int (*slow)(void *), enum vsmmu_sim_call call)
{
	call_gate_hold(&hang->gate, call);
	aside_start(&hang->slow, slow, hang);
	call_gate_await(&hang->gate);
	aside_start(&hang->work, work, hang);
	for (int i = 0; i < PATIENCE && !atomic_load(&hang->work.done); i++)
		poll(NULL, 0, 1);
	assert_true(atomic_load(&hang->work.done));
	assert_int_equal(aside_join(&hang->work), 0);
	assert_false(atomic_load(&hang->slow.done));
	call_gate_hold(&hang->gate, 0);
	assert_int_equal(aside_join(&hang->slow), 0);
	start_queues(hang);
}

static int attach(void *opaque)
{
	struct hang *hang = opaque;

	return fixture_attach(hang->fixture, hang->neighbour);
}

static int detach(void *opaque)
{
	struct hang *hang = opaque;

	return vsmmu_endpoint_detach(hang->fixture->endpoint[hang->neighbour]);
}

static int drop_parents(void *opaque)
{
	struct hang *hang = opaque;

	return vsmmu_drop_parents(hang->fixture->vmm->vsmmu);
}

static void nobody_waits(bool isolate)
{
	const struct vsmmu_config config = {.isolate = isolate};
	struct hang *hang = hang_new(&config);

	hang->neighbour = COMES_GOES;
	work_beside(hang, attach, VSMMU_SIM_CALL_PARENT_ALLOC);
	work_beside(hang, detach, VSMMU_SIM_CALL_DETACH);
	work_beside(hang, drop_parents, VSMMU_SIM_CALL_PARENT_DESTROY);
	work_beside(hang, attach, VSMMU_SIM_CALL_FIRST_ATTACH);
	/* The parent of this one has another endpoint. */
	hang->neighbour = 2;
	work_beside(hang, attach, VSMMU_SIM_CALL_FIRST_ATTACH);
	work_beside(hang, detach, VSMMU_SIM_CALL_DETACH);
	hang_free(hang);
}

TEST(nobody_waits_for_a_hotplug)
{
	nobody_waits(false);
}

TEST(nobody_waits_for_a_hotplug_with_a_viommu_each)
{
	nobody_waits(true);
}

/* Beside the calls of another vSMMU of the same machine, which have the same address space. */
static struct test_vmm *other;

static int free_other(void *opaque)
{
	(void)opaque;
	vsmmu_free(other->vsmmu);
	other->vsmmu = NULL;
	return 0;
}

TEST(nobody_waits_for_another_vsmmus_end)
{
	static const enum vsmmu_sim_call calls[] = {
		VSMMU_SIM_CALL_PARENT_DESTROY, VSMMU_SIM_CALL_DETACH};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct hang *hang = hang_new(NULL);
		const struct vsmmu_endpoint_config config = {
			.size = sizeof(config),
			.vsid = 1,
			.dev_id = hang->fixture->dev[COMES_GOES],
			.vfio_fd = -1,
		};
		struct vsmmu_endpoint *endpoint;

		other = test_vmm_alloc();
		assert_int_equal(
			test_vmm_new(other, vsmmu_host_ref(&hang->fixture->host->host), NULL), 0);
		assert_int_equal(vsmmu_endpoint_attach(other->vsmmu, &config, &endpoint), 0);
		work_beside(hang, free_other, calls[i]);
		test_vmm_free(other);
		hang_free(hang);
	}
}

/* Which calls a register write or a reset makes at all: none of those that can take so long. */
TEST(no_register_write_maps_pins_or_detaches)
{
	static const enum vsmmu_sim_call slow[] = {VSMMU_SIM_CALL_PARENT_ALLOC,
		VSMMU_SIM_CALL_PARENT_DESTROY, VSMMU_SIM_CALL_FIRST_ATTACH, VSMMU_SIM_CALL_DETACH};
	struct hang *hang = hang_new(NULL);

	assert_int_equal(work(hang), 0);
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		assert_int_equal(call_gate_count(&hang->gate, slow[i]), 0);
	assert_true(call_gate_count(&hang->gate, VSMMU_SIM_CALL_REPLACE) >= 4 * 4);
	hang_free(hang);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9 D1", nobody_waits_for_a_hotplug),
		UNIT_TEST("S9 D1", nobody_waits_for_a_hotplug_with_a_viommu_each),
		UNIT_TEST("S9 D1", nobody_waits_for_another_vsmmus_end),
		UNIT_TEST("S4 D1", no_register_write_maps_pins_or_detaches),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
