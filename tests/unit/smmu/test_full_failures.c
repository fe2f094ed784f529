/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host that fails, hangs and works again, while a guest toggles everything, devices do DMA, and
 * an endpoint comes and goes: when the host works everything is back, and nothing is left over.
 */
#include <errno.h>
#include <poll.h>

#include "lib/mt_work.h"
#include "smmu/endpoint.h"

#define ROUNDS	 4
#define PHASE_MS 40
#define HANG_MS	 2000

/* The host does this with each call. */
static struct {
	atomic_int error;		/* -errno that it answers, or 0 */
	atomic_bool hangs;		/* it does not answer for now */
	atomic_bool can_cut;		/* but it replaces what is attached */
	atomic_bool only_invalidations; /* and does all else */
	atomic_uint calls, failed;
} host;

static int on_call(void *unused, enum vsmmu_sim_call call)
{
	const int error = atomic_load(&host.error);

	(void)unused;
	atomic_fetch_add(&host.calls, 1);
	while (atomic_load(&host.hangs))
		poll(NULL, 0, 1);
	if (!error || (call == VSMMU_SIM_CALL_REPLACE && atomic_load(&host.can_cut)))
		return 0;
	if (call != VSMMU_SIM_CALL_INVALIDATE && atomic_load(&host.only_invalidations))
		return 0;
	atomic_fetch_add(&host.failed, 1);
	return error;
}

static void phase(int error, int ms)
{
	atomic_store(&host.error, error);
	poll(NULL, 0, ms);
}

/* Each error for a while, and for whole seconds no answer at all. */
static void *failures(void *errors)
{
	const int *error = errors;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		/* Endpoints keep the access that these are needed for. */
		atomic_store(&host.only_invalidations, round % 2);
		for (unsigned int i = 0; error[i]; i++) {
			phase(-error[i], PHASE_MS);
			phase(0, i % 2 ? PHASE_MS : 1);
		}
		if (round == 1) {
			atomic_store(&host.hangs, true);
			phase(0, HANG_MS);
			atomic_store(&host.hangs, false);
		}
	}
	phase(0, PHASE_MS);
	return NULL;
}

static void *failures_that_pass(void *unused)
{
	static int errors[] = {EBUSY, ETIMEDOUT, ENOMEM, 0};

	(void)unused;
	return failures(errors);
}

static void *failures_of_all_kinds(void *unused)
{
	/* Not ENOENT, which would be a lie of what is there. */
	static int errors[] = {EIO, EBUSY, EFAULT, ETIMEDOUT, EINVAL, ENOMEM, 0};

	(void)unused;
	return failures(errors);
}

static bool anything_is_missing(void)
{
	struct vsmmu *vsmmu = mt_vmm.vsmmu;
	bool missing;

	pthread_mutex_lock(&vsmmu->control_lock);
	missing = vsmmu->recovery.orphans || vsmmu->recovery.backoff;
	for (const struct vsmmu_endpoint *it = vsmmu->endpoints; it; it = it->next)
		missing = missing || it->blocked;
	pthread_mutex_unlock(&vsmmu->control_lock);
	return missing;
}

/* All that a VMM does for it: it looks at the command fd. */
static void wait_for_recovery(void)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(mt_vmm.vsmmu), .events = POLLIN};

	while (anything_is_missing()) {
		assert_int_equal(poll(&fd, 1, MT_VMM_PATIENCE), 1);
		assert_true(vsmmu_run_commands(mt_vmm.vsmmu, 0) >= 0);
	}
}

/* Translation works for all, the one that comes and goes included, as if nothing had been. */
static void expect_everything_back(void)
{
	const uint64_t command[1][2] = {{COMMAND_OP_TLBI_NSNH_ALL, 0}};
	uint32_t done = UINT32_MAX;

	mt_vmm_write(SMMU_GERRORN, mt_vmm_read(SMMU_GERROR, 4), 4);
	/* The toggling may have left another table. */
	mt_vmm_write(SMMU_CR0, SMMU_CR0_CMDQEN, 4);
	mt_vmm_write(SMMU_STRTAB_BASE_CFG, 6, 4);
	mt_vmm_write(SMMU_CR0, MT_VMM_ON, 4);
	do {
		mt_vmm_write(SMMU_EVENTQ_CONS, mt_vmm_read(SMMU_EVENTQ_PROD, 4), 4);
	} while (vsmmu_dispatch(mt_vmm.vsmmu, 0) > 0);
	assert_int_equal(mt_vmm_attach(MT_VMM_PLUGGED, MT_VMM_PLUGGED), 0);
	for (unsigned int n = 0; n < MT_VMM_ENDPOINTS; n++)
		for (uint64_t page = 0; page < 2; page++) {
			mt_vmm_set_page(n, MT_VMM_PAGES(n) + 0x1000 * page);
			assert_true(mt_vmm_issue_and_wait(n, command, 1, done--));
			assert_int_equal(mt_vmm_dma_read(n, MT_VMM_IOVA), 0x1000 * n + page + 1);
		}
	assert_int_equal(vsmmu_endpoint_detach(mt_vmm.endpoints[MT_VMM_PLUGGED]), 0);
}

static void all_at_once(enum mt_work_mode mode, void *(*leader)(void *), bool isolate)
{
	const struct vsmmu_config config = {.isolate = isolate};

	mt_vmm.sim = mt_vmm_sim_new(mt_vmm.dev_ids);
	mt_vmm_create(mt_vmm.sim, &config);
	atomic_store(&host.can_cut, mode == MT_WORK_FAILING);
	atomic_store(&host.failed, 0);
	assert_int_equal(vsmmu_sim_on_call(mt_vmm.sim, on_call, NULL), 0);
	mt_work(mode, leader, NULL);
	assert_true(atomic_load(&host.failed) > 0);
	if (mode == MT_WORK_BROKEN)
		assert_int_equal(vsmmu_recover(mt_vmm.vsmmu), 0);
	wait_for_recovery();
	expect_everything_back();
	mt_work_deliver_and_discard();
	mt_work_check_events();
	mt_work_check_commands();
	/* No object is left either. */
	mt_vmm_destroy(mt_vmm.sim);
}

/* No device sees what its guest has taken away and seen invalidated. */
TEST(a_host_that_fails_for_a_while)
{
	all_at_once(MT_WORK_FAILING, failures_that_pass, false);
}

TEST(a_host_that_fails_for_a_while_with_a_viommu_each)
{
	all_at_once(MT_WORK_FAILING, failures_that_pass, true);
}

TEST(a_host_that_fails_in_everything)
{
	all_at_once(MT_WORK_BROKEN, failures_of_all_kinds, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9 S6 D3", a_host_that_fails_for_a_while),
		UNIT_TEST("S9 S6 D3", a_host_that_fails_for_a_while_with_a_viommu_each),
		UNIT_TEST("S9 S6 D3", a_host_that_fails_in_everything),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
