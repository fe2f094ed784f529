/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots that somebody made up, used all the same, and calls that fail on the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/event.h>

#include "lib/fail_nth.h"
#include "lib/rng.h"
#include "smmu/endpoints/ste_install.h"
#include "snapshot_fixture.h"

#define ROUNDS 20000

/* Stage 1 with a CD of zeroes, which is a bad one. */
#define STE0	      (0xb | (TEST_VMM_MEMORY + 0x30000))
#define STE1_S1STALLD (UINT64_C(1) << 27)
#define STE1_EATS     (UINT64_C(1) << 28)

/* The VMM has not given it to its guest, but the host has it. */
static void assert_no_ats(const struct machine *machine)
{
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		if (machine->endpoint[n]->installed == INSTALLED_NESTED)
			assert_int_equal(machine->endpoint[n]->vste[1] & STE1_EATS, 0);
}

/* A driver that begins anew, with the SMMU that it is told it has. */
static void drive(struct machine *machine)
{
	static const uint64_t cleared[] = {SMMU_IRQ_CTRL, SMMU_CR0, SMMU_GERROR_IRQ_CFG0,
		SMMU_GERROR_IRQ_CFG0 + 4, SMMU_EVENTQ_IRQ_CFG0, SMMU_EVENTQ_IRQ_CFG0 + 4,
		SMMU_CMDQ_PROD, SMMU_CMDQ_CONS, SMMU_EVENTQ_PROD, SMMU_EVENTQ_CONS};
	struct test_vmm *vmm = machine->vmm;
	uint64_t delivered;

	for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++)
		test_vmm_write(vmm, cleared[i], 0);
	test_vmm_write(vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR));
	machine->prod = 0;
	machine_start(machine);
	test_vmm_store64(vmm, STRTAB + VSID * 64, STE0);
	test_vmm_store64(vmm, STRTAB + VSID * 64 + 8, STE1_EATS);
	machine_queue(machine, COMMAND_OP_CFGI_STE_RANGE, 31);
	machine_queue(machine, COMMAND_OP_TLBI_NSNH_ALL, 0);
	machine_queue(machine, COMMAND_OP_SYNC, 0);
	machine_kick(machine);
	vsmmu_run_commands(vmm->vsmmu, 0);
	/* An ATC_INV that was lost before: told once. */
	if (test_vmm_read(vmm, SMMU_CMDQ_CONS) == (SMMU_CERROR_ATC_INV << SMMU_CMDQ_ERR_LOW | 2))
		test_vmm_write(vmm, SMMU_GERRORN, test_vmm_read(vmm, SMMU_GERROR));
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 3);
	assert_no_ats(machine);
	/* No stalls either. */
	assert_true(machine->endpoint[0]->vste[0] == STE0);
	assert_true(machine->endpoint[0]->vste[1] == STE1_S1STALLD);
	delivered = test_vmm_stats(vmm).delivered;
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(machine_dma(machine, n, DATA), n ? 0 : -EFAULT);
	vsmmu_dispatch(vmm->vsmmu, 0);
	assert_int_equal(test_vmm_stats(vmm).delivered, delivered + 1);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(test_vmm_load64(vmm, EVENTQ) & UINT32_MAX, VSMMU_EVENT_C_BAD_CD);
}

/* The guest, and the VMM, use whatever it was. */
static void use(struct machine *machine)
{
	struct test_vmm *vmm = machine->vmm;

	assert_no_ats(machine);
	vsmmu_dispatch(vmm->vsmmu, 0);
	vsmmu_run_commands(vmm->vsmmu, 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		machine_dma(machine, n, DATA);
	for (int i = 0; i < 2 * FIXTURE_EVENTS; i++) {
		test_vmm_write(vmm, SMMU_EVENTQ_CONS, test_vmm_read(vmm, SMMU_EVENTQ_PROD));
		vsmmu_dispatch(vmm->vsmmu, 0);
	}
	drive(machine);
	assert_int_equal(vsmmu_reset(vmm->vsmmu), 0);
}

/* Whatever passes the checks does no harm, and what does not leaves no trace. */
TEST(made_up_snapshots_do_no_harm)
{
	uint8_t *bytes = malloc(fixture.length);
	unsigned int taken = 0, refused = 0;
	struct rng rng = {.state = 4711};

	assert_non_null(bytes);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int changes = 1 + (unsigned int)(rng_below(&rng, 3));
		int ret;

		memcpy(bytes, fixture.bytes, fixture.length);
		while (changes--)
			bytes[FIXTURE_HEADER + rng_below(&rng, fixture.length - FIXTURE_HEADER)] ^=
				(uint8_t)(1 << rng_below(&rng, 8));
		fixture_seal(bytes, fixture.length);
		ret = fixture_restore(bytes, fixture.length);
		assert_true(ret == 0 || ret == -EBADMSG || ret == -ENODEV);
		taken += !ret;
		refused += !!ret;
		if (!ret)
			use(&fixture.to);
		assert_int_equal(test_vmm_read(fixture.to.vmm, SMMU_CR0), 0);
	}
	/* Both really happened. */
	assert_true(taken > ROUNDS / 20 && refused > ROUNDS / 20);
	free(bytes);
}

TEST(saving_survives_every_failed_call)
{
	bool fired = true;
	unsigned int n;

	for (n = 1; fired; n++) {
		struct machine from;
		void *bytes = NULL;
		size_t length;
		int ret;

		fixture_machine_new(&from);
		fixture_machine_fill(&from);
		fail_nth_arm(n);
		ret = vsmmu_save(from.vmm->vsmmu, &bytes, &length);
		fail_nth_arm(0);
		fired = fail_nth_fired();
		assert_int_equal(!ret, !fired);
		assert_int_equal(!ret, !!bytes);
		vsmmu_snapshot_free(bytes);
		/* What could be read is kept, and found by the next one. */
		assert_int_equal(vsmmu_save(from.vmm->vsmmu, &bytes, &length), 0);
		assert_int_equal(length, fixture.length);
		vsmmu_snapshot_free(bytes);
		vsmmu_dispatch(from.vmm->vsmmu, 0);
		assert_int_equal(test_vmm_stats(from.vmm).delivered, FIXTURE_EVENTS);
		assert_int_equal(test_vmm_stats(from.vmm).lost, 0);
		machine_free(&from);
	}
	/* Itself, the records, the StreamIDs and the bytes, at least. */
	assert_true(n - 1 >= 4);
}

TEST(restoring_survives_every_failed_call)
{
	unsigned int n = 0;
	int ret;

	do {
		fail_nth_arm(++n);
		ret = vsmmu_restore(fixture.to.vmm->vsmmu, fixture.bytes, fixture.length);
		fail_nth_arm(0);
		if (!ret)
			break;
		assert_true(fail_nth_fired());
		fixture_assert_untouched();
	} while (ret);
	/* Itself, the StreamIDs and the records, at least. */
	assert_true(n - 1 >= 3);
	fixture_assert_restored();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(made_up_snapshots_do_no_harm),
		FIXTURE_TEST(saving_survives_every_failed_call),
		FIXTURE_TEST(restoring_survives_every_failed_call),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
