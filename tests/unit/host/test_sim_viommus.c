/* SPDX-License-Identifier: BSD-2-Clause */
/* Several vIOMMUs of one nesting parent: what they share, and one that is for parking. */
#include "pgtable_asids.h"

#define SMMU 7U /* that of the stand's endpoint */

/* An endpoint on a vIOMMU of its own, attached to the stage 1 that asids.h has. */
struct neighbour {
	struct sim_fixture *s;
	struct host_endpoint endpoint;
	uint32_t viommu, vdevice, nested;
};

static void neighbour_init(struct neighbour *n, struct sim_fixture *s, uint32_t parent)
{
	const uint64_t ste[2] = {CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2};
	const struct host_ops *ops = s->ops;

	*n = (struct neighbour){.s = s, .endpoint.vfio_fd = -1};
	n->endpoint.dev_id = new_endpoint(s, SMMU);
	assert_int_equal(ops->viommu_alloc(s->host, &n->endpoint, parent, &n->viommu), 0);
	assert_int_equal(
		ops->vdevice_alloc(s->host, &n->endpoint, n->viommu, VSID, &n->vdevice), 0);
	assert_int_equal(ops->nested_alloc(s->host, &n->endpoint, n->viommu, ste, &n->nested), 0);
	assert_int_equal(ops->attach(s->host, &n->endpoint, n->nested, VSMMU_ATTACH_STAGE1), 0);
}

static void neighbour_free(struct neighbour *n)
{
	const uint32_t ids[] = {n->nested, n->vdevice, n->viommu};

	assert_int_equal(n->s->ops->detach(n->s->host, &n->endpoint), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(n->s->ops->destroy(n->s->host, ids[i]), 0);
}

static uint64_t load_there(struct neighbour *n)
{
	return load_by(n->s, n->endpoint.dev_id, 1, VA);
}

static void invalidate_by(struct sim_fixture *s, uint32_t viommu, uint64_t word0)
{
	invalidate_on(s, viommu, &(const uint64_t[2]){word0, 0}, 1);
}

static void the_host_says_whose_the_vmid_is(void **unused)
{
	const struct vsmmu_sim_config config = {.size = sizeof(config), .vmid_per_viommu = true};
	struct vsmmu_host *host;

	(void)unused;
	assert_int_equal(vsmmu_sim_new(&host, NULL), 0);
	assert_false(host->vmid_per_viommu);
	vsmmu_host_unref(host);
	assert_int_equal(vsmmu_sim_new(&host, &config), 0);
	assert_true(host->vmid_per_viommu);
	vsmmu_host_unref(host);
}

static void they_share_a_tlb_but_no_streams(void **unused)
{
	struct neighbour other;
	struct pgtable_asids asids;
	struct sim_fixture *s;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW);
	s = asids.s;
	neighbour_init(&other, s, s->parent);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	map_all(&asids, 1, RW, 16);
	assert_int_equal(load_there(&other), 0);
	invalidate_by(s, other.viommu, NSNH_ALL);
	assert_int_equal(load_page(&asids, 1, 0), 16);
	assert_int_equal(load_there(&other), 16);
	map_all(&asids, 1, RW, 32);
	invalidate_by(s, s->viommu, NH_ALL);
	assert_int_equal(load_there(&other), 32);
	assert_int_equal(load_page(&asids, 1, 0), 32);
	/* The StreamID is the same, but it is another stream. */
	break_cd(&asids, 1, true);
	invalidate_by(s, other.viommu, CFGI_CD_ALL);
	assert_int_equal(load_there(&other), ABORTED);
	assert_int_equal(load_page(&asids, 1, 0), 32);
	neighbour_free(&other);
	tear_down(s);
}

/* Nobody invalidates anything when a vIOMMU goes: what it left is there for the next one. */
static void the_tlb_is_the_parents(void **unused)
{
	struct neighbour other, next, elsewhere;
	struct pgtable_asids asids;
	struct sim_fixture *s;
	uint32_t parent;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW);
	s = asids.s;
	neighbour_init(&other, s, s->parent);
	assert_int_equal(load_there(&other), 0);
	neighbour_free(&other);
	map_all(&asids, 1, RW, 16);
	neighbour_init(&next, s, s->parent);
	assert_int_equal(load_there(&next), 0);
	/* Another parent has another VMID. */
	assert_int_equal(s->ops->parent_alloc(s->host, &s->endpoint, &parent), 0);
	neighbour_init(&elsewhere, s, parent);
	assert_int_equal(load_there(&elsewhere), 16);
	invalidate_by(s, elsewhere.viommu, NSNH_ALL);
	assert_int_equal(load_there(&next), 0);
	invalidate_by(s, next.viommu, NSNH_ALL);
	assert_int_equal(load_there(&next), 16);
	neighbour_free(&elsewhere);
	assert_int_equal(s->ops->destroy(s->host, parent), 0);
	neighbour_free(&next);
	tear_down(s);
}

