/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/own_event.h"

#include <errno.h>
#include <string.h>

#include "arch/event_filter.h"
#include "arch/record.h"
#include "smmu/entry.h"
#include "smmu/events/deliver.h"
#include "smmu/refusal.h"

/* Under the event lock. */
static struct eventq_commit record(struct vsmmu *vsmmu, const uint64_t word[4])
{
	struct eventq *queue = &vsmmu->eventq;
	struct eventq_commit commit = {0};

	switch (deliver_state(vsmmu)) {
	case EVENTQ_READY:
		record_store(word, queue->records[queue->staged++]);
		commit = deliver_staged(vsmmu, false);
		break;
	case EVENTQ_FULL:
		deliver_staged(vsmmu, true);
		break;
	case EVENTQ_HELD:
	case EVENTQ_DISABLED:
	case EVENTQ_ABORTED:
		break;
	}
	return commit;
}

/* Whether the queue may be full only for the room that the read under way has reserved. */
static bool has_to_wait(const struct vsmmu *vsmmu)
{
	return vsmmu->eventq.reserved && deliver_state(vsmmu) == EVENTQ_FULL;
}

bool own_event_record(
	struct vsmmu *vsmmu, const uint64_t word[4], uint64_t *events, uint64_t *drops)
{
	struct eventq_commit commit;
	bool waits;

	pthread_mutex_lock(&vsmmu->event_lock);
	waits = has_to_wait(vsmmu);
	if (waits) {
		pthread_mutex_unlock(&vsmmu->event_lock);
		fairlock_lock(&vsmmu->dispatch_lock);
		pthread_mutex_lock(&vsmmu->event_lock);
	}
	commit = record(vsmmu, word);
	*events += commit.written;
	*drops += !commit.written;
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (waits)
		fairlock_unlock(&vsmmu->dispatch_lock);
	if (commit.aborted)
		deliver_report_abort(vsmmu);
	return commit.written;
}

int vsmmu_record_event(struct vsmmu *vsmmu, const struct vsmmu_event_record *record)
{
	enum event_verdict verdict;
	unsigned int ssid_bits;
	uint64_t word[4];
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	if (!record)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "record is NULL");
	pthread_mutex_lock(&vsmmu->event_lock);
	ssid_bits = vsmmu->features.ssid_bits;
	pthread_mutex_unlock(&vsmmu->event_lock);
	memcpy(word, record->word, sizeof(word));
	verdict = arch_event_filter_own(word, ssid_bits);
	if (verdict != EVENT_OK) {
		report(vsmmu, VSMMU_REPORT_RECORD_REFUSED, VSMMU_WARNING, record->word[0] >> 32,
			"an event that the VMM records itself, with id %#x, is refused: %s",
			(unsigned int)(record->word[0] & 0xff),
			vsmmu_event_refusal_name((enum vsmmu_event_refusal)verdict));
		return -EINVAL;
	}
	if (!own_event_record(vsmmu, word, &vsmmu->stats.vmm_events, &vsmmu->stats.vmm_drops))
		return -ENOBUFS;
	return 0;
}
