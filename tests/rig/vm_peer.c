/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's device reaches another one's BAR, through both stages. */
#include <signal.h>
#include <string.h>

#include "vm_fixture.h"

static void a_device_reaches_another(void *context)
{
	char bdf[2][16];
	const char *const more[] = {"--no-msi", "--device", bdf[0], "--device", bdf[1], NULL};

	(void)context;
	find_endpoints("edu", bdf, 2);
	boot(GUEST_RIG, "", more);
	command(10, "bind 0000:00:01.0 vfio-pci");
	command(10, "bind 0000:00:02.0 vfio-pci");
	command(10, "peer 0000:00:01.0 0000:00:02.0");
	command(10, "peer 0000:00:02.0 0000:00:01.0");
	TAP_CHECK(!strstr(guest.messages.text, "do not reach"), "%s", guest.messages.text);
	TAP_CHECK(!strstr(guest.console.text, "event: "), "the guest had a fault");
	power_off();
	expect_no_trouble();
}

static const struct tap_test tests[] = {
	{"a_device_reaches_another", "", a_device_reaches_another},
};

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), &vm_fixture, NULL);
}
