/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a stream, from an IORT and whatever is known of which SMMU it is. */
#include "endpoints/stream_user.h"
#include "text/span.h"

#define USERS_OF_ONE 64

struct search {
	const struct iort *iort;
	uint32_t sid;
	struct stream_user *users;
	unsigned int max;
	unsigned int count;
};

static void add_user(struct search *search, const struct iort_user *user, bool certain)
{
	struct stream_user *to;

	if (search->count++ >= search->max)
		return;
	to = &search->users[search->count - 1];
	*to = (struct stream_user){.certain = certain, .mask = UINT16_MAX};
	if (user->node->type == IORT_NAMED_COMPONENT) {
		span_print(span_of(user->node->named.name), to->name, sizeof(to->name));
		return;
	}
	to->is_pci = true;
	to->pci.has_segment = true;
	to->pci.segment = user->node->root.segment;
	to->pci.rid = user->rid;
	if (user->any)
		to->mask = 0;
}

/* Return: how many users the stream has there. */
static unsigned int add_smmu(struct search *search, const struct iort_node *smmu, bool certain)
{
	struct iort_user users[USERS_OF_ONE];
	unsigned int count = iort_users(search->iort, smmu, search->sid, users, USERS_OF_ONE);

	for (unsigned int i = 0; i < count && i < USERS_OF_ONE; i++)
		add_user(search, &users[i], certain);
	return count;
}

/* Whether this is the SMMU that is meant. */
static bool is_meant(const struct iort *iort, const struct iort_node *node, struct smmu_ref smmu)
{
	if (smmu.kind == SMMU_REF_ADDRESS)
		return node->smmu_v3.base == smmu.value;
	return smmu.kind == SMMU_REF_NUMBER &&
	       iort_platform_number(iort, node) == (int64_t)smmu.value;
}

unsigned int iort_stream_users(const struct iort *iort, struct smmu_ref smmu, uint32_t sid,
	struct stream_user *users, unsigned int max, bool *knows)
{
	struct search search = {.iort = iort, .sid = sid, .users = users, .max = max};
	const struct iort_node *meant = NULL;
	unsigned int have_it = 0, meant_has = 0, all = 0;

	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];
		unsigned int found;

		if (node->type != IORT_SMMU_V3)
			continue;
		all++;
		found = iort_users(iort, node, sid, NULL, 0);
		have_it += found > 0;
		if (!meant && is_meant(iort, node, smmu)) {
			meant = node;
			meant_has = found;
		}
	}
	*knows = smmu.kind == SMMU_REF_ADDRESS ? meant != NULL : all > 0;
	if (smmu.kind == SMMU_REF_ADDRESS && meant) {
		add_smmu(&search, meant, true);
		return search.count;
	}
	/*
	 * Other tables can have had devices numbered before, so that a number alone proves
	 * nothing. It need not: often only one SMMU has the stream at all.
	 */
	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];

		if (node->type != IORT_SMMU_V3 || (meant_has && node != meant))
			continue;
		add_smmu(&search, node, *knows && have_it == 1);
	}
	return search.count;
}
