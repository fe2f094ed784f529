/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a vSMMU can go on where another one was saved. */
#include <errno.h>

#include "smmu/refusal.h"
#include "smmu/registers/table.h"
#include "smmu/snapshot/parts.h"

static bool is_fresh(struct vsmmu *vsmmu)
{
	bool fresh;

	pthread_mutex_lock(&vsmmu->event_lock);
	fresh = !vsmmu->invalidation.count && !vsmmu->stats.pending;
	for (unsigned int row = 0; row < REGISTER_ROWS && fresh; row++)
		fresh = register_get(vsmmu, row) == register_reset_value(vsmmu, row);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return fresh;
}

int restore_check_fresh(struct vsmmu *vsmmu)
{
	if (is_fresh(vsmmu))
		return 0;
	return refuse(vsmmu, VSMMU_NO_VSID, -EBUSY,
		"the guest has used the vSMMU, or events of another snapshot wait in it: "
		"restore into a new one, or after vsmmu_reset()");
}

static int unfit(struct vsmmu *vsmmu, const char *what, uint32_t wanted, uint32_t there)
{
	return refuse(vsmmu, VSMMU_NO_VSID, -ENODEV,
		"the snapshot has %s %u, but this vSMMU %u: make it with the same config", what,
		wanted, there);
}

static struct arch_features features_of(const struct idr_registers *id)
{
	struct arch_features features;

	arch_features_from_idr(id->idr, &features);
	return features;
}

/*
 * A snapshot may bring a guest that was promised less than this vSMMU's config would have it:
 * then that is what it keeps. It cannot bring more. The hosts are asked for all that the config
 * leaves to them.
 */
static int restore_check_promises(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	const struct vsmmu_config *config = &vsmmu->config;
	const struct idr_registers *id = &snapshot->id;
	const struct arch_features guest = features_of(id);
	const struct {
		const char *name;
		uint32_t wanted, there;
	} promises[] = {
		{"sid_bits", guest.sid_bits, config->sid_bits},
		/* VSMMU_AUTO is larger than each value. */
		{"ssid_bits", guest.ssid_bits, config->ssid_bits},
		{"cmdq_log2_max", id->idr[1] >> 21 & 0x1f, config->cmdq_log2_max},
		{"ats", guest.ats, config->ats},
		{"msi", id->idr[0] >> 13 & 1, !config->no_msi},
		{"oas_bits", guest.oas, config->oas_bits},
		{"ril", guest.ril, !config->no_ril},
		{"asid_bits", guest.asid16 ? 16 : 8, config->asid_bits ? config->asid_bits : 16},
	};
	const uint32_t granules = arch_idr_granules(&guest);

	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		if (promises[i].wanted > promises[i].there)
			return unfit(
				vsmmu, promises[i].name, promises[i].wanted, promises[i].there);
	return config->granules && granules & ~config->granules
		       ? unfit(vsmmu, "granules", granules, config->granules)
		       : 0;
}

int restore_check_config(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	const struct vsmmu_config *config = &vsmmu->config;

	if (snapshot->whole != vsmmu_is_whole(vsmmu))
		return unfit(vsmmu, "event_path_only", !snapshot->whole, !vsmmu_is_whole(vsmmu));
	if (snapshot->eventq_log2_max > config->eventq_log2_max)
		return unfit(vsmmu, "eventq_log2_max", snapshot->eventq_log2_max,
			config->eventq_log2_max);
	if (snapshot->whole)
		return restore_check_promises(vsmmu, snapshot);
	/* The VMM has promised what it has. */
	return snapshot->ssid_bits == config->ssid_bits
		       ? 0
		       : unfit(vsmmu, "ssid_bits", snapshot->ssid_bits, config->ssid_bits);
}

/* An event path alone shows no ID registers: a size is all. */
struct idr_registers restore_id(const struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	struct idr_registers id = vsmmu->id;

	id.idr[1] &= ~(UINT32_C(0x1f) << 16);
	id.idr[1] |= snapshot->eventq_log2_max << 16;
	return snapshot->whole ? snapshot->id : id;
}
