/* SPDX-License-Identifier: BSD-2-Clause */
/* examples/embed_iommufd.c, as it stands, on the real kernel and an edu endpoint. */
int example_main(int argc, char **argv);

#define main example_main
#include "../../examples/embed_iommufd.c"
#undef main

#include <dirent.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "edu.h"
#include "tap.h"

/* Writes the path of an edu device's VFIO file. Return: whether there is one. */
static bool find_device(char *path, size_t size)
{
	char bdf[1][16], folder[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (!edu_find(bdf, 1))
		return false;
	snprintf(folder, sizeof(folder), "/sys/bus/pci/devices/%s/vfio-dev", bdf[0]);
	dir = opendir(folder);
	while (dir && !found && (entry = readdir(dir))) {
		found = !strncmp(entry->d_name, "vfio", 4);
		snprintf(path, size, "/dev/vfio/devices/%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Runs the example with its output in @text. Return: its exit status. */
static int run(char *path, char *text, size_t size)
{
	int status = -1, out[2];
	size_t length = 0;
	ssize_t got;
	pid_t child;

	fflush(NULL);
	if (pipe(out) || (child = fork()) < 0)
		return -1;
	if (!child) {
		char name[] = "example", *arguments[] = {name, path, NULL};

		dup2(out[1], STDOUT_FILENO);
		exit(example_main(2, arguments));
	}
	close(out[1]);
	while (length < size - 1 && (got = read(out[0], text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(out[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void it_shows_what_a_guest_would_find(void *context)
{
	char path[300] = "", text[4096];

	(void)context;
	TAP_CHECK(find_device(path, sizeof(path)), "no edu endpoint");
	TAP_EQ(run(path, text, sizeof(text)), 0);
	TAP_CHECK(strstr(text, "IDR0: 0x") && strstr(text, "IDR5: 0x"), "%s", text);
}

static void it_says_what_is_wrong(void *context)
{
	char path[] = "/dev/null", text[4096];

	(void)context;
	TAP_EQ(run(path, text, sizeof(text)), 1);
	TAP_CHECK(!strstr(text, "IDR0"), "%s", text);
}

static const struct tap_test tests[] = {
	{"it_shows_what_a_guest_would_find", "S1", it_shows_what_a_guest_would_find},
	{"it_says_what_is_wrong", "S6", it_says_what_is_wrong},
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
