/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vEVENTQ reader alone, for a program that has its own SMMU model.
 *
 *	read_veventq		on the simulator: runs anywhere, and ends
 *	read_veventq FD		on an inherited file descriptor, of a vEVENTQ that another program
 *				allocated; until it is interrupted, as a vEVENTQ has no end
 *
 * It prints what comes, and what a guest may be told of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/event.h>
#include <vsmmu/sim.h>
#include <vsmmu/veventq.h>

#define SSID_BITS 0 /* IDR1.SSIDSIZE of the guest's SMMU */

static void print_event(const struct vsmmu_item *item)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event = {.size = sizeof(event)};
	int refusal;

	vsmmu_event_record_load(item->payload, &record);
	refusal = vsmmu_event_filter(&record, SSID_BITS);
	vsmmu_event_decode(&record, &event);
	printf("%" PRIu32 ": %s of stream 0x%" PRIx32 ", address 0x%" PRIx64, item->sequence,
		vsmmu_event_name(event.id), event.sid, event.input_addr);
	if (refusal)
		printf(", not for the guest: %s",
			vsmmu_event_refusal_name((enum vsmmu_event_refusal)refusal));
	putchar('\n');
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

/*
 * Until @enough events have been counted; 0: without an end. The reader's fd is quiet while there
 * is nothing to do, also while the kernel is short of memory. Return: 0 or -errno.
 */
static int print_all(struct vsmmu_veventq *veventq, uint64_t enough)
{
	struct pollfd pollfd = {.fd = vsmmu_veventq_get_fd(veventq), .events = POLLIN};
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};
	struct vsmmu_item item = {.size = sizeof(item)};
	int ret;

	while (!enough || stats.sequenced < enough) {
		if (poll(&pollfd, 1, -1) < 0)
			return -errno;
		while ((ret = vsmmu_veventq_next(veventq, &item)) == 1)
			print_item(&item);
		fflush(stdout);
		/* A program that can do something about it goes on with vsmmu_veventq_rearm(). */
		if (ret < 0)
			return ret;
		vsmmu_veventq_get_stats(veventq, &stats);
	}
	return 0;
}

static int read_with(const struct vsmmu_veventq_config *config, uint64_t enough)
{
	struct vsmmu_veventq *veventq;
	int ret = vsmmu_veventq_new(&veventq, config);

	if (ret)
		return ret;
	ret = print_all(veventq, enough);
	vsmmu_veventq_free(veventq);
	return ret;
}

static void fault(struct vsmmu_sim_veventq *queue, uint64_t address, bool stall)
{
	const struct vsmmu_event event = {
		.size = sizeof(event),
		.id = VSMMU_EVENT_F_TRANSLATION,
		.class_ = VSMMU_EVENT_CLASS_IN,
		.rnw = true,
		.stall = stall,
		.sid = 0x42,
		.input_addr = address,
	};
	struct vsmmu_event_record record;

	vsmmu_event_encode(&event, &record);
	vsmmu_sim_veventq_report(queue, &record);
}

/* Faults, more of them than the queue holds, and one that waits for an answer. */
static int read_simulator(void)
{
	struct vsmmu_sim_veventq *queue;
	struct vsmmu_host *sim;
	int ret = vsmmu_sim_new(&sim, NULL);

	if (ret)
		return ret;
	ret = vsmmu_sim_veventq_new(&queue, sim, 4);
	vsmmu_host_unref(sim); /* the queue keeps it */
	if (ret)
		return ret;
	for (uint64_t n = 0; n < 6; n++)
		fault(queue, 0x10000 + 0x1000 * n, n == 1);
	ret = read_with(
		&(struct vsmmu_veventq_config){
			.size = sizeof(struct vsmmu_veventq_config),
			.flags = VSMMU_VEVENTQ_FLAG_SOURCE,
			.fd = vsmmu_sim_veventq_get_fd(queue),
			.type = VSMMU_VEVENTQ_ARM_SMMUV3,
			.read = vsmmu_sim_veventq_read,
			.opaque = queue,
		},
		6);
	vsmmu_sim_veventq_free(queue);
	return ret;
}

/* Others may have read from it before: where it is in its sequence is not known. */
static int read_fd(int fd)
{
	const struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.fd = fd,
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.first_sequence = VSMMU_SEQUENCE_UNKNOWN,
	};

	return read_with(&config, 0);
}

int main(int argc, char **argv)
{
	char *end;
	int fd = -1, ret;

	if (argc > 1) {
		fd = (int)strtol(argv[1], &end, 10);
		if (argc > 2 || *end || end == argv[1]) {
			fprintf(stderr, "usage: read_veventq [FD]\n");
			return 2;
		}
	}
	ret = argc > 1 ? read_fd(fd) : read_simulator();
	if (!ret)
		return 0;
	fprintf(stderr, "read_veventq: %s\n", ret == -ENOTTY ? "not a vEVENTQ" : strerror(-ret));
	return 1;
}
