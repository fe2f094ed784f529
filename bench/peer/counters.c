/* SPDX-License-Identifier: BSD-2-Clause */
#include "counters.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "machine.h"

#define TRACING "/sys/kernel/tracing/"
#define EVENT	"invalidations"
#define PERIOD	4000 /* us between two looks at a count */
#define QUIET	500  /* looks that found the same */

int exits_find(struct exits *exits, pid_t vmm)
{
	char pattern[96];
	glob_t found;
	size_t count;

	/* A VMM may have had other machines, to try KVM out: they are gone. */
	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/kvm/%d-*/mmio_exit_user", (int)vmm);
	if (glob(pattern, 0, NULL, &found))
		return -1;
	count = found.gl_pathc;
	snprintf(exits->path, sizeof(exits->path), "%s", found.gl_pathv[0]);
	globfree(&found);
	return count == 1 ? 0 : -1;
}

/* The file gives its value to whoever opens it, once. */
uint64_t exits_count(const struct exits *exits)
{
	int fd = open(exits->path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0)
		return 0;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	return strtoull(text, NULL, 10);
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	const bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (!good)
		perror(path);
	if (fd >= 0)
		close(fd);
	return good ? 0 : -1;
}

int counters_count_invalidations(bool on)
{
	static bool ready;

	if (!ready) {
		mount("tracefs", TRACING, "tracefs", 0, NULL);
		if (write_text(TRACING "kprobe_events", "p:" EVENT " iommufd_hwpt_invalidate"))
			return -1;
		ready = true;
	}
	return write_text(TRACING "events/kprobes/" EVENT "/enable", on ? "1" : "0");
}

uint64_t counters_invalidations(void)
{
	FILE *file = fopen(TRACING "kprobe_profile", "re");
	unsigned long long hits = 0;
	char name[64];

	/* Lines "NAME HITS MISSES". */
	while (file && fscanf(file, "%63s %llu %*u", name, &hits) == 2 && strcmp(name, EVENT))
		hits = 0;
	if (file)
		fclose(file);
	return hits;
}

static void *watch(void *opaque)
{
	struct activity *activity = opaque;
	unsigned int quiet = 0;
	uint64_t before = 0;

	while (quiet < QUIET || !atomic_load(&activity->made)) {
		const uint64_t exits = exits_count(&activity->exits);

		if (exits != before)
			activity->last = seconds_now();
		quiet = exits == before ? quiet + 1 : 0;
		before = exits;
		usleep(PERIOD);
	}
	return NULL;
}

int activity_start(struct activity *activity, pid_t vmm)
{
	*activity = (struct activity){.last = seconds_now()};
	if (exits_find(&activity->exits, vmm))
		return -1;
	return pthread_create(&activity->thread, NULL, watch, activity);
}

double activity_end(struct activity *activity)
{
	atomic_store(&activity->made, true);
	pthread_join(activity->thread, NULL);
	return activity->last;
}
