/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An assigned PCI function. Its configuration space is VFIO's, with a few registers changed; its
 * BARs are memory slots; its interrupts go by irqfds. One lock is around all that a guest does to
 * it by exits; its memory and its interrupts need none.
 */
#ifndef VMM_VFIO_DEVICE_H
#define VMM_VFIO_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DEVICES_MAX 31 /* slots 1 to 31 of bus 0 */
#define VFIO_BARS   6
#define VFIO_PIECES 2 /* before and behind a table of MSI-X */

struct bus_access;
struct vm;
struct vsmmu_endpoint;

struct vfio_piece {
	uint64_t offset;
	uint64_t size; /* 0: there is none */
	bool shown;    /* vCPUs and other devices reach it */
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

/* VFIO tells that the host wants the function back, or that it had an error. */
enum vfio_call { VFIO_CALL_REQUEST, VFIO_CALL_ERROR, VFIO_CALLS };

struct vfio_device {
	/* These a slot keeps, whatever is in it. */
	unsigned int slot;
	struct vm *vm;
	pthread_mutex_t lock;
	char bdf[16];	   /* of the function that is here, or was the last */
	int intx, unmask;  /* eventfds: the irqfd of INTx, the guest's end of interrupt */
	atomic_int raised; /* VFIO's, which the main loop polls */
	uint64_t node_base, node_size; /* window for MSIs that the device tree has for this slot */

	/* The others are the function's, cleared when it goes. */
	int fd;		      /* -1 if there is none */
	bool shown;	      /* the guest sees it; until then no vCPU looks at what follows */
	int call[VFIO_CALLS]; /* eventfds */
	struct vsmmu_endpoint *endpoint;
	uint64_t config; /* where configuration space is in the file */
	struct vfio_bar bar[VFIO_BARS];
	bool memory_on;
	uint32_t reset; /* offset of the byte with @reset_bit, by which the guest resets it, or 0 */
	uint8_t reset_bit;

	enum vfio_irq_mode irq_mode;
	uint32_t pin;	    /* 1 to 4 for INTA to INTD, 0 for none */
	uint32_t msi, msix; /* offsets of capabilities, 0 if there is none */
	bool no_msi;	    /* both are hidden */
	uint32_t msix_bar, msix_table, msix_count;
	uint16_t msix_control;
	uint8_t *msix_entries; /* 16 bytes each */
	struct vfio_vector *vector;
	uint32_t vectors;

	unsigned int notes; /* printed so far */
};

/* Makes slot @slot of bus 0, where nothing is. */
void vfio_init(struct vfio_device *device, unsigned int slot, struct vm *vm);

/* Ends its DMA and its interrupts, hides it and gives it back to the host; vCPUs may run. */
void vfio_close(struct vfio_device *device);

/* Prints why something of the device does not work; only some times, as a guest can repeat it. */
void vfio_note(struct vfio_device *device, const char *what, int error);

/* Hands what VFIO has signalled for INTx to KVM. */
void vfio_intx_raise(struct vfio_device *device);

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
void vfio_access_config(struct vfio_device *device, struct bus_access *access);

/* vfio_bar.c */
int vfio_open_bars(struct vfio_device *device);
void vfio_close_bars(struct vfio_device *device);
/* Has KVM show the BARs where the guest put them, or not at all. */
void vfio_show_bars(struct vfio_device *device, bool on);
/* Accesses what a BAR has and KVM does not. Return: false: it has none at the address. */
bool vfio_access_memory(struct vfio_device *device, struct bus_access *access);

/* vfio_irq.c: interrupts, all with the lock held. */
void vfio_irqs_off(struct vfio_device *device);
void vfio_intx_on(struct vfio_device *device);
/* Return: 0 or -errno. */
int vfio_set_irqs(struct vfio_device *device, uint32_t index, uint32_t action, const int *fds,
	uint32_t count);
/* Follows a write to the capability of MSI, whose flags are @flags then. */
void vfio_msi_written(struct vfio_device *device, uint32_t flags);
/* Masks all vectors, as a reset does. */
void vfio_msix_reset(struct vfio_device *device);
void vfio_msix_control(struct vfio_device *device, uint16_t control);
void vfio_msix_access(struct vfio_device *device, uint32_t offset, struct bus_access *access);

#endif
