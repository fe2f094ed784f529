/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/identity.h"

#include <errno.h>
#include <string.h>

#include "arch/regs.h"
#include "smmu/endpoint.h"
#include "smmu/entry.h"
#include "smmu/refusal.h"
#include "util/errno_name.h"
#include "util/sized.h"

/* Larger numbers of a config become this one, which is as wrong, and is not IDR_AS_HOST. */
#define OUT_OF_RANGE (UINT8_MAX - 1)

_Static_assert(VSMMU_AUTO == IDR_AS_HOST, "as the attached endpoints have it");
_Static_assert((int)VSMMU_GRANULE_4K == IDR_GRANULE_4K &&
		       (int)VSMMU_GRANULE_16K == IDR_GRANULE_16K &&
		       (int)VSMMU_GRANULE_64K == IDR_GRANULE_64K,
	"one encoding");

/* The features that all endpoints of some list have. */
struct shared {
	bool any;
	bool ats;
	bool is_known; /* at least one host has told IDR0 to IDR5 */
	uint32_t idr[6];
};

static void shared_add(struct shared *shared, const struct host_features *host)
{
	shared->ats = (!shared->any || shared->ats) && host->arch.ats;
	shared->any = true;
	/* The mock device of CONFIG_IOMMUFD_TEST has no ID registers, and translates nothing. */
	if (!host->is_known)
		return;
	if (shared->is_known)
		arch_idr_meet(shared->idr, host->idr);
	else
		memcpy(shared->idr, host->idr, sizeof(shared->idr));
	shared->is_known = true;
}

/* Endpoints on adopted vEVENTQs do not count: their VMM knows what it promises. */
static struct shared shared_of(const struct vsmmu_endpoint *endpoints)
{
	struct shared shared = {0};

	for (; endpoints; endpoints = endpoints->next)
		if (endpoints->viommu)
			shared_add(&shared, &endpoints->hardware);
	return shared;
}

static uint8_t size_of(uint32_t value)
{
	return value == VSMMU_AUTO ? IDR_AS_HOST : arch_at_most(value, OUT_OF_RANGE);
}

static struct idr_config wanted(const struct vsmmu_config *config, const struct shared *shared)
{
	struct idr_config idr = arch_idr_defaults;

	idr.sid_bits = arch_at_most(config->sid_bits, OUT_OF_RANGE);
	idr.cmdq_log2 = arch_at_most(config->cmdq_log2_max, OUT_OF_RANGE);
	idr.eventq_log2 = arch_at_most(config->eventq_log2_max, OUT_OF_RANGE);
	/* While no endpoint is there, "auto" is no SubstreamIDs, and the default OAS. */
	if (shared->is_known || config->ssid_bits != VSMMU_AUTO)
		idr.ssid_bits = size_of(config->ssid_bits);
	if (shared->is_known || config->oas_bits != VSMMU_AUTO)
		idr.oas_bits = size_of(config->oas_bits);
	idr.ats = config->ats == VSMMU_AUTO ? shared->ats : config->ats;
	idr.msi = !config->no_msi;
	idr.ril = config->no_ril ? IDR_OFF : IDR_AUTO;
	idr.granules = arch_at_most(config->granules, OUT_OF_RANGE);
	if (config->asid_bits)
		idr.asid16 = config->asid_bits == 16 ? IDR_ON : IDR_OFF;
	return idr;
}

static bool build(const struct vsmmu *vsmmu, const struct shared *shared, struct idr_registers *id,
	char *why, size_t size)
{
	const struct idr_config idr = wanted(&vsmmu->config, shared);

	return arch_idr_build(&idr, shared->is_known ? shared->idr : NULL, id, why, size);
}

static int refuse_value(struct vsmmu *vsmmu, const char *what, uint32_t value, const char *choices)
{
	return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "%s %u asked for, but it is %s", what, value,
		choices);
}

