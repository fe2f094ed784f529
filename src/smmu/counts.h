/* SPDX-License-Identifier: BSD-2-Clause */
/* The public headers do not say how long their lists are, as the lists grow; this one does. */
#ifndef SMMU_COUNTS_H
#define SMMU_COUNTS_H

#include <vsmmu/smmu.h>

#define IRQ_COUNT	  (VSMMU_IRQ_CMD_SYNC + 1)
#define REPORT_CODE_COUNT (VSMMU_REPORT_RECOVERED + 1)
#define DISCARD_COUNT	  (VSMMU_DISCARD_SUBSTREAM + 1)

_Static_assert(DISCARD_COUNT <= VSMMU_DISCARD_SLOTS, "a slot for each reason");

#endif
