/* SPDX-License-Identifier: BSD-2-Clause */
/* A log that is fed line by line, and what came of it. */
#ifndef UNIT_DMESG_LOG_H
#define UNIT_DMESG_LOG_H

#include <string.h>

#include "lib/unit.h"
#include "log/log.h"

#define DMESG_KNOWN(field) (UINT64_C(1) << VSMMU_EVENT_FIELD_##field)

/* What the line with the details tells. */
#define DETAILS                                                                                    \
	(DMESG_KNOWN(PNU) | DMESG_KNOWN(IND) | DMESG_KNOWN(RNW) | DMESG_KNOWN(S2) |                \
		DMESG_KNOWN(CLASS) | DMESG_KNOWN(STALL) | DMESG_KNOWN(STAG))

#define SMMU   "arm-smmu-v3 arm-smmu-v3.0.auto: "
#define SECOND "arm-smmu-v3 2b400000.iommu: "

#define RAW(prefix)                                                                                \
	prefix "event 0x10 received:", prefix "\t0x0000000800000010",                              \
		prefix "\t0x0000020800000000", prefix "\t0x0000000000100000",                      \
		prefix "\t0x0000000000000000"
#define DECODED(prefix)                                                                            \
	prefix "event: F_TRANSLATION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0x100000 ipa: " \
	       "0x0",                                                                              \
		prefix "unpriv data read s1 \"Input address caused fault\" stag: 0x0"

static const struct vsmmu_event_record translation = {
	{0x0000000800000010, 0x0000020800000000, 0x100000, 0}};

static struct vsmmu_dmesg dmesg;
static struct vsmmu_dmesg_item items[16];
static unsigned int count;

static inline void take_items(void)
{
	struct vsmmu_dmesg_item item;

	while (vsmmu_dmesg_next(&dmesg, &item)) {
		if (count < 16)
			items[count] = item;
		count++;
	}
}

static inline void feed(const char *line)
{
	assert_int_equal(vsmmu_dmesg_feed(&dmesg, line, strlen(line)), 0);
	take_items();
}

static inline void begin(void)
{
	count = 0;
	vsmmu_dmesg_init(&dmesg);
}

static inline void end(void)
{
	assert_int_equal(vsmmu_dmesg_flush(&dmesg, true), 0);
	take_items();
}

static inline void feed_all(const char *const *lines)
{
	begin();
	for (; *lines; lines++)
		feed(*lines);
	end();
}

#define FEED(...) feed_all((const char *const[]){__VA_ARGS__, NULL})

static inline void assert_record(
	const struct vsmmu_dmesg_item *item, const struct vsmmu_event_record *record)
{
	struct vsmmu_event event = {.size = sizeof(event)};

	assert_int_equal(item->kind, VSMMU_DMESG_EVENT);
	assert_memory_equal(&item->record, record, sizeof(*record));
	vsmmu_event_decode(record, &event);
	assert_memory_equal(&item->event, &event, sizeof(event));
}

/* An event of which this is known and that misses what @text says. */
static inline void assert_partial(
	const struct vsmmu_dmesg_item *item, uint64_t known, const char *text)
{
	assert_int_equal(item->kind, VSMMU_DMESG_EVENT);
	assert_true(item->partial);
	assert_int_not_equal(item->words, 4);
	assert_int_equal(item->known, known);
	if (!strstr(item->text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, item->text);
}

/* An event of which nothing is missing. */
static inline void assert_whole(const struct vsmmu_dmesg_item *item, uint64_t known)
{
	assert_int_equal(item->kind, VSMMU_DMESG_EVENT);
	assert_string_equal(item->text, "");
	assert_false(item->partial);
	assert_int_equal(item->known, known);
}

static inline bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

#endif
