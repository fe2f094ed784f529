/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/adopt.h"

#include <errno.h>
#include <stdlib.h>

#include "smmu/entry.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/source.h"
#include "smmu/report.h"
#include "util/fd.h"
#include "veventq/fd.h"

int vsmmu_adopted_new(struct vsmmu *vsmmu, int fd, struct vsmmu_adopted **out)
{
	struct vsmmu_adopted *adopted;
	char name[VEVENTQ_FD_NAME_SIZE];
	struct host_veventq *veventq;
	int ret = out ? entry_check(vsmmu) : -EINVAL;

	if (ret)
		return ret;
	adopted = calloc(1, sizeof(*adopted));
	if (!adopted)
		return -ENOMEM;
	adopted->source.depth = VEVENTQ_DEPTH_MAX;
	veventq = &adopted->source.veventq;
	veventq->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	veventq->first_sequence = VSMMU_SEQUENCE_UNKNOWN;
	veventq->fd = veventq_fd_adopt(fd, &veventq->source, name);
	if (veventq->fd < 0) {
		ret = veventq->fd;
		goto fail_free;
	}
	pthread_mutex_lock(&vsmmu->attach_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = source_begin(vsmmu, &adopted->source);
	pthread_mutex_unlock(&vsmmu->control_lock);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	if (ret)
		goto fail_close;
	if (name[0])
		report(vsmmu, VSMMU_REPORT_STREAM_ERROR, VSMMU_WARNING, VSMMU_NO_VSID,
			"the vEVENTQ to be adopted calls itself \"%s\": each record of it is "
			"checked",
			name);
	*out = adopted;
	return 0;
fail_close:
	fd_close(veventq->fd);
fail_free:
	free(adopted);
	return ret;
}

bool adopted_is_here(const struct vsmmu *vsmmu, const struct vsmmu_adopted *adopted)
{
	const struct event_source *source = vsmmu->sources.first;

	while (source && source != &adopted->source)
		source = source->next;
	return source;
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
	int ret = adopted ? entry_check(vsmmu) : -EINVAL;

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->attach_lock);
	if (!adopted_is_here(vsmmu, adopted))
		ret = -EINVAL;
	else if (adopted->source.endpoints)
		ret = -EBUSY;
	else
		adopted_free(vsmmu, adopted);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	return ret;
}
