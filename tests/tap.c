/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum outcome { PASSED = 1, FAILED, SKIPPED };

static size_t planned, done, failed;
static char why[1024]; /* the test failed or was skipped; told after its result */
static jmp_buf test_end;
static _Thread_local bool in_test; /* whether test_end belongs to this thread */

/* Every line begins with "# ": no diagnostic looks like a result. */
static void print_notes(char *text)
{
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		printf("# %s\n", line);
	}
	fflush(stdout);
}

void tap_note(const char *format, ...)
{
	char text[1024];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	print_notes(text);
}

static _Noreturn void end_test(enum outcome outcome)
{
	if (!in_test) {
		print_notes(why);
		abort();
	}
	longjmp(test_end, outcome);
}

void tap_fail(const char *file, int line, const char *condition, const char *format, ...)
{
	va_list values;
	int used = snprintf(why, sizeof(why), "%s:%d: %.400s\n", file, line, condition);

	va_start(values, format);
	if (used > 0 && (size_t)used < sizeof(why))
		vsnprintf(why + used, sizeof(why) - (size_t)used, format, values);
	va_end(values);
	end_test(FAILED);
}

void tap_skip(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(why, sizeof(why), format, values);
	va_end(values);
	end_test(SKIPPED);
}

void tap_equal(const char *file, int line, const char *is_text, const char *should_text,
	uint64_t is, uint64_t should)
{
	if (is == should)
		return;
	snprintf(why, sizeof(why),
		"%s:%d: %.200s is not %.200s\n    is 0x%" PRIx64 " (%" PRId64 ")\nshould 0x%" PRIx64
		" (%" PRId64 ")",
		file, line, is_text, should_text, is, (int64_t)is, should, (int64_t)should);
	end_test(FAILED);
}

void tap_plan(size_t count)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	planned = count;
	printf("1..%zu\n", count);
}

/* Each step may end by a jump; what it was is the return value. */
static enum outcome run_open(const struct tap_fixture *fixture, void *context)
{
	enum outcome outcome = (enum outcome)setjmp(test_end);
	int ret;

	if (outcome)
		return outcome;
	if (!fixture || !fixture->open)
		return PASSED;
	ret = fixture->open(context);
	if (!ret)
		return PASSED;
	snprintf(why, sizeof(why), "what the test needs could not be set up: %d (%s)", ret,
		strerror(ret < 0 ? -ret : ret));
	return FAILED;
}

static enum outcome run_test(const struct tap_test *test, void *context)
{
	enum outcome outcome = (enum outcome)setjmp(test_end);

	if (outcome)
		return outcome;
	test->fn(context);
	return PASSED;
}

static enum outcome run_close(const struct tap_fixture *fixture, void *context)
{
	enum outcome outcome = (enum outcome)setjmp(test_end);

	if (outcome)
		return outcome;
	if (fixture && fixture->close)
		fixture->close(context);
	return PASSED;
}

static void run_one(const struct tap_test *test, const struct tap_fixture *fixture, void *context)
{
	char first[sizeof(why)];
	enum outcome outcome, closed;
	bool ids = test->ids && *test->ids;

	in_test = true;
	outcome = run_open(fixture, context);
	if (outcome == PASSED) {
		outcome = run_test(test, context);
		memcpy(first, why, sizeof(first));
		closed = run_close(fixture, context);
		if (closed == FAILED && outcome != FAILED)
			outcome = FAILED;
		else
			memcpy(why, first, sizeof(why));
	}
	in_test = false;
	done++;
	failed += outcome == FAILED;
	printf("%sok %zu - %s%s%s%s%s%s\n", outcome == FAILED ? "not " : "", done, test->name,
		ids ? " [" : "", ids ? test->ids : "", ids ? "]" : "",
		outcome == SKIPPED ? " # SKIP " : "", outcome == SKIPPED ? why : "");
	if (outcome == FAILED)
		print_notes(why);
	fflush(stdout);
}

void tap_run(const struct tap_test *tests, size_t count, const struct tap_fixture *fixture,
	void *context)
{
	for (size_t i = 0; i < count; i++)
		run_one(&tests[i], fixture, context);
}

int tap_end(void)
{
	if (done != planned)
		tap_note("%zu tests ran, %zu were planned", done, planned);
	return failed || done != planned;
}

int tap_main(const struct tap_test *tests, size_t count, const struct tap_fixture *fixture,
	void *context)
{
	tap_plan(count);
	tap_run(tests, count, fixture, context);
	return tap_end();
}
