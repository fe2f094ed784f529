/* SPDX-License-Identifier: BSD-2-Clause */
/* A part of a line, compared with text. */
#ifndef UNIT_ASSERT_SPAN_H
#define UNIT_ASSERT_SPAN_H

#include "lib/unit.h"
#include "text/span.h"

static inline void assert_span(struct span span, const char *text)
{
	char got[256];

	span_print(span, got, sizeof(got));
	assert_string_equal(got, text);
}

#endif
