/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole way of a transaction. */
#include "arch/translate.h"

#define OVERRIDE_OFF 2 /* INSTCFG: data, PRIVCFG: unprivileged */
#define OVERRIDE_ON  3
#define SSID_BITS    20

bool arch_transaction_from(const struct vsmmu_access *access, struct arch_transaction *transaction)
{
	const uint32_t flags = access->flags, all = VSMMU_ACCESS_WRITE | VSMMU_ACCESS_INSTRUCTION |
						    VSMMU_ACCESS_PRIVILEGED | VSMMU_ACCESS_SSID;
	const bool ssv = flags & VSMMU_ACCESS_SSID;

	if (flags & ~all || access->reserved || (ssv && access->ssid >> SSID_BITS))
		return false;
	if (flags & VSMMU_ACCESS_WRITE && flags & VSMMU_ACCESS_INSTRUCTION)
		return false;
	*transaction = (struct arch_transaction){
		.address = access->address,
		.sid = access->vsid,
		.ssid = ssv ? access->ssid : 0,
		.ssv = ssv,
		.access.write = flags & VSMMU_ACCESS_WRITE,
		.access.instruction = flags & VSMMU_ACCESS_INSTRUCTION,
		.access.privileged = flags & VSMMU_ACCESS_PRIVILEGED,
	};
	return true;
}

static void pass(struct arch_result *result, uint64_t address)
{
	*result = (struct arch_result){.outcome = ARCH_PASS, .address = address};
}

static bool abort_silently(struct arch_result *result)
{
	*result = (struct arch_result){.outcome = ARCH_TERMINATE_ABORT};
	return false;
}

static bool overridden(bool incoming, uint8_t override)
{
	return override == OVERRIDE_ON || (incoming && override != OVERRIDE_OFF);
}

/* Permissions are checked against this, and events tell it (13.1.2, 7.3.13). */
static struct arch_access effective_access(const struct arch_ste *ste, struct arch_access access)
{
	access.privileged = overridden(access.privileged, ste->privcfg);
	access.instruction = !access.write && overridden(access.instruction, ste->instcfg);
	return access;
}

static void encode(struct arch_result *result, const struct vsmmu_event *event)
{
	/* Cannot fail: each member below is set only for the ids that have it. */
	(void)vsmmu_event_encode(event, &result->record);
}

/* Events before translation: they always end in an abort (5.5). */
static bool abort_config(struct arch_result *result, const struct arch_transaction *transaction,
	const struct arch_fault *fault)
{
	struct vsmmu_event event = {
		.size = sizeof(event),
		.id = fault->event,
		.sid = transaction->sid,
		.fetch_addr = fault->fetch_address,
	};

	if (vsmmu_event_has(event.id, VSMMU_EVENT_FIELD_SSV))
		event.ssv = transaction->ssv;
	/* C_BAD_SUBSTREAMID without one is about CD 0 (7.3.9). */
	if (transaction->ssv && vsmmu_event_has(event.id, VSMMU_EVENT_FIELD_SSID))
		event.ssid = transaction->ssid & (uint32_t)arch_mask(SSID_BITS);
	*result = (struct arch_result){
		.outcome = ARCH_TERMINATE_ABORT, .event = event.id, .recorded = true};
	encode(result, &event);
	return false;
}

static bool abort_config_as(
	struct arch_result *result, const struct arch_transaction *transaction, uint8_t id)
{
	return abort_config(result, transaction, &(struct arch_fault){.event = id});
}

/* Events of stage 1. Only the four Translation-related ones obey the CD's A, R and S (5.5). */
static bool fail_stage1(struct arch_result *result, const struct arch_context *context,
	const struct arch_transaction *transaction, const struct arch_fault *fault)
{
	const struct arch_access access = effective_access(&context->ste, transaction->access);
	const bool walk_abort = fault->event == VSMMU_EVENT_F_WALK_EABT;
	const bool obeys = context->translates && !walk_abort;
	struct vsmmu_event event = {
		.size = sizeof(event),
		.id = fault->event,
		.class_ = walk_abort ? VSMMU_EVENT_CLASS_TT : VSMMU_EVENT_CLASS_IN,
		.ssv = transaction->ssv,
		.ssid = transaction->ssv ? transaction->ssid & (uint32_t)arch_mask(SSID_BITS) : 0,
		.sid = transaction->sid,
		.pnu = access.privileged,
		.ind = access.instruction,
		.rnw = !access.write,
		.input_addr = transaction->address,
		.fetch_addr = fault->fetch_address,
	};

	*result = (struct arch_result){
		.outcome =
			obeys && !context->cd.abort ? ARCH_TERMINATE_RAZ_WI : ARCH_TERMINATE_ABORT,
		.event = event.id,
		.recorded = !obeys || context->cd.record,
	};
	encode(result, &event);
	return false;
}

