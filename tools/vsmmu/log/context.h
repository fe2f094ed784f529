/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of a kernel log that explain faults: what came before them, and who is in which group. */
#ifndef LOG_CONTEXT_H
#define LOG_CONTEXT_H

#include "log/dmesg_message.h"

/**
 * context_parse() - something that often precedes a fault: a reset, an error of PCIe, ...
 * @line: as the kernel printed it
 * @message: @context, @client and @text are filled in; it must be empty before
 *
 * Return: whether it is one.
 */
bool context_parse(struct span line, struct dmesg_message *message);

/**
 * group_parse() - "pci 0000:01:00.0: Adding to iommu group 5", or its form before Linux 5.3
 * @line: as the kernel printed it
 * @message: @client and @value are filled in; it must be empty before
 *
 * Return: whether it is one.
 */
bool group_parse(struct span line, struct dmesg_message *message);

#endif
