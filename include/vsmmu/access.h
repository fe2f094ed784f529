/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access of a device to memory through an SMMU, and where it leads: for devices that a VMM
 * emulates behind the same vSMMU as the assigned ones.
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

/** enum vsmmu_access_flag - the kind of an access; with no flag, a PCIe read without PASID */
enum vsmmu_access_flag {
	VSMMU_ACCESS_WRITE = 1 << 0,
	VSMMU_ACCESS_INSTRUCTION = 1 << 1, /* a fetch, so not together with WRITE */
	VSMMU_ACCESS_PRIVILEGED = 1 << 2,
	VSMMU_ACCESS_SSID = 1 << 3, /* it has a SubstreamID, PCIe's PASID */
};

/**
 * struct vsmmu_access - one access
 * @size: sizeof(struct vsmmu_access)
 * @vsid: StreamID of the device, as the guest sees it
 * @flags: bits of enum vsmmu_access_flag
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
 * @length: bytes from @address on that the same translation covers, for the same flags: to the end
 *	of the page or block, or of the OAS where nothing is translated. With @ignored: bytes up to
 *	the next multiple of 4 KiB of the device's address, where the VMM asks again. Always at
 *	least 1
 * @ignored: the guest wants this fault to be invisible (CD.A = 0): a read gives zeroes, a write is
 *	lost; @address means nothing
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
 * Reads the guest's tables as they are now, with at most 9 reads. Nothing is cached; a VMM that
 * caches results itself has to forget them when the guest invalidates. A fault is recorded in the
 * guest's event queue as hardware would record it, or dropped where hardware would drop it.
 *
 * Return: 0, with a length of at least 1; -EFAULT when the device must see an abort; -EOPNOTSUPP on
 * a vSMMU of the event path alone; -EINVAL for a NULL, a wrong size, unknown or contradictory
 * flags, or an @ssid of more than 20 bits; -E2BIG for a member that this version does not know and
 * that is not 0; -EDEADLK as <vsmmu/smmu.h> says. Threads: any. Since: 0.1. Source: IHI 0070 3.3,
 * 7.3, 15
 */
VSMMU_API int vsmmu_translate(struct vsmmu *vsmmu, const struct vsmmu_access *access,
	struct vsmmu_translation *translation);

#ifdef __cplusplus
}
#endif

#endif
