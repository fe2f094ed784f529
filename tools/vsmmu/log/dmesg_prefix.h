/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOG_DMESG_PREFIX_H
#define LOG_DMESG_PREFIX_H

#include "log/dmesg_message.h"

/*
 * Takes time, host and device from what is before the driver's text. Return: whether it
 * may stand before a message of an SMMU's driver.
 */
bool dmesg_prefix_parse(struct span prefix, struct dmesg_message *message);

/* Return: the line without what log programs and the kernel put before a message. */
struct span dmesg_prefix_skip(struct span line);

#endif
