/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test includes: cmocka, and tests whose names carry rule ids. */
#ifndef LIB_UNIT_H
#define LIB_UNIT_H

/* clang-format off: cmocka.h needs these four before it */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

/* Begins the function of a test that needs nothing from cmocka: TEST(wraps_at_the_end) { ... } */
#define TEST(name) static void name(__attribute__((unused)) void **unused)

/* ids: the rules that the test checks, e.g. "E7 E8" */
#define UNIT_TEST(ids, fn)                                                                         \
	{                                                                                          \
		.name = #fn " [" ids "]", .test_func = (fn)                                        \
	}
#define UNIT_TEST_PLAIN(fn)                                                                        \
	{                                                                                          \
		.name = #fn, .test_func = (fn)                                                     \
	}

#endif
