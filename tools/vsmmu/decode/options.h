/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of vsmmu decode. */
#ifndef DECODE_OPTIONS_H
#define DECODE_OPTIONS_H

#include "decode/input.h"
#include "decode/output.h"

struct options {
	struct vsmmu_event_record *records; /* of the command line, with room for argc */
	uint64_t record_count;
	const char **maps; /* files, with room for argc */
	uint64_t map_count;
	bool host;
	enum input_kind kind;
	enum color color;
	bool follow;
	bool help;
	struct output *output; /* whose members some of the options are */
};

/* Return: true; false after a message on standard error. */
bool options_parse(struct options *options, int argc, char **argv);

void options_print_help(void);

#endif
