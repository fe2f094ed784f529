/* SPDX-License-Identifier: BSD-2-Clause */
/* arm_smmu_device_hw_probe(): what Linux looks at, and what it refuses. */
#include "internal.h"

#include <errno.h>

static uint32_t bits(uint32_t value, unsigned int high, unsigned int low)
{
	return value >> low & ((UINT32_C(2) << (high - low)) - 1);
}

/* More than one batch has to fit. */
#define CMDQ_LOG2_BATCH 6

#define IDR1_PRESETS 0x70000000u /* TABLES_PRESET, QUEUES_PRESET, REL */

static uint8_t least(uint32_t a, uint32_t b)
{
	return (uint8_t)(a < b ? a : b);
}

static int probe_idr0(struct driver *driver, uint32_t idr0)
{
	struct driver_features *features = &driver->features;
	uint32_t endian = bits(idr0, 22, 21), formats = bits(idr0, 3, 2);

	if (endian != 0 && endian != 2)
		return -ENXIO;
	if (!bits(idr0, 1, 1)) /* stage 1: the one that this driver uses */
		return -ENXIO;
	if (!(formats & 2)) /* AArch64 tables */
		return -ENXIO;
	features->coherent = bits(idr0, 4, 4);
	features->hyp = bits(idr0, 9, 9);
	features->ats = bits(idr0, 10, 10);
	features->asid16 = bits(idr0, 12, 12);
	features->msi = bits(idr0, 13, 13);
	features->sev = bits(idr0, 14, 14);
	features->cd_two_level = bits(idr0, 19, 19);
	features->stalls = bits(idr0, 25, 24) != 1;
	features->two_level = bits(idr0, 28, 27) == 1;
	return 0;
}

static int probe_idr1(struct driver *driver, uint32_t idr1)
{
	struct driver_features *features = &driver->features;

	if (idr1 & IDR1_PRESETS)
		return -ENXIO;
	features->attr_types_ovr = bits(idr1, 27, 27);
	features->cmdq_log2 = least(bits(idr1, 25, 21), 19);
	if (features->cmdq_log2 <= CMDQ_LOG2_BATCH)
		return -ENXIO;
	features->eventq_log2 = least(bits(idr1, 20, 16), 19);
	features->ssid_bits = least(bits(idr1, 10, 6), 20);
	features->sid_bits = least(bits(idr1, 5, 0), 32);
	return 0;
}

static void probe_idr5(struct driver *driver, uint32_t idr5)
{
	static const uint8_t oas[8] = {32, 36, 40, 42, 44, 48, 52, 52};
	struct driver_features *features = &driver->features;

	features->granules =
		bits(idr5, 4, 4) << 12 | bits(idr5, 5, 5) << 14 | bits(idr5, 6, 6) << 16;
	features->oas_bits = oas[bits(idr5, 2, 0)];
}

static void choose(struct driver *driver)
{
	const struct driver_features *features = &driver->features;
	const struct driver_options *options = &driver->options;

	driver->sync = options->sync;
	if (driver->sync == DRIVER_SYNC_AUTO)
		driver->sync = features->msi && features->coherent ? DRIVER_SYNC_MSIPOLL
								   : DRIVER_SYNC_CONS;
	driver->ril = features->ril && !options->no_ril;
	driver->ats = features->ats && !options->no_ats;
	driver->sid_bits = options->sid_bits ? least(options->sid_bits, features->sid_bits)
					     : features->sid_bits;
	/* One first-level table covers all up to 8 bits. */
	driver->split = options->split ? options->split : 8;
	if (options->strtab == DRIVER_STRTAB_LINEAR || !features->two_level ||
		(options->strtab == DRIVER_STRTAB_AUTO && driver->sid_bits <= 8))
		driver->split = 0;
}

int driver_probe(struct driver *driver)
{
	uint32_t *idr = driver->features.idr;
	int ret;

	for (unsigned int i = 0; i < 6; i++)
		idr[i] = driver_read32(driver, MMIO_IDR0 + 4 * i);
	ret = probe_idr0(driver, idr[0]);
	if (!ret)
		ret = probe_idr1(driver, idr[1]);
	if (ret)
		return ret;
	driver->features.ril = bits(idr[3], 10, 10);
	probe_idr5(driver, idr[5]);
	if (!driver->features.granules)
		return -ENXIO;
	if (driver->options.sync == DRIVER_SYNC_MSIPOLL && !driver->features.msi)
		return -ENXIO;
	choose(driver);
	return 0;
}
