/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's "edu" device (its docs/specs/edu.rst): it does a DMA 100 ms after it was told to. */
#ifndef GUEST_EDU_H
#define GUEST_EDU_H

#include <stdint.h>

#define EDU_SIZE    0x100000u
#define EDU_DMA_MAX 4096u /* bytes; if they cannot be translated, each 4 of them are a fault */

/* Enables the device and maps its registers. Return: NULL after fail(). */
volatile uint8_t *edu_open(const char *bdf);

/* From @iova into the device's buffer, or back from there. @length is EDU_DMA_MAX at most. */
void edu_start_read(volatile uint8_t *bar, uint64_t iova, uint32_t length);
void edu_start_write(volatile uint8_t *bar, uint64_t iova, uint32_t length);

/* Until the DMA is over. Return: 0; after 10 s -1, after fail(). */
int edu_wait(volatile uint8_t *bar);

/* Has the device interrupt; no reset of it ends that, which the host would meet on a shared line.
 */
void edu_raise(volatile uint8_t *bar);
void edu_lower(volatile uint8_t *bar);

/* A word, by way of the device's buffer. Return: as commands. */
int edu_copy(volatile uint8_t *bar, uint64_t from, uint64_t to);

#endif
