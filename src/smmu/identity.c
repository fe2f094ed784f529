/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/identity.h"

#include <errno.h>
#include <string.h>

#include "smmu/report.h"

/* A host's word of the SMMU behind an endpoint; @idr is NULL if it says nothing. */
struct hardware {
	struct host_hw_info info;
	const uint32_t *idr;
};

/* Return: 0; -errno, reported; nothing known is no failure. */
static int hardware_ask(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	struct hardware *hardware)
{
	int ret = vsmmu->host->ops->hw_info(vsmmu->host, endpoint, &hardware->info);

	if (!ret)
		hardware->idr = hardware->info.idr;
	else if (ret != -EOPNOTSUPP)
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, vsid,
			"asked what the SMMU of endpoint %u can do, the host said %s",
			endpoint->dev_id, strerror(-ret));
	return ret == -EOPNOTSUPP ? 0 : ret;
}

/* Beyond a byte a number is out of range, and stays so. */
static struct idr_config wanted(const struct vsmmu_config *config)
{
	struct idr_config idr = arch_idr_defaults;

	idr.sid_bits = arch_at_most(config->sid_bits, UINT8_MAX);
	idr.ssid_bits = arch_at_most(config->ssid_bits, UINT8_MAX);
	idr.cmdq_log2 = arch_at_most(config->cmdq_log2_max, UINT8_MAX);
	idr.eventq_log2 = arch_at_most(config->eventq_log2_max, UINT8_MAX);
	idr.oas_bits = arch_at_most(config->oas_bits, UINT8_MAX);
	idr.ats = config->ats;
	idr.msi = !config->no_msi;
	idr.ril = config->no_ril ? IDR_OFF : IDR_AUTO;
	return idr;
}

static int hardware_probe(struct vsmmu *vsmmu, struct hardware *hardware)
{
	const struct vsmmu_config *config = &vsmmu->config;
	const struct host_endpoint endpoint = {.dev_id = config->probe_dev_id, .vfio_fd = -1};
	int ret;

	if (!config->probe_dev_id)
		return 0;
	if (!vsmmu->host) {
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, VSMMU_NO_VSID,
			"probe_dev_id %u asked for, but there is no host to ask",
			config->probe_dev_id);
		return -EINVAL;
	}
	ret = hardware_ask(vsmmu, &endpoint, VSMMU_NO_VSID, hardware);
	if (!ret && config->ats && !hardware->info.ats) {
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, VSMMU_NO_VSID,
			"ats asked for, but endpoint %u cannot do ATS on this host",
			config->probe_dev_id);
		return -EINVAL;
	}
	return ret;
}

void identity_take(struct vsmmu *vsmmu, const struct idr_registers *id)
{
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->id = *id;
	arch_features_from_idr(id->idr, &vsmmu->features);
	vsmmu->eventq.log2_max = id->idr[1] >> 16 & 0x1f;
	fairlock_unlock(&vsmmu->event_lock);
}

int identity_init(struct vsmmu *vsmmu)
{
	struct idr_config idr = arch_idr_defaults;
	struct hardware hardware = {0};
	char why[IDR_WHY_SIZE];
	int ret = 0;

	if (vsmmu_is_whole(vsmmu) && !vsmmu->ops.memory_read) {
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, VSMMU_NO_VSID,
			"ops.memory_read is NULL: an SMMU reads its guest's memory; for the event "
			"path alone set event_path_only");
		return -EINVAL;
	}
	if (vsmmu_is_whole(vsmmu)) {
		idr = wanted(&vsmmu->config);
		ret = hardware_probe(vsmmu, &hardware);
	} else {
		/* The VMM shows the guest registers of its own; these two sizes are ours too. */
		idr.ssid_bits = arch_at_most(vsmmu->config.ssid_bits, UINT8_MAX);
		idr.eventq_log2 = arch_at_most(vsmmu->config.eventq_log2_max, UINT8_MAX);
	}
	if (ret)
		return ret;
	if (!arch_idr_build(&idr, hardware.idr, &vsmmu->own_id, why, sizeof(why))) {
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, VSMMU_NO_VSID, "%s", why);
		return -EINVAL;
	}
	identity_take(vsmmu, &vsmmu->own_id);
	return 0;
}

int identity_check(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	struct host_features *host)
{
	struct hardware hardware = {0};
	char why[IDR_WHY_SIZE];
	int ret;

	if (!vsmmu_is_whole(vsmmu))
		return 0;
	ret = hardware_ask(vsmmu, endpoint, vsid, &hardware);
	if (ret)
		return ret;
	arch_idr_host_features(hardware.idr, hardware.info.ats, &host->arch);
	host->repeat_commands = hardware.info.repeat_commands;
	if (!arch_idr_fits(&vsmmu->id, hardware.idr, why, sizeof(why))) {
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, vsid, "endpoint %u: %s",
			endpoint->dev_id, why);
		return -ENODEV;
	}
	if (vsmmu->features.ats && !hardware.info.ats) {
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, vsid,
			"the guest was promised ATS, but endpoint %u cannot do it on this host",
			endpoint->dev_id);
		return -ENODEV;
	}
	return 0;
}
