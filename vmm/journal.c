/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"

#define SIZE  VSMMU_EVENT_RECORD_SIZE
#define BYTES (JOURNAL_RECORDS * (size_t)SIZE)

void journal_note(struct journal *journal, const uint8_t *records, uint32_t count)
{
	if (!journal->file)
		return;
	pthread_mutex_lock(&journal->lock);
	for (; count; count--, records += SIZE) {
		if (journal->noted - journal->written == JOURNAL_RECORDS) {
			journal->missed++;
			continue;
		}
		memcpy(journal->record + journal->noted++ % JOURNAL_RECORDS * SIZE, records, SIZE);
	}
	pthread_cond_signal(&journal->some);
	pthread_mutex_unlock(&journal->lock);
}

void journal_note_lost(struct journal *journal, uint64_t lost)
{
	pthread_mutex_lock(&journal->lock);
	journal->lost = lost;
	pthread_cond_signal(&journal->some);
	pthread_mutex_unlock(&journal->lock);
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

/* The lock is never held while the file is written. */
static void *write_lines(void *opaque)
{
	bool flushed = true, some, end;
	struct journal *journal = opaque;
	uint8_t bytes[SIZE];
	uint64_t missed, lost;

	setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
	do {
		pthread_mutex_lock(&journal->lock);
		while (flushed && !journal->end && journal->written == journal->noted &&
			!journal->missed && journal->lost == journal->told)
			pthread_cond_wait(&journal->some, &journal->lock);
		some = journal->written != journal->noted;
		if (some)
			memcpy(bytes, journal->record + journal->written++ % JOURNAL_RECORDS * SIZE,
				SIZE);
		missed = some ? 0 : journal->missed;
		lost = some ? 0 : journal->lost - journal->told;
		journal->missed -= missed;
		journal->told += lost;
		end = journal->end;
		pthread_mutex_unlock(&journal->lock);
		if (some)
			print(journal->file, bytes);
		if (missed)
			fprintf(journal->file, "{\"type\":\"missed\",\"count\":%" PRIu64 "}\n",
				missed);
		if (lost)
			fprintf(journal->file, "{\"type\":\"lost\",\"count\":%" PRIu64 "}\n", lost);
		flushed = !some && !missed && !lost;
		if (flushed)
			fflush(journal->file);
	} while (!end || !flushed);
	return NULL;
}

int journal_open(struct journal *journal, const char *path)
{
	int ret;

	if (!path)
		return 0;
	pthread_mutex_init(&journal->lock, NULL);
	pthread_cond_init(&journal->some, NULL);
	journal->record =
		mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (journal->record == MAP_FAILED)
		return fail("no memory for --events");
	journal->file = fopen(path, "ae");
	if (!journal->file)
		return fail("--events %s: %s", path, strerror(errno));
	ret = pthread_create(&journal->thread, NULL, write_lines, journal);
	if (!ret)
		return 0;
	fclose(journal->file);
	journal->file = NULL;
	return fail("no thread for --events: %s", strerror(ret));
}

void journal_close(struct journal *journal)
{
	if (!journal->file)
		return;
	pthread_mutex_lock(&journal->lock);
	journal->end = true;
	pthread_cond_signal(&journal->some);
	pthread_mutex_unlock(&journal->lock);
	pthread_join(journal->thread, NULL);
	if (fclose(journal->file))
		fail("--events: %s", strerror(errno));
	munmap(journal->record, BYTES);
	journal->file = NULL;
}
