/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void input_restart(struct input *input)
{
	input->kind = input->wanted;
	input->position.number = 1;
	input->position.bytes = false;
	input->over = false;
	input->length = 0;
	input->cut_line = false;
	input->hex = (struct hex){0};
	vsmmu_dmesg_init(&input->dmesg);
	input->order.count = 0;
	vsmmu_decoder_free(input->decoder);
	input->decoder = NULL;
	vsmmu_capture_reader_init(&input->capture);
	names_destroy(&input->names);
}

void input_init(struct input *input, const char *name, enum input_kind kind, struct output *output)
{
	memset(input, 0, sizeof(*input));
	input->output = output;
	input->wanted = kind;
	input->position.file = name;
	input_restart(input);
}

void input_destroy(struct input *input)
{
	input_restart(input);
	free(input->buffer);
	input->buffer = NULL;
}

static bool is_text(const struct input *input)
{
	return input->kind == INPUT_LOG || input->kind == INPUT_HEX;
}

static long take(struct input *input, bool end)
{
	if (input->kind == INPUT_AUTO)
		input->kind = input_detect(input->buffer, input->length, end);
	/* Lines are counted from 1, bytes from 0. */
	if (input->kind != INPUT_AUTO && !is_text(input) && !input->position.bytes) {
		input->position.bytes = true;
		input->position.number = 0;
	}
	switch (input->kind) {
	case INPUT_LOG:
	case INPUT_HEX:
		return lines_take(input, input->buffer, input->length, end);
	case INPUT_BINARY:
		return binary_take(input, input->buffer, input->length, end);
	case INPUT_VEVENTQ:
		return veventq_take(input, input->buffer, input->length, end);
	case INPUT_CAPTURE:
		return capture_take(input, input->buffer, input->length, end);
	case INPUT_REFUSED:
		input_refuse(input);
		input->over = true;
		return -EMEDIUMTYPE;
	default:
		return 0;
	}
}

static int consume(struct input *input, bool end)
{
	long used = 0;

	if (!input->over && (input->length || end))
		used = take(input, end);
	if (used < 0)
		return (int)used;
	if (input->over || end)
		used = (long)input->length;
	input->length -= (size_t)used;
	if (used)
		memmove(input->buffer, input->buffer + used, input->length);
	return 0;
}

int input_bytes(struct input *input, const void *bytes, size_t length)
{
	if (input->over)
		return 0;
	if (input->size - input->length < length) {
		size_t size = input->length + length;
		uint8_t *buffer = realloc(input->buffer, size);

		if (!buffer)
			return -ENOMEM;
		input->buffer = buffer;
		input->size = size;
	}
	if (length)
		memcpy(input->buffer + input->length, bytes, length);
	input->length += length;
	return consume(input, false);
}

int input_pause(struct input *input)
{
	if (is_text(input))
		lines_flush(input, false);
	return 0;
}

int input_end(struct input *input)
{
	int ret = consume(input, true);

	if (is_text(input))
		lines_flush(input, true);
	return ret;
}

void input_report(const struct input *input)
{
	output_end_file(input->output, input->position.file, input->kind == INPUT_LOG,
		input->position.number - 1);
}
