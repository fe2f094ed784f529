/* SPDX-License-Identifier: BSD-2-Clause */
/* A simulated host with one endpoint whose events flow, and what its queue says as text. */
#ifndef UNIT_SIM_FIXTURE_H
#define UNIT_SIM_FIXTURE_H

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/event.h>
#include <vsmmu/sim.h>

#include "host/host.h"
#include "lib/unit.h"

#define VSID	   UINT32_C(0x42)
#define RECORD	   40
#define ROOM	   (64 * RECORD)
#define TEXT	   1024
#define STE_ABORT  UINT64_C(0x1)
#define STE_BYPASS UINT64_C(0x9)
#define STE_S1	   UINT64_C(0xb)

/* One endpoint with everything that it needs for its events to flow. */
struct sim_fixture {
	struct vsmmu_host *host;
	const struct host_ops *ops;
	struct host_endpoint endpoint;
	uint32_t parent;
	uint32_t viommu;
	uint32_t vdevice;
	uint32_t nested;
	struct host_veventq queue;
	uint64_t faults;
	uint8_t buffer[ROOM];
};

static inline uint32_t new_endpoint(struct sim_fixture *s, uint32_t physical_smmu)
{
	uint32_t dev_id = 0;

	assert_int_equal(vsmmu_sim_endpoint_new(s->host, physical_smmu, &dev_id), 0);
	assert_int_not_equal(dev_id, 0);
	return dev_id;
}

static inline int new_nested(struct sim_fixture *s, uint64_t word0, uint64_t word1, uint32_t *out)
{
	const uint64_t ste[2] = {word0, word1};

	return s->ops->nested_alloc(s->host, &s->endpoint, s->viommu, ste, out);
}

static inline struct sim_fixture *build(const struct vsmmu_sim_config *config, uint32_t depth)
{
	struct sim_fixture *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(vsmmu_sim_new(&s->host, config), 0);
	s->ops = s->host->ops;
	s->endpoint.dev_id = new_endpoint(s, 7);
	s->endpoint.vfio_fd = -1;
	assert_int_equal(s->ops->parent_alloc(s->host, &s->endpoint, &s->parent), 0);
	assert_int_equal(
		s->ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(s->ops->viommu_alloc(s->host, &s->endpoint, s->parent, &s->viommu), 0);
	assert_int_equal(s->ops->veventq_alloc(s->host, s->viommu, depth, &s->queue), 0);
	assert_int_equal(
		s->ops->vdevice_alloc(s->host, &s->endpoint, s->viommu, VSID, &s->vdevice), 0);
	assert_int_equal(new_nested(s, STE_S1, 0, &s->nested), 0);
	assert_int_equal(s->ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
	return s;
}

static inline struct sim_fixture *build_depth(uint32_t depth)
{
	return build(NULL, depth);
}

static inline struct sim_fixture *build_old(uint32_t depth)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config), .kernel = VSMMU_SIM_KERNEL_BEFORE_2026};

	return build(&config, depth);
}

static inline struct vsmmu_sim_stats stats_of(struct sim_fixture *s)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(s->host, &stats), 0);
	return stats;
}

/* In the only order that the kernel takes. */
static inline void tear_down(struct sim_fixture *s)
{
	assert_int_equal(
		s->ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	s->ops->veventq_close(s->host, &s->queue);
	assert_int_equal(s->ops->destroy(s->host, s->queue.id), 0);
	assert_int_equal(s->ops->destroy(s->host, s->nested), 0);
	assert_int_equal(s->ops->destroy(s->host, s->vdevice), 0);
	assert_int_equal(s->ops->destroy(s->host, s->viommu), 0);
	assert_int_equal(s->ops->detach(s->host, &s->endpoint), 0);
	assert_int_equal(s->ops->destroy(s->host, s->parent), 0);
	assert_int_equal(stats_of(s).objects, 0);
	vsmmu_host_unref(s->host);
	free(s);
}

static inline int raise_event(struct sim_fixture *s, uint8_t id, uint64_t word1)
{
	const struct vsmmu_event_record record = {
		.word = {id | UINT64_C(0xbad) << 32, word1, s->faults++, 0x123000}};

	return vsmmu_sim_fault(s->host, s->endpoint.dev_id, &record);
}

static inline void raise(struct sim_fixture *s, unsigned int count)
{
	while (count--)
		assert_int_equal(raise_event(s, VSMMU_EVENT_F_TRANSLATION, 0), 0);
}

static inline ssize_t read_bytes(struct sim_fixture *s, size_t length)
{
	return s->queue.source.read(s->queue.source.ctx, s->buffer, length);
}

static inline bool is_readable(struct sim_fixture *s)
{
	struct pollfd poller = {.fd = s->queue.fd, .events = POLLIN | POLLPRI | POLLRDHUP};

	assert_true(poll(&poller, 1, 0) >= 0);
	assert_int_equal(poller.revents & ~POLLIN, 0);
	return poller.revents & POLLIN;
}

/* What one read gives: a number for each event, L and a number for a LOST header. */
static inline const char *read_text(struct sim_fixture *s, size_t length)
{
	static char text[TEXT];
	ssize_t got = read_bytes(s, length);
	size_t used = 0;

	text[0] = '\0';
	if (got < 0)
		used += (size_t)snprintf(text, TEXT, "error %zd ", -got);
	for (ssize_t at = 0; at < got;) {
		uint32_t header[2];

		assert_true(got - at >= (ssize_t)sizeof(header));
		memcpy(header, s->buffer + at, sizeof(header));
		assert_true(header[0] <= 1);
		used += (size_t)snprintf(text + used, TEXT - used, "%s%" PRIu32 " ",
			header[0] ? "L" : "", header[1]);
		at += header[0] ? 8 : RECORD;
	}
	text[used ? used - 1 : 0] = '\0';
	return text;
}

#define assert_reads(s, length, expected) assert_string_equal(read_text(s, length), expected)

#endif
