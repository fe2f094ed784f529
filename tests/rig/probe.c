/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "vsmmu probe" in the rig's machines: what it says of a real kernel, of its SMMU and of devices
 * that can be given to a VM or cannot. The argument names the machine: see rig/run.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "kmsg.h"
#include "tap.h"

#define GOOD   "0000:00:01.0"
#define OTHER  "0000:00:02.0"
#define SHARED "0000:00:1f.0" /* two functions of one slot, without ACS */
#define UNSEEN "0000:41:00.0" /* on a bus that the IORT leaves out */
#define PACKED "/tmp/host.tar"

static struct kmsg kmsg;

static int log_open(void *context)
{
	(void)context;
	return kmsg_open(&kmsg);
}

static void log_close(void *context)
{
	(void)context;
	kmsg_close(&kmsg);
}

/* A run for one device: the whole result, the caller's; and the device in it. */
struct result {
	int code;
	struct json_object *whole, *device;
};

static struct result probe_with(const char *bdf, const char *option, const char *argument)
{
	struct command_result run = COMMAND(NULL, 0, "probe", "--json", bdf, option, argument);
	const char *rest = run.out;
	struct result result = {.code = run.code, .whole = command_json(&rest)};
	struct json_object *devices;

	TAP_CHECK(result.whole, "nothing but: %s", run.err);
	devices = json_member(result.whole, "devices");
	TAP_EQ(json_object_array_length(devices), 1);
	result.device = json_object_array_get_idx(devices, 0);
	json_expect(result.device, "bdf", bdf);
	command_free(&run);
	return result;
}

static struct result probe(const char *bdf, const char *option)
{
	return probe_with(bdf, option, NULL);
}

/* The level of a row of the device or the host; NULL if there is no such row. */
static const char *level_of(struct json_object *of, const char *code)
{
	struct json_object *reasons = json_member(of, "reasons");

	for (size_t n = 0; n < json_object_array_length(reasons); n++) {
		struct json_object *row = json_object_array_get_idx(reasons, n);

		if (!strcmp(json_object_get_string(json_member(row, "code")), code))
			return json_object_get_string(json_member(row, "level"));
	}
	return NULL;
}

static void expect_level(struct json_object *of, const char *code, const char *want)
{
	const char *level = level_of(of, code);

	TAP_CHECK(level && !strcmp(level, want), "%s is %s, not %s: %s", code,
		level ? level : "absent", want, json_object_to_json_string(of));
}

/* No other row of the device or the host is in the way. */
static void expect_only_failure(const struct result *result, const char *code)
{
	struct json_object *of[] = {json_member(result->whole, "host"), result->device};

	for (int i = 0; i < 2; i++) {
		struct json_object *reasons = json_member(of[i], "reasons");

		for (size_t n = 0; n < json_object_array_length(reasons); n++) {
			struct json_object *row = json_object_array_get_idx(reasons, n);
			const char *level = json_object_get_string(json_member(row, "level"));
			const char *name = json_object_get_string(json_member(row, "code"));

			TAP_CHECK(strcmp(level, "fail") || (code && strstr(name, code)), "%s: %s",
				name, json_object_get_string(json_member(row, "text")));
		}
	}
}

static void expect_bool(struct json_object *of, const char *name, bool want)
{
	struct json_object *value = json_member(of, name);

	TAP_CHECK(json_object_is_type(value, json_type_boolean) &&
			  (bool)json_object_get_boolean(value) == want,
		"%s is %s", name, json_object_to_json_string(value));
}

static void an_edu_can_be_given(void *context)
{
	struct result result = probe(GOOD, NULL);

	(void)context;
	TAP_CHECK(result.code == 0 || result.code == 4, "exit code %d", result.code);
	expect_only_failure(&result, NULL);
	expect_level(result.device, "DEV-GROUP-SHARED", "pass");
	expect_level(result.device, "DEV-CANWBS", "pass");
	expect_level(result.device, "DEV-TRY", "unknown");
	/* The rig's machine is QEMU's. */
	expect_level(json_member(result.whole, "host"), "VM", "warn");
	expect_bool(result.device, "nesting", true);
	json_expect(result.device, "stream_id", "0x8");
	json_object_put(result.whole);
}

/* VFIO says in the log when a device is opened. */
static void looking_changes_nothing(void *context)
{
	struct result result;

	(void)context;
	TAP_EQ(kmsg_collect(&kmsg), 0);
	result = probe(GOOD, NULL);
	json_object_put(result.whole);
	TAP_EQ(kmsg_collect(&kmsg), 0);
	TAP_CHECK(!strstr(kmsg.text, "vfio"), "the kernel says: %s", kmsg.text);
}

static void a_shared_group_is_why(void *context)
{
	struct result result = probe(SHARED, NULL);

	(void)context;
	TAP_EQ(result.code, 1);
	expect_level(result.device, "DEV-GROUP-SHARED", "fail");
	expect_only_failure(&result, "DEV-GROUP-SHARED");
	json_object_put(result.whole);
}

/* Twice, as what the first left behind would be in the second's way. */
static void trying_shows_it_and_leaves_nothing(void *context)
{
	(void)context;
	for (int i = 0; i < 2; i++) {
		struct result result = probe(OTHER, "--try");
		struct json_object *trial = json_member(result.device, "try");

		TAP_CHECK(result.code == 0 || result.code == 4, "exit code %d", result.code);
		expect_level(result.device, "DEV-TRY", "pass");
		TAP_CHECK(trial, "no result of the trial");
		expect_bool(trial, "viommu", true);
		expect_bool(trial, "veventq", true);
		expect_bool(trial, "nested", true);
		json_object_put(result.whole);
	}
}

