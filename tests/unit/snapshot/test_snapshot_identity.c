/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot brings the identity that its guest knows, and the vSMMU keeps that or refuses it. */
#include <errno.h>
#include <string.h>

#include "snapshot_machine.h"

static const struct vsmmu_config automatic = {
	.ats = VSMMU_AUTO, .ssid_bits = VSMMU_AUTO, .oas_bits = VSMMU_AUTO};

/* 48 bits, ATS; all granules; SubstreamIDs of 8 bits. */
static const struct vsmmu_sim_config strong = {
	.idr = {0x0d48100c, 8 << 6 | 0x20, 0, 0x400, 0, 0x75}, .ats = true};

static struct vsmmu_identity identity_of(struct machine *machine)
{
	struct vsmmu_identity identity = {.size = sizeof(identity)};

	assert_int_equal(vsmmu_get_identity(machine->vmm->vsmmu, &identity), 0);
	return identity;
}

static void expect_report(struct machine *machine, const char *text)
{
	assert_int_equal(machine->vmm->report_count, 1);
	assert_int_equal(machine->vmm->reports[0].code, VSMMU_REPORT_UNFIT);
	if (!strstr(machine->vmm->reports[0].text, text))
		fail_msg("\"%s\" lacks \"%s\"", machine->vmm->reports[0].text, text);
	machine->vmm->report_count = 0;
}

TEST(a_restore_freezes)
{
	struct machine from, to;
	struct vsmmu_identity brought;

	/* Saving does not. */
	machine_new(&from, &strong, &automatic, ENDPOINTS);
	brought = identity_of(&from);
	assert_int_equal(brought.ssid_bits, 8);
	assert_int_equal(brought.oas_bits, 48);
	assert_true(brought.ats);
	machine_new(&to, NULL, &(struct vsmmu_config){.ssid_bits = 20, .ats = 0}, ENDPOINTS);
	assert_int_equal(machine_move(&from, &to), -ENODEV);
	expect_report(&to, "ats 1, but this vSMMU 0");
	assert_false(identity_of(&from).frozen);
	assert_false(identity_of(&to).frozen);
	machine_free(&to);
	machine_new(&to, &strong, &automatic, ENDPOINTS);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_true(identity_of(&to).frozen);
	assert_memory_equal(identity_of(&to).idr, brought.idr, sizeof(brought.idr));
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(vsmmu_endpoint_detach(to.endpoint[n]), 0);
	assert_memory_equal(identity_of(&to).idr, brought.idr, sizeof(brought.idr));
	machine_free(&from);
	machine_free(&to);
}

/* Each value that the config leaves to the endpoints is theirs to keep. */
TEST(what_is_automatic_is_for_the_endpoints_to_keep)
{
	static const struct {
		uint32_t idr[6];
		bool ats;
		const char *lacks;
	} weaker[] = {
		{{0x0d48100c, 7 << 6 | 0x20, 0, 0x400, 0, 0x75}, true, "promised SSIDSIZE 8"},
		{{0x0d48100c, 8 << 6 | 0x20, 0, 0x400, 0, 0x75}, false, "promised ATS"},
		{{0x0d48100c, 8 << 6 | 0x20, 0, 0x400, 0, 0x74}, true, "promised OAS of 48 bits"},
		{{0x0d48100c, 8 << 6 | 0x20, 0, 0x400, 0, 0x55}, true, "promised GRAN16K 1"},
	};
	struct machine from, to;

	machine_new(&from, &strong, &automatic, ENDPOINTS);
	for (size_t i = 0; i < sizeof(weaker) / sizeof(weaker[0]); i++) {
		struct vsmmu_sim_config sim = {.ats = weaker[i].ats};
		struct vsmmu_identity before;

		memcpy(sim.idr, weaker[i].idr, sizeof(sim.idr));
		machine_new(&to, &sim, &automatic, ENDPOINTS);
		before = identity_of(&to);
		assert_int_equal(machine_move(&from, &to), -ENODEV);
		expect_report(&to, weaker[i].lacks);
		assert_memory_equal(identity_of(&to).idr, before.idr, sizeof(before.idr));
		/* The identity follows the endpoints as before. */
		assert_false(identity_of(&to).frozen);
		for (unsigned int n = 0; n < ENDPOINTS; n++)
			assert_int_equal(vsmmu_endpoint_detach(to.endpoint[n]), 0);
		assert_int_equal(identity_of(&to).ssid_bits, 0);
		machine_free(&to);
	}
	machine_free(&from);
}

