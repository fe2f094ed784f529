/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stream table entries (IHI 0070 5.2) of an SMMU with stage 1 alone: what one means, and
 * what the host kernel is given for it.
 */
#ifndef ARCH_STE_H
#define ARCH_STE_H

#include "arch/features.h"
#include "arch/fetch.h"

enum arch_ste_kind {
	ARCH_STE_BAD = 0, /* V = 0 or ILLEGAL: C_BAD_STE */
	ARCH_STE_ABORT,	  /* transactions end with an abort, without an event */
	ARCH_STE_BYPASS,
	ARCH_STE_S1,
};

enum arch_s1dss {
	ARCH_S1DSS_TERMINATE = 0,
	ARCH_S1DSS_BYPASS = 1,
	ARCH_S1DSS_CD0 = 2,
};

enum arch_s1fmt {
	ARCH_S1FMT_LINEAR = 0,
	ARCH_S1FMT_4K = 1,
	ARCH_S1FMT_64K = 2,
};

/**
 * struct arch_ste - an STE's fields in their effective values
 * @kind: enum arch_ste_kind; the rest is 0 unless it is S1, or BYPASS for the overrides
 * @s1fmt: enum arch_s1fmt
 * @s1dss: enum arch_s1dss
 * @s1cdmax: 0: one CD and no SubstreamIDs
 * @eats: 1 when ATS is on
 * @instcfg: 0: instruction or data as it came, 2: data, 3: instruction
 * @privcfg: 0: privilege as it came, 2: unprivileged, 3: privileged
 * @s1_cache: S1CIR, S1COR and S1CSH, as they stand in word 1
 * @s1stalld: CDs must not ask for stalls
 * @s1contextptr: in bytes, aligned as the CD table must be
 */
struct arch_ste {
	uint8_t kind;
	uint8_t s1fmt;
	uint8_t s1dss;
	uint8_t s1cdmax;
	uint8_t eats;
	uint8_t instcfg;
	uint8_t privcfg;
	uint8_t s1_cache;
	bool s1stalld;
	uint64_t s1contextptr;
};

/**
 * arch_ste_parse() - judge an STE and take it apart (5.2.2)
 * @word: the STE in host byte order
 * @features: of the guest's SMMU: no stage 2, Hyp = 0, DPT = 0
 * @ste: filled in completely
 */
void arch_ste_parse(const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_features *features,
	struct arch_ste *ste);

/**
 * arch_ste_host() - the words that make the hardware do what a guest's STE says
 * @ste: from arch_ste_parse()
 * @guest: of the guest's SMMU
 * @host: of the hardware
 * @vste: what struct iommu_hwpt_arm_smmuv3 takes; never more than the kernel allows
 *	(Linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c,
 *	arm_smmu_validate_vste()). STEs that mean the same give the same words
 *
 * For ARCH_STE_BAD that is V = 0, which the kernel turns into a silent abort: see
 * arch_ste_host_bad().
 */
void arch_ste_host(const struct arch_ste *ste, const struct arch_features *guest,
	const struct arch_features *host, uint64_t vste[2]);

/**
 * arch_ste_host_bad() - words that the kernel accepts and the hardware finds ILLEGAL
 * @host: of the hardware
 * @vste: filled in on success
 *
 * With them the hardware itself records C_BAD_STE at the endpoint's next transaction, as
 * the guest's SMMU would for the STE that they stand for.
 *
 * Return: false when this hardware leaves no way; then a bad STE can only be made a silent
 * abort.
 */
bool arch_ste_host_bad(const struct arch_features *host, uint64_t vste[2]);

/**
 * arch_ste_vste_kind() - what words that the kernel accepts make of the endpoint's accesses
 * @vste: V, Config and the rest, for hardware
 *
 * By V and Config alone: words that the hardware finds ILLEGAL are of the kind that they pose as.
 *
 * Return: not ARCH_STE_BAD: for the kernel V = 0 aborts.
 */
enum arch_ste_kind arch_ste_vste_kind(const uint64_t vste[2]);

#endif
