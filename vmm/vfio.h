/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An assigned PCI function. Its configuration space is VFIO's, with a few registers changed; its
 * BARs are memory slots; its interrupts go by irqfds. One lock is around all that a guest does to
 * it by exits; its memory and its interrupts need none.
 */
#ifndef VMM_VFIO_H
#define VMM_VFIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "kvm.h"

#define VFIO_BARS   6
#define VFIO_PIECES 2 /* before and behind a table of MSI-X */

struct vsmmu;
struct vsmmu_endpoint;

struct vfio_piece {
	uint64_t offset;
	uint64_t size; /* 0: there is none */
	bool shown;    /* KVM has it */
};

struct vfio_bar {
	uint64_t size; /* 0: there is none */
	uint64_t file; /* where it is in the device's file */
	bool is_64;
	void *at;	  /* its mapping; NULL: each access exits */
	uint64_t address; /* in the guest, valid while the device decodes memory */
	struct vfio_piece piece[VFIO_PIECES];
};

struct vfio_vector {
	int fd; /* eventfd, or -1 */
	int gsi;
	bool tied;
};

enum vfio_irq_mode { VFIO_IRQ_OFF, VFIO_IRQ_INTX, VFIO_IRQ_MSI, VFIO_IRQ_MSIX };

struct vfio_device {
	const char *bdf;
	unsigned int slot;
	int fd;
	struct kvm *kvm;
	struct vsmmu_endpoint *endpoint;
	pthread_mutex_t lock;
	uint64_t config; /* where configuration space is in the file */
	struct vfio_bar bar[VFIO_BARS];
	bool memory_on;

	enum vfio_irq_mode irq_mode;
	uint32_t pin;		  /* 1 to 4 for INTA to INTD, 0 for none */
	int raised, intx, unmask; /* eventfds: VFIO's, the irqfd, the guest's end of interrupt */
	uint32_t msi, msix;	  /* offsets of capabilities, 0 if there is none */
	bool no_msi;		  /* hide both */
	uint32_t msix_bar, msix_table, msix_count;
	uint16_t msix_control;
	uint8_t *msix_entries; /* 16 bytes each */
	struct vfio_vector *vector;
	uint32_t vectors;

	unsigned int notes;	     /* printed so far */
	uint64_t msi_base, msi_size; /* the host's window for MSIs */
};

struct vfio_config {
	const char *bdf;
	unsigned int slot;
	int iommufd;
	struct kvm *kvm;
	struct vsmmu *vsmmu;
	bool no_msi;
};

/* Takes the function and puts it behind the vSMMU. Return: 0; -1 with a message. */
int vfio_open(struct vfio_device *device, const struct vfio_config *config);

/* Ends its DMA and its interrupts; vfio_close() follows when the endpoint is gone. */
void vfio_quiet(struct vfio_device *device);
void vfio_close(struct vfio_device *device);

/* Prints why something of the device does not work; only some times, as a guest can repeat it. */
void vfio_note(struct vfio_device *device, const char *what, int error);

/* Return: the eventfd that VFIO signals for INTx, for the loop to poll; -1 if there is none. */
int vfio_intx_fd(const struct vfio_device *device);
/* Hands such a signal to KVM. */
void vfio_intx_raise(struct vfio_device *device);

/* Puts it into its slot of bus 0. */
void vfio_show(struct vfio_device *device, struct pci *pci);

/* vfio_sysfs.c */
/* Return: 0; -1 with a message if the text does not look like "0000:01:00.0". */
int vfio_check_bdf(const char *bdf);
/* Opens the file of VFIO's of this function. Return: an fd; -1 with a message. */
int vfio_open_file(const char *bdf);
/* Reads the host's window for the MSIs of this function; a @size of 0 if there is none. */
void vfio_read_msi_window(const char *bdf, uint64_t *base, uint64_t *size);

/* vfio_config.c */
uint32_t vfio_config_read(const struct vfio_device *device, uint32_t offset, uint32_t size);
void vfio_config_write(
	const struct vfio_device *device, uint32_t offset, uint32_t size, uint32_t value);
void vfio_find_capabilities(struct vfio_device *device);
void vfio_access_config(void *opaque, struct bus_access *access);

/* vfio_bar.c */
int vfio_open_bars(struct vfio_device *device);
void vfio_close_bars(struct vfio_device *device);
/* Has KVM show the BARs where the guest put them, or not at all. */
void vfio_show_bars(struct vfio_device *device, bool on);
bool vfio_access_memory(void *opaque, struct bus_access *access);

/* vfio_irq.c: all with the lock held. */
int vfio_vectors_on(struct vfio_device *device, enum vfio_irq_mode mode, uint32_t count);
void vfio_vector_set(struct vfio_device *device, uint32_t n, uint32_t data);
void vfio_vector_mask(struct vfio_device *device, uint32_t n);
void vfio_irqs_off(struct vfio_device *device);
void vfio_intx_on(struct vfio_device *device);
int vfio_intx_open(struct vfio_device *device);
void vfio_intx_close(struct vfio_device *device);

/* vfio_msi.c: the lock is held. */
/* Follows a write to the capability of MSI, whose flags are @flags then. */
void vfio_msi_written(struct vfio_device *device, uint32_t flags);
void vfio_msix_control(struct vfio_device *device, uint16_t control);
void vfio_msix_access(struct vfio_device *device, uint32_t offset, struct bus_access *access);

#endif
