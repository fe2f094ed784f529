/* SPDX-License-Identifier: BSD-2-Clause */
/* The real arm-smmu-v3 driver as a machine of the conformance suite. */
#ifndef RIG_MACHINE_REAL_H
#define RIG_MACHINE_REAL_H

#include "conformance/machine.h"
#include "real_machine.h"

extern const struct machine_ops machine_real;

/* What is behind a machine that this opened. */
struct real_machine *machine_real_of(struct machine *machine);

#endif
