/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest of vsmmu-vm: a process, and the text that its console has shown. */
#ifndef RIG_GUEST_H
#define RIG_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Kernels that rig/guests has provided. */
#define GUEST_RIG	"/share/rig"
#define GUEST_DEBIAN_12 "/share/debian-12"
#define GUEST_DEBIAN_13 "/share/debian-13"

#define GUEST_TEXT (1u << 20)

struct guest {
	pid_t pid; /* 0 if there is none */
	int input;
	int output;
	char text[GUEST_TEXT]; /* what console and VMM wrote */
	size_t length;
	size_t seen; /* guest_expect() looks behind this */
};

/* Runs vsmmu-vm with @arguments, NULL at the end. Return: 0 or -errno. */
int guest_start(struct guest *guest, const char *const *arguments);

/* The same, with a kernel, our PID 1, words for its command line, and more arguments. */
int guest_boot(
	struct guest *guest, const char *kernel, const char *append, const char *const *more);

/* Waits for @text behind what was found before. Return: whether it came within @seconds. */
bool guest_expect(struct guest *guest, const char *text, unsigned int seconds);
void guest_type(struct guest *guest, const char *text);

/* Waits for the VMM's end, and kills it after @seconds. Return: its exit status; -1 if killed. */
int guest_end(struct guest *guest, unsigned int seconds);

#endif
