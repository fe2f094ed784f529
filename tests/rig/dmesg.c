/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host's kernel prints of an event that nobody takes from it, against the record
 * that the same DMA gives through a vEVENTQ: the words alone as kernels before 6.14
 * print them, the decoded lines alone, and both.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "kmsg.h"
#include "real_machine.h"
#include "tap.h"
#include "log/log.h"

#define VSID		0x42u
#define IOVA		UINT64_C(0x123008)
#define STE_S1CDMAX_ALL (UINT64_C(31) << 59)
#define NO_MEMORY	UINT64_C(0x40000000) /* guest-physical, with nothing there */

/* The driver prints at most 10 events in 5 s. */
#define RATE_SECONDS 6
#define RATE_BURST   10

struct dmesg_fixture {
	struct real_machine real;
	struct vsmmu_host *host;
	struct host_endpoint endpoint;
	uint32_t parent, viommu, vdevice, nested;
};

static struct dmesg_fixture rig;
static struct kmsg kmsg;

static void sleep_seconds(unsigned int seconds)
{
	const struct timespec time = {.tv_sec = seconds};

	nanosleep(&time, NULL);
}

static int fixture_open(void *context)
{
	int ret = real_machine_open(&rig.real, 1);

	(void)context;
	if (ret)
		return ret;
	rig.endpoint = real_machine_endpoint(&rig.real, 0);
	rig.nested = 0;
	ret = real_machine_host(&rig.real, &rig.host);
	if (!ret)
		ret = rig.host->ops->parent_alloc(rig.host, &rig.endpoint, &rig.parent);
	if (!ret)
		ret = rig.host->ops->attach(
			rig.host, &rig.endpoint, rig.parent, VSMMU_ATTACH_PUT_BACK);
	if (!ret)
		ret = rig.host->ops->viommu_alloc(rig.host, &rig.endpoint, rig.parent, &rig.viommu);
	if (!ret)
		ret = rig.host->ops->vdevice_alloc(
			rig.host, &rig.endpoint, rig.viommu, VSID, &rig.vdevice);
	return ret;
}

static void fixture_close(void *context)
{
	const struct host_ops *ops = rig.host->ops;

	(void)context;
	ops->attach(rig.host, &rig.endpoint, rig.parent, VSMMU_ATTACH_PUT_BACK);
	if (rig.nested)
		ops->destroy(rig.host, rig.nested);
	ops->destroy(rig.host, rig.vdevice);
	ops->destroy(rig.host, rig.viommu);
	ops->detach(rig.host, &rig.endpoint);
	ops->destroy(rig.host, rig.parent);
	vsmmu_host_unref(rig.host);
	real_machine_close(&rig.real);
}

static void attach(uint64_t or0, uint64_t context_pointer)
{
	const struct host_ops *ops = rig.host->ops;
	uint64_t ste[2];

	real_machine_ste(&rig.real, 0, ste);
	ste[0] |= or0;
	if (context_pointer)
		ste[0] = (ste[0] & 0xff) | context_pointer;
	TAP_EQ(ops->nested_alloc(rig.host, &rig.endpoint, rig.viommu, ste, &rig.nested), 0);
	TAP_EQ(ops->attach(rig.host, &rig.endpoint, rig.nested, VSMMU_ATTACH_STAGE1), 0);
}

static struct vsmmu_event_record record_of_dma(bool write)
{
	const struct host_ops *ops = rig.host->ops;
	struct vsmmu_event_record record;
	struct host_veventq veventq;
	uint8_t bytes[128];

	TAP_EQ(ops->veventq_alloc(rig.host, rig.viommu, 16, &veventq), 0);
	TAP_EQ(real_machine_access(&rig.real, 0, IOVA, write), 0);
	TAP_EQ(veventq.source.read(veventq.source.ctx, bytes, sizeof(bytes)), 40);
	ops->veventq_close(rig.host, &veventq);
	TAP_EQ(ops->destroy(rig.host, veventq.id), 0);
	vsmmu_event_record_load(bytes + 8, &record);
	TAP_EQ(record.word[0] >> 32, VSID);
	return record;
}

static bool is_decoded(const char *line, size_t length)
{
	return memmem(line, length, "event: ", 7) || memmem(line, length, " stag: ", 7);
}

enum style { WORDS = 1, DECODED = 2, BOTH = 3 };

/* The one event that the log's lines of this style tell. */
static struct vsmmu_dmesg_item event_of_log(enum style style)
{
	const char *rest = kmsg.text, *line;
	struct vsmmu_dmesg_item item, event;
	struct vsmmu_dmesg dmesg;
	unsigned int events = 0;
	size_t length;

