/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ROOT_KERNEL_LOG_H
#define ROOT_KERNEL_LOG_H

#include <stdbool.h>
#include <stdio.h>

struct root;

/* Whether a message has to do with SMMUs, other IOMMUs, VFIO, KVM, GIC, ITS or AER. */
bool kernel_log_matters(const char *text);

/* Writes a record of /dev/kmsg as `dmesg` would, if it matters. @record is changed. */
void kernel_log_add(FILE *out, char *record);

/*
 * Takes a kernel's log from a file, "-" for standard input, as dmesg(1) or journalctl(1) print it,
 * for "vsmmu/kernel-log": a host that runs for long has overwritten what was said at its start.
 * Return: 0 or -errno.
 */
int kernel_log_load(struct root *root, const char *path);

#endif
