/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host in front of another one (the simulator): it keeps a log of the calls, knows what
 * is attached to each endpoint and whether that ever was more than a test allows, and can
 * let the n-th call fail before the host behind sees it. One thread only.
 */
#ifndef LIB_LOG_HOST_H
#define LIB_LOG_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"

#define LOG_HOST_IDS 512

enum log_host_kind { LOG_NOTHING = 0, LOG_PARENT, LOG_NESTED, LOG_VIOMMU, LOG_VDEVICE, LOG_QUEUE };

struct log_host_object {
	enum log_host_kind kind;
	uint64_t ste[2]; /* LOG_NESTED */
};

/* Which calls fail: those that make or attach something, or those that undo it. */
enum log_host_calls { LOG_HOST_DO = 0, LOG_HOST_UNDO };

/* Takes the reference to @behind over. Asserts that there is memory. */
struct vsmmu_host *log_host_new(struct vsmmu_host *behind);

/*
 * One call a line, with "= -errno" if it failed: "hw_info", "parent", "viommu", "veventq",
 * "vdevice 5", "nested 1 0" (the STE's words in hex), "attach parent", "attach nested",
 * "detach", "close", "invalidate 2", "destroy vdevice" and so on.
 */
const char *log_host_text(struct vsmmu_host *host);
unsigned int log_host_count(struct vsmmu_host *host, const char *line);
/* Forgets the log, and what was attached before. */
void log_host_clear(struct vsmmu_host *host);

/* The @n-th such call from now on fails, and the @count - 1 after it; 0: none fails. */
void log_host_fail(struct vsmmu_host *host, enum log_host_calls calls, unsigned int n,
	unsigned int count, int error);
/* Whether one did since then. */
bool log_host_failed(struct vsmmu_host *host);

/* What is attached to an endpoint: LOG_NOTHING, LOG_PARENT or LOG_NESTED. */
struct log_host_object log_host_attached(struct vsmmu_host *host, uint32_t dev_id);
/* Whether anything but an aborting STE was attached to it since log_host_clear(). */
bool log_host_opened(struct vsmmu_host *host, uint32_t dev_id);

#endif
