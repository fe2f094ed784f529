/* SPDX-License-Identifier: BSD-2-Clause */
#include "log/context.h"

#include "log/dmesg_prefix.h"
#include "log/words.h"

/* The line must name a device, too: the word alone is one of many subjects. */
#define OF_A_DEVICE 0x80000000u

static const struct word list[] = {
	{"AER: ", "rror", CONTEXT_AER},
	{"Adapter reset", NULL, CONTEXT_RESET},
	{"BUG: ", NULL, CONTEXT_PANIC},
	{"Card not present", NULL, CONTEXT_UNBIND},
	{"FLR", NULL, CONTEXT_RESET | OF_A_DEVICE},
	{"Hardware Error]", NULL, CONTEXT_AER},
	{"Hardware error", NULL, CONTEXT_AER},
	{"Internal error: ", NULL, CONTEXT_PANIC},
	{"Kernel panic", NULL, CONTEXT_PANIC},
	{"Link Down", NULL, CONTEXT_LINK},
	{"Link is Down", NULL, CONTEXT_LINK},
	{"Link is down", NULL, CONTEXT_LINK},
	{"NETDEV WATCHDOG", NULL, CONTEXT_WATCHDOG},
	{"Out of memory", NULL, CONTEXT_MEMORY},
	{"PCIe Bus Error", NULL, CONTEXT_AER},
	{"PM: hibernation", NULL, CONTEXT_SUSPEND},
	{"PM: resume", NULL, CONTEXT_SUSPEND},
	{"PM: suspend", NULL, CONTEXT_SUSPEND},
	{"Removing ", NULL, CONTEXT_UNBIND | OF_A_DEVICE},
	{"Reset ", NULL, CONTEXT_RESET | OF_A_DEVICE},
	{"Resetting", NULL, CONTEXT_RESET | OF_A_DEVICE},
	{"SError Interrupt", NULL, CONTEXT_PANIC},
	{"Starting crashdump kernel", NULL, CONTEXT_SUSPEND},
	{"Starting new kernel", NULL, CONTEXT_SUSPEND},
	{"TX timeout", NULL, CONTEXT_WATCHDOG},
	{"Tx timeout", NULL, CONTEXT_WATCHDOG},
	{"Unable to handle kernel", NULL, CONTEXT_PANIC},
	{"Unit Hang", NULL, CONTEXT_WATCHDOG},
	{"containment event", NULL, CONTEXT_AER},
	{"controller is down", NULL, CONTEXT_WATCHDOG},
	{"disconnected", NULL, CONTEXT_UNBIND | OF_A_DEVICE},
	{"hung task", NULL, CONTEXT_WATCHDOG},
	{"link is not ready", NULL, CONTEXT_LINK},
	{"lockup", NULL, CONTEXT_WATCHDOG},
	{"page allocation failure", NULL, CONTEXT_MEMORY},
	{"removed", NULL, CONTEXT_UNBIND | OF_A_DEVICE},
	{"reset", NULL, CONTEXT_RESET | OF_A_DEVICE},
	{"suspend entry", NULL, CONTEXT_SUSPEND},
	{"suspend exit", NULL, CONTEXT_SUSPEND},
	{"timeout", "nvme", CONTEXT_WATCHDOG | OF_A_DEVICE},
	{"transmit queue", "timed out", CONTEXT_WATCHDOG},
	{"tx timeout", NULL, CONTEXT_WATCHDOG},
	{"unbind", NULL, CONTEXT_UNBIND | OF_A_DEVICE},
	{"vfio", NULL, CONTEXT_VFIO | OF_A_DEVICE},
	{0},
};

