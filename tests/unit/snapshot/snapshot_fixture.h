/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot to be tampered with, and a machine to restore it on. */
#ifndef UNIT_SNAPSHOT_FIXTURE_H
#define UNIT_SNAPSHOT_FIXTURE_H

#include "smmu/snapshot/format.h"
#include "snapshot_machine.h"

#define FIXTURE_EVENTS 6 /* that are or will be in the guest's queue */
#define FIXTURE_HEADER 20

enum tag { CONFIG = 1, IDENTITY, REGISTERS, BATCH, COUNTERS, STREAMS, EVENTS };

struct snapshot_fixture {
	struct machine to, fresh;
	uint8_t *bytes;
	size_t length;
};

extern struct snapshot_fixture fixture;

/* For cmocka. */
int fixture_set_up(void **unused);
int fixture_tear_down(void **unused);

#define FIXTURE_TEST(fn)                                                                           \
	{                                                                                          \
		.name = #fn " [S7]", .test_func = (fn), .setup_func = fixture_set_up,              \
		.teardown_func = fixture_tear_down                                                 \
	}

/* One as it was saved: on the same host, which can do more than the config asks of it. */
void fixture_machine_new(struct machine *machine);
/* Something of everything: a batch, an event in the guest's queue, others in the kernel. */
void fixture_machine_fill(struct machine *machine);

/* Numbers in a snapshot. */
void fixture_put(uint8_t *bytes, uint64_t value, size_t size);
uint32_t fixture_get32(const uint8_t *bytes);
/* Whoever makes a snapshot up makes its length and checksum right. */
void fixture_seal(uint8_t *bytes, size_t length);
/* Return: where the payload of the section with this tag begins. */
uint8_t *fixture_section(enum tag tag);

/* Return: what vsmmu_restore() says on fixture.to. */
int fixture_restore(const uint8_t *bytes, size_t length);

/* fixture.to is as fixture.fresh is. */
void fixture_assert_untouched(void);
void fixture_assert_refused(const uint8_t *bytes, size_t length, int error);
/* fixture.to has taken the snapshot as it was, just now. */
void fixture_assert_restored(void);
/* After all that was refused the real one is taken. */
void fixture_assert_still_good(void);

#endif
