/* SPDX-License-Identifier: BSD-2-Clause */
#include "mock_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/iommufd/ioctl.h"
#include "host/iommufd/iommufd.h"
#include "injection.h"
#include "uapi/iommufd_test.h"

/*
 * What iommufd_test_trigger_vevent() comes to: the look-up of the device, which is a
 * place of failure of iommufd's own (iommufd_should_fail() in iommufd_get_object(),
 * ENOENT), then the event's memory in iommufd_viommu_report_event().
 */
#define TRIGGER_ALLOCATION 2

/* The copy of the LOST header in iommufd_veventq_deliver_fetch(). */
#define READ_ALLOCATION 1

static int test_call(struct mock_machine *machine, struct uapi_iommu_test_cmd *command)
{
	command->size = sizeof(*command);
	return iommufd_ioctl(machine->iommufd, UAPI_IOMMU_TEST_CMD, command);
}

static int add_device(struct mock_machine *machine)
{
	struct mock_device *device = &machine->device[machine->count];
	struct uapi_iommu_test_cmd command = {
		.op = UAPI_IOMMU_TEST_OP_MOCK_DOMAIN,
		.id = machine->ioas_id,
	};
	int ret = test_call(machine, &command);

	if (ret)
		return ret;
	device->machine = machine;
	device->stdev_id = command.mock_domain.out_stdev_id;
	device->dev_id = command.mock_domain.out_idev_id;
	machine->count++;
	return 0;
}

int mock_machine_open(struct mock_machine *machine, unsigned int devices)
{
	struct uapi_iommu_ioas_alloc ioas = {.size = sizeof(ioas)};
	int ret;

	memset(machine, 0, sizeof(*machine));
	if (devices > MOCK_DEVICES)
		return -EINVAL;
	machine->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (machine->iommufd < 0)
		return -errno;
	ret = iommufd_ioctl(machine->iommufd, UAPI_IOMMU_IOAS_ALLOC, &ioas);
	machine->ioas_id = ioas.out_ioas_id;
	while (!ret && machine->count < devices)
		ret = add_device(machine);
	if (ret)
		mock_machine_close(machine);
	return ret;
}

void mock_machine_close(struct mock_machine *machine)
{
	close(machine->iommufd);
	machine->iommufd = -1;
}

int mock_machine_host(struct mock_machine *machine, struct vsmmu_host **out)
{
	const struct vsmmu_iommufd_config config = {
		.size = sizeof(config),
		.iommufd = machine->iommufd,
		.ioas_id = machine->ioas_id,
	};

	return iommufd_host_new(
		out, &config, UAPI_IOMMU_VIOMMU_TYPE_SELFTEST, UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST);
}

struct host_endpoint mock_machine_endpoint(struct mock_machine *machine, unsigned int n)
{
	return (struct host_endpoint){
		.dev_id = machine->device[n].dev_id,
		.vfio_fd = -1,
		.attach = mock_machine_attach,
		.opaque = &machine->device[n],
	};
}

int mock_machine_attach(void *opaque, const struct vsmmu_attachment *attachment)
{
	const struct mock_device *device = opaque;
	struct uapi_iommu_test_cmd command = {
		.op = UAPI_IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE,
		.id = device->stdev_id,
		.mock_domain_replace.pt_id =
			attachment->pt_id ? attachment->pt_id : device->machine->ioas_id,
	};

	return test_call(device->machine, &command);
}

int mock_machine_trigger(struct mock_machine *machine, unsigned int n, unsigned int count)
{
	int ret = 0;

	while (!ret && count--) {
		struct uapi_iommu_test_cmd command = {
			.op = UAPI_IOMMU_TEST_OP_TRIGGER_VEVENT,
			.trigger_vevent.dev_id = machine->device[n].dev_id,
		};

		ret = test_call(machine, &command);
	}
	return ret;
}

int mock_machine_trigger_dropped(struct mock_machine *machine, unsigned int n)
{
	int fd = injection_open_self();
	int ret, left;

	if (fd < 0)
		return fd;
	ret = injection_arm(fd, TRIGGER_ALLOCATION);
	if (!ret)
		ret = mock_machine_trigger(machine, n, 1);
	left = injection_left(fd);
	injection_arm(fd, 0);
	close(fd);
	if (ret == -ENOMEM && !left)
		return 0;
	return ret ? ret : -EPROTO;
}

int mock_machine_fail_lost_copy(struct mock_machine *machine)
{
	(void)machine;
	return injection_arm_self(READ_ALLOCATION);
}

struct drop {
	struct mock_machine *machine;
	unsigned int n;
};

static int drop_one(void *opaque)
{
	const struct drop *drop = opaque;

	return mock_machine_trigger_dropped(drop->machine, drop->n);
}

ssize_t mock_machine_read_and_drop(struct mock_machine *machine, const struct host_veventq *veventq,
	void *buffer, size_t length, unsigned int n)
{
	struct drop drop = {.machine = machine, .n = n};

	return injection_held_read(&veventq->source, buffer, length, drop_one, &drop);
}