static const struct words words = {
	.start = {['A'] = 1,
		['B'] = 3,
		['C'] = 4,
		['F'] = 5,
		['H'] = 6,
		['I'] = 8,
		['K'] = 9,
		['L'] = 10,
		['N'] = 13,
		['O'] = 14,
		['P'] = 15,
		['R'] = 19,
		['S'] = 22,
		['T'] = 25,
		['U'] = 27,
		['c'] = 29,
		['d'] = 31,
		['h'] = 32,
		['l'] = 33,
		['p'] = 35,
		['r'] = 36,
		['s'] = 38,
		['t'] = 40,
		['u'] = 43,
		['v'] = 44},
	.list = list,
};

/* A reset line of the kernel's own framework, not one of a device, and what is not reset. */
static const char *const others[] = {"usb ", "hub ", "reset-", "reset_", "no reset", "reset method",
	"not reset", "cannot reset", "can't reset", "get reset", "resets", "failed to get"};

/* "0000:01:00.0" or "01:00.0", wherever it is. Return: it; empty if there is none. */
static struct span find_address(struct span text)
{
	for (size_t at = 0; at + 7 <= text.length; at++) {
		static const char form[] = "xx:xx.x";
		size_t i = 0;

		while (i < 7 && (form[i] == 'x' ? span_digit(text.at[at + i]) < 16
						: text.at[at + i] == form[i]))
			i++;
		if (i < 7)
			continue;
		/* The segment: four digits, or more. */
		if (at >= 5 && text.at[at - 1] == ':')
			for (size_t begin = at - 1;; begin--)
				if (!begin || span_digit(text.at[begin - 1]) == 16)
					return (struct span){
						.at = text.at + begin, .length = at + 7 - begin};
		return (struct span){.at = text.at + at, .length = 7};
	}
	return span_of("");
}

static bool is_name(struct span word)
{
	if (!word.length || word.at[0] < 'a' || word.at[0] > 'z')
		return false;
	for (size_t i = 0; i < word.length; i++)
		if (word.at[i] >= '0' && word.at[i] <= '9')
			return true;
	return false;
}

/* An address, or else the first of "nvme0:" and "eth0 (igb):" and their like. */
static struct span find_device(struct span text)
{
	struct span device = find_address(text), word;

	while (!device.length && text.length) {
		size_t end = span_find(text, " ");

		word = (struct span){.at = text.at, .length = end};
		text = span_skip(text, end < text.length ? end + 1 : end);
		if (span_ends(word, ":"))
			word.length--;
		else if (!span_begins(text, "("))
			continue;
		if (is_name(word))
			device = word;
	}
	return device;
}

static bool is_of_another(struct span text)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span_has(text, others[i]))
			return true;
	return false;
}

bool context_parse(struct span line, struct dmesg_message *message)
{
	const struct word *word;
	struct span text, device;
	unsigned int kinds = 0;
	bool of_device;
	size_t at = 0;

	word = words_find(&words, line, &at);
	if (!word)
		return false;
	text = dmesg_prefix_skip(line);
	device = find_device(text);
	of_device = device.length && !is_of_another(text);
	for (at = 0; (word = words_find(&words, text, &at)); at++)
		if ((!word->what || span_has(text, word->what)) &&
			(!(word->kind & OF_A_DEVICE) || of_device))
			kinds |= word->kind & ~OF_A_DEVICE;
	if (!kinds)
		return false;
	/* The lowest bit: what happened rather than to whom. */
	message->context = (enum context_kind)(kinds & -kinds);
	message->client = device;
	message->text = text;
	return true;
}

bool group_parse(struct span line, struct dmesg_message *message)
{
	struct span before, rest = line, client;
	uint64_t group;

	if (span_take_until(&rest, ": Adding to iommu group ", &before)) {
		size_t at = before.length;

		while (at && !span_is_blank(before.at[at - 1]))
			at--;
		client = span_skip(before, at);
	} else if (!span_take_until(&rest, "iommu: Adding device ", &before) ||
		   !span_take_until(&rest, " to group ", &client)) {
		return false;
	}
	if (!client.length || !span_take_number(&rest, 10, &group))
		return false;
	message->client = client;
	message->value = group;
	return true;
}
