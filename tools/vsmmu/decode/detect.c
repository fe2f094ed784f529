/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells what an input is, by its first bytes. vsmmu-decode(1) has these rules. */
#include <string.h>

#include "decode/input.h"

#define LOOK	 4096 /* so many decide whether it is text */
#define PATIENCE 65536

static bool is_capture(const uint8_t *bytes, size_t length)
{
	if (length > VSMMU_CAPTURE_MAGIC_SIZE)
		length = VSMMU_CAPTURE_MAGIC_SIZE;
	return !memcmp(bytes, VSMMU_CAPTURE_MAGIC, length);
}

/* Records are full of zeros, text has none. */
static bool is_binary(const uint8_t *bytes, size_t length)
{
	return memchr(bytes, '\0', length < LOOK ? length : LOOK);
}

/* No event has number 0, but the header of each event in a vEVENTQ has flags 0. */
static enum input_kind kind_of_binary(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < 4 && i < length; i++)
		if (bytes[i])
			return INPUT_BINARY;
	return INPUT_VEVENTQ;
}

/* By the first line that is not empty. */
static enum input_kind kind_of_text(const char *text, size_t length, bool end)
{
	while (length) {
		const char *newline = memchr(text, '\n', length);
		size_t line = newline ? (size_t)(newline - text) : length;

		if (!newline && !end)
			return length < PATIENCE ? INPUT_AUTO : INPUT_LOG;
		if (!hex_is_empty(text, line))
			return hex_is_likely(text, line) ? INPUT_HEX : INPUT_LOG;
		line += newline != NULL;
		text += line;
		length -= line;
	}
	return end ? INPUT_LOG : INPUT_AUTO;
}

enum input_kind input_detect(const uint8_t *bytes, size_t length, bool end)
{
	if (!length)
		return end ? INPUT_LOG : INPUT_AUTO;
	if (is_capture(bytes, length))
		return INPUT_CAPTURE;
	if (is_binary(bytes, length))
		return kind_of_binary(bytes, length);
	return kind_of_text((const char *)bytes, length, end);
}
