/* SPDX-License-Identifier: BSD-2-Clause */
/* A map in a folder of its own, to which a test adds files that it has made. */
#ifndef ENDPOINTS_MAP_FILES_H
#define ENDPOINTS_MAP_FILES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../firmware/iort_table.h"
#include "endpoints/map.h"
#include "lib/unit.h"

static struct endpoint_map *map;
static struct endpoint_name names[8];
static struct iort_table table;
static char why[256];

static int make_map(void **unused)
{
	(void)unused;
	map = endpoint_map_new();
	return !map;
}

static int free_map(void **unused)
{
	(void)unused;
	endpoint_map_free(map);
	return 0;
}

#define MAP_TEST(fn) cmocka_unit_test_setup_teardown(fn, make_map, free_map)

static inline int add_bytes(const void *bytes, size_t length)
{
	char path[] = "/tmp/vsmmu-map.XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
	ret = endpoint_map_add_file(map, path, why, sizeof(why));
	unlink(path);
	return ret;
}

static inline int add_text(const char *text)
{
	return add_bytes(text, strlen(text));
}

static inline void add_table(void)
{
	table_end(&table);
	assert_int_equal(add_bytes(table.bytes, table.length), 0);
	assert_string_equal(why, "");
}

/* That these have the stream, the last one followed by NULL; "?" in front: perhaps. */
static inline void check_names(const char *smmu, uint32_t sid, const char *const *expected)
{
	unsigned int count = endpoint_map_find(map, smmu, sid, names, 8), i;

	for (i = 0; expected[i]; i++) {
		assert_string_equal(names[i].name, expected[i] + (*expected[i] == '?'));
		assert_int_equal(names[i].certain, *expected[i] != '?');
	}
	assert_int_equal(count, i);
}

#define CHECK_NAMES(smmu, sid, ...)                                                                \
	check_names(smmu, sid, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

#endif
