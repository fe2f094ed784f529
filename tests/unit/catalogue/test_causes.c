/* SPDX-License-Identifier: BSD-2-Clause */
/* The causes are chosen by the record, and by nothing that is not known of it. */
#include <string.h>

#include "catalogue/catalogue.h"
#include "lib/unit.h"
#include "text/text.h"

#define SIZE	     sizeof(struct vsmmu_event)
#define KNOWN(field) VSMMU_EVENT_KNOWN(field)
#define HEADING	     (KNOWN(ID) | KNOWN(SID) | KNOWN(INPUT_ADDR) | KNOWN(IPA))

/* @first is in the first cause; @no in none of them. */
static const struct {
	struct vsmmu_event event;
	uint64_t known; /* 0: all that the id has */
	const char *first;
	const char *no;
} cases[] = {
	/* MSIs: the doorbells of K18 and others; 64 KiB pages; whatever the fault. */
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xfffef040}, 0,
		"an MSI: its doorbell", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffffe040}, 0,
		"an MSI: its doorbell", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x90000f040}, 0,
		"an MSI: its doorbell", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x8010040}, 0,
		"an MSI: its doorbell", NULL},
	{{.size = SIZE, .id = 0x13, .class_ = 2, .input_addr = 0xffffffff7000040}, 0, "an MSI: its",
		NULL},
	{{.size = SIZE, .id = 0x11, .class_ = 2, .input_addr = 0x40040}, 0, "an MSI: its", NULL},
	/* The log tells that it wrote, but not the stage; or not even that. */
	{{.size = SIZE, .id = 0x10, .input_addr = 0xfffef040}, HEADING | KNOWN(RNW), "an MSI: its",
		NULL},
	{{.size = SIZE, .id = 0x10, .input_addr = 0xfffef040}, HEADING, "perhaps an MSI",
		"an MSI: its"},
	/* No MSIs: a read, another offset, a PASID, a small address. */
	{{.size = SIZE, .id = 0x10, .class_ = 2, .rnw = true, .input_addr = 0xfffef040}, 0,
		"unmapped too", "MSI:"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xfffef044}, 0, "unmapped too",
		"MSI:"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xfffef140}, 0, "unmapped too",
		"MSI:"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .ssv = true, .ssid = 1, .input_addr = 0xffff040},
		0, "address of a process", "MSI:"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x40}, 0, "never set", "MSI:"},
	/* MSIs of stage 2, by their class, or an old QEMU's, which gives none; no table's. */
	{{.size = SIZE,
		 .id = 0x10,
		 .class_ = 2,
		 .s2 = true,
		 .input_addr = 0x8090040,
		 .ipa = 0x8090000},
		0, "its doorbell is not mapped for the guest", "its doorbell is not mapped, or"},
	{{.size = SIZE, .id = 0x10, .s2 = true, .input_addr = 0x8090040}, 0, "mapped for the guest",
		NULL},
	{{.size = SIZE, .id = 0x10, .s2 = true, .input_addr = 0x8090040, .ipa = 0x5000}, 0,
		"tables of the guest", "MSI:"},
	{{.size = SIZE, .id = 0x10, .class_ = 1, .s2 = true, .input_addr = 0x8090040}, 0,
		"tables of the guest", "MSI:"},

	/* Addresses that say by themselves what they are. */
	{{.size = SIZE, .id = 0x10, .class_ = 2}, 0, "never set or was cleared", "MSI:"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .rnw = true, .input_addr = 0x1000}, 0, "never set",
		NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffff}, 0, "never set", NULL},
	{{.size = SIZE, .id = 0x10, .input_addr = 0x200}, HEADING, "never set", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .s2 = true}, 0, "never set", NULL},
	{{.size = SIZE, .id = 0x13, .class_ = 2}, 0, "never set", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x10000}, 0, "unmapped too",
		"never set"},
	{{.size = SIZE, .id = 0x10}, KNOWN(ID) | KNOWN(SID), "unmapped too", "never set"},
	{{.size = SIZE, .id = 0x10, .class_ = 1, .s2 = true}, 0, "tables of the guest",
		"never set"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = UINT64_MAX}, 0, "all ones",
		"pointer of the kernel"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xfffffffffffff800}, 0, "all ones",
		NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffffffff}, 0, "all ones", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffffffffffff}, 0, "all ones",
		NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xfffff000}, 0, "unmapped too",
		"all ones"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffff800012345000}, 0,
		"a pointer of the kernel", NULL},
	{{.size = SIZE, .id = 0x11, .class_ = 2, .input_addr = 0xfff0000080000000}, 0,
		"a pointer of the kernel", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffc080000000}, 0, "unmapped too",
		"a pointer of the kernel"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xaaaada7af000}, 0,
		"a pointer of a program", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x6b6b6b6b6b6b6b6b}, 0, "freed",
		NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x5a5a5a5a5a5a5000}, 0, "freed",
		NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xdead000000000100}, 0, "freed",
		NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x2080123000}, 0,
		"a physical address (", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x880000000}, 0,
		"a physical address (", NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffff000000}, 0, "unmapped too",
		"a physical address ("},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xff9bc000}, 0, "unmapped too",
		"a physical address ("},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xffffc0000000}, 0, "unmapped too",
		"a physical address ("},

	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x9b0cc000}, 0, "unmapped too",
		NULL},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .s2 = true, .input_addr = 0x880000000}, 0,
		"leads outside", "physical address"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x7ffd105a00}, 0, "unmapped too",
		"physical address"},

	/* Page faults of processes: K22 and variants. */
	{{.size = SIZE,
		 .id = 0x10,
		 .class_ = 2,
		 .ssv = true,
		 .ssid = 1,
		 .stall = true,
		 .stag = 0x176,
		 .input_addr = 0xaaaada7af000},
		0, "page faults that nobody handles", "a pointer of a program"},
	{{.size = SIZE, .id = 0x12, .class_ = 2, .stall = true, .input_addr = 0x7000000000}, 0,
		"page faults that nobody handles", NULL},
	{{.size = SIZE, .id = 0x10, .ssid = 3, .input_addr = 0xffff80001000}, HEADING | KNOWN(SSID),
		"address of a process", "nobody handles"},
	{{.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x7000000000},
		KNOWN(ID) | KNOWN(INPUT_ADDR), "a physical address (", "page faults"},
	{{.size = SIZE, .id = 0x0a, .ssv = true, .ssid = 2}, 0, "a PASID that was not bound", NULL},
	{{.size = SIZE, .id = 0x0a}, 0, "before the driver enabled", "a PASID that was not bound"},

	/* Stages; and what does not say. */
	{{.size = SIZE,
		 .id = 0x10,
		 .class_ = 2,
		 .s2 = true,
		 .input_addr = 0x123456000,
		 .ipa = 0x123456000},
		0, "leads outside the memory", "unmapped too"},
	{{.size = SIZE, .id = 0x10, .s2 = true, .input_addr = 0xc0000000, .ipa = 0}, 0,
		"QEMU before 9.1", "tables of the guest"},
	{{.size = SIZE, .id = 0x10, .s2 = true, .input_addr = 0xc0000000, .ipa = 0x1000}, 0,
		"tables of the guest", "QEMU before"},
	{{.size = SIZE, .id = 0x10, .input_addr = 0xc0000000}, HEADING, "unmapped too", "stage"},
	{{.size = SIZE, .id = 0x13, .class_ = 2, .input_addr = 0xc0000000}, 0,
		"mapped for reading only", NULL},
	{{.size = SIZE, .id = 0x13, .class_ = 2, .rnw = true, .input_addr = 0xc0000000}, 0,
		"the other direction", "for reading only"},
	{{.size = SIZE,
		 .id = 0x13,
		 .class_ = 2,
		 .rnw = true,
		 .ind = true,
		 .input_addr = 0xc0000000},
		0, "instructions fetched", NULL},
	{{.size = SIZE, .id = 0x13, .input_addr = 0xc0000000}, HEADING, "the other direction",
		"for reading only"},
	{{.size = SIZE, .id = 0x13, .class_ = 2, .s2 = true, .input_addr = 0xc0000000}, 0,
		"may only read", "mapped for reading only"},

	/* Other kinds. */
	{{.size = SIZE, .id = 0x02}, 0, "no device on this bus is known to this SMMU", NULL},
	{{.size = SIZE, .id = 0x07, .input_addr = 0xffffffff}, 0, "ATS enabled", "StreamID"},
	{{.size = SIZE, .id = 0x05}, 0, "ATS enabled", NULL},
	{{.size = SIZE, .id = 0x00}, 0, "not coherent", NULL},
	{{.size = SIZE, .id = 0xe5}, 0, "manual", NULL},
	{{.size = SIZE, .id = 0x77}, 0, "copied wrongly", NULL},
	{{.size = SIZE}, KNOWN(SID), "F_TRANSL_FORBIDDEN (0x07)", NULL},
};

