/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line. */
#ifndef VMM_OPTIONS_H
#define VMM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define APPEND_MAX  1900 /* Linux on arm64 takes 2,048 in all */
#define DEVICES_MAX 31	 /* slots 1 to 31 of bus 0 */

struct options {
	const char *kernel;
	const char *initrd; /* or NULL */
	const char *append;
	const char *events;  /* or NULL */
	const char *control; /* or NULL */
	uint64_t memory;
	unsigned int cpus;
	const char *device[DEVICES_MAX]; /* "0000:00:01.0" */
	unsigned int devices;
	bool isolate;
	bool no_ril;
	bool no_msi;
};

/* Return: 0; 1 when the help was printed; -1 when the words make no sense, which is told. */
int options_parse(struct options *options, int argc, char **argv);

#endif
