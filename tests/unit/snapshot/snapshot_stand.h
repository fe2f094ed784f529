/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot to be tampered with, and a machine to restore it on. */
#ifndef UNIT_SNAPSHOT_STAND_H
#define UNIT_SNAPSHOT_STAND_H

#include "smmu/snapshot/format.h"
#include "snapshot_machine.h"

#define STAND_EVENTS 6 /* that are or will be in the guest's queue */
#define STAND_HEADER 20

enum tag { CONFIG = 1, IDENTITY, REGISTERS, BATCH, COUNTERS, STREAMS, EVENTS };

struct stand {
	struct machine to, fresh;
	uint8_t *bytes;
	size_t length;
};

extern struct stand stand;

/* For cmocka. */
int stand_set_up(void **unused);
int stand_tear_down(void **unused);

#define STAND_TEST(fn)                                                                             \
	{                                                                                          \
		.name = #fn " [S7]", .test_func = (fn), .setup_func = stand_set_up,                \
		.teardown_func = stand_tear_down                                                   \
	}

/* One as it was saved: on the same host, which can do more than the config asks of it. */
void stand_machine_new(struct machine *machine);
/* Something of everything: a batch, an event in the guest's queue, others in the kernel. */
void stand_machine_fill(struct machine *machine);

/* Numbers in a snapshot. */
void stand_put(uint8_t *bytes, uint64_t value, size_t size);
uint32_t stand_get32(const uint8_t *bytes);
/* Whoever makes a snapshot up makes its length and checksum right. */
void stand_seal(uint8_t *bytes, size_t length);
/* Return: where the payload of the section with this tag begins. */
uint8_t *stand_section(enum tag tag);

/* Return: what vsmmu_restore() says on stand.to. */
int stand_restore(const uint8_t *bytes, size_t length);

/* stand.to is as stand.fresh is. */
void stand_assert_untouched(void);
void stand_assert_refused(const uint8_t *bytes, size_t length, int error);
/* stand.to has taken the snapshot as it was, just now. */
void stand_assert_restored(void);
/* After all that was refused the real one is taken. */
void stand_assert_still_good(void);

#endif
