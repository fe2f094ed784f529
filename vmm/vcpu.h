/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs, each with a thread. */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct kvm_run;
struct vm;

struct vcpu {
	struct vm *vm;
	unsigned int number;
	int fd; /* -1 if there is none */
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool started;
};

/* Makes vCPU @number. Return: 0; -1 with a message. */
int vcpu_open(struct vm *vm, unsigned int number);

/* Starts vCPU 0 at the kernel's entry; the others wait for PSCI. Return: 0; -1 with a message. */
int vcpu_start(struct vm *vm, unsigned int number);

/* Ends all threads and frees all vCPUs, after vm_stop(). */
void vcpu_close_all(struct vm *vm);

#endif
