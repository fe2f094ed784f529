/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest of vsmmu-vm: a process, what its console has shown, and what the VMM has said. PID 1 of
 * the guest is tests/guest/main.c, which takes commands from the console.
 */
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

struct guest_text {
	int fd;
	char text[GUEST_TEXT]; /* without carriage returns */
	size_t length;
	size_t seen; /* guest_expect() and guest_expect_message() look behind this */
};

struct guest {
	pid_t pid; /* 0 if there is none */
	int input;
	const char *next;	    /* a kernel for the command kexec, or NULL */
	struct guest_text console;  /* the VMM's stdout */
	struct guest_text messages; /* its stderr */
	size_t answer;		    /* of the console: where that to the last command begins */
};

/* Runs any VMM, its name in @words[0], with @root as its root unless NULL. Return: 0 or -errno. */
int guest_run(struct guest *guest, const char *root, const char *const *words);

/* Runs vsmmu-vm with @arguments, NULL at the end. Return: 0 or -errno. */
int guest_start(struct guest *guest, const char *const *arguments);

/*
 * The same, with a kernel, our PID 1, the kernel's modules if rig/guests has any, words for its
 * command line, and more arguments. Return: 0 or -errno; the guest has said nothing yet.
 */
int guest_boot(
	struct guest *guest, const char *kernel, const char *append, const char *const *more);

/*
 * Types a command and waits for its end. guest_expect() then finds what the console has said since
 * it was typed: guest_answer(). Return: whether it was "ok" within @seconds.
 */
bool guest_do(struct guest *guest, const char *command, unsigned int seconds);
const char *guest_answer(const struct guest *guest);

/* Waits for @text behind what was found before. Return: whether it came within @seconds. */
bool guest_expect(struct guest *guest, const char *text, unsigned int seconds);
bool guest_expect_message(struct guest *guest, const char *text, unsigned int seconds);
void guest_type(struct guest *guest, const char *text);

/* Waits for the VMM's end, and kills it after @seconds. Return: its exit status; -1 if killed. */
int guest_end(struct guest *guest, unsigned int seconds);

#endif
