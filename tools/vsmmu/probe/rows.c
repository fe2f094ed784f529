/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows grow by so many at a time. */
#define ROOM 16

static struct probe_row *row_new(struct probe_rows *rows)
{
	static struct probe_row nobody_sees;
	struct probe_row *grown = rows->rows;

	if (rows->count % ROOM == 0)
		grown = realloc(rows->rows, (rows->count + ROOM) * sizeof(*grown));
	if (!grown) {
		rows->failed = true;
		return &nobody_sees;
	}
	rows->rows = grown;
	return &rows->rows[rows->count++];
}

struct probe_row *row_add(
	struct probe_rows *rows, enum probe_level level, const char *code, const char *format, ...)
{
	struct probe_row *row = row_new(rows);
	va_list list;

	*row = (struct probe_row){.level = level, .code = code, .todo = strdup("")};
	va_start(list, format);
	if (vasprintf(&row->text, format, list) < 0)
		row->text = NULL;
	va_end(list);
	rows->failed |= !row->text || !row->todo;
	return row;
}

void row_todo(struct probe_rows *rows, struct probe_row *row, const char *format, ...)
{
	va_list list;

	free(row->todo);
	va_start(list, format);
	if (vasprintf(&row->todo, format, list) < 0)
		row->todo = NULL;
	va_end(list);
	rows->failed |= !row->todo;
}

void row_todo_hidden(
	const struct probe_result *result, struct probe_rows *rows, struct probe_row *row)
{
	row_todo(rows, row, "%s",
		result->host.as_root != ANSWER_YES
			? "run as root"
			: "look on the host itself: a container may hide it from root, too");
}

enum answer answer_and(enum answer a, enum answer b)
{
	if (a == ANSWER_NO || b == ANSWER_NO)
		return ANSWER_NO;
	return a == ANSWER_YES && b == ANSWER_YES ? ANSWER_YES : ANSWER_UNKNOWN;
}

enum answer answer_or(enum answer a, enum answer b)
{
	if (a == ANSWER_YES || b == ANSWER_YES)
		return ANSWER_YES;
	return a == ANSWER_NO && b == ANSWER_NO ? ANSWER_NO : ANSWER_UNKNOWN;
}

static enum probe_level worst(const struct probe_rows *rows)
{
	enum probe_level level = LEVEL_PASS;

	for (size_t i = 0; i < rows->count; i++)
		if (!rows->rows[i].optional && rows->rows[i].level > level)
			level = rows->rows[i].level;
	return level;
}

static enum probe_level worse(enum probe_level a, enum probe_level b)
{
	return a > b ? a : b;
}

/* All of the devices that were named must do; without names the best of them. */
static enum probe_level devices_verdict(const struct probe_result *result)
{
	enum probe_level best = LEVEL_FAIL, all = LEVEL_PASS;

	if (result->devices_known != ANSWER_YES)
		return LEVEL_UNKNOWN;
	for (size_t i = 0; i < result->device_count; i++) {
		const struct probe_device *device = &result->devices[i];

		if (!device->shown)
			continue;
		all = worse(all, device->verdict);
		if (device->verdict < best)
			best = device->verdict;
	}
	return result->named ? all : best;
}

static void rows_number(struct probe_result *result)
{
	bool any = false;

	for (size_t i = 0; i < result->device_count; i++)
		any |= result->devices[i].shown;
	if (result->devices_cut)
		row_add(&result->rows, LEVEL_UNKNOWN, "DEV-MANY",
			"there are more than %d PCI devices: those beyond were not looked at",
			PROBE_DEVICES_MAX);
	if (!any && result->devices_known != ANSWER_YES)
		row_add(&result->rows, LEVEL_UNKNOWN, "DEV-NONE",
			"the PCI devices cannot be listed: /sys/bus/pci/devices cannot be read");
	else if (!any)
		row_add(&result->rows, LEVEL_FAIL, "DEV-NONE",
			"there is no PCI device that could be given to a VM");
}

bool probe_judge(struct probe_result *result)
{
	bool failed;

	rows_kernel(result);
	rows_boot(result);
	rows_platform(result);
	rows_smmus(result);
	rows_number(result);
	failed = result->rows.failed;
	result->host_verdict = worst(&result->rows);
	for (size_t i = 0; i < result->device_count; i++) {
		struct probe_device *device = &result->devices[i];

		device->nesting = device_nesting(result, device);
		if (!device->shown)
			continue;
		rows_device(result, device);
		failed |= device->rows.failed;
		device->verdict = worst(&device->rows);
	}
	result->verdict = worse(result->host_verdict, devices_verdict(result));
	return !failed;
}
