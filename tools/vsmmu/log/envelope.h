/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line as programs, people and mailers keep it, back to what the kernel printed: without
 * colours, markup, escapes and blanks that are none; and taken apart if it holds several.
 * Nothing is to be freed.
 */
#ifndef LOG_ENVELOPE_H
#define LOG_ENVELOPE_H

#include "log/clock.h"
#include "text/span.h"

/* A line that has to be changed is changed in pieces of this size. */
#define ENVELOPE_SIZE 8192

/* Of one line of JSON, messages beyond these are passed over. */
#define ENVELOPE_MESSAGES  64
#define ENVELOPE_HOST_SIZE 32
#define ENVELOPE_HELD_SIZE 1024

/**
 * struct log_line - what the kernel printed
 * @text: of the kernel, with what log programs put before it; valid until the next
 *	envelope_open() or envelope_next()
 * @has_time: @time is valid
 * @time: nanoseconds since boot, where the envelope tells it and not the text
 * @has_wall: @wall is valid
 * @has_zone: @wall is in UTC, else it is by the log's own clock
 * @wall: nanoseconds since 1970, or see CLOCK_NO_YEAR, where the envelope tells it and not
 *	the text
 * @host: the machine's name, where the envelope tells it and not the text
 * @joins: the mailer broke the line here: the next line belongs to it, with nothing between
 */
struct log_line {
	struct span text;
	bool has_time;
	bool has_wall;
	bool has_zone;
	uint64_t time;
	int64_t wall;
	struct span host;
	bool joins;
};

/* When and where a message was, as the members of struct log_line. */
struct origin {
	bool has_time;
	bool has_wall;
	bool has_zone;
	uint64_t time;
	int64_t wall;
	char host[ENVELOPE_HOST_SIZE];
};

/* All zero before the first line of a log. */
struct envelope {
	struct span left;    /* of the line: not looked at yet */
	struct span rest;    /* of what was cleaned: not given out yet */
	bool joins;	     /* it ends with a soft break */
	unsigned int joined; /* so many lines before did */
	bool continues; /* the line before did: this one begins within a word, or between two */
	struct origin origin; /* of @rest */

	/* A record that takes several lines, as far as it was read. */
	struct origin record;
	bool in_bytes;	     /* its message comes byte by byte */
	unsigned int nested; /* so many objects are open within it */
	size_t held_length;
	char held[ENVELOPE_HELD_SIZE]; /* its message, which waits for the times */
	bool held_given;	       /* it does not wait */

	/* Messages out of JSON, which stand in @buffer one behind the other. */
	unsigned int count;
	unsigned int given;
	size_t used;
	struct {
		size_t length;
		struct origin origin;
	} messages[ENVELOPE_MESSAGES];
	char buffer[ENVELOPE_SIZE];
};

/**
 * envelope_open() - the log's next line
 * @envelope: whatever the line before has left in it is dropped
 * @line: any bytes, which must stay valid until envelope_next() says false
 * @length: of @line in bytes
 */
void envelope_open(struct envelope *envelope, const char *line, size_t length);

/**
 * envelope_end() - there are no more lines
 * @envelope: a message may be left in it, as after envelope_open()
 */
void envelope_end(struct envelope *envelope);

/**
 * envelope_next() - what the kernel printed
 * @envelope: with an open line
 * @line: filled in
 *
 * Return: whether there was any more; an empty line holds nothing.
 */
bool envelope_next(struct envelope *envelope, struct log_line *line);

#endif