	vsmmu_dmesg_init(&dmesg);
	while ((line = kmsg_line(&rest, &length))) {
		if (!(style & (is_decoded(line, length) ? DECODED : WORDS)))
			continue;
		TAP_EQ(vsmmu_dmesg_feed(&dmesg, line, length), 0);
		while (vsmmu_dmesg_next(&dmesg, &item)) {
			event = item;
			events++;
		}
	}
	vsmmu_dmesg_flush(&dmesg, true);
	while (vsmmu_dmesg_next(&dmesg, &item)) {
		event = item;
		events++;
	}
	TAP_EQ(events, 1);
	TAP_EQ(event.kind, VSMMU_DMESG_EVENT);
	return event;
}

/*
 * The command, with the same lines as its input: it states the same, and in the style that has
 * words all four of them.
 */
static void command_agrees(enum style style, const struct vsmmu_event_record *want)
{
	const char *rest = kmsg.text, *line;
	static char text[KMSG_SIZE];
	struct command_result result;
	struct json_object *item;
	size_t length, used = 0;

	while ((line = kmsg_line(&rest, &length))) {
		if (!(style & (is_decoded(line, length) ? DECODED : WORDS)))
			continue;
		memcpy(text + used, line, length);
		text[used + length] = '\n';
		used += length + 1;
	}
	result = COMMAND(text, used, "decode", "--json");
	TAP_EQ(result.code, 0);
	rest = result.out;
	item = command_json(&rest);
	TAP_CHECK(item, "vsmmu decode found nothing: %s", result.err);
	json_expect(item, "type", "event");
	if (style & WORDS)
		TAP_CHECK(json_has_record(item, want->word), "not the record: %s", result.out);
	/* The number and the StreamID at least: some events have no more. */
	TAP_CHECK(json_expect_fields(item, want) >= 2, "states too little: %s", result.out);
	json_object_put(item);
	TAP_CHECK(!command_json(&rest), "found more than one event: %s", result.out);
	command_free(&result);
}

static void print_log(void)
{
	const char *rest = kmsg.text, *line;
	size_t length;

	while ((line = kmsg_line(&rest, &length)))
		if (*line != ' ')
			tap_note("log %.*s", (int)length, line);
}

/* PCI requester ID of "0000:00:01.0": what the log calls sid. */
static uint32_t requester_id(void)
{
	unsigned int domain, bus, device, function;

	TAP_EQ(sscanf(rig.real.endpoint[0].edu.bdf, "%x:%x:%x.%x", &domain, &bus, &device,
		       &function),
		4);
	return bus << 8 | device << 3 | function;
}

static void expect_item(const struct vsmmu_dmesg_item *item, enum style style)
{
	TAP_EQ(item->words, style == DECODED ? 0 : 4);
	TAP_EQ(item->has_time, true);
	TAP_EQ(item->event.sid, requester_id());
	TAP_CHECK(*item->smmu, "no SMMU is named");
	if (style & DECODED)
		TAP_CHECK(!strcmp(item->client, rig.real.endpoint[0].edu.bdf),
			"the client is \"%s\"", item->client);
}

/* The same DMA through a vEVENTQ and into the log. */
static void same_event_in_the_log(bool write)
{
	static const enum style styles[] = {WORDS, DECODED, BOTH};
	struct vsmmu_event_record want = record_of_dma(write);

	TAP_EQ(kmsg_collect(&kmsg), 0);
	TAP_EQ(real_machine_access(&rig.real, 0, IOVA, write), 0);
	TAP_EQ(kmsg_collect(&kmsg), 0);
	print_log();
	/* The kernel replaces the StreamID by the guest's, and nothing else. */
	want.word[0] = (want.word[0] & UINT32_MAX) | (uint64_t)requester_id() << 32;
	for (int i = 0; i < 3; i++) {
		struct vsmmu_dmesg_item item = event_of_log(styles[i]);

		expect_item(&item, styles[i]);
		for (int word = 0; word < 4; word++)
			TAP_EQ(item.record.word[word], want.word[word]);
		command_agrees(styles[i], &want);
	}
}

static void page_fault(enum real_access access, bool write)
{
	real_machine_map(&rig.real, 0, IOVA, access);
	attach(0, 0);
	same_event_in_the_log(write);
}

static void f_translation(void *context)
{
	(void)context;
	page_fault(REAL_UNMAPPED, false);
}

static void f_translation_of_a_write(void *context)
{
	(void)context;
	page_fault(REAL_UNMAPPED, true);
}

