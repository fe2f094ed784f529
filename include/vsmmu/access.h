/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device's access to memory through an SMMU, and where it leads: for the devices that a
 * VMM emulates behind the same vSMMU as the assigned ones.
 */
#ifndef VSMMU_ACCESS_H
#define VSMMU_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;

/** enum vsmmu_access_flag - what kind of access; none of them is a PCIe read without PASID */
enum vsmmu_access_flag {
	VSMMU_ACCESS_WRITE = 1 << 0,
	VSMMU_ACCESS_INSTRUCTION = 1 << 1, /* a fetch, so not together with WRITE */
	VSMMU_ACCESS_PRIVILEGED = 1 << 2,
	VSMMU_ACCESS_SSID = 1 << 3, /* it has a SubstreamID, PCIe's PASID */
};

/**
 * struct vsmmu_access - one access
 * @size: sizeof(struct vsmmu_access)
 * @vsid: StreamID of who does it, as the guest sees it
 * @flags: of enum vsmmu_access_flag
 * @ssid: SubstreamID, 20 bits; only with VSMMU_ACCESS_SSID
 * @reserved: 0
 * @address: as the device uses it
 */
struct vsmmu_access {
	size_t size;
	uint32_t vsid;
	uint32_t flags;
	uint32_t ssid;
	uint32_t reserved;
	uint64_t address;
};

/**
 * struct vsmmu_translation - where an access leads
 * @size: set by the caller to sizeof(struct vsmmu_translation)
 * @address: guest-physical
 * @length: bytes from @address on that the same translation covers, for the same flags: to
 *	the end of the page or block, or, where nothing is translated, of the OAS. With
 *	@ignored: bytes up to the device's next multiple of 4 KiB, which is where to ask again.
 *	Always at least 1
 * @ignored: the guest wants this fault to be invisible: a read gives zeroes, a write is
 *	lost (CD.A = 0); @address means nothing
 * @reserved: set to 0
 */
struct vsmmu_translation {
	size_t size;
	uint64_t address;
	uint64_t length;
	bool ignored;
	uint8_t reserved[7];
};

/**
 * vsmmu_translate() - an emulated device's access through the guest's stream table
 * @vsmmu: a vSMMU that is not of the event path alone
 * @access: see there
 * @translation: filled in up to its size
 *
 * Reads the guest's tables as they are now, at most 9 reads: nothing is cached, and what a
 * VMM caches itself it has to forget when the guest invalidates. A fault is recorded in the
 * guest's event queue as hardware would, or dropped where hardware would drop it.
 *
 * Return: 0, with a length of at least 1; -EFAULT when the device must see an abort;
 * -EOPNOTSUPP on a vSMMU of the event path alone; -EINVAL. Threads: any. Since: 0.1.
 * Source: IHI 0070 3.3, 7.3, 15
 */
VSMMU_API int vsmmu_translate(struct vsmmu *vsmmu, const struct vsmmu_access *access,
	struct vsmmu_translation *translation);

#ifdef __cplusplus
}
#endif

#endif
