/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <errno.h>
#include <stdint.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_A 1

static struct {
	struct termios before;
	bool raw;
	bool ended;
	bool escape; /* ctrl-a was typed */
} console;

void console_open(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &console.before))
		return;
	raw = console.before;
	cfmakeraw(&raw);
	console.raw = !tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void console_close(void)
{
	if (console.raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &console.before);
	console.raw = false;
}

bool console_is_open(void)
{
	return !console.ended;
}

bool console_read(struct uart *uart)
{
	uint8_t byte;
	ssize_t n = read(STDIN_FILENO, &byte, 1);

	if (n <= 0) {
		console.ended = n == 0 || (errno != EINTR && errno != EAGAIN);
		return true;
	}
	if (console.escape) {
		console.escape = false;
		if (byte == 'x')
			return false;
		if (byte == CTRL_A)
			uart_type(uart, byte);
	} else if (byte == CTRL_A) {
		console.escape = true;
	} else {
		uart_type(uart, byte);
	}
	return true;
}
