/* SPDX-License-Identifier: BSD-2-Clause */
/* What entries of the tables of messages are written with. */
#ifndef CATALOGUE_MESSAGES_H
#define CATALOGUE_MESSAGES_H

#include "catalogue/tables.h"

#define LINUX	     "Linux arm-smmu-v3"
#define LINUX_BEFORE "Linux arm-smmu-v3 before "
#define LINUX_OLDER  "older Linux arm-smmu-v3"
#define CMDQV	     "Linux tegra241-cmdqv"
#define IORT	     "Linux IORT"
#define XEN	     "Xen smmu-v3"
#define KERNEL	     "Linux drivers/base and lib"
#define KERNEL_OLDER "Linux drivers/base before 6.10"

#define MESSAGE(id, from, text)                                                                    \
	.kind = CATALOGUE_MESSAGE, .number = -1, .name = (id), .source = (from), .format = (text)

/* A complaint; a message without it is a note of a normal boot. */
#define COMPLAINT(id, from, text) MESSAGE(id, from, text), .complaint = true

/* Most likely first. */
#define CAUSES(...)                                                                                \
	.causes = (const struct catalogue_cause[])                                                 \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define CAUSE(why, see)                                                                            \
	{                                                                                          \
		.text = (why), .look = (see)                                                       \
	}

#endif