static bool any_has(const struct catalogue_cause **causes, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(causes[i]->text, text))
			return true;
	return false;
}

static size_t causes_of(const struct fault *fault, const struct catalogue_cause **causes)
{
	return catalogue_causes(catalogue_of_fault(fault), fault, causes, 64);
}

TEST(causes_by_the_record)
{
	const struct catalogue_cause *causes[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault fault = {.event = &cases[i].event, .known = cases[i].known};
		size_t count;

		if (!fault.known)
			fault.known = VSMMU_EVENT_KNOWN_ALL(cases[i].event.id);
		count = causes_of(&fault, causes);
		assert_in_range(count, 1, 63);
		if (!strstr(causes[0]->text, cases[i].first))
			fail_msg("case %zu: \"%s\" instead of \"%s\"", i, causes[0]->text,
				cases[i].first);
		if (cases[i].no && any_has(causes, count, cases[i].no))
			fail_msg("case %zu: \"%s\"", i, cases[i].no);
	}
}

/* An address far below those that Linux gives: not the first thought, but one. */
TEST(causes_of_a_low_address)
{
	const struct vsmmu_event low = {
		.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0x9b0cc000};
	const struct vsmmu_event high = {
		.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xff9bc000};
	const struct catalogue_cause *causes[64];
	struct fault fault = {.event = &low, .known = UINT64_MAX};

	assert_true(any_has(causes, causes_of(&fault, causes), "perhaps a physical address"));
	fault.event = &high;
	assert_false(any_has(causes, causes_of(&fault, causes), "perhaps a physical address"));
}

