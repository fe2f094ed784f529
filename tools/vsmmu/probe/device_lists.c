/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of address ranges, one in each line: Linux' drivers/iommu/iommu.c, drivers/pci/pci-sysfs.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/facts_parse.h"

#define RESOURCE_MEMORY 0x200 /* IORESOURCE_MEM */

bool line_next(const char **text, char *line, size_t size)
{
	size_t length = strcspn(*text, "\n"), copied = length < size ? length : size - 1;

	if (!**text)
		return false;
	memcpy(line, *text, copied);
	line[copied] = '\0';
	*text += length + ((*text)[length] == '\n');
	return true;
}

void text_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* A number of 64 bits and the blank behind it. */
static bool take_number(const char **text, uint64_t *number)
{
	char *end;

	*text += strspn(*text, " \t");
	if (!isxdigit((unsigned char)**text))
		return false;
	errno = 0;
	*number = strtoull(*text, &end, 16);
	if (errno || (*end && !isspace((unsigned char)*end)))
		return false;
	*text = end;
	return true;
}

static bool take_range(const char **text, struct probe_range *range)
{
	return take_number(text, &range->first) && take_number(text, &range->last) &&
	       range->first <= range->last;
}

void reserved_parse(const char *text, struct probe_device *device)
{
	char line[128];

	device->reserved_known = ANSWER_YES;
	while (line_next(&text, line, sizeof(line))) {
		struct probe_reserved reserved = {0};
		const char *rest = line;
		size_t length;

		if (!take_range(&rest, &reserved.range))
			continue;
		rest += strspn(rest, " \t");
		length = strspn(rest, "abcdefghijklmnopqrstuvwxyz-");
		if (!length || length >= sizeof(reserved.type))
			continue;
		/* A list that is not whole must not say that there is nothing. */
		if (device->reserved_count == PROBE_RESERVED_MAX) {
			device->reserved_known = ANSWER_UNKNOWN;
			return;
		}
		memcpy(reserved.type, rest, length);
		device->reserved[device->reserved_count++] = reserved;
	}
}

void resource_parse(const char *text, struct probe_device *device)
{
	char line[128];

	for (int i = 0; i < PROBE_BARS && line_next(&text, line, sizeof(line)); i++) {
		struct probe_range range;
		const char *rest = line;
		uint64_t flags;

		if (!take_range(&rest, &range) || !take_number(&rest, &flags))
			continue;
		if (!range.last || !(flags & RESOURCE_MEMORY) || device->bar_count == PROBE_BARS)
			continue;
		device->bar_numbers[device->bar_count] = i;
		device->bars[device->bar_count++] = range;
	}
}

void iomem_parse(const char *text, struct probe_host *host)
{
	char line[128];

	host->ram_known = ANSWER_UNKNOWN;
	host->ram_count = 0;
	while (line_next(&text, line, sizeof(line))) {
		struct probe_range range;
		const char *rest = line;
		char *dash = strchr(line, '-'), *name = strstr(line, " : ");

		/* Only lines that are not indented: "40000000-bfffffff : System RAM". */
		if (!isxdigit((unsigned char)line[0]) || !dash || !name || dash > name ||
			strcmp(name, " : System RAM"))
			continue;
		*dash = ' ';
		*name = '\0';
		if (!take_range(&rest, &range) || !range.last)
			continue;
		if (host->ram_count == PROBE_RAM_MAX) {
			host->ram_known = ANSWER_UNKNOWN;
			return;
		}
		host->ram[host->ram_count++] = range;
		host->ram_known = ANSWER_YES;
	}
}
