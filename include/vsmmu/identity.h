/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The identity of a vSMMU is all that its ID registers tell the guest. <vsmmu/smmu.h> includes this
 * header; what it says of waiting and of -EDEADLK holds here too.
 *
 * The config gives each value, or leaves it to the endpoints ("auto"): then it is the most that all
 * attached endpoints can do, and changes as they come and go. The identity is frozen, and never
 * changes again, by the first of these: the guest reads an ID register (IDR0 to IDR5, IIDR, AIDR),
 * the guest writes any register, vsmmu_restore() succeeds, vsmmu_freeze_identity(). From then on an
 * endpoint that has less than the frozen identity is refused. At any time an endpoint is refused
 * that cannot do what the config asks for, or that has no page size in common with those that are
 * attached. A vSMMU of the event path alone shows no ID registers: its identity is frozen from the
 * beginning.
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

/* In ats, ssid_bits and oas_bits of struct vsmmu_config, this means: what the endpoints have. */
enum { VSMMU_AUTO = 0xff };

/** enum vsmmu_granule - page sizes that the guest's tables may have, one bit each */
enum vsmmu_granule { VSMMU_GRANULE_4K = 1, VSMMU_GRANULE_16K = 2, VSMMU_GRANULE_64K = 4 };

/**
 * struct vsmmu_identity - what the guest is told
 * @size: set by the caller to sizeof(struct vsmmu_identity)
 * @idr: IDR0 to IDR5; all 0 on a vSMMU of the event path alone
 * @sid_bits: IDR1.SIDSIZE. On a vSMMU of the event path alone this and all other members are 0,
 *	except @ssid_bits, @eventq_log2_max and @frozen
 * @ssid_bits: IDR1.SSIDSIZE
 * @oas_bits: IDR5.OAS
 * @asid_bits: IDR0.ASID16, as 8 or 16
 * @granules: IDR5.GRAN4K, GRAN16K, GRAN64K, as bits of enum vsmmu_granule
 * @cmdq_log2_max: IDR1.CMDQS
 * @eventq_log2_max: IDR1.EVENTQS
 * @ats: IDR0.ATS
 * @msi: IDR0.MSI
 * @ril: IDR3.RIL
 * @frozen: the identity does not change any more
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
 * For a VMM that knows its host only when the first device comes. It must come before the first
 * attach of an endpoint that is not on an adopted vEVENTQ; the guest may run already.
 *
 * Return: 0; -EBUSY when the vSMMU has a host already; -EPROTO for a host of a libvsmmu-sim that is
 * not of the same build as this library; -EINVAL for a NULL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_set_host(struct vsmmu *vsmmu, struct vsmmu_host *host);

/**
 * vsmmu_freeze_identity() - let nothing that the guest is told change any more
 * @vsmmu: the vSMMU
 *
 * For a VMM that wants to know what the guest is told before the guest runs: for the firmware's
 * tables, or to refuse devices from then on. Does nothing if the identity is frozen already.
 *
 * Return: 0; -EINVAL for a NULL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_freeze_identity(struct vsmmu *vsmmu);

/**
 * vsmmu_get_identity() - what the guest is told, or would be told now
 * @vsmmu: the vSMMU
 * @identity: with @size set; filled in up to that size
 *
 * This freezes nothing.
 *
 * Return: 0; -EINVAL for a NULL or a wrong size, which is reported. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_get_identity(struct vsmmu *vsmmu, struct vsmmu_identity *identity);

#ifdef __cplusplus
}
#endif

#endif
