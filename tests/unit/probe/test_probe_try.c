/* SPDX-License-Identifier: BSD-2-Clause */
/* --try: whatever fails, nothing is left behind; and who may be tried at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../root/folder.h"
#include "lib/fail_nth.h"
#include "lib/fake_kernel.h"
#include "lib/unit.h"
#include "probe/facts_parse.h"
#include "probe/try.h"
#include "root/root.h"
#include "uapi/iommufd.h"

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);

static int device;
static uint32_t dev_id;

/* The files of the fake kernel have no names. */
int __wrap_open(const char *path, int flags, ...)
{
	if (!strcmp(path, "/dev/iommu"))
		return fcntl(fake_kernel_iommufd(), F_DUPFD_CLOEXEC, 0);
	if (!strcmp(path, "/dev/vfio/devices/vfio7"))
		return fcntl(device, F_DUPFD_CLOEXEC, 0);
	return __real_open(path, flags, 0);
}

int __wrap_open64(const char *path, int flags, ...)
{
	return __wrap_open(path, flags);
}

static int start(void **unused)
{
	(void)unused;
	fake_kernel_start();
	device = fake_kernel_device(0, &dev_id);
	return 0;
}

static int stop(void **unused)
{
	(void)unused;
	fail_nth_arm(0);
	fake_kernel_stop();
	return 0;
}

TEST(all_is_made_and_destroyed_in_reverse_order)
{
	unsigned int fds = fake_kernel_open_fds();
	struct probe_try found;

	fake_kernel_smmu(0)->idr[0] = 0x1234;
	fake_kernel_log_clear();
	try_device("vfio7", &found);
	assert_int_equal(found.tried, ANSWER_YES);
	assert_int_equal(found.error, 0);
	assert_string_equal(found.step, "");
	assert_int_equal(found.hw_info, ANSWER_YES);
	assert_int_equal(found.viommu, ANSWER_YES);
	assert_int_equal(found.veventq, ANSWER_YES);
	assert_int_equal(found.nested, ANSWER_YES);
	assert_int_equal(found.idr[0], 0x1234);
	assert_int_equal(found.idr[1], 0x02730510);
	assert_int_equal(found.iidr, 0x5a5a5a5a);
	assert_int_equal(found.capabilities, UAPI_IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED);
	assert_string_equal(fake_kernel_log(), "fcntl F_DUPFD_CLOEXEC\n"
					       "fcntl F_DUPFD_CLOEXEC\n"
					       "GET_HW_INFO\n"
					       "IOAS_ALLOC\n"
					       "PARENT_ALLOC\n"
					       "VIOMMU_ALLOC\n"
					       "VEVENTQ_ALLOC\n"
					       "VDEVICE_ALLOC\n"
					       "NESTED_ALLOC\n"
					       "ATTACH nested\n"
					       "DETACH\n"
					       "close veventq\n"
					       "DESTROY nested\n"
					       "DESTROY vdevice\n"
					       "DESTROY veventq\n"
					       "DESTROY viommu\n"
					       "DESTROY parent\n"
					       "DESTROY ioas\n"
					       "close vfio\n"
					       "close iommufd\n");
	assert_int_equal(fake_kernel_objects(), 0);
	assert_int_equal(fake_kernel_open_fds(), fds);
}

TEST(whichever_call_fails_nothing_is_left)
{
	static const int errors[] = {ENOMEM, EOPNOTSUPP, EPERM, EBUSY, ENODEV, EINVAL};
	unsigned int fds = fake_kernel_open_fds();

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		unsigned int n;

		fail_nth_set_errno(errors[i]);
		for (n = 1;; n++) {
			struct probe_try found;
			bool fired;

			fail_nth_arm(n);
			try_device("vfio7", &found);
			fail_nth_arm(0);
			fired = fail_nth_fired();
			assert_int_equal(fake_kernel_objects(), 0);
			assert_int_equal(fake_kernel_open_fds(), fds);
			assert_int_equal(fake_kernel_attached(dev_id), 0);
			assert_int_equal(found.tried, ANSWER_YES);
			assert_int_equal(found.error, fired ? errors[i] : 0);
			assert_int_equal(!found.step[0], !fired);
			if (!fired)
				break;
		}
		/* Two opens, binding, asking, seven objects and an attachment. */
		assert_int_equal(n, 12);
	}
	fail_nth_set_errno(0);
}

static struct probe_try fails_at(const char *call, int error)
{
	struct probe_try found;

	fake_kernel_fail(call, error);
	try_device("vfio7", &found);
	assert_int_equal(fake_kernel_objects(), 0);
	assert_int_equal(found.error, error);
	return found;
}

