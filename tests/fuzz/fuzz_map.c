/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as files that name endpoints: tables, device trees, lists, logs. What the map says
 * is printable, in order, the same when asked again, and no guess stands beside a name.
 *
 * Input: a StreamID (4 bytes), which SMMU (1), then files, each with its length (2) in front.
 */
#include <string.h>

#include "endpoints/map_sources.h"
#include "fuzz.h"

#define NAMES 8

static const char *const smmus[] = {
	"",
	"arm-smmu-v3.0.auto",
	"arm-smmu-v3.1.auto",
	"9050000.iommu",
	"fc900000.iommu",
	"/smmuv3@1000",
	"smmu3.0x0000000000010000",
	"@",
};

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	FUZZ_CHECK(length < size);
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK(text[i] >= ' ' && text[i] <= '~');
}

static void check(struct endpoint_map *map, const char *smmu, uint32_t sid)
{
	struct endpoint_name names[NAMES], again[NAMES];
	unsigned int count;
	char guess[32], about[64];

	memset(names, 0, sizeof(names));
	memset(again, 0, sizeof(again));
	count = endpoint_map_find(map, smmu, sid, names, NAMES);
	FUZZ_CHECK(endpoint_map_find(map, smmu, sid, NULL, 0) == count);
	FUZZ_CHECK(endpoint_map_find(map, smmu, sid, again, NAMES) == count);
	FUZZ_CHECK(!memcmp(names, again, sizeof(names)));
	for (unsigned int i = 0; i < count && i < NAMES; i++) {
		check_text(names[i].name, sizeof(names[i].name));
		check_text(names[i].about, sizeof(names[i].about));
		FUZZ_CHECK(!i || names[i - 1].certain || !names[i].certain);
		/* Nothing is certain without a table. */
		FUZZ_CHECK(!names[i].certain || map->source_count);
		endpoint_map_about(map, names[i].name, about, sizeof(about));
		check_text(about, sizeof(about));
	}
	if (endpoint_map_guess(map, smmu, sid, "", sid & 1, guess, sizeof(guess)))
		FUZZ_CHECK(!count && *guess);
	else
		FUZZ_CHECK(!*guess);
	check_text(guess, sizeof(guess));
	FUZZ_CHECK(!endpoint_map_guess(map, smmu, sid, "eth0", true, guess, sizeof(guess)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint32_t sid = (uint32_t)fuzz_take(&input, 4);
	const char *smmu = smmus[fuzz_take(&input, 1) % (sizeof(smmus) / sizeof(smmus[0]))];
	struct endpoint_map *map = endpoint_map_new();

	FUZZ_CHECK(map);
	while (input.left) {
		size_t length = (size_t)fuzz_take(&input, 2);
		char why[128] = "";
		char *file;
		int ret;

		if (length > input.left)
			length = input.left;
		file = fuzz_alloc(length);
		memcpy(file, input.at, length);
		input.at += length;
		input.left -= length;
		ret = map_add_bytes(map, file, length, why, sizeof(why));
		free(file);
		FUZZ_CHECK(ret <= 0 && (!ret || *why));
		check_text(why, sizeof(why));
		/* Answers of before must not outlive what was added. */
		check(map, smmu, sid);
		check(map, smmu, sid >> 16);
	}
	endpoint_map_add_name(map, "0000:01:00.0");
	check(map, smmu, 0x100);
	check(map, "", sid);
	endpoint_map_free(map);
	return 0;
}