/* A guest whose devices are all unplugged goes on with the config that it began with. */
TEST(without_endpoints_the_guest_keeps_what_it_knows)
{
	static const struct vsmmu_sim_config weak = {
		.idr = {0x0d48100c, 0x20, 0, 0x400, 0, 0x74}, .ats = true};
	struct machine from, to;

	machine_new(&from, &strong, &automatic, 1);
	machine_start(&from);
	assert_int_equal(vsmmu_endpoint_detach(from.endpoint[0]), 0);
	machine_new(&to, &weak, &automatic, 0);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(identity_of(&to).ssid_bits, 8);
	assert_true(identity_of(&to).ats);
	assert_int_equal(machine_attach(&to, 0), -ENODEV);
	expect_report(&to, "promised SSIDSIZE 8");
	machine_free(&to);
	machine_new(&to, &strong, &automatic, 0);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(machine_attach(&to, 0), 0);
	machine_free(&to);
	machine_free(&from);
}

/* Values that the config says cannot be exceeded, whoever is attached. */
TEST(explicit_granules_and_asids_limit_a_snapshot)
{
	static const struct vsmmu_config fewer = {.granules = VSMMU_GRANULE_4K},
					 smaller = {.asid_bits = 8};
	struct machine from, to;

	machine_new(&from, NULL, NULL, 0);
	machine_new(&to, NULL, &fewer, 0);
	assert_int_equal(machine_move(&from, &to), -ENODEV);
	expect_report(&to, "granules 7, but this vSMMU 1");
	machine_free(&to);
	machine_new(&to, NULL, &smaller, 0);
	assert_int_equal(machine_move(&from, &to), -ENODEV);
	expect_report(&to, "asid_bits 16, but this vSMMU 8");
	machine_free(&to);
	machine_free(&from);
	/* The other way round is less than the config has. */
	machine_new(&to, NULL, NULL, 0);
	machine_new(&from, NULL, &fewer, 0);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(identity_of(&to).granules, VSMMU_GRANULE_4K);
	machine_free(&from);
	assert_int_equal(vsmmu_reset(to.vmm->vsmmu), 0);
	machine_new(&from, NULL, &smaller, 0);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(identity_of(&to).asid_bits, 8);
	assert_int_equal(identity_of(&to).granules, 7);
	machine_free(&from);
	machine_free(&to);
}

/* A restore that the host spoils is undone, and the identity is open again. */
TEST(a_restore_that_fails_freezes_nothing)
{
	struct machine from, to;
	struct vsmmu_identity before;

	machine_new(&from, &strong, &(struct vsmmu_config){.ssid_bits = 4}, ENDPOINTS);
	machine_start(&from);
	machine_new(&to, &strong, &automatic, ENDPOINTS);
	before = identity_of(&to);
	host_interposer_fail(to.host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EIO);
	assert_int_equal(machine_move(&from, &to), -EIO);
	host_interposer_heal(to.host);
	assert_memory_equal(identity_of(&to).idr, before.idr, sizeof(before.idr));
	assert_false(identity_of(&to).frozen);
	assert_int_equal(machine_move(&from, &to), 0);
	assert_int_equal(identity_of(&to).ssid_bits, 4);
	machine_free(&from);
	machine_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 S7", a_restore_freezes),
		UNIT_TEST("S1 S7", what_is_automatic_is_for_the_endpoints_to_keep),
		UNIT_TEST("S1 S7", without_endpoints_the_guest_keeps_what_it_knows),
		UNIT_TEST("S1 S7", explicit_granules_and_asids_limit_a_snapshot),
		UNIT_TEST("S1 S7", a_restore_that_fails_freezes_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
