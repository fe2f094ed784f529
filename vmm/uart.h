/* SPDX-License-Identifier: BSD-2-Clause */
/* A PL011, as much of it as Linux uses, between the guest and the VMM's terminal. */
#ifndef VMM_UART_H
#define VMM_UART_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "kvm.h"

#define UART_INPUT 256

struct uart {
	struct kvm *kvm;
	int wake; /* eventfd: there is room for input again */
	pthread_mutex_t lock;
	uint8_t input[UART_INPUT];
	unsigned int head, count;
	uint32_t control, line_control, mask, status, other[3];
	bool level;
};

void uart_open(struct uart *uart, struct kvm *kvm, struct bus *bus, int wake);

/* Return: whether the guest has read enough that there is room. */
bool uart_has_room(struct uart *uart);

/* Gives the guest a byte that was typed; only if there is room. */
void uart_type(struct uart *uart, uint8_t byte);

#endif
