/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/kernel_log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "root/root.h"

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

/* What a log daemon puts before the kernel's own text names the machine. */
static const char *kernel_text(const char *line)
{
	const char *text = strstr(line, " kernel: ");

	return text ? text + strlen(" kernel: ") : line;
}

static int copy_what_matters(FILE *in, FILE *out)
{
	size_t size = 0, used = 0;
	char *line = NULL;
	ssize_t length;

	while ((length = getline(&line, &size, in)) > 0) {
		if (memchr(line, '\0', (size_t)length)) {
			errno = EILSEQ;
			break;
		}
		line[strcspn(line, "\n")] = '\0';
		if (!kernel_log_matters(line))
			continue;
		used += (size_t)length;
		if (used >= ROOT_FILE_MAX)
			break;
		fprintf(out, "%s\n", kernel_text(line));
	}
	free(line);
	if (ferror(in) || (length > 0 && errno == EILSEQ))
		return -errno;
	return 0;
}

int kernel_log_load(struct root *root, const char *path)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin, *out;
	char *text = NULL;
	size_t length;
	int ret;

	if (!in)
		return -errno;
	out = open_memstream(&text, &length);
	ret = out ? copy_what_matters(in, out) : -ENOMEM;
	if (out && fclose(out))
		ret = -ENOMEM;
	if (!ret)
		ret = root_put(root, "vsmmu/kernel-log", text);
	free(text);
	if (in != stdin)
		fclose(in);
	return ret;
}
