/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event records of IHI 0070 7.3, as data.
 *
 * Not confirmed, because the sources at hand give the figures without bit numbers or
 * contradict each other: NSIPA (bit 100 or 102), the order of ASSURED_ONLY, OVERLAY and
 * DIRTY_BIT and that they follow TTRnW, IMPDEF at 127:112, all of F_BAD_ATS_TREQ above
 * bit 95, NSIPA of F_TLB_CONFLICT. Linux never forwards the last two events, and the filter
 * (event_filter.c) clears the other bits, so none of this reaches a guest.
 */
#include <stddef.h>

#include "arch/event_table.h"

#define FIELD(field, text, w, l, n, s, member)                                                     \
	[VSMMU_EVENT_FIELD_##field] = {                                                            \
		.name = (text),                                                                    \
		.word = (w),                                                                       \
		.low = (l),                                                                        \
		.width = (n),                                                                      \
		.shift = (s),                                                                      \
		.offset = offsetof(struct vsmmu_event, member),                                    \
		.size = sizeof(((struct vsmmu_event *)0)->member),                                 \
	}

/* clang-format off */
const struct event_field arch_event_fields[EVENT_FIELDS] = {
	/*    field         name         word low width shift member */
	FIELD(ID,           "id",           0,  0,  8,  0, id),
	FIELD(SSV,          "ssv",          0, 11,  1,  0, ssv),
	FIELD(SSID,         "ssid",         0, 12, 20,  0, ssid),
	FIELD(SID,          "sid",          0, 32, 32,  0, sid),
	FIELD(REASON,       "reason",       1,  0, 16,  0, reason),
	FIELD(GPCF,         "gpcf",         1, 16,  1,  0, gpcf),
	FIELD(STAG,         "stag",         1,  0, 16,  0, stag),
	FIELD(STALL,        "stall",        1, 31,  1,  0, stall),
	FIELD(PNU,          "pnu",          1, 33,  1,  0, pnu),
	FIELD(IND,          "ind",          1, 34,  1,  0, ind),
	FIELD(RNW,          "rnw",          1, 35,  1,  0, rnw),
	FIELD(NSIPA,        "nsipa",        1, 36,  1,  0, nsipa),
	FIELD(S2,           "s2",           1, 39,  1,  0, s2),
	FIELD(CLASS,        "class",        1, 40,  2,  0, class_),
	FIELD(TTRNW,        "ttrnw",        1, 44,  1,  0, ttrnw),
	FIELD(ASSURED_ONLY, "assured_only", 1, 45,  1,  0, assured_only),
	FIELD(OVERLAY,      "overlay",      1, 46,  1,  0, overlay),
	FIELD(DIRTY_BIT,    "dirty_bit",    1, 47,  1,  0, dirty_bit),
	FIELD(IMPDEF,       "impdef",       1, 48, 16,  0, impdef),
	FIELD(ATS_PRIV,     "ats_priv",     1, 33,  1,  0, ats_priv),
	FIELD(ATS_EXEC,     "ats_exec",     1, 34,  1,  0, ats_exec),
	FIELD(ATS_WRITE,    "ats_write",    1, 35,  1,  0, ats_write),
	FIELD(ATS_READ,     "ats_read",     1, 36,  1,  0, ats_read),
	FIELD(UX,           "ux",           1, 34,  1,  0, ux),
	FIELD(UW,           "uw",           1, 35,  1,  0, uw),
	FIELD(UR,           "ur",           1, 36,  1,  0, ur),
	FIELD(PX,           "px",           1, 37,  1,  0, px),
	FIELD(PW,           "pw",           1, 38,  1,  0, pw),
	FIELD(PR,           "pr",           1, 39,  1,  0, pr),
	FIELD(SPAN,         "span",         1, 44,  8,  0, span),
	FIELD(INPUT_ADDR,   "input_addr",   2,  0, 64,  0, input_addr),
	FIELD(INPUT_PAGE,   "input_page",   2, 12, 52, 12, input_addr),
	FIELD(IPA,          "ipa",          3, 12, 44, 12, ipa),
	FIELD(FETCH_ADDR,   "fetch_addr",   3,  3, 53,  3, fetch_addr),
};
/* clang-format on */

