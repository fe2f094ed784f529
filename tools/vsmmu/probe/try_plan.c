/* SPDX-License-Identifier: BSD-2-Clause */
/* Which devices can be tried without harm to anybody. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/try.h"
#include "root/root.h"

static bool is_vfio(const char *driver)
{
	return strstr(driver, "vfio");
}

static bool is_file_of(const char *path, const char *cdev, int group)
{
	char name[64];

	snprintf(name, sizeof(name), "/dev/vfio/devices/%s", cdev);
	if (*cdev && !strcmp(path, name))
		return true;
	if (group < 0)
		return false;
	snprintf(name, sizeof(name), "/dev/vfio/%d", group);
	if (!strcmp(path, name))
		return true;
	snprintf(name, sizeof(name), "/dev/vfio/noiommu-%d", group);
	return !strcmp(path, name);
}

/* A process that ends meanwhile uses nothing. */
static enum answer process_uses(int proc, const char *pid, const char *cdev, int group)
{
	enum answer answer = ANSWER_NO;
	char path[NAME_MAX + 8], target[PATH_MAX];
	struct dirent *entry;
	DIR *files;
	int fd;

	snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? ANSWER_NO : ANSWER_UNKNOWN;
	files = fdopendir(fd);
	if (!files) {
		close(fd);
		return ANSWER_UNKNOWN;
	}
	while ((entry = readdir(files)) && answer != ANSWER_YES) {
		ssize_t length = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);

		if (length < 0) {
			if (errno == EACCES || errno == EPERM)
				answer = ANSWER_UNKNOWN;
			continue;
		}
		target[length] = '\0';
		if (is_file_of(target, cdev, group))
			answer = ANSWER_YES;
	}
	closedir(files);
	return answer;
}

enum answer try_in_use(const char *proc, const char *cdev, int group)
{
	enum answer answer = ANSWER_NO;
	struct dirent *entry;
	DIR *processes = opendir(proc);

	if (!processes)
		return ANSWER_UNKNOWN;
	while ((entry = readdir(processes)) && answer != ANSWER_YES) {
		enum answer uses;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		uses = process_uses(dirfd(processes), entry->d_name, cdev, group);
		if (uses != ANSWER_NO)
			answer = uses;
	}
	closedir(processes);
	return answer;
}

/* Up to the number of the bus: "0000:01" of "0000:01:00.0". */
static size_t bus_length(const char *bdf)
{
	const char *colon = strrchr(bdf, ':');

	return colon ? (size_t)(colon - bdf) : 0;
}

static bool same_bus(const char *a, const char *b)
{
	size_t length = bus_length(a);

	return length && bus_length(b) == length && !memcmp(a, b, length);
}

/*
 * A bus that no bridge leads to cannot be reset (pci_bus_resettable()): what is right on a
 * root complex is reset alone.
 */
static bool bus_can_be_reset(
	const struct probe_result *result, const struct probe_device *device, struct root *root)
{
	size_t length = bus_length(device->bdf);
	unsigned int bus = (unsigned int)strtoul(device->bdf + length - 2, NULL, 16);

	for (size_t i = 0; i < result->device_count; i++) {
		const char *bridge = result->devices[i].bdf;
		char path[96], *text;
		bool leads;

		/* The bridge must be of its segment. */
		if (bus_length(bridge) != length || memcmp(bridge, device->bdf, length - 2))
			continue;
		snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/secondary_bus_number", bridge);
		text = root_read(root, path, NULL);
		leads = text && strtoul(text, NULL, 10) == bus;
		free(text);
		if (leads)
			return true;
	}
	return false;
}

static bool is_idle(const struct probe_device *device, const char *proc, const char *what,
	char *why, size_t size)
{
	switch (try_in_use(
		proc, device->cdev, device->grouped == ANSWER_YES ? device->group : -1)) {
	case ANSWER_NO:
		return true;
	case ANSWER_YES:
		snprintf(why, size, "%s is in use", what);
		return false;
	default:
		snprintf(why, size, "only root can tell whether %s is in use", what);
		return false;
	}
}

static bool set_is_harmless(const struct probe_result *result, const struct probe_device *device,
	const char *proc, char *why, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < result->device_count; i++) {
		const struct probe_device *other = &result->devices[i];
		int wrote;

		if (other == device || !same_bus(other->bdf, device->bdf))
			continue;
		if (other->driver_known != ANSWER_YES || !is_vfio(other->driver)) {
			snprintf(why, size, "a reset takes %s with it, which %s has", other->bdf,
				other->driver_known != ANSWER_YES ? "an unknown driver"
				: other->driver[0]		  ? other->driver
								  : "no driver");
			return false;
		}
		if (!is_idle(other, proc, other->bdf, why, size))
			return false;
		wrote = snprintf(
			why + length, size - length, "%s%s", length ? ", " : "", other->bdf);
		if (wrote > 0 && (size_t)wrote < size - length)
			length += (size_t)wrote;
	}
	return true;
}

bool try_is_harmless(const struct probe_result *result, const struct probe_device *device,
	struct root *root, const char *proc, char *why, size_t size)
{
	*why = '\0';
	if (device->driver_known != ANSWER_YES || !is_vfio(device->driver)) {
		snprintf(why, size, "vfio-pci does not have it");
		return false;
	}
	if (!device->cdev[0]) {
		snprintf(why, size, "it has no file in /dev/vfio/devices");
		return false;
	}
	if (!is_idle(device, proc, "it", why, size))
		return false;
	/* A virtual function is reset by its own FLR: SR-IOV demands that it has it. */
	if (device->physfn[0] || !bus_can_be_reset(result, device, root))
		return true;
	return set_is_harmless(result, device, proc, why, size);
}