/* Members that arch_idr_build() does not judge. */
static int config_check(struct vsmmu *vsmmu)
{
	const struct vsmmu_config *config = &vsmmu->config;

	if (config->ats > 1 && config->ats != VSMMU_AUTO)
		return refuse_value(vsmmu, "ats", config->ats, "0, 1 or VSMMU_AUTO");
	if (config->asid_bits && config->asid_bits != 8 && config->asid_bits != 16)
		return refuse_value(vsmmu, "asid_bits", config->asid_bits, "8, 16 or 0 for auto");
	return 0;
}

void identity_take(struct vsmmu *vsmmu, const struct idr_registers *id)
{
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->id = *id;
	arch_features_from_idr(id->idr, &vsmmu->features);
	vsmmu->eventq.log2_max = id->idr[1] >> 16 & 0x1f;
	pthread_mutex_unlock(&vsmmu->event_lock);
}

static int init_whole(struct vsmmu *vsmmu, struct idr_registers *id)
{
	const struct shared nobody = {0};
	char why[IDR_WHY_SIZE];
	int ret = config_check(vsmmu);

	if (ret || build(vsmmu, &nobody, id, why, sizeof(why)))
		return ret;
	return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "%s", why);
}

/* The VMM shows the guest registers of its own; of these, the library needs two sizes. */
static int init_event_path(struct vsmmu *vsmmu, struct idr_registers *id)
{
	struct idr_config idr = arch_idr_defaults;
	char why[IDR_WHY_SIZE];

	if (vsmmu->config.ssid_bits == VSMMU_AUTO)
		return refuse_value(vsmmu, "ssid_bits", VSMMU_AUTO,
			"0 to 20 on the event path alone, whose VMM knows what it promised");
	idr.ssid_bits = arch_at_most(vsmmu->config.ssid_bits, OUT_OF_RANGE);
	idr.eventq_log2 = arch_at_most(vsmmu->config.eventq_log2_max, OUT_OF_RANGE);
	atomic_store(&vsmmu->identity_is_frozen, true);
	if (arch_idr_build(&idr, NULL, id, why, sizeof(why)))
		return 0;
	return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "%s", why);
}

int identity_init(struct vsmmu *vsmmu)
{
	struct idr_registers id;
	int ret = vsmmu_is_whole(vsmmu) ? init_whole(vsmmu, &id) : init_event_path(vsmmu, &id);

	if (!ret)
		identity_take(vsmmu, &id);
	return ret;
}

static int unfit(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	const char *with, const char *why)
{
	return refuse(vsmmu, vsid, -ENODEV, "endpoint %u%s: %s", endpoint->dev_id, with, why);
}

/* OAS is not on Linux' list, so it is compared only for a VMM that asks for the host's. */
static bool oas_fits(const struct vsmmu *vsmmu, const struct host_features *host)
{
	return vsmmu->config.oas_bits != VSMMU_AUTO || !host->is_known ||
	       arch_address_bits(host->idr[5] & 7) >= vsmmu->features.oas;
}

int identity_fits(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	const struct host_features *host)
{
	char why[IDR_WHY_SIZE];

	if (!arch_idr_fits(&vsmmu->id, host->is_known ? host->idr : NULL, why, sizeof(why)))
		return unfit(vsmmu, endpoint, vsid, "", why);
	if (vsmmu->features.ats && !host->arch.ats)
		return unfit(vsmmu, endpoint, vsid, "",
			"the guest was promised ATS, but the endpoint cannot do it on this host");
	if (oas_fits(vsmmu, host))
		return 0;
	return refuse(vsmmu, vsid, -ENODEV,
		"endpoint %u: the guest was promised OAS of %u bits, but the host's SMMU has %u",
		endpoint->dev_id, vsmmu->features.oas, arch_address_bits(host->idr[5] & 7));
}

