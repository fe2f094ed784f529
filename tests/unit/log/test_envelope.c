/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines as programs and people keep them: colours, blanks that are none, several on one line. */
#include "envelope_lines.h"

TEST(plain_lines_are_not_touched)
{
	static const char *const plain[] = {
		EVENT,
		"[  106.585811] " EVENT,
		"Dec  9 09:15:57 host kernel: [  106.585811] " EVENT,
		"6,1234,106585811,-;" EVENT,
		"<6>[  106.585811] " EVENT,
		"[12:34:56] [stage1] done in 1.5 s",
		"mailto: [1] and [2]",
	};

	for (unsigned int i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		GIVES(plain[i], plain[i]);
		assert_false(last.has_time || last.has_wall || last.joins);
		assert_int_equal(last.host.length, 0);
	}
	/* They are not even copied. */
	envelope_open(&envelope, plain[0], strlen(plain[0]));
	assert_true(envelope_next(&envelope, &last));
	assert_ptr_equal(last.text.at, plain[0]);
	open_bytes("", 0);
	assert_int_equal(count, 0);
	open_bytes(NULL, 0);
	assert_int_equal(count, 0);
	open_bytes(" \t\r\n", 4);
	assert_int_equal(count, 0);
}

TEST(colours_go)
{
	GIVES("\033[32m[  106.585811] \033[0m\033[33marm-smmu-v3 fc900000.iommu: \033[0mevent "
	      "0x10 received:\033[K",
		"[  106.585811] " EVENT);
	GIVES("\033[38;5;196;1m" EVENT "\033[m", EVENT);
	GIVES("\033[38:2::1:2:3m" EVENT "\033[0 q", EVENT);
	GIVES("\033]0;a title\007" EVENT, EVENT);
	GIVES("\033]8;;https://example.com\033\\" EVENT "\033]8;;\033\\", EVENT);
	GIVES("\033(B\033=\033>" EVENT "\0337\033", EVENT);
	GIVES("\\x1b[32m\\u001b[0m\\033[1m\\e[0m" EVENT "#033[0m", EVENT);
	GIVES("^[[32m[  106.585811]^[[0m " EVENT, "[  106.585811] " EVENT);
	GIVES("[32m[  106.585811] [0m" EVENT "[1;31m", "[  106.585811] " EVENT);
	GIVES("\xe2\x90\x9b[32m" EVENT, EVENT);
	/* A sequence that does not end. */
	GIVES("\033[32", "32");
	GIVES("\033]0;title", "0;title");
	GIVES("\033P" EVENT, EVENT);
}

TEST(control_characters_go)
{
	GIVES("\001\002a\bb\177c\r", "ab c");
	GIVES("a\rb", "a", "b");
	GIVES("arm-smmu-v3 x: \t0x0000010000000010", "arm-smmu-v3 x: \t0x0000010000000010");
	open_bytes("a\0b", 3);
	assert_string_equal(lines[0], "ab");
}

TEST(blanks_of_other_scripts)
{
	GIVES("[\xc2\xa0 \xc2\xa0 106.585811]\xc2\xa0 arm-smmu-v3\xe2\x80\x87x:\xe3\x80\x80"
	      "event",
		"[    106.585811]  arm-smmu-v3 x: event");
	GIVES("arm\xe2\x80\x91smmu\xe2\x80\x90v3\xe2\x80\xafx:\xe2\x80\x8b event\xef\xbb\xbf",
		"arm-smmu-v3 x: event");
	GIVES("\xef\xbb\xbf" EVENT, EVENT);
	GIVES("\xe2\x80\x9cInput address caused fault\xe2\x80\x9d \xc2\xab x \xc2\xbb "
	      "\xe2\x80\x98y\xe2\x80\x99",
		"\"Input address caused fault\" \" x \" 'y'");
	GIVES("arm-smmu-v3\xa0x:\xa0 event", "arm-smmu-v3 x:  event");
	GIVES("a\xe2\x80\xa8"
	      "b\xc2\x85"
	      "c\xe2\x90\x8a"
	      "d",
		"a", "b", "c", "d");
	GIVES("\xef\xbc\x90\xef\xbd\x98\xef\xbc\x91\xef\xbc\x90", "0x10");
	/* Other letters stay, and so does what is no UTF-8. */
	GIVES("h\xc3\xb6st \xe4\xb8\xad \xf0\x9f\x98\x80 \xc2 \xff",
		"h\xc3\xb6st \xe4\xb8\xad \xf0\x9f\x98\x80 \xc2 \xff");
	GIVES("\xe2\x80", "\xe2\x80");
}

