/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm_user.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct control_client user;

void connect_client(struct control_client *to)
{
	TAP_CHECK(control_client_open(to), "nobody listens at " CONTROL_PATH);
}

void does(const char *line)
{
	TAP_CHECK(control_client_do(&user, line, DEVICE_MS), "%s: %s", line, user.text);
}

void refuses(const char *line, const char *why)
{
	TAP_CHECK(!control_client_do(&user, line, DEVICE_MS) && !strncmp(user.text, "error: ", 7) &&
			  strstr(user.text, why),
		"%s: %s", line, user.text);
}

/* A command of the socket with a BDF of the host behind it. */
const char *with(const char *command, const char *bdf)
{
	static char line[64];

	snprintf(line, sizeof(line), "%s %s", command, bdf);
	return line;
}

void quit(void)
{
	does("quit");
	TAP_EQ(guest_end(&guest, 10), 0);
	control_client_close(&user);
	TAP_CHECK(access(CONTROL_PATH, F_OK), CONTROL_PATH " is still there");
}

void replug(const char *guest_bdf, const char *bdf)
{
	command(20, "remove %s", guest_bdf);
	does(with("detach", bdf));
	/* Nothing answers there. */
	command(20, "rescan");
	TAP_CHECK(!guest_do(&guest, with("remove", guest_bdf), 10), "%s is there", guest_bdf);
	does(with("attach", bdf));
	command(20, "rescan");
}