/* Causes that something besides the record suggests come before what is always possible. */
TEST(causes_by_what_else_is_known)
{
	static const struct {
		struct fault fault;
		const char *first;
	} faults[] = {
		{{.unassigned = true}, "the kernel knows no device with this StreamID"},
		{{.endpoints = 2}, "several share this StreamID"},
		{{.repeats = 8}, "one fault that repeats"},
		{{.before = CONTEXT_RESET}, "the reset just before"},
		{{.before = CONTEXT_AER}, "the error of PCIe or hardware just before"},
		{{.before = CONTEXT_AER | CONTEXT_RESET}, "the error of PCIe or hardware"},
		{{.before = CONTEXT_UNBIND}, "let go of the endpoint just before"},
		{{.before = CONTEXT_WATCHDOG}, "the watchdog"},
		{{.before = CONTEXT_VFIO}, "the hand-over"},
		{{.endpoints = 1, .repeats = 7}, "unmapped too early"},
	};
	const struct vsmmu_event event = {
		.size = SIZE, .id = 0x10, .class_ = 2, .input_addr = 0xc0000000};
	const struct vsmmu_event bad_streamid = {.size = SIZE, .id = 0x02};
	const struct catalogue_cause *causes[64];

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct fault fault = faults[i].fault;

		fault.event = &event;
		fault.known = VSMMU_EVENT_KNOWN_ALL(event.id);
		assert_true(causes_of(&fault, causes) > 1);
		assert_non_null(strstr(causes[0]->text, faults[i].first));
	}
	for (unsigned int id = 1; id <= 0x0b; id++) {
		const struct vsmmu_event other = {.size = SIZE, .id = (uint8_t)id};
		struct fault fault = {.known = UINT64_MAX};

		fault.event = &other;
		fault.before = CONTEXT_RESET | CONTEXT_AER;
		causes_of(&fault, causes);
		/* A structure that could not be read: an error of the hardware, no reset. */
		assert_non_null(strstr(
			causes[0]->text, vsmmu_event_has(other.id, VSMMU_EVENT_FIELD_FETCH_ADDR)
						 ? "the error of the hardware that was reported"
						 : "the error of PCIe or hardware just before"));
	}
	causes_of(&(struct fault){.event = &bad_streamid, .known = UINT64_MAX, .unassigned = true},
		causes);
	assert_non_null(strstr(causes[0]->text, "firmware (IORT, device tree)"));
}

