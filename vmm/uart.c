/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: Arm DDI 0183, PrimeCell UART (PL011) */
#include "uart.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "map.h"

enum {
	DR = 0x00,
	FR = 0x18,
	IBRD = 0x24,
	FBRD = 0x28,
	LCR_H = 0x2c,
	CR = 0x30,
	IFLS = 0x34,
	IMSC = 0x38,
	RIS = 0x3c,
	MIS = 0x40,
	ICR = 0x44,
	ID = 0xfe0,
};

#define FR_RXFE 0x10u
#define FR_TXFE 0x80u
#define INT_RX	0x10u
#define INT_TX	0x20u
#define INT_RT	0x40u

static void update(struct uart *uart)
{
	bool level = uart->status & uart->mask;

	if (level != uart->level)
		kvm_set_spi(uart->kvm, SPI_UART, level);
	uart->level = level;
}

static uint8_t take(struct uart *uart)
{
	uint8_t byte = 0;

	if (uart->count) {
		byte = uart->input[uart->head];
		uart->head = (uart->head + 1) % UART_INPUT;
		if (uart->count-- == UART_INPUT)
			(void)eventfd_write(uart->wake, 1);
	}
	if (!uart->count)
		uart->status &= ~(INT_RX | INT_RT);
	return byte;
}

static uint32_t read_register(struct uart *uart, uint64_t offset)
{
	static const uint8_t id[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	switch (offset) {
	case DR:
		return take(uart);
	case FR:
		return FR_TXFE | (uart->count ? 0 : FR_RXFE);
	case IBRD:
	case FBRD:
		return uart->other[(offset - IBRD) / 4];
	case IFLS:
		return uart->other[2];
	case LCR_H:
		return uart->line_control;
	case CR:
		return uart->control;
	case IMSC:
		return uart->mask;
	case RIS:
		return uart->status;
	case MIS:
		return uart->status & uart->mask;
	default:
		return offset >= ID && offset < ID + 32 && !(offset & 3) ? id[(offset - ID) / 4]
									 : 0;
	}
}

static void write_register(struct uart *uart, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case DR:
		uart->status |= INT_TX; /* sent already */
		break;
	case IBRD:
	case FBRD:
		uart->other[(offset - IBRD) / 4] = value;
		break;
	case IFLS:
		uart->other[2] = value;
		break;
	case LCR_H:
		uart->line_control = value;
		break;
	case CR:
		uart->control = value;
		break;
	case IMSC:
		uart->mask = value;
		break;
	case ICR:
		uart->status &= ~value;
		if (uart->count)
			uart->status |= INT_RX | INT_RT;
		break;
	default:
		break;
	}
}

static void access_uart(void *opaque, struct bus_access *access)
{
	const uint8_t byte = (uint8_t)access->value;
	struct uart *uart = opaque;

	if (access->write && access->offset == DR)
		(void)!write(STDOUT_FILENO, &byte, 1);
	pthread_mutex_lock(&uart->lock);
	if (access->write)
		write_register(uart, access->offset, (uint32_t)access->value);
	else
		access->value = read_register(uart, access->offset);
	update(uart);
	pthread_mutex_unlock(&uart->lock);
}

void uart_open(struct uart *uart, struct kvm *kvm, struct bus *bus, int wake)
{
	const struct bus_region region = {
		.base = MAP_UART,
		.size = MAP_UART_SIZE,
		.access = access_uart,
		.opaque = uart,
	};

	*uart = (struct uart){.kvm = kvm, .wake = wake, .control = 0x300};
	pthread_mutex_init(&uart->lock, NULL);
	bus_add(bus, &region);
}

bool uart_has_room(struct uart *uart)
{
	bool room;

	pthread_mutex_lock(&uart->lock);
	room = uart->count < UART_INPUT;
	pthread_mutex_unlock(&uart->lock);
	return room;
}

void uart_type(struct uart *uart, uint8_t byte)
{
	pthread_mutex_lock(&uart->lock);
	if (uart->count < UART_INPUT) {
		uart->input[(uart->head + uart->count++) % UART_INPUT] = byte;
		uart->status |= INT_RX | INT_RT;
		update(uart);
	}
	pthread_mutex_unlock(&uart->lock);
}
