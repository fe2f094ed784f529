/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe/try.h"
#include "root/root.h"

#define WHY_SIZE 160

static int put(struct root *root, const struct probe_device *device, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "vsmmu/try/%s", device->bdf);
	return root_put(root, path, text);
}

static int refuse(struct root *root, const struct probe_device *device, const char *why)
{
	char text[TRY_TEXT_SIZE];

	try_refused_text(why, text, sizeof(text));
	return put(root, device, text);
}

static int run(struct root *root, const struct probe_device *device)
{
	char text[TRY_TEXT_SIZE];
	struct probe_try found;

	try_device(device->cdev, &found);
	try_text(&found, text, sizeof(text));
	return put(root, device, text);
}

/* All is said before the first device is touched. */
int try_all(const struct probe_result *result, struct root *root, const char *command)
{
	bool *wanted = calloc(result->device_count ? result->device_count : 1, sizeof(*wanted));
	unsigned int count = 0;
	int ret = wanted ? 0 : -ENOMEM;

	for (size_t i = 0; i < result->device_count && !ret; i++) {
		const struct probe_device *device = &result->devices[i];
		char why[WHY_SIZE];

		if (!device->shown || device->bridge)
			continue;
		wanted[i] = try_is_harmless(result, device, root, "/proc", why, sizeof(why));
		count += wanted[i];
		if (!wanted[i])
			ret = refuse(root, device, why);
		else
			fprintf(stderr, "%s: --try opens %s, which resets it%s%s\n", command,
				device->bdf, *why ? ", and may reset with it " : "", why);
	}
	if (!ret && !count)
		fprintf(stderr,
			"%s: there is no device to try: vfio-pci has to have it, and nobody may "
			"use it\n",
			command);
	for (size_t i = 0; i < result->device_count && !ret; i++)
		if (wanted[i])
			ret = run(root, &result->devices[i]);
	free(wanted);
	return ret;
}
