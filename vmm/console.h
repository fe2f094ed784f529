/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal: raw while the guest has it, with ctrl-a as the way out. */
#ifndef VMM_CONSOLE_H
#define VMM_CONSOLE_H

#include <stdbool.h>

#include "uart.h"

/* Makes a terminal raw; anything else, such as a pipe, is left as it is. */
void console_open(void);
void console_close(void);

/* Reads what was typed and gives it to @uart. Return: false at ctrl-a x. */
bool console_read(struct uart *uart);

/* Return: whether input can still come. */
bool console_is_open(void);

#endif
