/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to whoever runs the VMM: what is wrong, and what to do about it. */
#ifndef VMM_ERROR_H
#define VMM_ERROR_H

/* Prints a line to stderr. Return: -1, for "return fail(...)". */
__attribute__((format(printf, 1, 2))) int fail(const char *format, ...);

/* Prints a line that is no failure. */
#define note(...) ((void)fail(__VA_ARGS__))

#endif
