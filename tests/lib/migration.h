/* SPDX-License-Identifier: BSD-2-Clause */
/* A migration of lib/vm.h's virtual machine: its snapshot, its memory, and its state before. */
#ifndef LIB_MIGRATION_H
#define LIB_MIGRATION_H

#include "lib/vm.h"

struct migration {
	void *snapshot;
	size_t length;
	uint8_t *memory;
	struct test_vmm left; /* a copy from before */
};

/* Saves @vm, which lives on, into @migration. */
void migration_save(struct test_vmm *vm, struct migration *migration);

/* Frees what was saved. */
void migration_discard(struct migration *migration);

/* Restores into a new virtual machine on a new host, and frees what was saved. */
struct test_vmm *migration_restore(struct migration *migration, const struct vm_setup *setup);

/* Saves, frees @vm, restores. */
struct test_vmm *migration_move(
	struct test_vmm *vm, struct migration *migration, const struct vm_setup *setup);

/* All counters; asserts that all events that both hosts numbered are accounted for. */
struct vsmmu_stats migration_stats(struct test_vmm *vm, const struct migration *migration);

#endif
