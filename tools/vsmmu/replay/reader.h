/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture's items, from a file. */
#ifndef REPLAY_READER_H
#define REPLAY_READER_H

#include <stdbool.h>

#include "capture/capture.h"

#define READER_SIZE  (4 * VSMMU_CAPTURE_ITEM_MAX)
#define READER_AHEAD 4096 /* items before the first event, at most */

struct reader {
	const char *path;
	int fd;
	struct vsmmu_capture_reader capture;
	uint8_t buffer[READER_SIZE];
	size_t begin; /* of what is not used up */
	size_t end;
	bool ended;
	bool cut;	/* it ended within an item */
	int damage;	/* what vsmmu_capture_next() said of it */
	int read_error; /* -errno */

	/* The number that the first queue began with; what comes before its first event. */
	uint32_t first_sequence;
	struct vsmmu_capture_item ahead[READER_AHEAD];
	uint32_t ahead_count;
	uint32_t ahead_used;
};

/* Opens it and looks for the first event. Return: 0; -errno after a message. */
int reader_open(struct reader *reader, const char *path);
void reader_close(struct reader *reader);

/* Return: whether there was another one. */
bool reader_next(struct reader *reader, struct vsmmu_capture_item *item);

/* After the last item. Return: an exit code, EXIT_OK if the file was whole; else a message. */
int reader_complain(const struct reader *reader);

#endif
