/* SPDX-License-Identifier: BSD-2-Clause */
/* When a host call that failed is made again, and objects that wait for that. */
#ifndef SMMU_ENDPOINTS_RETRY_H
#define SMMU_ENDPOINTS_RETRY_H

#include "smmu/vsmmu.h"

/*
 * Something waits for the host to work again: the command fd tells when to try, first after
 * 100 ms, each time twice as long up to 10 s. An error that does not pass by itself starts
 * nothing. Under the control lock.
 */
void retry_later(struct vsmmu *vsmmu, int error);

/* Does so after a try that failed: the next one comes twice as late. */
void retry_again(struct vsmmu *vsmmu, int error);

/*
 * Destroys a host object. If that fails it is kept as an orphan, to be destroyed later. Under
 * the control lock. Return: 0 or -errno.
 */
int object_destroy(struct vsmmu *vsmmu, uint32_t id);

/* Does the same without the control lock, which nobody then waits for. */
int object_destroy_unlocked(struct vsmmu *vsmmu, uint32_t id);

/* A round tries all that waits for the host: each thing once, though others come meanwhile. */
struct retry_round {
	uint32_t number;
	bool all;    /* also what failed with an error that does not pass by itself */
	int error;   /* first -errno of this round */
	int passing; /* first one that passes by itself */
};

/* Whether something is due that failed with @error, and was last tried in round @tried. */
bool retry_is_due(const struct retry_round *round, uint32_t tried, int error);

/* Takes 0 or -errno of a try. */
void retry_note(struct retry_round *round, int error);

/* Lets others have the control lock between two tries, though the host may take its time. */
void retry_pause(struct vsmmu *vsmmu);

/* Tries all orphans that are due. Under the control lock. */
void orphans_try(struct vsmmu *vsmmu, struct retry_round *round);

/* Tries all orphans again. Without the control lock. Return: first -errno. */
int orphans_destroy(struct vsmmu *vsmmu);

/* All that waits for the host to work again waits in another vSMMU. Under both control locks. */
void retry_pass(struct vsmmu *from, struct vsmmu *to);

/* Forgets the orphans, at the end. */
void orphans_forget(struct vsmmu *vsmmu);

#endif
