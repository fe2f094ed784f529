/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI functions by their addresses ("0000:00:01.0"), through sysfs. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include <stdint.h>

/* The path of an attribute of a function's, in a buffer that the next call uses again. */
const char *pci_path(const char *bdf, const char *attribute);

/* Lets the function decode memory and be a bus master, as its driver would. Return: as commands. */
int pci_enable(const char *bdf);

/* Maps BAR 0. Return: NULL after fail(). */
volatile uint8_t *pci_map(const char *bdf, uint32_t size);

#endif
