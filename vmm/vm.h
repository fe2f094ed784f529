/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole machine: its parts, and what they are to each other. */
#ifndef VMM_VM_H
#define VMM_VM_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#include <vsmmu/event.h>
#include <vsmmu/smmu.h>

#include "map.h"
#include "vfio_device.h"

/* The command line. */
#define APPEND_MAX 1900 /* Linux on arm64 takes 2,048 in all */

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

/* The end of the machine, which any thread may ask for, and the main loop fulfils. */
enum stop_reason {
	STOP_NOT = 0, /* the machine runs */
	STOP_OFF,     /* the guest switched it off, or its user did */
	STOP_RESET,   /* the guest wants to start again */
	STOP_BROKEN,  /* it cannot go on, which was told */
};

/* A thread that ends when @stop, an eventfd, is readable; 0: it does not run. */
struct thread {
	pthread_t id;
	int stop;
};

/* A vCPU's access to an address that is not memory. */
struct bus_access {
	uint64_t address;
	uint64_t offset; /* from the region's base */
	uint32_t size;	 /* 1, 2, 4 or 8 bytes */
	bool write;
	uint64_t value; /* to write, or as read */
};

/* The guest's RAM, mapped whole. */
struct memory {
	uint8_t *at; /* of MAP_RAM */
	uint64_t size;
};

/* Where kernel, device tree and initramfs are in it. */
struct image {
	uint64_t entry;
	uint64_t fdt; /* IMAGE_FDT_SIZE large */
	uint64_t initrd;
	uint64_t initrd_size; /* 0 if there is none */
};

#define IMAGE_FDT_SIZE UINT64_C(0x200000)

/* The virtual machine as KVM has it: memory slots, the GICv3 with its ITS, interrupt lines. */
#define KVM_MSIS      1024 /* of all devices */
#define KVM_SLOT_RAM  0
#define KVM_SLOT_BARS 1 /* and up */

struct kvm {
	int fd; /* of /dev/kvm */
	int vm;
	int gic;
	int its;
	pthread_mutex_t lock;		/* over @routes */
	struct kvm_irq_routing *routes; /* SPI_COUNT to the SPIs, KVM_MSIS to the ITS */
};

struct vcpu {
	struct vm *vm;
	unsigned int number;
	int fd; /* -1 if there is none */
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool started;
	pthread_mutex_t running; /* held by its thread, but for pauses */
};

#define UART_INPUT     256
#define UART_REGISTERS 0x12 /* DR to ICR */

/*
 * A PL011, as much of it as Linux uses, and what is behind it: stdout, and stdin, which is raw
 * while the guest has it if it is a terminal, with ctrl-a as the way out.
 */
struct uart {
	pthread_mutex_t lock;
	uint8_t input[UART_INPUT];
	unsigned int head, count;
	uint32_t reg[UART_REGISTERS];
	bool level;

	/* The main loop alone uses these. */
	struct termios before; /* if @raw */
	bool raw;
	bool ended;  /* no more input can come */
	bool escape; /* ctrl-a was typed */
};

/* The host's iommufd, with an IOAS that holds the guest's memory. */
struct iommufd {
	int fd; /* -1 if it is not open */
	uint32_t ioas_id;
	struct vsmmu_host *host;
};

#define JOURNAL_RECORDS (1u << 20) /* more than the largest of a guest's queues has */

/*
 * A file of what the guest was told: a line of JSON for each event in its queue, with the names
 * that "vsmmu decode --json" has, and one for each loss. Records are taken where the library tells
 * of them, which must not block, and are written out by a thread that gives way to all others.
 */
struct journal {
	FILE *file; /* NULL: nothing is noted */
	pthread_t thread;
	sem_t some;
	atomic_bool end;
	_Atomic uint64_t noted, written; /* @noted - @written of them wait */
	_Atomic uint64_t missed;	 /* there was no room */
	_Atomic uint64_t lost;		 /* in the host */
	/* A ring, of which memory is taken only as it is needed. */
	uint8_t records[JOURNAL_RECORDS * VSMMU_EVENT_RECORD_SIZE];
};

#define CLIENTS 8

