/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs, each with a thread. */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "kvm.h"
#include "stop.h"

struct kvm_run;

/* The machine, as its vCPUs know it. */
struct vcpu_machine {
	struct kvm *kvm;
	struct bus *bus;
	struct stop *stop;
	uint64_t entry; /* where vCPU 0 begins */
	uint64_t fdt;	/* its first argument */
};

struct vcpu {
	const struct vcpu_machine *machine;
	unsigned int number;
	int fd; /* -1 if there is none */
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool started;
};

/* Makes vCPU @number. Return: 0; -1 with a message. */
int vcpu_open(struct vcpu *vcpu, const struct vcpu_machine *machine, unsigned int number);

/* Starts vCPU 0 at the kernel's entry; the others wait for PSCI. Return: 0; -1 with a message. */
int vcpu_start(struct vcpu *vcpu);

/* Ends all threads and frees all vCPUs, after stop_ask(). */
void vcpu_close_all(struct vcpu *vcpus, unsigned int count);

#endif
