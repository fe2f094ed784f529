/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines out of mails, forums, tables and programs that escape characters. */
#include "envelope_lines.h"

#define DETAIL "arm-smmu-v3 x: unpriv data write s1 \"Input address caused fault\" stag: 0x0"

TEST(tags)
{
	GIVES("<pre>" EVENT "</pre>", EVENT);
	GIVES("<p><code>" EVENT "</code></p>", EVENT);
	GIVES("<span class=\"hl k\" style='a'>" EVENT "</span><BR/>", EVENT);
	GIVES("a<br>b<br />c<BR>d", "a", "b", "c", "d");
	GIVES("<ul><li>a</li><li>b</li></ul>", "a", "b");
	GIVES("<tr><td>arm-smmu-v3</td><td>x:</td><td>event 0x10 received:</td></tr>",
		"arm-smmu-v3  x:  event 0x10 received:");
	GIVES("<!-- a <b> -->" EVENT "<![CDATA[", EVENT);
	/* Levels, names and comparisons are none. */
	GIVES("<6>[    1.000000] a < b > c <unknown> <x <",
		"<6>[    1.000000] a < b > c <unknown> <x <");
	GIVES("<span " EVENT, "<span " EVENT);
}

TEST(entities)
{
	GIVES("arm-smmu-v3 x: unpriv data write s1 &quot;Input address caused fault&quot; stag: "
	      "0x0",
		DETAIL);
	GIVES("arm-smmu-v3 x: unpriv data write s1 &#34;Input address caused fault&#x22; stag: 0x0",
		DETAIL);
	GIVES("arm-smmu-v3 x: unpriv data write s1 &ldquo;Input&nbsp;address caused fault&rdquo; "
	      "stag: 0x0",
		DETAIL);
	GIVES("arm-smmu-v3 x: unpriv data write s1 &amp;amp;quot;Input address caused "
	      "fault&amp;quot; "
	      "stag: 0x0",
		DETAIL);
	GIVES("&lt;6&gt;[    1.000000] a &amp; b&Tab;c&NewLine;d", "<6>[    1.000000] a & b\tc",
		"d");
	GIVES("&#65;&#x42;&#xa0;&#x200b;&#8203;C&#27;[1mD", "AB CD");
	GIVES("a && b &; &x; &#; &#x; &#x110000; &#xd800;.", "a && b &; &x; &#; &#x; &#x110000; .");
	GIVES("&#x1f600;", "\xf0\x9f\x98\x80");
	GIVES("&gt; &gt;&gt; " EVENT, EVENT);
}

TEST(escapes)
{
	GIVES("arm-smmu-v3 x: \\t0x0000010000000010\\n", "arm-smmu-v3 x: \t0x0000010000000010");
	GIVES("arm-smmu-v3 x: \\x090x0000010000000010", "arm-smmu-v3 x: \t0x0000010000000010");
	GIVES("arm-smmu-v3 x: #0110x0000010000000010", "arm-smmu-v3 x: \t0x0000010000000010");
	GIVES("arm-smmu-v3 x: \\0110x0000010000000010", "arm-smmu-v3 x: \t0x0000010000000010");
	GIVES("arm-smmu-v3 x: ^I0x0000010000000010^M", "arm-smmu-v3 x: \t0x0000010000000010");
	GIVES("a\\nb\\r\\nc\\\\nd", "a", "b", "c", "d");
	GIVES("arm-smmu-v3 x: unpriv data write s1 \\\"Input address caused fault\\u0022 stag: 0x0",
		DETAIL);
	GIVES("msg=\\\\\\\"arm\\\\\\\"", "msg=\"arm\"");
	/* These are none. */
	GIVES("\\_SB.PCI0: IRQ #12 #0 #099 \\x1 \\q ^x \\",
		"\\_SB.PCI0: IRQ #12 #0 #099 \\x1 \\q ^x \\");
}

TEST(quoted_printable)
{
	GIVES("event: F_TRANSLATION=20client: 0000:01:00.0 fsr=3D0x402=20", "event: F_TRANSLATION "
									    "client: 0000:01:00.0 "
									    "fsr=0x402");
	assert_false(last.joins);
	GIVES("[=C2=A0 =C2=A0 106.585811]=C2=A0arm-smmu-v3 x:=09a",
		"[    106.585811] arm-smmu-v3 x:\ta");
	GIVES("=E2=80=9Ca=E2=80=9D", "\"a\"");
	/* A soft break joins the next line to this. */
	GIVES("arm-smmu-v3 x: event: F_TRANSLATION client: 0000:01:00.0 sid=",
		"arm-smmu-v3 x: event: "
		"F_TRANSLATION client: "
		"0000:01:00.0 sid");
	assert_true(last.joins);
	GIVES("a b=\r\n", "a b");
	assert_true(last.joins);
	GIVES("a=3Db c=", "a=b c");
	assert_true(last.joins);
	/* Lines that all end so are of no mail: some of them are let go alone. */
	for (unsigned int i = 0, alone = 0; i < 100; i++) {
		GIVES("a b=", "a b");
		alone += !last.joins;
		assert_true(i < 50 || alone > 3);
	}
	GIVES("x", "x");
	open_bytes("a b " EVENT EVENT EVENT EVENT "=", 4 + 4 * strlen(EVENT) + 1);
	assert_false(last.joins);
	GIVES("c d=", "c d");
	/* A blank before or behind the break is one of the text's. */
	GIVES(" a b =", " a b ");
	GIVES(" c d =", " c d ");
	GIVES("  e f ", "  e f");
	GIVES("  e f ", "e f");
	/* These are none. */
	GIVES("fsr=0x402, cb=20", "fsr=0x402, cb=20");
	GIVES("irq=32 cpu=41", "irq=32 cpu=41");
	GIVES("a=3Db c=d", "a=3Db c=d");
	GIVES("a=3d", "a=3d");
	GIVES("=== a ===", "=== a ===");
	GIVES("QUJDRA==", "QUJDRA==");
	GIVES("QUJDREU=", "QUJDREU=");
	assert_false(last.joins);
}

TEST(tables_and_quotes)
{
	GIVES("| 1 | arm-smmu-v3 x: | event 0x10 received: |",
		"1   arm-smmu-v3 x:   event 0x10 received:");
	GIVES("`" EVENT "`", EVENT);
	GIVES("> > " EVENT, EVENT);
	GIVES(">> | " EVENT " |", EVENT);
	GIVES("* " EVENT, EVENT);
	GIVES("- `" EVENT "`", EVENT);
	GIVES("\xe2\x80\xa2 " EVENT, EVENT);
	GIVES("\"2024\",\"arm-smmu-v3 x: unpriv data write s1 \"\"Input address caused fault\"\" "
	      "stag: "
	      "0x0\"",
		"\"2024\",\"arm-smmu-v3 x: unpriv data write s1 \"Input address caused fault\" "
		"stag: 0x0\"");
	/* These are none. */
	GIVES("a|b -c *d", "a|b -c *d");
	GIVES("name \"\" is empty", "name \"\" is empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(tags),
		UNIT_TEST_PLAIN(entities),
		UNIT_TEST_PLAIN(escapes),
		UNIT_TEST_PLAIN(quoted_printable),
		UNIT_TEST_PLAIN(tables_and_quotes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
