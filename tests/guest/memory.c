/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"

/* Linux Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_FRAME	((UINT64_C(1) << 55) - 1)

volatile uint32_t *memory_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);

	if (page == MAP_FAILED)
		fail("no page: %m");
	return page == MAP_FAILED ? NULL : page;
}

uint64_t memory_address(volatile void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;
	ssize_t got = -1;

	if (fd >= 0)
		got = pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * 8));
	if (fd >= 0)
		close(fd);
	if (got != sizeof(entry) || !(entry & PAGEMAP_PRESENT) || !(entry & PAGEMAP_FRAME)) {
		fail("pagemap has no address: %#" PRIx64, entry);
		return 0;
	}
	return (entry & PAGEMAP_FRAME) * PAGE;
}

int memory_read(uint64_t address, uint64_t *word)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, word, sizeof(*word), (off_t)address);

	if (fd >= 0)
		close(fd);
	return got == sizeof(*word) ? 0 : fail("/dev/mem at %#" PRIx64 ": %m", address);
}

int memory_write(uint64_t address, uint64_t word)
{
	int fd = open("/dev/mem", O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? -1 : pwrite(fd, &word, sizeof(word), (off_t)address);

	if (fd >= 0)
		close(fd);
	return put == sizeof(word) ? 0 : fail("/dev/mem at %#" PRIx64 ": %m", address);
}

volatile uint8_t *memory_registers(uint64_t address, uint32_t size)
{
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC | O_SYNC);
	void *registers = MAP_FAILED;

	if (fd >= 0)
		registers =
			mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)address);
	if (registers == MAP_FAILED)
		fail("no registers at %#" PRIx64 ": %m", address);
	if (fd >= 0)
		close(fd);
	return registers == MAP_FAILED ? NULL : registers;
}
