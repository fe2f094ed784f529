/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves lib/vm.h's virtual machine, with its event path alone, to another vSMMU. */
#ifndef UNIT_MOVE_VM_H
#define UNIT_MOVE_VM_H

#include <vsmmu/snapshot.h>

#include "lib/vm.h"

static inline void move_vm(struct test_vmm *vm)
{
	struct vsmmu *from = vm->vsmmu, *to;

	assert_int_equal(test_vmm_new(vm, vm->host, NULL), 0);
	to = vm->vsmmu;
	assert_int_equal(vsmmu_move(from, to), 0);
	vsmmu_free(from);
	for (unsigned int n = 0; n < vm->endpoint_count; n++)
		if (vm->endpoints[n].handle)
			vm_host_attached(vm, n);
}

#endif
