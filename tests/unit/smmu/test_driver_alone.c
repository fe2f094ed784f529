/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver model on a device that is nothing but registers: what it does, in which order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/driver.h"
#include "lib/unit.h"

#define MEMORY	     UINT64_C(0x80000000)
#define MEMORY_SIZE  ((size_t)4 << 20)
#define ACCESSES     1024
#define OTHER_STREAM 9

/* The working baseline of a stage 1 SMMU. */
static const uint32_t good_idr[6] = {0x0d40101a, 0x02730010, 0, 0x0404, 0, 0x74};

/* A device that acknowledges at once and consumes commands as they come. */
struct device {
	uint32_t reg[0x20000 / 4];
	uint32_t idr[6];
	uint64_t written[ACCESSES]; /* offsets */
	unsigned int writes;
	bool dead; /* acknowledges nothing, consumes nothing */
	unsigned int idles;
	uint8_t *memory;
	struct driver driver;
};

static uint64_t device_read(void *opaque, uint64_t offset, unsigned int size)
{
	struct device *device = opaque;
	uint64_t value;

	if (offset < sizeof(device->idr) && size == 4)
		return device->idr[offset / 4];
	value = device->reg[offset / 4];
	return size == 8 ? value | (uint64_t)device->reg[offset / 4 + 1] << 32 : value;
}

static void device_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct device *device = opaque;

	assert_true(device->writes < ACCESSES);
	device->written[device->writes++] = offset;
	device->reg[offset / 4] = (uint32_t)value;
	if (size == 8)
		device->reg[offset / 4 + 1] = (uint32_t)(value >> 32);
	if (device->dead)
		return;
	switch (offset) {
	case MMIO_CR0:
	case MMIO_IRQ_CTRL:
		device->reg[offset / 4 + 1] = (uint32_t)value;
		break;
	case MMIO_GBPA:
		device->reg[offset / 4] &= ~MMIO_GBPA_UPDATE;
		break;
	case MMIO_CMDQ_PROD:
		device->reg[MMIO_CMDQ_CONS / 4] = (uint32_t)value;
		break;
	default:
		break;
	}
}

static void device_idle(void *opaque)
{
	((struct device *)opaque)->idles++;
}

static const struct driver_ops device_ops = {
	.read = device_read,
	.write = device_write,
	.idle = device_idle,
};

static struct device *device_new(const struct driver_options *options)
{
	struct device *device = calloc(1, sizeof(*device));
	struct driver_memory memory = {.gpa = MEMORY, .size = MEMORY_SIZE};

	assert_non_null(device);
	device->memory = aligned_alloc(4096, MEMORY_SIZE);
	assert_non_null(device->memory);
	memory.base = device->memory;
	memcpy(device->idr, good_idr, sizeof(good_idr));
	driver_init(&device->driver, &device_ops, device, &memory, options);
	return device;
}

static void device_free(struct device *device)
{
	driver_destroy(&device->driver);
	free(device->memory);
	free(device);
}

TEST(probe_refuses_what_linux_refuses)
{
	static const struct {
		unsigned int idr;
		uint32_t clear, set;
		int ret;
	} cases[] = {
		{0, 0, 0, 0}, {0, 3u << 21, 0, 0},		   /* TTENDIAN mixed */
		{0, 3u << 21, 1u << 21, -ENXIO},		   /* reserved */
		{0, 3u << 21, 3u << 21, -ENXIO},		   /* big */
		{0, 2, 1, -ENXIO},				   /* no S1P */
		{0, 3u << 2, 1u << 2, -ENXIO},			   /* AArch32 alone */
		{0, 0, 3u << 2, 0},				   /* both */
		{1, 0, 1u << 30, -ENXIO},			   /* TABLES_PRESET */
		{1, 0, 1u << 29, -ENXIO},			   /* QUEUES_PRESET */
		{1, 0, 1u << 28, -ENXIO},			   /* REL */
		{1, 31u << 21, 6u << 21, -ENXIO},		   /* CMDQS too small */
		{1, 31u << 21, 7u << 21, 0}, {5, 0x70, 0, -ENXIO}, /* no granule */
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct device *device = device_new(NULL);
		uint32_t *idr = &device->idr[cases[i].idr];

		*idr = (*idr & ~cases[i].clear) | cases[i].set;
		assert_int_equal(driver_probe(&device->driver), cases[i].ret);
		assert_int_equal(device->writes, 0);
		device_free(device);
	}
}

