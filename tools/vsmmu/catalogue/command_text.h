/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CATALOGUE_COMMAND_TEXT_H
#define CATALOGUE_COMMAND_TEXT_H

#include <stdint.h>

#include "text/buffer.h"

/* Adds a command by its name with its fields, and why an SMMU may have refused it. */
void command_add(struct buffer *buffer, const uint64_t word[2]);

#endif