static void f_permission(void *context)
{
	(void)context;
	page_fault(REAL_READONLY, true);
}

static void f_access(void *context)
{
	(void)context;
	page_fault(REAL_NO_ACCESS, false);
}

static void f_addr_size(void *context)
{
	(void)context;
	page_fault(REAL_TOO_HIGH, false);
}

static void c_bad_cd(void *context)
{
	(void)context;
	real_machine_set_cd(&rig.real, 0, false);
	attach(0, 0);
	same_event_in_the_log(false);
}

static void c_bad_ste(void *context)
{
	(void)context;
	attach(STE_S1CDMAX_ALL, 0);
	same_event_in_the_log(false);
}

/* The host's own business, so no vEVENTQ ever has it: the log's styles must agree. */
static void fault_of_stage_2(void *context)
{
	struct vsmmu_dmesg_item words, decoded;

	(void)context;
	attach(0, NO_MEMORY);
	TAP_EQ(kmsg_collect(&kmsg), 0);
	TAP_EQ(real_machine_access(&rig.real, 0, IOVA, false), 0);
	TAP_EQ(kmsg_collect(&kmsg), 0);
	print_log();
	words = event_of_log(WORDS);
	decoded = event_of_log(DECODED);
	expect_item(&words, WORDS);
	expect_item(&decoded, DECODED);
	TAP_EQ(words.event.id, VSMMU_EVENT_F_TRANSLATION);
	TAP_EQ(words.event.s2, true);
	TAP_EQ(words.event.class_, VSMMU_EVENT_CLASS_CD);
	for (unsigned int i = 0; vsmmu_event_field_name(i); i++)
		if (decoded.known >> i & 1)
			TAP_EQ(vsmmu_event_field_value(&decoded.event, i),
				vsmmu_event_field_value(&words.event, i));
}

static uint64_t count_items(enum vsmmu_dmesg_kind kind, uint64_t *sum)
{
	const char *rest = kmsg.text, *line;
	struct vsmmu_dmesg_item item;
	struct vsmmu_dmesg dmesg;
	uint64_t count = 0;
	size_t length;

	*sum = 0;
	vsmmu_dmesg_init(&dmesg);
	while ((line = kmsg_line(&rest, &length))) {
		TAP_EQ(vsmmu_dmesg_feed(&dmesg, line, length), 0);
		while (vsmmu_dmesg_next(&dmesg, &item)) {
			count += item.kind == kind;
			*sum += item.kind == kind ? item.count : 0;
		}
	}
	return count;
}

static void suppression_is_told(void *context)
{
	const unsigned int faults = RATE_BURST + 20;
	uint64_t suppressed;

	(void)context;
	attach(0, 0);
	sleep_seconds(RATE_SECONDS);
	TAP_EQ(kmsg_collect(&kmsg), 0);
	TAP_EQ(real_machine_fault(&rig.real, 0, faults), 0);
	TAP_EQ(kmsg_collect(&kmsg), 0);
	TAP_EQ(count_items(VSMMU_DMESG_EVENT, &suppressed), RATE_BURST);
	sleep_seconds(RATE_SECONDS);
	/* The next one that is printed also tells how many were not. */
	TAP_EQ(real_machine_fault(&rig.real, 0, 1), 0);
	TAP_EQ(kmsg_collect(&kmsg), 0);
	print_log();
	TAP_EQ(count_items(VSMMU_DMESG_SUPPRESSED, &suppressed), 1);
	TAP_EQ(suppressed, faults - RATE_BURST);
}

int main(void)
{
	/* Fewer than RATE_BURST events before the last test. */
	static const struct tap_test tests[] = {
		{"f_translation", "", f_translation},
		{"f_translation_of_a_write", "", f_translation_of_a_write},
		{"f_permission", "", f_permission},
		{"f_access", "", f_access},
		{"f_addr_size", "", f_addr_size},
		{"c_bad_cd", "", c_bad_cd},
		{"c_bad_ste", "", c_bad_ste},
		{"fault_of_stage_2", "", fault_of_stage_2},
		{"suppression_is_told", "", suppression_is_told},
	};
	static const struct tap_fixture fixture = {.open = fixture_open, .close = fixture_close};
	int ret = kmsg_open(&kmsg);

	if (ret) {
		printf("Bail out! /dev/kmsg: %s\n", strerror(-ret));
		return 1;
	}
	/* What other programs had printed no longer counts for the limit. */
	sleep_seconds(RATE_SECONDS);
	ret = tap_main(tests, sizeof(tests) / sizeof(tests[0]), &fixture, NULL);
	kmsg_close(&kmsg);
	return ret;
}
