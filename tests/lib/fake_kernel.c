/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake kernel's fds and calls. */
#include "lib/fake_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/fail_nth.h"
#include "lib/fake_objects.h"
#include "uapi/iommufd.h"
#include "uapi/vfio.h"

#define LOG_SIZE     65536
#define VEVENTQ_NAME "anon_inode:[iommufd-viommu-event]"

struct file {
	enum { FILE_NONE, FILE_IOMMUFD, FILE_VFIO, FILE_VEVENTQ } kind;
	uint32_t id;
};

static struct file files[FAKE_FDS];
static uint32_t ioas_id;
static int iommufd_fd;
static char log_text[LOG_SIZE];
static size_t log_length;
static unsigned int reads;
static char fail_call[32];
static int fail_error;
static const char *veventq_name = VEVENTQ_NAME;

static void log_call(const char *what, const char *detail, int result)
{
	char end[16] = "";

	if (result < 0)
		snprintf(end, sizeof(end), " = %d", result);
	log_length += (size_t)snprintf(log_text + log_length, LOG_SIZE - log_length, "%s%s%s%s\n",
		what, *detail ? " " : "", detail, end);
	fake_check(log_length < LOG_SIZE, "the log is full");
}

static int scripted_failure(const char *call)
{
	int error = fail_error;

	if (!error || strcmp(call, fail_call))
		return 0;
	fail_error = 0;
	return -error;
}

static struct file *own_file(int fd)
{
	return fd >= 0 && fd < FAKE_FDS && files[fd].kind != FILE_NONE ? &files[fd] : NULL;
}

static void file_new(int fd, struct file file)
{
	fake_check(fd >= 0 && fd < FAKE_FDS, "too many fds are open");
	files[fd] = file;
}

void fake_file_new(int fd, uint32_t veventq_id)
{
	file_new(fd, (struct file){FILE_VEVENTQ, veventq_id});
}

static int call_destroy(uint32_t id)
{
	const char *what = fake_name(id);
	int ret = scripted_failure("DESTROY");

	if (!ret)
		ret = fake_destroy(id);
	log_call("DESTROY", what, ret);
	return ret;
}

static int call_attach(uint32_t dev_id, uint32_t pt_id)
{
	int ret = scripted_failure(pt_id ? "ATTACH" : "DETACH");

	if (!ret)
		ret = pt_id ? fake_attach(dev_id, pt_id) : fake_detach(dev_id);
	log_call(pt_id ? "ATTACH" : "DETACH", pt_id ? fake_name(pt_id) : "", ret);
	return ret;
}

static const char *alloc_name(unsigned long request, const struct uapi_iommu_hwpt_alloc *hwpt)
{
	switch (request) {
	case UAPI_IOMMU_IOAS_ALLOC:
		return "IOAS_ALLOC";
	case UAPI_IOMMU_HWPT_ALLOC:
		return hwpt->flags & UAPI_IOMMU_HWPT_ALLOC_NEST_PARENT ? "PARENT_ALLOC"
								       : "NESTED_ALLOC";
	case UAPI_IOMMU_VIOMMU_ALLOC:
		return "VIOMMU_ALLOC";
	case UAPI_IOMMU_VDEVICE_ALLOC:
		return "VDEVICE_ALLOC";
	case UAPI_IOMMU_VEVENTQ_ALLOC:
		return "VEVENTQ_ALLOC";
	default:
		return "unknown";
	}
}

static int call_alloc(unsigned long request, void *argument)
{
	const char *name = alloc_name(request, argument);
	int ret = scripted_failure(name);

	if (!ret)
		ret = fake_alloc(request, argument);
	log_call(name, "", ret);
	return ret;
}

static int call_hw_info(struct uapi_iommu_hw_info *call)
{
	int ret = scripted_failure("GET_HW_INFO");

	if (!ret)
		ret = fake_hw_info(call);
	log_call("GET_HW_INFO", "", ret);
	return ret;
}

static int call_invalidate(struct uapi_iommu_hwpt_invalidate *call)
{
	int ret = scripted_failure("INVALIDATE");
	char count[16];

	snprintf(count, sizeof(count), "%u", call->entry_num);
	if (ret)
		call->entry_num = 0;
	else
		ret = fake_invalidate(call);
	log_call("INVALIDATE", count, ret);
	return ret;
}

