/* SPDX-License-Identifier: BSD-2-Clause */
/* A story in steps, each with its checks, that prints TAP. */
#ifndef OUTSIDE_CHECK_H
#define OUTSIDE_CHECK_H

#include <stdbool.h>

#define CHECK(yes) check(yes, __FILE__, __LINE__, #yes)

void check(bool passed, const char *file, int line, const char *what);

/* Ends a step, which passes if all checks since the last step did. */
void step(const char *name);

/* Ends the program, as the rest of the story makes no sense any more. */
_Noreturn void bail(const char *why);

/* Return: the program's exit status. */
int steps_end(void);

#endif
