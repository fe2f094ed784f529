/* SPDX-License-Identifier: BSD-2-Clause */
/* A device on vfio-pci interrupts this process. */
#include <linux/vfio.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "edu.h"
#include "files.h"
#include "vfio.h"

#define WAIT_MS 5000

/* The eventfd is not more than the last member of the kernel's structure. */
struct irq_set {
	struct vfio_irq_set set;
	int32_t fd;
};

static int interrupt(struct vfio *vfio, uint32_t index)
{
	struct irq_set irqs = {
		.set =
			{
				.argsz = sizeof(irqs),
				.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
				.index = index,
				.count = 1,
			},
		.fd = eventfd(0, EFD_CLOEXEC),
	};
	volatile uint8_t *bar = vfio_map_bar(vfio, EDU_SIZE);
	struct pollfd poll_fd = {.fd = irqs.fd, .events = POLLIN};
	int arrived;

	if (!bar)
		return -1;
	if (irqs.fd < 0 || ioctl(vfio->fd, VFIO_DEVICE_SET_IRQS, &irqs))
		return fail("no interrupt: %m");
	if (poll(&poll_fd, 1, 0))
		return fail("an interrupt came by itself");
	edu_raise(bar);
	arrived = poll(&poll_fd, 1, WAIT_MS);
	edu_lower(bar);
	say(arrived > 0 ? "interrupt arrived" : "interrupt did not arrive");
	return 0;
}

int command_interrupt(int count, char **words)
{
	struct vfio vfio;
	int ret;

	(void)count;
	if (vfio_open(&vfio, words[1]))
		return -1;
	ret = interrupt(
		&vfio, !strcmp(words[2], "msi") ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_INTX_IRQ_INDEX);
	vfio_close(&vfio);
	return ret;
}
