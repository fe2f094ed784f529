/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event in names: arm_smmu_dump_event() of Linux 6.14 and later; and a page request,
 * arm_smmu_handle_ppr(): drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c.
 */
#include <ctype.h>
#include <strings.h>

#include "log/dmesg_forms.h"

/* Widths of the records' fields (IHI 0070 7.3); the driver prints even less of them. */
#define SSID_MAX	0xfffff
#define IPA_MASK	UINT64_C(0x00fffffffffff000)
#define FETCH_ADDR_MASK UINT64_C(0x00fffffffffffff8)

/* " iova: 0x12". @mask: bits that the value can have. */
static bool take_field(
	struct form *form, const char *text, bool last, uint64_t mask, uint64_t *value)
{
	uint64_t number;

	if (!form_take(form, text) || !form_take_hex(form, last, &number) || number & ~mask)
		return false;
	*value = number;
	return true;
}

static bool take_addresses(struct form *form, struct dmesg_message *message)
{
	struct vsmmu_event *event = &message->event;

	if (!take_field(form, " iova: ", false, UINT64_MAX, &event->input_addr))
		return false;
	message->known |= DMESG_KNOWN(INPUT_ADDR);
	if (!take_field(form, " ipa: ", true, IPA_MASK, &event->ipa))
		return false;
	message->known |= DMESG_KNOWN(IPA);
	return true;
}

static bool take_fetch(struct form *form, struct dmesg_message *message)
{
	if (!take_field(form, " fetch_addr: ", true, FETCH_ADDR_MASK, &message->event.fetch_addr))
		return false;
	message->known |= DMESG_KNOWN(FETCH_ADDR);
	return true;
}

/* Return: the number of an event that the architecture names, else -1. */
static int16_t id_of_name(struct span name)
{
	for (uint8_t id = VSMMU_EVENT_F_UUT; id <= VSMMU_EVENT_F_VMS_FETCH; id++)
		if (vsmmu_event_has(id, VSMMU_EVENT_FIELD_SID) &&
			name.length == strlen(vsmmu_event_name(id)) &&
			!strncasecmp(name.at, vsmmu_event_name(id), name.length))
			return id;
	return -1;
}

static bool has_field(const struct dmesg_message *message, enum vsmmu_event_field field)
{
	return message->id >= 0 && vsmmu_event_has((uint8_t)message->id, field);
}

/* It prints 0 when there is none: only another number tells that there is one. */
static bool take_ssid(struct form *form, bool last, struct dmesg_message *message)
{
	uint64_t ssid;

	if (!take_field(form, " ssid: ", last, SSID_MAX, &ssid))
		return false;
	message->event.ssid = (uint32_t)ssid;
	message->event.ssv = ssid > 0;
	if (ssid)
		message->known |= DMESG_KNOWN(SSV) | DMESG_KNOWN(SSID);
	return true;
}

/* Of what follows the endpoint's name there are three forms, by the event's kind. */
static bool take_numbers(struct form *form, struct dmesg_message *message)
{
	bool translation = has_field(message, VSMMU_EVENT_FIELD_STALL);
	bool fetch = has_field(message, VSMMU_EVENT_FIELD_FETCH_ADDR) &&
		     !has_field(message, VSMMU_EVENT_FIELD_INPUT_ADDR);
	uint64_t sid;
	struct form rest;

	if (!take_field(form, " sid: ", false, UINT32_MAX, &sid))
		return false;
	message->event.sid = (uint32_t)sid;
	message->known |= DMESG_KNOWN(SID);
	message->sure = true;
	if (!take_ssid(form, !translation && !fetch, message))
		return false;
	rest = *form;
	if (fetch || form_take_optional(&rest, " fetch_addr:"))
		return take_fetch(form, message);
	if (translation || form_take_optional(&rest, " iova:"))
		return take_addresses(form, message);
	return true;
}

static bool take_client(struct form *form, struct dmesg_message *message)
{
	struct span client;

	if (!form_take(form, " client: "))
		return false;
	/* Nobody else has such names. */
	message->sure = message->id >= 0;
	message->unassigned = form_take(form, "(unassigned sid)");
	if (message->unassigned)
		return true;
	if (!form_take_word(form, &client))
		return false;
	if (span_ends(client, ",") || span_ends(client, ";"))
		client.length--;
	message->client = client;
	return true;
}

/* At the line's end a name may be cut, so that it is none. */
static bool take_name(struct form *form, struct dmesg_message *message)
{
	struct span name = {.at = form->rest.at};

	while (form->rest.length &&
		(isalnum((unsigned char)form->rest.at[0]) || form->rest.at[0] == '_'))
		form->rest = span_skip(form->rest, 1);
	name.length = (size_t)(form->rest.at - name.at);
	form->cut |= !form->rest.length;
	if (!name.length || !form->rest.length)
		return false;
	message->id = id_of_name(name);
	return true;
}

