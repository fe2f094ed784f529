/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's ID registers (IHI 0070 6.3.1 to 6.3.8), made of what the VMM asks for and what
 * the host's SMMU can do: hardware reads the guest's CDs and translation tables, so nothing
 * about them may be promised that it lacks. Of the host's raw registers only the fields are
 * looked at that Linux lists for it (struct iommu_hw_info_arm_smmuv3 in its iommufd.h).
 */
#ifndef ARCH_IDR_H
#define ARCH_IDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/features.h"

/* Room that every message of this file fits in. */
#define IDR_WHY_SIZE 160

#define IDR_CMDQ_LOG2_MIN  7 /* Linux' drivers want more than 64 entries */
#define IDR_QUEUE_LOG2_MAX 19

/* In ssid_bits and oas_bits this stands for the value that the host has. */
#define IDR_AS_HOST UINT8_MAX

enum idr_granule { IDR_GRANULE_4K = 1, IDR_GRANULE_16K = 2, IDR_GRANULE_64K = 4 };
#define IDR_GRANULES (IDR_GRANULE_4K | IDR_GRANULE_16K | IDR_GRANULE_64K)

enum idr_choice {
	IDR_AUTO = 0, /* as the host has it */
	IDR_ON,	      /* refused if the host has it not */
	IDR_OFF,
};

/**
 * struct idr_config - what the VMM wants the guest to see
 * @sid_bits: SIDSIZE, 0 to 32. Free of the host's: the guest's StreamIDs are virtual
 * @ssid_bits: SSIDSIZE, 0 (no PASIDs) to 20, or IDR_AS_HOST
 * @cmdq_log2: CMDQS, 7 to 19
 * @eventq_log2: EVENTQS, 1 to 19
 * @oas_bits: OAS: 32, 36, 40, 42, 44, 48 or 52. With IDR_AS_HOST the host's own OAS, although
 *            Linux does not list it: 48 for 52 if the guest has no descriptors of 52 bits
 * @granules: enum idr_granule, those that the guest sees; 0: those that the host has
 * @stall_model: enum arch_stall_model. With ARCH_STALL_NONE on a host of
 *               ARCH_STALL_OR_TERMINATE the STEs that hardware sees must have S1STALLD set
 * @stall_max: STALL_MAX, at least 1 if the guest may have stalls, else without meaning
 * @ats: ATS; whether the endpoints can do it is for the caller to know
 * @msi: MSI
 * @ril: range invalidation
 * @asid16: ASIDs of 16 bits, else of 8
 */
struct idr_config {
	uint8_t sid_bits;
	uint8_t ssid_bits;
	uint8_t cmdq_log2;
	uint8_t eventq_log2;
	uint8_t oas_bits;
	uint8_t granules;
	uint8_t stall_model;
	uint16_t stall_max;
	bool ats;
	bool msi;
	enum idr_choice ril;
	enum idr_choice asid16;
};

/* 16 bits of StreamID, no PASIDs, the largest queues, 44 bits of OAS, no stalls, no MSIs. */
extern const struct idr_config arch_idr_defaults;

/* IDR0 to IDR5 of the simulator's SMMUs, unless its caller gives others. */
extern const uint32_t arch_idr_simulator[6];

struct idr_registers {
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};

/**
 * arch_idr_build() - make the guest's ID registers
 * @config: what is wanted
 * @host: IDR0 to IDR5 of the host's SMMU, or NULL for the simulator's
 * @registers: filled in on success
 * @why: on failure, both sides of what does not go together
 * @size: of @why
 */
bool arch_idr_build(const struct idr_config *config, const uint32_t host[6],
	struct idr_registers *registers, char *why, size_t size);

/**
 * arch_idr_meet() - what two SMMUs share
 * @idr: IDR0 to IDR5 of a host; gets those of an SMMU that has no more than either
 * @other: of another one. A config for which arch_idr_build() takes both may be one for which it
 *         does not take what they share
 *
 * Only for fields that the guest's registers depend on; the rest becomes 0.
 */
void arch_idr_meet(uint32_t idr[6], const uint32_t other[6]);

/**
 * arch_idr_possible() - could arch_idr_build() have made these, for any config and host?
 * @registers: from anywhere
 */
bool arch_idr_possible(const struct idr_registers *registers);

/* Return: the register at @offset of page 0, also PIDR4 to CIDR3; 0 if it is none of these. */
uint32_t arch_idr_read(const struct idr_registers *registers, uint64_t offset);

/**
 * arch_idr_fits() - can this host keep what a guest was promised?
 * @registers: from arch_idr_build(), perhaps for another host
 * @host: as above
 * @why: on failure, the promise and what the host has instead
 * @size: of @why
 */
bool arch_idr_fits(
	const struct idr_registers *registers, const uint32_t host[6], char *why, size_t size);

/**
 * arch_idr_host_features() - what may be known of the host's SMMU
 * @host: as above
 * @ats: whether an endpoint behind it can do ATS (IOMMU_GET_HW_INFO's capabilities)
 * @features: what is not in Linux' list is set to what never limits a guest: stage 1, HAD,
 *            and the largest OAS; or is off
 */
void arch_idr_host_features(const uint32_t host[6], bool ats, struct arch_features *features);

/* Return: the granules, as bits of enum idr_granule. */
unsigned int arch_idr_granules(const struct arch_features *features);

#endif
