/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an STE or a CD is changed while the SMMU may look at it: it reads the words one by one,
 * in any order, at any time. If all that differs, in bits that matter before or after, lies in
 * one word, then everything else is written first, that word next, and each transaction sees
 * the old entry or the new one. Otherwise the entry is made invalid for a while.
 */
#include "internal.h"

#define WORDS 8

struct entry_writer {
	struct driver *driver;
	const struct driver_entry_ops *ops;
	uint32_t sid, ssid;
	uint64_t *entry;
};

/* Writes words [@first, @end) and, if that changed any, tells the SMMU. */
static int set_words(struct entry_writer *writer, const uint64_t target[WORDS], unsigned int first,
	unsigned int end)
{
	bool changed = false;

	for (unsigned int i = first; i < end; i++) {
		if (driver_load(&writer->entry[i]) == target[i])
			continue;
		driver_store(&writer->entry[i], target[i]);
		changed = true;
	}
	return changed ? writer->ops->sync(writer->driver, writer->sid, writer->ssid) : 0;
}

/*
 * @safe: the entry with all of the target's bits that do not matter yet. Return: a bit for
 * each word of it that differs from the target where that matters.
 */
static unsigned int compare(const struct entry_writer *writer, const uint64_t target[WORDS],
	uint64_t now[WORDS], uint64_t safe[WORDS])
{
	uint64_t used_now[WORDS] = {0}, used_then[WORDS] = {0};
	unsigned int differing = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		now[i] = driver_load(&writer->entry[i]);
	writer->ops->used(now, used_now);
	writer->ops->used(target, used_then);
	for (unsigned int i = 0; i < WORDS; i++) {
		safe[i] = (now[i] & used_now[i]) | (target[i] & ~used_now[i]);
		if ((safe[i] & used_then[i]) != (target[i] & used_then[i]))
			differing |= 1u << i;
	}
	return differing;
}

static int write_around(struct entry_writer *writer, const uint64_t target[WORDS],
	const uint64_t now[WORDS], uint64_t safe[WORDS], unsigned int word)
{
	int ret;

	safe[word] = now[word];
	ret = set_words(writer, safe, 0, WORDS);
	if (!ret)
		ret = set_words(writer, target, word, word + 1);
	return ret ? ret : set_words(writer, target, 0, WORDS);
}

static int write_through_invalid(struct entry_writer *writer, const uint64_t target[WORDS],
	const uint64_t now[WORDS], uint64_t valid)
{
	const uint64_t invalid[WORDS] = {now[0] & ~valid};
	int ret = set_words(writer, invalid, 0, 1);

	if (!ret)
		ret = set_words(writer, target, 1, WORDS);
	return ret ? ret : set_words(writer, target, 0, 1);
}

int driver_write_entry(struct driver *driver, const struct driver_entry_ops *ops, uint32_t sid,
	uint32_t ssid, uint64_t *entry, const uint64_t target[8])
{
	struct entry_writer writer = {driver, ops, sid, ssid, entry};
	uint64_t now[WORDS], safe[WORDS];
	unsigned int differing = compare(&writer, target, now, safe);

	if (!differing)
		return set_words(&writer, target, 0, WORDS);
	if (!(differing & (differing - 1)))
		return write_around(
			&writer, target, now, safe, (unsigned int)__builtin_ctz(differing));
	return write_through_invalid(&writer, target, now, ops->valid);
}
