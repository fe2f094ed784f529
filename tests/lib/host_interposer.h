/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host between a vSMMU and the host behind it. It hands every call on, and on the way can
 * trace it, record it, let it fail, hold it up, or show it to a hook. Without a host behind,
 * it answers every call by itself with ids that it makes up: see below.
 *
 * In each call, in this order: an invalidation is recorded, the hook is called, the call is
 * held up, it fails, it goes on to the host behind, it is traced.
 *
 * It needs no test framework: what must not be ends the program. Any thread may call it; all
 * memory is allocated by host_interposer_new().
 */
#ifndef LIB_HOST_INTERPOSER_H
#define LIB_HOST_INTERPOSER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"

#define HOST_INTERPOSER_IDS   8192 /* objects and devices with greater ids are not tracked */
#define HOST_INTERPOSER_SMMUS 4	   /* without a host behind */
#define HOST_INTERPOSER_KEPT  512  /* invalidations that are recorded, the first ones */
#define HOST_INTERPOSER_RULES 4

/* A call of struct host_ops. */
enum host_call {
	HOST_CALL_PARENT_ALLOC,
	HOST_CALL_VIOMMU_ALLOC,
	HOST_CALL_VDEVICE_ALLOC,
	HOST_CALL_NESTED_ALLOC,
	HOST_CALL_ATTACH,
	HOST_CALL_DETACH,
	HOST_CALL_VEVENTQ_ALLOC,
	HOST_CALL_VEVENTQ_CLOSE, /* cannot fail */
	HOST_CALL_HW_INFO,
	HOST_CALL_INVALIDATE,
	HOST_CALL_DESTROY,
	HOST_CALL_COUNT
};

/* Sets of calls: one kind, those that take something away, those that do not, all that can fail. */
#define HOST_CALLS_OF(call) (1U << (call))
#define HOST_CALLS_UNDO	    (HOST_CALLS_OF(HOST_CALL_DETACH) | HOST_CALLS_OF(HOST_CALL_DESTROY))
#define HOST_CALLS_ANY	    ((1U << HOST_CALL_COUNT) - 1 - HOST_CALLS_OF(HOST_CALL_VEVENTQ_CLOSE))
#define HOST_CALLS_DO	    (HOST_CALLS_ANY & ~HOST_CALLS_UNDO)

enum interposed_kind {
	INTERPOSED_NOTHING = 0,
	INTERPOSED_PARENT,
	INTERPOSED_NESTED,
	INTERPOSED_VIOMMU,
	INTERPOSED_VDEVICE,
	INTERPOSED_VEVENTQ,
};

struct interposed_object {
	enum interposed_kind kind;
	uint32_t smmu;	 /* without a host behind: its physical SMMU */
	uint32_t viommu; /* of a nested HWPT, a vDEVICE, a vEVENTQ: its vIOMMU */
	uint32_t vsid;	 /* of a vDEVICE */
	uint64_t ste[2]; /* of a nested HWPT */
};

/* An invalidation that was asked for, whether it failed or not. */
struct interposed_invalidation {
	uint32_t viommu;
	uint32_t smmu; /* of the vIOMMU */
	uint32_t count;
	const uint64_t (*command)[2];
};

/* Return: 0, or the -errno with which the call fails. @count: commands of an invalidation. */
typedef int (*host_interposer_hook)(void *opaque, enum host_call call, uint32_t count);

/* host_interposer.c knows the rest of it. */
struct host_interposer {
	struct vsmmu_host host; /* for vsmmu_new(); vsmmu_host_unref() frees it */
	struct vsmmu_host *inner;
	struct host_ops ops; /* of this one alone: a test may put functions of its own here */

	/* Set at any time by one who makes no calls meanwhile. */
	host_interposer_hook hook; /* called by the thread that makes the call, with no lock held */
	void *opaque;
	bool split;	   /* an invalidation goes on as calls of one command each */
	bool over_report;  /* an invalidation that is made to fail says that it did everything */
	bool under_report; /* one that works says that it did less, without a host behind */

	/* Invalidations since host_interposer_clear(); with HOST_INTERPOSER_RECORD the first ones.
	 */
	unsigned int invalidations;
	struct interposed_invalidation invalidation[HOST_INTERPOSER_KEPT];

	/*
	 * Without a host behind: what each physical SMMU is (at first as the simulator's, with
	 * ATS), and the commands so far that the kernel would not have taken.
	 */
	struct host_hw_info info[HOST_INTERPOSER_SMMUS];
	unsigned int refused;

	struct interposer_state *state;
};

/* Flags of host_interposer_new(): calls are written down as text; invalidations are kept. */
#define HOST_INTERPOSER_TRACE  1U
#define HOST_INTERPOSER_RECORD 2U

/*
 * Takes the reference to @inner over. NULL: it answers by itself. Devices then have the ids
 * HOST_INTERPOSER_DEV(smmu, n), n below 1000, their vEVENTQs stay empty, and when the last
 * reference goes nothing may be left.
 */
struct host_interposer *host_interposer_new(struct vsmmu_host *inner, unsigned int flags);
#define HOST_INTERPOSER_DEV(smmu, n) (1000U * ((smmu) + 1) + (n))

/*
 * The trace: one call a line, with "= -errno" if it failed: "hw_info", "parent", "viommu",
 * "veventq", "vdevice 5", "nested 1 0" (the STE's words in hex), "attach parent", "attach nested",
 * "detach", "close", "invalidate 2", "destroy vdevice" and so on.
 */
const char *host_interposer_text(const struct host_interposer *interposer);
/* Lines that are @line, or begin with it and a space. */
unsigned int host_interposer_count(const struct host_interposer *interposer, const char *line);

/* A command that was recorded, counted from 0; it must be there. */
const uint64_t *host_interposer_command(
	const struct host_interposer *interposer, unsigned int invalidation, uint32_t n);

/* Forgets trace, invalidations, and what host_interposer_opened() says. */
void host_interposer_clear(struct host_interposer *interposer);

/*
 * The @n-th of these calls from now on fails with -@error, and so do the @count - 1 after it;
 * then they work again. Replaces what was said of the same set of calls. @n = 0: none fails.
 * A call that fails does not reach the host behind.
 */
void host_interposer_fail(struct host_interposer *interposer, unsigned int calls, unsigned int n,
	unsigned int count, int error);
/* All calls work again. */
void host_interposer_heal(struct host_interposer *interposer);
/* Whether a call failed so since host_interposer_fail() was last given an @n. */
bool host_interposer_failed(const struct host_interposer *interposer);

/* The @n-th of these calls from now on is held up, before the host behind sees it. */
void host_interposer_block(struct host_interposer *interposer, unsigned int calls, unsigned int n);
/* Waits until it is. Return: false if that did not happen within a minute. */
bool host_interposer_wait_blocked(struct host_interposer *interposer);
/* Lets it go on. */
void host_interposer_release(struct host_interposer *interposer);

/* What is attached to a device, of kind INTERPOSED_NOTHING if nothing is. */
struct interposed_object host_interposer_attached(
	const struct host_interposer *interposer, uint32_t dev_id);
/* Whether anything but an aborting STE was attached to it since host_interposer_clear(). */
bool host_interposer_opened(const struct host_interposer *interposer, uint32_t dev_id);

#endif
