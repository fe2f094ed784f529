/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves of a file that is packed to be sent no more than a probe looks at. */
#ifndef ROOT_REDUCE_H
#define ROOT_REDUCE_H

#include <stddef.h>

#include "root/allowed.h"
#include "root/redact.h"

/* For the list that a user is shown; NULL: nothing is taken away but what redact_text() blanks. */
const char *reduce_name(enum allowed_reduce how);

/*
 * @bytes is from malloc(), with a NUL behind its @length, and is freed. Return: the same of what
 * is left, or NULL with errno: EBADMSG for what is no such file.
 */
char *reduce(enum allowed_reduce how, const struct redact *redact, char *bytes, size_t *length);

/* Parts of it, in place. */
void reduce_pci_config(unsigned char *bytes, size_t length);
/* Return: 0 or -EBADMSG. */
int reduce_fdt(char *bytes, size_t length);

#endif