/* Every id has a cause, whatever is known, and an unknown field makes no difference. */
TEST(unknown_fields_make_no_difference)
{
	uint64_t seed = 1;

	for (unsigned int round = 0; round < 256 * 100; round++) {
		const struct catalogue_cause *causes[2][64];
		struct vsmmu_event_record record = {{round & 0xff}};
		struct vsmmu_event event[2] = {{.size = SIZE}, {.size = SIZE}};
		struct fault fault = {.event = &event[0]};
		size_t count;

		for (unsigned int i = 0; i < 4; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			record.word[i] |= (seed ^ seed >> 33) & (i ? UINT64_MAX : ~UINT64_C(0xff));
		}
		if (seed >> 40 & 1)
			record.word[2] = (seed & 0xf000) | 0x40;
		vsmmu_event_decode(&record, &event[0]);
		event[1] = event[0];
		fault.known = VSMMU_EVENT_KNOWN_ALL((uint8_t)round);
		if (seed >> 41 & 1 && vsmmu_event_has((uint8_t)round, VSMMU_EVENT_FIELD_RNW)) {
			fault.known &= ~KNOWN(RNW);
			event[1].rnw = !event[0].rnw;
		}
		if (seed >> 42 & 1 && vsmmu_event_has((uint8_t)round, VSMMU_EVENT_FIELD_S2)) {
			fault.known &= ~KNOWN(S2);
			event[1].s2 = !event[0].s2;
		}
		if (seed >> 43 & 1 && vsmmu_event_has((uint8_t)round, VSMMU_EVENT_FIELD_CLASS)) {
			fault.known &= ~KNOWN(CLASS);
			event[1].class_ = event[0].class_ ^ 1;
		}
		if (seed >> 44 & 1 &&
			vsmmu_event_has((uint8_t)round, VSMMU_EVENT_FIELD_INPUT_ADDR)) {
			fault.known &= ~KNOWN(INPUT_ADDR);
			event[1].input_addr = ~event[0].input_addr;
		}
		if (seed >> 45 & 1 && vsmmu_event_has((uint8_t)round, VSMMU_EVENT_FIELD_STALL)) {
			fault.known &= ~KNOWN(STALL);
			event[1].stall = !event[0].stall;
		}
		count = causes_of(&fault, causes[0]);
		assert_in_range(count, 1, 63);
		fault.event = &event[1];
		assert_int_equal(causes_of(&fault, causes[1]), count);
		assert_memory_equal(causes[0], causes[1], count * sizeof(causes[0][0]));
	}
}

/* A list for people begins with what needs nothing special. Every kind has such a cause. */
TEST(usual_causes)
{
	const struct catalogue_entry *entry;

	for (size_t i = 0; (entry = catalogue_get(i)); i++) {
		const struct catalogue_cause *causes[64];
		size_t count = catalogue_causes(entry, NULL, causes, 64), usual = 0;

		for (size_t j = 0; j < count; j++)
			usual += catalogue_cause_is_usual(causes[j]);
		assert_true(usual || (entry->kind == CATALOGUE_MESSAGE && !count));
		if (entry->number == 0x10 && entry->kind == CATALOGUE_EVENT) {
			assert_in_range(usual, 2, 5);
			assert_false(catalogue_cause_is_usual(causes[0]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(causes_by_the_record),
		UNIT_TEST_PLAIN(causes_of_a_low_address),
		UNIT_TEST_PLAIN(causes_by_what_else_is_known),
		UNIT_TEST_PLAIN(unknown_fields_make_no_difference),
		UNIT_TEST_PLAIN(usual_causes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
