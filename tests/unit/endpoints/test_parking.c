/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each nesting parent has a parking vIOMMU, on which every endpoint has an abort and a bypass
 * HWPT: an endpoint is attached once, to the first of them, and from then on only replaced.
 */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

#define CMDQ (TEST_VMM_MEMORY + 0x400000)

static struct vsmmu_sim_stats sim_stats(struct install_fixture *fixture)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(fixture->sim, &stats), 0);
	return stats;
}

/* Abort HWPTs that were made: what another SMMU's parent said EINVAL to is none. */
static unsigned int abort_hwpts(const struct install_fixture *fixture)
{
	return host_interposer_count(fixture->host, "nested 1 0") -
	       host_interposer_count(fixture->host, "nested 1 0 = -22");
}

/* Each is attached once, after a detach of what the VMM had attached; the rest are replaces. */
TEST(an_endpoint_is_attached_once)
{
	struct install_fixture *fixture = fixture_translating(NULL, 0);
	const struct host_endpoint device = {.dev_id = fixture->dev[0], .vfio_fd = -1};
	uint32_t vmms;

	/* The VMM's own mapping of all memory, until now. */
	assert_int_equal(fixture->sim->ops->parent_alloc(fixture->sim, &device, &vmms), 0);
	assert_int_equal(
		fixture->sim->ops->attach(fixture->sim, &device, vmms, VSMMU_ATTACH_PUT_BACK), 0);
	fixture_enable(fixture);
	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(fixture_attach(fixture, n), 0);
	assert_int_equal(sim_stats(fixture).detaches, 1);
	assert_int_equal(sim_stats(fixture).first_attaches, 1 + 3);
	assert_non_null(strstr(host_interposer_text(fixture->host), "detach\nattach nested\n"));

	for (unsigned int round = 0; round < 3; round++) {
		test_vmm_write(fixture->vmm, SMMU_CR0, 0);
		test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
		test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
		fixture_enable(fixture);
		assert_int_equal(fixture_set_ste(fixture, 1, STE_BYPASS, 0), 0);
		assert_int_equal(fixture_set_ste(fixture, 1, 0, 0), 0);
		assert_int_equal(fixture_set_ste(fixture, 1, STE_S1, 0), 0);
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[2], 0x21 + round), 0);
		assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
	}
	assert_int_equal(sim_stats(fixture).detaches, 1);
	assert_int_equal(sim_stats(fixture).first_attaches, 1 + 3);
	/* Nor was the bare parent ever what an endpoint met, or a parked HWPT made twice. */
	assert_int_equal(host_interposer_count(fixture->host, "attach parent"), 0);
	assert_int_equal(abort_hwpts(fixture), 3);
	assert_int_equal(host_interposer_count(fixture->host, "detach"), 3);
	for (unsigned int n = 0; n < 3; n++)
		fixture_detach(fixture, n);
	assert_int_equal(sim_stats(fixture).detaches, 1 + 3);
	assert_int_equal(fixture->sim->ops->destroy(fixture->sim, vmms), 0);
	fixture_free(fixture);
}

/* Two HWPTs of each endpoint on the parking vIOMMU of its physical SMMU. */
TEST(each_has_two_of_its_own)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		const struct vsmmu_config config = {.isolate = isolate};
		struct install_fixture *fixture = fixture_translating(&config, 4);
		const struct vsmmu_endpoint *it;

		assert_int_equal(fixture_objects(fixture), OBJECTS(2, isolate ? 4 : 2, 4, 0));
		assert_int_equal(abort_hwpts(fixture), 4);
		assert_int_equal(host_interposer_count(fixture->host, "nested 9 0"), 4);
		for (unsigned int n = 0; n < 4; n++) {
			fixture_expect_bypass(fixture, n);
			it = fixture->endpoint[n];
			assert_ptr_equal(
				it->viommu->parent, fixture->endpoint[n % 2]->viommu->parent);
			assert_int_not_equal(it->viommu->id, it->viommu->parent->parking_id);
		}
		fixture_free(fixture);
	}
}

TEST(parking_ends_the_forwarding)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	uint64_t word[4];

	fixture_enable(fixture);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	test_vmm_write(fixture->vmm, SMMU_CR0, SMMU_CR0_EVENTQEN); /* GBPA: bypass */
	assert_false(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_false(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	fixture_enable(fixture);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0x5000));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[2], 0x5000);
	assert_int_equal(sim_stats(fixture).printed, 2);
	fixture_expect_counted(fixture);
	fixture_free(fixture);
}

/* The vDEVICE is made anew while it is parked; the STE's HWPT then reports the new number. */
TEST(renumbering_happens_while_it_is_parked)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	uint64_t word[4];

	fixture_enable(fixture);
	for (uint32_t vsid = 0x21; vsid < 0x24; vsid++) {
		fixture_write_ste(fixture, vsid, STE_S1, 0);
		host_interposer_clear(fixture->host);
		assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], vsid), 0);
		assert_int_equal(strncmp(host_interposer_text(fixture->host),
					 "attach nested\ndestroy nested\ndestroy vdevice\nvdevice ",
					 strlen("attach nested\ndestroy nested\ndestroy vdevice\n"
						"vdevice ")),
			0);
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
		assert_true(fixture_consume(fixture, word));
		assert_int_equal(word[0] >> 32, vsid);
		assert_false(fixture_consume(fixture, word));
	}
	fixture_free(fixture);
}

