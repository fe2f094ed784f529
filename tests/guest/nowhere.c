/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses that no driver makes: to where nothing is, and of sizes that nobody expects. */
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "edu.h"
#include "files.h"
#include "memory.h"
#include "pci.h"
#include "smmu.h"

static uint64_t load(const volatile uint8_t *at, unsigned int size)
{
	switch (size) {
	case 1:
		return *at;
	case 2:
		return *(const volatile uint16_t *)at;
	case 4:
		return *(const volatile uint32_t *)at;
	default:
		return *(const volatile uint64_t *)at;
	}
}

static void store(volatile uint8_t *at, unsigned int size, uint64_t value)
{
	switch (size) {
	case 1:
		*at = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)at = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)at = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)at = value;
	}
}

/* Writes and reads with each size. Return: 0 if all that was read is @expected; -1 after fail(). */
static int touch(uint64_t address, uint64_t expected)
{
	volatile uint8_t *page = memory_registers(address & ~(uint64_t)(PAGE - 1), PAGE);
	const uint64_t offset = address % PAGE;
	int ret = 0;

	if (!page)
		return -1;
	for (unsigned int size = 1; !ret && size <= 8; size *= 2) {
		const uint64_t mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1;
		uint64_t value;

		store(page + offset, size, 0);
		value = load(page + offset, size);
		if (value != (expected & mask))
			ret = fail("%u bytes at %#" PRIx64 " are %#" PRIx64, size, address, value);
	}
	return ret;
}

/* A device need not like accesses of any size: a child has the signal. */
static int touch_bar(const char *bdf)
{
	volatile uint8_t *bar = pci_enable(bdf) ? NULL : pci_map(bdf, EDU_SIZE);

	if (!bar)
		return -1;
	for (unsigned int size = 1; size <= 8; size *= 2) {
		int status;

		if (!fork()) {
			signal(SIGBUS, SIG_DFL);
			store(bar, size, 0);
			_exit((int)(load(bar, size) & 0xff));
		}
		wait(&status);
		say("%u bytes of a BAR: %s %d", size, WIFSIGNALED(status) ? "signal" : "value",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	return 0;
}

int command_nowhere(int count, char **words)
{
	(void)count;
	for (int n = 2; n < count; n++)
		if (touch(strtoull(words[n], NULL, 0), UINT64_MAX))
			return -1;
	/* A reserved register of the SMMU is zero, whatever the size. */
	if (smmu_base() && touch(smmu_base() + 0xe00, 0))
		return -1;
	return touch_bar(words[1]);
}
