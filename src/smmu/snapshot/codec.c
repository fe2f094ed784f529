/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot from and to bytes: one list of fields for reading, writing and measuring. */
#include "smmu/snapshot/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/snapshot/counters.h"
#include "util/crc32.h"

#define MAGIC	    "VSMMUSNP"
#define MAGIC_SIZE  8
#define HEADER_SIZE 20
#define CRC_SIZE    4

enum tag {
	TAG_CONFIG = 1,
	TAG_IDENTITY,
	TAG_REGISTERS,
	TAG_INVALIDATION,
	TAG_COUNTERS,
	TAG_STREAMS,
	TAG_EVENTS,
};

struct codec {
	const uint8_t *from; /* reading, or NULL */
	uint8_t *to;	     /* writing, or NULL; neither: measuring */
	size_t at;
	size_t end; /* of the section when reading, else unknown */
	int error;
};

/* Return: @value, unless reading: then what is there, or 0 after an error. */
static uint64_t code(struct codec *codec, uint64_t value, size_t size)
{
	const size_t at = codec->at;

	if (codec->from) {
		value = 0;
		if (!codec->error && codec->end - at < size)
			codec->error = -EBADMSG;
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

static void code32(struct codec *codec, uint32_t *value)
{
	*value = (uint32_t)code(codec, *value, sizeof(*value));
}

static void code64(struct codec *codec, uint64_t *value)
{
	*value = code(codec, *value, sizeof(*value));
}

static void code_flag(struct codec *codec, bool *flag)
{
	uint32_t value = *flag;

	code32(codec, &value);
	if (value > 1 && !codec->error)
		codec->error = -EBADMSG;
	*flag = value == 1;
}

/* Return: where the length stands. */
static size_t section_begin(struct codec *codec, uint32_t tag)
{
	const size_t all = codec->end;
	uint32_t found = tag, length = 0;
	size_t place;

	code32(codec, &found);
	place = codec->at;
	code32(codec, &length);
	if (!codec->from || codec->error)
		return place;
	if (found != tag || length > all - codec->at)
		codec->error = -EBADMSG;
	else
		codec->end = codec->at + length;
	return place;
}

/* @all: the end of all sections. */
static void section_end(struct codec *codec, size_t place, size_t all)
{
	if (codec->from) {
		if (codec->at != codec->end && !codec->error)
			codec->error = -EBADMSG;
		codec->end = all;
	} else if (codec->to) {
		struct codec again = {.to = codec->to, .at = place};
		uint32_t length = (uint32_t)(codec->at - place - sizeof(length));

		code32(&again, &length);
	}
}

/* Return: items of @size bytes up to the end of the section being read. */
static uint32_t items_left(struct codec *codec, size_t size)
{
	if (codec->error)
		return 0;
	if ((codec->end - codec->at) % size)
		codec->error = -EBADMSG;
	return (uint32_t)((codec->end - codec->at) / size);
}

static void code_config(struct codec *codec, struct snapshot *snapshot)
{
	code_flag(codec, &snapshot->whole);
	code32(codec, &snapshot->eventq_log2_max);
	code32(codec, &snapshot->cmdq_log2_max);
	code32(codec, &snapshot->ssid_bits);
}

static void code_identity(struct codec *codec, struct snapshot *snapshot)
{
	for (int i = 0; i < 6; i++)
		code32(codec, &snapshot->id.idr[i]);
	code32(codec, &snapshot->id.iidr);
	code32(codec, &snapshot->id.aidr);
}

static void code_registers(struct codec *codec, struct snapshot *snapshot)
{
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		code64(codec, &snapshot->registers[row]);
}

static void code_invalidation(struct codec *codec, struct snapshot *snapshot)
{
	code_flag(codec, &snapshot->atc_lost);
	if (codec->from) {
		snapshot->commands = items_left(codec, sizeof(snapshot->command[0]));
		if (snapshot->commands > INVALIDATION_MAX) {
			codec->error = -EBADMSG;
			return;
		}
	}
	for (uint32_t i = 0; i < snapshot->commands; i++) {
		code64(codec, &snapshot->command[i][0]);
		code64(codec, &snapshot->command[i][1]);
	}
}

static void code_counters(struct codec *codec, struct snapshot *snapshot)
{
	for (unsigned int n = 0; n < counters_count(); n++)
		code64(codec, counters_at(&snapshot->stats, n));
}

static void code_streams(struct codec *codec, struct snapshot *snapshot)
{
	if (codec->from) {
		uint32_t streams = items_left(codec, sizeof(*snapshot->vsid));

		snapshot->vsid = malloc(streams * sizeof(*snapshot->vsid) + 1);
		if (!snapshot->vsid)
			codec->error = -ENOMEM;
		if (codec->error)
			return;
		snapshot->streams = streams;
	}
	for (uint32_t i = 0; i < snapshot->streams; i++)
		code32(codec, &snapshot->vsid[i]);
}

static void code_events(struct codec *codec, struct snapshot *snapshot)
{
	size_t length = (size_t)snapshot->events_count * VSMMU_EVENT_RECORD_SIZE;

	if (codec->from) {
		snapshot->events_count = items_left(codec, VSMMU_EVENT_RECORD_SIZE);
		snapshot->events = codec->from + codec->at;
		length = (size_t)snapshot->events_count * VSMMU_EVENT_RECORD_SIZE;
	} else if (codec->to && length) {
		memcpy(codec->to + codec->at, snapshot->events, length);
	}
	codec->at += length;
}

static void code_section(struct codec *codec, struct snapshot *snapshot, enum tag tag,
	void (*fields)(struct codec *codec, struct snapshot *snapshot))
{
	const size_t all = codec->end;
	size_t place = section_begin(codec, tag);

	if (!codec->error)
		fields(codec, snapshot);
	section_end(codec, place, all);
}

static void code_sections(struct codec *codec, struct snapshot *snapshot)
{
	code_section(codec, snapshot, TAG_CONFIG, code_config);
	code_section(codec, snapshot, TAG_IDENTITY, code_identity);
	code_section(codec, snapshot, TAG_REGISTERS, code_registers);
	code_section(codec, snapshot, TAG_INVALIDATION, code_invalidation);
	code_section(codec, snapshot, TAG_COUNTERS, code_counters);
	code_section(codec, snapshot, TAG_STREAMS, code_streams);
	code_section(codec, snapshot, TAG_EVENTS, code_events);
	if (codec->from && codec->at != codec->end && !codec->error)
		codec->error = -EBADMSG;
}

static void code_header(struct codec *codec, uint32_t *version, uint64_t *length)
{
	codec->at += MAGIC_SIZE;
	code32(codec, version);
	code64(codec, length);
}

void snapshot_release(struct snapshot *snapshot)
{
	free(snapshot->vsid);
}

size_t snapshot_length(struct snapshot *snapshot)
{
	struct codec codec = {.at = HEADER_SIZE};

	code_sections(&codec, snapshot);
	return codec.at + CRC_SIZE;
}

void snapshot_write(struct snapshot *snapshot, uint8_t *bytes, size_t length)
{
	struct codec codec = {.to = bytes};
	uint32_t version = SNAPSHOT_VERSION, crc;
	uint64_t whole = length;

	memcpy(bytes, MAGIC, MAGIC_SIZE);
	code_header(&codec, &version, &whole);
	code_sections(&codec, snapshot);
	crc = crc32_of(bytes, codec.at);
	code32(&codec, &crc);
}

int snapshot_read(struct snapshot *snapshot, const uint8_t *bytes, size_t length)
{
	struct codec codec = {.from = bytes, .end = HEADER_SIZE};
	uint32_t version = 0, crc = 0;
	uint64_t whole = 0;

	memset(snapshot, 0, sizeof(*snapshot));
	if (length < HEADER_SIZE + CRC_SIZE || memcmp(bytes, MAGIC, MAGIC_SIZE))
		return -EBADMSG;
	code_header(&codec, &version, &whole);
	if (whole != length)
		return -EBADMSG;
	codec.at = length - CRC_SIZE;
	codec.end = length;
	code32(&codec, &crc);
	if (crc != crc32_of(bytes, length - CRC_SIZE) || !version)
		return -EBADMSG;
	if (version > SNAPSHOT_VERSION)
		return -EPROTONOSUPPORT;
	codec.at = HEADER_SIZE;
	codec.end = length - CRC_SIZE;
	code_sections(&codec, snapshot);
	if (codec.error)
		return codec.error;
	return snapshot_is_sound(snapshot) ? 0 : -EBADMSG;
}
