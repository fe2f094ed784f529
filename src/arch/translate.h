/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole way of a transaction through the SMMU (IHI 0070 3.3, 15, 7.3.22), for ordinary
 * untranslated transactions of a Non-secure endpoint.
 *
 * arch_translate() goes it at once. Whoever models caches goes it in steps:
 * arch_context_fetch() reads what configuration caches hold, arch_walk() what TLBs hold,
 * arch_context_apply() uses a mapping, however old.
 */
#ifndef ARCH_TRANSLATE_H
#define ARCH_TRANSLATE_H

#include <vsmmu/access.h>
#include <vsmmu/event.h>

#include "arch/cd.h"
#include "arch/features.h"
#include "arch/fetch.h"
#include "arch/ste.h"
#include "arch/strtab.h"
#include "arch/walk.h"

/**
 * struct arch_state - what of an SMMU decides about transactions
 * @features: of this SMMU
 * @strtab: STRTAB_BASE and its CFG
 * @enabled: CR0.SMMUEN
 * @record_bad_sid: CR2.RECINVSID
 * @gbpa_abort: GBPA.ABORT: what happens to transactions while not @enabled
 */
struct arch_state {
	struct arch_features features;
	struct arch_strtab strtab;
	bool enabled;
	bool record_bad_sid;
	bool gbpa_abort;
};

/**
 * struct arch_transaction - what an endpoint asks for
 * @address: 64 bits, as it came
 * @sid: StreamID
 * @ssid: SubstreamID, 20 bits
 * @ssv: there is one
 * @access: PCIe without a PASID is unprivileged data (13.7)
 */
struct arch_transaction {
	uint64_t address;
	uint32_t sid;
	uint32_t ssid;
	bool ssv;
	struct arch_access access;
};

/**
 * arch_transaction_from() - what an emulated device asks for
 * @access: from a caller
 * @transaction: set on success
 *
 * Return: whether there is such an access.
 */
bool arch_transaction_from(const struct vsmmu_access *access, struct arch_transaction *transaction);

enum arch_outcome {
	ARCH_PASS = 0,
	ARCH_TERMINATE_ABORT,  /* the endpoint sees an error */
	ARCH_TERMINATE_RAZ_WI, /* it does not: reads give 0, writes are lost (CD.A = 0) */
};

/**
 * struct arch_result - what becomes of a transaction
 * @outcome: enum arch_outcome
 * @event: enum vsmmu_event_id of what went wrong, 0 if nothing did or nothing may be said
 * @recorded: @event goes to the event queue; CD.R and CR2.RECINVSID can forbid it
 * @record: the event, when @event is not 0; Stall is always 0: an endpoint that cannot
 *	stall is terminated at once (5.5)
 * @address: where it goes, with ARCH_PASS
 */
struct arch_result {
	uint8_t outcome;
	uint8_t event;
	bool recorded;
	struct vsmmu_event_record record;
	uint64_t address;
};

/**
 * struct arch_context - the configuration of one StreamID and SubstreamID
 * @translates: through @cd, else stage 1 is bypassed
 * @ste: its STE; of no kind but BYPASS while the SMMU is off
 * @cd: its CD, if @translates
 */
struct arch_context {
	bool translates;
	struct arch_ste ste;
	struct arch_cd cd;
};

/**
 * arch_context_fetch() - find the configuration for a transaction
 * @context: set on success
 * @result: set on failure
 *
 * At most 4 reads, of 8 or 64 bytes.
 */
bool arch_context_fetch(const struct arch_state *state, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct arch_context *context,
	struct arch_result *result);

/**
 * arch_context_from_ste() - the same for an STE that was read already
 * @features: of the SMMU
 * @word: the STE in host byte order
 * @context: set on success
 * @result: set on failure
 */
bool arch_context_from_ste(const struct arch_features *features, const struct arch_memory *memory,
	const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_transaction *transaction,
	struct arch_context *context, struct arch_result *result);

/**
 * arch_context_walk() - find the mapping for a transaction
 * @context: from arch_context_fetch(), with @translates
 * @mapping: set on success
 * @result: set on failure
 */
bool arch_context_walk(const struct arch_context *context, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct arch_mapping *mapping,
	struct arch_result *result);

/**
 * arch_context_apply() - let a transaction through, if it is permitted
 * @mapping: of its address, if @context->translates; not looked at otherwise
 * @result: set in any case
 */
void arch_context_apply(const struct arch_state *state, const struct arch_context *context,
	const struct arch_mapping *mapping, const struct arch_transaction *transaction,
	struct arch_result *result);

/* All of it, from memory as it is now. At most 9 reads. */
void arch_translate(const struct arch_state *state, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct arch_result *result);

#endif
