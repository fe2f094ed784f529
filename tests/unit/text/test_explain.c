/* SPDX-License-Identifier: BSD-2-Clause */
/* Events explained: each kind, stage and class has its own sentence. */
#include <string.h>

#include "lib/unit.h"
#include "log/log.h"

#define SIZE sizeof(struct vsmmu_event)

static const struct {
	struct vsmmu_event event;
	const char *client;
	const char *text;
} samples[] = {
	{{.size = SIZE, .id = 0x10, .sid = 0x100, .rnw = true, .class_ = 2, .input_addr = 0x100000},
		"0000:01:00.0",
		"endpoint 0000:01:00.0 (stream 0x100) read IOVA 0x100000, which no page maps"},
	{{.size = SIZE, .id = 0x10, .sid = 0x100, .class_ = 2, .input_addr = 0x100000}, NULL,
		"the endpoint of stream 0x100 wrote IOVA 0x100000, which no page maps"},
	{{.size = SIZE,
		 .id = 0x10,
		 .sid = 0x8,
		 .ssv = true,
		 .ssid = 5,
		 .rnw = true,
		 .ind = true,
		 .class_ = 2},
		"",
		"the endpoint of stream 0x8, with PASID 0x5, fetched instructions from IOVA 0x0, "
		"which no page maps"},
	{{.size = SIZE,
		 .id = 0x10,
		 .sid = 0x8,
		 .rnw = true,
		 .s2 = true,
		 .class_ = 2,
		 .ipa = 0x5000},
		NULL,
		"the endpoint of stream 0x8 read IOVA 0x0; stage 1 made IPA 0x5000 of it, which is "
		"not mapped in stage 2"},
	{{.size = SIZE, .id = 0x13, .sid = 0x8, .s2 = true, .class_ = 1, .ipa = 0x5000}, NULL,
		"the endpoint of stream 0x8 wrote IOVA 0x0; on the way the SMMU needed a page "
		"table "
		"at IPA 0x5000, which is in a page that does not permit it in stage 2"},
	{{.size = SIZE, .id = 0x12, .sid = 0x8, .class_ = 2, .stall = true, .stag = 0x17}, NULL,
		"the endpoint of stream 0x8 wrote IOVA 0x0, which is in a page whose access flag "
		"is "
		"clear; it was stalled (tag 0x17), which recent kernels have answered before they "
		"print it"},
	{{.size = SIZE, .id = 0x03, .sid = 0x8, .fetch_addr = 0x1040, .gpcf = true}, NULL,
		"the endpoint of stream 0x8 made a transaction, but the SMMU could not read its "
		"stream table entry at 0x1040 (granule protection forbids it)"},
	{{.size = SIZE, .id = 0x08, .sid = 0x8, .ssid = 7}, NULL,
		"the endpoint of stream 0x8 used PASID 0x7, which its stream table entry does not "
		"allow"},
	{{.size = SIZE, .id = 0x24, .sid = 0x8, .span = 255}, NULL,
		"the endpoint of stream 0x8 will soon need 1020 KiB at IOVA 0x0 (a hint, not a "
		"fault)"},
	{{.size = SIZE, .id = 0xe3}, "x",
		"the SMMU recorded event 0xe3, which only its manual explains"},
	{{.size = SIZE}, NULL,
		"the SMMU recorded event 0x00, an empty record: its write did not reach memory, or "
		"it was read too early"},
	{{.size = SIZE, .reserved = {0, 1, 0, 0}}, NULL,
		"the SMMU recorded event 0x00, which the architecture does not define"},
	{{.size = SIZE, .id = 0x77}, NULL,
		"the SMMU recorded event 0x77, which the architecture does not define"},
};

TEST(sentences)
{
	char text[VSMMU_EVENT_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		int length = vsmmu_event_explain(
			text, sizeof(text), &samples[i].event, UINT64_MAX, samples[i].client);

		assert_string_equal(text, samples[i].text);
		assert_int_equal(length, strlen(text));
		assert_int_equal(vsmmu_event_explain(
					 NULL, 0, &samples[i].event, UINT64_MAX, samples[i].client),
			length);
		for (size_t size = 1; size <= (size_t)length; size++) {
			assert_int_equal(vsmmu_event_explain(text, size, &samples[i].event,
						 UINT64_MAX, samples[i].client),
				length);
			assert_int_equal(strlen(text), size - 1);
			assert_memory_equal(text, samples[i].text, size - 1);
		}
	}
}

#define KNOWN(field) VSMMU_EVENT_KNOWN(field)