/* A program at the socket of --control. */
struct client {
	int fd;	    /* 0: there is none */
	bool ended; /* it sends nothing more */
	size_t length;
	char line[256]; /* @length bytes that were not looked at */
	size_t sent, answered;
	char answer[16384]; /* @answered bytes; the first @sent are with the client */
};

struct vm {
	struct options options;
	struct memory memory;
	struct image image;
	struct kvm kvm;
	struct uart uart;
	struct iommufd iommufd;
	struct vfio_device device[DEVICES_MAX]; /* of slot 1 and up of bus 0 */
	struct vcpu vcpu[VCPUS_MAX];
	atomic_bool paused;	   /* no vCPU is in the guest or in an access of it */
	pthread_mutex_t collected; /* held by who does what KVM has collected */
	pthread_mutex_t pause;	   /* held meanwhile */

	struct vsmmu *vsmmu;
	struct vsmmu_config vsmmu_config; /* that it was made with */
	int line[3];			  /* irqfds, by enum vsmmu_irq */
	struct journal journal;
	struct thread commands;

	pthread_mutex_t loop; /* held by the main loop, but while it polls */
	atomic_int stop;      /* enum stop_reason */
	int wake;	      /* eventfd that wakes the main loop */
	int signals;	      /* signalfd */

	int listener; /* socket of --control, or 0 */
	struct client client[CLIENTS];
	struct thread control;
};

/* Functions that return an int give 0, or -1 with a message, if nothing else is said. */

/* options.c. Return: 1 when the help was printed. */
int options_parse(struct options *options, int argc, char **argv);

/*
 * main.c. fail() tells whoever runs the VMM what is wrong, and what to do about it: on stderr, or
 * in @fail_text of its thread, of FAIL_TEXT bytes, if that is not NULL. note() tells of no failure.
 */
#define FAIL_TEXT 512
extern _Thread_local char *fail_text;
#define fail(...) message(true, __VA_ARGS__)
#define note(...) ((void)message(false, __VA_ARGS__))
__attribute__((format(printf, 2, 3))) int message(bool failure, const char *format, ...);
/* Asks for the end; the first reason counts. */
void vm_stop(struct vm *vm, enum stop_reason reason);
void vm_wake(const struct vm *vm);
int thread_start(struct thread *thread, void *(*run)(void *), void *opaque);
void thread_stop(struct thread *thread);

/* image.c: loads kernel and initramfs into the guest's memory. */
int memory_open(struct memory *memory, uint64_t size);
/* Return: where guest-physical @address to @address + @length is; NULL if not all of it is RAM. */
uint8_t *memory_at(const struct memory *memory, uint64_t address, uint64_t length);
int image_load(struct vm *vm);

/* device_tree.c: writes the device tree to its place in the guest's memory. */
int device_tree_build(const struct vm *vm);

/* kvm.c */
int kvm_open(struct kvm *kvm, const struct memory *memory);
void kvm_close(struct kvm *kvm);
/* Adds the interrupt controller, after the vCPUs. */
int kvm_add_gic(struct kvm *kvm);
/* Puts host memory at guest-physical @address; a @size of 0 removes it. Return: 0 or -errno. */
int kvm_set_slot(struct kvm *kvm, uint32_t slot, uint64_t address, uint64_t size, void *at);
/* Has KVM collect writes to @address, for vcpu_do_collected(). Return: 0 or -errno. */
int kvm_collect_writes(struct kvm *kvm, uint64_t address, uint32_t size);
void kvm_set_spi(struct kvm *kvm, uint32_t spi, bool level);
/*
 * Ties the eventfd @fd to @gsi, or unties it. With @resample, which may be -1, the line is a level
 * and that eventfd tells of the guest's end of interrupt. Return: 0 or -errno.
 */
int kvm_irqfd(struct kvm *kvm, int fd, uint32_t gsi, int resample, bool assign);
/* Sends an MSI to the ITS. Return: 0 or -errno. */
int kvm_send_msi(struct kvm *kvm, uint32_t device_id, uint64_t address, uint32_t data);
/* Return: a GSI that sends MSIs, once it has a route; -ENOSPC. */
int kvm_msi_new(struct kvm *kvm, uint32_t device_id);
/* Return: 0 or -errno. */
int kvm_msi_route(struct kvm *kvm, uint32_t gsi, uint64_t address, uint32_t data);
void kvm_msi_free(struct kvm *kvm, uint32_t gsi);

