/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/fake_objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uapi/iommufd_test.h"

#define OBJECTS	  512
#define DEPTH_MAX (UINT32_C(1) << 19)

/* arm_smmu_validate_vste() */
#define STE0_ALLOWED UINT64_C(0xf80fffffffffffff)
#define STE1_ALLOWED UINT64_C(0x00000000380000ff)

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

static struct fake_object objects[OBJECTS];
static uint32_t last_id;

void fake_check(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fake kernel: %s\n", what);
	abort();
}

struct fake_object *fake_object(uint32_t id)
{
	fake_check(id && id <= last_id, "no such object");
	return &objects[id];
}

uint32_t fake_last_id(void)
{
	return last_id;
}

struct fake_object *fake_get(uint32_t id, enum fake_kind kind)
{
	return id && id <= last_id && objects[id].kind == kind ? &objects[id] : NULL;
}

const char *fake_name(uint32_t id)
{
	static const char *const names[] = {
		"nothing", "ioas", "device", "parent", "viommu", "vdevice", "nested", "veventq"};

	return id && id <= last_id ? names[objects[id].kind] : names[0];
}

uint32_t fake_make(enum fake_kind kind, uint32_t holds0, uint32_t holds1)
{
	struct fake_object *object;

	fake_check(last_id + 1 < OBJECTS, "too many objects for its table");
	object = &objects[++last_id];
	*object = (struct fake_object){.kind = kind, .holds = {holds0, holds1}};
	object->queue.event_fd = -1;
	for (int i = 0; i < 2; i++)
		if (object->holds[i])
			objects[object->holds[i]].users++;
	return last_id;
}

void fake_forget_all(void)
{
	for (uint32_t id = 1; id <= last_id; id++)
		fake_queue_drop(&objects[id].queue);
	memset(objects, 0, sizeof(objects));
	last_id = 0;
}

int fake_destroy(uint32_t id)
{
	if (!id || id > last_id || objects[id].kind == FAKE_FREE)
		return -ENOENT;
	if (objects[id].users)
		return -EBUSY;
	for (int i = 0; i < 2; i++)
		if (objects[id].holds[i])
			objects[objects[id].holds[i]].users--;
	fake_queue_drop(&objects[id].queue);
	objects[id].kind = FAKE_FREE;
	return 0;
}

static bool has_vdevice(uint32_t viommu_id, uint32_t dev_id)
{
	for (uint32_t id = 1; id <= last_id; id++)
		if (objects[id].kind == FAKE_VDEVICE && objects[id].holds[0] == viommu_id &&
			objects[id].holds[1] == dev_id)
			return true;
	return false;
}

int fake_attach(uint32_t dev_id, uint32_t pt_id)
{
	struct fake_object *device = fake_get(dev_id, FAKE_DEVICE);
	struct fake_object *nested = fake_get(pt_id, FAKE_NESTED);
	struct fake_object *parent = fake_get(pt_id, FAKE_PARENT);

	if (!device || !pt_id || pt_id > last_id || objects[pt_id].kind == FAKE_FREE)
		return -ENOENT;
	if (nested)
		parent = &objects[objects[nested->holds[0]].holds[0]];
	if (!parent && !fake_get(pt_id, FAKE_IOAS))
		return -EINVAL;
	if (parent && parent->smmu != device->smmu)
		return -EINVAL;
	if (nested && nested->translates && !has_vdevice(nested->holds[0], dev_id))
		return -ENOENT;
	objects[pt_id].users++;
	fake_detach(dev_id);
	device->attached = pt_id;
	return 0;
}

bool fake_forwards(uint32_t dev_id)
{
	const struct fake_object *nested =
		fake_get(fake_get(dev_id, FAKE_DEVICE)->attached, FAKE_NESTED);

	return nested && has_vdevice(nested->holds[0], dev_id);
}

int fake_detach(uint32_t dev_id)
{
	struct fake_object *device = fake_get(dev_id, FAKE_DEVICE);

	if (!device)
		return -ENOENT;
	if (device->attached)
		objects[device->attached].users--;
	device->attached = 0;
	return 0;
}

/* Return: 0 and whether the STE translates by stage 1, or -errno. */
static int check_ste(const struct uapi_iommu_hwpt_alloc *call, bool *translates)
{
	const struct uapi_iommu_hwpt_arm_smmuv3 *data = (const void *)(uintptr_t)call->data_uptr;
	uint64_t config;

	if (call->data_type != UAPI_IOMMU_HWPT_DATA_ARM_SMMUV3 || call->data_len != sizeof(*data))
		return -EINVAL;
	*translates = false;
	if (!(data->ste[0] & 1))
		return 0;
	config = data->ste[0] >> 1 & 7;
	if (data->ste[0] & ~STE0_ALLOWED || data->ste[1] & ~STE1_ALLOWED)
		return -EIO;
	if (config != 0 && config != 4 && config != 5)
		return -EIO;
	*translates = config == 5;
	return 0;
}

