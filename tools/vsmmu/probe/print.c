/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows as text. The last line says yes or no, and the first thing to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probe/probe.h"

#define LEVEL_WIDTH 9
#define CODE_WIDTH  20
#define INDENT	    (LEVEL_WIDTH + CODE_WIDTH)

struct style {
	bool colour;
	size_t width; /* of the terminal; 0: lines are not broken */
};

static const char *const level_names[] = {
	[LEVEL_PASS] = "PASS",
	[LEVEL_UNKNOWN] = "UNKNOWN",
	[LEVEL_WARN] = "WARN",
	[LEVEL_FAIL] = "FAIL",
};

static const char *const level_colours[] = {
	[LEVEL_PASS] = "\033[32m",
	[LEVEL_UNKNOWN] = "\033[36m",
	[LEVEL_WARN] = "\033[33m",
	[LEVEL_FAIL] = "\033[31m",
};

/* Prints words from column @indent on; what follows a break begins there, too. */
static void print_words(const struct style *style, size_t indent, const char *text)
{
	size_t column = indent;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (style->width > indent + 20 && column > indent &&
			column + length > style->width) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		}
		printf("%.*s", (int)length, text);
		column += length;
		text += length;
		if (*text == ' ') {
			putchar(' ');
			text++;
			column++;
		}
	}
	putchar('\n');
}

static void print_row(const struct style *style, const struct probe_row *row, bool subject)
{
	const char *name = level_names[row->level];
	char *whole = NULL;

	if (asprintf(&whole, "%s%s%s", subject ? row->subject : "",
		    subject && row->subject[0] ? ": " : "", row->text) < 0)
		return;
	printf("%s%s%s%*s%-*s", style->colour ? level_colours[row->level] : "", name,
		style->colour ? "\033[0m" : "", LEVEL_WIDTH - (int)strlen(name), "", CODE_WIDTH,
		row->code);
	print_words(style, INDENT, whole);
	free(whole);
	if (!row->todo[0] || row->level == LEVEL_PASS)
		return;
	printf("%*s-> ", LEVEL_WIDTH + CODE_WIDTH - 3, "");
	print_words(style, INDENT, row->todo);
}

static void print_rows(const struct style *style, const struct probe_rows *rows,
	enum probe_detail detail, bool subject)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct probe_row *row = &rows->rows[i];
		bool says_little = row->optional && row->level == LEVEL_UNKNOWN;

		if (detail == DETAIL_ALL || (row->level != LEVEL_PASS && !says_little))
			print_row(style, row, subject);
	}
}

static void print_device(
	const struct style *style, const struct probe_device *device, enum probe_detail detail)
{
	printf("\n%s", device->bdf);
	if (device->vendor >= 0 && device->device >= 0)
		printf("  %04x:%04x", (unsigned int)device->vendor, (unsigned int)device->device);
	if (device->class_code >= 0)
		printf(" class %04x", (unsigned int)device->class_code >> 8);
	if (device->driver[0])
		printf(", %s", device->driver);
	putchar('\n');
	print_rows(style, &device->rows, detail, false);
}

/* The worst row that counts, the first of them. */
static const struct probe_row *first_of(const struct probe_rows *rows, enum probe_level level)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i].level == level && !rows->rows[i].optional)
			return &rows->rows[i];
	return NULL;
}

/* A row that has made the verdict what it is, and the device it is of, or NULL. */
static const struct probe_row *find_reason(const struct probe_result *result, const char **bdf)
{
	const struct probe_row *row = first_of(&result->rows, result->verdict);

	*bdf = NULL;
	for (size_t i = 0; i < result->device_count && !row; i++) {
		const struct probe_device *device = &result->devices[i];

		if (!device->shown || device->verdict != result->verdict)
			continue;
		row = first_of(&device->rows, result->verdict);
		*bdf = device->bdf;
	}
	return row;
}

static void count_devices(const struct probe_result *result, size_t *good, size_t *all)
{
	*good = *all = 0;
	for (size_t i = 0; i < result->device_count; i++) {
		const struct probe_device *device = &result->devices[i];

		*all += device->shown;
		*good += device->shown && !device->vanished && device->verdict != LEVEL_FAIL;
	}
}

static void print_verdict(const struct style *style, const struct probe_result *result)
{
	static const char *const words[] = {
		[LEVEL_PASS] = "yes",
		[LEVEL_UNKNOWN] = "yes, as far as can be told",
		[LEVEL_WARN] = "yes, with warnings",
		[LEVEL_FAIL] = "no",
	};
	const struct probe_row *row;
	const char *bdf;
	size_t good, all;

	count_devices(result, &good, &all);
	printf("\n%s%s%s: ", style->colour ? level_colours[result->verdict] : "",
		result->verdict == LEVEL_UNKNOWN && result->devices_known != ANSWER_YES
			? "unknown"
			: words[result->verdict],
		style->colour ? "\033[0m" : "");
	if (result->host_verdict == LEVEL_FAIL)
		printf("this host gives no VM a device behind an accelerated vSMMU");
	else if (result->devices_known != ANSWER_YES)
		printf("the PCI devices could not be looked at");
	else
		printf("%zu of %zu PCI devices can be given to a VM behind an accelerated vSMMU",
			good, all);
	row = result->verdict == LEVEL_PASS ? NULL : find_reason(result, &bdf);
	if (row)
		printf("; first: %s%s%s%s%s", bdf ? bdf : "", bdf ? " " : "", row->code,
			row->todo[0] ? ", " : "", row->todo);
	putchar('\n');
}

static size_t terminal_width(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

void probe_print_text(const struct probe_result *result, enum probe_detail detail, bool colour)
{
	const struct probe_host *host = &result->host;
	const struct style style = {colour, terminal_width()};

	if (detail == DETAIL_QUIET)
		return;
	printf("host  Linux %s, %s\n", host->release[0] ? host->release : "of unknown version",
		host->machine[0] ? host->machine : "unknown machine");
	print_rows(&style, &result->rows, detail, result->smmu_count > 1);
	for (size_t i = 0; i < result->device_count; i++)
		if (result->devices[i].shown)
			print_device(&style, &result->devices[i], detail);
	print_verdict(&style, result);
}
