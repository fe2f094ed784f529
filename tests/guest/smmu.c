/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel says of its SMMU, and what somebody does who is not its driver. */
#include <glob.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "command.h"
#include "files.h"
#include "memory.h"
#include "smmu.h"

#define SIZE 0x20000u

uint64_t smmu_base(void)
{
	uint64_t base = 0;
	glob_t found;

	/* Source: Linux arm-smmu-v3.c, iommu_device_sysfs_add(): "smmu3.%pa" */
	if (!glob("/sys/class/iommu/smmu3.*", 0, NULL, &found)) {
		base = strtoull(strstr(found.gl_pathv[0], "smmu3.") + 6, NULL, 0);
		globfree(&found);
	}
	return base;
}

/* Whether a line of /proc/interrupts is of the SMMU or of a disk. */
static bool is_of_interest(const char *line)
{
	return strstr(line, "smmu") || strstr(line, "nvme");
}

int command_smmu(int count, char **words)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[512];

	(void)count;
	(void)words;
	if (smmu_base())
		say("smmu at %#" PRIx64, smmu_base());
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (is_of_interest(line))
			say("irq %s", line);
	}
	if (file)
		fclose(file);
	return smmu_base() ? 0 : fail("no SMMU");
}

/* Each read is an exit to the VMM. */
int command_register(int count, char **words)
{
	const uint32_t offset = (uint32_t)strtoul(words[1], NULL, 0) & (SIZE - 4);
	const unsigned int reads = (unsigned int)strtoul(words[2], NULL, 0);
	volatile uint8_t *smmu = memory_registers(smmu_base(), SIZE);
	const double begin = seconds_now();
	uint32_t value = 0;

	(void)count;
	if (!smmu)
		return -1;
	for (unsigned int n = 0; n < reads; n++)
		value = *(volatile uint32_t *)(smmu + offset);
	say("register %#x %.6f", value, seconds_now() - begin);
	munmap((void *)smmu, SIZE);
	return 0;
}

/* Mostly the registers at the beginning of each page, by 4 and by 8 bytes. */
int command_garbage(int count, char **words)
{
	volatile uint8_t *smmu = memory_registers(smmu_base(), SIZE);
	uint32_t random = 1;

	(void)count;
	(void)words;
	if (!smmu)
		return -1;
	for (unsigned int n = 0; n < 8192; n++) {
		uint32_t offset;

		random = random * 1664525 + 1013904223;
		offset = (random >> 12 & 1) * 0x10000 + (random >> 13 & 0xf8);
		if (random >> 31)
			*(volatile uint64_t *)(smmu + offset) = random * 0x100000001u;
		else
			*(volatile uint32_t *)(smmu + offset + (random >> 8 & 4)) = random >> 4;
	}
	munmap((void *)smmu, SIZE);
	return 0;
}