static bool fetch_cd(const struct arch_features *features, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct arch_context *context,
	struct arch_result *result)
{
	uint64_t word[ARCH_ENTRY_WORDS];
	struct arch_fault fault;
	uint64_t address;

	switch (arch_cd_find(&context->ste, features, memory, transaction->ssv, transaction->ssid,
		&address, &fault)) {
	case ARCH_CD_BYPASS:
		return true;
	case ARCH_CD_FOUND:
		break;
	default:
		return abort_config(result, transaction, &fault);
	}
	if (!arch_fetch(memory, address, word, ARCH_ENTRY_WORDS)) {
		fault.event = VSMMU_EVENT_F_CD_FETCH;
		fault.fetch_address = address;
		return abort_config(result, transaction, &fault);
	}
	arch_note(memory, ARCH_ENTRY_CD, address, word);
	if (!arch_cd_parse(word, features, context->ste.s1stalld, &context->cd))
		return abort_config_as(result, transaction, VSMMU_EVENT_C_BAD_CD);
	context->translates = true;
	return true;
}

bool arch_context_from_ste(const struct arch_features *features, const struct arch_memory *memory,
	const uint64_t word[ARCH_ENTRY_WORDS], const struct arch_transaction *transaction,
	struct arch_context *context, struct arch_result *result)
{
	*context = (struct arch_context){0};
	arch_ste_parse(word, features, &context->ste);
	switch (context->ste.kind) {
	case ARCH_STE_ABORT:
		return abort_silently(result);
	case ARCH_STE_BYPASS:
		return !transaction->ssv ||
		       abort_config_as(result, transaction, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	case ARCH_STE_S1:
		return fetch_cd(features, memory, transaction, context, result);
	default:
		return abort_config_as(result, transaction, VSMMU_EVENT_C_BAD_STE);
	}
}

bool arch_context_fetch(const struct arch_state *state, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct arch_context *context,
	struct arch_result *result)
{
	uint64_t word[ARCH_ENTRY_WORDS];
	struct arch_fault fault;

	if (!state->enabled) {
		*context = (struct arch_context){.ste.kind = ARCH_STE_BYPASS};
		return !state->gbpa_abort || abort_silently(result);
	}
	if (!arch_strtab_fetch(
		    &state->strtab, &state->features, memory, transaction->sid, word, &fault)) {
		abort_config(result, transaction, &fault);
		if (fault.event == VSMMU_EVENT_C_BAD_STREAMID)
			result->recorded = state->record_bad_sid;
		return false;
	}
	return arch_context_from_ste(&state->features, memory, word, transaction, context, result);
}

bool arch_context_walk(const struct arch_context *context, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct arch_mapping *mapping,
	struct arch_result *result)
{
	struct arch_fault fault;

	return arch_walk(&context->cd, memory, transaction->address, mapping, &fault) ||
	       fail_stage1(result, context, transaction, &fault);
}

/* 3.4: the output address is the input address, and must be one. */
static void apply_bypass(const struct arch_state *state, const struct arch_context *context,
	const struct arch_transaction *transaction, struct arch_result *result)
{
	const struct arch_fault fault = {.event = VSMMU_EVENT_F_ADDR_SIZE};

	if (!(transaction->address >> state->features.oas))
		pass(result, transaction->address);
	else if (!state->enabled)
		abort_silently(result);
	else
		fail_stage1(result, context, transaction, &fault);
}

void arch_context_apply(const struct arch_state *state, const struct arch_context *context,
	const struct arch_mapping *mapping, const struct arch_transaction *transaction,
	struct arch_result *result)
{
	const struct arch_fault fault = {.event = VSMMU_EVENT_F_PERMISSION};
	const struct arch_access access = effective_access(&context->ste, transaction->access);

	if (!context->translates)
		apply_bypass(state, context, transaction, result);
	else if (arch_walk_permits(&context->cd, mapping, &access))
		pass(result, arch_mapping_output(mapping, transaction->address));
	else
		fail_stage1(result, context, transaction, &fault);
}

void arch_translate(const struct arch_state *state, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct arch_result *result)
{
	struct arch_context context;
	struct arch_mapping mapping;

	if (!arch_context_fetch(state, memory, transaction, &context, result))
		return;
	if (context.translates &&
		!arch_context_walk(&context, memory, transaction, &mapping, result))
		return;
	arch_context_apply(state, &context, &mapping, transaction, result);
}
