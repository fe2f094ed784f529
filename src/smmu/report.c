/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "smmu/entry.h"
#include "smmu/report.h"

#define TEXT_SIZE 256

void report(struct vsmmu *vsmmu, enum vsmmu_report_code code, enum vsmmu_severity severity,
	uint64_t vsid, const char *format, ...)
{
	struct ratelimit *limit = &vsmmu->report_limit[code];
	struct vsmmu_report out = {.code = code, .severity = severity, .vsid = vsid};
	char text[TEXT_SIZE];
	va_list arguments;
	uint64_t now;
	bool pass;

	if (!vsmmu->ops.report)
		return;
	now = vmm_clock(vsmmu);
	pthread_mutex_lock(&vsmmu->report_lock);
	/* A VMM waits for this one; there is no more than one for each attach that it tried. */
	pass = code == VSMMU_REPORT_VSID_FREE ||
	       ratelimit_pass(
		       limit, now, vsmmu->config.report_burst, vsmmu->config.report_interval_ns);
	if (pass) {
		out.suppressed = limit->suppressed;
		limit->suppressed = 0;
	} else {
		vsmmu->reports_suppressed++;
	}
	pthread_mutex_unlock(&vsmmu->report_lock);
	if (!pass)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	out.text = text;
	vmm_report(vsmmu, &out);
}

void report_flush(struct vsmmu *vsmmu)
{
	for (int code = 1; vsmmu->ops.report && code < REPORT_CODE_COUNT; code++) {
		struct ratelimit *limit = &vsmmu->report_limit[code];
		struct vsmmu_report out = {
			.code = (enum vsmmu_report_code)code,
			.severity = VSMMU_INFO,
			.vsid = VSMMU_NO_VSID,
			.suppressed = limit->suppressed,
			.text = "closing: reports of this code were held back; see their number",
		};

		if (!limit->suppressed)
			continue;
		limit->suppressed = 0;
		vmm_report(vsmmu, &out);
	}
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

	return (unsigned int)reason < DISCARD_COUNT ? names[reason] : "unknown";
}
