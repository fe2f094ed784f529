/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's access to memory through an SMMU. */
#ifndef VSMMU_ACCESS_H
#define VSMMU_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

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
 * @address: as the device uses it
 */
struct vsmmu_access {
	size_t size;
	uint32_t vsid;
	uint32_t flags;
	uint32_t ssid;
	uint64_t address;
};

#ifdef __cplusplus
}
#endif

#endif
