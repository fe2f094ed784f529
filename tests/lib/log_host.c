/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/log_host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"

#define TEXT_SIZE (1U << 20)
#define LINE_SIZE 96

struct failure {
	unsigned int left; /* calls until it begins; 0 when none is arranged */
	unsigned int count;
	int error;
};

struct log_host {
	struct vsmmu_host host;
	struct vsmmu_host *behind;
	struct log_host_object objects[LOG_HOST_IDS];
	struct log_host_object attached[LOG_HOST_IDS]; /* by dev_id */
	bool opened[LOG_HOST_IDS];
	struct failure failure[2];
	bool failed;
	size_t length;
	char text[TEXT_SIZE];
};

static const char *const kinds[] = {"nothing", "parent", "nested", "viommu", "vdevice", "veventq"};

static struct log_host *to_log(struct vsmmu_host *host)
{
	return (struct log_host *)host;
}

static int log_call(struct log_host *log, int ret, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Return: @ret. */
static int log_call(struct log_host *log, int ret, const char *format, ...)
{
	char line[LINE_SIZE], end[16] = "";
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (ret < 0)
		snprintf(end, sizeof(end), " = %d", ret);
	log->length += (size_t)snprintf(
		log->text + log->length, TEXT_SIZE - log->length, "%s%s\n", line, end);
	assert_true(log->length < TEXT_SIZE);
	return ret;
}

static int fail_call(struct log_host *log, enum log_host_calls calls)
{
	struct failure *failure = &log->failure[calls];

	if (!failure->count || (failure->left && --failure->left))
		return 0;
	failure->count--;
	log->failed = true;
	return -failure->error;
}

static struct log_host_object *object_at(struct log_host *log, uint32_t id)
{
	assert_true(id && id < LOG_HOST_IDS);
	return &log->objects[id];
}

static void object_made(struct log_host *log, int ret, const uint32_t *id, enum log_host_kind kind)
{
	if (ret)
		return;
	assert_int_equal(object_at(log, *id)->kind, LOG_NOTHING);
	*object_at(log, *id) = (struct log_host_object){.kind = kind};
}

static int log_parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->parent_alloc(log->behind, endpoint, out);
	object_made(log, ret, out, LOG_PARENT);
	return log_call(log, ret, "parent");
}

static int log_viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->viommu_alloc(log->behind, endpoint, parent_id, out);
	object_made(log, ret, out, LOG_VIOMMU);
	return log_call(log, ret, "viommu");
}

static int log_vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->vdevice_alloc(log->behind, endpoint, viommu_id, vsid, out);
	object_made(log, ret, out, LOG_VDEVICE);
	return log_call(log, ret, "vdevice %" PRIx32, vsid);
}

static int log_nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->nested_alloc(log->behind, endpoint, viommu_id, ste, out);
	object_made(log, ret, out, LOG_NESTED);
	if (!ret)
		memcpy(object_at(log, *out)->ste, ste, sizeof(object_at(log, *out)->ste));
	return log_call(log, ret, "nested %" PRIx64 " %" PRIx64, ste[0], ste[1]);
}

/* S1CDMax = 31 is ILLEGAL on any hardware with SubstreamIDs. */
static bool passes(const struct log_host_object *object)
{
	const uint64_t word0 = object->ste[0];

	return object->kind == LOG_PARENT ||
	       (object->kind == LOG_NESTED && (word0 & 9) == 9 && word0 >> 59 != 31);
}

static int log_attach(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id)
{
	struct log_host *log = to_log(host);
	const struct log_host_object *object = object_at(log, pt_id);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->attach(log->behind, endpoint, pt_id);
	if (!ret) {
		log->attached[endpoint->dev_id] = *object;
		log->opened[endpoint->dev_id] |= passes(object);
	}
	return log_call(log, ret, "attach %s", kinds[object->kind]);
}

