/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_DEVICE_TREE_H
#define VMM_DEVICE_TREE_H

struct vm;

/* Writes the tree of @vm to its place in the guest's memory. Return: 0; -1 with a message. */
int device_tree_build(const struct vm *vm);

#endif
