/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells what an input is, by its first bytes. vsmmu-decode(1) has these rules. */
#include <stdio.h>
#include <string.h>

#include "decode/foreign.h"
#include "decode/input.h"
#include "decode/plausible.h"

#define LOOK	  4096 /* so many decide whether it is text */
#define PATIENCE  65536
#define MAGIC_MAX 16 /* bytes in which a file says what it is, but for a tar */

static bool is_capture(const uint8_t *bytes, size_t length)
{
	if (length > VSMMU_CAPTURE_MAGIC_SIZE)
		length = VSMMU_CAPTURE_MAGIC_SIZE;
	return !memcmp(bytes, VSMMU_CAPTURE_MAGIC, length);
}

static enum input_kind kind_of_binary(const uint8_t *bytes, size_t length, bool end)
{
	bool stream = is_plausible_stream(bytes, length);

	/* No event has number 0, but the header of each event in a vEVENTQ has flags 0. */
	if (is_plausible_records(bytes, length) && (!stream || memcmp(bytes, "\0\0\0", 4)))
		return INPUT_BINARY;
	if (stream)
		return INPUT_VEVENTQ;
	return end || length >= FOREIGN_LOOK ? INPUT_REFUSED : INPUT_AUTO;
}

/* By the first line that is not empty. */
static enum input_kind kind_of_text(const char *text, size_t length, bool end)
{
	const char *begin = text;

	while (length && (end || text - begin < PATIENCE)) {
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
	return end || length ? INPUT_LOG : INPUT_AUTO;
}

enum input_kind input_detect(const uint8_t *bytes, size_t length, bool end)
{
	if (!length)
		return end ? INPUT_LOG : INPUT_AUTO;
	if (is_capture(bytes, length))
		return INPUT_CAPTURE;
	if (length < MAGIC_MAX && !end)
		return INPUT_AUTO;
	if (foreign_find(bytes, length))
		return INPUT_REFUSED;
	/* Records are full of zeros, text has hardly any. */
	if (memchr(bytes, '\0', length < LOOK ? length : LOOK) && !is_plausible_text(bytes, length))
		return kind_of_binary(bytes, length, end);
	return kind_of_text((const char *)bytes, length, end);
}

void input_refuse(const struct input *input)
{
	const struct foreign *foreign = foreign_find(input->buffer, input->length);
	const char *command = input->output->command, *name = input->position.file;

	fflush(stdout);
	if (!foreign)
		fprintf(stderr,
			"%s: '%s' is binary, and neither event records nor a log: --binary or "
			"--veventq if it is records all the same, --input log if it is a log\n",
			command, name);
	else if (foreign->how)
		fprintf(stderr, "%s: '%s' is %s: read it with: %s | %s\n", command, name,
			foreign->name, foreign->how, command);
	else
		fprintf(stderr, "%s: '%s' is %s, which holds no kernel log that this reads\n",
			command, name, foreign->name);
}
