/* SPDX-License-Identifier: BSD-2-Clause */
/* The faults of an SMMUv2: its registers as Linux' arm-smmu driver and its kin print them. */
#include <inttypes.h>

#include "text/buffer.h"
#include "log/others.h"

/* Fault syndrome registers of a context bank (IHI 0062 16.5). */
#define FSR_TF	   0x2u
#define FSR_AFF	   0x4u
#define FSR_PF	   0x8u
#define FSR_EF	   0x10u
#define FSR_TLBMCF 0x20u
#define FSR_TLBLKF 0x40u
#define FSR_ASF	   0x80u
#define FSR_UUT	   0x100u
#define FSR_SS	   0x40000000u
#define FSR_MULTI  0x80000000u

#define FSYNR0_WNR  0x10u
#define FSYNR0_PNU  0x20u
#define FSYNR0_IND  0x40u
#define FSYNR0_PTWF 0x400u

#define GFSR_USF 0x2u /* unidentified stream */

/* The StreamID's bits of CBFRSYNRA and GFSYNR1. */
#define SID_MASK 0xffffu

/* "NAME=0x12", "NAME = 12" or "NAME 0x12"; a name may be a part of another one's end. */
static bool find_value(struct span text, const char *name, unsigned int base, uint64_t *value)
{
	struct span before, rest = text;

	while (span_take_until(&rest, name, &before)) {
		bool whole = !before.length || span_is_blank(before.at[before.length - 1]) ||
			     before.at[before.length - 1] == ',';
		struct span number = span_trim(rest);

		span_take(&number, "=");
		number = span_trim(number);
		if (span_begins(number, "0x"))
			base = 16;
		if (whole && (base == 16 ? span_take_hex(&number, value)
					 : span_take_number(&number, 10, value)))
			return true;
	}
	return false;
}

static void add_flags(struct buffer *out, uint64_t fsr)
{
	static const struct {
		uint64_t bit;
		const char *text;
	} flags[] = {
		{FSR_TF, "translation fault: no page maps it"},
		{FSR_AFF, "access flag fault"},
		{FSR_PF, "permission fault: the page does not allow it"},
		{FSR_EF, "external fault: memory answered with an error"},
		{FSR_TLBMCF, "TLB match conflict"},
		{FSR_TLBLKF, "TLB lock fault"},
		{FSR_ASF, "address size fault"},
		{FSR_UUT, "unsupported upstream transaction"},
		{FSR_SS, "the transaction is stalled"},
		{FSR_MULTI, "more faults came before this one was read"},
	};
	const char *separator = ": ";

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!(fsr & flags[i].bit))
			continue;
		buffer_add(out, "%s%s", separator, flags[i].text);
		separator = "; ";
	}
}

static void explain_context(struct buffer *out, struct span text)
{
	uint64_t fsr, iova, fsynr, cbfrsynra, bank;
	struct span before, from = text;
	bool has_fsynr =
		find_value(text, "fsynr", 16, &fsynr) || find_value(text, "fsynr0", 16, &fsynr);

	buffer_add(out, "context fault");
	if (span_take_until(&from, "context fault from ", &before))
		buffer_add(out, " of %.*s", (int)span_find(from, "!"), from.at);
	if (find_value(text, "cbfrsynra", 16, &cbfrsynra))
		buffer_add(out, ", stream 0x%x", (unsigned int)(cbfrsynra & SID_MASK));
	if (find_value(text, "cb", 10, &bank))
		buffer_add(out, ", context bank %" PRIu64, bank);
	if (find_value(text, "iova", 16, &iova))
		buffer_add(out, ", %s IOVA 0x%" PRIx64,
			!has_fsynr	     ? "accessed"
			: fsynr & FSYNR0_WNR ? "wrote"
					     : "read",
			iova);
	if (has_fsynr)
		buffer_add(out, " (%sprivileged %s%s)", fsynr & FSYNR0_PNU ? "" : "un",
			fsynr & FSYNR0_IND ? "instruction" : "data",
			fsynr & FSYNR0_PTWF ? ", while walking the table" : "");
	if (find_value(text, "fsr", 16, &fsr))
		add_flags(out, fsr);
}

/* The lines that Linux 6.9 and later add to it. */
static bool explain_register(struct buffer *out, struct span text)
{
	uint64_t value, sid;

	if (find_value(text, "FSR", 16, &value)) {
		buffer_add(out, "context fault");
		if (find_value(text, "SID", 16, &sid))
			buffer_add(out, ", stream 0x%x", (unsigned int)(sid & SID_MASK));
		add_flags(out, value);
		return true;
	}
	if (find_value(text, "FSYNR0", 16, &value)) {
		buffer_add(out, "context fault, %s (%sprivileged %s%s)",
			value & FSYNR0_WNR ? "a write" : "a read", value & FSYNR0_PNU ? "" : "un",
			value & FSYNR0_IND ? "instruction" : "data",
			value & FSYNR0_PTWF ? ", while walking the table" : "");
		return true;
	}
	return false;
}

static void explain_global(struct buffer *out, struct span text)
{
	uint64_t gfsr, sid;

	buffer_add(out, "global fault");
	if (find_value(text, "GFSYNR1", 16, &sid))
		buffer_add(out, ", stream 0x%x", (unsigned int)(sid & SID_MASK));
	if (find_value(text, "GFSR", 16, &gfsr) && gfsr & GFSR_USF)
		buffer_add(out, ": no device with this stream is known to the driver");
}

void smmuv2_explain(char *buffer, size_t size, struct span text)
{
	struct buffer out = {.at = buffer, .size = size};
	uint64_t sid;

	buffer[0] = '\0';
	if (span_has(text, "context fault"))
		explain_context(&out, text);
	else if (find_value(text, "Blocked unknown Stream ID", 16, &sid))
		buffer_add(&out, "stream 0x%x was blocked: the driver knows no device with it",
			(unsigned int)sid);
	else if (span_has(text, "global fault") || span_has(text, "GFSR"))
		explain_global(&out, text);
	else
		explain_register(&out, text);
}
