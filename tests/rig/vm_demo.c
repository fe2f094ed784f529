/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The demonstration of rig/demo-vm: vsmmu-vm with an edu device and an NVMe disk. The guest's own
 * drivers use both; its console is counted, and compared with what the VMM has counted.
 *
 *	vm_demo KERNEL EDU NVME		the devices by their addresses in the host
 *
 * It prints what both sides say: "host | " or "guest | " and a line that tells the story, with ":"
 * instead of "|" all other lines. The last line begins with "demo-vm: ".
 */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "guest.h"

#define BOOT_SECONDS 60
#define EDU	     "0000:00:01.0" /* the guest's */
#define EVENT	     "event: F_TRANSLATION client: " EDU " sid: 0x8 ssid: 0x0 iova: 0xdea"
#define FAULTS	     4

static struct guest guest;
static size_t console_shown, messages_shown;

static __attribute__((format(printf, 1, 2))) void tell(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	printf("host | ");
	vprintf(format, list);
	printf("\n");
	va_end(list);
}

static bool has_one(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (strstr(line, *words))
			return true;
	return false;
}

static bool is_of_the_story(const char *line)
{
	static const char *const story[] = {"Linux version", "Default domain type", "arm-smmu-v3 ",
		"Adding to iommu group", "nvme nvme0", "guest: disk", "guest: failed", "Power down",
		"vsmmu-vm: ", NULL};
	static const char *const details[] = {
		" received:", ": \t0x", "Ignoring bogus", "vsmmu-vm: info: ", NULL};

	return has_one(line, story) && !has_one(line, details);
}

/* Prints the whole lines that came since the last call. */
static void show_text(const struct guest_text *text, size_t *shown, const char *who)
{
	const char *line, *end;
	char copy[512];

	for (; (end = strchr(line = text->text + *shown, '\n'));
		*shown += (size_t)(end - line) + 1) {
		snprintf(copy, sizeof(copy), "%.*s", (int)(end - line), line);
		printf("%s %c %s\n", who, is_of_the_story(copy) ? '|' : ':', copy);
	}
}

static void show(void)
{
	show_text(&guest.console, &console_shown, "guest");
	show_text(&guest.messages, &messages_shown, "host");
}

/* Return: false, for the caller to return. */
static bool fail(const char *why)
{
	show();
	if (guest.pid > 0)
		kill(guest.pid, SIGKILL);
	guest_end(&guest, 1);
	printf("demo-vm: failed: %s\n", why);
	return false;
}

/* Shows the guest's lines as they come, until one of them has @text. */
static bool watch(const char *text, unsigned int seconds)
{
	size_t from = guest.console.length;

	while (guest_expect(&guest, "\n", seconds)) {
		show();
		if (strstr(guest.console.text + from, text))
			return true;
	}
	return false;
}

static bool boot(const char *kernel, const char *edu, const char *nvme)
{
	const char *const more[] = {"--device", edu, "--device", nvme, NULL};

	tell("$ vsmmu-vm --kernel Image --initrd guest.cpio --device %s --device %s", edu, nvme);
	if (guest_boot(&guest, kernel, "", more))
		return fail("vsmmu-vm does not start");
	return watch("guest: ready", BOOT_SECONDS) || fail("the guest does not come up");
}

/* The guest's kernel tells of a fault by itself, in a thread of its driver. */
static bool fault(const char *command)
{
	if (!guest_do(&guest, command, 10) || !guest_expect(&guest, EVENT, 10))
		return fail("the guest's kernel does not tell of a fault");
	/* The rest of its line, and one more. */
	guest_expect(&guest, "\n", 1);
	guest_expect(&guest, "\n", 1);
	show();
	return true;
}

static bool use_disk(void)
{
	if (!guest_do(&guest, "disk write 8M 11", 60) ||
		!guest_do(&guest, "disk verify 8M 11", 60) ||
		!guest_do(&guest, "disk read 256 4096", 60))
		return fail("the NVMe disk does not work");
	show();
	return true;
}

static unsigned int count(const char *text, const char *words)
{
	unsigned int found = 0;

	for (; (text = strstr(text, words)); text++)
		found++;
	return found;
}

static uint64_t statistic(const char *name)
{
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "vsmmu-vm: %s ", name);
	at = strstr(guest.messages.text, line);
	return at ? strtoull(at + strlen(line), NULL, 10) : 0;
}

/* The guest's console and the VMM's counters know nothing of each other. */
static bool compare(void)
{
	const unsigned int seen = count(guest.console.text, EVENT);

	tell("the guest's console has %u faults, the VMM has delivered %" PRIu64
	     " and lost %" PRIu64,
		seen, statistic("delivered"), statistic("lost"));
	if (seen != FAULTS || count(guest.console.text, " event: ") != seen)
		return fail("the guest saw other faults than were made");
	if (statistic("delivered") != seen || statistic("lost"))
		return fail("the VMM counted other faults than the guest saw");
	printf("demo-vm: guest saw %u faults, NVMe OK\n", seen);
	return true;
}

static bool run(char **words)
{
	struct utsname name;

	uname(&name);
	tell("Linux %s on an emulated %s machine with an SMMUv3 of two stages", name.release,
		name.machine);
	if (!boot(words[1], words[2], words[3]))
		return false;
	tell("the guest has its edu device read addresses that nothing maps, %d times", FAULTS);
	for (unsigned int n = 1; n < FAULTS; n++)
		if (!fault("fault " EDU))
			return false;
	if (!fault("last " EDU))
		return false;
	tell("the guest writes to its NVMe disk, reads it back and compares");
	if (!use_disk())
		return false;
	tell("the guest is switched off; what the vSMMU has counted:");
	guest_type(&guest, "off\n");
	if (guest_end(&guest, 20))
		return fail("vsmmu-vm does not end as it should");
	show();
	return compare();
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	return argc == 4 && run(argv) ? 0 : 1;
}
