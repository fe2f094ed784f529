/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The identity of a vSMMU is all that its ID registers tell the guest. <vsmmu/smmu.h> includes
 * this.
 *
 * The config gives each value, or leaves it to the endpoints ("auto"): then it is the most that
 * all attached endpoints can do, and changes as they come and go. It is frozen, so that it never
 * changes again, by the first of: the guest reads an ID register (IDR0 to IDR5, IIDR, AIDR), the
 * guest writes any register, vsmmu_restore() works, vsmmu_freeze_identity(). An endpoint that
 * has less than what was frozen is refused from then on; so is, at any time, one that cannot do
 * what the config asks for, or that shares no page size with those that are attached. A vSMMU of
 * the event path alone shows no ID registers: its identity is frozen from the beginning.
 */
#ifndef VSMMU_IDENTITY_H
#define VSMMU_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;
struct vsmmu_host;

/* For ats, ssid_bits and oas_bits of struct vsmmu_config: as the attached endpoints have it. */
enum { VSMMU_AUTO = 0xff };

/** enum vsmmu_granule - bits for each size of a page that the guest's tables may have */
enum vsmmu_granule { VSMMU_GRANULE_4K = 1, VSMMU_GRANULE_16K = 2, VSMMU_GRANULE_64K = 4 };

/**
 * struct vsmmu_identity - what the guest is told
 * @size: set by the caller to sizeof(struct vsmmu_identity)
 * @idr: IDR0 to IDR5; all 0 on a vSMMU of the event path alone
 * @sid_bits: IDR1.SIDSIZE; this and what follows is 0 on a vSMMU of the event path alone, but for
 *	@ssid_bits, @eventq_log2_max and @frozen
 * @ssid_bits: IDR1.SSIDSIZE
 * @oas_bits: IDR5.OAS
 * @asid_bits: 8 or 16: IDR0.ASID16
 * @granules: IDR5.GRAN4K, GRAN16K, GRAN64K: enum vsmmu_granule
 * @cmdq_log2_max: IDR1.CMDQS
 * @eventq_log2_max: IDR1.EVENTQS
 * @ats: IDR0.ATS
 * @msi: IDR0.MSI
 * @ril: IDR3.RIL
 * @frozen: nothing of it changes any more
 */
struct vsmmu_identity {
	size_t size;
	uint32_t idr[6];
	uint32_t sid_bits;
	uint32_t ssid_bits;
	uint32_t oas_bits;
	uint32_t asid_bits;
	uint32_t granules;
	uint32_t cmdq_log2_max;
	uint32_t eventq_log2_max;
	bool ats;
	bool msi;
	bool ril;
	bool frozen;
};

/**
 * vsmmu_set_host() - give a vSMMU its host
 * @vsmmu: of a config without one
 * @host: referenced
 *
 * For a VMM that knows its host only when the first device comes: before the first endpoint that
 * is not an adopted vEVENTQ's. The guest may run already.
 *
 * Return: 0; -EBUSY when it has a host already; -EPROTO for a host of a libvsmmu-sim that is not
 * of the same build as this library; -EINVAL for NULL. A refusal is reported. Threads: any.
 * Since: 0.1
 */
VSMMU_API int vsmmu_set_host(struct vsmmu *vsmmu, struct vsmmu_host *host);

/**
 * vsmmu_freeze_identity() - nothing that the guest is told changes any more
 * @vsmmu: the vSMMU
 *
 * For a VMM that wants to know, before its guest runs, what the guest is told: for tables that
 * firmware gets, or to refuse a device at once. Does nothing if it is frozen already.
 *
 * Return: 0; -EINVAL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_freeze_identity(struct vsmmu *vsmmu);

/**
 * vsmmu_get_identity() - what the guest is told, or would be now
 * @vsmmu: the vSMMU
 * @identity: filled in up to the size that it says. Freezes nothing
 *
 * Return: 0; -EINVAL for one without a size. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_get_identity(struct vsmmu *vsmmu, struct vsmmu_identity *identity);

#ifdef __cplusplus
}
#endif

#endif
