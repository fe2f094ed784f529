/* SPDX-License-Identifier: BSD-2-Clause */
/* IOMMU groups of the simulated host, as the real kernel treated two functions of one slot. */
#include "sim_dma_fixture.h"

#define GROUP	  7U
#define SMMU	  7U /* that of the stand's endpoint */
#define PEER_VSID 0x43U

/* The stand's endpoint is attached to stage 1, its peer of the same group to nothing. */
struct pair {
	struct sim_fixture *s;
	struct host_endpoint a, b;
	struct pgtable space;
	uint32_t vdevice_b;
};

static int attach(struct pair *pair, const struct host_endpoint *endpoint, uint32_t pt_id)
{
	return pair->s->ops->attach(pair->s->host, endpoint, pt_id, VSMMU_ATTACH_STAGE1);
}

static int detach(struct pair *pair, const struct host_endpoint *endpoint)
{
	return pair->s->ops->detach(pair->s->host, endpoint);
}

static void destroy(struct pair *pair, uint32_t id)
{
	assert_int_equal(pair->s->ops->destroy(pair->s->host, id), 0);
}

static uint32_t nested(struct pair *pair, uint64_t word0)
{
	uint32_t id;

	assert_int_equal(new_nested(pair->s, word0, 0, &id), 0);
	return id;
}

/* DATA has 7 in it: stage 1 has it at VA, bypass at its own address. */
static void pair_init(struct pair *pair)
{
	*pair = (struct pair){0};
	dma_pgtable(&pair->space);
	ram_set(&ram, DATA, 7);
	map_page(&pair->space, VA, DATA, RW);
	pair->s = dma_build(NULL);
	pair->a = pair->s->endpoint;
	pair->b = (struct host_endpoint){.dev_id = new_endpoint(pair->s, SMMU), .vfio_fd = -1};
	assert_int_equal(detach(pair, &pair->a), 0);
	assert_int_equal(vsmmu_sim_endpoint_set_group(pair->s->host, pair->a.dev_id, GROUP), 0);
	assert_int_equal(vsmmu_sim_endpoint_set_group(pair->s->host, pair->b.dev_id, GROUP), 0);
	assert_int_equal(pair->s->ops->vdevice_alloc(pair->s->host, &pair->b, pair->s->viommu,
				 PEER_VSID, &pair->vdevice_b),
		0);
	install(pair->s, CD_TABLE | STE_S1, 0);
}

static void pair_free(struct pair *pair)
{
	assert_int_equal(detach(pair, &pair->b), 0);
	destroy(pair, pair->vdevice_b);
	tear_down(pair->s);
}

static uint64_t load_a(struct pair *pair, uint64_t address)
{
	return load_by(pair->s, pair->a.dev_id, -1, address);
}

static uint64_t load_b(struct pair *pair, uint64_t address)
{
	return load_by(pair->s, pair->b.dev_id, -1, address);
}

static void groups_can_be_refused(void **unused)
{
	struct vsmmu_host other = {0};
	struct pair pair;
	struct vsmmu_host *host;
	uint32_t alien;

	(void)unused;
	pair_init(&pair);
	host = pair.s->host;
	alien = new_endpoint(pair.s, SMMU + 1);
	assert_int_equal(vsmmu_sim_endpoint_set_group(NULL, alien, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_endpoint_set_group(&other, alien, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, pair.s->viommu, 1), -ENOENT);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, alien, GROUP), -EINVAL);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, pair.a.dev_id, 1), -EBUSY);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, pair.b.dev_id, 1), 0);
	/* Nobody is left in it but itself; and into an empty one anybody may come. */
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, pair.b.dev_id, 1), 0);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, alien, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, pair.b.dev_id, GROUP), 0);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, alien, 1), 0);
	pair_free(&pair);
}

static void each_endpoint_is_in_a_group_of_its_own(void **unused)
{
	struct host_endpoint c = {.vfio_fd = -1};
	struct pair pair;
	uint32_t bypass;

	(void)unused;
	pair_init(&pair);
	c.dev_id = new_endpoint(pair.s, SMMU);
	bypass = nested(&pair, STE_BYPASS);
	assert_int_equal(attach(&pair, &c, bypass), 0);
	assert_int_equal(load_by(pair.s, c.dev_id, -1, DATA), 7);
	assert_int_equal(load_a(&pair, VA), 7);
	assert_int_equal(detach(&pair, &c), 0);
	assert_int_equal(load_by(pair.s, c.dev_id, -1, DATA), ABORTED);
	assert_int_equal(load_a(&pair, VA), 7);
	destroy(&pair, bypass);
	pair_free(&pair);
}

