/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints that are asked for: each one's events and STE tell which StreamID it has. */
#ifndef UNIT_ASK_FIXTURE_H
#define UNIT_ASK_FIXTURE_H

#include <errno.h>
#include <poll.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

#define N    VSMMU_NO_VSID
#define A    FIXTURE_VSID(0)
#define B    FIXTURE_VSID(1)
#define C    FIXTURE_VSID(2)
#define FREE 0x20u

#define CFGI_STE(sid)	(UINT64_C(0x03) | (uint64_t)(sid) << 32), 1
#define CFGI_RANGE(sid) (UINT64_C(0x04) | (uint64_t)(sid) << 32), 0
#define CFGI_ALL	UINT64_C(0x04), 31
#define CFGI_CD(sid)	(UINT64_C(0x05) | (uint64_t)(sid) << 32), 1
#define TLBI		UINT64_C(0x30), 0
#define SYNC		UINT64_C(0x46), 0

/* So many endpoints behind one physical SMMU, or two, that are asked for; the guest runs. */
static inline struct install_fixture *fixture_asking(unsigned int endpoints)
{
	struct install_fixture *fixture = fixture_new_asking(NULL, NULL);

	/* A StreamID's STE has it in its word 1, so that it tells whose is attached. */
	for (unsigned int vsid = 0; vsid < 1U << FIXTURE_LOG2; vsid++)
		fixture_write_ste(fixture, vsid, STE_S1, (uint64_t)(vsid & 0x3f) << 2);
	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(fixture_attach_late(fixture, n), 0);
	fixture_enable(fixture);
	fixture_enable_commands(fixture);
	return fixture;
}

/* The words of an STE that differ for StreamIDs: S1CIR, S1COR, S1CSH. */
static inline uint64_t own_bits(uint64_t vsid)
{
	return (vsid & 0x3f) << 2;
}

static inline void expect(struct install_fixture *fixture, unsigned int n, uint64_t vsid)
{
	uint64_t word[4];

	assert_int_equal(fixture->endpoint[n]->vsid, vsid);
	if (vsid == N) {
		fixture_expect_parked(fixture, n);
		assert_true(!fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, 0));
		return;
	}
	fixture_expect_nested(fixture, n, STE_S1, own_bits(vsid));
	while (fixture_consume(fixture, word))
		;
	assert_true(fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0] >> 32, vsid);
	assert_true(!fixture_consume(fixture, word));
}

static inline void number(struct install_fixture *fixture, uint64_t a, uint64_t b, uint64_t c)
{
	fixture->number[0] = a;
	fixture->number[1] = b;
	fixture->number[2] = c;
}

static inline void expect_all(struct install_fixture *fixture, uint64_t a, uint64_t b, uint64_t c)
{
	expect(fixture, 0, a);
	expect(fixture, 1, b);
	expect(fixture, 2, c);
	assert_int_equal(test_vmm_stats(fixture->vmm).command_errors, 0);
}

static inline unsigned int refused(const struct install_fixture *fixture)
{
	return test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT);
}

static inline bool command_fd_is_readable(struct install_fixture *fixture)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(fixture->vmm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

#endif