TEST(what_failed_is_told)
{
	struct probe_try found = fails_at("GET_HW_INFO", EOPNOTSUPP);

	assert_string_equal(found.step, "GET_HW_INFO");
	assert_int_equal(found.hw_info, ANSWER_NO);
	assert_int_equal(found.viommu, ANSWER_UNKNOWN);
	found = fails_at("PARENT_ALLOC", EOPNOTSUPP);
	assert_string_equal(found.step, "HWPT_ALLOC of a nesting parent");
	assert_int_equal(found.hw_info, ANSWER_YES);
	assert_int_equal(found.viommu, ANSWER_NO);
	assert_int_equal(found.nested, ANSWER_UNKNOWN);
	found = fails_at("VIOMMU_ALLOC", EOPNOTSUPP);
	assert_int_equal(found.viommu, ANSWER_NO);
	assert_int_equal(found.veventq, ANSWER_UNKNOWN);
	/* A kernel without vEVENTQs nests all the same. */
	found = fails_at("VEVENTQ_ALLOC", ENOTTY);
	assert_string_equal(found.step, "VEVENTQ_ALLOC");
	assert_int_equal(found.viommu, ANSWER_YES);
	assert_int_equal(found.veventq, ANSWER_NO);
	assert_int_equal(found.nested, ANSWER_YES);
	found = fails_at("NESTED_ALLOC", EIO);
	assert_int_equal(found.veventq, ANSWER_YES);
	assert_int_equal(found.nested, ANSWER_NO);
	found = fails_at("ATTACH", EBUSY);
	assert_string_equal(found.step, "ATTACH_IOMMUFD_PT");
	assert_int_equal(found.nested, ANSWER_NO);
	try_device("vfio8", &found);
	assert_int_equal(found.error, ENOENT);
	assert_string_equal(found.step, "open of /dev/vfio/devices/vfio8");
}

TEST(an_iommu_that_is_no_smmu_is_not_tried_further)
{
	struct probe_try found;

	fake_kernel_smmu(0)->type = UAPI_IOMMU_HW_INFO_TYPE_NONE;
	try_device("vfio7", &found);
	assert_int_equal(found.error, EOPNOTSUPP);
	assert_int_equal(found.hw_info, ANSWER_NO);
	assert_null(strstr(fake_kernel_log(), "IOAS_ALLOC"));
}

TEST(what_was_found_is_read_again)
{
	char text[TRY_TEXT_SIZE];
	struct probe_try found, again = {.max_pasid_log2 = -1};

	memset(&found, 0xff, sizeof(found));
	try_objects(fake_kernel_iommufd(), device, &found);
	found.max_pasid_log2 = 20;
	found.aidr = UINT32_MAX;
	found.capabilities = UINT64_MAX;
	try_text(&found, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text) - 1);
	try_parse(text, &again);
	assert_memory_equal(&again, &found, sizeof(found));
	found = fails_at("VIOMMU_ALLOC", EOPNOTSUPP);
	memset(&again, 0, sizeof(again));
	try_text(&found, text, sizeof(text));
	try_parse(text, &again);
	assert_memory_equal(&again, &found, sizeof(found));
	try_refused_text("it is in use", text, sizeof(text));
	memset(&again, 0, sizeof(again));
	try_parse(text, &again);
	assert_int_equal(again.tried, ANSWER_NO);
	assert_string_equal(again.refused, "it is in use");
}

/* A process that has a file open. */
static void open_by(const char *pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%s/fd/5", pid);
	folder_link(path, file);
}

TEST(who_has_it_open_is_seen)
{
	char proc[80];

	snprintf(proc, sizeof(proc), "%s", folder_path("proc"));
	open_by("1", "/dev/null");
	open_by("self", "/dev/vfio/devices/vfio3");
	assert_int_equal(try_in_use(proc, "vfio3", 4), ANSWER_NO);
	open_by("77", "/dev/vfio/devices/vfio3");
	assert_int_equal(try_in_use(proc, "vfio3", -1), ANSWER_YES);
	assert_int_equal(try_in_use(proc, "vfio33", 4), ANSWER_NO);
	open_by("78", "/dev/vfio/4");
	open_by("79", "/dev/vfio/noiommu-5");
	assert_int_equal(try_in_use(proc, "vfio9", 4), ANSWER_YES);
	assert_int_equal(try_in_use(proc, "vfio9", 5), ANSWER_YES);
	assert_int_equal(try_in_use(proc, "vfio9", -1), ANSWER_NO);
	assert_int_equal(try_in_use("/nonexistent", "vfio9", 4), ANSWER_UNKNOWN);
}

