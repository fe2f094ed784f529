/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of tests/rig/deviations that cases of the differential test run into. */
#ifndef RIG_DEVIATION_H
#define RIG_DEVIATION_H

#include "cases.h"

/* Named as there. */
enum deviation {
	DEVIATION_NONE = 0,
	DEVIATION_BYPASS_RANGE,
	DEVIATION_TTB_BIT_51,
	DEVIATION_TTB_FETCHED,
	DEVIATION_TBI1,
	DEVIATION_FAULT_ORDER,
	DEVIATION_WALK_STAGE2,
	DEVIATION_RESERVED_BLOCK,
	DEVIATION_UNPRIVILEGED,
	DEVIATIONS,
	DEVIATION_UNLISTED = DEVIATIONS /* none of them explains a case: a failure */
};

const char *deviation_name(enum deviation deviation);

/**
 * deviation_predict() - the one answer of the emulated SMMU to a case
 * @test: with what the architecture says about it
 * @lane: prepared memory, as it is again afterwards
 * @answer: filled in; CASE_STRAY if it hangs on memory that is not the lane's
 *
 * It goes through the case's STE, CD and tables as the emulator is said to, and takes nothing
 * from src/arch/ but bit fields: where nothing deviates it is a second opinion.
 *
 * Return: the first way of the emulator's own that was met, if the answer is not that of the
 * architecture; DEVIATION_UNLISTED if none was met and it is not nevertheless.
 */
enum deviation deviation_predict(
	const struct rig_case *test, const struct case_lane *lane, struct case_answer *answer);

#endif
