/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables that the catalogue consists of. */
#ifndef CATALOGUE_TABLES_H
#define CATALOGUE_TABLES_H

#include "catalogue/catalogue.h"

struct catalogue_table {
	const struct catalogue_entry *entries;
	size_t count;
};

/* Configuration errors, faults of translation, and what is none of these. */
extern const struct catalogue_table catalogue_configuration;
extern const struct catalogue_table catalogue_translation;
extern const struct catalogue_table catalogue_others;

extern const struct catalogue_table catalogue_gerrors;
extern const struct catalogue_table catalogue_command_errors;

/* Messages by their subject. */
extern const struct catalogue_table catalogue_commands;
extern const struct catalogue_table catalogue_errors;
extern const struct catalogue_table catalogue_events;
extern const struct catalogue_table catalogue_start;
extern const struct catalogue_table catalogue_irqs;
extern const struct catalogue_table catalogue_identity;
extern const struct catalogue_table catalogue_tables;
extern const struct catalogue_table catalogue_endpoints;
extern const struct catalogue_table catalogue_cmdqv;
extern const struct catalogue_table catalogue_xen;

/* Names of entries: of reserved events, of those that a kernel cannot name, of a line alone. */
#define CATALOGUE_RESERVED "RESERVED"
#define CATALOGUE_UNNAMED  "UNKNOWN"
#define CATALOGUE_DETAIL   "event-detail"

/* The list ends by itself. */
#define NAMES(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

#define CATALOGUE_TABLE(rows)                                                                      \
	{                                                                                          \
		.entries = (rows), .count = sizeof(rows) / sizeof((rows)[0])                       \
	}

/* Linux as a host, arm_smmu_handle_event(): it forwards some events of stage 1 that do not stall.
 */
#define GUEST_SEES                                                                                 \
	"A guest with a virtual SMMU is told of it, with its own StreamID. The host then has it "  \
	"in its own log only if the VMM has made no queue for events."
#define GUEST_SEES_STAGE1                                                                          \
	"A guest with a virtual SMMU is told of it if stage 1 failed and nothing stalled. A "      \
	"fault of stage 2 is in the host's log alone: the guest just sees its device fail."
#define GUEST_NEVER_SEES                                                                           \
	"Linux as a host forwards it to no guest, and has it in its own log alone. In a guest's "  \
	"log it comes from the VMM itself, for a device that the VMM emulates."

#endif
