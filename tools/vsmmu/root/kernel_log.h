/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ROOT_KERNEL_LOG_H
#define ROOT_KERNEL_LOG_H

#include <stdbool.h>
#include <stdio.h>

/* Whether a message has to do with SMMUs, other IOMMUs, VFIO, KVM, GIC, ITS or AER. */
bool kernel_log_matters(const char *text);

/* Writes a record of /dev/kmsg as `dmesg` would, if it matters. @record is changed. */
void kernel_log_add(FILE *out, char *record);

#endif
