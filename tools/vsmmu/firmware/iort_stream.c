/* SPDX-License-Identifier: BSD-2-Clause */
/* The IORT's ID mappings: from a device to its stream and interrupts, and back. */
#include <errno.h>

#include "firmware/iort.h"

#define USERS_MAX 256
#define RID_MAX	  0xffff

static bool is_smmu(const struct iort_node *node)
{
	return node && (node->type == IORT_SMMU || node->type == IORT_SMMU_V3);
}

static bool may_be_single(const struct iort_node *node)
{
	return node->type == IORT_ROOT_COMPLEX || node->type == IORT_NAMED_COMPONENT ||
	       node->type == IORT_IWB;
}

/*
 * Linux' iort_id_map(). The last id of a mapping counts only if no other begins with it: some
 * firmware takes "number of ids less one" for the number of ids.
 */
static bool map_id(const struct iort *iort, const struct iort_node *node, uint32_t id,
	const struct iort_node **to, uint32_t *out)
{
	struct iort_mapping mapping;
	bool found = false;

	for (unsigned int i = 0; iort_mapping(iort, node, i, &mapping); i++) {
		if (node->type == IORT_SMMU_V3 && node->smmu_v3.has_msi &&
			i == node->smmu_v3.msi_mapping)
			continue;
		if (mapping.single) {
			if (!may_be_single(node))
				continue;
			*to = mapping.to;
			*out = mapping.output;
			return true;
		}
		if (id < mapping.input || id - mapping.input > mapping.last)
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

/* What is behind a device that emits @id towards @to. */
static int follow(const struct iort *iort, const struct iort_node *to, uint32_t id,
	struct iort_stream *stream)
{
	*stream = (struct iort_stream){.smmu = NULL};
	if (is_smmu(to)) {
		stream->smmu = to;
		stream->sid = id;
		if (!map_id(iort, to, id, &to, &id))
			to = NULL;
	}
	if (to && to->type == IORT_ITS_GROUP) {
		stream->its = to;
		stream->device_id = id;
	}
	return stream->smmu ? 0 : -ENODEV;
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
	const struct iort_node *root = iort_root(iort, segment), *to = NULL;
	uint32_t id = 0;

	if (!root) {
		*stream = (struct iort_stream){.smmu = NULL};
		return -ENOENT;
	}
	map_id(iort, root, rid, &to, &id);
	return follow(iort, to, id, stream);
}

int iort_named_stream(const struct iort *iort, const struct iort_node *named, unsigned int index,
	struct iort_stream *stream)
{
	struct iort_mapping mapping;

	*stream = (struct iort_stream){.smmu = NULL};
	if (named->type != IORT_NAMED_COMPONENT || !iort_mapping(iort, named, index, &mapping))
		return -ENOENT;
	return follow(iort, mapping.to, mapping.output, stream);
}

/* Whether this mapping has the stream, and for which requester ID. */
static bool has_stream(const struct iort_mapping *mapping, const struct iort_node *smmu,
	uint32_t sid, uint32_t *id)
{
	*id = 0;
	if (mapping->to != smmu)
		return false;
	if (mapping->single)
		return sid == mapping->output;
	*id = mapping->input + (sid - mapping->output);
	return sid >= mapping->output && sid - mapping->output <= mapping->last &&
	       *id >= mapping->input;
}

/* Whether the way there leads to that stream too: another mapping may come before this one. */
static bool is_stream_of(const struct iort *iort, const struct iort_node *root, uint32_t rid,
	const struct iort_node *smmu, uint32_t sid)
{
	const struct iort_node *to;
	uint32_t out;

	return rid <= RID_MAX && map_id(iort, root, rid, &to, &out) && to == smmu && out == sid;
}

/* Whether the user is among those that were found; of them, the first @max are known. */
static bool is_known(
	const struct iort_user *users, unsigned int count, const struct iort_user *user)
{
	for (unsigned int i = 0; i < count; i++) {
		if (users[i].node == user->node && users[i].rid == user->rid &&
			users[i].any == user->any)
			return true;
	}
	return false;
}

unsigned int iort_users(const struct iort *iort, const struct iort_node *smmu, uint32_t sid,
	struct iort_user *users, unsigned int max)
{
	struct iort_user found[USERS_MAX];
	unsigned int count = 0;

	for (unsigned int i = 0; is_smmu(smmu) && i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];
		bool root = node->type == IORT_ROOT_COMPLEX;
		struct iort_mapping mapping;

		if (!root && node->type != IORT_NAMED_COMPONENT)
			continue;
		if (root && iort_root(iort, node->root.segment) != node)
			continue;
		for (unsigned int j = 0; iort_mapping(iort, node, j, &mapping); j++) {
			struct iort_user user = {.node = node, .any = root && mapping.single};
			uint32_t id;

			if (!has_stream(&mapping, smmu, sid, &id))
				continue;
			if (root && !is_stream_of(iort, node, id, smmu, sid))
				continue;
			user.rid = root ? (uint16_t)id : 0;
			if (!is_known(found, count, &user))
				found[count++] = user;
			if (count == USERS_MAX)
				goto enough;
		}
	}
enough:
	for (unsigned int i = 0; i < count && i < max; i++)
		users[i] = found[i];
	return count;
}

bool iort_rmr_is_for(const struct iort *iort, const struct iort_node *rmr,
	const struct iort_node *smmu, uint32_t sid)
{
	struct iort_mapping mapping;

	for (unsigned int i = 0; rmr->type == IORT_RMR && iort_mapping(iort, rmr, i, &mapping);
		i++) {
		if (mapping.to == smmu && sid >= mapping.output &&
			sid - mapping.output <= (mapping.single ? 0 : mapping.last))
			return true;
	}
	return false;
}

int iort_platform_number(const struct iort *iort, const struct iort_node *node)
{
	int number = 0;

	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *other = &iort->nodes[i];

		if (!is_smmu(other) && other->type != IORT_PMCG)
			continue;
		if (other == node)
			return number;
		number++;
	}
	return -1;
}
