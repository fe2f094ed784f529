/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "error.h"

#define SIZE VSMMU_EVENT_RECORD_SIZE

int journal_open(struct journal *journal, const char *path, int wake)
{
	if (!path)
		return 0;
	pthread_mutex_init(&journal->lock, NULL);
	journal->wake = wake;
	journal->record = malloc(JOURNAL_RECORDS * (size_t)SIZE);
	journal->file = fopen(path, "ae");
	if (!journal->record)
		return fail("no memory for --events");
	return journal->file ? 0 : fail("--events %s: %s", path, strerror(errno));
}

void journal_close(struct journal *journal)
{
	if (journal->file && fclose(journal->file))
		fail("--events: %s", strerror(errno));
	free(journal->record);
	journal->file = NULL;
	journal->record = NULL;
}

void journal_note(struct journal *journal, const uint8_t *records, uint32_t count)
{
	bool wake;

	if (!journal->file)
		return;
	pthread_mutex_lock(&journal->lock);
	wake = journal->noted == journal->written;
	for (; count; count--, records += SIZE) {
		if (journal->noted - journal->written == JOURNAL_RECORDS) {
			journal->missed++;
			continue;
		}
		memcpy(journal->record + journal->noted++ % JOURNAL_RECORDS * SIZE, records, SIZE);
	}
	pthread_mutex_unlock(&journal->lock);
	if (wake)
		(void)eventfd_write(journal->wake, 1);
}

static bool is_address(enum vsmmu_event_field field)
{
	return field == VSMMU_EVENT_FIELD_INPUT_ADDR || field == VSMMU_EVENT_FIELD_INPUT_PAGE ||
	       field == VSMMU_EVENT_FIELD_IPA || field == VSMMU_EVENT_FIELD_FETCH_ADDR;
}

static void print(FILE *file, const uint8_t *bytes)
{
	struct vsmmu_event event = {.size = sizeof(event)};
	struct vsmmu_event_record record;
	const char *name;

	vsmmu_event_record_load(bytes, &record);
	vsmmu_event_decode(&record, &event);
	fprintf(file, "{\"type\":\"event\",\"name\":\"%s\"", vsmmu_event_name(event.id));
	for (unsigned int n = 0; (name = vsmmu_event_field_name(n)); n++) {
		if (!vsmmu_event_has(event.id, n))
			continue;
		fprintf(file, is_address(n) ? ",\"%s\":\"0x%" PRIx64 "\"" : ",\"%s\":%" PRIu64,
			name, vsmmu_event_field_value(&event, n));
	}
	fprintf(file,
		",\"record\":[\"0x%016" PRIx64 "\",\"0x%016" PRIx64 "\",\"0x%016" PRIx64
		"\",\"0x%016" PRIx64 "\"]}\n",
		record.word[0], record.word[1], record.word[2], record.word[3]);
}

/* Takes one record, so that the lock is never held while the file is written. */
static bool take(struct journal *journal, uint8_t *bytes, uint64_t *missed)
{
	bool some;

	pthread_mutex_lock(&journal->lock);
	some = journal->written != journal->noted;
	if (some)
		memcpy(bytes, journal->record + journal->written++ % JOURNAL_RECORDS * SIZE, SIZE);
	*missed = some ? 0 : journal->missed;
	journal->missed = some ? journal->missed : 0;
	pthread_mutex_unlock(&journal->lock);
	return some;
}

void journal_flush(struct journal *journal, uint64_t lost)
{
	uint8_t bytes[SIZE];
	uint64_t missed;

	if (!journal->file)
		return;
	while (take(journal, bytes, &missed))
		print(journal->file, bytes);
	if (missed)
		fprintf(journal->file, "{\"type\":\"missed\",\"count\":%" PRIu64 "}\n", missed);
	if (lost > journal->lost)
		fprintf(journal->file, "{\"type\":\"lost\",\"count\":%" PRIu64 "}\n",
			lost - journal->lost);
	journal->lost = lost;
	fflush(journal->file);
}