#define F(field) (UINT64_C(1) << VSMMU_EVENT_FIELD_##field)

#define SID	(F(ID) | F(SID))
#define STREAM	(SID | F(SSV) | F(SSID))
#define ACCESS	(F(PNU) | F(IND) | F(RNW) | F(INPUT_ADDR))
#define FETCH	(F(REASON) | F(GPCF) | F(FETCH_ADDR))
#define STAGES	(F(NSIPA) | F(S2) | F(CLASS))
#define FAULT	(STREAM | ACCESS | STAGES | F(STAG) | F(STALL) | F(IPA) | F(IMPDEF))
#define OVERLAY (F(ASSURED_ONLY) | F(OVERLAY) | F(DIRTY_BIT))
#define ATS	(F(ATS_PRIV) | F(ATS_EXEC) | F(ATS_WRITE) | F(ATS_READ))
#define HINT	(F(UX) | F(UW) | F(UR) | F(PX) | F(PW) | F(PR))

#define EVENT(id, bits) [VSMMU_EVENT_##id] = {.name = #id, .fields = (bits)}

/*
 * F_STREAM_DISABLED and F_TRANSL_FORBIDDEN have no SubstreamID (7.3.7, 7.3.8);
 * C_BAD_SUBSTREAMID always has one, hence no SSV (7.3.9).
 */
static const struct event_kind {
	const char *name;
	uint64_t fields;
} kinds[] = {
	EVENT(F_UUT, STREAM | ACCESS | F(REASON)),
	EVENT(C_BAD_STREAMID, STREAM),
	EVENT(F_STE_FETCH, STREAM | FETCH),
	EVENT(C_BAD_STE, STREAM),
	EVENT(F_BAD_ATS_TREQ, STREAM | ATS | F(SPAN) | F(INPUT_PAGE)),
	EVENT(F_STREAM_DISABLED, SID),
	EVENT(F_TRANSL_FORBIDDEN, SID | F(RNW) | F(INPUT_ADDR)),
	EVENT(C_BAD_SUBSTREAMID, SID | F(SSID)),
	EVENT(F_CD_FETCH, STREAM | FETCH),
	EVENT(C_BAD_CD, STREAM),
	EVENT(F_WALK_EABT, STREAM | ACCESS | FETCH | F(S2) | F(CLASS)),
	EVENT(F_TRANSLATION, FAULT),
	EVENT(F_ADDR_SIZE, FAULT),
	EVENT(F_ACCESS, FAULT),
	EVENT(F_PERMISSION, FAULT | F(TTRNW) | OVERLAY),
	EVENT(F_TLB_CONFLICT, STREAM | ACCESS | F(REASON) | F(NSIPA) | F(S2) | F(IPA)),
	EVENT(F_CFG_CONFLICT, STREAM | F(REASON)),
	EVENT(E_PAGE_REQUEST, STREAM | HINT | F(SPAN) | F(INPUT_PAGE)),
	EVENT(F_VMS_FETCH, STREAM | FETCH),
};

/* Nothing but the number is known of IMPDEF and reserved ids. */
static const struct event_kind impdef = {.name = "IMPDEF", .fields = F(ID)};
static const struct event_kind unknown = {.name = "UNKNOWN", .fields = F(ID)};

static const struct event_kind *kind_of(uint8_t id)
{
	if (id < sizeof(kinds) / sizeof(kinds[0]) && kinds[id].name)
		return &kinds[id];
	if (id >= VSMMU_EVENT_IMPDEF_FIRST && id <= VSMMU_EVENT_IMPDEF_LAST)
		return &impdef;
	return &unknown;
}

uint64_t arch_event_id_fields(uint8_t id)
{
	return kind_of(id)->fields;
}

const char *vsmmu_event_name(uint8_t id)
{
	return kind_of(id)->name;
}
