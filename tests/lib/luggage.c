/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/luggage.h"

#include <stdlib.h>
#include <string.h>

#include <vsmmu/snapshot.h>

#define MEMORY (UINT64_C(1) << 20) /* of the guest's, that goes with it */

void luggage_pack(struct vm *vm, struct luggage *luggage)
{
	assert_int_equal(vsmmu_save(vm->vsmmu, &luggage->snapshot, &luggage->length), 0);
	luggage->memory = malloc(MEMORY);
	assert_non_null(luggage->memory);
	memcpy(luggage->memory, vm->memory, MEMORY);
	luggage->left = *vm;
}

void luggage_unload(struct luggage *luggage)
{
	vsmmu_snapshot_free(luggage->snapshot);
	free(luggage->memory);
}

struct vm *luggage_unpack(struct luggage *luggage, const struct vm_setup *setup)
{
	struct vm *vm = vm_new(setup);

	memcpy(vm->memory, luggage->memory, MEMORY);
	vm->log2 = luggage->left.log2;
	vm->serial = luggage->left.serial;
	for (int i = 0; i < VSMMU_IRQ_COUNT; i++)
		vm->irqs[i] = luggage->left.irqs[i];
	assert_int_equal(vsmmu_restore(vm->vsmmu, luggage->snapshot, luggage->length), 0);
	luggage_unload(luggage);
	return vm;
}

struct vm *luggage_move(struct vm *vm, struct luggage *luggage, const struct vm_setup *setup)
{
	luggage_pack(vm, luggage);
	vm_free(vm);
	return luggage_unpack(luggage, setup);
}

struct vsmmu_stats luggage_stats(struct vm *vm, const struct luggage *luggage)
{
	struct vsmmu_stats stats = vm_stats(vm);

	assert_int_equal(stats.sequenced, luggage->left.produced + vm->produced);
	return stats;
}
