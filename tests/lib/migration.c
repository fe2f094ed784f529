/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/migration.h"

#include <stdlib.h>
#include <string.h>

#include <vsmmu/snapshot.h>

#define MEMORY (UINT64_C(1) << 20) /* of the guest's, that goes with it */

void migration_save(struct test_vmm *vm, struct migration *migration)
{
	assert_int_equal(vsmmu_save(vm->vsmmu, &migration->snapshot, &migration->length), 0);
	migration->memory = malloc(MEMORY);
	assert_non_null(migration->memory);
	memcpy(migration->memory, vm->memory, MEMORY);
	migration->left = *vm;
}

void migration_discard(struct migration *migration)
{
	vsmmu_snapshot_free(migration->snapshot);
	free(migration->memory);
}

struct test_vmm *migration_restore(struct migration *migration, const struct vm_setup *setup)
{
	struct test_vmm *vm = vm_new(setup);

	memcpy(vm->memory, migration->memory, MEMORY);
	vm->log2 = migration->left.log2;
	vm->serial = migration->left.serial;
	for (int i = 0; i < IRQ_COUNT; i++)
		vm->irqs[i] = migration->left.irqs[i];
	assert_int_equal(vsmmu_restore(vm->vsmmu, migration->snapshot, migration->length), 0);
	migration_discard(migration);
	return vm;
}

struct test_vmm *migration_move(
	struct test_vmm *vm, struct migration *migration, const struct vm_setup *setup)
{
	migration_save(vm, migration);
	vm_free(vm);
	return migration_restore(migration, setup);
}

struct vsmmu_stats migration_stats(struct test_vmm *vm, const struct migration *migration)
{
	struct vsmmu_stats stats = vm_stats(vm);

	assert_int_equal(stats.sequenced, migration->left.produced + vm->produced);
	return stats;
}
