/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes out of texts what is nobody's business: names, numbers that are one machine's alone. */
#ifndef ROOT_REDACT_H
#define ROOT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#define REDACT_WORDS 1024

/* Words that are secret wherever they stand: names of the host and of its user. */
struct redact {
	char words[REDACT_WORDS][65];
	size_t count;
	char release[80]; /* the kernel's, which may look as an IP address does; empty: none */
};

/* A word of less than two characters, or one that messages are full of, is no secret. */
void redact_add_word(struct redact *redact, const char *word, size_t length);

/*
 * Overwrites with "x", in place and as long as they are: hardware addresses, UUIDs, IP addresses,
 * what follows words such as "serial" and "password", the folders of users, and the words of
 * @redact. PCI addresses, numbers and the like stay.
 */
void redact_text(const struct redact *redact, char *text, size_t length);

/* A part of it: URLs, hosts with their domains, disks, serial numbers and MACs of labels, paths. */
void redact_forms(char *text, size_t length);

/* Blanks secrets in a path or the name of a file, where no word announces a secret. */
void redact_name(const struct redact *redact, char *name);

#endif
