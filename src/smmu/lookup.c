/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's tables for people to look at, beside what the host has been given. */
#include <vsmmu/tables.h>

#include <errno.h>
#include <string.h>

#include "smmu/endpoints/ste_install.h"
#include "smmu/entry.h"
#include "smmu/refusal.h"
#include "smmu/translate.h"
#include "util/sized.h"

_Static_assert(sizeof(((struct vsmmu_tables *)0)->ste) == ARCH_ENTRY_SIZE, "an STE has 8 words");

/* The memory of a way that is being looked at. */
struct looker {
	struct vsmmu *vsmmu;
	struct vsmmu_tables *out;
};

static int looker_read(void *of, uint64_t address, void *bytes, size_t length)
{
	const struct looker *looker = of;

	return vmm_memory_read(looker->vsmmu, address, bytes, length);
}

static void looker_note(void *of, int entry, uint64_t address, const uint64_t *word)
{
	struct vsmmu_tables *out = ((const struct looker *)of)->out;

	switch (entry) {
	case ARCH_ENTRY_L1STD:
		out->has_l1std = true;
		out->l1std_address = address;
		out->l1std = *word;
		break;
	case ARCH_ENTRY_STE:
		out->has_ste = true;
		out->ste_address = address;
		memcpy(out->ste, word, sizeof(out->ste));
		break;
	case ARCH_ENTRY_L1CD:
		out->has_l1cd = true;
		out->l1cd_address = address;
		out->l1cd = *word;
		break;
	case ARCH_ENTRY_CD:
		out->has_cd = true;
		out->cd_address = address;
		memcpy(out->cd, word, sizeof(out->cd));
		break;
	default:
		out->walk[out->walk_count++] = (struct vsmmu_descriptor){
			.address = address, .value = *word, .level = entry - ARCH_ENTRY_LEVEL0};
	}
}

static enum vsmmu_attach_purpose wanted(const struct translation *way)
{
	if (!way->state.enabled)
		return way->state.gbpa_abort ? VSMMU_ATTACH_ABORT : VSMMU_ATTACH_BYPASS;
	return ste_purpose((enum arch_ste_kind)way->context.ste.kind);
}

static void tell_mapping(
	const struct arch_mapping *mapping, uint64_t iova, struct vsmmu_tables *out)
{
	out->has_mapping = true;
	out->output = arch_mapping_output(mapping, iova);
	out->size_log2 = mapping->size_log2;
	out->attributes = mapping->attr;
	out->shareability = mapping->sh;
	out->not_global = mapping->not_global;
	out->contiguous = mapping->contiguous;
	out->unprivileged = mapping->ap_unprivileged;
	out->read_only = mapping->ap_read_only;
	out->unprivileged_no_execute = mapping->uxn;
	out->privileged_no_execute = mapping->pxn;
}

static void tell_result(const struct arch_result *result, struct vsmmu_tables *out)
{
	static const uint8_t outcomes[] = {
		[ARCH_PASS] = VSMMU_LOOKUP_PASSES,
		[ARCH_TERMINATE_ABORT] = VSMMU_LOOKUP_ABORTS,
		[ARCH_TERMINATE_RAZ_WI] = VSMMU_LOOKUP_IGNORED,
	};

	out->outcome = outcomes[result->outcome];
	out->event = result->record;
	out->recorded = result->recorded;
	if (result->outcome == ARCH_PASS)
		out->output = result->address;
}

static void look_at_tables(struct vsmmu *vsmmu, const struct arch_transaction *transaction,
	bool walks, struct vsmmu_tables *out)
{
	struct looker looker = {vsmmu, out};
	const struct arch_memory memory = {looker_read, &looker, looker_note};
	struct translation way;
	const bool open = translation_begin(vsmmu, &memory, transaction, &way);

	if (open && walks)
		translation_end(&memory, transaction, &way);
	out->enabled = way.state.enabled;
	out->wanted = wanted(&way);
	if (way.mapped)
		tell_mapping(&way.mapping, transaction->address, out);
	if (!open || walks)
		tell_result(&way.result, out);
}

static void look_at_endpoint(struct vsmmu *vsmmu, uint32_t vsid, struct vsmmu_tables *out)
{
	pthread_mutex_lock(&vsmmu->control_lock);
	list_for_each(endpoint, vsmmu->endpoints) {
		if (endpoint->vsid != vsid)
			continue;
		out->has_endpoint = true;
		out->blocked = endpoint->blocked;
		out->installed = endpoint_purpose(endpoint);
		if (endpoint->installed == INSTALLED_NESTED)
			memcpy(out->installed_ste, endpoint->vste, sizeof(out->installed_ste));
		break;
	}
	pthread_mutex_unlock(&vsmmu->control_lock);
}

int vsmmu_lookup(struct vsmmu *vsmmu, uint32_t vsid, uint32_t ssid, uint64_t iova,
	struct vsmmu_tables *tables)
{
	const bool walks = iova != VSMMU_NO_IOVA, ssv = ssid != VSMMU_NO_SSID;
	const struct vsmmu_access access = {.vsid = vsid,
		.flags = ssv ? VSMMU_ACCESS_SSID : 0,
		.ssid = ssv ? ssid : 0,
		.address = walks ? iova : 0};
	struct arch_transaction transaction;
	struct vsmmu_tables out = {0};
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	if (!vsmmu_is_whole(vsmmu))
		return refuse(vsmmu, vsid, -EOPNOTSUPP,
			"the vSMMU reads no tables, as event_path_only is set");
	if (!arch_transaction_from(&access, &transaction))
		return refuse(vsmmu, vsid, -EINVAL, "SubstreamID %#x has more than 20 bits", ssid);
	if (!sized_is_valid(tables))
		return refuse(vsmmu, vsid, -EINVAL, "vsmmu_tables has no size");
	look_at_tables(vsmmu, &transaction, walks, &out);
	look_at_endpoint(vsmmu, vsid, &out);
	return sized_copy_out(tables, &out, sizeof(out));
}
