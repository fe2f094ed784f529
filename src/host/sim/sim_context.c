/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/sim/sim_context.h"

static uint32_t ssid_of(const struct arch_transaction *transaction)
{
	return transaction->ssv ? transaction->ssid : 0;
}

bool sim_contexts_find(const struct sim_contexts *contexts,
	const struct arch_transaction *transaction, struct arch_context *context)
{
	for (unsigned int i = 0; i < contexts->used; i++) {
		if (contexts->entry[i].ssv != transaction->ssv ||
			contexts->entry[i].ssid != ssid_of(transaction))
			continue;
		*context = contexts->entry[i].context;
		return true;
	}
	return false;
}

void sim_contexts_add(struct sim_contexts *contexts, const struct arch_transaction *transaction,
	const struct arch_context *context)
{
	unsigned int i;

	if (contexts->used < SIM_CONTEXTS) {
		i = contexts->used++;
	} else {
		i = contexts->next;
		contexts->next = (i + 1) % SIM_CONTEXTS;
	}
	contexts->entry[i].ssv = transaction->ssv;
	contexts->entry[i].ssid = ssid_of(transaction);
	contexts->entry[i].context = *context;
}

void sim_contexts_drop(struct sim_contexts *contexts, uint32_t ssid)
{
	for (unsigned int i = 0; i < contexts->used;) {
		if (contexts->entry[i].ssid == ssid)
			contexts->entry[i] = contexts->entry[--contexts->used];
		else
			i++;
	}
}

void sim_contexts_drop_all(struct sim_contexts *contexts)
{
	contexts->used = 0;
}
