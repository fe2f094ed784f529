/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to whoever runs the VMM: what is wrong, and what to do about it. */
#ifndef VMM_ERROR_H
#define VMM_ERROR_H

#include <stdbool.h>

#define FAIL_TEXT 512

/* Where fail() of this thread writes its text, of FAIL_TEXT bytes at most; NULL: to stderr. */
extern _Thread_local char *fail_text;

/* Prints a line to stderr. Return: -1, for "return fail(...)". */
#define fail(...) message(true, __VA_ARGS__)

/* Prints a line that is no failure. */
#define note(...) ((void)message(false, __VA_ARGS__))

__attribute__((format(printf, 2, 3))) int message(bool failure, const char *format, ...);

#endif
