/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm_fixture.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define EVENTS_MAX 16

struct guest guest;
static bool is_left;
static uint64_t seen[EVENTS_MAX][4]; /* by expect_event(), since the machine's start */
static unsigned int seen_count;

static void print(char *text)
{
	char *save, *line = strtok_r(text, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save))
		tap_note("| %s", line);
}

static void kill_guest(void *context)
{
	const bool left = is_left;

	(void)context;
	is_left = false;
	guest.next = NULL;
	if (guest.pid <= 0 || left)
		return;
	/* A test failed; what was said tells why. */
	kill(guest.pid, SIGKILL);
	guest_end(&guest, 1);
	print(guest.console.text);
	print(guest.messages.text);
}

const struct tap_fixture vm_fixture = {.close = kill_guest};

void leave_guest(void)
{
	is_left = true;
}

void take_guest(void)
{
	TAP_CHECK(guest.pid > 0, "the guest has ended in an earlier test");
}

void find_endpoints(const char *kind, char bdf[][16], unsigned int count)
{
	/* The rig's PID 1 has written this down. */
	FILE *file = fopen("/run/rig/endpoints", "re");
	char line[128], name[32], address[16];
	unsigned int found = 0;

	while (file && found < count && fgets(line, sizeof(line), file))
		if (sscanf(line, "%31s %15s", name, address) == 2 && !strcmp(name, kind))
			strcpy(bdf[found++], address);
	if (file)
		fclose(file);
	TAP_EQ(found, count);
}

void boot(const char *kernel, const char *append, const char *const *more)
{
	seen_count = 0;
	TAP_EQ(guest_boot(&guest, kernel, append, more), 0);
	expect("guest: ready", 2 * BOOT_SECONDS);
}

void command(unsigned int seconds, const char *format, ...)
{
	char line[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	TAP_CHECK(guest_do(&guest, line, seconds), "%s: %.400s", line, guest_answer(&guest));
}

void expect(const char *text, unsigned int seconds)
{
	TAP_CHECK(guest_expect(&guest, text, seconds), "the console does not say: %s", text);
}

void expect_shown(const char *text)
{
	TAP_CHECK(strstr(guest.console.text, text), "the console has not said: %s", text);
}

void expect_message(const char *text, unsigned int seconds)
{
	TAP_CHECK(guest_expect_message(&guest, text, seconds), "the VMM does not say: %s", text);
}

void expect_event(const uint64_t words[4])
{
	char line[64];

	snprintf(line, sizeof(line), "event 0x%02x received:\n", (unsigned int)words[0] & 0xff);
	expect(line, 10);
	for (unsigned int n = 0; n < 4; n++) {
		snprintf(line, sizeof(line), "\t0x%016" PRIx64 "\n", words[n]);
		expect(line, 10);
	}
	TAP_CHECK(seen_count < EVENTS_MAX, "more events than there is room for");
	memcpy(seen[seen_count++], words, sizeof(seen[0]));
}

void expect_decoded(void)
{
	struct command_result result =
		COMMAND(guest.console.text, strlen(guest.console.text), "decode", "--json");
	unsigned int events = 0, found = 0;
	const char *rest = result.out;
	struct json_object *item;

	TAP_EQ(result.code, 0);
	while ((item = command_json(&rest))) {
		if (!strcmp(json_object_get_string(json_member(item, "type")), "event")) {
			events++;
			found += found < seen_count && json_has_record(item, seen[found]);
		}
		json_object_put(item);
	}
	TAP_EQ(events, count_events(0));
	TAP_EQ(found, seen_count);
	command_free(&result);
}

unsigned int count_events(size_t from)
{
	const char *at = guest.console.text + from;
	unsigned int count = 0;

	while ((at = strstr(at, " received:\n"))) {
		at++;
		count++;
	}
	return count;
}

void expect_no_trouble(void)
{
	static const char *const signs[] = {"WARNING:", "BUG:", "Call trace", "nable to handle",
		"CMD_SYNC timeout", "not responding", "failed to", "msi_domain absent"};

	for (size_t n = 0; n < sizeof(signs) / sizeof(signs[0]); n++)
		TAP_CHECK(!strstr(guest.console.text, signs[n]), "the console says: %s", signs[n]);
}

void power_off(void)
{
	guest_type(&guest, "off\n");
	expect("reboot: Power down", 30);
	TAP_EQ(guest_end(&guest, 10), 0);
}

uint64_t statistic(const char *name)
{
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "vsmmu-vm: %s ", name);
	at = strstr(guest.messages.text, line);
	return at ? strtoull(at + strlen(line), NULL, 10) : 0;
}

void refuses_to_start(const char *const *arguments, int status, const char *text)
{
	TAP_EQ(guest_start(&guest, arguments), 0);
	TAP_EQ(guest_end(&guest, 60), status);
	TAP_CHECK(strstr(guest.messages.text, text), "instead of \"%s\" it says: %s", text,
		guest.messages.text);
}
