/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/reduce.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "root/gzip.h"
#include "root/kernel_log.h"

/* A line of a text, without its end, NUL behind it; it may be changed. */
typedef void take_line(FILE *out, char *line);

static bool has_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(text, *words))
			return true;
	return false;
}

/* A syslog names the host in front: "Nov 30 03:00:00 host kernel: [...] text". */
static void take_log(FILE *out, char *line)
{
	char *behind = strstr(line, " kernel"), *bracket = strchr(line, '[');

	/* "kernel:", "kernel[1]:", and of RFC 5424 "kernel - - -" */
	if (behind && (!bracket || behind < bracket)) {
		char *rest = behind + strlen(" kernel");

		rest += *rest == '[' ? strcspn(rest, "]") + 1 : 0;
		if (*rest == ':' || !strncmp(rest, " - ", 3))
			line = rest + strspn(rest, ": -");
	}
	if (kernel_log_matters(line))
		fprintf(out, "%s\n", line);
}

static void take_config(FILE *out, char *line)
{
	static const char *const words[] = {"IOMMU", "SMMU", "VFIO", "KVM", "CONFIG_PCI", "CMDQV",
		"IORT", "CONFIG_ARM64=", "CONFIG_X86_64=", "CONFIG_MODULES=", "HAVE_PCI", NULL};
	const char *value = strchr(line, '=');

	/* The value of a string is the builder's. */
	if (!strncmp(line, "CONFIG_", 7) && value && !strchr(value, '"') && has_any(line, words))
		fprintf(out, "%s\n", line);
}

/* Lines of modules.dep, modules.builtin and /proc/modules, which also has addresses. */
static void take_module(FILE *out, char *line)
{
	static const char *const words[] = {"iommu", "smmu", "vfio", "kvm", "cmdqv", NULL};
	char *end = line + strcspn(line, ": ");

	if (*end == ' ') {
		for (unsigned int i = 0; i < 2 && *end == ' '; i++)
			end += 1 + strcspn(end + 1, " ");
	} else if (*end) {
		end++;
	}
	*end = '\0';
	if (has_any(line, words))
		fprintf(out, "%s\n", line);
}

static void take_cpu(FILE *out, char *line)
{
	static const char *const keys[] = {"processor", "flags"};
	size_t length = strcspn(line, "\t:");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i]) == length && !memcmp(line, keys[i], length))
			fprintf(out, "%s\n", line);
}

/* Only which controllers there are. The names of devices, and counts, stay here. */
static void take_interrupt(FILE *out, char *line)
{
	char *rest, *word = strtok_r(line, " \t", &rest);

	for (; word; word = strtok_r(NULL, " \t", &rest))
		if (!strncmp(word, "GICv", 4) || !strncmp(word, "ITS-", 4) ||
			strstr(word, "-ITS-MSI"))
			fprintf(out, " %s\n", word);
}

/* Neither where the kernel lies nor what else there is. */
static void take_range(FILE *out, char *line)
{
	if (strstr(line, " : System RAM"))
		fprintf(out, "%s\n", line);
}

/* A line that is as the one before says nothing new. */
static char *take_lines(char *text, size_t *length, take_line *take)
{
	char *kept = NULL;
	FILE *out = open_memstream(&kept, length);

	if (!out)
		return NULL;
	for (char *line = text, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		take(out, line);
	}
	if (fclose(out)) {
		free(kept);
		return NULL;
	}
	return kept;
}

static bool is_ours(const char *key, size_t length)
{
	static const char *const parts[] = {
		"iommu", "iommufd", "smmu", "vfio", "kvm", "pci", "pcie", NULL};

	for (const char *end = key + length; key < end;) {
		size_t part = strcspn(key, "._-= ");

		if (part > (size_t)(end - key))
			part = (size_t)(end - key);
		for (size_t i = 0; parts[i]; i++)
			if (strlen(parts[i]) == part && !memcmp(key, parts[i], part))
				return true;
		key += part + 1;
	}
	return false;
}

/* Lists of drivers that are kept off. Of them only ours are told. */
static bool is_blacklist(const char *key, size_t length)
{
	static const char *const keys[] = {
		"initcall_blacklist", "module_blacklist", "modprobe.blacklist", NULL};

	for (size_t i = 0; keys[i]; i++)
		if (strlen(keys[i]) == length && !memcmp(keys[i], key, length))
			return true;
	return false;
}

/*
 * Items of a list with commas; those with a character that numbers and names do not have go.
 * @ours: only those that have one of our words.
 */
