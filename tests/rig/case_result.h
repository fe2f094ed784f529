/* SPDX-License-Identifier: BSD-2-Clause */
/* What was seen of a case on the two sides of the differential test, and whether it may be. */
#ifndef RIG_CASE_RESULT_H
#define RIG_CASE_RESULT_H

#include "cases.h"

/**
 * struct case_seen - what one side's guest, endpoint and memory saw
 * @count: events in the guest's queue
 * @record: the first one, zeroes if there was none
 * @passed: a read brought something, or memory has changed
 * @value: that the read brought, or that is in memory now; 0 if nothing @passed
 * @address: guest-physical, where memory has changed; 0 if it has not
 * @spoilt: it has changed in more than CASE_BYTES bytes, or by a read
 */
struct case_seen {
	unsigned int count;
	uint64_t record[CASE_RECORD];
	bool passed;
	uint32_t value;
	uint64_t address;
	bool spoilt;
};

/**
 * struct case_result - both sides' answers to a case
 * @fill: what the endpoints had to write
 */
struct case_result {
	uint32_t fill;
	struct case_seen sim;
	struct case_seen real;
};

enum case_verdict {
	CASE_EQUAL,    /* both as the architecture has it */
	CASE_DEVIATES, /* the simulator so, the real side as the case's deviation says */
	CASE_DIFFERS,
};

/* The one thing that is to be seen of an answer. */
void case_see(const struct rig_case *test, const struct case_answer *answer, uint32_t fill,
	struct case_seen *seen);

/*
 * Whatever deviates, the simulator gives the architecture's answer, and the real side gives
 * the one that is said of the emulator: all words, all bytes, and nothing besides.
 */
enum case_verdict case_judge(const struct rig_case *test, const struct case_result *result);

/* Of what was seen, CASE_OUTCOMES for anything that is none: for people. */
enum case_outcome case_outcome_seen(const struct case_seen *seen);

/* Compares what is in a lane with @reference, what the case has put there. */
void case_look(const struct rig_case *test, const struct case_lane *lane, const uint8_t *reference,
	struct case_seen *seen);

#endif
