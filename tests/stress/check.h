/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold: else the program says what does not, with its seed, and ends. */
#ifndef STRESS_CHECK_H
#define STRESS_CHECK_H

#include <stdint.h>

/* Of the whole run; set before anything is checked. */
extern uint64_t check_seed;

_Noreturn void check_fail(const char *file, int line, const char *condition, const char *format,
	...) __attribute__((format(printf, 4, 5)));

#define CHECK(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			check_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);                   \
	} while (0)

#define CHECK_EQ(is, should)                                                                       \
	CHECK((is) == (should), "is %llu, should be %llu", (unsigned long long)(is),               \
		(unsigned long long)(should))

#endif
