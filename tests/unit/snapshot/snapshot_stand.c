/* SPDX-License-Identifier: BSD-2-Clause */
#include "snapshot_stand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/crc32.h"

struct stand stand;

void stand_machine_new(struct machine *machine)
{
	/* ATS, and stalls that the guest's SMMU does not have. */
	static const struct vsmmu_sim_config host = {
		.idr = {0x0c48100c, 0x20 | 5 << 6, 0, 0x400, 0, 0x76}, .ats = true};
	static const struct vsmmu_config config = {.msi = true};

	machine_new(machine, &host, &config, ENDPOINTS);
}

static void machine_fault(struct machine *machine, unsigned int n)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(1) << 35, 0x1000, 0}};

	assert_int_equal(vsmmu_sim_fault(machine->whole->host, machine->dev_id[n], &record), 0);
}

void stand_machine_fill(struct machine *machine)
{
	machine_start(machine);
	for (uint64_t asid = 0; asid < 3; asid++)
		machine_queue(machine, COMMAND_OP_TLBI_NH_ASID | asid << 48, 0);
	machine_kick(machine);
	machine_fault(machine, 0);
	vsmmu_dispatch(machine->whole->vsmmu, 0);
	for (unsigned int n = 1; n < STAND_EVENTS; n++)
		machine_fault(machine, n % ENDPOINTS);
}

int stand_set_up(void **unused)
{
	struct machine from;
	void *bytes;

	(void)unused;
	stand_machine_new(&from);
	stand_machine_fill(&from);
	assert_int_equal(vsmmu_save(from.whole->vsmmu, &bytes, &stand.length), 0);
	stand.bytes = bytes;
	stand_machine_new(&stand.to);
	stand_machine_new(&stand.fresh);
	memcpy(stand.to.whole->memory, from.whole->memory, WHOLE_SIZE);
	machine_free(&from);
	return 0;
}

int stand_tear_down(void **unused)
{
	(void)unused;
	machine_free(&stand.to);
	machine_free(&stand.fresh);
	vsmmu_snapshot_free(stand.bytes);
	return 0;
}

void stand_put(uint8_t *bytes, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

uint32_t stand_get32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

void stand_seal(uint8_t *bytes, size_t length)
{
	stand_put(bytes + 12, length, 8);
	stand_put(bytes + length - 4, crc32_of(bytes, length - 4), 4);
}

uint8_t *stand_section(enum tag tag)
{
	uint8_t *at = stand.bytes + STAND_HEADER;

	while (stand_get32(at) != tag) {
		at += 8 + stand_get32(at + 4);
		assert_true(at < stand.bytes + stand.length - 4);
	}
	return at + 8;
}

int stand_restore(const uint8_t *bytes, size_t length)
{
	/* Exactly as long, for the sanitizer to see one byte too far. */
	uint8_t *copy = malloc(length ? length : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	ret = vsmmu_restore(stand.to.whole->vsmmu, copy, length);
	free(copy);
	return ret;
}

/* By what their transactions meet: a snapshot's stream 0 aborts. */
static void assert_attached(bool restored)
{
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(machine_dma(&stand.to, n, DATA), restored && !n ? -EFAULT : 0);
}

void stand_assert_untouched(void)
{
	struct whole *to = stand.to.whole, *fresh = stand.fresh.whole;

	for (uint64_t offset = 0; offset < 0x100; offset += 4)
		assert_int_equal(whole_read(to, offset), whole_read(fresh, offset));
	assert_int_equal(whole_read(to, SMMU_EVENTQ_PROD), 0);
	assert_int_equal(whole_read(to, SMMU_EVENTQ_CONS), 0);
	assert_int_equal(whole_stats(to).sequenced, 0);
	assert_int_equal(whole_stats(to).commands, 0);
	assert_attached(false);
}

void stand_assert_refused(const uint8_t *bytes, size_t length, int error)
{
	assert_int_equal(stand_restore(bytes, length), error);
	stand_assert_untouched();
}

void stand_assert_still_good(void)
{
	assert_int_equal(stand_restore(stand.bytes, stand.length), 0);
	stand_assert_restored();
}

void stand_assert_restored(void)
{
	vsmmu_dispatch(stand.to.whole->vsmmu, 0);
	assert_int_equal(whole_read(stand.to.whole, SMMU_EVENTQ_PROD), STAND_EVENTS);
	assert_int_equal(whole_stats(stand.to.whole).delivered, STAND_EVENTS);
	assert_attached(true);
}
