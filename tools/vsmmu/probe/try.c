/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/iommufd/ioctl.h"
#include "uapi/iommufd.h"
#include "uapi/vfio.h"

#define VSID	    0x8
#define DEPTH	    16
#define OBJECTS_MAX 6

/* STE.V, and STE.Config 0: abort (IHI 0070, 5.2). */
#define STE_ABORT UINT64_C(1)

struct attempt {
	int iommufd, device;
	uint32_t dev_id, ioas, parent, viommu;
	uint32_t made[OBJECTS_MAX]; /* in this order */
	unsigned int count;
	bool attached;
	int events; /* fd of the vEVENTQ, or -1 */
	struct probe_try *found;
};

/* Return: whether the step succeeded. The first one that failed is told. */
static bool step(struct attempt *attempt, const char *name, int ret)
{
	if (ret && !attempt->found->error) {
		attempt->found->error = -ret;
		snprintf(attempt->found->step, sizeof(attempt->found->step), "%s", name);
	}
	return !ret;
}

static bool make(struct attempt *attempt, const char *name, unsigned long request, void *call,
	const uint32_t *id)
{
	if (!step(attempt, name, iommufd_ioctl(attempt->iommufd, request, call)))
		return false;
	attempt->made[attempt->count++] = *id;
	return true;
}

static bool bind_device(struct attempt *attempt)
{
	struct uapi_vfio_device_bind_iommufd call = {
		.argsz = sizeof(call),
		.iommufd = attempt->iommufd,
	};
	int ret = iommufd_ioctl(attempt->device, UAPI_VFIO_DEVICE_BIND_IOMMUFD, &call);

	attempt->dev_id = call.out_devid;
	return step(attempt, "BIND_IOMMUFD", ret);
}

static bool ask_hardware(struct attempt *attempt)
{
	struct uapi_iommu_hw_info_arm_smmuv3 data = {0};
	struct uapi_iommu_hw_info call = {
		.size = sizeof(call),
		.dev_id = attempt->dev_id,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	struct probe_try *found = attempt->found;
	int ret = iommufd_ioctl(attempt->iommufd, UAPI_IOMMU_GET_HW_INFO, &call);

	if (!ret && (call.data_type != UAPI_IOMMU_HW_INFO_TYPE_ARM_SMMUV3 ||
			    call.data_len < sizeof(data)))
		ret = -EOPNOTSUPP;
	found->hw_info = ret ? ANSWER_NO : ANSWER_YES;
	if (!step(attempt, "GET_HW_INFO", ret))
		return false;
	found->flags = data.flags;
	memcpy(found->idr, data.idr, sizeof(found->idr));
	found->iidr = data.iidr;
	found->aidr = data.aidr;
	found->capabilities = call.out_capabilities;
	found->max_pasid_log2 = call.out_max_pasid_log2;
	return true;
}

static bool make_viommu(struct attempt *attempt)
{
	struct uapi_iommu_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct uapi_iommu_hwpt_alloc parent = {
		.size = sizeof(parent),
		.flags = UAPI_IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = attempt->dev_id,
	};
	struct uapi_iommu_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.type = UAPI_IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
		.dev_id = attempt->dev_id,
	};

	if (!make(attempt, "IOAS_ALLOC", UAPI_IOMMU_IOAS_ALLOC, &ioas, &ioas.out_ioas_id))
		return false;
	parent.pt_id = ioas.out_ioas_id;
	attempt->found->viommu = ANSWER_NO;
	if (!make(attempt, "HWPT_ALLOC of a nesting parent", UAPI_IOMMU_HWPT_ALLOC, &parent,
		    &parent.out_hwpt_id))
		return false;
	viommu.hwpt_id = parent.out_hwpt_id;
	if (!make(attempt, "VIOMMU_ALLOC", UAPI_IOMMU_VIOMMU_ALLOC, &viommu, &viommu.out_viommu_id))
		return false;
	attempt->viommu = viommu.out_viommu_id;
	attempt->found->viommu = ANSWER_YES;
	return true;
}

static void make_veventq(struct attempt *attempt)
{
	struct uapi_iommu_veventq_alloc call = {
		.size = sizeof(call),
		.viommu_id = attempt->viommu,
		.type = UAPI_IOMMU_VEVENTQ_TYPE_ARM_SMMUV3,
		.veventq_depth = DEPTH,
	};

	attempt->found->veventq = ANSWER_NO;
	if (!make(attempt, "VEVENTQ_ALLOC", UAPI_IOMMU_VEVENTQ_ALLOC, &call, &call.out_veventq_id))
		return;
	attempt->events = (int)call.out_veventq_fd;
	attempt->found->veventq = ANSWER_YES;
}