/* From one vIOMMU to another the words of the STE stay the same, so nothing is invalidated. */
static void cds_outlive_a_change_of_viommu(void **unused)
{
	const uint64_t ste[2] = {CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2};
	struct pgtable_asids asids;
	uint32_t viommu, nested;
	struct sim_fixture *s;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG);
	s = asids.s;
	assert_int_equal(load_page(&asids, 1, 0), 0);
	break_cd(&asids, 1, true);
	assert_int_equal(s->ops->destroy(s->host, s->vdevice), 0);
	assert_int_equal(s->ops->viommu_alloc(s->host, &s->endpoint, s->parent, &viommu), 0);
	assert_int_equal(
		s->ops->vdevice_alloc(s->host, &s->endpoint, viommu, VSID, &s->vdevice), 0);
	assert_int_equal(s->ops->nested_alloc(s->host, &s->endpoint, viommu, ste, &nested), 0);
	assert_int_equal(s->ops->attach(s->host, &s->endpoint, nested, VSMMU_ATTACH_STAGE1), 0);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_int_equal(
		s->ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(s->ops->destroy(s->host, nested), 0);
	assert_int_equal(s->ops->destroy(s->host, s->vdevice), 0);
	assert_int_equal(s->ops->destroy(s->host, viommu), 0);
	assert_int_equal(
		s->ops->vdevice_alloc(s->host, &s->endpoint, s->viommu, VSID, &s->vdevice), 0);
	tear_down(s);
}

static int fault(struct sim_fixture *s)
{
	return raise_event(s, VSMMU_EVENT_F_TRANSLATION, 0);
}

static void expect_vsid(struct sim_fixture *s, uint32_t vsid)
{
	struct vsmmu_event_record record = {0};

	assert_int_equal(fault(s), 0);
	assert_true(next_event(s, &record));
	assert_int_equal(record.word[0] >> 32, vsid);
}

static void move_to(struct sim_fixture *s, uint32_t hwpt)
{
	assert_int_equal(s->ops->attach(s->host, &s->endpoint, hwpt, VSMMU_ATTACH_STAGE1), 0);
}

/* As run on the real kernel: abort and bypass on a vIOMMU on which no vDEVICE ever is. */
static void a_parked_endpoint_has_no_events(void **unused)
{
	const uint64_t abort_ste[2] = {STE_ABORT, 0}, bypass_ste[2] = {STE_BYPASS, 0};
	uint32_t parking, abort, bypass;
	struct vsmmu_sim_stats before, after;
	const struct host_ops *ops;
	struct pgtable_asids asids;
	struct sim_fixture *s;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG);
	s = asids.s;
	ops = s->ops;
	assert_int_equal(ops->viommu_alloc(s->host, &s->endpoint, s->parent, &parking), 0);
	assert_int_equal(ops->nested_alloc(s->host, &s->endpoint, parking, abort_ste, &abort), 0);
	assert_int_equal(ops->nested_alloc(s->host, &s->endpoint, parking, bypass_ste, &bypass), 0);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	expect_vsid(s, VSID);
	before = stats_of(s);

	move_to(s, abort);
	assert_int_equal(load(s, DATA + PAGE), ABORTED);
	assert_int_equal(fault(s), -EOPNOTSUPP);
	move_to(s, bypass);
	assert_int_equal(load(s, DATA + PAGE), 1);
	assert_int_equal(fault(s), -EOPNOTSUPP);
	move_to(s, s->nested);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	expect_vsid(s, VSID);

	/* Parked, it can be given another vSID. */
	move_to(s, abort);
	assert_int_equal(ops->destroy(s->host, s->vdevice), 0);
	assert_int_equal(
		ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), -ENOENT);
	assert_int_equal(load(s, DATA + PAGE), ABORTED);
	assert_int_equal(
		ops->vdevice_alloc(s->host, &s->endpoint, s->viommu, VSID + 1, &s->vdevice), 0);
	assert_int_equal(fault(s), -EOPNOTSUPP);
	move_to(s, s->nested);
	expect_vsid(s, VSID + 1);
	move_to(s, bypass);
	assert_int_equal(fault(s), -EOPNOTSUPP);
	move_to(s, s->nested);
	expect_vsid(s, VSID + 1);

	/* Nothing of it waits for anybody who maps or pins. */
	after = stats_of(s);
	assert_int_equal(after.replaces, before.replaces + 7);
	assert_int_equal(after.first_attaches, before.first_attaches);
	assert_int_equal(after.detaches, before.detaches);
	assert_int_equal(ops->destroy(s->host, abort), 0);
	assert_int_equal(ops->destroy(s->host, bypass), 0);
	assert_int_equal(ops->destroy(s->host, parking), 0);
	tear_down(s);
}

/* How an endpoint begins: detached from whatever it had, then abort as its first attach. */
static void parking_can_come_first(void **unused)
{
	const uint64_t abort_ste[2] = {STE_ABORT, 0};
	uint32_t parking, abort;
	struct pgtable_asids asids;
	struct sim_fixture *s;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG);
	s = asids.s;
	assert_int_equal(s->ops->viommu_alloc(s->host, &s->endpoint, s->parent, &parking), 0);
	assert_int_equal(
		s->ops->nested_alloc(s->host, &s->endpoint, parking, abort_ste, &abort), 0);
	assert_int_equal(s->ops->detach(s->host, &s->endpoint), 0);
	move_to(s, abort);
	assert_int_equal(load(s, DATA), ABORTED);
	move_to(s, s->nested);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	expect_vsid(s, VSID);
	assert_int_equal(s->ops->destroy(s->host, abort), 0);
	assert_int_equal(s->ops->destroy(s->host, parking), 0);
	tear_down(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(the_host_says_whose_the_vmid_is),
		UNIT_TEST("S8 S3", they_share_a_tlb_but_no_streams),
		UNIT_TEST("S8 S3", the_tlb_is_the_parents),
		UNIT_TEST("S8", cds_outlive_a_change_of_viommu),
		UNIT_TEST("S6", a_parked_endpoint_has_no_events),
		UNIT_TEST("S6", parking_can_come_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