static int log_detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_UNDO);

	if (!ret)
		ret = log->behind->ops->detach(log->behind, endpoint);
	if (!ret)
		log->attached[endpoint->dev_id].kind = LOG_NOTHING;
	return log_call(log, ret, "detach");
}

static int log_veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->veventq_alloc(log->behind, viommu_id, depth, out);
	object_made(log, ret, &out->id, LOG_QUEUE);
	return log_call(log, ret, "veventq");
}

static void log_veventq_close(struct vsmmu_host *host, struct host_veventq *veventq)
{
	struct log_host *log = to_log(host);

	log->behind->ops->veventq_close(log->behind, veventq);
	log_call(log, 0, "close");
}

static int log_hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->hw_info(log->behind, endpoint, out);
	return log_call(log, ret, "hw_info");
}

static int log_invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	struct log_host *log = to_log(host);
	int ret = fail_call(log, LOG_HOST_DO);

	if (!ret)
		ret = log->behind->ops->invalidate(log->behind, viommu_id, command, count, handled);
	return log_call(log, ret, "invalidate %" PRIu32, count);
}

static int log_destroy(struct vsmmu_host *host, uint32_t id)
{
	struct log_host *log = to_log(host);
	const char *kind = kinds[object_at(log, id)->kind];
	int ret = fail_call(log, LOG_HOST_UNDO);

	if (!ret)
		ret = log->behind->ops->destroy(log->behind, id);
	if (!ret)
		object_at(log, id)->kind = LOG_NOTHING;
	return log_call(log, ret, "destroy %s", kind);
}

static void log_free(struct vsmmu_host *host)
{
	vsmmu_host_unref(to_log(host)->behind);
	free(host);
}

static const struct host_ops log_ops = {
	.name = "log",
	.parent_alloc = log_parent_alloc,
	.viommu_alloc = log_viommu_alloc,
	.vdevice_alloc = log_vdevice_alloc,
	.nested_alloc = log_nested_alloc,
	.attach = log_attach,
	.detach = log_detach,
	.veventq_alloc = log_veventq_alloc,
	.veventq_close = log_veventq_close,
	.hw_info = log_hw_info,
	.invalidate = log_invalidate,
	.destroy = log_destroy,
	.free = log_free,
};

struct vsmmu_host *log_host_new(struct vsmmu_host *behind)
{
	struct log_host *log = calloc(1, sizeof(*log));

	assert_non_null(log);
	log->host.ops = &log_ops;
	log->host.vmid_per_viommu = behind->vmid_per_viommu;
	atomic_init(&log->host.refs, 1);
	log->behind = behind;
	return &log->host;
}

const char *log_host_text(struct vsmmu_host *host)
{
	return to_log(host)->text;
}

unsigned int log_host_count(struct vsmmu_host *host, const char *line)
{
	const size_t length = strlen(line);
	unsigned int count = 0;

	for (const char *at = log_host_text(host); *at; at = strchr(at, '\n') + 1)
		count += !strncmp(at, line, length) && (at[length] == '\n' || at[length] == ' ');
	return count;
}

void log_host_clear(struct vsmmu_host *host)
{
	struct log_host *log = to_log(host);

	log->length = 0;
	log->text[0] = '\0';
	memset(log->opened, 0, sizeof(log->opened));
}

void log_host_fail(struct vsmmu_host *host, enum log_host_calls calls, unsigned int n,
	unsigned int count, int error)
{
	struct log_host *log = to_log(host);

	log->failure[calls] = (struct failure){n, n ? count : 0, error};
	if (n)
		log->failed = false;
}

bool log_host_failed(struct vsmmu_host *host)
{
	return to_log(host)->failed;
}

struct log_host_object log_host_attached(struct vsmmu_host *host, uint32_t dev_id)
{
	assert_true(dev_id < LOG_HOST_IDS);
	return to_log(host)->attached[dev_id];
}

bool log_host_opened(struct vsmmu_host *host, uint32_t dev_id)
{
	assert_true(dev_id < LOG_HOST_IDS);
	return to_log(host)->opened[dev_id];
}
