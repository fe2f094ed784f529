/* SPDX-License-Identifier: BSD-2-Clause */
#include "snapshot_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/crc32.h"

struct snapshot_fixture fixture;

void fixture_machine_new(struct machine *machine)
{
	/* ATS, and stalls that the guest's SMMU does not have. */
	static const struct vsmmu_sim_config host = {
		.idr = {0x0c48100c, 0x20 | 5 << 6, 0, 0x400, 0, 0x76}, .ats = true};
	static const struct vsmmu_config config = {0};

	machine_new(machine, &host, &config, ENDPOINTS);
}

static void machine_fault(struct machine *machine, unsigned int n)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(1) << 35, 0x1000, 0}};

	assert_int_equal(vsmmu_sim_fault(machine->sim, machine->dev_id[n], &record), 0);
}

void fixture_machine_fill(struct machine *machine)
{
	machine_start(machine);
	for (uint64_t asid = 0; asid < 3; asid++)
		machine_queue(machine, COMMAND_OP_TLBI_NH_ASID | asid << 48, 0);
	machine_kick(machine);
	machine_fault(machine, 0);
	vsmmu_dispatch(machine->vmm->vsmmu, 0);
	for (unsigned int n = 1; n < FIXTURE_EVENTS; n++)
		machine_fault(machine, n % ENDPOINTS);
}

int fixture_set_up(void **unused)
{
	struct machine from;
	void *bytes;

	(void)unused;
	fixture_machine_new(&from);
	fixture_machine_fill(&from);
	assert_int_equal(vsmmu_save(from.vmm->vsmmu, &bytes, &fixture.length), 0);
	fixture.bytes = bytes;
	fixture_machine_new(&fixture.to);
	fixture_machine_new(&fixture.fresh);
	memcpy(fixture.to.vmm->memory, from.vmm->memory, TEST_VMM_SIZE);
	machine_free(&from);
	return 0;
}

int fixture_tear_down(void **unused)
{
	(void)unused;
	machine_free(&fixture.to);
	machine_free(&fixture.fresh);
	vsmmu_snapshot_free(fixture.bytes);
	return 0;
}

void fixture_put(uint8_t *bytes, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

uint32_t fixture_get32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

void fixture_seal(uint8_t *bytes, size_t length)
{
	fixture_put(bytes + 12, length, 8);
	fixture_put(bytes + length - 4, crc32_of(bytes, length - 4), 4);
}

uint8_t *fixture_section(enum tag tag)
{
	uint8_t *at = fixture.bytes + FIXTURE_HEADER;

	while (fixture_get32(at) != tag) {
		at += 8 + fixture_get32(at + 4);
		assert_true(at < fixture.bytes + fixture.length - 4);
	}
	return at + 8;
}

int fixture_restore(const uint8_t *bytes, size_t length)
{
	/* Exactly as long, for the sanitizer to see one byte too far. */
	uint8_t *copy = malloc(length ? length : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	ret = vsmmu_restore(fixture.to.vmm->vsmmu, copy, length);
	free(copy);
	return ret;
}

/* By what their transactions meet: a snapshot's stream 0 aborts. */
static void assert_attached(bool restored)
{
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(machine_dma(&fixture.to, n, DATA), restored && !n ? -EFAULT : 0);
}

void fixture_assert_untouched(void)
{
	struct test_vmm *to = fixture.to.vmm, *fresh = fixture.fresh.vmm;

	for (uint64_t offset = 0; offset < 0x100; offset += 4)
		assert_int_equal(test_vmm_read(to, offset), test_vmm_read(fresh, offset));
	assert_int_equal(test_vmm_read(to, SMMU_EVENTQ_PROD), 0);
	assert_int_equal(test_vmm_read(to, SMMU_EVENTQ_CONS), 0);
	assert_int_equal(test_vmm_stats(to).sequenced, 0);
	assert_int_equal(test_vmm_stats(to).commands, 0);
	assert_attached(false);
}

void fixture_assert_refused(const uint8_t *bytes, size_t length, int error)
{
	assert_int_equal(fixture_restore(bytes, length), error);
	fixture_assert_untouched();
}

void fixture_assert_still_good(void)
{
	assert_int_equal(fixture_restore(fixture.bytes, fixture.length), 0);
	fixture_assert_restored();
}

void fixture_assert_restored(void)
{
	vsmmu_dispatch(fixture.to.vmm->vsmmu, 0);
	assert_int_equal(test_vmm_read(fixture.to.vmm, SMMU_EVENTQ_PROD), FIXTURE_EVENTS);
	assert_int_equal(test_vmm_stats(fixture.to.vmm).delivered, FIXTURE_EVENTS);
	assert_attached(true);
}
