/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a stream, from an IORT and whatever is known of which SMMU it is. */
#include "endpoints/stream_user.h"
#include "text/span.h"

#define USERS_MAX 64

static void describe(const struct iort_user *from, bool certain, struct stream_user *user)
{
	*user = (struct stream_user){.certain = certain, .mask = UINT16_MAX};
	if (from->node->type == IORT_NAMED_COMPONENT) {
		span_print(span_of(from->node->named.name), user->name, sizeof(user->name));
		return;
	}
	user->is_pci = true;
	user->pci.has_segment = true;
	user->pci.segment = from->node->root.segment;
	user->pci.rid = from->rid;
	if (from->any)
		user->mask = 0;
}

/* The SMMU that is meant, as far as that can be told, or NULL. */
static const struct iort_node *meant(const struct iort *iort, struct smmu_ref smmu)
{
	int number = 0;

	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];

		if (node->type == IORT_SMMU_V3 &&
			((smmu.kind == SMMU_REF_ADDRESS && node->smmu_v3.base == smmu.value) ||
				(smmu.kind == SMMU_REF_NUMBER && (uint64_t)number == smmu.value)))
			return node;
		number += iort_has_platform_device(node);
	}
	return NULL;
}

unsigned int iort_stream_users(const struct iort *iort, struct smmu_ref smmu, uint32_t sid,
	struct stream_user *users, unsigned int max, bool *knows)
{
	const struct iort_node *one = meant(iort, smmu);
	bool certain = true, has_it = false;
	struct iort_user found[USERS_MAX];
	unsigned int all, count = 0;

	*knows = smmu.kind == SMMU_REF_ADDRESS ? one != NULL : iort->count > 0;
	all = iort_users(iort, smmu.kind == SMMU_REF_ADDRESS ? one : NULL, sid, found, USERS_MAX);
	/*
	 * Other tables can have had devices numbered before, so that a number alone proves
	 * nothing. It need not: often only one SMMU has the stream at all.
	 */
	for (unsigned int i = 0; i < all && i < USERS_MAX; i++) {
		certain = certain && *knows && found[i].smmu == found[0].smmu;
		has_it = has_it || found[i].smmu == one;
	}
	for (unsigned int i = 0; i < all && i < USERS_MAX; i++) {
		if (has_it && found[i].smmu != one)
			continue;
		if (count < max)
			describe(&found[i], certain, &users[count]);
		count++;
	}
	return count;
}

bool iort_function_has(const struct iort *iort, const struct pci_address *address, uint32_t sid)
{
	struct iort_stream stream;

	return !iort_stream(iort, address->segment, address->rid, &stream) && stream.sid == sid;
}
