/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about a fault, by which its causes are chosen. What is not known is not so. */
#ifndef CATALOGUE_PREDICATES_H
#define CATALOGUE_PREDICATES_H

#include "catalogue/fault.h"

/* Which stage failed. That of stage 2 may have failed on the way, for a table of stage 1. */
bool fault_is_stage2(const struct fault *fault);
bool fault_may_be_stage1(const struct fault *fault);
bool fault_is_of_table(const struct fault *fault);
bool fault_lacks_class(const struct fault *fault);

/* The access. */
bool fault_is_write(const struct fault *fault);
bool fault_is_fetch(const struct fault *fault);
bool fault_is_stalled(const struct fault *fault);
bool fault_has_pasid(const struct fault *fault);

/* The address that the endpoint used: each is false if it is not known, or not to blame. */
bool fault_is_msi(const struct fault *fault);
bool fault_is_msi_of_stage2(const struct fault *fault);
bool fault_may_be_msi(const struct fault *fault);
bool fault_is_near_zero(const struct fault *fault);
bool fault_is_all_ones(const struct fault *fault);
bool fault_is_poison(const struct fault *fault);
bool fault_is_kernel_pointer(const struct fault *fault);
bool fault_is_user_pointer(const struct fault *fault);
bool fault_looks_physical(const struct fault *fault);
bool fault_may_be_physical(const struct fault *fault);

/* These need what is known besides the record. */
bool fault_is_unassigned(const struct fault *fault);
bool fault_is_shared(const struct fault *fault);
bool fault_is_burst(const struct fault *fault);
bool fault_is_after_reset(const struct fault *fault);
bool fault_is_after_error(const struct fault *fault);
bool fault_is_after_unbind(const struct fault *fault);
bool fault_is_after_watchdog(const struct fault *fault);
bool fault_is_after_vfio(const struct fault *fault);

#endif
