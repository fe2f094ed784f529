/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test program that prints TAP and needs nothing but a C library: for programs that
 * run in the rig, and for suites that run there as well as on the build machine.
 *
 *	static void adds(void *context)
 *	{
 *		TAP_EQ(1 + 1, 2);
 *	}
 *
 *	static const struct tap_test tests[] = { { "adds", "E5 P1", adds } };
 *
 *	int main(void)
 *	{
 *		return tap_main(tests, 1, NULL, NULL);
 *	}
 */
#ifndef TAP_H
#define TAP_H

#include <stddef.h>
#include <stdint.h>

/* ids: rules of tests/matrix.txt that the test covers, separated by spaces, or "". */
struct tap_test {
	const char *name;
	const char *ids;
	void (*fn)(void *context);
};

/*
 * What every test has around it; may be NULL, and so may each member. A test whose open()
 * does not return 0 fails; close() follows every other test, a failed one too. Checks may
 * be used in both.
 */
struct tap_fixture {
	int (*open)(void *context);
	void (*close)(void *context);
};

/* All in one: plan, run, end. Return: the program's exit code. */
int tap_main(const struct tap_test *tests, size_t count, const struct tap_fixture *fixture,
	void *context);

/* The same in steps, for several lists: first the number of all tests, "1..N". */
void tap_plan(size_t count);
void tap_run(const struct tap_test *tests, size_t count, const struct tap_fixture *fixture,
	void *context);
/* Return: exit code, 0 if all that was planned ran and none failed, else 1. */
int tap_end(void);

/* A line of diagnostics, "# ...". */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the running test as one that cannot be run here. */
_Noreturn void tap_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Checks end the running test when they fail, from any depth of calls, but only in the
 * thread that runs it; in another thread a failing check ends the program.
 */
#define TAP_CHECK(condition, ...)                                                                  \
	do {                                                                                       \
		if (!(condition))                                                                  \
			tap_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);                     \
	} while (0)

/* Both as 64 bits; a negative number equals one of another signed type. */
#define TAP_EQ(is, should)                                                                         \
	tap_equal(__FILE__, __LINE__, #is, #should, (uint64_t)(is), (uint64_t)(should))

_Noreturn void tap_fail(const char *file, int line, const char *condition, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void tap_equal(const char *file, int line, const char *is_text, const char *should_text,
	uint64_t is, uint64_t should);

#endif
