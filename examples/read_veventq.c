/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vEVENTQ reader alone, for a program that has its own SMMU model. The program that
 * allocated the vEVENTQ hands its fd down:
 *
 *	read_veventq FD		with FD the number of an inherited file descriptor
 *
 * It prints what comes, until it is interrupted: a vEVENTQ has no end.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/event.h>
#include <vsmmu/text.h>
#include <vsmmu/veventq.h>

#define BACKOFF_MS 10

static void print_event(const struct vsmmu_item *item)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event;
	char text[VSMMU_EVENT_TEXT_SIZE];

	vsmmu_event_record_load(item->payload, &record);
	vsmmu_event_decode(&record, &event);
	vsmmu_event_format(text, sizeof(text), &event);
	printf("%" PRIu32 ": %s\n", item->sequence, text);
}

static void print_item(const struct vsmmu_item *item)
{
	switch (item->kind) {
	case VSMMU_ITEM_EVENT:
		print_event(item);
		break;
	case VSMMU_ITEM_LOST:
		printf("%" PRIu32 ": %" PRIu64 " events lost\n", item->sequence, item->lost);
		break;
	case VSMMU_ITEM_ERROR:
		printf("a record is %s\n",
			item->error == VSMMU_ITEM_TRUNCATED ? "cut short" : "out of sequence");
		break;
	case VSMMU_ITEM_END:
		break;
	}
}

/* Return: -errno of the read that failed for good. */
static int print_all(struct vsmmu_veventq *veventq)
{
	struct pollfd pollfd = {.fd = vsmmu_veventq_get_fd(veventq), .events = POLLIN};
	struct vsmmu_item item = {.size = sizeof(item)};
	int ret;

	for (;;) {
		while ((ret = vsmmu_veventq_next(veventq, &item)) == 1)
			print_item(&item);
		fflush(stdout);
		/* Without memory the kernel still says readable: waiting is up to us. */
		if (ret == -ENOMEM)
			poll(NULL, 0, BACKOFF_MS);
		else if (ret < 0)
			return ret;
		else
			poll(&pollfd, 1, -1);
	}
}

int main(int argc, char **argv)
{
	struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.first_sequence = VSMMU_SEQUENCE_UNKNOWN, /* others may have read before us */
	};
	struct vsmmu_veventq *veventq;
	char *end;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: read_veventq FD\n");
		return 2;
	}
	config.fd = (int)strtol(argv[1], &end, 10);
	if (*end || end == argv[1]) {
		fprintf(stderr, "read_veventq: '%s' is not a file descriptor\n", argv[1]);
		return 2;
	}
	ret = vsmmu_veventq_new(&veventq, &config);
	if (!ret) {
		ret = print_all(veventq);
		vsmmu_veventq_free(veventq);
	}
	fprintf(stderr, "read_veventq: fd %d: %s\n", config.fd,
		ret == -ENOTTY ? "not a vEVENTQ" : strerror(-ret));
	return 1;
}
