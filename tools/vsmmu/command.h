/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by main.c and the subcommands. */
#ifndef VSMMU_COMMAND_H
#define VSMMU_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Documented in man/vsmmu.1.scd: scripts rely on them. A signal adds 128 + its number. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,      /* it ran, and what it checks does not hold */
	EXIT_USAGE = 2,	      /* the command line makes no sense */
	EXIT_ENVIRONMENT = 3, /* the machine would not let it run */
	EXIT_WARNINGS = 4,    /* it holds, but there is something to be said */
};

/* A subcommand: argv[0] is its full name, for messages. Return: an exit code. */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

int decode_command(int argc, char **argv);
int demo_command(int argc, char **argv);
int explain_command(int argc, char **argv);
int probe_command(int argc, char **argv);
int replay_command(int argc, char **argv);

/*
 * The signal, SIGINT or SIGTERM, that asked the command to end, or 0. Without SA_RESTART,
 * so that it also ends a wait.
 */
extern volatile sig_atomic_t caught_signal;
void signals_catch(void);

/*
 * Waits until @fd can be read (negative: for none), @timeout is over (NULL: never) or a signal
 * was caught, however short before the wait that was; it may come back early. Return: whether
 * one was caught.
 */
bool signals_wait(int fd, const struct timespec *timeout);

/*
 * A decimal number of an option's argument. Return: true with *out set; false after a
 * message on stderr that names @command and @option.
 */
bool option_number(const char *command, const char *option, const char *text, uint64_t min,
	uint64_t max, uint64_t *out);

/*
 * The word of a list, NULL at its end, that an option's argument is. Return: its place; -1 after
 * a message on stderr that names @command, @option and the words.
 */
int option_choice(
	const char *command, const char *option, const char *text, const char *const *names);

#endif
