/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --try: the objects of a nested vSMMU, made for a real device and destroyed again. Binding a
 * device to an iommufd resets it, and closing it may reset all that is reset with it
 * (drivers/vfio/pci/vfio_pci_core.c), so this is only done with devices that nobody uses.
 */
#ifndef PROBE_TRY_H
#define PROBE_TRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

struct root;

/* @device: the file of a device, @iommufd: that of /dev/iommu. Nothing is left in them. */
void try_objects(int iommufd, int device, struct probe_try *found);
/* Opens the files for that: "/dev/iommu" and /dev/vfio/devices/@cdev. */
void try_device(const char *cdev, struct probe_try *found);

/* The text that "vsmmu/try/BDF" has. */
#define TRY_TEXT_SIZE 640
void try_text(const struct probe_try *found, char *text, size_t size);
/* The text for a device that was not tried. */
void try_refused_text(const char *why, char *text, size_t size);

/*
 * Whether somebody has a file of VFIO open: a device's, or the one of its group. @proc: where
 * the processes are, "/proc".
 */
enum answer try_in_use(const char *proc, const char *cdev, int group);

/*
 * Why a device must not be tried. Return: false, and the reason in @why; true, and in @why the
 * devices that a reset takes with it.
 */
bool try_is_harmless(const struct probe_result *result, const struct probe_device *device,
	struct root *root, const char *proc, char *why, size_t size);

/*
 * Tries all devices that may be tried, after it has said which on stderr, and puts what it found
 * at "vsmmu/try/BDF". Return: 0 or -ENOMEM.
 */
int try_all(const struct probe_result *result, struct root *root, const char *command);

#endif
