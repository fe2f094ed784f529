/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the fake kernel (fake_kernel.h): its objects, and what vEVENTQs hold. */
#ifndef LIB_FAKE_OBJECTS_H
#define LIB_FAKE_OBJECTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FAKE_FDS 1024 /* the highest fd that the fake can be */

enum fake_kind {
	FAKE_FREE,
	FAKE_IOAS,
	FAKE_DEVICE,
	FAKE_PARENT,
	FAKE_VIOMMU,
	FAKE_VDEVICE,
	FAKE_NESTED,
	FAKE_VEVENTQ,
};

struct fake_queue {
	uint32_t type;
	uint32_t depth;
	uint32_t queued;   /* events; a LOST header takes no room */
	uint32_t sequence; /* of the next event */
	int event_fd;	   /* one of the fds that are open, or -1 */
	bool readable;	   /* what event_fd shows */
	struct fake_step *steps;
};

struct fake_object {
	enum fake_kind kind;
	unsigned int users;
	uint32_t holds[2]; /* what must not be destroyed before this */
	bool given;	   /* made by the test itself */
	uint32_t smmu;	   /* device and parent: which physical SMMU */
	uint32_t attached; /* device: to which HWPT */
	uint32_t type;	   /* vIOMMU */
	uint64_t vsid;	   /* vDEVICE */
	bool translates;   /* nested HWPT */
	struct fake_queue queue;
};

/* Held by every wrapped call, and by those of fake_kernel.h that change something. */
extern pthread_mutex_t fake_lock;

void fake_check(bool truth, const char *what);

/* NULL when there is no such object, or it is of another kind. */
struct fake_object *fake_get(uint32_t id, enum fake_kind kind);

/* "viommu" and so on, "nothing" for an id that never was. */
const char *fake_name(uint32_t id);

/* Ids are never used again. @holds0 and @holds1 are ids or 0. */
uint32_t fake_make(enum fake_kind kind, uint32_t holds0, uint32_t holds1);

/* All objects, as ids run from 1 to the last one. */
uint32_t fake_last_id(void);
struct fake_object *fake_object(uint32_t id);
void fake_forget_all(void);

/* As the ioctls: 0 or -errno. */
int fake_destroy(uint32_t id);
int fake_attach(uint32_t dev_id, uint32_t pt_id);
int fake_detach(uint32_t dev_id);
/* arm_smmu_attach_prepare_vmaster(): whether there is a vmaster. */
bool fake_forwards(uint32_t dev_id);
int fake_alloc(unsigned long request, void *argument);

/* fake_veventq.c */
int fake_queue_open(uint32_t id);
ssize_t fake_queue_read(struct fake_queue *queue, void *buffer, size_t length);
void fake_queue_drop(struct fake_queue *queue);

/* fake_smmu.c */
struct uapi_iommu_hw_info;
struct uapi_iommu_hwpt_invalidate;

void fake_smmus_reset(void);
int fake_hw_info(struct uapi_iommu_hw_info *call);
int fake_invalidate(struct uapi_iommu_hwpt_invalidate *call);

/* fake_kernel.c: the fd table */
void fake_file_new(int fd, uint32_t veventq_id);

#endif
