/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "text/buffer.h"
#include "log/others.h"

#include "log/words.h"

#define SMMUV2 "SMMUv2 (arm-smmu)"
#define TEGRA  "tegra-mc"
#define VTD    "Intel VT-d (DMAR)"
#define AMD    "AMD-Vi"

static const char qemu[] = "QEMU";

enum {
	MAYBE,	 /* it is a fault if the line says so */
	CERTAIN, /* nothing else has this word */
};

/* Names of drivers, and words that only they use. */
static const struct word list[] = {
	{"-iommu ", "another IOMMU", MAYBE},
	{"-iommu-memory-region", qemu, MAYBE},
	{"AMD-Vi", AMD, MAYBE},
	{"Blocked unknown Stream ID", SMMUV2, CERTAIN},
	{"DMAR", VTD, MAYBE},
	{"FAR    = ", SMMUV2, CERTAIN},
	{"FSR    = ", SMMUV2, CERTAIN},
	{"FSYNR0 = ", SMMUV2, CERTAIN},
	{"GFSR 0x", SMMUV2, CERTAIN},
	{"IO_PAGE_FAULT", AMD, CERTAIN},
	{"SMMU_EVT_", qemu, CERTAIN},
	{"SOFTWARE TABLE WALK FAILED", SMMUV2, CERTAIN},
	{"Unexpected global fault", SMMUV2, CERTAIN},
	{"Unhandled context fault", SMMUV2, CERTAIN},
	{"_iommu ", "another IOMMU", MAYBE},
	{"apple-dart ", "Apple DART", MAYBE},
	{"arm-smmu ", SMMUV2, MAYBE},
	{"dmar_fault", VTD, MAYBE},
	{"exynos-sysmmu ", "Exynos SysMMU", MAYBE},
	{"hard iova-to-phys", SMMUV2, CERTAIN},
	{"ipmmu-vmsa ", "Renesas IPMMU", MAYBE},
	{"mc-err: ", TEGRA, CERTAIN},
	{"mtk-iommu ", "MediaTek IOMMU", MAYBE},
	{"qcom-iommu-ctx ", "Qualcomm IOMMU", MAYBE},
	{"riscv,iommu ", "RISC-V IOMMU", MAYBE},
	{"rk_iommu ", "Rockchip IOMMU", MAYBE},
	{"soft iova-to-phys", SMMUV2, CERTAIN},
	{"smmuv3_cmdq_consume_error", qemu, CERTAIN},
	{"smmuv3_record_event", qemu, CERTAIN},
	{"smmuv3_translate_abort", qemu, CERTAIN},
	{"smmuv3_translate_bypass", qemu, CERTAIN},
	{"smmuv3_translate_disable", qemu, CERTAIN},
	{"sun50i-iommu ", "Allwinner IOMMU", MAYBE},
	{"tegra-mc ", TEGRA, MAYBE},
	{"virtio_iommu ", "virtio-iommu", MAYBE},
	{"vtd_", qemu, MAYBE},
	{0},
};

static const struct words names = {
	.start = {['-'] = 1,
		['A'] = 3,
		['B'] = 4,
		['D'] = 5,
		['F'] = 6,
		['G'] = 9,
		['I'] = 10,
		['S'] = 11,
		['U'] = 13,
		['_'] = 15,
		['a'] = 16,
		['d'] = 18,
		['e'] = 19,
		['h'] = 20,
		['i'] = 21,
		['m'] = 22,
		['q'] = 24,
		['r'] = 25,
		['s'] = 27,
		['t'] = 34,
		['v'] = 35},
	.list = list,
};

/* Whether the line tells of a fault. "Default" has that word, too. */
static bool says_fault(struct span text)
{
	static const char *const words[] = {" fault", "Fault", "FAULT", "Event logged", "timed out",
		"Time-out", "rror", "ailure", "ailed", "violation", "callbacks suppressed"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_has(text, words[i]))
			return true;
	return false;
}

/* Where the word begins that has the character at @at. */
static size_t word_begin(struct span line, size_t at)
{
	while (at && !span_is_blank(line.at[at - 1]))
		at--;
	return at;
}

/* "DRIVER DEVICE: TEXT". Return: the device's name; empty if there is none. */
static struct span device_of(struct span text)
{
	struct span before, device;

	while (span_take_until(&text, ": ", &before)) {
		device = span_skip(before, word_begin(before, before.length));
		if (device.length && device.at != before.at &&
			(span_has(device, ".") || span_has(device, "@")))
			return device;
		/* Xen has a colon behind the driver's name as well. */
		if (span_begins(text, "/"))
			return (struct span){.at = text.at, .length = span_find(text, ": ")};
	}
	return span_of("");
}

/* Return: where the words of a fault begin; empty if it is none. */
static struct span find_fault(struct span line, const struct word **first)
{
	const struct word *word;
	struct span text = span_of("");
	size_t at = 0;

	for (*first = NULL; (word = words_find(&names, line, &at)); at++) {
		if (!*first) {
			*first = word;
			text = span_skip(line, word_begin(line, at));
			if (says_fault(text))
				return text;
		}
		if (word->kind == CERTAIN)
			return text;
	}
	return span_of("");
}

/* Takes what is behind @name. Return: whether it is a number. */
static bool find_number(struct span text, const char *name, unsigned int base, uint64_t *value)
{
	struct span before;

	if (!span_take_until(&text, name, &before))
		return false;
	return base == 16 ? span_take_hex(&text, value) : span_take_number(&text, 10, value);
}

/*
 * "smmuv3-iommu-memory-region-16-3 translation failed for iova=0x0 (SMMU_EVT_F_TRANSLATION)" and
 * "smmuv3_record_event SMMU_EVT_F_TRANSLATION sid=0x8" (QEMU hw/arm/smmuv3.c). The region's first
 * number is the device and function of a PCI bus.
 */
static void explain_qemu(char *note, size_t size, struct span text)
{
	struct buffer out = {.at = note, .size = size};
	struct span name, rest = text;
	uint64_t value;

	note[0] = '\0';
	if (!span_take_until(&rest, "SMMU_EVT_", &name))
		return;
	name = (struct span){.at = rest.at, .length = 0};
	while (name.length < rest.length &&
		(name.at[name.length] == '_' ||
			(name.at[name.length] >= 'A' && name.at[name.length] <= 'Z')))
		name.length++;
	buffer_add(&out, "%.*s", (int)name.length, name.at);
	if (find_number(text, "sid=", 16, &value) && value <= UINT32_MAX)
		buffer_add(&out, " of stream 0x%" PRIx64, value);
	if (find_number(text, "memory-region-", 10, &value) && value <= UINT8_MAX)
		buffer_add(&out, " of device %02x.%x", (unsigned int)value >> 3,
			(unsigned int)value & 7);
	if (find_number(text, "iova=", 16, &value))
		buffer_add(&out, " at IOVA 0x%" PRIx64, value);
}

bool others_parse(struct span line, struct dmesg_message *message)
{
	const struct word *word;
	struct span text = find_fault(line, &word);

	if (!text.length)
		return false;
	message->what = word->what;
	/* Xen has a driver of the same origin. */
	if (!strcmp(message->what, SMMUV2) && span_has(line, "(XEN)"))
		message->what = "SMMUv2 (Xen)";
	message->smmu = device_of(word->kind == MAYBE ? text : line);
	if (message->what == qemu)
		explain_qemu(message->note, sizeof(message->note), line);
	else
		smmuv2_explain(message->note, sizeof(message->note), text);
	if (!message->note[0])
		span_print(text, message->note, sizeof(message->note));
	return true;
}
