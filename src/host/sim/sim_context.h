/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration cache of one endpoint: its STE and CDs as they were when they were
 * fetched, by SubstreamID, until invalidated. What was in error is not kept. Level 1 CDs
 * are not kept apart, so Leaf makes no difference.
 */
#ifndef HOST_SIM_CONTEXT_H
#define HOST_SIM_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/translate.h"

#define SIM_CONTEXTS 32

struct sim_contexts {
	unsigned int used; /* entries from 0 on */
	unsigned int next; /* which one is replaced when all are used */
	struct {
		bool ssv;
		uint32_t ssid; /* 0 without ssv: then CD 0 is the one */
		struct arch_context context;
	} entry[SIM_CONTEXTS];
};

/* Return: whether it is there. */
bool sim_contexts_find(const struct sim_contexts *contexts,
	const struct arch_transaction *transaction, struct arch_context *context);

void sim_contexts_add(struct sim_contexts *contexts, const struct arch_transaction *transaction,
	const struct arch_context *context);

/* CFGI_CD */
void sim_contexts_drop(struct sim_contexts *contexts, uint32_t ssid);

/* CFGI_CD_ALL, CFGI_STE */
void sim_contexts_drop_all(struct sim_contexts *contexts);

#endif
