/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every public function that takes a vSMMU or an object of one, with arguments that make sense.
 * tests/api/entry_points.py finds a function that is missing here.
 */
#ifndef LIB_ENTRY_POINTS_H
#define LIB_ENTRY_POINTS_H

#include <stdbool.h>

#include <vsmmu/smmu.h>

struct entry_point {
	const char *name;
	/* Both may be NULL. Return: what the function did, 0 if that is nothing. */
	int (*call)(struct vsmmu *vsmmu, struct vsmmu_endpoint *endpoint);
	bool of_endpoint;  /* without an endpoint there is no vSMMU either */
	bool takes_null;   /* there is nothing to do then: 0 */
	bool looks;	   /* may be called within ops.report */
	bool says_nothing; /* it returns no error: within a callback it does nothing */
};

/* A NULL name ends it. */
extern const struct entry_point entry_points[];

#endif
