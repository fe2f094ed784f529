/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest whose command queue, event queue and stream table are the same bytes. */
#include "arch/command.h"
#include "lib/test_vmm.h"

#define HERE	(TEST_VMM_MEMORY + 0x100000)
#define CD	(TEST_VMM_MEMORY + 0x200000)
#define LOG2	8
#define VSID	3
#define ROUNDS	600
#define ON	(SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define SIG_IRQ (UINT64_C(1) << 12)

TEST(everything_in_one_place_is_survived)
{
	const struct vsmmu_event_record fault = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = VSID, .vfio_fd = -1};
	struct vsmmu_sim_stats host = {.size = sizeof(host)};
	struct vsmmu_endpoint *endpoint;
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_host *sim = test_vmm_sim(vmm, NULL);
	struct vsmmu_stats stats;

	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &config.dev_id), 0);
	assert_int_equal(test_vmm_new(vmm, sim, NULL), 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &config, &endpoint), 0);
	test_vmm_store64(vmm, HERE + 64 * VSID, 1 | 5 << 1 | CD);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, HERE);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, LOG2);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, HERE | LOG2);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, HERE | LOG2);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, 5);
	test_vmm_write(vmm, SMMU_CR0, ON);
	for (uint32_t n = 1; n < ROUNDS; n++) {
		/* The STE is among the entries, and comes and goes with them. */
		const uint64_t entry = HERE + 16 * (n & ((1u << LOG2) - 1));

		test_vmm_store64(vmm, entry,
			n % 3 ? COMMAND_OP_SYNC | SIG_IRQ
			      : COMMAND_OP_CFGI_STE | (uint64_t)VSID << 32);
		test_vmm_store64(vmm, entry + 8, entry); /* an MSI into itself */
		vsmmu_sim_fault(sim, config.dev_id, &fault);
		test_vmm_write(vmm, SMMU_CMDQ_PROD, (n + 1) & 511);
		test_vmm_write(vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR));
		assert_true(vsmmu_dispatch(vmm->vsmmu, 0) >= 0);
		test_vmm_write(vmm, SMMU_EVENTQ_CONS, test_vmm_read(vmm, SMMU_EVENTQ_PROD));
		assert_true(vsmmu_run_commands(vmm->vsmmu, 0) >= 0);
	}
	stats = test_vmm_stats(vmm);
	assert_true(stats.commands > 0 && stats.command_errors > 0 && stats.delivered > 0);
	assert_int_equal(vsmmu_sim_get_stats(sim, &host), 0);
	assert_int_equal(stats.sequenced, host.numbered);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	assert_int_equal(host.commands_refused, 0);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S2 S4", everything_in_one_place_is_survived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
