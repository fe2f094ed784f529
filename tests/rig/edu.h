/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's "edu" device (its docs/specs/edu.rst), through VFIO: an endpoint that does DMA
 * when told to. It does all of it at one instant, 100 ms after the start, and in it each
 * page of memory is translated once, whatever the length: to meet something that is there
 * for a moment only takes many DMAs. What cannot be translated is accessed by 4 bytes,
 * each of them a translation and a fault of its own.
 */
#ifndef RIG_EDU_H
#define RIG_EDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDU_DMA_MAX UINT32_C(4096)	/* bytes of one DMA, and of the device's own buffer */
#define EDU_STEP    UINT32_C(4)		/* bytes that are one fault */
#define EDU_DELAY   UINT64_C(100000000) /* ns from a DMA's start to its instant */

struct edu {
	int vfio_fd;
	uint32_t dev_id;
	volatile uint8_t *bar;
	size_t bar_size;
	char bdf[16];
};

/*
 * All edu devices that vfio-pci has and that are alone in their IOMMU groups, in the order of
 * their addresses. Return: how many.
 */
unsigned int edu_find(char bdf[][16], unsigned int max);

/* This finds those that are not alone: the functions of one slot. */
unsigned int edu_find_group(char bdf[][16], unsigned int max);

/*
 * Opens the device's file, binds it to @iommufd, enables bus mastering. Nothing is
 * attached yet. Return: 0 or -errno, nothing left.
 */
int edu_open(struct edu *edu, const char *bdf, int iommufd);

/* The kernel detaches and unbinds. No DMA may be running. */
void edu_close(struct edu *edu);

/* @length: at most EDU_DMA_MAX. From @iova into the device, or back from there. */
void edu_start_read(struct edu *edu, uint64_t iova, uint32_t length);
void edu_start_write(struct edu *edu, uint64_t iova, uint32_t length);

/* The same with another place in the device's buffer than its begin. */
void edu_start_at(struct edu *edu, uint64_t iova, uint32_t offset, uint32_t length, bool write);

/* Whether a DMA runs still. */
bool edu_is_busy(const struct edu *edu);

/* Until the DMA is over. Return: 0; -ETIMEDOUT after 5 s. */
int edu_wait(struct edu *edu);

#endif
