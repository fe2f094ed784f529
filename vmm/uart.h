/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PL011, as much of it as Linux uses, and what is behind it: stdout, and stdin, which is raw
 * while the guest has it if it is a terminal, with ctrl-a as the way out.
 */
#ifndef VMM_UART_H
#define VMM_UART_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "bus.h"
#include "kvm.h"

#define UART_INPUT     256
#define UART_REGISTERS 0x12 /* DR to ICR */

struct uart {
	struct kvm *kvm;
	int wake; /* eventfd: there is room for input again */
	pthread_mutex_t lock;
	uint8_t input[UART_INPUT];
	unsigned int head, count;
	uint32_t reg[UART_REGISTERS];
	bool level;

	/* The main loop alone uses these. */
	struct termios before; /* if @raw */
	bool raw;
	bool ended;  /* no more input can come */
	bool escape; /* ctrl-a was typed */
};

void uart_open(struct uart *uart, struct kvm *kvm, struct bus *bus, int wake);

/* Makes a terminal raw, or as it was; anything else, such as a pipe, is left as it is. */
void uart_set_raw(struct uart *uart, bool raw);

/* Return: STDIN_FILENO, if input can come and the guest has room for it; -1. */
int uart_fd(struct uart *uart);

/* Reads a byte that was typed, and gives it to the guest. Return: false at ctrl-a x. */
bool uart_read(struct uart *uart);

#endif
