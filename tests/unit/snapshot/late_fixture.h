/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines with two endpoints whose StreamIDs come late, one of which goes on where another was. */
#ifndef UNIT_LATE_FIXTURE_H
#define UNIT_LATE_FIXTURE_H

#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "../endpoints/install_fixture.h"

#define N	 VSMMU_NO_VSID
#define A	 FIXTURE_VSID(0)
#define B	 FIXTURE_VSID(2)
#define NEW	 0x20u
#define QUEUE	 (1U << FIXTURE_EVENTQ_LOG2)
#define CFGI_ALL UINT64_C(0x04), 31

/* Endpoints that are asked for, behind one physical SMMU: those with even numbers. */
#define OTHER 2
#define THIRD 4

static inline struct install_fixture *fixture_of(unsigned int endpoints)
{
	struct install_fixture *fixture = fixture_new_asking(NULL, NULL);

	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(fixture_attach_late(fixture, 2 * n), 0);
	return fixture;
}

/* A running one, whose endpoints have A and B. */
static inline struct install_fixture *source_new(void)
{
	struct install_fixture *from = fixture_of(2);

	fixture_write_ste(from, A, STE_S1, 0);
	fixture_write_ste(from, B, STE_S1, 0xd4);
	fixture_write_ste(from, NEW, STE_BYPASS, 0);
	from->number[0] = A;
	from->number[OTHER] = B;
	fixture_enable(from);
	fixture_enable_commands(from);
	fixture_expect_nested(from, 0, STE_S1, 0);
	fixture_expect_nested(from, OTHER, STE_S1, 0xd4);
	return from;
}

static inline void faults(struct install_fixture *fixture, unsigned int n, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		assert_true(fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, i << 12));
}

/* The guest's queue is full, and three events of endpoint 0 and one of 1 wait behind it. */
static inline void leave_events(struct install_fixture *from)
{
	faults(from, OTHER, QUEUE);
	while (vsmmu_dispatch(from->vmm->vsmmu, 0))
		;
	faults(from, 0, 3);
	faults(from, OTHER, 1);
}

/* Return: what vsmmu_restore() said. */
static inline int move(struct install_fixture *from, struct install_fixture *to)
{
	size_t length;
	void *bytes;
	int ret;

	assert_int_equal(vsmmu_save(from->vmm->vsmmu, &bytes, &length), 0);
	memcpy(to->vmm->memory, from->vmm->memory, TEST_VMM_SIZE);
	ret = vsmmu_restore(to->vmm->vsmmu, bytes, length);
	vsmmu_snapshot_free(bytes);
	return ret;
}

/* The guest takes the next records: so many of a StreamID, in their order. */
static inline void take(struct install_fixture *fixture, uint32_t vsid, unsigned int count)
{
	uint64_t word[4];

	for (unsigned int i = 0; i < count; i++) {
		assert_true(fixture_consume(fixture, word));
		assert_int_equal(word[0] >> 32, vsid);
	}
}

static inline void expect_no_more(struct install_fixture *fixture)
{
	struct vsmmu_stats stats = test_vmm_stats(fixture->vmm);
	uint64_t word[4];

	assert_true(!fixture_consume(fixture, word));
	assert_int_equal(stats.pending, 0);
	assert_int_equal(stats.sequenced, stats.delivered + stats.lost + stats.discarded);
}

static inline uint32_t waiting(const struct install_fixture *fixture)
{
	return fixture->vmm->vsmmu->streams.saved;
}

static inline uint64_t stale(struct install_fixture *fixture)
{
	return test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_STALE];
}

#endif
