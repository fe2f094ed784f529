/* SPDX-License-Identifier: BSD-2-Clause */
/* A vSMMU of the event path alone goes over to another one: what its VMM has set stays set. */
#include "move_vm.h"

TEST(an_event_path_moves)
{
	static const struct vm_setup setup = {.endpoints = 2, .smmus = 2};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 5);
	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	vm_faults(vm, 0, 2);
	move_vm(vm);
	vm_faults(vm, 0, 2);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 7);
	vm_expect_empty(vm);
	move_vm(vm);
	vm_faults(vm, 1, 1);
	vm_dispatch(vm);
	vm_expect(vm, 1, 8, 1);
	/* The VMM goes on with the same handles. */
	vm_set_ste(vm, 0);
	vm_detach(vm, 1);
	assert_int_equal(vm_attach(vm, 1), 0);
	assert_int_equal(vm_stats_all(vm).delivered, 8);
	vm_free(vm);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6", an_event_path_moves),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
