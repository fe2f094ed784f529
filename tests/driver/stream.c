/* SPDX-License-Identifier: BSD-2-Clause */
/* What a stream is attached to. */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define STE_SIZE (DRIVER_STE_WORDS * sizeof(uint64_t))

/* arm_smmu_get_ste_used(): what does not matter with this Config is free. */
static void ste_used(const uint64_t ste[8], uint64_t used[8])
{
	used[0] = SMMU_STE0_V;
	if (!(ste[0] & SMMU_STE0_V))
		return;
	used[0] |= SMMU_STE0_CONFIG;
	switch (ste[0] & SMMU_STE0_CONFIG) {
	case SMMU_STE0_STAGE1:
		used[0] |= SMMU_STE0_FORMAT(3) | SMMU_STE0_CONTEXT | SMMU_STE0_CDMAX(0x1f);
		used[1] |= SMMU_STE1_S1DSS | SMMU_STE1_WALK | SMMU_STE1_S1STALLD | SMMU_STE1_EATS |
			   SMMU_STE1_SHCFG_INCOMING;
		break;
	case SMMU_STE0_BYPASS:
		used[1] |= SMMU_STE1_SHCFG_INCOMING;
		break;
	default:
		break;
	}
}

static int ste_sync(struct driver *driver, uint32_t sid, uint32_t ssid)
{
	(void)ssid;
	return driver_cfgi_ste(driver, sid, true);
}

static const struct driver_entry_ops ste_entry = {
	.valid = SMMU_STE0_V,
	.used = ste_used,
	.sync = ste_sync,
};

/* arm_smmu_write_ste(), with the prefetch that follows it */
static int write_ste(struct driver *driver, uint32_t sid, const uint64_t target[8])
{
	const struct driver_command prefetch = {{SMMU_CMD_PREFETCH_CONFIG | SMMU_CMD_SID(sid), 0}};
	uint64_t *ste = driver_ste(driver, sid);
	int ret;

	if (!ste)
		return -ENOMEM;
	ret = driver_write_entry(driver, &ste_entry, sid, 0, ste, target);
	return ret ? ret : driver_issue(driver, &prefetch, 1);
}

static int find_stream(struct driver *driver, uint32_t sid, struct driver_stream **out)
{
	if ((uint64_t)sid >> driver->sid_bits)
		return -EINVAL;
	*out = driver_stream(driver, sid);
	return *out ? 0 : -ENOMEM;
}

int driver_make_ste(struct driver *driver, uint32_t sid, uint64_t ste[DRIVER_STE_WORDS])
{
	struct driver_stream *stream;
	int ret = find_stream(driver, sid, &stream);

	if (!ret && !stream->cds.gpa)
		ret = driver_cd_table_make(driver, &stream->cds);
	if (!ret)
		driver_ste_stage1(driver, &stream->cds, SMMU_S1DSS_SSID0, ste);
	return ret;
}

uint64_t *driver_cd(struct driver *driver, uint32_t sid, uint32_t ssid)
{
	struct driver_stream *stream;
	uint64_t ste[DRIVER_STE_WORDS];

	if (driver_make_ste(driver, sid, ste))
		return NULL;
	stream = driver_stream(driver, sid);
	return driver_cd_table_at(driver, &stream->cds, ssid);
}

static int write_cd(struct driver *driver, uint32_t sid, uint32_t ssid, uint64_t *cd,
	const struct driver_domain *domain)
{
	uint64_t target[DRIVER_CD_WORDS] = {0};

	if (domain)
		driver_make_cd(domain, target);
	return driver_write_entry(driver, &driver_cd_entry, sid, ssid, cd, target);
}

int driver_set_cd(struct driver *driver, uint32_t sid, uint32_t ssid, struct driver_domain *domain)
{
	struct driver_stream *stream;
	int ret = find_stream(driver, sid, &stream);
	uint64_t *cd;

	if (ret)
		return ret;
	if (!stream->cds.gpa || ssid >> stream->cds.log2)
		return -EINVAL;
	cd = driver_cd_table_at(driver, &stream->cds, ssid);
	return cd ? write_cd(driver, sid, ssid, cd, domain) : -ENOMEM;
}

int driver_attach(struct driver *driver, uint32_t sid, struct driver_domain *domain)
{
	uint64_t ste[DRIVER_STE_WORDS];
	int ret = driver_make_ste(driver, sid, ste);

	if (!ret)
		ret = driver_set_cd(driver, sid, 0, domain);
	if (!ret)
		ret = write_ste(driver, sid, ste);
	if (!ret)
		driver_stream(driver, sid)->domain = domain;
	return ret;
}

int driver_replace(struct driver *driver, uint32_t sid, struct driver_domain *domain)
{
	struct driver_cd_table fresh = {0};
	uint64_t ste[DRIVER_STE_WORDS];
	struct driver_stream *stream;
	int ret = find_stream(driver, sid, &stream);
	uint64_t *cd;

	if (!ret)
		ret = driver_cd_table_make(driver, &fresh);
	if (ret)
		return ret;
	cd = driver_cd_table_at(driver, &fresh, 0);
	ret = cd ? write_cd(driver, sid, 0, cd, domain) : -ENOMEM;
	if (!ret) {
		driver_ste_stage1(driver, &fresh, SMMU_S1DSS_SSID0, ste);
		ret = write_ste(driver, sid, ste);
	}
	if (ret) {
		driver_cd_table_free(driver, &fresh);
		return ret;
	}
	driver_cd_table_free(driver, &stream->cds);
	stream->cds = fresh;
	stream->domain = domain;
	return 0;
}

/* The CD table stays, for the next time. */
static int set_without_domain(struct driver *driver, uint32_t sid, uint64_t word)
{
	const uint64_t ste[DRIVER_STE_WORDS] = {word};
	struct driver_stream *stream;
	int ret = find_stream(driver, sid, &stream);

	if (!ret)
		ret = write_ste(driver, sid, ste);
	if (!ret)
		stream->domain = NULL;
	return ret;
}

int driver_bypass(struct driver *driver, uint32_t sid)
{
	return set_without_domain(driver, sid, SMMU_STE0_V | SMMU_STE0_BYPASS);
}

int driver_abort(struct driver *driver, uint32_t sid)
{
	return set_without_domain(driver, sid, SMMU_STE0_V | SMMU_STE0_ABORT);
}

int driver_clear(struct driver *driver, uint32_t sid)
{
	return set_without_domain(driver, sid, 0);
}

int driver_set_s1dss(struct driver *driver, uint32_t sid, unsigned int s1dss)
{
	uint64_t ste[DRIVER_STE_WORDS];
	int ret = driver_make_ste(driver, sid, ste);

	ste[1] = (ste[1] & ~SMMU_STE1_S1DSS) | s1dss;
	return ret ? ret : write_ste(driver, sid, ste);
}

static void write_words(uint64_t *to, const uint64_t *from)
{
	for (unsigned int i = 0; i < 8; i++)
		driver_store(&to[i], from[i]);
}

int driver_write_ste(struct driver *driver, uint32_t sid, const uint64_t ste[DRIVER_STE_WORDS])
{
	uint64_t *at = driver_ste(driver, sid);

	if (!at)
		return (uint64_t)sid >> driver->sid_bits ? -EINVAL : -ENOMEM;
	write_words(at, ste);
	return 0;
}

int driver_write_cd(
	struct driver *driver, uint32_t sid, uint32_t ssid, const uint64_t cd[DRIVER_CD_WORDS])
{
	uint64_t *at = driver_cd(driver, sid, ssid);

	if (!at)
		return -ENOMEM;
	write_words(at, cd);
	return 0;
}