static void a_first_attach_to_something_else_is_refused(void **unused)
{
	struct pair pair;
	uint32_t mine, other;

	(void)unused;
	pair_init(&pair);
	mine = nested(&pair, STE_BYPASS);
	other = nested(&pair, STE_BYPASS);
	assert_int_equal(attach(&pair, &pair.b, other), -EINVAL);
	assert_int_equal(attach(&pair, &pair.b, pair.s->parent), -EINVAL);
	assert_int_equal(load_a(&pair, VA), 7);
	/* The very same one is shared. */
	assert_int_equal(attach(&pair, &pair.b, pair.s->nested), 0);
	assert_int_equal(detach(&pair, &pair.b), 0);
	/* After A was detached and B attached, A cannot come back as long as B stays. */
	assert_int_equal(detach(&pair, &pair.a), 0);
	assert_int_equal(detach(&pair, &pair.a), 0);
	assert_int_equal(attach(&pair, &pair.b, other), 0);
	assert_int_equal(attach(&pair, &pair.a, mine), -EINVAL);
	assert_int_equal(detach(&pair, &pair.a), 0);
	assert_int_equal(load_b(&pair, DATA), 7);
	assert_int_equal(detach(&pair, &pair.b), 0);
	assert_int_equal(attach(&pair, &pair.a, mine), 0);
	assert_int_equal(attach(&pair, &pair.a, pair.s->nested), 0);
	destroy(&pair, mine);
	destroy(&pair, other);
	pair_free(&pair);
}

static void a_replace_takes_the_group_along(void **unused)
{
	struct pair pair;
	uint32_t a, b;

	(void)unused;
	pair_init(&pair);
	a = nested(&pair, STE_ABORT);
	b = nested(&pair, STE_BYPASS);
	assert_int_equal(attach(&pair, &pair.b, pair.s->nested), 0);
	assert_int_equal(load_a(&pair, VA), 7);
	assert_int_equal(load_b(&pair, VA), 7);
	assert_int_equal(attach(&pair, &pair.b, b), 0);
	assert_int_equal(load_a(&pair, DATA), 7);
	assert_int_equal(load_b(&pair, DATA), 7);
	assert_int_equal(attach(&pair, &pair.a, a), 0);
	assert_int_equal(load_a(&pair, DATA), ABORTED);
	assert_int_equal(load_b(&pair, DATA), ABORTED);
	assert_int_equal(pair.s->ops->destroy(pair.s->host, a), -EBUSY);
	destroy(&pair, b); /* nobody has it any more */
	assert_int_equal(attach(&pair, &pair.b, pair.s->nested), 0);
	assert_int_equal(load_a(&pair, VA), 7);
	destroy(&pair, a);
	pair_free(&pair);
}

static void the_last_detach_blocks_all(void **unused)
{
	struct pair pair;

	(void)unused;
	pair_init(&pair);
	/* Not attached itself, it goes through what the group has. */
	assert_int_equal(load_b(&pair, VA), 7);
	assert_int_equal(attach(&pair, &pair.b, pair.s->nested), 0);
	assert_int_equal(detach(&pair, &pair.a), 0);
	assert_int_equal(load_a(&pair, VA), 7);
	assert_int_equal(pair.s->ops->destroy(pair.s->host, pair.s->nested), -EBUSY);
	assert_int_equal(detach(&pair, &pair.b), 0);
	assert_int_equal(load_a(&pair, VA), ABORTED);
	assert_int_equal(load_b(&pair, VA), ABORTED);
	destroy(&pair, pair.s->nested);
	pair.s->nested = nested(&pair, STE_ABORT);
	pair_free(&pair);
}

static void expect_vsid(struct pair *pair, const struct host_endpoint *endpoint, uint32_t vsid)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct vsmmu_event_record got = {0};

	assert_int_equal(vsmmu_sim_fault(pair->s->host, endpoint->dev_id, &record), 0);
	assert_true(next_event(pair->s, &got));
	assert_int_equal(got.word[0] >> 32, vsid);
}

