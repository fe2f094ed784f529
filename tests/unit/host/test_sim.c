/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated host: objects, routing, failures and threads, against what the kernel does. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "sim_fixture.h"

#define STALL	 (UINT64_C(1) << 31)
#define S2	 (UINT64_C(1) << 39)
#define UNKNOWN	 UINT32_C(0x7ffffff0)
#define STORM	 50000
#define FAULTERS 2

static uint32_t out; /* of calls that must fail: stays 0 */

/* Objects */

TEST(misuse_is_einval)
{
	const struct vsmmu_sim_config bad_kernel = {
		.size = sizeof(bad_kernel), .kernel = (enum vsmmu_sim_kernel)2};
	const struct vsmmu_sim_config bad_sequence = {
		.size = sizeof(bad_sequence), .first_sequence = UINT32_C(1) << 31};
	const struct vsmmu_sim_config bad_size = {.size = 1};
	const struct vsmmu_event_record record = {0};
	struct vsmmu_host other = {0};
	struct vsmmu_host *host = &other;
	struct vsmmu_sim_stats stats = {.size = 0};
	struct sim_fixture *s = build_depth(1);

	assert_int_equal(vsmmu_sim_new(NULL, NULL), -EINVAL);
	assert_int_equal(vsmmu_sim_new(&host, &bad_kernel), -EINVAL);
	assert_int_equal(vsmmu_sim_new(&host, &bad_sequence), -EINVAL);
	assert_int_equal(vsmmu_sim_new(&host, &bad_size), -EINVAL);
	assert_ptr_equal(host, &other);
	assert_int_equal(vsmmu_sim_endpoint_new(&other, 0, &out), -EINVAL);
	assert_int_equal(vsmmu_sim_fault(&other, 1, &record), -EINVAL);
	assert_int_equal(vsmmu_sim_fault(s->host, 1, NULL), -EINVAL);
	assert_int_equal(vsmmu_sim_on_lost_copy(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(vsmmu_sim_get_stats(s->host, &stats), -EINVAL);
	assert_int_equal(vsmmu_sim_get_stats(&other, &stats), -EINVAL);
	assert_int_equal(vsmmu_sim_drop(&other, s->endpoint.dev_id, 1), -EINVAL);
	assert_int_equal(vsmmu_sim_drop(s->host, s->endpoint.dev_id, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_drop(s->host, UNKNOWN, 1), -ENOENT);
	assert_int_equal(vsmmu_sim_fail(&other, VSMMU_SIM_FAIL_READ, 0, EIO), -EINVAL);
	assert_int_equal(vsmmu_sim_fail(s->host, (enum vsmmu_sim_failure)0, 0, EIO), -EINVAL);
	assert_int_equal(vsmmu_sim_fail(s->host, (enum vsmmu_sim_failure)8, 0, EIO), -EINVAL);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_READ, 0, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_CALL, 0, -EIO), -EINVAL);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_READ_ALWAYS, 1, 0), -EINVAL);
	tear_down(s);
}

