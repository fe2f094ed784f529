/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether bytes can be what decode takes for records, or for text. */
#ifndef DECODE_PLAUSIBLE_H
#define DECODE_PLAUSIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bare records of 32 bytes. An empty one, as in a queue that is not full, does not count. */
bool is_plausible_records(const uint8_t *bytes, size_t length);

/* What a vEVENTQ gave: headers, and records behind those that do not tell of loss. */
bool is_plausible_stream(const uint8_t *bytes, size_t length);

/* Text with bytes of zero in it, as a crash leaves them in a file of syslog's. */
bool is_plausible_text(const uint8_t *bytes, size_t length);

#endif
