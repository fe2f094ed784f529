/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A simulated host whose DMA reaches the RAM of pgtable.h, with one endpoint on a nested HWPT:
 * STEs are installed as a vSMMU would, and events are read from the vEVENTQ.
 */
#ifndef UNIT_SIM_DMA_FIXTURE_H
#define UNIT_SIM_DMA_FIXTURE_H

#include <errno.h>

#include "arch/idr.h"
#include "arch/translate.h"
#include "lib/rng.h"
#include "sim_fixture.h"
#include "lib/pgtable.h"

#define CD_TABLE  (RAM_BASE + 0x80000)
#define L1CD	  (RAM_BASE + 0x90000)
#define STRTAB	  (RAM_BASE + 0xa0000)
#define DATA	  (RAM_BASE + 0xc0000)
#define DATA_SIZE (RAM_SIZE - 0xc0000)
#define VA	  UINT64_C(0x5000)
#define PAGE	  UINT64_C(0x1000)
#define NOWHERE	  UINT64_C(0x40000000) /* there is no memory */

/* Leaf descriptor bits: open to unprivileged reads and writes, of one ASID alone. */
#define RW   (AF | BIT(6))
#define NG   BIT(11)
#define READ 0U

static inline int ram_write(void *ctx, uint64_t address, const void *bytes, size_t n)
{
	struct ram *to = ctx;
	uint64_t offset = address - to->base;

	if (offset >= RAM_SIZE || n > RAM_SIZE - offset)
		return -1;
	memcpy(to->bytes + offset, bytes, n);
	return 0;
}

/* @config: its memory is filled in; NULL for all defaults. RAM stays as it is. */
static inline struct sim_fixture *dma_build(const struct vsmmu_sim_config *config)
{
	struct vsmmu_sim_config own = config ? *config : (struct vsmmu_sim_config){0};

	own.size = sizeof(own);
	own.memory_read = ram_read;
	own.memory_write = ram_write;
	own.memory_opaque = &ram;
	return build(&own, 64);
}

/* Tables of 4-KiB pages below 2^39, and its CD with ASID 0 as CD 0. */
static inline void dma_pgtable(struct pgtable *pgtable)
{
	assert_true(pgtable_init(pgtable, 0, false, 25, false, 48, RAM_BASE));
	ram_set_entry(&ram, CD_TABLE, pgtable->word);
}

static inline void map_page(struct pgtable *pgtable, uint64_t va, uint64_t pa, uint64_t bits)
{
	const struct mapped page = {.va = va, .pa = pa, .index = 4};

	pgtable_map(pgtable, &page, bits);
}

static inline void unmap_page(struct pgtable *pgtable, uint64_t va)
{
	ram_set(&ram, pgtable_slot(pgtable, va, 4), 0);
}

/* In place of the STE that was there. */
static inline void install(struct sim_fixture *s, uint64_t word0, uint64_t word1)
{
	const uint32_t old = s->nested;

	assert_int_equal(new_nested(s, word0, word1, &s->nested), 0);
	assert_int_equal(s->ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
	assert_int_equal(s->ops->destroy(s->host, old), 0);
}

static inline int dma_by(struct sim_fixture *s, uint32_t dev_id, uint32_t flags, uint32_t ssid,
	uint64_t address, void *bytes, size_t length)
{
	const struct vsmmu_access access = {.size = sizeof(access),
		.vsid = UINT32_C(0xdead),
		.flags = flags,
		.ssid = ssid,
		.address = address};

	return vsmmu_sim_dma(s->host, dev_id, &access, bytes, length);
}

static inline int dma(
	struct sim_fixture *s, uint32_t flags, uint64_t address, void *bytes, size_t length)
{
	return dma_by(s, s->endpoint.dev_id, flags, 0, address, bytes, length);
}

/* What 8 bytes read as, or ~0 for an abort. */
static inline uint64_t load_by(
	struct sim_fixture *s, uint32_t dev_id, int64_t ssid, uint64_t address)
{
	uint8_t bytes[8];

	if (dma_by(s, dev_id, ssid < 0 ? READ : VSMMU_ACCESS_SSID, ssid < 0 ? 0 : (uint32_t)ssid,
		    address, bytes, sizeof(bytes)))
		return ~UINT64_C(0);
	return record_load_word(bytes, 0);
}

static inline uint64_t load(struct sim_fixture *s, uint64_t address)
{
	return load_by(s, s->endpoint.dev_id, -1, address);
}

#define ABORTED (~UINT64_C(0))

/* The next event's four words; false when there is none. */
static inline bool next_event(struct sim_fixture *s, struct vsmmu_event_record *record)
{
	const ssize_t got = read_bytes(s, RECORD);
	uint32_t header[2];

	if (!got)
		return false;
	assert_int_equal(got, RECORD);
	memcpy(header, s->buffer, sizeof(header));
	assert_int_equal(header[0], 0);
	record_load(s->buffer + 8, record->word);
	return true;
}

static inline void expect_event(
	struct sim_fixture *s, uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3)
{
	struct vsmmu_event_record record = {0};

	assert_true(next_event(s, &record));
	assert_int_equal(record.word[0], word0 | (uint64_t)VSID << 32);
	assert_int_equal(record.word[1], word1);
	assert_int_equal(record.word[2], word2);
	assert_int_equal(record.word[3], word3);
}

static inline void expect_silence(struct sim_fixture *s)
{
	struct vsmmu_event_record record;

	assert_false(next_event(s, &record));
}

/* Sends commands; all of them must be taken. */
static inline void invalidate_on(
	struct sim_fixture *s, uint32_t viommu, const uint64_t (*command)[2], uint32_t count)
{
	uint32_t handled = ~0U;

	assert_int_equal(s->ops->invalidate(s->host, viommu, command, count, &handled), 0);
	assert_int_equal(handled, count);
}

static inline void invalidate(struct sim_fixture *s, uint64_t word0, uint64_t word1)
{
	const uint64_t command[1][2] = {{word0, word1}};

	invalidate_on(s, s->viommu, command, 1);
}

/* Commands. */
#define NSNH_ALL      UINT64_C(0x30)
#define NH_ALL	      UINT64_C(0x10)
#define NH_ASID(asid) (UINT64_C(0x11) | (uint64_t)(asid) << 48)
#define NH_VA(asid)   (UINT64_C(0x12) | (uint64_t)(asid) << 48)
#define NH_VAA	      UINT64_C(0x13)
#define CFGI_CD(ssid) (UINT64_C(0x05) | (uint64_t)(ssid) << 12 | (uint64_t)VSID << 32)
#define CFGI_CD_ALL   (UINT64_C(0x06) | (uint64_t)VSID << 32)
#define LEAF	      UINT64_C(1)

#endif