static void make_nested(struct attempt *attempt)
{
	struct uapi_iommu_vdevice_alloc vdevice = {
		.size = sizeof(vdevice),
		.viommu_id = attempt->viommu,
		.dev_id = attempt->dev_id,
		.virt_id = VSID,
	};
	struct uapi_iommu_hwpt_arm_smmuv3 ste = {.ste = {STE_ABORT}};
	struct uapi_iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.dev_id = attempt->dev_id,
		.pt_id = attempt->viommu,
		.data_type = UAPI_IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(ste),
		.data_uptr = (uintptr_t)&ste,
	};
	struct uapi_vfio_device_attach_iommufd_pt attach = {.argsz = sizeof(attach)};

	attempt->found->nested = ANSWER_NO;
	if (!make(attempt, "VDEVICE_ALLOC", UAPI_IOMMU_VDEVICE_ALLOC, &vdevice,
		    &vdevice.out_vdevice_id) ||
		!make(attempt, "HWPT_ALLOC of a nested HWPT", UAPI_IOMMU_HWPT_ALLOC, &hwpt,
			&hwpt.out_hwpt_id))
		return;
	attach.pt_id = hwpt.out_hwpt_id;
	if (!step(attempt, "ATTACH_IOMMUFD_PT",
		    iommufd_ioctl(attempt->device, UAPI_VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach)))
		return;
	attempt->attached = true;
	attempt->found->nested = ANSWER_YES;
}

/* In the order opposite to that in which it came: what is in use is EBUSY. */
static void undo(struct attempt *attempt)
{
	struct uapi_vfio_device_detach_iommufd_pt detach = {.argsz = sizeof(detach)};
	struct uapi_iommu_destroy destroy = {.size = sizeof(destroy)};

	if (attempt->attached)
		step(attempt, "DETACH_IOMMUFD_PT",
			iommufd_ioctl(
				attempt->device, UAPI_VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach));
	/* The open file holds its vEVENTQ. */
	if (attempt->events >= 0)
		close(attempt->events);
	while (attempt->count) {
		destroy.id = attempt->made[--attempt->count];
		step(attempt, "DESTROY",
			iommufd_ioctl(attempt->iommufd, UAPI_IOMMU_DESTROY, &destroy));
	}
}

void try_objects(int iommufd, int device, struct probe_try *found)
{
	struct attempt attempt = {
		.iommufd = iommufd, .device = device, .events = -1, .found = found};

	*found = (struct probe_try){.tried = ANSWER_YES, .max_pasid_log2 = -1};
	if (bind_device(&attempt) && ask_hardware(&attempt) && make_viommu(&attempt)) {
		make_veventq(&attempt);
		make_nested(&attempt);
	}
	undo(&attempt);
}

static int open_file(const char *path, struct probe_try *found)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		*found = (struct probe_try){
			.tried = ANSWER_YES, .max_pasid_log2 = -1, .error = errno};
		snprintf(found->step, sizeof(found->step), "open of %.31s", path);
	}
	return fd;
}

void try_device(const char *cdev, struct probe_try *found)
{
	char path[64];
	int iommufd, device;

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", cdev);
	iommufd = open_file("/dev/iommu", found);
	if (iommufd < 0)
		return;
	device = open_file(path, found);
	if (device >= 0) {
		try_objects(iommufd, device, found);
		/* The device first: it holds the iommufd. */
		close(device);
	}
	close(iommufd);
}

static const char *name_of(enum answer answer)
{
	return answer == ANSWER_YES ? "yes" : answer == ANSWER_NO ? "no" : "unknown";
}

void try_text(const struct probe_try *found, char *text, size_t size)
{
	const uint32_t *idr = found->idr;

	snprintf(text, size,
		"known=%s\nviommu=%s\nveventq=%s\nnested=%s\nerror=%d\nstep=%s\n"
		"flags=0x%" PRIx32 "\nidr0=0x%" PRIx32 "\nidr1=0x%" PRIx32 "\nidr2=0x%" PRIx32
		"\nidr3=0x%" PRIx32 "\nidr4=0x%" PRIx32 "\nidr5=0x%" PRIx32 "\niidr=0x%" PRIx32
		"\naidr=0x%" PRIx32 "\ncapabilities=0x%" PRIx64 "\nmax_pasid_log2=%d\n",
		name_of(found->hw_info), name_of(found->viommu), name_of(found->veventq),
		name_of(found->nested), found->error, found->step, found->flags, idr[0], idr[1],
		idr[2], idr[3], idr[4], idr[5], found->iidr, found->aidr, found->capabilities,
		found->max_pasid_log2);
}

void try_refused_text(const char *why, char *text, size_t size)
{
	snprintf(text, size, "refused=%s\n", why);
}