bool dmesg_decoded_parse(struct form *form, struct dmesg_message *message)
{
	struct span begin = form->rest;

	if (!form_take(form, "event:"))
		return false;
	message->kind = DMESG_DECODED;
	message->id = -1;
	message->whole = form_take(form, " ") && take_name(form, message) &&
			 take_client(form, message) && take_numbers(form, message);
	/* Behind "event:" anything may stand that the driver did not write. */
	return message->client.length || message->unassigned || form->cut ||
	       span_has((struct span){begin.at, (size_t)(form->rest.at - begin.at)}, "client:");
}

/* Reads one of two words. */
static bool take_either(struct form *form, const char *one, const char *zero, uint64_t known,
	bool *value, struct dmesg_message *message)
{
	*value = form_take_optional(form, one);
	if (!*value && !form_take(form, zero)) {
		struct form other = *form;

		form_take(&other, one);
		form->cut |= other.cut;
		return false;
	}
	message->known |= known;
	return true;
}

/* Quotation marks come in many forms, or not at all. */
static void skip_quotes(struct form *form)
{
	while (form->rest.length && !isalnum((unsigned char)form->rest.at[0]) &&
		!span_is_blank(form->rest.at[0]))
		form->rest = span_skip(form->rest, 1);
}

static bool take_class(struct form *form, struct dmesg_message *message)
{
	static const char *const classes[] = {
		[VSMMU_EVENT_CLASS_CD] = "CD fetch",
		[VSMMU_EVENT_CLASS_TT] = "Stage 1 translation table fetch",
		[VSMMU_EVENT_CLASS_IN] = "Input address caused fault",
		[VSMMU_EVENT_CLASS_RESERVED] = "Reserved",
	};

	if (!form_take(form, " "))
		return false;
	skip_quotes(form);
	for (uint8_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (!form_take(form, classes[i]))
			continue;
		/* Others that begin alike were no cut. */
		form->cut = false;
		message->event.class_ = i;
		message->known |= DMESG_KNOWN(CLASS);
		skip_quotes(form);
		return true;
	}
	return false;
}

static bool take_rest_of_detail(struct form *form, struct dmesg_message *message)
{
	struct vsmmu_event *event = &message->event;
	uint64_t stag;

	event->ttrnw = form_take_optional(form, " ttd_read");
	if (event->ttrnw || form_take_optional(form, " ttd_write"))
		message->known |= DMESG_KNOWN(TTRNW);
	event->stall = form_take_optional(form, " stall");
	if (!form_take(form, " stag:")) {
		/* Not what is there, but whether it was cut. */
		form_take(form, event->stall ? " stag:" : " stall");
		form_take(form, message->known & DMESG_KNOWN(TTRNW) ? " stag:" : " ttd_read");
		event->stall = false;
		return false;
	}
	message->known |= DMESG_KNOWN(STALL);
	if (!take_field(form, " ", true, UINT16_MAX, &stag))
		return false;
	event->stag = (uint16_t)stag;
	message->known |= DMESG_KNOWN(STAG);
	return true;
}

bool dmesg_detail_parse(struct form *form, struct dmesg_message *message)
{
	struct vsmmu_event *event = &message->event;

	message->kind = DMESG_DETAIL;
	if (!take_either(form, "priv", "unpriv", DMESG_KNOWN(PNU), &event->pnu, message) ||
		!take_either(form, " inst", " data", DMESG_KNOWN(IND), &event->ind, message))
		return form->cut && message->known;
	if (!take_either(form, " read", " write", DMESG_KNOWN(RNW), &event->rnw, message))
		return form->cut;
	message->sure = take_either(form, " s2", " s1", DMESG_KNOWN(S2), &event->s2, message);
	message->whole =
		message->sure && take_class(form, message) && take_rest_of_detail(form, message);
	return message->sure || form->cut;
}

bool dmesg_requester_parse(struct form *form, struct dmesg_message *message)
{
	struct span begin = form->rest, word;
	uint64_t number;

	message->kind = DMESG_REQUESTER;
	if (!form_take(form, "sid ") || !form_take_hex(form, false, &number) ||
		!form_take(form, ".") || !form_take_hex(form, false, &number) ||
		!form_take(form, ": [") || !form_take_word(form, &word) || !form_take(form, " "))
		return false;
	form_take_optional(form, "un");
	if (!form_take(form, "privileged "))
		return false;
	/* Of R, W and X there may be none. */
	if (!span_begins(form->rest, "access") && !form_take_word(form, &word))
		return false;
	form_take_blanks(form);
	if (!form_take(form, "access at iova ") || !form_take_hex(form, true, &number))
		return false;
	message->sure = message->whole = true;
	message->text = (struct span){begin.at, (size_t)(form->rest.at - begin.at)};
	return true;
}