static int nested_alloc(struct uapi_iommu_hwpt_alloc *call, const struct fake_object *viommu)
{
	bool translates = true;
	int ret;

	if (call->flags)
		return -EOPNOTSUPP;
	if (viommu->type == UAPI_IOMMU_VIOMMU_TYPE_SELFTEST)
		ret = call->data_type == UAPI_IOMMU_HWPT_DATA_SELFTEST ? 0 : -EOPNOTSUPP;
	else
		ret = check_ste(call, &translates);
	if (ret)
		return ret;
	call->out_hwpt_id = fake_make(FAKE_NESTED, call->pt_id, 0);
	objects[call->out_hwpt_id].translates = translates;
	return 0;
}

static int hwpt_alloc(struct uapi_iommu_hwpt_alloc *call)
{
	const struct fake_object *device = fake_get(call->dev_id, FAKE_DEVICE);
	const struct fake_object *viommu = fake_get(call->pt_id, FAKE_VIOMMU);

	if (call->size != sizeof(*call) || call->rsvd || call->rsvd2)
		return -EINVAL;
	if (!device)
		return -ENOENT;
	/* As the kernel, which compares viommu->iommu_dev (iommufd_hwpt_alloc()). */
	if (viommu && objects[viommu->holds[0]].smmu != device->smmu)
		return -EINVAL;
	if (viommu)
		return objects[viommu->holds[0]].smmu == device->smmu ? nested_alloc(call, viommu)
								      : -EINVAL;
	if (!fake_get(call->pt_id, FAKE_IOAS) || call->flags != UAPI_IOMMU_HWPT_ALLOC_NEST_PARENT)
		return -EINVAL;
	call->out_hwpt_id = fake_make(FAKE_PARENT, call->pt_id, 0);
	objects[call->out_hwpt_id].smmu = device->smmu;
	return 0;
}

static int viommu_alloc(struct uapi_iommu_viommu_alloc *call)
{
	const struct fake_object *device = fake_get(call->dev_id, FAKE_DEVICE);
	const struct fake_object *parent = fake_get(call->hwpt_id, FAKE_PARENT);

	if (call->size != sizeof(*call) || call->rsvd)
		return -EINVAL;
	if (call->flags || !call->type)
		return -EOPNOTSUPP;
	if (!device || !parent)
		return -ENOENT;
	if (device->smmu != parent->smmu)
		return -EINVAL;
	call->out_viommu_id = fake_make(FAKE_VIOMMU, call->hwpt_id, 0);
	objects[call->out_viommu_id].type = call->type;
	return 0;
}

static int vdevice_alloc(struct uapi_iommu_vdevice_alloc *call)
{
	if (call->size != sizeof(*call))
		return -EINVAL;
	if (!fake_get(call->viommu_id, FAKE_VIOMMU) || !fake_get(call->dev_id, FAKE_DEVICE))
		return -ENOENT;
	if (objects[objects[call->viommu_id].holds[0]].smmu != objects[call->dev_id].smmu)
		return -EINVAL;
	for (uint32_t id = 1; id <= last_id; id++) {
		const struct fake_object *other = &objects[id];

		if (other->kind != FAKE_VDEVICE)
			continue;
		if (other->holds[1] == call->dev_id)
			return -EEXIST;
		if (other->holds[0] == call->viommu_id && other->vsid == call->virt_id)
			return -EEXIST;
	}
	call->out_vdevice_id = fake_make(FAKE_VDEVICE, call->viommu_id, call->dev_id);
	objects[call->out_vdevice_id].vsid = call->virt_id;
	return 0;
}

static int veventq_alloc(struct uapi_iommu_veventq_alloc *call)
{
	if (call->size != sizeof(*call))
		return -EINVAL;
	if (call->flags || call->rsvd || !call->type)
		return -EOPNOTSUPP;
	if (!call->veventq_depth || call->veventq_depth > DEPTH_MAX)
		return -EINVAL;
	if (!fake_get(call->viommu_id, FAKE_VIOMMU))
		return -ENOENT;
	for (uint32_t id = 1; id <= last_id; id++)
		if (objects[id].kind == FAKE_VEVENTQ && objects[id].holds[0] == call->viommu_id &&
			objects[id].queue.type == call->type)
			return -EEXIST;
	call->out_veventq_id = fake_make(FAKE_VEVENTQ, call->viommu_id, 0);
	objects[call->out_veventq_id].queue.type = call->type;
	objects[call->out_veventq_id].queue.depth = call->veventq_depth;
	call->out_veventq_fd = (uint32_t)fake_queue_open(call->out_veventq_id);
	return 0;
}

static int ioas_alloc(struct uapi_iommu_ioas_alloc *call)
{
	if (call->size != sizeof(*call))
		return -EINVAL;
	if (call->flags)
		return -EOPNOTSUPP;
	call->out_ioas_id = fake_make(FAKE_IOAS, 0, 0);
	return 0;
}

int fake_alloc(unsigned long request, void *argument)
{
	switch (request) {
	case UAPI_IOMMU_IOAS_ALLOC:
		return ioas_alloc(argument);
	case UAPI_IOMMU_HWPT_ALLOC:
		return hwpt_alloc(argument);
	case UAPI_IOMMU_VIOMMU_ALLOC:
		return viommu_alloc(argument);
	case UAPI_IOMMU_VDEVICE_ALLOC:
		return vdevice_alloc(argument);
	case UAPI_IOMMU_VEVENTQ_ALLOC:
		return veventq_alloc(argument);
	default:
		return -ENOTTY;
	}
}
