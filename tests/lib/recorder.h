/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host that does nothing but remember what it was told to invalidate, and fails when it
 * is told to. Several physical SMMUs; judges each command as the kernel would.
 */
#ifndef LIB_RECORDER_H
#define LIB_RECORDER_H

#include "host/host.h"
#include "smmu/vsmmu.h"
#include "lib/unit.h"

#define RECORDER_SMMUS	 4
#define RECORDER_OBJECTS 4096
#define RECORDER_CALLS	 512
#define RECORDER_KEPT	 1024 /* commands of one call */

/* dev_id of an endpoint behind a physical SMMU; @n up to 999. */
#define RECORDER_DEV(smmu, n) (1000u * ((smmu) + 1) + (n))

struct recorder_call {
	uint32_t smmu;
	uint32_t viommu;
	uint32_t count;
	uint64_t command[RECORDER_KEPT][2];
};

enum recorder_kind {
	RECORDER_NOTHING = 0,
	RECORDER_PARENT,
	RECORDER_VIOMMU,
	RECORDER_VDEVICE,
	RECORDER_NESTED,
	RECORDER_VEVENTQ,
};

struct recorder_object {
	uint8_t kind;
	uint8_t smmu;
	uint32_t viommu; /* of a vDEVICE */
	uint32_t vsid;
};

struct recorder {
	struct vsmmu_host host;
	struct host_hw_info info[RECORDER_SMMUS];
	struct recorder_object object[RECORDER_OBJECTS];
	uint32_t objects;				/* ever made */
	uint32_t attached[1000 * (RECORDER_SMMUS + 1)]; /* HWPT of each dev_id, or 0 */

	struct recorder_call *call; /* the first RECORDER_CALLS */
	unsigned int calls;
	unsigned int refused; /* commands that the kernel would not have taken */

	/* Calls from this one on fail, so many of them, counted from 1; 0: none. */
	unsigned int fail_from;
	unsigned int fail_count;
	bool over_report;   /* a call that fails says that it did everything */
	bool short_success; /* a call that succeeds says that it did less */
	void (*on_call)(struct recorder *recorder, void *opaque);
	void *opaque;
};

/* Never fails. Hand recorder->host over to test_vmm_new(), which frees it at the end. */
struct recorder *recorder_new(void);

/* Forgets the calls. */
void recorder_clear(struct recorder *recorder);

/* The command of a call; asserts that it is there. */
const uint64_t *recorder_command(const struct recorder *recorder, unsigned int call, uint32_t n);

#endif
