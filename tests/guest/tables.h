/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kernel's own tables, as the SMMU finds them: from STRTAB_BASE to a leaf. Sources:
 * IHI 0070 3.3, 5.2, 5.4; Arm DDI 0487 D8.3, stage 1, 4-KiB granule.
 */
#ifndef GUEST_TABLES_H
#define GUEST_TABLES_H

#include <stdint.h>

/* Finds the address of the CD of a stream that has one, and no substreams. Return: as commands. */
int tables_find_cd(uint32_t sid, uint64_t *cd);

/* Finds the address of the PTE of a page. Return: as commands. */
int tables_find_leaf(uint64_t cd, uint64_t iova, uint64_t *leaf);

#endif
