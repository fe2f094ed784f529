/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vsmmu-vm: a small VMM that boots an arm64 Linux with assigned devices behind a vSMMU. It is an
 * example of how the library is embedded, and uses nothing of it but the public headers.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "run.h"
#include "vm.h"

static struct vm vm = {.stop.wake = -1, .signals = -1};

int main(int argc, char **argv)
{
	enum stop_reason why = STOP_BROKEN;
	int ret = options_parse(&vm.options, argc, argv);

	if (ret)
		return ret > 0 ? 0 : 2;
	if (!vm_open(&vm))
		why = vm_run(&vm);
	vm_close(&vm);
	/* A new process has nothing of the old machine left: KVM, VFIO and iommufd start anew. */
	if (why == STOP_RESET) {
		execv("/proc/self/exe", argv);
		fail("cannot start again: %s", strerror(errno));
	}
	return why == STOP_OFF ? 0 : 1;
}