/* The file of a device in /dev/vfio/devices, open. */
static int hold(const char *bdf)
{
	char path[64];
	glob_t found;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/vfio*", bdf);
	TAP_EQ(glob(path, 0, NULL, &found), 0);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	fd = open(path, O_RDWR | O_CLOEXEC);
	TAP_CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

/* What somebody has open is neither bound nor reset, and is tried when it is free again. */
static void what_is_in_use_is_not_tried(void *context)
{
	int fd = hold(OTHER);

	(void)context;
	for (int i = 0; i < 2; i++) {
		struct result result = probe(OTHER, "--try");

		expect_level(result.device, "DEV-TRY", i ? "pass" : "unknown");
		TAP_EQ(kmsg_collect(&kmsg), 0);
		TAP_CHECK(i || !strstr(kmsg.text, "resetting"), "the kernel says: %s", kmsg.text);
		json_object_put(result.whole);
		if (!i)
			close(fd);
	}
}

/* Who gets the file sees what the host would have said. */
static void a_packed_host_says_the_same(void *context)
{
	struct command_result packed = COMMAND(NULL, 0, "probe", "--force", "--collect", PACKED);
	struct result here = probe(GOOD, NULL), there = probe_with(GOOD, "--root", PACKED);

	(void)context;
	TAP_CHECK(packed.code == 0 || packed.code == 4 || packed.code == 1, "%s", packed.err);
	TAP_EQ(there.code, here.code);
	TAP_CHECK(json_object_equal(here.device, there.device), "here %s, there %s",
		json_object_to_json_string(here.device), json_object_to_json_string(there.device));
	TAP_CHECK(json_object_equal(
			  json_member(here.whole, "host"), json_member(there.whole, "host")),
		"here %s, there %s", json_object_to_json_string(json_member(here.whole, "host")),
		json_object_to_json_string(json_member(there.whole, "host")));
	TAP_CHECK(json_object_equal(
			  json_member(here.whole, "smmus"), json_member(there.whole, "smmus")),
		"not the same SMMUs");
	json_object_put(here.whole);
	json_object_put(there.whole);
	command_free(&packed);
	unlink(PACKED);
}

static void no_canwbs_is_why(void *context)
{
	struct result result = probe(GOOD, NULL);

	(void)context;
	TAP_EQ(result.code, 1);
	expect_level(result.device, "DEV-CANWBS", "fail");
	expect_only_failure(&result, "CANWBS");
	json_object_put(result.whole);
}

/* The kernel agrees. */
static void no_canwbs_means_no_viommu(void *context)
{
	struct result result = probe(GOOD, "--try");
	struct json_object *trial = json_member(result.device, "try");

	(void)context;
	TAP_EQ(result.code, 1);
	expect_level(result.device, "DEV-TRY", "fail");
	TAP_CHECK(trial, "no result of the trial");
	expect_bool(trial, "viommu", false);
	json_object_put(result.whole);
}

static void no_group_is_why(void *context)
{
	struct result result = probe(UNSEEN, NULL);

	(void)context;
	TAP_EQ(result.code, 1);
	expect_level(result.device, "DEV-GROUP", "fail");
	json_object_put(result.whole);
}

static void no_iommufd_is_why(void *context)
{
	struct result result = probe(GOOD, NULL);

	(void)context;
	TAP_EQ(result.code, 1);
	expect_level(json_member(result.whole, "host"), "DEV-IOMMU", "fail");
	expect_level(json_member(result.whole, "host"), "KERNEL-IOMMUFD", "pass");
	/* It was initcall_blacklist, which the row names. */
	expect_level(json_member(result.whole, "host"), "KERNEL-CMDLINE", "fail");
	json_object_put(result.whole);
}

static const struct tap_test usual[] = {
	{"probe_finds_that_an_edu_can_be_given", "", an_edu_can_be_given},
	{"probe_changes_nothing_by_looking", "", looking_changes_nothing},
	{"probe_says_that_a_group_is_shared", "", a_shared_group_is_why},
	{"probe_tries_and_leaves_nothing_behind", "", trying_shows_it_and_leaves_nothing},
	{"probe_tries_nothing_that_is_in_use", "", what_is_in_use_is_not_tried},
	{"probe_packs_a_host_for_others", "", a_packed_host_says_the_same},
};

static const struct tap_test bare[] = {
	{"probe_says_that_canwbs_is_missing", "", no_canwbs_is_why},
	{"probe_is_refused_a_viommu_without_canwbs", "", no_canwbs_means_no_viommu},
	{"probe_says_that_a_device_has_no_group", "", no_group_is_why},
};

static const struct tap_test no_iommufd[] = {
	{"probe_says_that_iommufd_is_missing", "", no_iommufd_is_why},
};

int main(int argc, char **argv)
{
	static const struct tap_fixture fixture = {.open = log_open, .close = log_close};
	const char *machine = argc > 1 ? argv[1] : "usual";

	if (!strcmp(machine, "bare"))
		return tap_main(bare, sizeof(bare) / sizeof(bare[0]), &fixture, NULL);
	if (!strcmp(machine, "no-iommufd"))
		return tap_main(
			no_iommufd, sizeof(no_iommufd) / sizeof(no_iommufd[0]), &fixture, NULL);
	return tap_main(usual, sizeof(usual) / sizeof(usual[0]), &fixture, NULL);
}
