/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtual machine that moves: snapshot, memory, and what is known of it. */
#ifndef LIB_LUGGAGE_H
#define LIB_LUGGAGE_H

#include "lib/vm.h"

struct luggage {
	void *snapshot;
	size_t length;
	uint8_t *memory;
	struct vm left; /* as it was */
};

/* Saves. */
void luggage_pack(struct vm *vm, struct luggage *luggage);

void luggage_unload(struct luggage *luggage);

/* Onto a new host. */
struct vm *luggage_unpack(struct luggage *luggage, const struct vm_setup *setup);

/* All of it; @vm goes. */
struct vm *luggage_move(struct vm *vm, struct luggage *luggage, const struct vm_setup *setup);

/* Nothing is outstanding: what both hosts numbered has been accounted for. */
struct vsmmu_stats luggage_stats(struct vm *vm, const struct luggage *luggage);

#endif
