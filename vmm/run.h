/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's life. */
#ifndef VMM_RUN_H
#define VMM_RUN_H

#include "stop.h"

struct vm;

/* Makes the machine of @vm->options. Return: 0; -1 with a message; vm_close() in both cases. */
int vm_open(struct vm *vm);
void vm_close(struct vm *vm);

/* Lets it run until it stops. */
enum stop_reason vm_run(struct vm *vm);

#endif
