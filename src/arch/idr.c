/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's ID registers. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arch/idr.h"
#include "arch/regs.h"

#define SID_BITS_MAX 32
#define TTF_AARCH64  2
#define ST_2_LEVELS  1 /* we walk the stream table, so the host's ST_LEVEL is no limit */
#define AIDR_V3_1    1

/*
 * ProductID 1 of no implementer. Not Arm's (0x43b): for some of its products Linux switches
 * workarounds on.
 */
#define IIDR_VALUE UINT32_C(0x00100000)

/*
 * PIDR4 to 7, PIDR0 to 3, CIDR0 to 3: a generic IP component (class 0xf) without a JEP106
 * code, since it is nobody's hardware; part number 1, as in IIDR.
 */
static const uint8_t component_id[] = {
	0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

_Static_assert(SMMU_PIDR4 + 4 * (sizeof(component_id) - 1) == SMMU_CIDR3, "one byte each");
_Static_assert(offsetof(struct idr_registers, iidr) == SMMU_IIDR &&
		       offsetof(struct idr_registers, aidr) == SMMU_AIDR,
	"ID registers lie as in the register space");

/*
 * Fields that Linux allows to be read. IDR0: ST_LEVEL, TERM_MODEL, STALL_MODEL, TTENDIAN, CD2L,
 * ASID16, TTF; IDR1: SSIDSIZE, SIDSIZE; IDR3: BBML, RIL; IDR5: VAX, DS, GRAN64K, 16K, 4K.
 */
static const uint32_t allowed[6] = {
	[0] = 0x1f68100c,
	[1] = 0x000007ff,
	[3] = 0x00001c00,
	[5] = 0x00000cf0,
};

const uint32_t arch_idr_simulator[6] = {
	[0] = 0x0d481008, /* the baseline of a guest, and CD2L */
	[1] = SMMU_SSID_BITS_MAX << 6 | SID_BITS_MAX,
	[3] = 0x00000400, /* RIL */
	[5] = 0x00000076, /* all granules, OAS of 52 bits */
};

const struct idr_config arch_idr_defaults = {
	.sid_bits = 16,
	.cmdq_log2 = IDR_QUEUE_LOG2_MAX,
	.eventq_log2 = IDR_QUEUE_LOG2_MAX,
	.oas_bits = 44,
	.stall_model = ARCH_STALL_NONE,
};

__attribute__((format(printf, 3, 4))) static bool refuse(
	char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

void arch_idr_host_features(const uint32_t host[6], bool ats, struct arch_features *features)
{
	const uint32_t *from = host ? host : arch_idr_simulator;
	uint32_t seen[6];

	for (int i = 0; i < 6; i++)
		seen[i] = from[i] & allowed[i];
	arch_features_from_idr(seen, features);
	/* Reserved values tell nothing. */
	if (features->bbml == 3)
		features->bbml = 0;
	if (features->vax == 3)
		features->vax = 0;
	features->s1p = true;
	features->had = true;
	features->ats = ats;
	features->oas = 52;
}

/* OAS as IDR5 encodes it, or -1. */
static int oas_encoded(unsigned int bits)
{
	for (int i = 0; i < 7; i++) {
		if (arch_address_bits((unsigned int)i) == bits)
			return i;
	}
	return -1;
}

/* STALL_MODEL 0 can be made 1 with S1STALLD; nothing can be made of the other two. */
static bool stall_fits(unsigned int guest, unsigned int host)
{
	if (guest == ARCH_STALL_NONE)
		return host == ARCH_STALL_NONE || host == ARCH_STALL_OR_TERMINATE;
	return guest == host;
}

static bool config_is_possible(const struct idr_config *config, char *why, size_t size)
{
	if (config->sid_bits > SID_BITS_MAX)
		return refuse(why, size, "sid_bits %u asked for, but SIDSIZE is at most %u",
			config->sid_bits, SID_BITS_MAX);
	if (config->ssid_bits > SMMU_SSID_BITS_MAX && config->ssid_bits != IDR_AS_HOST)
		return refuse(why, size, "ssid_bits %u asked for, but SSIDSIZE is at most %u",
			config->ssid_bits, SMMU_SSID_BITS_MAX);
	if (config->cmdq_log2 < IDR_CMDQ_LOG2_MIN || config->cmdq_log2 > IDR_QUEUE_LOG2_MAX)
		return refuse(why, size,
			"cmdq_log2_max %u asked for, but CMDQS is %u (for Linux' drivers) to %u",
			config->cmdq_log2, IDR_CMDQ_LOG2_MIN, IDR_QUEUE_LOG2_MAX);
	if (!config->eventq_log2 || config->eventq_log2 > IDR_QUEUE_LOG2_MAX)
		return refuse(why, size, "eventq_log2_max %u asked for, but EVENTQS is 1 to %u",
			config->eventq_log2, IDR_QUEUE_LOG2_MAX);
	if (oas_encoded(config->oas_bits) < 0 && config->oas_bits != IDR_AS_HOST)
		return refuse(why, size,
			"oas_bits %u asked for, but OAS is 32, 36, 40, 42, 44, 48 or 52",
			config->oas_bits);
	if (config->granules > IDR_GRANULES)
		return refuse(why, size, "granules %#x asked for, but there are %#x only",
			config->granules, IDR_GRANULES);
	if (config->stall_model > ARCH_STALL_FORCED)
		return refuse(why, size, "stall_model %u asked for, but STALL_MODEL is at most %u",
			config->stall_model, ARCH_STALL_FORCED);
	if (config->stall_model != ARCH_STALL_NONE && !config->stall_max)
		return refuse(why, size, "stall_model %u asked for, but with stall_max 0",
			config->stall_model);
	return true;
}

static bool host_is_possible(const struct arch_features *host, char *why, size_t size)
{
	if (!(host->ttf & TTF_AARCH64))
		return refuse(why, size,
			"AArch64 tables are needed, but the host's SMMU has TTF %u", host->ttf);
	if (host->ttendian != ARCH_TTENDIAN_MIXED && host->ttendian != ARCH_TTENDIAN_LITTLE)
		return refuse(why, size,
			"little-endian tables are needed, but the host's SMMU has TTENDIAN %u",
			host->ttendian);
	if (!host->gran4k && !host->gran16k && !host->gran64k)
		return refuse(why, size,
			"a granule is needed, but the host's SMMU has GRAN4K, GRAN16K, GRAN64K 0");
	return true;
}

unsigned int arch_idr_granules(const struct arch_features *features)
{
	return (features->gran4k ? IDR_GRANULE_4K : 0) | (features->gran16k ? IDR_GRANULE_16K : 0) |
	       (features->gran64k ? IDR_GRANULE_64K : 0);
}

static bool pair_is_possible(
	const struct idr_config *config, const struct arch_features *host, char *why, size_t size)
{
	if (config->ssid_bits > host->ssid_bits && config->ssid_bits != IDR_AS_HOST)
		return refuse(why, size,
			"ssid_bits %u asked for, but the host's SMMU has SSIDSIZE %u",
			config->ssid_bits, host->ssid_bits);
	if (config->ril == IDR_ON && !host->ril)
		return refuse(why, size, "ril on asked for, but the host's SMMU has RIL 0");
	if (config->asid16 == IDR_ON && !host->asid16)
		return refuse(
			why, size, "asid_bits 16 asked for, but the host's SMMU has ASID16 0");
	if (config->granules & ~arch_idr_granules(host))
		return refuse(why, size,
			"granules %#x asked for, but the host's SMMU has %#x (GRAN4K 1, GRAN16K 2, "
			"GRAN64K 4)",
			config->granules, arch_idr_granules(host));
	if (!stall_fits(config->stall_model, host->stall_model))
		return refuse(why, size,
			"stall_model %u asked for, but the host's SMMU has STALL_MODEL %u",
			config->stall_model, host->stall_model);
	return true;
}

/* Takes away the features of the host that the guest is not to see. */
static void narrow(const struct idr_config *config, struct arch_features *host)
{
	const unsigned int granules = config->granules ? config->granules : IDR_GRANULES;

	host->gran4k = host->gran4k && granules & IDR_GRANULE_4K;
	host->gran16k = host->gran16k && granules & IDR_GRANULE_16K;
	host->gran64k = host->gran64k && granules & IDR_GRANULE_64K;
	host->asid16 = host->asid16 && config->asid16 != IDR_OFF;
	host->ril = host->ril && config->ril != IDR_OFF;
}

/* 6.3.6: DS needs VAX and a granule that it is about, VAX needs a granule or DS. */
static void settle_addresses(struct arch_features *host)
{
	host->ds = host->ds && host->vax && (host->gran4k || host->gran16k);
	host->vax = host->vax && (host->gran64k || host->ds);
}

static uint32_t at(unsigned int low, uint32_t value)
{
	return value << low;
}

static bool has_52_bits(const struct arch_features *host)
{
	return host->gran64k || host->ds;
}

/* Replaces IDR_AS_HOST by the sizes that the host has. */
static void settle_sizes(
	struct idr_config *config, const uint32_t host_idr[6], const struct arch_features *host)
{
	if (config->ssid_bits == IDR_AS_HOST)
		config->ssid_bits = host->ssid_bits;
	if (config->oas_bits != IDR_AS_HOST)
		return;
	config->oas_bits = arch_address_bits((host_idr ? host_idr : arch_idr_simulator)[5] & 7);
	if (config->oas_bits == 52 && !has_52_bits(host))
		config->oas_bits = 48;
}

/* COHACC is what iommufd wants of every host. */
static uint32_t idr0(const struct idr_config *config, const struct arch_features *host)
{
	const uint32_t s1p_and_cohacc = 0x12;

	return s1p_and_cohacc | at(2, TTF_AARCH64) | at(10, config->ats) | at(12, host->asid16) |
	       at(13, config->msi) | at(19, config->ssid_bits && host->cd2l) |
	       at(21, ARCH_TTENDIAN_LITTLE) | at(24, config->stall_model) |
	       at(26, host->term_model) | at(27, ST_2_LEVELS);
}

static uint32_t idr1(const struct idr_config *config)
{
	return config->sid_bits | at(6, config->ssid_bits) | at(16, config->eventq_log2) |
	       at(21, config->cmdq_log2);
}

/* HAD is a part of SMMUv3.1. */
static uint32_t idr3(const struct arch_features *host)
{
	const uint32_t had = 0x4;

	return had | at(10, host->ril) | at(11, host->bbml);
}

static uint32_t idr5(const struct idr_config *config, const struct arch_features *host)
{
	const uint32_t stall_max = config->stall_model == ARCH_STALL_NONE ? 0 : config->stall_max;

	return (uint32_t)oas_encoded(config->oas_bits) | at(4, host->gran4k) |
	       at(5, host->gran16k) | at(6, host->gran64k) | at(7, host->ds) | at(10, host->vax) |
	       at(16, stall_max);
}

bool arch_idr_build(const struct idr_config *given, const uint32_t host_idr[6],
	struct idr_registers *registers, char *why, size_t size)
{
	struct idr_config config = *given;
	struct arch_features host;

	arch_idr_host_features(host_idr, config.ats, &host);
	if (!config_is_possible(&config, why, size) || !host_is_possible(&host, why, size) ||
		!pair_is_possible(&config, &host, why, size))
		return false;
	narrow(&config, &host);
	settle_addresses(&host);
	settle_sizes(&config, host_idr, &host);
	if (config.oas_bits == 52 && !has_52_bits(&host))
		return refuse(why, size, "oas_bits 52 asked for, but %s GRAN64K 0 and DS 0",
			config.granules ? "granules asked for leave" : "the host's SMMU has");
	*registers = (struct idr_registers){.iidr = IIDR_VALUE, .aidr = AIDR_V3_1};
	registers->idr[0] = idr0(&config, &host);
	registers->idr[1] = idr1(&config);
	registers->idr[3] = idr3(&host);
	registers->idr[5] = idr5(&config, &host);
	return true;
}

static uint32_t less(uint32_t a, uint32_t b, uint32_t field)
{
	return (a & field) < (b & field) ? a & field : b & field;
}

/* The reserved value 3 of BBML and VAX tells nothing. */
static uint32_t less_of_two_bits(uint32_t a, uint32_t b, uint32_t field)
{
	return less((a & field) == field ? 0 : a, (b & field) == field ? 0 : b, field);
}

void arch_idr_meet(uint32_t idr[6], const uint32_t other[6])
{
	/* ASID16, CD2L and TTF; RIL; DS and the granules: the guest has those that both have. */
	static const uint32_t both[6] = {[0] = 0x0008100c, [3] = 0x00000400, [5] = 0x000000f0};
	/* TERM_MODEL, TTENDIAN and STALL_MODEL: a larger value takes something away. */
	const uint32_t either = 0x07600000, ssidsize = 0x000007c0, bbml = 0x00001800;
	const uint32_t vax = 0x00000c00, oas = 0x00000007;

	idr[0] = (idr[0] & other[0] & both[0]) | ((idr[0] | other[0]) & either);
	idr[1] = less(idr[1], other[1], ssidsize);
	idr[3] = (idr[3] & other[3] & both[3]) | less_of_two_bits(idr[3], other[3], bbml);
	idr[5] = (idr[5] & other[5] & both[5]) | less_of_two_bits(idr[5], other[5], vax) |
		 less(idr[5], other[5], oas);
	idr[2] = 0;
	idr[4] = 0;
}

uint32_t arch_idr_read(const struct idr_registers *registers, uint64_t offset)
{
	uint32_t value = 0;

	if (offset <= SMMU_AIDR)
		memcpy(&value, (const uint8_t *)registers + offset, sizeof(value));
	else if (offset >= SMMU_PIDR4 && offset <= SMMU_CIDR3)
		value = component_id[(offset - SMMU_PIDR4) / 4];
	return value;
}

/* A host with these very registers can keep them, and gets the same ones built. */
bool arch_idr_possible(const struct idr_registers *registers)
{
	const uint32_t *idr = registers->idr;
	const struct idr_config config = {
		.sid_bits = idr[1] & 0x3f,
		.ssid_bits = idr[1] >> 6 & 0x1f,
		.eventq_log2 = idr[1] >> 16 & 0x1f,
		.cmdq_log2 = idr[1] >> 21 & 0x1f,
		.oas_bits = arch_address_bits(idr[5] & 7),
		.stall_model = idr[0] >> 24 & 3,
		.stall_max = (uint16_t)(idr[5] >> 16),
		.ats = idr[0] & SMMU_IDR0_ATS,
		.msi = idr[0] & SMMU_IDR0_MSI,
	};
	struct idr_registers built;
	char why[IDR_WHY_SIZE];

	return arch_idr_build(&config, idr, &built, why, sizeof(why)) &&
	       !memcmp(&built, registers, sizeof(built));
}

/* Fields of which a guest must not have been promised more than there is. */
static const struct promise {
	const char *name;
	size_t offset; /* of a member of one byte in struct arch_features */
} promises[] = {
	{"SSIDSIZE", offsetof(struct arch_features, ssid_bits)},
	{"ASID16", offsetof(struct arch_features, asid16)},
	{"CD2L", offsetof(struct arch_features, cd2l)},
	{"RIL", offsetof(struct arch_features, ril)},
	{"BBML", offsetof(struct arch_features, bbml)},
	{"GRAN4K", offsetof(struct arch_features, gran4k)},
	{"GRAN16K", offsetof(struct arch_features, gran16k)},
	{"GRAN64K", offsetof(struct arch_features, gran64k)},
	{"DS", offsetof(struct arch_features, ds)},
	{"VAX", offsetof(struct arch_features, vax)},
};

bool arch_idr_fits(
	const struct idr_registers *registers, const uint32_t host_idr[6], char *why, size_t size)
{
	struct arch_features guest, host;

	arch_features_from_idr(registers->idr, &guest);
	arch_idr_host_features(host_idr, guest.ats, &host);
	if (!host_is_possible(&host, why, size))
		return false;
	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
		unsigned int promised = ((const uint8_t *)&guest)[promises[i].offset];
		unsigned int there = ((const uint8_t *)&host)[promises[i].offset];

		if (promised > there)
			return refuse(why, size,
				"the guest was promised %s %u, but the host's SMMU has %u",
				promises[i].name, promised, there);
	}
	/* A guest that knows TERM_MODEL = 0 may write CD.A = 0, ILLEGAL with 1 (5.4.2). */
	if (host.term_model && !guest.term_model)
		return refuse(why, size,
			"the guest was promised TERM_MODEL 0, but the host's SMMU has 1");
	if (!stall_fits(guest.stall_model, host.stall_model))
		return refuse(why, size,
			"the guest was promised STALL_MODEL %u, but the host's SMMU has %u",
			guest.stall_model, host.stall_model);
	return true;
}
