/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt controller: which GIC, and whether MSIs come through an ITS. */
#include <string.h>

#include "probe/facts_parse.h"

/* ACPI 6.5, 5.2.12. */
#define MADT_HEADER	 44
#define MADT_DISTRIBUTOR 12
#define MADT_MSI_FRAME	 13
#define MADT_ITS	 15
#define MADT_V5_IRS	 28
#define MADT_V5_ITS	 29

void interrupts_parse(const char *text, struct probe_host *host)
{
	char line[4096];

	while (line_next(&text, line, sizeof(line))) {
		const char *gic = strstr(line, " GICv");

		if (gic && gic[5] >= '2' && gic[5] <= '9' && gic[5] - '0' > host->gic_version)
			host->gic_version = gic[5] - '0';
		if (strstr(line, " GICv2m"))
			host->msi_frames = ANSWER_YES;
		if (strstr(line, " ITS-") || strstr(line, "-ITS-MSI"))
			host->its = ANSWER_YES;
	}
}

void madt_parse(const void *bytes, size_t length, struct probe_host *host)
{
	const uint8_t *table = bytes;
	enum answer its = ANSWER_NO, frames = ANSWER_NO;

	if (length < MADT_HEADER || memcmp(table, "APIC", 4))
		return;
	for (size_t at = MADT_HEADER; at + 2 <= length; at += table[at + 1]) {
		size_t size = table[at + 1];

		if (size < 2 || size > length - at)
			return; /* what is behind it cannot be found */
		switch (table[at]) {
		case MADT_DISTRIBUTOR:
			if (size > 20 && table[at + 20] > host->gic_version)
				host->gic_version = table[at + 20];
			break;
		case MADT_MSI_FRAME:
			frames = ANSWER_YES;
			break;
		case MADT_V5_IRS:
			host->gic_version = 5;
			break;
		case MADT_ITS:
		case MADT_V5_ITS:
			its = ANSWER_YES;
			break;
		}
	}
	if (host->its != ANSWER_YES)
		host->its = its;
	if (host->msi_frames != ANSWER_YES)
		host->msi_frames = frames;
}
