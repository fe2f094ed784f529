/* SPDX-License-Identifier: BSD-2-Clause */
/* The host calls that carry invalidations, as a host interposer has recorded them. */
#ifndef UNIT_INVALIDATION_CALLS_H
#define UNIT_INVALIDATION_CALLS_H

#include "lib/cmdq_guest.h"

#define SID(n) CMDQ_GUEST_SID(n)

static inline void expect_call(const struct cmdq_guest *guest, unsigned int call, uint32_t n,
	uint64_t word0, uint64_t word1)
{
	const uint64_t *command = host_interposer_command(guest->host, call, n);

	assert_int_equal(command[0], word0);
	assert_int_equal(command[1], word1);
}

static inline uint32_t call_count(const struct cmdq_guest *guest, unsigned int call)
{
	assert_true(call < guest->host->invalidations);
	return guest->host->invalidation[call].count;
}

#endif