TEST(reset_is_in_linux_order)
{
	/* A command each: CFGI_ALL, TLBI_NSNH_ALL, with their CMD_SYNC. */
	static const uint64_t order[] = {
		MMIO_CR0,
		MMIO_GERRORN,
		MMIO_CR1,
		MMIO_CR2,
		MMIO_STRTAB_BASE,
		MMIO_STRTAB_BASE_CFG,
		MMIO_CMDQ_BASE,
		MMIO_CMDQ_PROD,
		MMIO_CMDQ_CONS,
		MMIO_CR0,
		MMIO_CMDQ_PROD,
		MMIO_CMDQ_PROD,
		MMIO_EVENTQ_BASE,
		MMIO_EVENTQ_PROD,
		MMIO_EVENTQ_CONS,
		MMIO_CR0,
		MMIO_IRQ_CTRL,
		MMIO_GERROR_IRQ_CFG0,
		MMIO_EVENTQ_IRQ_CFG0,
		MMIO_IRQ_CTRL,
		MMIO_CR0,
	};
	struct device *device = device_new(NULL);

	assert_int_equal(driver_probe(&device->driver), 0);
	assert_int_equal(driver_reset(&device->driver), 0);
	assert_int_equal(device->writes, sizeof(order) / sizeof(order[0]));
	assert_memory_equal(device->written, order, sizeof(order));
	assert_int_equal(device->reg[MMIO_CR0 / 4], 0xd);
	assert_int_equal(device->reg[MMIO_CR1 / 4], 0xd75);
	/* Found on, it is closed before it is switched off. */
	device->writes = 0;
	assert_int_equal(driver_reset(&device->driver), 0);
	assert_int_equal(device->written[0], MMIO_GBPA);
	assert_int_equal(device->reg[MMIO_GBPA / 4], MMIO_GBPA_ABORT);
	assert_int_equal(device->written[1], MMIO_CR0);
	device_free(device);
}

TEST(nothing_waits_for_ever)
{
	const struct driver_options options = {.timeout_ms = 5};
	const struct driver_command command = {{SMMU_CMD_TLBI_NSNH_ALL, 0}};
	struct device *device = device_new(&options);
	struct driver *driver = &device->driver;

	assert_int_equal(driver_probe(driver), 0);
	assert_int_equal(driver_reset(driver), 0);
	device->dead = true;
	assert_int_equal(driver_sync(driver), -ETIMEDOUT);
	for (unsigned int i = 0; i < 255; i++)
		assert_int_equal(driver_issue(driver, &command, 1), 0);
	/* Full. */
	assert_int_equal(driver_issue(driver, &command, 1), -ETIMEDOUT);
	assert_int_equal(driver_disable(driver), -ETIMEDOUT);
	assert_int_equal(driver_set_gbpa(driver, true), -ETIMEDOUT);
	assert_int_equal(driver_reset(driver), -ETIMEDOUT);
	assert_true(driver->stats.timeouts >= 5);
	assert_true(device->idles > 0);
	device_free(device);
}

TEST(memory_blocks_do_not_overlap)
{
	enum { BLOCKS = 400 };
	struct device *device = device_new(NULL);
	struct driver *driver = &device->driver;
	uint64_t gpa[BLOCKS];
	size_t size[BLOCKS];
	uint32_t seed = 5;

	memset(gpa, 0, sizeof(gpa));
	for (unsigned int round = 0; round < 20 * BLOCKS; round++) {
		unsigned int i = (seed = seed * 1664525 + 1013904223) >> 8;
		uint64_t *block;

		i %= BLOCKS;
		if (gpa[i]) {
			block = driver_at(driver, gpa[i], size[i]);
			assert_int_equal(*block, i + 1);
			driver_free(driver, gpa[i], size[i]);
			gpa[i] = 0;
			continue;
		}
		size[i] = (size_t)64 << (seed >> 28) % 11;
		block = driver_alloc(driver, size[i], &gpa[i]);
		if (!block) {
			gpa[i] = 0;
			continue;
		}
		assert_int_equal(gpa[i] % size[i], 0);
		for (size_t word = 0; word < size[i] / sizeof(*block); word++)
			assert_int_equal(block[word], 0);
		memset(block, 0xff, size[i]);
		*block = i + 1;
	}
	assert_null(driver_alloc(driver, MEMORY_SIZE * 2, NULL));
	assert_null(driver_at(driver, MEMORY - 1, 1));
	assert_null(driver_at(driver, MEMORY + MEMORY_SIZE - 4, 8));
	device_free(device);
}