static int call_vfio(uint32_t dev_id, unsigned long request, void *argument)
{
	const struct uapi_vfio_device_attach_iommufd_pt *attach = argument;
	struct uapi_vfio_device_bind_iommufd *bind = argument;
	const struct file *iommufd;

	switch (request) {
	case UAPI_VFIO_DEVICE_BIND_IOMMUFD:
		iommufd = own_file(bind->iommufd);
		if (!iommufd || iommufd->kind != FILE_IOMMUFD)
			return -EBADF;
		bind->out_devid = dev_id;
		return 0;
	case UAPI_VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		return call_attach(dev_id, attach->pt_id);
	case UAPI_VFIO_DEVICE_DETACH_IOMMUFD_PT:
		return call_attach(dev_id, 0);
	default:
		return -ENOTTY;
	}
}

/* From -errno to what a system call returns. */
static int finish(int ret)
{
	pthread_mutex_unlock(&fake_lock);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	const struct file *file = own_file(fd);
	const struct uapi_iommu_destroy *destroy = argument;
	int ret = -ENOTTY;

	if (!file)
		return __real_ioctl(fd, request, argument);
	pthread_mutex_lock(&fake_lock);
	if (file->kind == FILE_VFIO)
		ret = call_vfio(file->id, request, argument);
	else if (file->kind == FILE_IOMMUFD && request == UAPI_IOMMU_DESTROY)
		ret = call_destroy(destroy->id);
	else if (file->kind == FILE_IOMMUFD && request == UAPI_IOMMU_GET_HW_INFO)
		ret = call_hw_info(argument);
	else if (file->kind == FILE_IOMMUFD && request == UAPI_IOMMU_HWPT_INVALIDATE)
		ret = call_invalidate(argument);
	else if (file->kind == FILE_IOMMUFD)
		ret = call_alloc(request, argument);
	return finish(ret);
}

static ssize_t fake_read(int fd, void *buffer, size_t length)
{
	const struct file *file = own_file(fd);
	ssize_t ret;

	if (!file || file->kind != FILE_VEVENTQ)
		return __real_read(fd, buffer, length);
	pthread_mutex_lock(&fake_lock);
	reads++;
	ret = fake_queue_read(&fake_object(file->id)->queue, buffer, length);
	pthread_mutex_unlock(&fake_lock);
	/* Nothing may look at errno after a success: it says nonsense then. */
	errno = ret < 0 ? (int)-ret : EUCLEAN;
	return ret < 0 ? -1 : ret;
}

void fake_veventq_set_name(const char *name)
{
	veventq_name = name ? name : VEVENTQ_NAME;
}

static ssize_t fake_readlink(const char *path, char *buffer, size_t size)
{
	const struct file *file;
	int ret = scripted_failure("readlink");
	int fd = -1;

	if (ret) {
		errno = -ret;
		return -1;
	}
	if (sscanf(path, "/proc/self/fd/%d", &fd) == 1) {
		file = own_file(fd);
		if (file && file->kind == FILE_VEVENTQ) {
			size_t length = strlen(veventq_name);

			length = length < size ? length : size;
			memcpy(buffer, veventq_name, length);
			return (ssize_t)length;
		}
	}
	return __real_readlink(path, buffer, size);
}

static const char *fcntl_name(int command)
{
	switch (command) {
	case F_GETFL:
		return "F_GETFL";
	case F_SETFL:
		return "F_SETFL";
	case F_DUPFD_CLOEXEC:
		return "F_DUPFD_CLOEXEC";
	default:
		return "other";
	}
}

static int fake_fcntl(int fd, int command, int argument)
{
	const struct file *file = own_file(fd);
	int ret;

	if (!file)
		return __real_fcntl(fd, command, argument);
	pthread_mutex_lock(&fake_lock);
	ret = scripted_failure(fcntl_name(command));
	if (!ret) {
		ret = __real_fcntl(fd, command, argument);
		ret = ret < 0 ? -errno : ret;
	}
	if (ret >= 0 && command == F_DUPFD_CLOEXEC) {
		file_new(ret, *file);
		if (file->kind == FILE_VEVENTQ)
			fake_object(file->id)->users++;
	}
	log_call("fcntl", fcntl_name(command), ret);
	return finish(ret);
}

