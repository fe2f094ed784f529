/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: Arm DDI 0183, PrimeCell UART (PL011) */
#include <errno.h>
#include <unistd.h>

#include "vm.h"

/* Registers that do more than to keep what was written: word offsets. */
enum { DR = 0x00, FR = 0x06, IMSC = 0x0e, RIS = 0x0f, MIS = 0x10, ICR = 0x11, ID = 0x3f8 };

#define FR_RXFE 0x10u
#define FR_TXFE 0x80u
#define INT_RX	0x50u /* a byte is there; and it has waited for long */
#define INT_TX	0x20u

#define CTRL_A 1

static void update(struct vm *vm)
{
	struct uart *uart = &vm->uart;
	bool level = uart->reg[RIS] & uart->reg[IMSC];

	if (level != uart->level)
		kvm_set_spi(&vm->kvm, SPI_UART, level);
	uart->level = level;
}

static uint8_t take(struct vm *vm)
{
	struct uart *uart = &vm->uart;
	uint8_t byte = 0;

	if (uart->count) {
		byte = uart->input[uart->head];
		uart->head = (uart->head + 1) % UART_INPUT;
		if (uart->count-- == UART_INPUT)
			vm_wake(vm);
	}
	if (!uart->count)
		uart->reg[RIS] &= ~INT_RX;
	return byte;
}

static uint32_t read_register(struct vm *vm, uint64_t word)
{
	const struct uart *uart = &vm->uart;
	static const uint8_t id[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	switch (word) {
	case DR:
		return take(vm);
	case FR:
		return FR_TXFE | (uart->count ? 0 : FR_RXFE);
	case MIS:
		return uart->reg[RIS] & uart->reg[IMSC];
	default:
		if (word >= ID)
			return id[word - ID];
		return word < UART_REGISTERS ? uart->reg[word] : 0;
	}
}

static void write_register(struct uart *uart, uint64_t word, uint32_t value)
{
	if (word == DR)
		uart->reg[RIS] |= INT_TX; /* sent already */
	else if (word == ICR)
		uart->reg[RIS] = (uart->reg[RIS] & ~value) | (uart->count ? INT_RX : 0);
	else if (word < UART_REGISTERS && word != RIS)
		uart->reg[word] = value;
}

void uart_access(struct vm *vm, struct bus_access *access)
{
	const uint8_t byte = (uint8_t)access->value;
	const uint64_t word = access->offset / 4;
	struct uart *uart = &vm->uart;

	if (access->write && word == DR)
		(void)!write(STDOUT_FILENO, &byte, 1);
	pthread_mutex_lock(&uart->lock);
	if (access->write)
		write_register(uart, word, (uint32_t)access->value);
	else
		access->value = read_register(vm, word);
	update(vm);
	pthread_mutex_unlock(&uart->lock);
}

void uart_set_raw(struct uart *uart, bool raw)
{
	struct termios now;

	if (raw && !tcgetattr(STDIN_FILENO, &uart->before)) {
		now = uart->before;
		cfmakeraw(&now);
		uart->raw = !tcsetattr(STDIN_FILENO, TCSANOW, &now);
	} else if (uart->raw) {
		tcsetattr(STDIN_FILENO, TCSANOW, &uart->before);
		uart->raw = false;
	}
}

int uart_fd(struct uart *uart)
{
	bool room;

	pthread_mutex_lock(&uart->lock);
	room = uart->count < UART_INPUT;
	pthread_mutex_unlock(&uart->lock);
	return room && !uart->ended ? STDIN_FILENO : -1;
}

static void type(struct vm *vm, uint8_t byte)
{
	struct uart *uart = &vm->uart;

	pthread_mutex_lock(&uart->lock);
	uart->input[(uart->head + uart->count++) % UART_INPUT] = byte;
	uart->reg[RIS] |= INT_RX;
	update(vm);
	pthread_mutex_unlock(&uart->lock);
}

bool uart_read(struct vm *vm)
{
	struct uart *uart = &vm->uart;
	const bool escape = uart->escape;
	uint8_t byte;
	ssize_t n = read(STDIN_FILENO, &byte, 1);

	if (n <= 0) {
		uart->ended = n == 0 || (errno != EINTR && errno != EAGAIN);
		return true;
	}
	uart->escape = !escape && byte == CTRL_A;
	if (escape && byte == 'x')
		return false;
	if (escape ? byte == CTRL_A : byte != CTRL_A)
		type(vm, byte);
	return true;
}
