/* SPDX-License-Identifier: BSD-2-Clause */
#include "edu.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "files.h"
#include "pci.h"

#define IDENTIFICATION 0x00
#define RAISE	       0x60
#define LOWER	       0x64
#define SOURCE	       0x80
#define DESTINATION    0x88
#define LENGTH	       0x90
#define COMMAND	       0x98
#define RUN	       1u
#define TO_MEMORY      2u
#define BUFFER	       0x40000u /* the device's own memory, as it calls it */

/* Addresses that nothing maps. */
#define NOT_MAPPED	0xdead0000u
#define NOT_MAPPED_LAST 0xdeaf0000u

#define DEVICES_MAX 16

static void set(volatile uint8_t *bar, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(bar + offset) = value;
}

static void start(volatile uint8_t *bar, uint64_t from, uint64_t to, uint32_t length, uint64_t run)
{
	set(bar, SOURCE, from);
	set(bar, DESTINATION, to);
	set(bar, LENGTH, length);
	set(bar, COMMAND, run);
}

void edu_start_read(volatile uint8_t *bar, uint64_t iova, uint32_t length)
{
	start(bar, iova, BUFFER, length, RUN);
}

void edu_start_write(volatile uint8_t *bar, uint64_t iova, uint32_t length)
{
	start(bar, BUFFER, iova, length, RUN | TO_MEMORY);
}

static bool is_busy(volatile uint8_t *bar)
{
	return *(volatile uint64_t *)(bar + COMMAND) & RUN;
}

int edu_wait(volatile uint8_t *bar)
{
	for (unsigned int n = 0; n < 5000; n++) {
		if (!is_busy(bar))
			return 0;
		usleep(2000);
	}
	return fail("edu: a DMA does not end");
}

void edu_raise(volatile uint8_t *bar)
{
	*(volatile uint32_t *)(bar + RAISE) = 1;
}

void edu_lower(volatile uint8_t *bar)
{
	*(volatile uint32_t *)(bar + LOWER) = 1;
}

int edu_copy(volatile uint8_t *bar, uint64_t from, uint64_t to)
{
	edu_start_read(bar, from, 4);
	if (edu_wait(bar))
		return -1;
	edu_start_write(bar, to, 4);
	return edu_wait(bar);
}

volatile uint8_t *edu_open(const char *bdf)
{
	volatile uint8_t *bar = pci_enable(bdf) ? NULL : pci_map(bdf, EDU_SIZE);

	if (bar && (*(volatile uint32_t *)(bar + IDENTIFICATION) & 0xffff) != 0xed) {
		fail("%s: no edu device", bdf);
		return NULL;
	}
	return bar;
}

static int fault_at(const char *bdf, uint64_t iova)
{
	volatile uint8_t *bar = edu_open(bdf);

	if (!bar)
		return -1;
	edu_start_read(bar, iova, 4);
	return edu_wait(bar);
}

int command_fault(int count, char **words)
{
	(void)count;
	return fault_at(words[1], NOT_MAPPED);
}

int command_last(int count, char **words)
{
	(void)count;
	return fault_at(words[1], NOT_MAPPED_LAST);
}

/* Each device begins its next DMA when its last one is over, whatever the others do. */
int command_storm(int count, char **words)
{
	const unsigned int each = (unsigned int)strtoul(words[1], NULL, 0);
	unsigned int left[DEVICES_MAX], devices = (unsigned int)count - 2, busy = devices;
	volatile uint8_t *bar[DEVICES_MAX];
	double begin;

	if (devices > DEVICES_MAX)
		return fail("storm: at most %d devices", DEVICES_MAX);
	for (unsigned int n = 0; n < devices; n++) {
		bar[n] = edu_open(words[n + 2]);
		left[n] = each + 1;
		if (!bar[n])
			return -1;
	}
	begin = seconds_now();
	while (busy) {
		for (unsigned int n = 0; n < devices; n++) {
			if (!left[n] || is_busy(bar[n]))
				continue;
			if (--left[n])
				edu_start_read(bar[n], NOT_MAPPED, EDU_DMA_MAX);
			else
				busy--;
		}
		usleep(2000);
	}
	say("storm of %u faults took %.3f s", each * devices * (EDU_DMA_MAX / 4),
		seconds_now() - begin);
	return 0;
}