/* vcpu.c: vCPUs, each with a thread. */
int vcpu_open(struct vm *vm, unsigned int number);
/* Starts vCPU 0 at the kernel's entry; the others wait for PSCI. */
int vcpu_start(struct vcpu *vcpu);
/* Waits until no vCPU is in the guest or in an access of it, and keeps them so. */
void vcpu_pause_all(struct vm *vm);
void vcpu_resume_all(struct vm *vm);
/* Ends all threads and frees all vCPUs, after vm_stop(). */
void vcpu_close_all(struct vm *vm);
/*
 * Does what KVM has collected: before anything else that a vCPU exits for, as when there is no room
 * for more, and by and by in the main loop, for a guest that makes no other exits.
 */
void vcpu_do_collected(struct vm *vm);

/* bus.c: reads of addresses where nothing is give ones; writes there go nowhere. */
void bus_access(struct vm *vm, struct bus_access *access);

/* uart.c */
void uart_access(struct vm *vm, struct bus_access *access);
/* Makes a terminal raw, or as it was; anything else, such as a pipe, is left as it is. */
void uart_set_raw(struct uart *uart, bool raw);
/* Return: STDIN_FILENO, if input can come and the guest has room for it; -1. */
int uart_fd(struct uart *uart);
/* Reads a byte that was typed, and gives it to the guest. Return: false at ctrl-a x. */
bool uart_read(struct vm *vm);

/* iommufd.c: the first device opens it, and gives the vSMMU its host. */
int iommufd_open(struct vm *vm);
void iommufd_close(struct iommufd *iommufd);
/* Shows devices a file, such as a dma-buf, at guest-physical @address. Return: 0 or -errno. */
int iommufd_map_file(const struct iommufd *iommufd, int fd, uint64_t address, uint64_t length);
void iommufd_unmap(const struct iommufd *iommufd, uint64_t address, uint64_t length);

/* journal.c: with a @path of NULL all calls do nothing. */
int journal_open(struct journal *journal, const char *path);
void journal_close(struct journal *journal);
/* Notes records that the guest has got; never blocks. The library calls it in one thread a time. */
void journal_note(struct journal *journal, const uint8_t *records, uint32_t count);
/* Notes that @lost events in all were lost. */
void journal_note_lost(struct journal *journal, uint64_t lost);

/* smmu.c: the library around this machine's memory, interrupts and threads. */
int smmu_open(struct vm *vm);
void smmu_close(struct vm *vm);
/* Brings events to the guest; the main loop calls it when the vSMMU's fd is readable. */
void smmu_dispatch(struct vm *vm);
/* Accesses the registers, with no lock of ours. */
void smmu_access(struct vm *vm, struct bus_access *access);
/*
 * Puts a new vSMMU in the place of the one that the guest uses, whose devices work on meanwhile. In
 * the thread of the socket. If it fails the old one goes on.
 */
int smmu_move(struct vm *vm);
/* Prints the counters that are not 0; to stderr as messages. */
void smmu_print_stats(const struct vm *vm, FILE *file);

/*
 * vfio.c. vm_find() returns the device that is attached under a name, or NULL. vm_attach() takes
 * slot @slot, or if that is 0 the slot that @bdf had, or a free one. They are called before the
 * vCPUs run, and then by the thread of the socket alone, as they take seconds.
 */
struct vfio_device *vm_find(struct vm *vm, const char *bdf);
int vm_attach(struct vm *vm, const char *bdf, unsigned int slot);
int vm_detach(struct vm *vm, const char *bdf);

/*
 * control.c: a thread that serves the socket of --control, where each line is a command, and
 * devices that VFIO wants back. The socket is opened first of all, the thread started last; it is
 * closed first, and waits for what is under way.
 */
int control_open(struct vm *vm);
int control_start(struct vm *vm);
void control_close(struct vm *vm);

/* commands.c: does what the line says. Return: the length of the answer, to @size at most. */
size_t command_run(struct vm *vm, char *line, char *answer, size_t size);

#endif
