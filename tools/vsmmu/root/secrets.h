/* SPDX-License-Identifier: BSD-2-Clause */
/* Which words are secret on a host: its names, and those of its users. */
#ifndef ROOT_SECRETS_H
#define ROOT_SECRETS_H

#include "root/redact.h"
#include "root/root.h"

void secrets_find(struct redact *redact, struct root *root);

#endif
