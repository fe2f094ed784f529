/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of probe_facts(), in the order in which they have to run. */
#ifndef PROBE_FACTS_H
#define PROBE_FACTS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "endpoints/device_tree.h"
#include "endpoints/pci_address.h"
#include "firmware/iort.h"
#include "probe/facts_parse.h"
#include "probe/probe.h"
#include "root/root.h"

/* Reads a file and gives its text to @parse; does nothing, and returns errno, if that fails. */
#define facts_read(root, path, parse, ...)                                                         \
	({                                                                                         \
		char *facts_text = root_read(root, path, NULL);                                    \
		int facts_error = facts_text ? 0 : errno;                                          \
                                                                                                   \
		if (facts_text)                                                                    \
			parse(facts_text, __VA_ARGS__);                                            \
		free(facts_text);                                                                  \
		facts_error;                                                                       \
	})

/* Copies the first line, cut to @size, fit to be printed. */
void facts_copy(char *to, size_t size, const char *from);

/* The last component of a link, or "" if there is none. Return: 0 or errno. */
int facts_link(struct root *root, const char *path, char *name, size_t size);

/*
 * Whether it is known that there is no such folder in @parent, after root_list() failed; keeps
 * errno. Without /sys, or a copy of it, nothing is known.
 */
enum answer facts_none(struct root *root, const char *parent);

/* Whether a path is there, as far as can be told. */
enum answer facts_exists(struct root *root, const char *path);

void facts_kernel(struct probe_host *host, struct root *root);
void facts_platform(struct probe_host *host, struct root *root);

/* Tables that tell who is behind which SMMU; empty where there is none, or it cannot be read. */
struct firmware {
	struct iort iort;
	struct device_tree tree;
};

/* Return: 0 or -ENOMEM. */
int facts_firmware(struct probe_host *host, struct root *root, struct firmware *firmware);
int facts_smmus(struct probe_result *result, struct root *root);

/* A PCI function, which may stand on the way to a device. */
struct pci_function {
	struct pci_address address;
	struct pci_config config;
};

/* Functions in the order of result->devices; the caller frees them. */
int facts_devices(struct probe_result *result, struct root *root, struct pci_function **functions);
struct probe_device *facts_find(const struct probe_result *result, const char *bdf);
void facts_path(struct probe_result *result, const struct pci_function *functions, size_t i);
/* Groups that were read already. */
struct facts_groups {
	struct facts_group {
		int number;
		char **names; /* of a group whose members cannot be read: NULL */
		size_t count;
	} * group;
	size_t count;
};
void facts_group(
	struct probe_result *result, struct root *root, struct facts_groups *groups, size_t i);
void facts_groups_free(struct facts_groups *groups);
void facts_streams(struct probe_result *result, const struct firmware *firmware,
	const struct pci_function *functions);
/* When all of a device was read: files that were missing may have gone with it. */
void facts_look_again(struct probe_result *result, struct root *root, size_t i);
void facts_try(struct probe_result *result, struct root *root, size_t i);

#endif
