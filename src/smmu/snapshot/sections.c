/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot from and to bytes: one list of fields for reading, writing and measuring. */
#include "smmu/snapshot/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/stats.h"
#include "util/codec.h"
#include "util/crc32.h"

#define MAGIC	    "VSMMUSNP"
#define MAGIC_SIZE  8
#define HEADER_SIZE 20
#define CRC_SIZE    4

static void code_config(struct codec *codec, struct snapshot *snapshot)
{
	codec_flag(codec, &snapshot->whole);
	codec_32(codec, &snapshot->eventq_log2_max);
	codec_32(codec, &snapshot->cmdq_log2_max);
	codec_32(codec, &snapshot->ssid_bits);
}

static void code_identity(struct codec *codec, struct snapshot *snapshot)
{
	for (int i = 0; i < 6; i++)
		codec_32(codec, &snapshot->id.idr[i]);
	codec_32(codec, &snapshot->id.iidr);
	codec_32(codec, &snapshot->id.aidr);
}

static void code_registers(struct codec *codec, struct snapshot *snapshot)
{
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		codec_64(codec, &snapshot->registers[row]);
}

static void code_invalidation(struct codec *codec, struct snapshot *snapshot)
{
	codec_flag(codec, &snapshot->atc_lost);
	if (codec->from) {
		snapshot->commands = codec_items(codec, sizeof(snapshot->command[0]));
		if (snapshot->commands > INVALIDATION_MAX) {
			codec->error = -EBADMSG;
			return;
		}
	}
	for (uint32_t i = 0; i < snapshot->commands; i++) {
		codec_64(codec, &snapshot->command[i][0]);
		codec_64(codec, &snapshot->command[i][1]);
	}
}

static void code_counters(struct codec *codec, struct snapshot *snapshot)
{
	for (unsigned int n = 0; n < stats_count(); n++)
		codec_64(codec, stats_at(&snapshot->stats, n));
}

static void code_streams(struct codec *codec, struct snapshot *snapshot)
{
	if (codec->from) {
		uint32_t streams = codec_items(codec, sizeof(*snapshot->vsid));

		snapshot->vsid = malloc(streams * sizeof(*snapshot->vsid) + 1);
		if (!snapshot->vsid)
			codec->error = -ENOMEM;
		if (codec->error)
			return;
		snapshot->streams = streams;
	}
	for (uint32_t i = 0; i < snapshot->streams; i++)
		codec_32(codec, &snapshot->vsid[i]);
}

static void code_events(struct codec *codec, struct snapshot *snapshot)
{
	size_t length = (size_t)snapshot->events_count * VSMMU_EVENT_RECORD_SIZE;

	if (codec->from) {
		snapshot->events_count = codec_items(codec, VSMMU_EVENT_RECORD_SIZE);
		snapshot->events = codec->from + codec->at;
		length = (size_t)snapshot->events_count * VSMMU_EVENT_RECORD_SIZE;
	} else if (codec->to && length) {
		memcpy(codec->to + codec->at, snapshot->events, length);
	}
	codec->at += length;
}

/* Their tags are 1 and up. */
static void (*const sections[])(struct codec *codec, struct snapshot *snapshot) = {code_config,
	code_identity, code_registers, code_invalidation, code_counters, code_streams, code_events};

static void code_sections(struct codec *codec, struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		struct codec_section section = codec_begin(codec, i + 1);

		if (!codec->error)
			sections[i](codec, snapshot);
		codec_end(codec, &section);
	}
	if (codec->from && codec->at != codec->end && !codec->error)
		codec->error = -EBADMSG;
}

static void code_header(struct codec *codec, uint32_t *version, uint64_t *length)
{
	codec->at += MAGIC_SIZE;
	codec_32(codec, version);
	codec_64(codec, length);
}

void snapshot_release(struct snapshot *snapshot)
{
	free(snapshot->vsid);
	snapshot->vsid = NULL;
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
	codec_32(&codec, &crc);
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
	codec_32(&codec, &crc);
	if (crc != crc32_of(bytes, length - CRC_SIZE) || !version)
		return -EBADMSG;
	if (version != SNAPSHOT_VERSION)
		return -EPROTONOSUPPORT;
	codec.at = HEADER_SIZE;
	codec.end = length - CRC_SIZE;
	code_sections(&codec, snapshot);
	if (codec.error)
		return codec.error;
	return snapshot_is_sound(snapshot) ? 0 : -EBADMSG;
}
