/* SPDX-License-Identifier: BSD-2-Clause */
/* Judgement: rows made of facts alone. Codes are stable; vsmmu-probe(1) lists them. */
#ifndef PROBE_ROWS_H
#define PROBE_ROWS_H

#include "probe/probe.h"

/*
 * Adds a row. Return: the row, until the next is added; without memory one that nobody sees.
 */
struct probe_row *row_add(struct probe_rows *rows, enum probe_level level, const char *code,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Says what to do. Without memory the row stays without. */
void row_todo(struct probe_rows *rows, struct probe_row *row, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What to do about something that could not be read. */
void row_todo_hidden(
	const struct probe_result *result, struct probe_rows *rows, struct probe_row *row);

/* Yes if both are, no if one is not. */
enum answer answer_and(enum answer a, enum answer b);
enum answer answer_or(enum answer a, enum answer b);

void rows_kernel(struct probe_result *result);
void rows_boot(struct probe_result *result);
void rows_platform(struct probe_result *result);
void rows_smmus(struct probe_result *result);
void rows_device(struct probe_result *result, struct probe_device *device);
void rows_group(const struct probe_result *result, struct probe_device *device);
void rows_window(const struct probe_result *result, struct probe_device *device);
void rows_pci(const struct probe_result *result, struct probe_device *device);

/* Whether it has no group yet, and so no IOMMU, but may get one when a driver takes it. */
bool group_comes_later(const struct probe_result *result, const struct probe_device *device);

/* Whether the SMMU and the firmware can nest the translations of a device. */
enum answer device_nesting(const struct probe_result *result, const struct probe_device *device);

#endif
