/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/kernel_log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Whether @word stands there as a word: no letter around it. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += length)
		if ((at == text || !isalpha((unsigned char)at[-1])) &&
			!islower((unsigned char)at[length]))
			return true;
	return false;
}

bool kernel_log_matters(const char *text)
{
	static const char *const anywhere[] = {"smmu", "iommu", "vfio", "kvm", "dmar", "amd-vi"};
	static const char *const words[] = {"GIC", "GICv3", "GICv4", "ITS", "AER", "CMDQV"};

	/* It repeats all of the command line. */
	if (strstr(text, "ommand line"))
		return false;
	for (size_t i = 0; i < sizeof(anywhere) / sizeof(anywhere[0]); i++)
		if (strcasestr(text, anywhere[i]))
			return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(text, words[i]))
			return true;
	return false;
}

/* Documentation/ABI/testing/dev-kmsg: "level,sequence,microseconds,flags[,...];text\n KEY=value" */
void kernel_log_add(FILE *out, char *record)
{
	char *text = strchr(record, ';'), *at = record;
	uint64_t microseconds;

	if (!text)
		return;
	*text++ = '\0';
	text[strcspn(text, "\n")] = '\0';
	for (unsigned int i = 0; i < 2 && at; i++) {
		at = strchr(at, ',');
		at = at ? at + 1 : NULL;
	}
	/* Above the level's three bits: who wrote it; 0 is the kernel, all others are programs. */
	if (!at || strtoul(record, NULL, 10) >> 3 || !kernel_log_matters(text))
		return;
	microseconds = strtoull(at, NULL, 10);
	fprintf(out, "[%5" PRIu64 ".%06" PRIu64 "] %s\n", microseconds / 1000000,
		microseconds % 1000000, text);
}
