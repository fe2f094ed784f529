/* SPDX-License-Identifier: BSD-2-Clause */
/* A user at the socket of vsmmu-vm, as the tests of running machines have one. */
#ifndef RIG_VM_USER_H
#define RIG_VM_USER_H

#include "control_client.h"
#include "vm_fixture.h"

#define DEVICE_MS 20000 /* in which a device comes or goes */

extern struct control_client user;

void connect_client(struct control_client *to);

/* Commands whose outcome is as it should be, or the test ends. */
void does(const char *line);
void refuses(const char *line, const char *why);

/* Return: a command with a BDF of the host behind it, until the next call. */
const char *with(const char *command, const char *bdf);

/* Ends the machine. */
void quit(void);

/* Detaches and attaches a device, with the guest's own steps around it. */
void replug(const char *guest_bdf, const char *bdf);

#endif
