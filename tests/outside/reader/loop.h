/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody else's event loop, as far as a reader needs it: one fd is watched, and there is time. */
#ifndef OUTSIDE_LOOP_H
#define OUTSIDE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

extern const char loop_name[];

/* Calls @on_readable each time that it finds @fd readable, level-triggered. Return: 0 or not. */
int loop_open(int fd, void (*on_readable)(void));

/* Goes round, until something has happened or @timeout_ms are over. */
void loop_once(uint32_t timeout_ms);

/* Return: 0, or not, when something is left of it. */
int loop_close(void);

#endif