static void each_member_has_a_vmaster_of_its_own(void **unused)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct pair pair;
	uint32_t second, abort;

	(void)unused;
	pair_init(&pair);
	expect_vsid(&pair, &pair.a, VSID);
	expect_vsid(&pair, &pair.b, PEER_VSID);
	/* Stage 1 needs a vDEVICE of each; nothing has changed for either. */
	second = nested(&pair, CD_TABLE | STE_S1);
	abort = nested(&pair, STE_ABORT);
	destroy(&pair, pair.vdevice_b);
	assert_int_equal(attach(&pair, &pair.a, second), -ENOENT);
	assert_int_equal(load_b(&pair, VA), 7);
	expect_vsid(&pair, &pair.a, VSID);
	expect_vsid(&pair, &pair.b, PEER_VSID);
	/* Abort does not need it. */
	assert_int_equal(attach(&pair, &pair.a, abort), 0);
	expect_vsid(&pair, &pair.a, VSID);
	assert_int_equal(vsmmu_sim_fault(pair.s->host, pair.b.dev_id, &record), -EOPNOTSUPP);
	assert_int_equal(pair.s->ops->vdevice_alloc(pair.s->host, &pair.b, pair.s->viommu,
				 PEER_VSID + 1, &pair.vdevice_b),
		0);
	/* Attached to what the group has, B gets no new one. */
	assert_int_equal(attach(&pair, &pair.b, abort), 0);
	assert_int_equal(vsmmu_sim_fault(pair.s->host, pair.b.dev_id, &record), -EOPNOTSUPP);
	assert_int_equal(attach(&pair, &pair.b, second), 0);
	expect_vsid(&pair, &pair.a, VSID);
	expect_vsid(&pair, &pair.b, PEER_VSID + 1);
	assert_int_equal(attach(&pair, &pair.b, pair.s->nested), 0);
	destroy(&pair, second);
	destroy(&pair, abort);
	pair_free(&pair);
}

static void a_newcomer_follows_its_group(void **unused)
{
	struct pair pair;
	uint32_t c, bypass;

	(void)unused;
	pair_init(&pair);
	bypass = nested(&pair, STE_BYPASS);
	c = new_endpoint(pair.s, SMMU);
	/* It has no vDEVICE, so that it is blocked until the group has something that fits. */
	assert_int_equal(vsmmu_sim_endpoint_set_group(pair.s->host, c, GROUP), 0);
	assert_int_equal(load_by(pair.s, c, -1, VA), ABORTED);
	assert_int_equal(attach(&pair, &pair.a, bypass), 0);
	assert_int_equal(load_by(pair.s, c, -1, DATA), 7);
	/* So does one that comes later; and who goes is blocked. */
	assert_int_equal(vsmmu_sim_endpoint_set_group(pair.s->host, c, 1), 0);
	assert_int_equal(load_by(pair.s, c, -1, DATA), ABORTED);
	assert_int_equal(vsmmu_sim_endpoint_set_group(pair.s->host, c, GROUP), 0);
	assert_int_equal(load_by(pair.s, c, -1, DATA), 7);
	assert_int_equal(vsmmu_sim_endpoint_set_group(pair.s->host, c, 1), 0);
	assert_int_equal(attach(&pair, &pair.a, pair.s->nested), 0);
	destroy(&pair, bypass);
	pair_free(&pair);
}

static void attaching_is_counted_by_its_kind(void **unused)
{
	struct vsmmu_sim_stats before, after;
	struct pair pair;
	uint32_t other;

	(void)unused;
	pair_init(&pair);
	other = nested(&pair, STE_ABORT);
	before = stats_of(pair.s);
	assert_int_equal(before.parents, 1);
	assert_int_equal(detach(&pair, &pair.b), 0); /* it is not attached */
	assert_int_equal(attach(&pair, &pair.b, other), -EINVAL);
	assert_int_equal(attach(&pair, &pair.b, pair.s->viommu), -EINVAL);
	assert_int_equal(attach(&pair, &pair.a, pair.s->viommu), -EINVAL);
	after = stats_of(pair.s);
	assert_int_equal(after.detaches, before.detaches);
	assert_int_equal(after.first_attaches, before.first_attaches);
	assert_int_equal(after.replaces, before.replaces);
	assert_int_equal(attach(&pair, &pair.b, pair.s->nested), 0);
	assert_int_equal(attach(&pair, &pair.b, pair.s->nested), 0);
	assert_int_equal(attach(&pair, &pair.a, other), 0);
	assert_int_equal(detach(&pair, &pair.b), 0);
	after = stats_of(pair.s);
	assert_int_equal(after.detaches, before.detaches + 1);
	assert_int_equal(after.first_attaches, before.first_attaches + 1);
	assert_int_equal(after.replaces, before.replaces + 2);
	assert_int_equal(after.parents, 1);
	assert_int_equal(attach(&pair, &pair.a, pair.s->nested), 0);
	destroy(&pair, other);
	pair_free(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", groups_can_be_refused),
		UNIT_TEST("S6", each_endpoint_is_in_a_group_of_its_own),
		UNIT_TEST("S6", a_first_attach_to_something_else_is_refused),
		UNIT_TEST("S6", a_replace_takes_the_group_along),
		UNIT_TEST("S6", the_last_detach_blocks_all),
		UNIT_TEST("S6", each_member_has_a_vmaster_of_its_own),
		UNIT_TEST("S6", a_newcomer_follows_its_group),
		UNIT_TEST("S6", attaching_is_counted_by_its_kind),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
