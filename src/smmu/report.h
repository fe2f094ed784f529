/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling the VMM; never with the event lock held. */
#ifndef SMMU_REPORT_H
#define SMMU_REPORT_H

#include "smmu/vsmmu.h"

#define REPORT_TEXT_SIZE 256 /* bytes of a text, longer ones are cut */

/* Tells the VMM, within the limits of its rate; VSMMU_REPORT_VSID_FREE always passes. */
void report(struct vsmmu *vsmmu, enum vsmmu_report_code code, enum vsmmu_severity severity,
	uint64_t vsid, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Return: how many reports this thread has made that may say why a call is refused, also those that
 * were held back.
 */
unsigned int report_made(void);

/* Tells how much rate limiting still holds back, at the end. */
void report_flush(struct vsmmu *vsmmu);

#endif
