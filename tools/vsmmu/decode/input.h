/* SPDX-License-Identifier: BSD-2-Clause */
/* An input: its bytes come in pieces of any size, items go to the output. */
#ifndef DECODE_INPUT_H
#define DECODE_INPUT_H

#include <stddef.h>

#include <vsmmu/decoder.h>

#include "capture/capture.h"
#include "decode/hex.h"
#include "decode/names.h"
#include "decode/order.h"
#include "decode/output.h"
#include "log/log.h"

enum input_kind {
	INPUT_AUTO,    /* what the first bytes look like */
	INPUT_LOG,     /* a kernel log */
	INPUT_HEX,     /* records in hexadecimal */
	INPUT_BINARY,  /* records of 32 bytes */
	INPUT_VEVENTQ, /* what a vEVENTQ gave: headers and records */
	INPUT_CAPTURE, /* vsmmu-capture(5) */
	INPUT_REFUSED, /* something else, see input_refuse() */
};

struct input {
	struct output *output;
	enum input_kind wanted;
	enum input_kind kind; /* INPUT_AUTO until it is known */
	struct position position;
	bool over; /* damage: what follows cannot be understood */

	/* Bytes that are not used up yet; position is that of the first of them. */
	uint8_t *buffer;
	size_t length;
	size_t size;

	bool cut_line; /* the begin of this line, which is too long, is dealt with */
	struct hex hex;
	struct vsmmu_dmesg dmesg;
	struct order order;
	struct vsmmu_decoder *decoder;
	struct vsmmu_capture_reader capture;
	struct names names;
};

void input_init(struct input *input, const char *name, enum input_kind kind, struct output *output);
void input_destroy(struct input *input);

/* All of these return 0; -ENOMEM; -EMEDIUMTYPE after a message if it can be no input. */
int input_bytes(struct input *input, const void *bytes, size_t length);

/* Nothing more has come for a while: what is complete is given out. */
int input_pause(struct input *input);

/* That was all. */
int input_end(struct input *input);

/* Says what has not been said of it: after its end. */
void input_report(const struct input *input);

/* Begins the file anew. */
void input_restart(struct input *input);

/* detect.c. Return: what it is, or INPUT_AUTO if that takes more bytes. */
enum input_kind input_detect(const uint8_t *bytes, size_t length, bool end);

/* Says what it is, and how to read it. */
void input_refuse(const struct input *input);

/*
 * lines.c, binary.c, capture.c: each takes what is complete at the begin of @bytes.
 * Return: how many bytes that was; -ENOMEM.
 */
long lines_take(struct input *input, const uint8_t *bytes, size_t length, bool end);
long binary_take(struct input *input, const uint8_t *bytes, size_t length, bool end);
long veventq_take(struct input *input, const uint8_t *bytes, size_t length, bool end);
long capture_take(struct input *input, const uint8_t *bytes, size_t length, bool end);

/* lines.c: what a log was waiting for. */
void lines_flush(struct input *input, bool end);

#endif
