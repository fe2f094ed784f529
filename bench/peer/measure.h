/* SPDX-License-Identifier: BSD-2-Clause */
/* What is measured of guests that are up and quiet. Each prints its figures. */
#ifndef PEER_MEASURE_H
#define PEER_MEASURE_H

#include "machine.h"

void measure_print(const struct machine *machine, const char *figure, double value);

/* Times reads of 4 and of 256 KiB from the disks of two machines, in turn. */
void measure_reads(struct machine *machines, const char *mode, int rounds);

/* Times an MMIO exit: a register of the SMMU that the guest reads again and again. */
void measure_exit(struct machine *machine);

/* Counts MMIO exits and host calls of an unmap: of a read of 4 KiB. */
void measure_unmaps(struct machine *machine);

/* From the command that begins it to the guest's last write of CONS. */
void measure_storm(struct machine *machine);

/* The guest switches itself off while events wait; the machine is gone afterwards. */
void measure_off_in_storm(struct machine *machine);

/* Whether a device without a driver can copy within the guest's memory. */
void measure_driverless_copy(struct machine *machine);

#endif
