/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "smmu/entry.h"
#include "smmu/report.h"

/* All vSMMUs share it: a caller compares two values, between which it works on one vSMMU. */
static _Thread_local unsigned int made;

unsigned int report_made(void)
{
	return made;
}

/* Other reports are of events that came meanwhile, or of an attach that is undone. */
static bool says_why(enum vsmmu_report_code code, enum vsmmu_severity severity)
{
	return code == VSMMU_REPORT_UNFIT || code == VSMMU_REPORT_BLOCKED ||
	       (code == VSMMU_REPORT_INVALIDATION && severity == VSMMU_ERROR);
}

void report(struct vsmmu *vsmmu, enum vsmmu_report_code code, enum vsmmu_severity severity,
	uint64_t vsid, const char *format, ...)
{
	struct ratelimit *limit = &vsmmu->report_limit[code];
	struct vsmmu_report out = {
		.size = sizeof(out), .code = code, .severity = severity, .vsid = vsid};
	char text[REPORT_TEXT_SIZE];
	va_list arguments;
	uint64_t now;
	bool pass;

	made += says_why(code, severity);
	if (!vsmmu->ops.report)
		return;
	now = vmm_clock(vsmmu);
	pthread_mutex_lock(&vsmmu->report_lock);
	/* A VMM waits for this one, and there is at most one for each attach that it tried. */
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
	for (int n = 1; vsmmu->ops.report && n < REPORT_CODE_COUNT; n++) {
		const enum vsmmu_report_code code = (enum vsmmu_report_code)n;
		const uint64_t suppressed = vsmmu->report_limit[n].suppressed;
		char text[REPORT_TEXT_SIZE];
		const struct vsmmu_report out = {
			.size = sizeof(out),
			.code = code,
			.severity = VSMMU_INFO,
			.vsid = VSMMU_NO_VSID,
			.suppressed = suppressed,
			.text = text,
		};

		if (!suppressed)
			continue;
		vsmmu->report_limit[n].suppressed = 0;
		snprintf(text, sizeof(text), "closing: %llu reports of %s were held back",
			(unsigned long long)suppressed, vsmmu_report_name(code));
		vmm_report(vsmmu, &out);
	}
}
