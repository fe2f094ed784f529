/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest whose host refuses invalidations, and what its devices can reach. */
#ifndef UNIT_INVALIDATION_FAILURE_H
#define UNIT_INVALIDATION_FAILURE_H

#include <errno.h>

#include "lib/cmdq_guest.h"

#define SID(n)	CMDQ_GUEST_SID(n)
#define FOREVER 1000000

static inline struct cmdq_guest *fixture_new(unsigned int smmus, bool ats)
{
	const struct cmdq_guest_setup setup = {.endpoints = 4, .smmus = smmus, .config.ats = ats};

	return cmdq_guest_new(&setup, NULL);
}

static inline void fail_calls(struct cmdq_guest *guest, unsigned int from, unsigned int count)
{
	host_interposer_clear(guest->host);
	host_interposer_fail(guest->host, HOST_CALLS_OF(HOST_CALL_INVALIDATE), from, count, EIO);
	guest->host->over_report = true;
}

static inline unsigned int ste_config(
	const struct cmdq_guest *guest, unsigned int n, unsigned int smmu)
{
	const struct interposed_object object =
		host_interposer_attached(guest->host, HOST_INTERPOSER_DEV(smmu, n));

	assert_int_equal(object.kind, INTERPOSED_NESTED);
	return object.ste[0] >> 1 & 7;
}

static inline void expect_blocked(const struct cmdq_guest *guest, unsigned int n, unsigned int smmu)
{
	assert_int_equal(ste_config(guest, n, smmu), 0);
}

#endif
