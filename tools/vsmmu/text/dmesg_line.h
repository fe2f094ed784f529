/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of a kernel log: whether it is of an SMMUv3's driver, and what it says. */
#ifndef TEXT_DMESG_LINE_H
#define TEXT_DMESG_LINE_H

#include "text/dmesg_message.h"

/* Fills in @message, whose spans point into @line. */
void dmesg_line_parse(struct span line, struct dmesg_message *message);

#endif