TEST(an_object_in_use_is_busy)
{
	struct sim_fixture *s = build_depth(1);
	const struct host_ops *ops = s->ops;

	assert_int_equal(ops->destroy(s->host, 0), -ENOENT);
	assert_int_equal(ops->destroy(s->host, UNKNOWN), -ENOENT);
	assert_int_equal(ops->destroy(s->host, s->endpoint.dev_id), -EBUSY);
	assert_int_equal(ops->destroy(s->host, s->parent), -EBUSY); /* the vIOMMU's */
	assert_int_equal(ops->destroy(s->host, s->viommu), -EBUSY);
	assert_int_equal(ops->destroy(s->host, s->nested), -EBUSY);   /* attached */
	assert_int_equal(ops->destroy(s->host, s->queue.id), -EBUSY); /* its fd is open */
	assert_int_equal(stats_of(s).objects, 5);

	ops->veventq_close(s->host, &s->queue);
	assert_int_equal(s->queue.fd, -1);
	assert_int_equal(read_bytes(s, ROOM), -EBADF);
	raise(s, 2); /* the object is still there, so it takes them */
	ops->veventq_close(s->host, &s->queue);
	assert_int_equal(ops->destroy(s->host, s->queue.id), 0);
	assert_int_equal(ops->destroy(s->host, s->queue.id), -ENOENT);
	assert_int_equal(ops->destroy(s->host, s->viommu), -EBUSY); /* vDEVICE, nested HWPT */
	assert_int_equal(ops->destroy(s->host, s->vdevice), 0);	    /* even while attached */
	assert_int_equal(ops->destroy(s->host, s->viommu), -EBUSY);
	assert_int_equal(ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(ops->destroy(s->host, s->nested), 0);
	assert_int_equal(ops->destroy(s->host, s->viommu), 0);
	assert_int_equal(ops->destroy(s->host, s->parent), -EBUSY); /* attached */
	assert_int_equal(ops->detach(s->host, &s->endpoint), 0);
	assert_int_equal(ops->detach(s->host, &s->endpoint), 0);
	assert_int_equal(ops->destroy(s->host, s->parent), 0);
	assert_int_equal(stats_of(s).objects, 0);
	vsmmu_host_unref(s->host);
	free(s);
}

TEST(free_takes_what_is_left)
{
	struct sim_fixture *s = build_depth(4);
	int fd = s->queue.fd;

	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	raise(s, 6);
	assert_ptr_equal(vsmmu_host_ref(s->host), s->host);
	vsmmu_host_unref(s->host);
	assert_int_equal(stats_of(s).objects, 5);
	vsmmu_host_unref(s->host);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	free(s);
}

TEST(the_lowest_id_is_used_again)
{
	struct sim_fixture *s = build_depth(1);
	uint32_t ids[200];

	for (unsigned int i = 0; i < 200; i++)
		assert_int_equal(new_nested(s, STE_ABORT, 0, &ids[i]), 0);
	assert_int_equal(s->ops->destroy(s->host, ids[100]), 0);
	assert_int_equal(s->ops->destroy(s->host, ids[50]), 0);
	assert_int_equal(new_nested(s, STE_ABORT, 0, &out), 0);
	assert_int_equal(out, ids[50]);
	assert_int_equal(new_nested(s, STE_ABORT, 0, &out), 0);
	assert_int_equal(out, ids[100]);
	for (unsigned int i = 0; i < 200; i++)
		assert_int_equal(s->ops->destroy(s->host, ids[i]), 0);
	out = 0;
	tear_down(s);
}

TEST(calls_answer_as_the_kernel)
{
	struct sim_fixture *s = build_depth(1);
	const struct host_ops *ops = s->ops;
	const struct host_endpoint *us = &s->endpoint;
	const struct host_endpoint nobody = {.dev_id = UNKNOWN, .vfio_fd = -1};
	struct host_endpoint alien = {.dev_id = new_endpoint(s, 8), .vfio_fd = -1};
	struct host_endpoint peer = {.dev_id = new_endpoint(s, 7), .vfio_fd = -1};
	const uint64_t ste[2] = {STE_ABORT, 0};
	struct host_veventq queue;

	assert_int_equal(ops->parent_alloc(s->host, &nobody, &out), -ENOENT);

	assert_int_equal(ops->viommu_alloc(s->host, &nobody, s->parent, &out), -ENOENT);
	assert_int_equal(ops->viommu_alloc(s->host, us, UNKNOWN, &out), -ENOENT);
	assert_int_equal(ops->viommu_alloc(s->host, us, s->viommu, &out), -ENOENT);
	assert_int_equal(ops->viommu_alloc(s->host, &alien, s->parent, &out), -EINVAL);

	assert_int_equal(ops->vdevice_alloc(s->host, us, UNKNOWN, 1, &out), -ENOENT);
	assert_int_equal(ops->vdevice_alloc(s->host, &nobody, s->viommu, 1, &out), -ENOENT);
	assert_int_equal(ops->vdevice_alloc(s->host, us, s->parent, 1, &out), -ENOENT);
	assert_int_equal(ops->vdevice_alloc(s->host, &alien, s->viommu, 1, &out), -EINVAL);
	assert_int_equal(ops->vdevice_alloc(s->host, us, s->viommu, 1, &out), -EEXIST);
	assert_int_equal(ops->vdevice_alloc(s->host, &peer, s->viommu, VSID, &out), -EEXIST);

	assert_int_equal(ops->nested_alloc(s->host, &nobody, s->viommu, ste, &out), -ENOENT);
	assert_int_equal(ops->nested_alloc(s->host, us, UNKNOWN, ste, &out), -EINVAL);
	assert_int_equal(ops->nested_alloc(s->host, us, s->vdevice, ste, &out), -EINVAL);
	assert_int_equal(ops->nested_alloc(s->host, us, s->parent, ste, &out), -EOPNOTSUPP);
	assert_int_equal(ops->nested_alloc(s->host, &alien, s->viommu, ste, &out), -EINVAL);

	assert_int_equal(ops->attach(s->host, us, UNKNOWN, VSMMU_ATTACH_STAGE1), -ENOENT);
	assert_int_equal(ops->attach(s->host, us, s->viommu, VSMMU_ATTACH_STAGE1), -EINVAL);
	assert_int_equal(ops->attach(s->host, us, us->dev_id, VSMMU_ATTACH_STAGE1), -EINVAL);
	assert_int_equal(ops->attach(s->host, &alien, s->parent, VSMMU_ATTACH_PUT_BACK), -EINVAL);
	assert_int_equal(ops->attach(s->host, &alien, s->nested, VSMMU_ATTACH_STAGE1), -EINVAL);
	assert_int_equal(ops->attach(s->host, &peer, s->nested, VSMMU_ATTACH_STAGE1),
		-ENOENT); /* no vDEVICE */

	assert_int_equal(ops->veventq_alloc(s->host, UNKNOWN, 0, &queue), -EINVAL);
	assert_int_equal(ops->veventq_alloc(s->host, s->viommu, (1 << 19) + 1, &queue), -EINVAL);
	assert_int_equal(ops->veventq_alloc(s->host, UNKNOWN, 1 << 19, &queue), -ENOENT);
	assert_int_equal(ops->veventq_alloc(s->host, s->parent, 1, &queue), -ENOENT);
	assert_int_equal(ops->veventq_alloc(s->host, s->viommu, 1, &queue), -EEXIST);
	assert_int_equal(out, 0);
	raise(s, 1); /* nothing of it disturbed what was attached */
	ops->veventq_close(s->host, &s->queue);
	assert_int_equal(ops->destroy(s->host, s->queue.id), 0);
	assert_int_equal(ops->veventq_alloc(s->host, s->viommu, 1 << 19, &s->queue), 0);
	tear_down(s);
}

/* What has no queue to be counted in goes to the host's log. */
TEST(drops_without_a_queue_are_printed)
{
	struct sim_fixture *s = build_depth(1);

	assert_int_equal(vsmmu_sim_drop(s->host, s->endpoint.dev_id, 3), 0);
	assert_int_equal(stats_of(s).dropped, 3);
	assert_int_equal(
		s->ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(vsmmu_sim_drop(s->host, s->endpoint.dev_id, 5), -EOPNOTSUPP);
	assert_int_equal(stats_of(s).numbered, 3);
	assert_int_equal(stats_of(s).dropped, 3);
	/* Out of memory the kernel prints those that it numbers as well. */
	assert_int_equal(stats_of(s).printed, 8);
	s->faults += 3;
	tear_down(s);
}

TEST(stes_pass_the_kernels_filter)
{
	struct sim_fixture *s = build_depth(1);
	const struct {
		uint64_t word0;
		uint64_t word1;
		int ret;
	} cases[] = {
		{STE_ABORT, 0, 0}, {STE_BYPASS, 0, 0}, {STE_S1, 0, 0},
		{UINT64_C(0xf80ffffffffffff0) | STE_S1, UINT64_C(0x080000ff), 0},
		{STE_S1, UINT64_C(1) << 28, 0},	   /* EATS: full */
		{STE_S1, UINT64_C(2) << 28, -EIO}, /* EATS: split */
		{STE_S1, UINT64_C(3) << 28, -EIO}, {STE_S1 | UINT64_C(1) << 52, 0, -EIO},
		{STE_S1, UINT64_C(1) << 19, -EIO}, /* MEV */
		{STE_S1, UINT64_C(1) << 30, -EIO}, /* STRW */
		{0x3, 0, -EIO},			   /* Config 1 */
		{0xd, 0, -EIO},			   /* stage 2 */
		{0xf, 0, -EIO},			   /* both */
		{~UINT64_C(1), UINT64_MAX, 0},	   /* V = 0: nothing else matters */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(new_nested(s, cases[i].word0, cases[i].word1, &out), cases[i].ret);
		if (!cases[i].ret)
			assert_int_equal(s->ops->destroy(s->host, out), 0);
	}
	out = 0;
	tear_down(s);
}

/* Routing */

TEST(only_eight_ids_are_forwarded)
{
	const uint8_t forwarded[] = {0x04, 0x06, 0x08, 0x0a, 0x10, 0x11, 0x12, 0x13};
	struct sim_fixture *s = build_depth(16);

	for (unsigned int id = 0; id < 256; id++) {
		bool kept = memchr(forwarded, (int)id, sizeof(forwarded));

		assert_int_equal(raise_event(s, (uint8_t)id, 0), kept ? 0 : -EOPNOTSUPP);
		assert_int_equal(raise_event(s, (uint8_t)id, STALL), -EOPNOTSUPP);
		assert_int_equal(raise_event(s, (uint8_t)id, S2), -EOPNOTSUPP);
	}
	assert_reads(s, ROOM, "0 1 2 3 4 5 6 7"); /* what is printed takes no number */
	assert_int_equal(stats_of(s).numbered, 8);
	assert_int_equal(stats_of(s).printed, 3 * 256 - 8);
	s->endpoint.dev_id = UNKNOWN;
	assert_int_equal(raise_event(s, VSMMU_EVENT_C_BAD_CD, 0), -ENOENT);
	s->endpoint.dev_id = s->viommu;
	assert_int_equal(raise_event(s, VSMMU_EVENT_C_BAD_CD, 0), -ENOENT);
	s->endpoint.dev_id = 1;
	tear_down(s);
}

static void expect_printed(struct sim_fixture *s)
{
	assert_int_equal(raise_event(s, VSMMU_EVENT_C_BAD_CD, 0), -EOPNOTSUPP);
}

static void expect_vsid(struct sim_fixture *s, uint32_t vsid)
{
	struct vsmmu_event_record record;

	raise(s, 1);
	assert_int_equal(read_bytes(s, ROOM), RECORD);
	vsmmu_event_record_load(s->buffer + 8, &record);
	assert_int_equal(record.word[0] >> 32, vsid);
}

TEST(the_vsid_is_that_of_the_attach)
{
	struct sim_fixture *s = build_depth(4);
	const struct host_ops *ops = s->ops;
	uint32_t second;

	expect_vsid(s, VSID);
	assert_int_equal(ops->destroy(s->host, s->vdevice), 0);
	expect_vsid(s, VSID);
	assert_int_equal(new_nested(s, STE_S1, 0, &second), 0);
	assert_int_equal(ops->attach(s->host, &s->endpoint, second, VSMMU_ATTACH_STAGE1), -ENOENT);
	expect_vsid(s, VSID); /* a failed attach changes nothing */
	assert_int_equal(ops->vdevice_alloc(s->host, &s->endpoint, s->viommu, 9, &s->vdevice), 0);
	expect_vsid(s, VSID);
	assert_int_equal(ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1),
		0); /* the same one */
	expect_vsid(s, VSID);
	assert_int_equal(ops->attach(s->host, &s->endpoint, second, VSMMU_ATTACH_STAGE1), 0);
	expect_vsid(s, 9);
	assert_int_equal(ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	expect_printed(s);
	assert_int_equal(ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
	expect_vsid(s, 9);
	assert_int_equal(ops->detach(s->host, &s->endpoint), 0);
	expect_printed(s);
	assert_int_equal(ops->destroy(s->host, second), 0);
	tear_down(s);
}

TEST(abort_and_bypass_attach_without_a_vdevice)
{
	const uint64_t word0[] = {0, STE_ABORT, STE_BYPASS};
	struct sim_fixture *s = build_depth(4);
	const struct host_ops *ops = s->ops;

	for (unsigned int i = 0; i < 3; i++) {
		uint32_t hwpt;

		assert_int_equal(ops->destroy(s->host, s->vdevice), 0);
		assert_int_equal(new_nested(s, word0[i], 0, &hwpt), 0);
		assert_int_equal(ops->attach(s->host, &s->endpoint, hwpt, VSMMU_ATTACH_STAGE1), 0);
		expect_printed(s);
		assert_int_equal(
			ops->vdevice_alloc(s->host, &s->endpoint, s->viommu, 5, &s->vdevice), 0);
		expect_printed(s);
		assert_int_equal(ops->detach(s->host, &s->endpoint), 0);
		assert_int_equal(ops->attach(s->host, &s->endpoint, hwpt, VSMMU_ATTACH_STAGE1), 0);
		expect_vsid(s, 5);
		assert_int_equal(
			ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
		assert_int_equal(ops->destroy(s->host, hwpt), 0);
	}
	tear_down(s);
}

TEST(two_viommus_on_one_parent_are_apart)
{
	struct sim_fixture *s = build_depth(1);
	const struct host_ops *ops = s->ops;
	struct host_endpoint peer = {.dev_id = new_endpoint(s, 7), .vfio_fd = -1};
	const struct host_endpoint ours = s->endpoint;
	const uint64_t ste[2] = {STE_S1, 0};
	uint32_t viommu, vdevice, nested;

	assert_int_equal(ops->viommu_alloc(s->host, &peer, s->parent, &viommu), 0);
	assert_int_equal(ops->vdevice_alloc(s->host, &peer, viommu, VSID, &vdevice), 0);
	assert_int_equal(ops->nested_alloc(s->host, &peer, viommu, ste, &nested), 0);
	/* a vDEVICE of another vIOMMU does not count */
	assert_int_equal(ops->attach(s->host, &peer, s->nested, VSMMU_ATTACH_STAGE1), -ENOENT);
	assert_int_equal(ops->attach(s->host, &peer, nested, VSMMU_ATTACH_STAGE1), 0);
	s->endpoint = peer;
	expect_printed(s); /* no vEVENTQ there */
	s->endpoint = ours;
	raise(s, 2);
	assert_reads(s, ROOM, "0 L1");
	assert_int_equal(ops->detach(s->host, &peer), 0);
	assert_int_equal(ops->destroy(s->host, nested), 0);
	assert_int_equal(ops->destroy(s->host, vdevice), 0);
	assert_int_equal(ops->destroy(s->host, viommu), 0);
	tear_down(s);
}

TEST(any_call_can_be_made_to_fail)
{
	struct sim_fixture *s = build_depth(1);
	const struct host_ops *ops = s->ops;
	struct host_veventq queue;
	struct vsmmu_host *host = s->host;

#define assert_fails(call)                                                                         \
	assert_int_equal(vsmmu_sim_fail(host, VSMMU_SIM_FAIL_CALL, 0, ENOMEM), 0);                 \
	assert_int_equal(call, -ENOMEM)
	assert_fails(ops->parent_alloc(host, &s->endpoint, &out));
	assert_fails(ops->viommu_alloc(host, &s->endpoint, s->parent, &out));
	assert_fails(ops->vdevice_alloc(host, &s->endpoint, s->viommu, 1, &out));
	assert_fails(new_nested(s, STE_S1, 0, &out));
	assert_fails(ops->attach(host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK));
	assert_fails(ops->veventq_alloc(host, s->viommu, 1, &queue));
	assert_int_equal(stats_of(s).objects, 5);
	raise(s, 1);
	assert_int_equal(vsmmu_sim_fail(host, VSMMU_SIM_FAIL_CALL, 1, EPERM), 0);
	assert_int_equal(ops->attach(host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
	assert_int_equal(ops->attach(host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), -EPERM);
	tear_down(s);
}

/* Threads */

struct storm {
	struct sim_fixture *fixture;
	atomic_uint running;
	pthread_t threads[FAULTERS];
};

static void *storm_run(void *opaque)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct storm *storm = opaque;

	for (unsigned int i = 0; i < STORM; i++)
		vsmmu_sim_fault(storm->fixture->host, storm->fixture->endpoint.dev_id, &record);
	atomic_fetch_sub(&storm->running, 1);
	return NULL;
}

/* Return: events read; *next is what comes after the last number that was seen. */
static uint64_t read_and_check(struct sim_fixture *s, uint32_t *next, uint64_t *lost)
{
	ssize_t got = read_bytes(s, ROOM);
	uint64_t events = 0;

	assert_true(got >= 0);
	for (ssize_t at = 0; at < got;) {
		uint32_t header[2];

		memcpy(header, s->buffer + at, sizeof(header));
		assert_true(header[1] >= *next);
		*lost += header[1] - *next + header[0];
		*next = header[1] + 1;
		events += !header[0];
		at += header[0] ? 8 : RECORD;
	}
	return events;
}

static void a_storm_is_accounted_for(uint32_t depth)
{
	struct sim_fixture *s = build_depth(depth);
	struct storm storm = {.fixture = s};
	struct pollfd poller = {.fd = s->queue.fd, .events = POLLIN};
	uint64_t events = 0, lost = 0;
	uint32_t next = 0;
	struct vsmmu_sim_stats stats;

	atomic_init(&storm.running, FAULTERS);
	for (unsigned int i = 0; i < FAULTERS; i++)
		assert_int_equal(pthread_create(&storm.threads[i], NULL, storm_run, &storm), 0);
	while (atomic_load(&storm.running))
		if (poll(&poller, 1, 10) > 0)
			events += read_and_check(s, &next, &lost);
	for (unsigned int i = 0; i < FAULTERS; i++)
		assert_int_equal(pthread_join(storm.threads[i], NULL), 0);
	while (is_readable(s))
		events += read_and_check(s, &next, &lost);
	assert_int_equal(read_bytes(s, ROOM), 0);
	stats = stats_of(s);
	assert_int_equal(stats.numbered, (uint64_t)FAULTERS * STORM);
	assert_int_equal(stats.dropped, lost);
	assert_int_equal(stats.numbered, events + lost);
	tear_down(s);
}

TEST(storms_are_accounted_for)
{
	a_storm_is_accounted_for(1);
	a_storm_is_accounted_for(64);
	a_storm_is_accounted_for(1 << 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(misuse_is_einval),
		UNIT_TEST_PLAIN(an_object_in_use_is_busy),
		UNIT_TEST_PLAIN(free_takes_what_is_left),
		UNIT_TEST_PLAIN(the_lowest_id_is_used_again),
		UNIT_TEST_PLAIN(calls_answer_as_the_kernel),
		UNIT_TEST_PLAIN(drops_without_a_queue_are_printed),
		UNIT_TEST_PLAIN(stes_pass_the_kernels_filter),
		UNIT_TEST_PLAIN(only_eight_ids_are_forwarded),
		UNIT_TEST_PLAIN(the_vsid_is_that_of_the_attach),
		UNIT_TEST_PLAIN(abort_and_bypass_attach_without_a_vdevice),
		UNIT_TEST_PLAIN(two_viommus_on_one_parent_are_apart),
		UNIT_TEST_PLAIN(any_call_can_be_made_to_fail),
		UNIT_TEST("E5 P3", storms_are_accounted_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
