/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots that are damaged, made up or too new, and calls that fail on the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/command.h"
#include "fail_nth.h"
#include "rng.h"
#include "smmu/snapshot.h"
#include "util/crc32.h"
#include "whole.h"

#define VSID	  0x10
#define ENDPOINTS 2
#define EVENTS	  6
#define CMDQ	  WHOLE_MEMORY
#define EVENTQ	  (WHOLE_MEMORY + 0x10000)
#define STRTAB	  (WHOLE_MEMORY + 0x20000)
#define HEADER	  24
#define ROUNDS	  20000

enum tag { CONFIG = 1, IDENTITY, REGISTERS, QUEUE, CMDS, BATCH, COUNTERS, STREAMS, EVENTS_READ };

struct machine {
	struct whole *whole;
	uint32_t dev_id[ENDPOINTS];
};

static void machine_new(struct machine *machine)
{
	static const struct vsmmu_config with_msi = {.msi = true};
	struct whole *whole = whole_alloc();

	machine->whole = whole;
	assert_int_equal(whole_new(whole, whole_sim(whole, NULL), &with_msi), 0);
	for (uint32_t n = 0; n < ENDPOINTS; n++) {
		struct vsmmu_endpoint_config config = {
			.size = sizeof(config), .vsid = VSID + n, .vfio_fd = -1};
		struct vsmmu_endpoint *endpoint;

		assert_int_equal(vsmmu_sim_endpoint_new(whole->host, n, &machine->dev_id[n]), 0);
		config.dev_id = machine->dev_id[n];
		assert_int_equal(vsmmu_endpoint_attach(whole->vsmmu, &config, &endpoint), 0);
	}
}

static void machine_fault(struct machine *machine, unsigned int n)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(1) << 35, 0x1000, 0}};

	assert_int_equal(vsmmu_sim_fault(machine->whole->host, machine->dev_id[n], &record), 0);
}

