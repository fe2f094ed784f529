/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory by its physical addresses. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdint.h>

#define PAGE 4096u

/* A locked page of this process, of zeroes. Return: NULL after fail(). */
volatile uint32_t *memory_page(void);

/* Where it is. Return: 0 after fail(), also if the kernel does not tell. */
uint64_t memory_address(volatile void *page);

/* 64 bits of RAM, through /dev/mem. Return: as commands. */
int memory_read(uint64_t address, uint64_t *word);
int memory_write(uint64_t address, uint64_t word);

/* Maps registers. Return: NULL after fail(). */
volatile uint8_t *memory_registers(uint64_t address, uint32_t size);

#endif
