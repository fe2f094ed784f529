/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket of --control: each line is a command, and is answered by lines of which the last is
 * "ok" or "error: why". A thread of its own serves it, and devices that VFIO wants back, since
 * attach and detach take seconds; only it attaches and detaches.
 */
#ifndef VMM_CONTROL_H
#define VMM_CONTROL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTROL_CLIENTS 8
#define CONTROL_LINE	256
#define CONTROL_ANSWER	16384

struct vm;

struct control_client {
	int fd; /* 0: there is none */
	bool ended;
	size_t length; /* of @line */
	char line[CONTROL_LINE];
	size_t sent, answered; /* of @answer */
	char answer[CONTROL_ANSWER];
};

struct control {
	const char *path; /* NULL: no socket */
	int listener;	  /* valid if @path */
	struct control_client client[CONTROL_CLIENTS];
	pthread_t thread;
	int stop; /* eventfd that ends the thread; 0 if it does not run */
};

/* Makes the socket, if @path is not NULL. Return: 0; -1 with a message. */
int control_open(struct control *control, const char *path);

/* Starts the thread, when the vCPUs run. Return: 0; -1 with a message. */
int control_start(struct control *control, struct vm *vm);

/* Waits for a command that is under way. */
void control_close(struct control *control);

/* commands.c: does what @line says and writes the answer. */
void control_run(struct vm *vm, char *line, char *answer, size_t size, size_t *length);

#endif
