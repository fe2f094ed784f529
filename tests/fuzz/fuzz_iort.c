/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an IORT. Whatever it says, the way from a device to its stream and the way back
 * agree.
 *
 * Input: a requester ID (2 bytes), a StreamID (4), then the table. Its length and its checksum
 * are put right in every other input, by the lowest bit of the first byte.
 */
#include <string.h>

#include "firmware/iort.h"
#include "fuzz.h"

#define USERS 256

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	FUZZ_CHECK(length < size);
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK(text[i] >= ' ' && text[i] <= '~');
}

static bool is_node(const struct iort *iort, const struct iort_node *node)
{
	return node >= iort->nodes && node < iort->nodes + iort->count;
}

static void check_mappings(const struct iort *iort, const struct iort_node *node)
{
	struct iort_mapping mapping;
	unsigned int count = 0;

	while (iort_mapping(iort, node, count, &mapping)) {
		FUZZ_CHECK(!mapping.to || is_node(iort, mapping.to));
		count++;
	}
	FUZZ_CHECK(count * 20 <= node->length);
}

static bool is_among(const struct iort *iort, const struct iort_node *node,
	const struct iort_stream *stream, uint16_t rid)
{
	struct iort_user users[USERS];
	unsigned int count = iort_users(iort, stream->smmu, stream->sid, users, USERS);

	/* More than are given out. */
	if (count == USERS)
		return true;
	for (unsigned int i = 0; i < count; i++) {
		FUZZ_CHECK(users[i].smmu == stream->smmu);
		if (users[i].node != node)
			continue;
		if (users[i].any || users[i].rid == rid)
			return true;
	}
	return false;
}

static void check_forward(const struct iort *iort, const struct iort_node *node, uint16_t rid)
{
	struct iort_stream stream;

	if (node->type != IORT_ROOT_COMPLEX || iort_stream(iort, node->root.segment, rid, &stream))
		return;
	FUZZ_CHECK(is_node(iort, stream.smmu));
	FUZZ_CHECK(is_among(iort, iort_root(iort, node->root.segment), &stream, rid));
}

static void check_back(const struct iort *iort, const struct iort_node *smmu, uint32_t sid)
{
	struct iort_user users[USERS];
	unsigned int count = iort_users(iort, smmu, sid, users, USERS);

	FUZZ_CHECK(count <= USERS);
	for (unsigned int i = 0; i < count; i++) {
		struct iort_stream stream;

		FUZZ_CHECK(users[i].smmu == smmu && is_node(iort, users[i].node));
		if (users[i].node->type != IORT_ROOT_COMPLEX || users[i].any)
			continue;
		FUZZ_CHECK(!iort_stream(iort, users[i].node->root.segment, users[i].rid, &stream));
		FUZZ_CHECK(stream.smmu == smmu && stream.sid == sid);
	}
}

static void check(const struct iort *iort, uint16_t rid, uint32_t sid)
{
	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];

		FUZZ_CHECK(iort_at(iort, node->offset) == node);
		FUZZ_CHECK(node->offset + node->length <= iort->length);
		if (node->type == IORT_NAMED_COMPONENT)
			check_text(node->named.name, sizeof(node->named.name));
		check_mappings(iort, node);
		/* Each is asked in turn, so that a large table does not take for ever. */
		if (i < 16) {
			check_forward(iort, node, rid);
			if (node->type == IORT_SMMU || node->type == IORT_SMMU_V3)
				check_back(iort, node, sid);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint16_t rid = (uint16_t)fuzz_take(&input, 2);
	uint32_t sid = (uint32_t)fuzz_take(&input, 4);
	const char *why = NULL;
	struct iort iort;
	uint8_t *table = fuzz_alloc(input.left);
	int ret;

	memcpy(table, input.at, input.left);
	if (rid & 1 && input.left >= 48) {
		memcpy(table, "IORT", 4);
		for (unsigned int i = 0; i < 4; i++)
			table[4 + i] = (uint8_t)(input.left >> 8 * i);
	}
	ret = iort_parse(table, input.left, &iort, &why);
	free(table);
	FUZZ_CHECK(!ret || (why && !iort.count && !iort.bytes));
	if (!ret)
		check(&iort, rid, sid);
	iort_free(&iort);
	return 0;
}
