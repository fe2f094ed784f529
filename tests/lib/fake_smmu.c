/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical SMMUs of the fake kernel: what they can do, and what is invalidated in them. */
#include <errno.h>
#include <string.h>

#include "arch/command.h"
#include "arch/idr.h"
#include "lib/fake_kernel.h"
#include "lib/fake_objects.h"
#include "uapi/iommufd.h"

#define SMMUS	    8
#define ENTRIES_MAX (UINT32_C(1) << 19)
#define BATCH	    63 /* commands that arm-smmu-v3 issues at once: CMDQ_BATCH_ENTRIES - 1 */

static struct fake_smmu smmus[SMMUS];
static uint64_t carried_out[FAKE_COMMANDS][2];
static uint32_t carried;

struct fake_smmu *fake_kernel_smmu(uint32_t smmu)
{
	fake_check(smmu < SMMUS, "there are not so many SMMUs");
	return &smmus[smmu];
}

uint32_t fake_kernel_carried_out(void)
{
	return carried;
}

const uint64_t *fake_kernel_command(uint32_t n)
{
	fake_check(n < carried && carried - n <= FAKE_COMMANDS, "that command is not kept");
	return carried_out[n % FAKE_COMMANDS];
}

void fake_smmus_reset(void)
{
	const struct fake_smmu usual = {
		.idr = {0x0d48101f, 0x02730510, 0, 0x00001404, 0, 0x00000074},
		.type = UAPI_IOMMU_HW_INFO_TYPE_ARM_SMMUV3,
		.data_len = sizeof(struct uapi_iommu_hw_info_arm_smmuv3),
	};

	carried = 0;
	for (uint32_t i = 0; i < SMMUS; i++)
		smmus[i] = usual;
}

/* iommufd_get_hw_info(): what is there is cut to the room given, and the room zeroed. */
int fake_hw_info(struct uapi_iommu_hw_info *call)
{
	const struct fake_object *device = fake_get(call->dev_id, FAKE_DEVICE);
	struct uapi_iommu_hw_info_arm_smmuv3 data = {.iidr = 0x5a5a5a5a, .aidr = 0x5a};
	const struct fake_smmu *smmu;
	uint32_t length;

	if (call->size != sizeof(*call))
		return -EINVAL;
	if (call->flags || call->rsvd[0] || call->rsvd[1] || call->rsvd[2])
		return -EOPNOTSUPP;
	if (!device)
		return -ENOENT;
	smmu = fake_kernel_smmu(device->smmu);
	memcpy(data.idr, smmu->idr, sizeof(data.idr));
	if (smmu->repeat_commands)
		data.flags = UAPI_IOMMU_HW_INFO_ARM_SMMUV3_ERRATA_REPEAT_TLBI_CFGI;
	length = smmu->data_len < sizeof(data) ? smmu->data_len : sizeof(data);
	length = length < call->data_len ? length : call->data_len;
	memset((void *)(uintptr_t)call->data_uptr, 0, call->data_len);
	memcpy((void *)(uintptr_t)call->data_uptr, &data, length);
	call->data_len = smmu->data_len;
	call->data_type = smmu->type;
	call->out_capabilities = smmu->ats ? 0 : UAPI_IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED;
	return 0;
}

/* arm_vsmmu_convert_user_cmd() */
static bool is_accepted(
	uint32_t viommu_id, const struct arch_features *features, const uint64_t word[2])
{
	uint8_t opcode = (uint8_t)word[0];

	if (!arch_command_kernel_accepts(word, features))
		return false;
	if (opcode != COMMAND_OP_ATC_INV && opcode != COMMAND_OP_CFGI_CD &&
		opcode != COMMAND_OP_CFGI_CD_ALL)
		return true;
	for (uint32_t id = 1; id <= fake_last_id(); id++) {
		const struct fake_object *vdevice = fake_get(id, FAKE_VDEVICE);

		if (vdevice && vdevice->holds[0] == viommu_id && vdevice->vsid == word[0] >> 32)
			return true;
	}
	return false;
}

/*
 * arm_vsmmu_cache_invalidate(): commands are carried out 63 at a time, so the count after
 * a refused one takes in those that had been looked at and were not carried out.
 */
int fake_invalidate(struct uapi_iommu_hwpt_invalidate *call)
{
	const struct fake_object *viommu = fake_get(call->hwpt_id, FAKE_VIOMMU);
	const uint64_t(*command)[2] = (const void *)(uintptr_t)call->data_uptr;
	struct arch_features features;
	uint32_t count = call->entry_num, at, from = 0;
	const struct fake_smmu *smmu;

	if (call->size != sizeof(*call))
		return -EINVAL;
	call->entry_num = 0;
	if (call->rsvd)
		return -EOPNOTSUPP;
	if (!viommu)
		return -ENOENT;
	if (viommu->type != UAPI_IOMMU_VIOMMU_TYPE_ARM_SMMUV3 ||
		call->data_type != UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 ||
		call->entry_len != sizeof(*command) || !count || count > ENTRIES_MAX)
		return -EINVAL;
	smmu = fake_kernel_smmu(fake_object(viommu->holds[0])->smmu);
	arch_idr_host_features(smmu->idr, smmu->ats, &features);
	for (at = 0; at < count; at++) {
		if (!is_accepted(call->hwpt_id, &features, command[at])) {
			call->entry_num = at;
			return -EIO;
		}
		if (at + 1 != count && at + 1 - from != BATCH)
			continue;
		for (; from <= at; from++)
			memcpy(carried_out[carried++ % FAKE_COMMANDS], command[from],
				sizeof(*command));
	}
	call->entry_num = count;
	return 0;
}
