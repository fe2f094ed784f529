/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a fuzzer once on each file of a folder, as a test: for builds without libFuzzer. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "fuzz.h"

#define SIZE_MAX_OF_INPUT (1 << 20)

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Return: the file's bytes in memory of just that size, or NULL. */
static uint8_t *load(const char *folder, const char *name, size_t *size)
{
	static uint8_t buffer[SIZE_MAX_OF_INPUT];
	char path[4096];
	uint8_t *bytes;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		return NULL;
	*size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	bytes = fuzz_alloc(*size);
	memcpy(bytes, buffer, *size);
	return bytes;
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int count, failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	count = scandir(argv[1], &entries, is_file, alphasort);
	if (count <= 0) {
		printf("Bail out! %s: %s\n", argv[1], count ? strerror(errno) : "no files");
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		size_t size = 0;
		uint8_t *bytes = load(argv[1], entries[i]->d_name, &size);

		/* A finding aborts: the plan then tells that something is missing. */
		if (bytes)
			LLVMFuzzerTestOneInput(bytes, size);
		failed += !bytes;
		/* It names no rule: no seed is about one alone. */
		printf("%sok %d - %s\n", bytes ? "" : "not ", i + 1, entries[i]->d_name);
		free(bytes);
		free(entries[i]);
	}
	free(entries);
	return failed != 0;
}
