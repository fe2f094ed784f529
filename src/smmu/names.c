/* SPDX-License-Identifier: BSD-2-Clause */
/* Names for the numbers of the public headers, for logs and metrics. */
#include "smmu/counts.h"

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

static const char *name_of(const char *const *names, size_t count, unsigned int n)
{
	return n < count && names[n] ? names[n] : "unknown";
}

const char *vsmmu_discard_name(enum vsmmu_discard reason)
{
	static const char *const names[DISCARD_COUNT] = {
		[VSMMU_DISCARD_DISABLED] = "disabled",
		[VSMMU_DISCARD_ABORT] = "abort",
		[VSMMU_DISCARD_STALE] = "stale",
		[VSMMU_DISCARD_RESET] = "reset",
		[VSMMU_DISCARD_TEARDOWN] = "teardown",
		[VSMMU_DISCARD_UNKNOWN_STREAM] = "unknown-stream",
		[VSMMU_DISCARD_UNKNOWN_ID] = "unknown-id",
		[VSMMU_DISCARD_STALL] = "stall",
		[VSMMU_DISCARD_STAGE2] = "stage2",
		[VSMMU_DISCARD_SUBSTREAM] = "substream",
	};

	return name_of(names, COUNT(names), (unsigned int)reason);
}

const char *vsmmu_report_name(enum vsmmu_report_code code)
{
	static const char *const names[REPORT_CODE_COUNT] = {
		[VSMMU_REPORT_EVENTS_LOST] = "events-lost",
		[VSMMU_REPORT_RECORD_REFUSED] = "record-refused",
		[VSMMU_REPORT_STREAM_ERROR] = "stream-error",
		[VSMMU_REPORT_QUEUE_DISARMED] = "queue-disarmed",
		[VSMMU_REPORT_QUEUE_BACKOFF] = "queue-backoff",
		[VSMMU_REPORT_EVENTQ_ABORT] = "eventq-abort",
		[VSMMU_REPORT_HOST_FAILED] = "host-failed",
		[VSMMU_REPORT_UNFIT] = "unfit",
		[VSMMU_REPORT_COMMAND_ERROR] = "command-error",
		[VSMMU_REPORT_STREAM_BAD] = "stream-bad",
		[VSMMU_REPORT_BLOCKED] = "blocked",
		[VSMMU_REPORT_INVALIDATION] = "invalidation",
		[VSMMU_REPORT_VSID_FREE] = "vsid-free",
		[VSMMU_REPORT_RECOVERED] = "recovered",
	};

	return name_of(names, COUNT(names), (unsigned int)code);
}

const char *vsmmu_severity_name(enum vsmmu_severity severity)
{
	static const char *const names[] = {
		[VSMMU_INFO] = "info",
		[VSMMU_WARNING] = "warning",
		[VSMMU_ERROR] = "error",
	};

	return name_of(names, COUNT(names), (unsigned int)severity);
}

const char *vsmmu_irq_name(enum vsmmu_irq irq)
{
	static const char *const names[IRQ_COUNT] = {
		[VSMMU_IRQ_EVENTQ] = "eventq",
		[VSMMU_IRQ_GERROR] = "gerror",
		[VSMMU_IRQ_CMD_SYNC] = "cmdq-sync",
	};

	return name_of(names, COUNT(names), (unsigned int)irq);
}
