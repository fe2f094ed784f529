/* SPDX-License-Identifier: BSD-2-Clause */
/* The IORT's ID mappings: from a device to its stream, and back. */
#include <errno.h>

#include "firmware/iort.h"

#define USERS_MAX 256
#define RID_MAX	  0xffff

static bool is_smmu(const struct iort_node *node)
{
	return node && (node->type == IORT_SMMU || node->type == IORT_SMMU_V3);
}

/*
 * Linux' iort_id_map(). The last id of a mapping counts only if no other begins with it: some
 * firmware takes "number of ids less one" for the number of ids.
 */
static bool map_id(const struct iort *iort, const struct iort_node *root, uint32_t id,
	const struct iort_node **to, uint32_t *out)
{
	struct iort_mapping mapping;
	bool found = false;

	for (unsigned int i = 0; iort_mapping(iort, root, i, &mapping); i++) {
		if (mapping.single) {
			*to = mapping.to;
			*out = mapping.output;
			return true;
		}
		if (id < mapping.input || id - mapping.input > mapping.last)
			continue;
		if (id - mapping.input > UINT32_MAX - mapping.output)
			continue;
		if (found && id != mapping.input)
			continue;
		*to = mapping.to;
		*out = mapping.output + (id - mapping.input);
		found = true;
		if (!mapping.last || id - mapping.input != mapping.last)
			return true;
	}
	return found;
}

const struct iort_node *iort_root(const struct iort *iort, uint32_t segment)
{
	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];

		if (node->type == IORT_ROOT_COMPLEX && node->root.segment == segment)
			return node;
	}
	return NULL;
}

int iort_stream(const struct iort *iort, uint32_t segment, uint16_t rid, struct iort_stream *stream)
{
	const struct iort_node *root = iort_root(iort, segment), *to;
	uint32_t id;

	*stream = (struct iort_stream){.smmu = NULL};
	if (!root)
		return -ENOENT;
	if (!map_id(iort, root, rid, &to, &id) || !is_smmu(to))
		return -ENODEV;
	*stream = (struct iort_stream){.smmu = to, .sid = id};
	return 0;
}

/* The users that were found: of one stream. */
struct search {
	const struct iort *iort;
	uint32_t sid;
	struct iort_user found[USERS_MAX];
	unsigned int count;
};

static void add(struct search *search, const struct iort_user *user)
{
	for (unsigned int i = 0; i < search->count; i++) {
		const struct iort_user *known = &search->found[i];

		if (known->node == user->node && known->smmu == user->smmu &&
			known->rid == user->rid && known->any == user->any)
			return;
	}
	if (search->count < USERS_MAX)
		search->found[search->count++] = *user;
}

/* Whether a requester ID leads to that stream: another mapping may stand before this one. */
static bool leads_there(const struct search *search, const struct iort_user *user, uint32_t id)
{
	const struct iort_node *to;
	uint32_t out;

	return id <= RID_MAX && map_id(search->iort, user->node, id, &to, &out) &&
	       to == user->smmu && out == search->sid;
}

/* Without an SMMU that is meant, each one of version 3 is. */
static bool is_meant(const struct iort_node *to, const struct iort_node *smmu)
{
	return is_smmu(to) && (smmu ? to == smmu : to->type == IORT_SMMU_V3);
}

static void look_at(
	struct search *search, const struct iort_node *node, const struct iort_node *smmu)
{
	bool root = node->type == IORT_ROOT_COMPLEX, single = false;
	struct iort_mapping mapping;

	for (unsigned int i = 0; iort_mapping(search->iort, node, i, &mapping); i++) {
		struct iort_user user = {.node = node, .smmu = mapping.to};
		uint32_t last = mapping.single ? 0 : mapping.last, id;
		/* Only the first mapping of all functions ever counts. */
		bool hidden = root && mapping.single && single;

		single = single || mapping.single;
		if (hidden || !is_meant(mapping.to, smmu))
			continue;
		if (search->sid < mapping.output || search->sid - mapping.output > last)
			continue;
		user.any = root && mapping.single;
		id = search->sid - mapping.output;
		if (root && !user.any) {
			if (mapping.input > RID_MAX || id > RID_MAX ||
				!leads_there(search, &user, mapping.input + id))
				continue;
			user.rid = (uint16_t)(mapping.input + id);
		}
		add(search, &user);
	}
}

unsigned int iort_users(const struct iort *iort, const struct iort_node *smmu, uint32_t sid,
	struct iort_user *users, unsigned int max)
{
	struct search search = {.iort = iort, .sid = sid};

	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];

		if (node->type == IORT_NAMED_COMPONENT ||
			(node->type == IORT_ROOT_COMPLEX && !node->root.again))
			look_at(&search, node, smmu);
	}
	for (unsigned int i = 0; i < search.count && i < max; i++)
		users[i] = search.found[i];
	return search.count;
}

bool iort_has_platform_device(const struct iort_node *node)
{
	return is_smmu(node) || node->type == IORT_PMCG;
}

int iort_platform_number(const struct iort *iort, const struct iort_node *node)
{
	int number = 0;

	for (unsigned int i = 0; i < iort->count; i++) {
		if (!iort_has_platform_device(&iort->nodes[i]))
			continue;
		if (&iort->nodes[i] == node)
			return number;
		number++;
	}
	return -1;
}