/* Where a walk of @domain ends: a descriptor, or 0. */
static uint64_t leaf(struct driver_domain *domain, uint64_t iova)
{
	uint64_t descriptor = 0;

	for (unsigned int level = domain->start; level < 4; level++) {
		const uint64_t *slot = driver_descriptor(domain, iova, level);

		if (slot)
			descriptor = driver_load(slot);
	}
	return descriptor;
}

TEST(domain_keeps_to_what_was_mapped)
{
	struct device *device = device_new(NULL);
	struct driver *driver = &device->driver;
	struct driver_domain domain;
	const uint64_t block = UINT64_C(2) << 20;

	assert_int_equal(driver_probe(driver), 0);
	assert_int_equal(driver_reset(driver), 0);
	assert_int_equal(driver_domain_init(driver, &domain, NULL), 0);
	assert_int_equal(driver_map(&domain, 2 * block, MEMORY, block, DRIVER_READ), 0);
	assert_null(driver_descriptor(&domain, 2 * block, 3));
	assert_int_equal(leaf(&domain, 2 * block) & SMMU_PTE_ADDRESS, MEMORY);
	assert_int_equal(driver_map(&domain, 2 * block, MEMORY, 4096, DRIVER_READ), -EEXIST);
	assert_int_equal(driver_unmap(&domain, 2 * block, 4096), -EINVAL);
	assert_int_equal(driver_unmap(&domain, 2 * block, block), 0);
	assert_int_equal(leaf(&domain, 2 * block), 0);
	/* With a page there, the rest is of pages too. */
	assert_int_equal(driver_map(&domain, 4 * block, MEMORY, 4096, DRIVER_READ), 0);
	assert_int_equal(driver_map(&domain, 4 * block, MEMORY, block, DRIVER_READ), -EEXIST);
	assert_int_equal(driver_unmap(&domain, 4 * block, 8192), -ENOENT);
	assert_int_equal(leaf(&domain, 4 * block), 0);
	assert_int_equal(driver_map(&domain, 1, MEMORY, 4096, DRIVER_READ), -EINVAL);
	assert_int_equal(
		driver_map(&domain, UINT64_C(1) << 48, MEMORY, 4096, DRIVER_READ), -EINVAL);
	driver_domain_destroy(&domain);
	assert_int_equal(driver_domain_init(
				 driver, &domain, &(struct driver_domain_options){.page_log2 = 14}),
		0);
	driver_domain_destroy(&domain);
	assert_int_equal(driver_domain_init(
				 driver, &domain, &(struct driver_domain_options){.page_log2 = 13}),
		-EINVAL);
	device_free(device);
}

TEST(tables_give_their_memory_back)
{
	struct device *device = device_new(NULL);
	struct driver *driver = &device->driver;
	struct driver_domain domain;
	size_t used = 0;

	assert_int_equal(driver_probe(driver), 0);
	assert_int_equal(driver_reset(driver), 0);
	for (unsigned int round = 0; round < 50; round++) {
		assert_int_equal(driver_domain_init(driver, &domain, NULL), 0);
		for (uint64_t i = 0; i < 20; i++)
			assert_int_equal(
				driver_map(&domain, i << 39, MEMORY, 4096, DRIVER_READ), 0);
		assert_int_equal(driver_replace(driver, OTHER_STREAM, &domain), 0);
		assert_int_equal(driver_abort(driver, OTHER_STREAM), 0);
		driver_domain_destroy(&domain);
		if (round)
			assert_int_equal(driver->memory.used, used);
		used = driver->memory.used;
		device->writes = 0;
	}
	device_free(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S10", probe_refuses_what_linux_refuses),
		UNIT_TEST("S10", reset_is_in_linux_order),
		UNIT_TEST("S10", nothing_waits_for_ever),
		UNIT_TEST_PLAIN(memory_blocks_do_not_overlap),
		UNIT_TEST("S10", domain_keeps_to_what_was_mapped),
		UNIT_TEST_PLAIN(tables_give_their_memory_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
