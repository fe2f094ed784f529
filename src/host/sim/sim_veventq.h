/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vEVENTQ, as exact as its reader can tell (Linux drivers/iommu/iommufd/eventq.c,
 * iommufd_viommu_report_event() and iommufd_vevent_handler()). The kernel's list of
 * allocated events is here a ring of `depth` records and a flag for the LOST header,
 * which is always the last of the list.
 */
#ifndef HOST_SIM_VEVENTQ_H
#define HOST_SIM_VEVENTQ_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <vsmmu/event.h>

#include "host/sim/sim_failure.h"
#include "uapi/iommufd.h"

/* A record as read() gives it; the header in this machine's byte order. */
struct sim_vevent {
	struct uapi_iommufd_vevent_header header;
	uint8_t payload[VSMMU_EVENT_RECORD_SIZE];
};

/* State that the reads of all queues of a host share. */
struct sim_reads {
	enum vsmmu_sim_kernel kernel;
	struct sim_failures failures;
	atomic_uint_fast64_t count;
};

struct sim_veventq {
	pthread_mutex_t lock;
	struct sim_reads *reads;
	int fd;		/* an eventfd, non-zero exactly while the list is not empty; or -1.
			 * Unlike the kernel's it is always POLLOUT, which nobody asks for */
	bool signalled; /* the eventfd is non-zero */
	bool lost;	/* the LOST header is on the list */
	uint32_t lost_sequence;
	uint32_t sequence; /* of the next event */
	uint32_t depth;
	uint32_t num_events; /* what depth limits: the events on the list or being copied */
	uint32_t listed;     /* events on the list */
	uint32_t head;	     /* index of the first of them */
	struct sim_vevent *ring;
};

/* Return: 0, -ENOMEM or what eventfd() says; then nothing is left. */
int sim_veventq_init(struct sim_veventq *queue, struct sim_reads *reads, uint32_t depth,
	uint32_t first_sequence);

void sim_veventq_destroy(struct sim_veventq *queue);

/* Closes the fd; events go on to be queued, as in the kernel. */
void sim_veventq_close(struct sim_veventq *queue);

/*
 * Numbers an event; drops it when the queue is full or there is @no_memory for it.
 * Return: whether it was kept.
 */
bool sim_veventq_push(
	struct sim_veventq *queue, const struct vsmmu_event_record *record, bool no_memory);

/* Numbers @count events, at least one, and drops them for want of memory. */
void sim_veventq_drop(struct sim_veventq *queue, uint32_t count);

/* A veventq_source's read; ctx is the queue. A NULL buffer is one that faults. */
ssize_t sim_veventq_read(void *ctx, void *buffer, size_t length);

#endif
