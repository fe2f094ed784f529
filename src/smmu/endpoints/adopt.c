/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/adopt.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "smmu/entry.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/source.h"
#include "smmu/refusal.h"
#include "util/fd.h"
#include "util/sized.h"
#include "veventq/fd.h"

#define FLAGS (VSMMU_ADOPTED_FLAG_OWN_FD | VSMMU_ADOPTED_FLAG_SOURCE)

static int adopted_begin(struct vsmmu *vsmmu, struct event_source *source)
{
	int ret;

	pthread_mutex_lock(&vsmmu->attach_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = source_begin(vsmmu, source);
	pthread_mutex_unlock(&vsmmu->control_lock);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	return ret;
}

static int adopted_check(
	struct vsmmu *vsmmu, const struct vsmmu_adopted_config *config, struct vsmmu_adopted **out)
{
	if (!out)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "out is NULL");
	if (config->reserved)
		return refuse(
			vsmmu, VSMMU_NO_VSID, -EINVAL, "vsmmu_adopted_config.reserved is not 0");
	if (config->flags & ~(uint32_t)FLAGS)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"vsmmu_adopted_config.flags %#x has bits that do not exist", config->flags);
	if (!(config->flags & VSMMU_ADOPTED_FLAG_SOURCE) != !config->read)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"vsmmu_adopted_config has VSMMU_ADOPTED_FLAG_SOURCE without read, or read "
			"without the flag");
	if (config->first_sequence > INT_MAX && config->first_sequence != VSMMU_SEQUENCE_UNKNOWN)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"first_sequence %u asked for, but INT_MAX is the last",
			config->first_sequence);
	return 0;
}

static ssize_t adopted_read(void *ctx, void *buffer, size_t length)
{
	const struct vsmmu_adopted *adopted = ctx;
	struct callback callback;
	ssize_t got;

	callback_begin(&callback, adopted->vsmmu);
	got = adopted->read(adopted->opaque, buffer, length);
	callback_end(&callback);
	return got;
}

/* Return: the fd that is polled, and that is the library's to close; or -errno. */
static int adopted_open(struct vsmmu_adopted *adopted, const struct vsmmu_adopted_config *config,
	char name[VEVENTQ_FD_NAME_SIZE])
{
	struct veventq_source *source = &adopted->source.veventq.source;
	const bool own = config->flags & VSMMU_ADOPTED_FLAG_OWN_FD;

	name[0] = '\0';
	if (!config->read)
		return veventq_fd_adopt(config->fd, own, source, name);
	adopted->read = config->read;
	adopted->opaque = config->opaque;
	source->read = adopted_read;
	source->ctx = adopted;
	if (own)
		return config->fd < 0 ? -EBADF : config->fd;
	return fd_dup(config->fd);
}

int vsmmu_adopted_new(
	struct vsmmu *vsmmu, const struct vsmmu_adopted_config *given, struct vsmmu_adopted **out)
{
	struct vsmmu_adopted_config config;
	struct vsmmu_adopted *adopted;
	char name[VEVENTQ_FD_NAME_SIZE];
	struct host_veventq *veventq;
	const unsigned int made = report_made();
	int ret = entry_check(vsmmu);
	bool own;

	if (ret)
		return ret;
	ret = refusal_copy_in(vsmmu, &config, given, sizeof(config), "vsmmu_adopted_config");
	if (!ret)
		ret = adopted_check(vsmmu, &config, out);
	if (ret)
		return ret;
	adopted = calloc(1, sizeof(*adopted));
	if (!adopted)
		return refusal_end(vsmmu, made, VSMMU_NO_VSID, -ENOMEM, "vsmmu_adopted_new()");
	own = config.flags & VSMMU_ADOPTED_FLAG_OWN_FD;
	adopted->vsmmu = vsmmu;
	adopted->source.is_adopted = true;
	adopted->source.depth = VEVENTQ_DEPTH_MAX;
	veventq = &adopted->source.veventq;
	veventq->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	veventq->first_sequence = config.first_sequence;
	veventq->fd = adopted_open(adopted, &config, name);
	ret = veventq->fd < 0 ? veventq->fd : adopted_begin(vsmmu, &adopted->source);
	if (ret) {
		if (!own)
			fd_close(veventq->fd);
		free(adopted);
		return refuse(vsmmu, VSMMU_NO_VSID, ret, "the vEVENTQ cannot be adopted: %s",
			ret == -ENOTTY	? "fd is something else"
			: ret == -EBADF ? "fd is not open"
					: "fd cannot be taken over or polled");
	}
	if (name[0])
		report(vsmmu, VSMMU_REPORT_STREAM_ERROR, VSMMU_WARNING, VSMMU_NO_VSID,
			"the vEVENTQ to be adopted calls itself \"%s\": each record of it is "
			"checked",
			name);
	*out = adopted;
	return 0;
}

bool adopted_is_here(const struct vsmmu *vsmmu, const struct vsmmu_adopted *adopted)
{
	const struct event_source *source = adopted ? vsmmu->sources.first : NULL;

	while (source && source != &adopted->source)
		source = source->next;
	return source;
}

void adopted_belong(struct vsmmu *vsmmu)
{
	list_for_each(source, vsmmu->sources.first)
		if (source->is_adopted)
			((struct vsmmu_adopted *)source)->vsmmu = vsmmu;
}

static void adopted_free(struct vsmmu *vsmmu, struct vsmmu_adopted *adopted)
{
	pthread_mutex_lock(&vsmmu->control_lock);
	forwarder_end(vsmmu, &adopted->source);
	pthread_mutex_unlock(&vsmmu->control_lock);
	fd_close(adopted->source.veventq.fd);
	free(adopted);
}

void adopted_free_all(struct vsmmu *vsmmu)
{
	while (vsmmu->sources.first)
		adopted_free(vsmmu, (struct vsmmu_adopted *)vsmmu->sources.first);
}

int vsmmu_adopted_free(struct vsmmu *vsmmu, struct vsmmu_adopted *adopted)
{
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->attach_lock);
	if (!adopted_is_here(vsmmu, adopted))
		ret = refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"the adopted vEVENTQ is none of this vSMMU, or was freed");
	else if (adopted->source.endpoints)
		ret = refuse(vsmmu, VSMMU_NO_VSID, -EBUSY,
			"%u endpoints are on the adopted vEVENTQ", adopted->source.endpoints);
	else
		adopted_free(vsmmu, adopted);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	return ret;
}
