/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/others.h"

#include "text/words.h"

#define SMMUV2 "SMMUv2 (arm-smmu)"
#define TEGRA  "tegra-mc"
#define VTD    "Intel VT-d (DMAR)"
#define AMD    "AMD-Vi"

enum {
	MAYBE,	 /* it is a fault if the line says so */
	CERTAIN, /* nothing else has this word */
};

/* Names of drivers, and words that only they use. */
static const struct word list[] = {
	{"-iommu ", "another IOMMU", MAYBE},
	{"-iommu-memory-region", "QEMU", CERTAIN},
	{"AMD-Vi", AMD, MAYBE},
	{"Blocked unknown Stream ID", SMMUV2, CERTAIN},
	{"DMAR", VTD, MAYBE},
	{"FSR    = ", SMMUV2, CERTAIN},
	{"FSYNR0 = ", SMMUV2, CERTAIN},
	{"GFSR 0x", SMMUV2, CERTAIN},
	{"IO_PAGE_FAULT", AMD, CERTAIN},
	{"SMMU_EVT_", "QEMU", CERTAIN},
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
	{"smmuv3_cmdq_consume_error", "QEMU", CERTAIN},
	{"smmuv3_record_event", "QEMU", CERTAIN},
	{"smmuv3_translate_abort", "QEMU", CERTAIN},
	{"sun50i-iommu ", "Allwinner IOMMU", MAYBE},
	{"tegra-mc ", TEGRA, MAYBE},
	{"virtio_iommu ", "virtio-iommu", MAYBE},
	{0},
};

static const struct words names = {
	.start = {['-'] = 1,
		['A'] = 3,
		['B'] = 4,
		['D'] = 5,
		['F'] = 6,
		['G'] = 8,
		['I'] = 9,
		['S'] = 10,
		['U'] = 12,
		['_'] = 14,
		['a'] = 15,
		['d'] = 17,
		['e'] = 18,
		['h'] = 19,
		['i'] = 20,
		['m'] = 21,
		['q'] = 23,
		['r'] = 24,
		['s'] = 26,
		['t'] = 31,
		['v'] = 32},
	.list = list,
};

/* Whether the line tells of a fault. "Default" has that word, too. */
static bool says_fault(struct span text)
{
	static const char *const words[] = {" fault", "Fault", "FAULT", "Event logged", "timed out",
		"Time-out", "rror", "violation", "callbacks suppressed"};

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
		}
		if (word->kind == CERTAIN || says_fault(text))
			return text;
	}
	return span_of("");
}

bool others_parse(struct span line, struct dmesg_message *message)
{
	const struct word *word;
	struct span text = find_fault(line, &word);

	if (!text.length)
		return false;
	message->what = word->what;
	message->smmu = device_of(word->kind == MAYBE ? text : line);
	smmuv2_explain(message->note, sizeof(message->note), text);
	if (!message->note[0])
		span_print(text, message->note, sizeof(message->note));
	return true;
}
