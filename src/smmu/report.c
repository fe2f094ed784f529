/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "smmu/vsmmu.h"

#define TEXT_SIZE 256

static uint64_t report_now(struct vsmmu *vsmmu)
{
	struct timespec now;

	if (vsmmu->ops.clock)
		return vsmmu->ops.clock(vsmmu->config.opaque);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

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
	now = report_now(vsmmu);
	pthread_mutex_lock(&vsmmu->report_lock);
	pass = ratelimit_pass(
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
	vsmmu->ops.report(vsmmu->config.opaque, &out);
}

void report_flush(struct vsmmu *vsmmu)
{
	for (int code = 1; vsmmu->ops.report && code < VSMMU_REPORT_CODE_COUNT; code++) {
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
		vsmmu->ops.report(vsmmu->config.opaque, &out);
	}
}