/* The members have values that must not show where their field is not known. */
static const struct {
	struct vsmmu_event event;
	uint64_t known;
	const char *client;
	const char *text;
} partly[] = {
	{{.size = SIZE, .id = 0x10, .sid = 0x100, .input_addr = 0x90000f040},
		KNOWN(ID) | KNOWN(SID) | KNOWN(INPUT_ADDR) | KNOWN(IPA), "0000:01:00.0",
		"endpoint 0000:01:00.0 (stream 0x100) accessed IOVA 0x90000f040, which is not "
		"mapped"},
	{{.size = SIZE, .id = 0x10, .sid = 0x100, .input_addr = 0x90000f040, .s2 = true},
		KNOWN(ID) | KNOWN(SID) | KNOWN(INPUT_ADDR), NULL,
		"the endpoint of stream 0x100 accessed IOVA 0x90000f040, which is not mapped"},
	{{.size = SIZE, .id = 0x10, .sid = 1, .rnw = true, .stall = true}, KNOWN(ID), "",
		"an endpoint accessed an unknown IOVA, which is not mapped"},
	{{.size = SIZE, .id = 0x13, .sid = 1, .rnw = true}, KNOWN(ID), "0000:01:00.0",
		"endpoint 0000:01:00.0 accessed an unknown IOVA, which is in a page that does not "
		"permit it"},
	{{.size = SIZE, .id = 0x11, .sid = 1, .ssid = 5, .ssv = true, .rnw = true, .stall = true},
		KNOWN(ID) | KNOWN(SID) | KNOWN(SSV) | KNOWN(SSID) | KNOWN(RNW) | KNOWN(STALL), NULL,
		"the endpoint of stream 0x1, with PASID 0x5, read an unknown IOVA, which leads to "
		"an address that is too large; it was stalled, which recent kernels have answered "
		"before they print it"},
	{{.size = SIZE, .id = 0x10, .sid = 1, .s2 = true, .class_ = 2, .rnw = true},
		KNOWN(ID) | KNOWN(SID) | KNOWN(S2) | KNOWN(RNW), NULL,
		"the endpoint of stream 0x1 read an unknown IOVA; on the way the SMMU needed a "
		"page table or context descriptor at an unknown IPA, which is not mapped in stage "
		"2"},
	{{.size = SIZE, .id = 0x0a, .sid = 0x7f22, .ssid = 2, .ssv = true}, UINT64_MAX, NULL,
		"the endpoint of stream 0x7f22, with PASID 0x2, made a transaction, but its "
		"context descriptor is invalid"},
	{{.size = SIZE, .id = 0x08, .sid = 1, .ssid = 7}, KNOWN(ID) | KNOWN(SID), NULL,
		"the endpoint of stream 0x1 used an unknown PASID, which its stream table entry "
		"does not allow"},
	{{.size = SIZE, .id = 0x09, .sid = 1, .fetch_addr = 0x1000, .gpcf = true},
		KNOWN(ID) | KNOWN(SID), NULL,
		"the endpoint of stream 0x1 made a transaction, but the SMMU could not read its "
		"context descriptor"},
	{{.size = SIZE, .id = 0x0b, .sid = 1, .fetch_addr = 0x1000}, KNOWN(ID), NULL,
		"an endpoint accessed an unknown IOVA, but the SMMU could not read a page table"},
	{{.size = SIZE, .id = 0x24, .sid = 1, .span = 4, .input_addr = 0x5000},
		KNOWN(ID) | KNOWN(SID) | KNOWN(INPUT_PAGE), NULL,
		"the endpoint of stream 0x1 will soon need IOVA 0x5000 (a hint, not a fault)"},
	{{.size = SIZE, .id = 0x07, .sid = 1, .rnw = true, .input_addr = 0x5000},
		KNOWN(ID) | KNOWN(SID), NULL,
		"the endpoint of stream 0x1 accessed an unknown address as one that ATS had "
		"translated, which it may not"},
	{{.size = SIZE, .sid = 0x100}, KNOWN(SID), "0000:01:00.0",
		"endpoint 0000:01:00.0 (stream 0x100) caused an event for which the kernel has no "
		"name; its words are needed to tell which"},
	{{.size = SIZE, .id = 0x10, .class_ = 2}, KNOWN(RNW) | KNOWN(S2) | KNOWN(CLASS), NULL,
		"an endpoint wrote an unknown IOVA, which caused an event that the log does not "
		"name"},
	{{.size = SIZE, .id = 0x10, .sid = 8, .s2 = true, .input_addr = 0x8090040}, UINT64_MAX,
		NULL,
		"the endpoint of stream 0x8 wrote IOVA 0x8090040; on the way the SMMU needed the "
		"context descriptor at IPA 0x0, which is not mapped in stage 2 (or QEMU before "
		"9.1, which leaves class and IPA 0: then the address itself)"},
	{{.size = SIZE, .id = 0x10, .sid = 8, .s2 = true, .ipa = 0x1000}, UINT64_MAX, NULL,
		"the endpoint of stream 0x8 wrote IOVA 0x0; on the way the SMMU needed the "
		"context descriptor at IPA 0x1000, which is not mapped in stage 2"},
};

TEST(sentences_of_events_that_are_partly_known)
{
	char text[VSMMU_EVENT_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(partly) / sizeof(partly[0]); i++) {
		vsmmu_event_explain(
			text, sizeof(text), &partly[i].event, partly[i].known, partly[i].client);
		assert_string_equal(text, partly[i].text);
	}
}

/* Each id fits, whatever else is set, and the known ones have their own words. */
TEST(every_event)
{
	char name[VSMMU_DMESG_NAME_SIZE], text[2][VSMMU_EVENT_TEXT_SIZE];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	text[0][0] = '\0';
	for (unsigned int id = 0; id < 256; id++) {
		for (unsigned int class_ = 0; class_ < 8; class_++) {
			/* With and without an IPA, which may be an old QEMU's. */
			struct vsmmu_event_record ones = {{~UINT64_C(0xff) | id, UINT64_MAX,
				UINT64_MAX, class_ & 4 ? 0 : UINT64_MAX}};
			struct vsmmu_event event = {.size = sizeof(event)};

			ones.word[1] &= ~(UINT64_C(3) << 40);
			ones.word[1] |= (uint64_t)(class_ & 3) << 40;
			vsmmu_event_decode(&ones, &event);
			assert_in_range(vsmmu_event_explain(
						text[1], sizeof(text[1]), &event, UINT64_MAX, name),
				10, VSMMU_EVENT_TEXT_SIZE - 1);
		}
		assert_string_not_equal(text[0], text[1]);
		memcpy(text[0], text[1], sizeof(text[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(sentences),
		UNIT_TEST_PLAIN(sentences_of_events_that_are_partly_known),
		UNIT_TEST_PLAIN(every_event),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
