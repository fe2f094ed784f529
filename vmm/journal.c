/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vm.h"

#define SIZE VSMMU_EVENT_RECORD_SIZE

void journal_note(struct journal *journal, const uint8_t *records, uint32_t count)
{
	if (!journal->file)
		return;
	for (; count; count--, records += SIZE) {
		if (journal->noted - journal->written == JOURNAL_RECORDS) {
			journal->missed += count;
			break;
		}
		memcpy(journal->records + journal->noted % JOURNAL_RECORDS * SIZE, records, SIZE);
		journal->noted++;
	}
	sem_post(&journal->some);
}

void journal_note_lost(struct journal *journal, uint64_t lost)
{
	if (journal->file && lost != atomic_exchange(&journal->lost, lost))
		sem_post(&journal->some);
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

static void print_count(FILE *file, const char *type, uint64_t count)
{
	if (count)
		fprintf(file, "{\"type\":\"%s\",\"count\":%" PRIu64 "}\n", type, count);
}

static void *write_lines(void *opaque)
{
	struct journal *journal = opaque;
	uint64_t lost, told = 0;
	bool end;

	setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
	do {
		sem_wait(&journal->some);
		end = journal->end;
		for (; journal->written != journal->noted; journal->written++)
			print(journal->file,
				journal->records + journal->written % JOURNAL_RECORDS * SIZE);
		lost = journal->lost;
		print_count(journal->file, "lost", lost - told);
		told = lost;
		print_count(journal->file, "missed", atomic_exchange(&journal->missed, 0));
		fflush(journal->file);
	} while (!end);
	return NULL;
}

int journal_open(struct journal *journal, const char *path)
{
	int ret;

	if (!path)
		return 0;
	sem_init(&journal->some, 0, 0);
	journal->file = fopen(path, "ae");
	ret = journal->file ? pthread_create(&journal->thread, NULL, write_lines, journal) : errno;
	if (ret)
		journal->file = NULL;
	return ret ? fail("--events %s: %s", path, strerror(ret)) : 0;
}

void journal_close(struct journal *journal)
{
	if (!journal->file)
		return;
	journal->end = true;
	sem_post(&journal->some);
	pthread_join(journal->thread, NULL);
	if (fclose(journal->file))
		fail("--events: %m");
	journal->file = NULL;
}