/* Something of everything: a batch, an event in the guest's queue, others in the kernel. */
static void machine_fill(struct machine *machine)
{
	struct whole *whole = machine->whole;

	for (uint64_t n = 0; n < ENDPOINTS; n++)
		whole_store64(whole, STRTAB + (VSID + n) * 64, UINT64_C(4) << 1 | 1);
	for (uint64_t i = 0; i < 3; i++)
		whole_store64(whole, CMDQ + i * 16, COMMAND_OP_TLBI_NH_ASID | i << 48);
	whole_write64(whole, SMMU_STRTAB_BASE, STRTAB);
	whole_write(whole, SMMU_STRTAB_BASE_CFG, 6);
	whole_write64(whole, SMMU_CMDQ_BASE, CMDQ | 8);
	whole_write64(whole, SMMU_EVENTQ_BASE, EVENTQ | 4);
	whole_write(whole, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	whole_write(whole, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	whole_write(whole, SMMU_CMDQ_PROD, 3);
	machine_fault(machine, 0);
	vsmmu_dispatch(whole->vsmmu, 0);
	for (unsigned int n = 1; n < EVENTS; n++)
		machine_fault(machine, n % 2);
}

/* A snapshot of such a machine, and one to restore it on. */
struct stand {
	struct machine to, fresh;
	uint8_t *bytes;
	size_t length;
};

static struct stand stand;

static int set_up(void **unused)
{
	struct machine from;
	void *bytes;

	(void)unused;
	machine_new(&from);
	machine_fill(&from);
	assert_int_equal(vsmmu_save(from.whole->vsmmu, &bytes, &stand.length), 0);
	stand.bytes = bytes;
	machine_new(&stand.to);
	machine_new(&stand.fresh);
	memcpy(stand.to.whole->memory, from.whole->memory, WHOLE_SIZE);
	whole_free(from.whole);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	whole_free(stand.to.whole);
	whole_free(stand.fresh.whole);
	vsmmu_snapshot_free(stand.bytes);
	return 0;
}

static void put(uint8_t *bytes, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* Whoever makes a snapshot up makes its checksum right. */
static void seal(uint8_t *bytes, size_t length)
{
	put(bytes + 16, length, 8);
	put(bytes + length - 4, crc32_of(bytes, length - 4), 4);
}

static int restore(const uint8_t *bytes, size_t length)
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

static void assert_untouched(void)
{
	for (uint64_t offset = 0; offset < 0x100; offset += 4)
		assert_int_equal(
			whole_read(stand.to.whole, offset), whole_read(stand.fresh.whole, offset));
	assert_int_equal(whole_read(stand.to.whole, SMMU_EVENTQ_PROD), 0);
	assert_int_equal(whole_read(stand.to.whole, SMMU_EVENTQ_CONS), 0);
	assert_int_equal(whole_stats(stand.to.whole).sequenced, 0);
}

static void assert_refused(const uint8_t *bytes, size_t length, int error)
{
	assert_int_equal(restore(bytes, length), error);
	assert_untouched();
}

/* After all that was refused the real one is taken. */
static void assert_still_good(void)
{
	assert_int_equal(restore(stand.bytes, stand.length), 0);
	vsmmu_dispatch(stand.to.whole->vsmmu, 0);
	assert_int_equal(whole_read(stand.to.whole, SMMU_EVENTQ_PROD), EVENTS);
	assert_int_equal(whole_stats(stand.to.whole).delivered, EVENTS);
}

/* Return: where the payload of the first section with this tag begins. */
static uint8_t *section(enum tag tag)
{
	uint8_t *at = stand.bytes + HEADER;

	while (get32(at) != tag) {
		at += 8 + get32(at + 4);
		assert_true(at < stand.bytes + stand.length - 4);
	}
	return at + 8;
}

static void damage_is_noticed(void **unused)
{
	static const uint8_t damages[] = {0x01, 0x80, 0xff};

	(void)unused;
	for (size_t i = 0; i < stand.length; i++) {
		for (size_t j = 0; j < sizeof(damages); j++) {
			stand.bytes[i] ^= damages[j];
			assert_int_equal(restore(stand.bytes, stand.length), -EBADMSG);
			stand.bytes[i] ^= damages[j];
		}
	}
	assert_untouched();
	assert_still_good();
}

static void another_length_is_noticed(void **unused)
{
	uint8_t *longer = calloc(1, stand.length + 1);

	(void)unused;
	assert_non_null(longer);
	memcpy(longer, stand.bytes, stand.length);
	assert_int_equal(restore(longer, stand.length + 1), -EBADMSG);
	for (size_t length = 0; length < stand.length; length++) {
		assert_int_equal(restore(stand.bytes, length), -EBADMSG);
		/* And cut short on purpose. */
		memcpy(longer, stand.bytes, length);
		if (length < HEADER + 4)
			continue;
		seal(longer, length);
		assert_int_equal(restore(longer, length), -EBADMSG);
	}
	free(longer);
	assert_untouched();
	assert_still_good();
}

static void newer_versions_are_refused(void **unused)
{
	(void)unused;
	put(stand.bytes + 8, SNAPSHOT_VERSION + 1, 4);
	seal(stand.bytes, stand.length);
	assert_refused(stand.bytes, stand.length, -EPROTONOSUPPORT);
	put(stand.bytes + 8, 0, 4);
	seal(stand.bytes, stand.length);
	assert_refused(stand.bytes, stand.length, -EBADMSG);
	put(stand.bytes + 8, SNAPSHOT_VERSION, 4);
	put(stand.bytes + 12, get32(stand.bytes + 12) ^ 3, 4);
	seal(stand.bytes, stand.length);
	assert_refused(stand.bytes, stand.length, -ENODEV);
}

struct value {
	enum tag tag;
	size_t offset;
	uint32_t value;
};

static void values_out_of_range_are_refused(void **unused)
{
	static const struct value bad[] = {
		{CONFIG, 0, 2},			 /* a flag */
		{CONFIG, 0, 0},			 /* an event path with a command queue */
		{CONFIG, 4, 20},		 /* eventq_log2_max */
		{CONFIG, 4, 0}, {CONFIG, 8, 20}, /* cmdq_log2_max */
		{CONFIG, 12, 21},		 /* ssid_bits */
		{IDENTITY, 0, 0x0d48101f},	 /* stage 2 */
		{IDENTITY, 0, 0x0d484012},	 /* no tables */
		{IDENTITY, 0, 0x0c40301a}, {IDENTITY, 0, 0x0e40301a}, /* stalls */
		{IDENTITY, 20, 0x10074},			      /* STALL_MAX */
		{IDENTITY, 24, 0x0043b000}, {IDENTITY, 28, 2},	      /* IIDR, AIDR */
		{IDENTITY, 4, 0x02730021},			      /* SIDSIZE 33 */
		{IDENTITY, 4, 0x02730004}, /* SIDSIZE that has no room for the vSIDs */
		{IDENTITY, 4, 0x02530010}, /* CMDQS other than config */
		{IDENTITY, 8, 1}, {IDENTITY, 12, 0x1c04}, /* BBML 3 */
		{IDENTITY, 20, 0x77},			  /* OAS 7 */
		{REGISTERS, 0, 0xf},			  /* CR0: what CR0ACK does not say */
		{REGISTERS, 4, 1 << 10}, {REGISTERS, 8, 0x1000}, {REGISTERS, 12, 1},
		{REGISTERS, 16, 0x80000000}, /* GBPA.Update */
		{REGISTERS, 20, 8}, {REGISTERS, 24, 2}, {REGISTERS, 28, 0x80000000},
		{REGISTERS, 32, 1},    /* ADDR */
		{REGISTERS, 44, 0x40}, /* SH, MemAttr */
		{REGISTERS, 64, 0x20}, /* STRTAB_BASE */
		{REGISTERS, 72, 0x800}, {QUEUE, 4, 0x80000000}, {QUEUE, 8, 0x100000},
		{QUEUE, 12, 0x40000000}, {QUEUE, 16, 0}, /* off, and CR0 says on */
		{CMDS, 4, 0x01000000}, {CMDS, 8, 0x80000000}, {CMDS, 12, 0x80000000}, {CMDS, 16, 2},
		{BATCH, 0, 3}, {BATCH, 4, COMMAND_OP_SYNC}, {BATCH, 4, COMMAND_OP_CFGI_STE},
		{COUNTERS, 8, 77},	/* they do not add up */
		{STREAMS, 0, VSID + 1}, /* twice */
		{STREAMS, 4, VSID - 1}, /* not in order */
		{EVENTS_READ, 0, 1},	/* a LOST header: then it is cut short */
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *at = section(bad[i].tag) + bad[i].offset;
		uint32_t before = get32(at);

		put(at, bad[i].value, 4);
		seal(stand.bytes, stand.length);
		if (restore(stand.bytes, stand.length) != -EBADMSG)
			fail_msg("section %d, offset %zu, %#x is taken", bad[i].tag, bad[i].offset,
				bad[i].value);
		put(at, before, 4);
	}
	assert_untouched();
	seal(stand.bytes, stand.length);
	assert_still_good();
}

static void change(const struct value *value)
{
	put(section(value->tag) + value->offset, value->value, 4);
	seal(stand.bytes, stand.length);
}

/* Registers of what the guest's SMMU does not have. */
static void what_is_not_there_is_not_on(void **unused)
{
	const uint32_t cr0 = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN;
	const struct value no_msi = {IDENTITY, 0, 0x0d40101a};
	const struct {
		struct value value[2];
	} bad[] = {
		{{no_msi, {REGISTERS, 32, 0x1000}}}, {{no_msi, {REGISTERS, 40, 1}}},
		{{no_msi, {REGISTERS, 44, 1}}}, {{no_msi, {REGISTERS, 48, 0x1000}}},
		{{no_msi, {REGISTERS, 56, 1}}}, {{no_msi, {REGISTERS, 60, 1}}},
		{{no_msi, {REGISTERS, 24, SMMU_GERROR_MSI_CMDQ_ABT}}},
		{{no_msi, {REGISTERS, 28, SMMU_GERROR_MSI_GERROR_ABT}}},
		{{{REGISTERS, 0, cr0 | SMMU_CR0_ATSCHK}, {REGISTERS, 4, cr0 | SMMU_CR0_ATSCHK}}},
		{{{IDENTITY, 0, 0x0e40301a}, {IDENTITY, 20, 0x10074}}}, /* stalls, STALL_MAX 1 */
	};
	uint8_t *good = malloc(stand.length);

	(void)unused;
	assert_non_null(good);
	memcpy(good, stand.bytes, stand.length);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		change(&bad[i].value[0]);
		change(&bad[i].value[1]);
		if (restore(stand.bytes, stand.length) != -EBADMSG)
			fail_msg("pair %zu is taken", i);
		memcpy(stand.bytes, good, stand.length);
	}
	free(good);
	assert_untouched();
	change(&no_msi);
	assert_still_good();
}

/* Unknown, missing, doubled or of another length. */
static void other_sections_are_refused(void **unused)
{
	(void)unused;
	for (uint8_t *at = stand.bytes + HEADER; at < stand.bytes + stand.length - 4;
		at += 8 + get32(at + 4)) {
		const uint32_t tag = get32(at), length = get32(at + 4);
		const uint32_t others[] = {0, tag + 1, tag - 1, 10, UINT32_MAX};
		const uint32_t lengths[] = {0, length - 1, length + 1, length + 8, UINT32_MAX};

		for (size_t i = 0; i < 5; i++) {
			put(at, others[i], 4);
			seal(stand.bytes, stand.length);
			assert_int_equal(restore(stand.bytes, stand.length), -EBADMSG);
			put(at, tag, 4);
			put(at + 4, lengths[i], 4);
			seal(stand.bytes, stand.length);
			assert_int_equal(restore(stand.bytes, stand.length), -EBADMSG);
			put(at + 4, length, 4);
		}
	}
	assert_untouched();
	seal(stand.bytes, stand.length);
	assert_still_good();
}

/* More commands than a batch holds. */
static void a_batch_has_a_limit(void **unused)
{
	const size_t more = (INVALIDATION_MAX + 1) * 16;
	uint8_t *bytes = calloc(1, stand.length + more), *batch = section(BATCH);
	const uint32_t length = get32(batch - 4);
	const size_t before = (size_t)(batch - stand.bytes) + length;

	(void)unused;
	assert_non_null(bytes);
	memcpy(bytes, stand.bytes, before);
	put(bytes + before - length - 4, length + more, 4);
	for (size_t at = before; at < before + more; at += 16)
		bytes[at] = COMMAND_OP_TLBI_NH_ALL;
	memcpy(bytes + before + more, stand.bytes + before, stand.length - before);
	seal(bytes, stand.length + more);
	assert_refused(bytes, stand.length + more, -EBADMSG);
	free(bytes);
}

/* As many LOST headers as one with the greatest depth could come to, and one more. */
static void events_have_a_limit(void **unused)
{
	uint8_t *events = section(EVENTS_READ), *bytes;
	const size_t before = (size_t)(events - stand.bytes);
	struct vsmmu_stats stats;

	(void)unused;
	bytes = malloc(before + (SNAPSHOT_RECORDS + 1) * 8 + 4);
	assert_non_null(bytes);
	memcpy(bytes, stand.bytes, before);
	for (uint32_t i = 0; i <= SNAPSHOT_RECORDS; i++) {
		put(bytes + before + (size_t)i * 8, 1, 4);
		put(bytes + before + (size_t)i * 8 + 4, i, 4);
	}
	for (uint32_t count = SNAPSHOT_RECORDS + 1; count >= SNAPSHOT_RECORDS; count--) {
		put(bytes + before - 4, count * 8, 4);
		seal(bytes, before + count * 8 + 4);
		if (count > SNAPSHOT_RECORDS)
			assert_refused(bytes, before + count * 8 + 4, -EBADMSG);
	}
	stats = whole_stats(stand.to.whole);
	assert_int_equal(restore(bytes, before + SNAPSHOT_RECORDS * 8 + 4), 0);
	/* All of it goes in one go, for those who must be sure that it has gone. */
	assert_int_equal(vsmmu_reset(stand.to.whole->vsmmu), 0);
	assert_int_equal(whole_stats(stand.to.whole).lost - stats.lost, SNAPSHOT_RECORDS);
	free(bytes);
}

/* The guest, and the VMM, use whatever it was. */
static void use(struct whole *whole)
{
	vsmmu_dispatch(whole->vsmmu, 0);
	vsmmu_run_commands(whole->vsmmu, 0);
	whole_write(whole, SMMU_EVENTQ_CONS, whole_read(whole, SMMU_EVENTQ_PROD));
	vsmmu_dispatch(whole->vsmmu, 0);
	assert_int_equal(vsmmu_reset(whole->vsmmu), 0);
}

/* Whatever passes the checks does no harm, and what does not leaves no trace. */
static void made_up_snapshots_do_no_harm(void **unused)
{
	uint8_t *bytes = malloc(stand.length);
	unsigned int taken = 0, refused = 0;
	struct rng rng = {.state = 4711};

	(void)unused;
	assert_non_null(bytes);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int changes = 1 + (unsigned int)(rng_below(&rng, 3));
		int ret;

		memcpy(bytes, stand.bytes, stand.length);
		while (changes--)
			bytes[HEADER + rng_below(&rng, stand.length - HEADER)] ^=
				(uint8_t)(1 << rng_below(&rng, 8));
		seal(bytes, stand.length);
		ret = restore(bytes, stand.length);
		assert_true(ret == 0 || ret == -EBADMSG || ret == -ENODEV);
		taken += !ret;
		refused += !!ret;
		if (!ret)
			use(stand.to.whole);
		assert_int_equal(whole_read(stand.to.whole, SMMU_CR0), 0);
	}
	/* Both really happened. */
	assert_true(taken > ROUNDS / 20 && refused > ROUNDS / 20);
	free(bytes);
}

static void saving_survives_every_failed_call(void **unused)
{
	bool fired = true;
	unsigned int n;

	(void)unused;
	for (n = 1; fired; n++) {
		struct machine from;
		void *bytes = NULL;
		size_t length;
		int ret;

		machine_new(&from);
		machine_fill(&from);
		fail_nth_arm(n);
		ret = vsmmu_save(from.whole->vsmmu, &bytes, &length);
		fail_nth_arm(0);
		fired = fail_nth_fired();
		assert_int_equal(!ret, !fired);
		assert_int_equal(!ret, !!bytes);
		vsmmu_snapshot_free(bytes);
		/* What could be read is kept, and found by the next one. */
		assert_int_equal(vsmmu_save(from.whole->vsmmu, &bytes, &length), 0);
		assert_int_equal(length, stand.length);
		vsmmu_snapshot_free(bytes);
		vsmmu_dispatch(from.whole->vsmmu, 0);
		assert_int_equal(whole_stats(from.whole).delivered, EVENTS);
		assert_int_equal(whole_stats(from.whole).lost, 0);
		whole_free(from.whole);
	}
	/* Two vEVENTQs with memory, eventfd, poll set and bytes each, and four more. */
	assert_true(n - 1 > 2 * 4 + 4);
}

static void restoring_survives_every_failed_call(void **unused)
{
	unsigned int n = 0;
	int ret;

	(void)unused;
	do {
		fail_nth_arm(++n);
		ret = vsmmu_restore(stand.to.whole->vsmmu, stand.bytes, stand.length);
		fail_nth_arm(0);
		if (!ret)
			break;
		assert_true(fail_nth_fired());
		assert_untouched();
	} while (ret);
	assert_true(n > 10);
	vsmmu_dispatch(stand.to.whole->vsmmu, 0);
	assert_int_equal(whole_stats(stand.to.whole).delivered, EVENTS);
}

#define TEST(fn)                                                                                   \
	{                                                                                          \
		.name = #fn " [S7]", .test_func = (fn), .setup_func = set_up,                      \
		.teardown_func = tear_down                                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(damage_is_noticed),
		TEST(another_length_is_noticed),
		TEST(newer_versions_are_refused),
		TEST(values_out_of_range_are_refused),
		TEST(what_is_not_there_is_not_on),
		TEST(other_sections_are_refused),
		TEST(a_batch_has_a_limit),
		TEST(events_have_a_limit),
		TEST(made_up_snapshots_do_no_harm),
		TEST(saving_survives_every_failed_call),
		TEST(restoring_survives_every_failed_call),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
