/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads a kernel and an initramfs into the guest's memory. */
#ifndef VMM_IMAGE_H
#define VMM_IMAGE_H

#include <stdint.h>

#include "memory.h"

struct image {
	uint64_t entry;
	uint64_t fdt; /* a place for the device tree, IMAGE_FDT_SIZE large */
	uint64_t initrd;
	uint64_t initrd_size; /* 0 if there is none */
};

#define IMAGE_FDT_SIZE UINT64_C(0x200000)

/* @initrd may be NULL. Return: 0; -1 with a message. */
int image_load(
	struct image *image, const struct memory *memory, const char *kernel, const char *initrd);

#endif
