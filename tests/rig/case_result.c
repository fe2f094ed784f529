/* SPDX-License-Identifier: BSD-2-Clause */
#include "case_result.h"

#include <string.h>

#include "deviation.h"
#include "driver/smmuv3.h"

#define STEP 4096 /* in which memory is compared first */

void case_see(const struct rig_case *test, const struct case_answer *answer, uint32_t fill,
	struct case_seen *seen)
{
	*seen = (struct case_seen){
		.count = case_event_id(answer->outcome) ? 1 : 0,
		.passed = answer->outcome == CASE_DATA,
	};
	memcpy(seen->record, answer->record, sizeof(seen->record));
	if (!seen->passed)
		return;
	if (test->write) {
		seen->address = answer->address;
		seen->value = fill;
	} else {
		seen->value = case_data_at(
			answer->address - case_lane_address(test->lane) - CASE_DATA_OFFSET);
	}
}

static bool is_so(const struct rig_case *test, const struct case_answer *answer, uint32_t fill,
	const struct case_seen *seen)
{
	struct case_seen should;

	case_see(test, answer, fill, &should);
	return seen->count == should.count &&
	       !memcmp(seen->record, should.record, sizeof(should.record)) &&
	       seen->passed == should.passed && seen->value == should.value &&
	       seen->address == should.address && !seen->spoilt;
}

enum case_verdict case_judge(const struct rig_case *test, const struct case_result *result)
{
	if (test->deviation == DEVIATION_UNLISTED ||
		!is_so(test, &test->expected, result->fill, &result->sim) ||
		!is_so(test, &test->emulated, result->fill, &result->real))
		return CASE_DIFFERS;
	return test->deviation == DEVIATION_NONE ? CASE_EQUAL : CASE_DEVIATES;
}

enum case_outcome case_outcome_seen(const struct case_seen *seen)
{
	if (!seen->count)
		return seen->passed ? CASE_DATA : CASE_SILENCE;
	for (unsigned int n = 0; n < CASE_OUTCOMES; n++)
		if (case_event_id(n) == SMMU_EVENT_ID(seen->record[0]))
			return n;
	return CASE_OUTCOMES;
}

static size_t first_difference(const uint8_t *one, const uint8_t *two)
{
	size_t at = 0;

	while (!memcmp(one + at, two + at, STEP))
		at += STEP;
	while (!memcmp(one + at, two + at, CASE_BYTES))
		at += CASE_BYTES;
	return at;
}

void case_look(const struct rig_case *test, const struct case_lane *lane, const uint8_t *reference,
	struct case_seen *seen)
{
	size_t at, next;

	if (!memcmp(lane->memory, reference, CASE_LANE_SIZE))
		return;
	at = first_difference(lane->memory, reference);
	next = at + CASE_BYTES;
	seen->passed = true;
	seen->address = lane->gpa + at;
	memcpy(&seen->value, lane->memory + at, CASE_BYTES);
	seen->spoilt = !test->write ||
		       memcmp(lane->memory + next, reference + next, CASE_LANE_SIZE - next) != 0;
}