/* The endpoint is looked at alone first, so that the report names what it lacks itself. */
static int admit_to_config(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	const struct host_features *host)
{
	struct shared alone = {0}, all = shared_of(vsmmu->endpoints);
	struct idr_registers id;
	char why[IDR_WHY_SIZE];

	shared_add(&alone, host);
	shared_add(&all, host);
	if (!build(vsmmu, &alone, &id, why, sizeof(why)))
		return unfit(vsmmu, endpoint, vsid, "", why);
	if (vsmmu->config.ats == 1 && !host->arch.ats)
		return unfit(vsmmu, endpoint, vsid, "",
			"ats 1 asked for, but the endpoint has ATS 0 on this host");
	if (!build(vsmmu, &all, &id, why, sizeof(why)))
		return unfit(vsmmu, endpoint, vsid, " and those that are attached", why);
	return 0;
}

int identity_admit(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	const struct host_features *host)
{
	if (!vsmmu_is_whole(vsmmu))
		return 0;
	if (identity_is_frozen(vsmmu))
		return identity_fits(vsmmu, endpoint, vsid, host);
	return admit_to_config(vsmmu, endpoint, vsid, host);
}

int identity_check(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	struct host_features *host)
{
	struct host_hw_info info = {0};
	int ret;

	if (!vsmmu_is_whole(vsmmu))
		return 0;
	ret = vsmmu->host->ops->hw_info(vsmmu->host, endpoint, &info);
	if (ret && ret != -EOPNOTSUPP)
		return refuse(vsmmu, vsid, ret,
			"the host does not say what the SMMU of endpoint %u can do",
			endpoint->dev_id);
	*host = (struct host_features){
		.repeat_commands = info.repeat_commands,
		.is_known = !ret,
	};
	memcpy(host->idr, info.idr, sizeof(host->idr));
	arch_idr_host_features(ret ? NULL : info.idr, info.ats, &host->arch);
	return identity_admit(vsmmu, endpoint, vsid, host);
}

void identity_update(struct vsmmu *vsmmu)
{
	const struct shared shared = shared_of(vsmmu->endpoints);
	struct idr_registers id;
	char why[IDR_WHY_SIZE];

	/* This cannot fail: each endpoint was admitted to the list, and fewer share no less. */
	if (!identity_is_frozen(vsmmu) && build(vsmmu, &shared, &id, why, sizeof(why)))
		identity_take(vsmmu, &id);
}

void identity_freeze_now(struct vsmmu *vsmmu)
{
	pthread_mutex_lock(&vsmmu->control_lock);
	atomic_store_explicit(&vsmmu->identity_is_frozen, true, memory_order_release);
	pthread_mutex_unlock(&vsmmu->control_lock);
}

int vsmmu_freeze_identity(struct vsmmu *vsmmu)
{
	int ret = entry_check(vsmmu);

	if (!ret)
		identity_freeze(vsmmu);
	return ret;
}

static struct vsmmu_identity identity_now(const struct vsmmu *vsmmu)
{
	const struct arch_features *features = &vsmmu->features;
	struct vsmmu_identity identity = {
		.ssid_bits = features->ssid_bits,
		.eventq_log2_max = vsmmu->eventq.log2_max,
		.frozen = identity_is_frozen(vsmmu),
	};

	if (!vsmmu_is_whole(vsmmu))
		return identity;
	memcpy(identity.idr, vsmmu->id.idr, sizeof(identity.idr));
	identity.sid_bits = features->sid_bits;
	identity.oas_bits = features->oas;
	identity.asid_bits = features->asid16 ? 16 : 8;
	identity.granules = arch_idr_granules(features);
	identity.cmdq_log2_max = vsmmu_cmdq_log2_max(vsmmu);
	identity.ats = features->ats;
	identity.msi = vsmmu->id.idr[0] & SMMU_IDR0_MSI;
	identity.ril = features->ril;
	return identity;
}

int vsmmu_get_identity(struct vsmmu *vsmmu, struct vsmmu_identity *out)
{
	struct vsmmu_identity identity;
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->control_lock);
	identity = identity_now(vsmmu);
	pthread_mutex_unlock(&vsmmu->control_lock);
	ret = sized_copy_out(out, &identity, sizeof(identity));
	if (ret)
		refuse(vsmmu, VSMMU_NO_VSID, ret,
			"vsmmu_get_identity() was given no structure that says its size");
	return ret;
}
