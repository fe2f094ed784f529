/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own mock IOMMU (CONFIG_IOMMUFD_TEST): devices without hardware behind a
 * real iommufd, whose vIOMMU (type 0xdeadbeef) makes events (type 0xbeefbeef, 4 bytes of
 * payload: the vSID) when told to. Source: Linux drivers/iommu/iommufd/selftest.c
 */
#ifndef RIG_MOCK_MACHINE_H
#define RIG_MOCK_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/host.h"

#define MOCK_DEVICES 8

struct mock_device {
	struct mock_machine *machine;
	uint32_t stdev_id; /* the object to destroy */
	uint32_t dev_id;   /* for host calls */
};

struct mock_machine {
	int iommufd;
	uint32_t ioas_id;
	unsigned int count;
	struct mock_device device[MOCK_DEVICES];
};

/* Return: 0; -ENOTTY on a kernel without the mock; -errno. Nothing is left on failure. */
int mock_machine_open(struct mock_machine *machine, unsigned int devices);

/* The kernel destroys in order what was not destroyed. */
void mock_machine_close(struct mock_machine *machine);

/* A host on this machine. Return: as iommufd_host_new(). */
int mock_machine_host(struct mock_machine *machine, struct vsmmu_host **out);

/* Device @n as the host's calls want it. Valid while the machine is. */
struct host_endpoint mock_machine_endpoint(struct mock_machine *machine, unsigned int n);

/*
 * attach callback; @opaque is a struct mock_device. The mock cannot detach: pt_id 0
 * attaches the IOAS, where nothing forwards events either.
 */
int mock_machine_attach(void *opaque, const struct vsmmu_attachment *attachment);

/*
 * One event of device @n, or @count. Return: 0, also when the queue was full; -ENOENT
 * when the device is not attached to a nested HWPT with a vDEVICE; -ENOMEM when there was
 * no memory for the event (it is lost, and numbered); -EOPNOTSUPP without a vEVENTQ.
 */
int mock_machine_trigger(struct mock_machine *machine, unsigned int n, unsigned int count);

/* One event for which the kernel has no memory. Return: 0 when that is what happened. */
int mock_machine_trigger_dropped(struct mock_machine *machine, unsigned int n);

/* The next read() in this thread that comes to a LOST header finds no memory. */
int mock_machine_fail_lost_copy(struct mock_machine *machine);

/*
 * Reads a queue that holds nothing but a LOST header, and drops an event of device @n
 * between the header's leaving the queue and the end of the read, which then gives two
 * headers. Return: what the read returned, or -errno.
 */
ssize_t mock_machine_read_and_drop(struct mock_machine *machine, const struct host_veventq *veventq,
	void *buffer, size_t length, unsigned int n);

#endif
