/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of PID 1. Each gets its words; it returns 0, or -1 after fail(). */
#ifndef GUEST_COMMAND_H
#define GUEST_COMMAND_H

typedef int command_run(int count, char **words);

/* copy.c */
command_run command_copy, command_copy_mapped;
/* disk.c */
command_run command_disk;
/* edu.c */
command_run command_fault, command_last, command_storm;
/* interrupt.c */
command_run command_interrupt;
/* kexec.c */
command_run command_kexec;
/* kinds.c */
command_run command_kind;
/* log.c */
command_run command_log;
/* modules.c */
command_run command_module;
/* nowhere.c */
command_run command_nowhere;
/* pci.c */
command_run command_groups, command_bind, command_unbind, command_remove, command_rescan,
	command_reset, command_flr;
/* peer.c */
command_run command_peer;
/* smmu.c */
command_run command_smmu, command_garbage, command_register;

#endif