/* Readiness is shown through one of a queue's fds, while there is one. */
static void veventq_closed(int fd, uint32_t id)
{
	struct fake_object *object = fake_object(id);

	object->users--;
	if (object->queue.event_fd != fd)
		return;
	object->queue.event_fd = -1;
	for (int other = 0; other < FAKE_FDS; other++)
		if (files[other].kind == FILE_VEVENTQ && files[other].id == id)
			object->queue.event_fd = other;
}

static int fake_close(int fd)
{
	static const char *const names[] = {"", "iommufd", "vfio", "veventq"};
	struct file *file = own_file(fd), closed;
	int ret;

	if (!file)
		return __real_close(fd);
	pthread_mutex_lock(&fake_lock);
	closed = *file;
	file->kind = FILE_NONE;
	if (closed.kind == FILE_VEVENTQ)
		veventq_closed(fd, closed.id);
	log_call("close", names[closed.kind], 0);
	ret = __real_close(fd);
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

static const struct fail_nth_kernel fake = {
	.ioctl = fake_ioctl,
	.read = fake_read,
	.readlink = fake_readlink,
	.fcntl = fake_fcntl,
	.close = fake_close,
};

void fake_kernel_start(void)
{
	reads = 0;
	fail_error = 0;
	fake_veventq_set_name(NULL);
	fake_kernel_log_clear();
	fake_smmus_reset();
	ioas_id = fake_make(FAKE_IOAS, 0, 0);
	fake_object(ioas_id)->given = true;
	iommufd_fd = __real_eventfd(0, EFD_CLOEXEC);
	file_new(iommufd_fd, (struct file){FILE_IOMMUFD, 0});
	fail_nth_set_kernel(&fake);
}

void fake_kernel_stop(void)
{
	fail_nth_set_kernel(NULL);
	for (int fd = 0; fd < FAKE_FDS; fd++)
		if (files[fd].kind != FILE_NONE)
			__real_close(fd);
	memset(files, 0, sizeof(files));
	fake_forget_all();
}

int fake_kernel_iommufd(void)
{
	return iommufd_fd;
}

uint32_t fake_kernel_ioas(void)
{
	return ioas_id;
}

int fake_kernel_device(uint32_t smmu, uint32_t *dev_id)
{
	int fd = __real_eventfd(0, EFD_CLOEXEC);

	*dev_id = fake_make(FAKE_DEVICE, 0, 0);
	fake_object(*dev_id)->given = true;
	fake_object(*dev_id)->smmu = smmu;
	file_new(fd, (struct file){FILE_VFIO, *dev_id});
	return fd;
}

int fake_kernel_attach(void *opaque, const struct vsmmu_attachment *attachment)
{
	int ret;

	pthread_mutex_lock(&fake_lock);
	ret = call_attach(*(const uint32_t *)opaque, attachment->pt_id);
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

uint32_t fake_kernel_attached(uint32_t dev_id)
{
	return fake_object(dev_id)->attached;
}

bool fake_kernel_forwards(uint32_t dev_id)
{
	return fake_forwards(dev_id);
}

unsigned int fake_kernel_objects(void)
{
	unsigned int count = 0;

	for (uint32_t id = 1; id <= fake_last_id(); id++)
		count += fake_object(id)->kind != FAKE_FREE && !fake_object(id)->given;
	return count;
}

unsigned int fake_kernel_open_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < FAKE_FDS; fd++)
		count += __real_fcntl(fd, F_GETFD) >= 0;
	return count;
}

const char *fake_kernel_log(void)
{
	return log_text;
}

void fake_kernel_log_clear(void)
{
	log_length = 0;
	log_text[0] = '\0';
}

unsigned int fake_kernel_reads(void)
{
	return reads;
}

void fake_kernel_fail(const char *call, int error)
{
	snprintf(fail_call, sizeof(fail_call), "%s", call);
	fail_error = error;
}
