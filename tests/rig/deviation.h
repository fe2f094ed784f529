/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of tests/rig/deviations that cases of the differential test run into. */
#ifndef RIG_DEVIATION_H
#define RIG_DEVIATION_H

#include "duel.h"

/* Named as there. */
enum deviation {
	DEVIATION_NONE = 0,
	DEVIATION_LARGE_TABLE,
	DEVIATION_WALK_STAGE2,
	DEVIATION_TTB_BIT_51,
	DEVIATION_TTB_FETCHED,
	DEVIATION_RESERVED_BLOCK,
	DEVIATION_UNPRIVILEGED,
	DEVIATION_FAULT_ORDER,
	DEVIATION_BYPASS_RANGE,
	DEVIATIONS
};

const char *deviation_name(enum deviation deviation);

/*
 * Whether the answers to a case differ in just the way that one of those lines says, and the
 * case is one that the line is about. @lane: room to build the case in, prepared, at an
 * address like that of the lane where it ran.
 */
enum deviation deviation_of(const struct rig_case *test, const struct arch_features *features,
	const struct case_lane *lane, const struct duel_result *result);

#endif
