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
	atomic_bool paused;
	pthread_mutex_t pause; /* held while @paused */
};

struct vcpu {
	struct vcpu_machine *machine;
	unsigned int number;
	int fd; /* -1 if there is none */
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool started;
	pthread_mutex_t running; /* held by its thread, but for pauses */
};

/* Makes vCPU @number. Return: 0; -1 with a message. */
int vcpu_open(struct vcpu *vcpu, struct vcpu_machine *machine, unsigned int number);

/* Starts vCPU 0 at the kernel's entry; the others wait for PSCI. Return: 0; -1 with a message. */
int vcpu_start(struct vcpu *vcpu);

/* Waits until no vCPU is in the guest or in an access of it, and keeps them so. */
void vcpu_pause_all(struct vcpu *vcpus, unsigned int count);
void vcpu_resume_all(struct vcpu *vcpus, unsigned int count);

/* Ends all threads and frees all vCPUs, after stop_ask(). */
void vcpu_close_all(struct vcpu *vcpus, unsigned int count);

#endif
