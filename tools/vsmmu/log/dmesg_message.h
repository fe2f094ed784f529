/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a line of a kernel log. */
#ifndef LOG_DMESG_MESSAGE_H
#define LOG_DMESG_MESSAGE_H

#include "text/span.h"
#include "log/log.h"

#define DMESG_WORDS 4 /* of an event */

enum dmesg_message_kind {
	DMESG_NOTHING = 0,
	DMESG_HEADER,	  /* "event 0x10 received:" */
	DMESG_WORD,	  /* "\t0x0000004200000010", or several words */
	DMESG_DECODED,	  /* "event: F_TRANSLATION client: 0000:00:01.0 sid: 0x8 ..." */
	DMESG_DETAIL,	  /* "unpriv data write s1 "Input address caused fault" stag: 0x0" */
	DMESG_OVERFLOW,	  /* "EVTQ overflow detected -- events lost" */
	DMESG_SUPPRESSED, /* "arm_smmu_dump_event: 15 callbacks suppressed" */
	DMESG_COMMAND,	  /* "skipping command in error state:", and two words follow */
	DMESG_REQUEST,	  /* "unexpected PRI request received:", and a line follows */
	DMESG_REQUESTER,  /* "\tsid 0x00000100.0x00000: [1L] unprivileged RW access at ..." */
	DMESG_ERROR,	  /* any other that is worth telling */
	DMESG_NOTE,	  /* any other of an SMMUv3's driver */
	DMESG_OTHER,	  /* a line of another IOMMU, hypervisor or emulator */
	DMESG_CONTEXT,	  /* something that often precedes a fault */
	DMESG_GROUP,	  /* "Adding to iommu group 7" */
};

/**
 * struct dmesg_message - what a line says
 * @kind: which of the members below are valid
 * @has_time: @time is valid
 * @has_wall: @wall is valid
 * @has_zone: the line says which zone @wall is of
 * @cut: the line ends within the message
 * @sure: only the driver writes so; else its name must be there, too
 * @whole: DECODED, DETAIL, ERROR, NOTE: all that the driver writes is there
 * @unassigned: DECODED: the driver does not know the endpoint
 * @words: WORD: how many
 * @digits: WORD, when @words is 0: so few are there of a word
 * @context: CONTEXT
 * @time: nanoseconds since boot
 * @wall: nanoseconds since 1970, as in struct vsmmu_dmesg_item
 * @smmu: the SMMU's device name; empty if the line lacks it
 * @host: the machine's name, where a syslog daemon wrote it
 * @value: HEADER: the event's number; SUPPRESSED: how many; GROUP: its number
 * @word: WORD
 * @id: DECODED: the number of the event that it names; -1 if that is unknown
 * @client: DECODED, CONTEXT and GROUP: the endpoint's name
 * @event: DECODED: all but the id; DETAIL: what it adds
 * @known: the fields of @event that the line tells, as in struct vsmmu_dmesg_item
 * @entry: ERROR: what the catalogue has of it; NULL if it is not known
 * @what: OTHER and NOTE: a constant string, e.g. "SMMUv2 (arm-smmu)"
 * @text: the driver's text, but for events and OTHER
 * @note: OTHER: what the line says, as far as it is decoded
 */
struct dmesg_message {
	enum dmesg_message_kind kind;
	bool has_time;
	bool has_wall;
	bool has_zone;
	bool cut;
	bool sure;
	bool whole;
	bool unassigned;
	uint8_t words;
	uint8_t digits;
	int16_t id;
	enum context_kind context;
	uint64_t time;
	int64_t wall;
	struct span smmu;
	struct span host;
	uint64_t value;
	uint64_t word[DMESG_WORDS];
	struct span client;
	struct vsmmu_event event;
	uint64_t known;
	const struct catalogue_entry *entry;
	const char *what;
	struct span text;
	char note[VSMMU_DMESG_TEXT_SIZE];
};

#define DMESG_KNOWN(field) (UINT64_C(1) << VSMMU_EVENT_FIELD_##field)

#endif