TEST(several_on_one_line)
{
	GIVES("[  1.000000] arm-smmu-v3 x: a [  1.100000] arm-smmu-v3 x: b [ 1.200000] c",
		"[  1.000000] arm-smmu-v3 x: a", "[  1.100000] arm-smmu-v3 x: b", "[ 1.200000] c");
	GIVES("host kernel: [1.000000] a [1.100000] b", "host kernel: [1.000000] a",
		"[1.100000] b");
	GIVES("arm-smmu-v3 x: a arm-smmu-v3 x: \tb", "arm-smmu-v3 x: a", "arm-smmu-v3 x: \tb");
	/* The time that stands before a line goes with it. */
	GIVES("Dec  9 09:15:57 box kernel: arm-smmu-v3 x: a Dec  9 09:15:58 box kernel: "
	      "arm-smmu-v3 x: b",
		"Dec  9 09:15:57 box kernel: arm-smmu-v3 x: a",
		"Dec  9 09:15:58 box kernel: arm-smmu-v3 x: b");
	GIVES("[Mon Dec  9 09:15:57 2024] arm-smmu-v3 x: a [Mon Dec  9 09:15:58 2024] arm-smmu-v3 "
	      "x: b",
		"[Mon Dec  9 09:15:57 2024] arm-smmu-v3 x: a",
		"[Mon Dec  9 09:15:58 2024] arm-smmu-v3 x: b");
	GIVES("2024-12-09T09:15:57Z box kernel: [1.000000] arm-smmu-v3 x: a 2024-12-09T09:15:58Z "
	      "box "
	      "kernel: [1.100000] arm-smmu-v3 x: b",
		"2024-12-09T09:15:57Z box kernel: [1.000000] arm-smmu-v3 x: a",
		"2024-12-09T09:15:58Z box kernel: [1.100000] arm-smmu-v3 x: b");
	GIVES("arm-smmu-v3 arm-smmu-v3.0.auto: a [1.5] [1.55555] [1.5555555]",
		"arm-smmu-v3 arm-smmu-v3.0.auto: a [1.5] [1.55555] [1.5555555]");
}

/* A line that does not fit into the buffer is done in pieces, none of which is lost. */
TEST(long_lines)
{
	static char line[5 * ENVELOPE_SIZE];
	struct log_line found;
	size_t length = 0, words = 0, given = 0;

	for (; length + 64 < sizeof(line); words++)
		length += (size_t)sprintf(line + length, "\033[1mword%zu\033[0m ", words);
	envelope_open(&envelope, line, length);
	while (envelope_next(&envelope, &found)) {
		struct span before;

		assert_false(span_has(found.text, "\033"));
		for (; span_take_until(&found.text, " ", &before); given++)
			assert_true(span_begins(before, "word"));
		given++;
	}
	assert_int_equal(given, words);
	memset(line, '\xc3', sizeof(line));
	for (envelope_open(&envelope, line, sizeof(line)), given = 0;
		envelope_next(&envelope, &found);)
		given += found.text.length;
	assert_int_equal(given, sizeof(line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(plain_lines_are_not_touched),
		UNIT_TEST_PLAIN(colours_go),
		UNIT_TEST_PLAIN(control_characters_go),
		UNIT_TEST_PLAIN(blanks_of_other_scripts),
		UNIT_TEST_PLAIN(several_on_one_line),
		UNIT_TEST_PLAIN(long_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