TEST(processes_of_others_hide_it)
{
	uid_t user = geteuid();
	char proc[80], hidden[80];

	snprintf(proc, sizeof(proc), "%s", folder_path("proc"));
	open_by("77", "/dev/null");
	snprintf(hidden, sizeof(hidden), "%s", folder_path("proc/77/fd"));
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(folder_path("proc"), 0755), 0);
	assert_int_equal(chmod(folder_path("proc/77"), 0755), 0);
	assert_int_equal(chmod(hidden, 0), 0);
	assert_int_equal(seteuid(user ? user : 65534), 0);
	assert_int_equal(try_in_use(proc, "vfio3", 4), ANSWER_UNKNOWN);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(hidden, 0700), 0);
}

static struct probe_device devices[4];
static struct probe_result result;

/* A bridge, two functions of one card, and a device right on the root complex. */
static struct root *set_up(void)
{
	char why[128];
	static const char *const bdfs[] = {
		"0000:00:01.0", "0000:01:00.0", "0000:01:00.1", "0000:00:05.0"};
	struct root *root;

	memset(devices, 0, sizeof(devices));
	for (unsigned int i = 0; i < 4; i++) {
		strcpy(devices[i].bdf, bdfs[i]);
		devices[i].driver_known = ANSWER_YES;
		strcpy(devices[i].driver, i ? "vfio-pci" : "pcieport");
		snprintf(devices[i].cdev, sizeof(devices[i].cdev), "vfio%u", i);
		devices[i].grouped = ANSWER_YES;
		devices[i].group = (int)i;
	}
	result = (struct probe_result){.devices = devices, .device_count = 4};
	folder_put("sys/bus/pci/devices/0000:00:01.0/secondary_bus_number", "1\n");
	folder_put("proc/1/fd/none", "");
	root = root_open(folder, why, sizeof(why));
	assert_non_null(root);
	return root;
}

static void may(struct root *root, unsigned int i, bool good, const char *wanted)
{
	char why[160], proc[80];

	snprintf(proc, sizeof(proc), "%s", folder_path("proc"));
	assert_int_equal(try_is_harmless(&result, &devices[i], root, proc, why, sizeof(why)), good);
	assert_string_equal(why, wanted);
}

TEST(only_what_harms_nobody_is_tried)
{
	struct root *root = set_up();

	may(root, 1, true, "0000:01:00.1");
	may(root, 2, true, "0000:01:00.0");
	/* No bridge leads to bus 0: it is reset alone. */
	may(root, 3, true, "");
	strcpy(devices[2].driver, "mlx5_core");
	may(root, 1, false, "a reset takes 0000:01:00.1 with it, which mlx5_core has");
	may(root, 2, false, "vfio-pci does not have it");
	/* A virtual function is reset alone. */
	strcpy(devices[1].physfn, "0000:01:00.1");
	may(root, 1, true, "");
	devices[1].physfn[0] = '\0';
	strcpy(devices[2].driver, "");
	may(root, 1, false, "a reset takes 0000:01:00.1 with it, which no driver has");
	devices[2].driver_known = ANSWER_UNKNOWN;
	may(root, 1, false, "a reset takes 0000:01:00.1 with it, which an unknown driver has");
	root_close(root);
	root = set_up();
	open_by("5", "/dev/vfio/2");
	may(root, 1, false, "0000:01:00.1 is in use");
	may(root, 2, false, "it is in use");
	may(root, 3, true, "");
	devices[3].cdev[0] = '\0';
	may(root, 3, false, "it has no file in /dev/vfio/devices");
	root_close(root);
}

TEST(a_bus_of_another_segment_is_another)
{
	struct root *root = set_up();

	strcpy(devices[0].bdf, "0001:00:01.0");
	folder_put("sys/bus/pci/devices/0001:00:01.0/secondary_bus_number", "1\n");
	strcpy(devices[2].driver, "mlx5_core");
	may(root, 1, true, "");
	root_close(root);
}

#define ON_KERNEL(fn)                                                                              \
	{                                                                                          \
#fn, fn, start, stop, NULL                                                         \
	}
#define IN_FOLDER(fn)                                                                              \
	{                                                                                          \
#fn, fn, folder_new, folder_remove, NULL                                           \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_KERNEL(all_is_made_and_destroyed_in_reverse_order),
		ON_KERNEL(whichever_call_fails_nothing_is_left),
		ON_KERNEL(what_failed_is_told),
		ON_KERNEL(an_iommu_that_is_no_smmu_is_not_tried_further),
		ON_KERNEL(what_was_found_is_read_again),
		IN_FOLDER(who_has_it_open_is_seen),
		IN_FOLDER(processes_of_others_hide_it),
		IN_FOLDER(only_what_harms_nobody_is_tried),
		IN_FOLDER(a_bus_of_another_segment_is_another),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
