/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of IHI 0070 chapter 4: which are legal on the guest's SMMU, what each one
 * concerns, and what the host kernel is to be given of it.
 *
 * We take "ignore" of the two ways that 4.1.5 leaves open for reserved fields: what a guest
 * sets there is never an error, and is cleared before the host sees it.
 */
#ifndef ARCH_COMMAND_H
#define ARCH_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/command_table.h"
#include "arch/features.h"

/**
 * struct command_scope - the StreamIDs that a command names
 * @sid: the first; as the guest gave it, so it may be beyond SIDSIZE (4.1.7: no effect)
 * @count: 0 when the command names none (TLBI, SYNC); 2^32 for CFGI_ALL
 */
struct command_scope {
	uint32_t sid;
	uint64_t count;
};

/**
 * arch_command_classify() - what a command of the guest is
 * @word: the command in host byte order
 * @features: of the guest's SMMU
 * @scope: filled in whatever the kind
 *
 * Depends on the command alone. That ATC_INV is ignored while SMMUEN = 0 (4.5.1), and what
 * of a SYNC's signal applies, is for the caller, who knows the registers.
 */
enum command_kind arch_command_classify(
	const uint64_t word[2], const struct arch_features *features, struct command_scope *scope);

/**
 * enum command_reach - what became of a command that was made fit for the host
 * @COMMAND_REACH_NONE: the host caches nothing of the kind: there is nothing to send
 * @COMMAND_REACH_EXACT: it invalidates what was asked
 * @COMMAND_REACH_WIDER: it invalidates more, as the host has no narrower command
 */
enum command_reach {
	COMMAND_REACH_NONE = 0,
	COMMAND_REACH_EXACT,
	COMMAND_REACH_WIDER,
};

/**
 * arch_command_forward() - make a command of the guest fit for the host kernel
 * @word: a command of kind COMMAND_FORWARD; rewritten unless the result is NONE
 * @guest: features of the guest's SMMU: what its fields mean
 * @host: features of the physical SMMU: what the kernel takes
 *
 * A refused command makes the kernel refuse the whole array, with a count of handled
 * commands that is too high. So what is returned here is always something that
 * arch_command_kernel_accepts(); the StreamID is left for the caller to check.
 */
enum command_reach arch_command_forward(
	uint64_t word[2], const struct arch_features *guest, const struct arch_features *host);

/**
 * arch_command_kernel_accepts() - would Linux take this command for a vIOMMU?
 * @word: the command in host byte order
 * @host: features of the physical SMMU
 *
 * A mirror of arm_vsmmu_validate_user_cmd() (Linux 7.3 arm-smmu-v3-iommufd.c), written
 * apart from arch_command_forward() on purpose, for tests and the simulator. The kernel's
 * further check, that the StreamID is a vDEVICE's, is not in it.
 */
bool arch_command_kernel_accepts(const uint64_t word[2], const struct arch_features *host);

enum command_signal {
	COMMAND_SIGNAL_NONE = 0,
	COMMAND_SIGNAL_IRQ,
	COMMAND_SIGNAL_SEV, /* the same as NONE when IDR0.SEV = 0 */
};

/**
 * struct command_sync - how a CMD_SYNC wants to signal its completion (4.7.3)
 * @signal: the wired interrupt is for IRQ, whatever @msi_addr is
 * @msi_addr: 0 for no MSI; also without IDR0.MSI there is none. Not yet cut to the OAS
 * @msi_data: 32 bits to store there
 * @msi_attr: as STE.MemAttr
 * @msi_shareability: 0 none, 2 outer, 3 inner
 */
struct command_sync {
	enum command_signal signal;
	uint64_t msi_addr;
	uint32_t msi_data;
	uint8_t msi_attr;
	uint8_t msi_shareability;
};

/* @word: a command of kind COMMAND_SYNC. With a signal other than IRQ the MSI is all 0. */
void arch_command_sync(const uint64_t word[2], struct command_sync *sync);

#endif
