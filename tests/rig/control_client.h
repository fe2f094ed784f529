/* SPDX-License-Identifier: BSD-2-Clause */
/* Talks to the socket of vsmmu-vm --control. */
#ifndef RIG_CONTROL_CLIENT_H
#define RIG_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#define CONTROL_PATH "/tmp/control"

struct control_client {
	int fd;
	char text[32768]; /* the last answer */
};

/* Return: whether somebody listens. */
bool control_client_open(struct control_client *client);
void control_client_close(struct control_client *client);

void control_client_send(struct control_client *client, const char *bytes, size_t length);

/* Waits for the end of an answer. Return: whether it came within @ms and ends with "ok". */
bool control_client_wait(struct control_client *client, unsigned int ms);

/* Sends a line and waits for its answer. */
bool control_client_do(struct control_client *client, const char *line, unsigned int ms);

#endif
