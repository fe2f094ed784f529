/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PID 1 of the rig's machine, in three parts: endpoints given to vfio-pci, programs run one at a
 * time, and the kernel's log scanned for signs of trouble. All output goes to the console, where
 * rig/run reads it: TAP lines of the programs, and lines of ours that begin with "# rig: ".
 */
#ifndef RIG_INIT_H
#define RIG_INIT_H

void endpoints_bind(void);
void programs_run(const char *list);

void kernel_log_open(void);
/* Read what the kernel logged since the last call; findings are put down to @what. */
void kernel_log_collect(const char *what);
/* Print the findings as a lane of their own. */
void kernel_log_report(void);

#endif
