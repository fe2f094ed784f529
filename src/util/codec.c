/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/codec.h"

#include <errno.h>

static void bad(struct codec *codec)
{
	if (!codec->error)
		codec->error = -EBADMSG;
}

/* Return: @value, unless reading: then what is there, or 0 after an error. */
static uint64_t code(struct codec *codec, uint64_t value, size_t size)
{
	const size_t at = codec->at;

	if (codec->from) {
		value = 0;
		if (codec->end - at < size)
			bad(codec);
		if (codec->error)
			return 0;
	}
	for (size_t i = 0; codec->from && i < size; i++)
		value |= (uint64_t)codec->from[at + i] << 8 * i;
	for (size_t i = 0; codec->to && i < size; i++)
		codec->to[at + i] = (uint8_t)(value >> 8 * i);
	codec->at += size;
	return value;
}

void codec_32(struct codec *codec, uint32_t *value)
{
	*value = (uint32_t)code(codec, *value, sizeof(*value));
}

void codec_64(struct codec *codec, uint64_t *value)
{
	*value = code(codec, *value, sizeof(*value));
}

void codec_flag(struct codec *codec, bool *flag)
{
	uint32_t value = *flag;

	codec_32(codec, &value);
	if (value > 1)
		bad(codec);
	*flag = value == 1;
}

struct codec_section codec_begin(struct codec *codec, uint32_t tag)
{
	struct codec_section section = {.outer_end = codec->end};
	uint32_t found = tag, length = 0;

	codec_32(codec, &found);
	section.length_at = codec->at;
	codec_32(codec, &length);
	if (!codec->from || codec->error)
		return section;
	if (found != tag || length > codec->end - codec->at)
		bad(codec);
	else
		codec->end = codec->at + length;
	return section;
}

void codec_end(struct codec *codec, const struct codec_section *section)
{
	if (codec->from) {
		if (codec->at != codec->end)
			bad(codec);
		codec->end = section->outer_end;
	} else if (codec->to) {
		struct codec again = {.to = codec->to, .at = section->length_at};
		uint32_t length = (uint32_t)(codec->at - again.at - sizeof(length));

		codec_32(&again, &length);
	}
}

uint32_t codec_items(struct codec *codec, size_t size)
{
	if (codec->error)
		return 0;
	if ((codec->end - codec->at) % size)
		bad(codec);
	return (uint32_t)((codec->end - codec->at) / size);
}
