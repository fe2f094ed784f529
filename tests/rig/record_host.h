/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host around the mock's host whose events are SMMUv3 records: the mock's payload is a
 * vSID alone, from which an F_TRANSLATION is made as it is read. All else, the numbers,
 * the losses and the errors, is the kernel's. So a full vSMMU runs on the mock's queues, and
 * its devices can be parked.
 */
#ifndef RIG_RECORD_HOST_H
#define RIG_RECORD_HOST_H

#include "host/host.h"

/* Takes a reference to @inner. Return: 0. */
int record_host_new(struct vsmmu_host **out, struct vsmmu_host *inner);

#endif
