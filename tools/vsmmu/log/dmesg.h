/* SPDX-License-Identifier: BSD-2-Clause */
/* The private side of struct vsmmu_dmesg. */
#ifndef LOG_DMESG_H
#define LOG_DMESG_H

#include "log/dmesg_line.h"
#include "log/envelope.h"

/* SMMUs whose lines may be mixed. With more, the one that waits longest loses its turn. */
#define DMESG_SMMUS	8
#define DMESG_HOST_SIZE 32

/* Lines between two words of an event of which one lacks the device's name. */
#define DMESG_NEAR 8

/* A line that may go on in the next one is held back, if it is not longer. */
#define DMESG_HELD_SIZE 1024

/* As many lines are put together. */
#define DMESG_HELD_LINES 8

enum dmesg_state {
	DMESG_IDLE = 0,
	DMESG_NUMBERS, /* a header or words were seen */
	DMESG_NAMES,   /* the decoded line was seen, and the one with the details is missing yet */
	DMESG_GIVEN    /* the event was given out, but the line with the details may follow */
};

/* When and where something begins. */
struct dmesg_moment {
	uint64_t line;
	bool has_time;
	bool has_wall;
	bool has_zone;
	uint64_t time;
	int64_t wall;
};

/**
 * struct dmesg_slot - an SMMU's event that is being put together, and a message
 * @headed: a header was seen; @id is what it says
 * @placed: the words' places in the record are known
 * @have: bit n: record.word[n] was seen
 * @next: the place of the next word
 * @digits: of a word that has too few: @short_word, counted from 1
 * @alien: the word behind the header does not begin with its number
 * @decoded: the decoded line was seen; @detailed: the line with the details
 * @whole: neither of them is cut
 * @known: fields of @event, which the decoded lines tell
 * @reversed: its lines come in the order of a log that begins with the newest
 * @last: the line that was its last so far, and when that was
 * @wait: a message waits for the lines that belong to it: DMESG_COMMAND, DMESG_REQUEST
 */
struct dmesg_slot {
	enum dmesg_state state;
	bool headed;
	bool placed;
	uint8_t id;
	uint8_t have;
	uint8_t next;
	uint8_t short_word;
	uint8_t digits;
	bool alien;
	bool decoded;
	bool detailed;
	bool whole;
	bool unassigned;
	bool reversed;
	struct dmesg_moment begin;
	uint64_t last;
	bool has_last_time;
	int64_t last_time;
	uint64_t known;
	struct vsmmu_event event;
	struct vsmmu_event_record record;
	char smmu[VSMMU_DMESG_NAME_SIZE];
	char host[DMESG_HOST_SIZE];
	char client[VSMMU_DMESG_NAME_SIZE];

	enum dmesg_message_kind wait;
	struct dmesg_moment message_begin;
	uint8_t command_words;
	uint64_t command[2];
	char text[VSMMU_DMESG_TEXT_SIZE];
};

enum dmesg_flush {
	DMESG_NO_FLUSH = 0,
	DMESG_FLUSH_WHOLE, /* events that are complete */
	DMESG_FLUSH_ALL,
};

/* A line that ends within a message. */
struct dmesg_held {
	bool open;
	enum dmesg_message_kind kind; /* of what it ends with */
	bool unknown;		      /* that is a text which nobody knows */
	unsigned int lines; /* so many are in it, if it comes from lines that were joined */
	uint64_t line;
	struct log_line log;
	char host[DMESG_HOST_SIZE];
	size_t length;
	char text[DMESG_HELD_SIZE];
};

/* Lines that the envelope says are one. */
struct dmesg_glue {
	uint64_t line;
	size_t length;
	char text[2 * DMESG_HELD_SIZE];
};

struct dmesg {
	uint64_t line; /* that was fed last */
	bool fed;      /* there may be something in the members that follow */
	enum dmesg_flush flush;

