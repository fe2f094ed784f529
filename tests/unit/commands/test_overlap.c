/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest whose command queue, event queue and stream table are the same bytes. */
#include "arch/command.h"
#include "lib/whole.h"

#define HERE	(WHOLE_MEMORY + 0x100000)
#define CD	(WHOLE_MEMORY + 0x200000)
#define LOG2	8
#define VSID	3
#define ROUNDS	600
#define ON	(SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define SIG_IRQ (UINT64_C(1) << 12)

static void everything_in_one_place_is_survived(void **unused)
{
	const struct vsmmu_event_record fault = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = VSID, .vfio_fd = -1};
	struct vsmmu_sim_stats host = {.size = sizeof(host)};
	struct vsmmu_endpoint *endpoint;
	struct whole *whole = whole_alloc();
	struct vsmmu_host *sim = whole_sim(whole, NULL);
	struct vsmmu_stats stats;

	(void)unused;
	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &config.dev_id), 0);
	assert_int_equal(whole_new(whole, sim, NULL), 0);
	assert_int_equal(vsmmu_endpoint_attach(whole->vsmmu, &config, &endpoint), 0);
	whole_store64(whole, HERE + 64 * VSID, 1 | 5 << 1 | CD);
	whole_write64(whole, SMMU_STRTAB_BASE, HERE);
	whole_write(whole, SMMU_STRTAB_BASE_CFG, LOG2);
	whole_write64(whole, SMMU_CMDQ_BASE, HERE | LOG2);
	whole_write64(whole, SMMU_EVENTQ_BASE, HERE | LOG2);
	whole_write(whole, SMMU_IRQ_CTRL, 5);
	whole_write(whole, SMMU_CR0, ON);
	for (uint32_t n = 1; n < ROUNDS; n++) {
		/* The STE is among the entries, and comes and goes with them. */
		const uint64_t entry = HERE + 16 * (n & ((1u << LOG2) - 1));

		whole_store64(whole, entry,
			n % 3 ? COMMAND_OP_SYNC | SIG_IRQ
			      : COMMAND_OP_CFGI_STE | (uint64_t)VSID << 32);
		whole_store64(whole, entry + 8, entry); /* an MSI into itself */
		vsmmu_sim_fault(sim, config.dev_id, &fault);
		whole_write(whole, SMMU_CMDQ_PROD, (n + 1) & 511);
		whole_write(whole, SMMU_GERRORN, whole_read(whole, SMMU_GERROR));
		assert_true(vsmmu_dispatch(whole->vsmmu, 0) >= 0);
		whole_write(whole, SMMU_EVENTQ_CONS, whole_read(whole, SMMU_EVENTQ_PROD));
		assert_true(vsmmu_run_commands(whole->vsmmu, 0) >= 0);
	}
	stats = whole_stats(whole);
	assert_true(stats.commands > 0 && stats.command_errors > 0 && stats.delivered > 0);
	assert_int_equal(vsmmu_sim_get_stats(sim, &host), 0);
	assert_int_equal(stats.sequenced, host.numbered);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	assert_int_equal(host.commands_refused, 0);
	whole_free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S2 S4", everything_in_one_place_is_survived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