static void send_tlbi(struct install_fixture *fixture)
{
	struct test_vmm *vmm = fixture->vmm;

	test_vmm_store64(vmm, CMDQ, UINT64_C(0x11) | UINT64_C(1) << 48); /* TLBI_NH_ASID */
	test_vmm_store64(vmm, CMDQ + 16, 0x46);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 4);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 0);
	test_vmm_write(vmm, SMMU_CMDQ_CONS, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 2);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 2);
}

static const char *position(const struct install_fixture *fixture, const char *line)
{
	return strstr(host_interposer_text(fixture->host), line);
}

/* TLB entries of a parent's VMID outlive its endpoints: nobody was told of this invalidation. */
TEST(a_parent_without_endpoints_owes_invalidations)
{
	for (int invalidated = 0; invalidated < 2; invalidated++) {
		struct install_fixture *fixture = fixture_translating(NULL, 1);

		fixture_enable(fixture);
		fixture_detach(fixture, 0);
		host_interposer_clear(fixture->host);
		if (invalidated)
			send_tlbi(fixture);
		assert_string_equal(host_interposer_text(fixture->host), "");
		assert_int_equal(fixture_attach(fixture, 0), 0);
		fixture_expect_nested(fixture, 0, STE_S1, 0);
		assert_int_equal(host_interposer_count(fixture->host, "parent"), 0);
		assert_int_equal(host_interposer_count(fixture->host, "invalidate 1"), invalidated);
		/* Everything, before it has access. */
		if (invalidated)
			assert_true(position(fixture, "invalidate 1\n") <
				    position(fixture, "nested 8030000b 0\n"));
		assert_int_equal(sim_stats(fixture).commands, invalidated);
		/* Once is enough. */
		host_interposer_clear(fixture->host);
		assert_int_equal(fixture_set_ste(fixture, 0, STE_BYPASS, 0), 0);
		assert_int_equal(host_interposer_count(fixture->host, "invalidate 1"), 0);
		fixture_free(fixture);
	}
}

/* If that fails there is no attach. */
TEST(no_access_before_that_invalidation)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);

	fixture_enable(fixture);
	fixture_detach(fixture, 0);
	send_tlbi(fixture);
	host_interposer_clear(fixture->host);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_INVALIDATE), 1, 1, EIO);
	assert_int_not_equal(fixture_attach(fixture, 0), 0);
	assert_false(host_interposer_opened(fixture->host, fixture->dev[0]));
	assert_int_equal(fixture_attach(fixture, 0), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

/* A parent that the host does not let go of is not forgotten: it keeps memory pinned. */
TEST(a_parent_that_cannot_go_goes_later)
{
	static const unsigned int left[] = {2, 1};

	for (unsigned int n = 1; n <= 2; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 1);

		fixture_detach(fixture, 0);
		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EBUSY);
		assert_int_equal(vsmmu_drop_parents(fixture->vmm->vsmmu), -EBUSY);
		assert_int_equal(fixture_objects(fixture), left[n - 1]);
		/* An endpoint that comes meanwhile does not depend on it. */
		assert_int_equal(fixture_attach(fixture, 0), 0);
		fixture_detach(fixture, 0);
		assert_int_equal(vsmmu_drop_parents(fixture->vmm->vsmmu), 0);
		assert_int_equal(fixture_objects(fixture), 0);
		fixture_free(fixture);
	}
}

TEST(a_parent_with_an_endpoint_is_not_dropped)
{
	struct install_fixture *fixture = fixture_translating(NULL, 2);
	uint64_t objects = fixture_objects(fixture);

	assert_int_equal(vsmmu_drop_parents(fixture->vmm->vsmmu), 0);
	assert_int_equal(fixture_objects(fixture), objects);
	fixture_detach(fixture, 1);
	assert_int_equal(fixture_objects(fixture), OBJECTS(2, 1, 1, 0));
	assert_int_equal(vsmmu_drop_parents(fixture->vmm->vsmmu), 0);
	assert_int_equal(fixture_objects(fixture), OBJECTS(1, 1, 1, 0));
	fixture_expect_bypass(fixture, 0);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6 D2", an_endpoint_is_attached_once),
		UNIT_TEST("S6 D2", each_has_two_of_its_own),
		UNIT_TEST("S4 E10", parking_ends_the_forwarding),
		UNIT_TEST("S6", renumbering_happens_while_it_is_parked),
		UNIT_TEST("S3 S6 D3", a_parent_without_endpoints_owes_invalidations),
		UNIT_TEST("S3 S6 D3", no_access_before_that_invalidation),
		UNIT_TEST("S6 D3", a_parent_that_cannot_go_goes_later),
		UNIT_TEST("S6 D1", a_parent_with_an_endpoint_is_not_dropped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