static void put_value(FILE *out, const char *value, size_t length, bool ours)
{
	const char *end = value + length;
	bool first = true;

	while (value < end) {
		size_t item = strcspn(value, ",");
		size_t good = 0;

		if (item > (size_t)(end - value))
			item = (size_t)(end - value);
		while (good < item && good < 64 &&
			(isalnum((unsigned char)value[good]) || strchr(":.;=@_*+-", value[good])))
			good++;
		if (good == item && (!ours || is_ours(value, item))) {
			fprintf(out, "%s%.*s", first ? "" : ",", (int)item, value);
			first = false;
		}
		value += item + 1;
	}
}

/* Blanks between quotation marks do not end a word: the kernel's next_arg(). */
static char *take_cmdline(char *text, size_t *length)
{
	char *kept = NULL;
	FILE *out = open_memstream(&kept, length);
	bool first = true;

	if (!out)
		return NULL;
	while (*(text += strspn(text, " \t\r\n"))) {
		const char *word = text, *equals = NULL;
		bool quoted = false, blacklist;

		for (; *text && (quoted || !strchr(" \t\r\n", *text)); text++) {
			if (*text == '"')
				quoted = !quoted;
			if (*text == '=' && !equals)
				equals = text;
		}
		/* The rest is for init. */
		if (text - word == 2 && !memcmp(word, "--", 2))
			break;
		blacklist = equals && is_blacklist(word, (size_t)(equals - word));
		if (!blacklist && !is_ours(word, (size_t)((equals ? equals : text) - word)))
			continue;
		fprintf(out, "%s%.*s", first ? "" : " ", (int)((equals ? equals : text) - word),
			word);
		first = false;
		if (equals) {
			fputc('=', out);
			put_value(out, equals + 1, (size_t)(text - equals - 1), blacklist);
		}
	}
	fputc('\n', out);
	if (fclose(out)) {
		free(kept);
		return NULL;
	}
	return kept;
}

static take_line *const takers[] = {
	[REDUCE_LOG] = take_log,
	[REDUCE_CONFIG] = take_config,
	[REDUCE_CONFIG_GZ] = take_config,
	[REDUCE_MODULES] = take_module,
	[REDUCE_CPUINFO] = take_cpu,
	[REDUCE_INTERRUPTS] = take_interrupt,
	[REDUCE_IOMEM] = take_range,
};

const char *reduce_name(enum allowed_reduce how)
{
	static const char *const names[] = {
		[REDUCE_LOG] = "only lines of SMMUs, IOMMUs, VFIO, KVM, GIC, ITS, AER",
		[REDUCE_CMDLINE] = "only words of iommu, vfio, smmu, kvm and pci",
		[REDUCE_CONFIG] = "only options of these",
		[REDUCE_CONFIG_GZ] = "only options of these",
		[REDUCE_MODULES] = "only modules of these",
		[REDUCE_CPUINFO] = "only the features of one",
		[REDUCE_INTERRUPTS] = "only kinds of controllers",
		[REDUCE_IOMEM] = "only RAM",
		[REDUCE_PCI_CONFIG] =
			"only the header and PCIe, PM, MSI, ACS, ARI, SR-IOV, ATS, PRI, "
			"PASID; no serial number",
		[REDUCE_FDT] = "only what maps devices to SMMUs",
	};

	return (size_t)how < sizeof(names) / sizeof(names[0]) ? names[how] : NULL;
}

static char *reduce_text(
	enum allowed_reduce how, const struct redact *redact, char *text, size_t *length)
{
	char *end = how == REDUCE_CPUINFO ? strstr(text, "\n\n") : NULL;
	char *kept;

	if (end)
		*end = '\0';
	kept = how == REDUCE_CMDLINE ? take_cmdline(text, length)
				     : take_lines(text, length, takers[how]);

	if (kept)
		redact_text(redact, kept, *length);
	return kept;
}

char *reduce(enum allowed_reduce how, const struct redact *redact, char *bytes, size_t *length)
{
	char *text, *kept = NULL;

	switch (how) {
	case REDUCE_NOTHING:
		redact_text(redact, bytes, *length);
		return bytes;
	case REDUCE_PCI_CONFIG:
		reduce_pci_config((unsigned char *)bytes, *length);
		return bytes;
	case REDUCE_TABLE:
		return bytes;
	case REDUCE_FDT:
		if (!reduce_fdt(bytes, *length))
			return bytes;
		errno = EBADMSG;
		break;
	case REDUCE_CONFIG_GZ:
		text = gzip_unpack(bytes, *length);
		if (text) {
			char *less = reduce_text(how, redact, text, length);

			kept = less ? gzip_pack(less, length) : NULL;
			free(less);
		}
		free(text);
		break;
	default:
		kept = reduce_text(how, redact, bytes, length);
	}
	free(bytes);
	return kept;
}
