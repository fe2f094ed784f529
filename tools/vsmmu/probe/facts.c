/* SPDX-License-Identifier: BSD-2-Clause */
/* All that is read of a host and its devices. */
#include "probe/facts.h"

#include <errno.h>
#include <string.h>

void facts_copy(char *to, size_t size, const char *from)
{
	size_t length = strcspn(from, "\n");

	if (length >= size)
		length = size - 1;
	for (size_t i = 0; i < length; i++)
		to[i] = from[i];
	to[length] = '\0';
	text_clean(to);
}

int facts_link(struct root *root, const char *path, char *name, size_t size)
{
	char *target = root_link(root, path);
	int error = target ? 0 : errno;

	facts_copy(name, size, target ? target : "");
	free(target);
	return error;
}

enum answer facts_exists(struct root *root, const char *path)
{
	errno = 0;
	if (root_exists(root, path))
		return ANSWER_YES;
	return !errno || errno == ENOENT || errno == ENOTDIR ? ANSWER_NO : ANSWER_UNKNOWN;
}

enum answer facts_none(struct root *root, const char *parent)
{
	int error = errno;
	bool known = error == ENOENT && root_exists(root, parent);

	errno = error;
	return known ? ANSWER_YES : ANSWER_UNKNOWN;
}

bool probe_is_bdf(const char *name)
{
	struct pci_address address;
	size_t length = strlen(name);

	return length && pci_address_parse(name, length, &address) == length;
}

/* A name without a segment is of segment 0. */
static bool is_named(const struct pci_function *function, const char *name)
{
	struct pci_address address;

	pci_address_parse(name, strlen(name), &address);
	return address.segment == function->address.segment && address.rid == function->address.rid;
}

static int choose(struct probe_result *result, const struct pci_function *functions,
	char *const *bdfs, size_t count, const char **missing)
{
	for (size_t i = 0; i < result->device_count && !count; i++)
		result->devices[i].shown = !result->devices[i].bridge;
	for (size_t n = 0; n < count; n++) {
		size_t i = 0;

		while (i < result->device_count && !is_named(&functions[i], bdfs[n]))
			i++;
		if (i == result->device_count) {
			*missing = bdfs[n];
			return -ENOENT;
		}
		result->devices[i].shown = true;
	}
	return 0;
}

int probe_facts(struct probe_result *result, struct root *root, char *const *bdfs, size_t count,
	const char **missing)
{
	struct pci_function *functions = NULL;
	struct firmware firmware = {0};
	struct facts_groups groups = {0};
	int ret;

	*result = (struct probe_result){.named = count > 0};
	result->host.live = root_is_live(root) ? ANSWER_YES : ANSWER_NO;
	if (!root_exists(root, "vsmmu/uname") && !root_exists(root, "sys/bus/pci/devices"))
		return -ENODATA;
	facts_kernel(&result->host, root);
	facts_platform(&result->host, root);
	ret = facts_firmware(&result->host, root, &firmware);
	if (!ret)
		ret = facts_smmus(result, root);
	if (!ret)
		ret = facts_devices(result, root, &functions);
	if (!ret)
		ret = choose(result, functions, bdfs, count, missing);
	for (size_t i = 0; i < result->device_count && !ret; i++) {
		facts_group(result, root, &groups, i);
		facts_path(result, functions, i);
		facts_try(result, root, i);
		facts_look_again(result, root, i);
	}
	if (!ret)
		facts_streams(result, &firmware, functions);
	facts_groups_free(&groups);
	free(functions);
	iort_free(&firmware.iort);
	device_tree_free(&firmware.tree);
	return ret;
}

static void free_rows(struct probe_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->rows[i].text);
		free(rows->rows[i].todo);
	}
	free(rows->rows);
}

void probe_result_free(struct probe_result *result)
{
	for (size_t i = 0; i < result->device_count; i++)
		free_rows(&result->devices[i].rows);
	free_rows(&result->rows);
	free(result->devices);
	free(result->smmus);
	*result = (struct probe_result){0};
}
