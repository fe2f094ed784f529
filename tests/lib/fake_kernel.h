/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small iommufd and VFIO of our own, behind fail_nth.h's wrapped functions: objects
 * with the kernel's reference counts and errno, vEVENTQs that are real fds (for epoll)
 * with what read() gives decided here, and a log of all calls in order. One at a time.
 * Link fake_kernel.c, fake_objects.c, fake_smmu.c, fake_veventq.c and fail_nth.c, see there.
 *
 * Followed: Linux drivers/iommu/iommufd/{main,viommu,hw_pagetable,eventq,driver}.c
 */
#ifndef LIB_FAKE_KERNEL_H
#define LIB_FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/endpoint.h>

#define FAKE_COMMANDS 4096 /* invalidations that are kept */

/* What IOMMU_GET_HW_INFO says. As the rig's at first: both stages, RIL, 20 bits of SSID. */
struct fake_smmu {
	uint32_t idr[6];
	bool ats;
	bool repeat_commands;
	uint32_t type;	   /* UAPI_IOMMU_HW_INFO_TYPE_ */
	uint32_t data_len; /* bytes that the kernel has to tell */
};

void fake_kernel_start(void);

/* Whatever is left goes; fds that are still open are closed. */
void fake_kernel_stop(void);

/* The fd of /dev/iommu, and an IOAS in it. They are the caller's, as a VMM's are. */
int fake_kernel_iommufd(void);
uint32_t fake_kernel_ioas(void);

/* A device file behind physical SMMU @smmu: open, bound; the fake closes it at the end. */
int fake_kernel_device(uint32_t smmu, uint32_t *dev_id);

/* To be changed before it is asked for; each start sets all of them back. */
struct fake_smmu *fake_kernel_smmu(uint32_t smmu);

/* Invalidations that were really carried out since the start, and the @n-th, from 0. */
uint32_t fake_kernel_carried_out(void);
const uint64_t *fake_kernel_command(uint32_t n);

/* For attach callbacks; @opaque is a pointer to the dev_id. */
int fake_kernel_attach(void *opaque, const struct vsmmu_attachment *attachment);

/* HWPT or IOAS that the device is attached to, 0 for none. */
uint32_t fake_kernel_attached(uint32_t dev_id);
/* Whether its events are forwarded: that HWPT is nested, on a vIOMMU where it has a vDEVICE. */
bool fake_kernel_forwards(uint32_t dev_id);

/* Objects that the code under test has made and not destroyed. */
unsigned int fake_kernel_objects(void);

/* All fds that this process has open, of whatever kind: compare before and after. */
unsigned int fake_kernel_open_fds(void);

/*
 * One call a line, "VEVENTQ_ALLOC", "DESTROY viommu = -16", "fcntl F_SETFL" and so on:
 * ioctls, fcntl() and close() of the fake's fds, but not read().
 */
const char *fake_kernel_log(void);
void fake_kernel_log_clear(void);

/* reads of vEVENTQs since the start */
unsigned int fake_kernel_reads(void);

/* The next call with that name in the log (e.g. "F_SETFL"), or "readlink", fails, once. */
void fake_kernel_fail(const char *call, int error);

/* Calls the files of vEVENTQs so; NULL: as Linux does. Each start sets that back. */
void fake_veventq_set_name(const char *name);

/* A vEVENTQ that somebody else allocated, with its fd, which is the caller's to close. */
uint32_t fake_veventq_new(uint32_t depth, int *fd);

/* The @index-th vEVENTQ alive, counted from 0, or 0 when there are not so many. */
uint32_t fake_veventq_id(unsigned int index);

/* Number that the next event gets. */
void fake_veventq_set_sequence(uint32_t id, uint32_t sequence);

/* An event: numbered and queued, or dropped when the queue is full. */
void fake_veventq_report(uint32_t id, const void *payload, uint32_t size);

/* As fake_veventq_report() when the kernel has no memory: dropped. */
void fake_veventq_drop(uint32_t id);

/* One read() will return exactly these bytes, or fail so. In order with the events. */
void fake_veventq_script(uint32_t id, const void *bytes, size_t length);
void fake_veventq_script_error(uint32_t id, int error);

#endif