	struct envelope envelope;
	struct dmesg_glue glue;
	struct log_line next; /* its text waits until that of @log is read */
	uint64_t next_line;   /* its number */
	struct log_line log;  /* a line that is being read; its text is what is left of it */
	uint64_t log_line;
	unsigned int keys; /* of its text */
	bool continued;	   /* @message is of the same line */
	bool final;	   /* it is not joined with the next one */

	struct dmesg_message message;
	bool parsed;  /* @message is not dealt with yet */
	uint8_t word; /* of @message: words that are dealt with */

	bool reversed; /* the last event that could tell was so */

	struct dmesg_held held;
	size_t joined_length;
	char joined[2 * DMESG_HELD_SIZE];
	struct dmesg_slot slots[DMESG_SMMUS];
};

/* dmesg_slot.c */

/* Whether the slot has an event that can be given out, were it not for a name or a detail. */
bool dmesg_slot_is_whole(const struct dmesg_slot *slot);

/* Whether the event has its last line, and only waits for those that may come before it. */
bool dmesg_slot_is_kept(const struct dmesg_slot *slot);

/*
 * Gives out the event or else the message that the slot has; it is gone after this. Return:
 * item->kind, NONE if it had nothing that is worth telling.
 */
enum vsmmu_dmesg_kind dmesg_slot_give(struct dmesg_slot *slot, struct vsmmu_dmesg_item *item);

/* Gives out its message. */
enum vsmmu_dmesg_kind dmesg_slot_give_message(
	struct dmesg_slot *slot, struct vsmmu_dmesg_item *item);

/*
 * Return: the slot of the message's SMMU, or NULL if it has none; where a name is missing, the
 * one that was used last.
 */
struct dmesg_slot *dmesg_slot_find(struct dmesg *dmesg);

/* Whether some slot waits for words that need no name. */
bool dmesg_slot_wants_words(const struct dmesg *dmesg);

/*
 * For a message that begins something. Return: a slot of its SMMU without an event; or NULL with
 * *old one that must be given out first.
 */
struct dmesg_slot *dmesg_slot_claim(struct dmesg *dmesg, struct dmesg_slot **old);

/* Begins an event in such a slot. */
void dmesg_slot_open(struct dmesg *dmesg, struct dmesg_slot *slot, enum dmesg_state state);

/* The message is a line of the slot's event or message. */
void dmesg_slot_touch(struct dmesg *dmesg, struct dmesg_slot *slot);

/* Whether the message is from before the slot's last line. */
bool dmesg_slot_goes_back(const struct dmesg *dmesg, const struct dmesg_slot *slot);

/* When and where the message was, for an item in the end. */
void dmesg_moment_set(const struct dmesg *dmesg, struct dmesg_moment *moment);
void dmesg_moment_give(const struct dmesg_moment *moment, struct vsmmu_dmesg_item *item);

/* dmesg_event.c */

/* Makes an item of what the slot has of an event. Return: item->kind. */
enum vsmmu_dmesg_kind dmesg_event_give(
	const struct dmesg_slot *slot, struct vsmmu_dmesg_item *item);

/* Whether the driver prints a line with details behind the decoded one. */
bool dmesg_event_has_detail(const struct dmesg_slot *slot);

/* Whether four words that no header announced can be a record. */
bool dmesg_event_is_plausible(const struct vsmmu_event_record *record);

/*
 * Each deals with dmesg->message, and gives out an item at most; the message is not done with as
 * long as dmesg->parsed is set. Return: item->kind.
 */
enum vsmmu_dmesg_kind dmesg_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item);
enum vsmmu_dmesg_kind dmesg_header_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item);
enum vsmmu_dmesg_kind dmesg_words_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item);
enum vsmmu_dmesg_kind dmesg_decoded_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item);
enum vsmmu_dmesg_kind dmesg_detail_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item);

/* dmesg_read.c */

/* Gets the next message into dmesg->message. Return: whether there is one. */
bool dmesg_read(struct dmesg *dmesg);

#endif
