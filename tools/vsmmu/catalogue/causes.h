/* SPDX-License-Identifier: BSD-2-Clause */
/* The causes of events, as lists that struct catalogue_cause describes. */
#ifndef CATALOGUE_CAUSES_H
#define CATALOGUE_CAUSES_H

#include "catalogue/catalogue.h"

/* For several entries: what the record says, and what is known besides. */
extern const struct catalogue_cause causes_by_address[];
extern const struct catalogue_cause causes_by_process[];
extern const struct catalogue_cause causes_unassigned[];
extern const struct catalogue_cause causes_by_log[];
extern const struct catalogue_cause causes_by_stage2[];

extern const struct catalogue_cause causes_translation[];
extern const struct catalogue_cause causes_address_size[];
extern const struct catalogue_cause causes_access_flag[];
extern const struct catalogue_cause causes_permission[];
extern const struct catalogue_cause causes_bad_streamid[];
extern const struct catalogue_cause causes_bad_ste[];
extern const struct catalogue_cause causes_bad_cd[];
extern const struct catalogue_cause causes_fetch[];
extern const struct catalogue_cause causes_ats_request[];
extern const struct catalogue_cause causes_ats_translated[];
extern const struct catalogue_cause causes_unsupported[];
extern const struct catalogue_cause causes_stream_disabled[];
extern const struct catalogue_cause causes_bad_substreamid[];
extern const struct catalogue_cause causes_tlb_conflict[];
extern const struct catalogue_cause causes_cfg_conflict[];
extern const struct catalogue_cause causes_page_request[];
extern const struct catalogue_cause causes_impdef[];
extern const struct catalogue_cause causes_empty[];
extern const struct catalogue_cause causes_reserved[];
extern const struct catalogue_cause causes_unnamed[];
extern const struct catalogue_cause causes_detail[];

#endif
