/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a transaction through the guest's tables as they are now, without its events. */
#ifndef SMMU_TRANSLATE_H
#define SMMU_TRANSLATE_H

#include "arch/translate.h"
#include "smmu/vsmmu.h"

/**
 * struct translation - how far a transaction has come
 * @state: of the SMMU, when it began
 * @context: its STE is of kind ARCH_STE_BAD if there is none
 * @mapped: there is a mapping, whatever it permits
 * @mapping: this
 * @result: what becomes of it, once something does
 */
struct translation {
	struct arch_state state;
	struct arch_context context;
	bool mapped;
	struct arch_mapping mapping;
	struct arch_result result;
};

/* Finds the configuration. Return: whether its address matters; else it has a result. */
bool translation_begin(struct vsmmu *vsmmu, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct translation *translation);

/* Goes on from there to a result. */
void translation_end(const struct arch_memory *memory, const struct arch_transaction *transaction,
	struct translation *translation);

#endif
