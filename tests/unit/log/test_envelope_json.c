/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of log programs: which of their members is the message, and when it was. */
#include "envelope_lines.h"

#define NS   INT64_C(1000000000)
#define WALL (INT64_C(1733735757) * NS) /* 2024-12-09T09:15:57Z */

static void assert_wall(int64_t wall)
{
	assert_true(last.has_wall);
	assert_true(last.has_zone);
	assert_true(last.wall == wall);
}

static void assert_host(const char *host)
{
	assert_true(span_is(last.host, host));
}

TEST(journal)
{
	GIVES("{\"PRIORITY\":\"6\",\"MESSAGE\":\"" EVENT "\"}", EVENT);
	assert_false(last.has_time || last.has_wall);
	GIVES("{\"_HOSTNAME\":\"box\",\"__REALTIME_TIMESTAMP\":\"1733735757123456\",\"_KERNEL_"
	      "DEVICE\":"
	      "\"+platform:arm-smmu-v3.0.auto\",\"MESSAGE\":\"" EVENT "\",\"SYSLOG_IDENTIFIER\":"
	      "\"kernel\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"106585811\",\"__MONOTONIC_TIMESTAMP\":"
	      "\"1\"}",
		EVENT);
	assert_wall(WALL + 123456000);
	assert_true(last.has_time && last.time == UINT64_C(106585811000));
	assert_host("box");
	GIVES("{\"__MONOTONIC_TIMESTAMP\":\"7\",\"MESSAGE\":\"0x1\"}", "0x1");
	assert_true(last.has_time && last.time == 7000);
	/* Bytes that are not printable, a colour say. */
	GIVES("{\"MESSAGE\":[27,91,51,50,109,97,27,91,48,109,32,98]}", "a b");
	GIVES("{\"MESSAGE\":null,\"a\":1}", "{\"MESSAGE\":null,\"a\":1}");
	GIVES("{\"MESSAGE\":[1,256]}", "{\"MESSAGE\":[1,256]}");
	GIVES("data: {\"MESSAGE\":\"0x1\"}", "0x1");
	GIVES("\036{\"MESSAGE\":\"0x1\"}", "0x1");
}

TEST(log_shippers)
{
	GIVES("{\"log\":\"" EVENT
	      "\\n\",\"stream\":\"stdout\",\"time\":\"2024-12-09T09:15:57.5Z\"}",
		EVENT);
	assert_wall(WALL + NS / 2);
	GIVES("{\"dt\":\"2024-12-09T09:15:57.000000\",\"lvl\":\"target\",\"msg\":\"" EVENT "\"}",
		EVENT);
	assert_true(last.has_wall && !last.has_zone && last.wall == WALL);
	GIVES("{\"version\":\"1.1\",\"host\":\"box\",\"short_message\":\"" EVENT
	      "\",\"full_message\":\"" EVENT "\",\"timestamp\":1733735757.25,\"level\":6}",
		EVENT);
	assert_wall(WALL + NS / 4);
	assert_host("box");
	GIVES("{\"@timestamp\":\"2024-12-09T09:15:57.000Z\",\"host\":{\"name\":\"box\"},"
	      "\"message\":\"" EVENT "\",\"event\":{\"original\":\"" EVENT "\"}}",
		EVENT);
	assert_wall(WALL);
	GIVES("{\"date\":1733735757.0,\"record\":{\"kernel\":{\"text\":\"" EVENT "\"}}}", EVENT);
	assert_wall(WALL);
	/* A name that nobody knows, but a driver's text. */
	GIVES("{\"a\":\"b c\",\"payload\":\"" EVENT "\",\"ts\":1733735757000}", EVENT);
	assert_wall(WALL);
	GIVES("{\"streams\":[{\"stream\":{\"host\":\"x\"},\"values\":[[\"1733735757000000000\","
	      "\"" EVENT
	      "\"],[\"1733735757000000001\",\"arm-smmu-v3 x: \\t0x0000010000000010\"]]}]}",
		EVENT, "arm-smmu-v3 x: \t0x0000010000000010");
	assert_wall(WALL + 1);
	GIVES("[{\"msg\":\"0x1\"},{\"msg\":\"b\"}]", "0x1", "b");
	GIVES("{\"msg\":\"0x1\"}{\"msg\":\"b\"}, {\"msg\":\"c\"} d", "0x1", "b", "c");
	GIVES("Dec  9 09:15:57 2024 box app[12]: {\"msg\": \"" EVENT "\"}", EVENT);
	assert_true(last.has_wall && last.wall == WALL);
	/* JSON in JSON, and several lines in one. */
	GIVES("{\"log\":\"{\\\"msg\\\":\\\"" EVENT "\\\"}\\n\"}", EVENT);
	GIVES("{\"msg\":\"0x1\\nb\\nc\"}", "0x1", "b", "c");
	GIVES("{\"msg\":\"\\u001b[32m0x1\\u00a0b\\u001b[0m\"}", "0x1 b");
	/* A short one without anything of interest is left alone. */
	GIVES("{\"msg\":\"hello world\"}", "{\"msg\":\"hello world\"}");
}

TEST(records_of_several_lines)
{
	GIVES("{");
	GIVES("   \"dmesg\": [", "\"dmesg\": [");
	GIVES("      {");
	GIVES("         \"pri\": 6,");
	GIVES("         \"time\":   106.585811,");
	GIVES("         \"msg\": \"" EVENT "\"", EVENT);
	assert_true(last.has_time && last.time == UINT64_C(106585811000));
	GIVES("      },{");
	GIVES("         \"msg\": \"a \\\"b\\\"\",");
	GIVES("}", "a \"b\"");
	assert_false(last.has_time);
	GIVES("\t\"__REALTIME_TIMESTAMP\" : \"1733735757000000\",");
	GIVES("\t\"_KERNEL_DEVICE\" : \"+platform:arm-smmu-v3.0.auto\",");
	GIVES("\t\"MESSAGE\" : \"" EVENT "\",", EVENT);
	assert_wall(WALL);
	GIVES("}");
	GIVES("__REALTIME_TIMESTAMP=1733735757000000");
	GIVES("__MONOTONIC_TIMESTAMP=106585811");
	GIVES("_TRANSPORT=kernel", "_TRANSPORT=kernel");
	GIVES("MESSAGE=" EVENT, EVENT);
	assert_wall(WALL);
	assert_true(last.has_time && last.time == UINT64_C(106585811000));
	GIVES("");
	GIVES("MESSAGE=a", "a");
	assert_false(last.has_time || last.has_wall);
}

static void assert_end_gives(const char *text)
{
	envelope_end(&envelope);
	assert_true(envelope_next(&envelope, &last));
	assert_true(span_is(last.text, text));
	assert_false(envelope_next(&envelope, &last));
}

/* The order of the members is anybody's. */
TEST(message_before_its_times)
{
	GIVES("{");
	GIVES("\t\"MESSAGE\" : \"" EVENT "\",");
	GIVES("\t\"_SOURCE_MONOTONIC_TIMESTAMP\" : \"106585811\",");
	GIVES("\t\"__REALTIME_TIMESTAMP\" : \"1733735757000000\"");
	GIVES("}", EVENT);
	assert_wall(WALL);
	assert_true(last.has_time && last.time == UINT64_C(106585811000));
	/* A record that never ends. */
	GIVES("\"MESSAGE\" : \"a\"");
	GIVES("\"MESSAGE\" : \"b\"", "a");
	assert_end_gives("b");
	assert_false(last.has_time || last.has_wall);
	envelope_end(&envelope);
	assert_false(envelope_next(&envelope, &last));
}

TEST(message_byte_by_byte)
{
	GIVES("\t\"MESSAGE\" : [");
	GIVES("\t\t27,");
	GIVES("\t\t91,");
	GIVES("\t\t109,");
	GIVES("\t\t97");
	GIVES("\t],");
	GIVES("\t\"__REALTIME_TIMESTAMP\" : \"1733735757000000\"");
	GIVES("}", "a");
	assert_wall(WALL);
	/* Something else in between. */
	GIVES("\"MESSAGE\" : [");
	GIVES("97,");
	GIVES(EVENT, EVENT);
	GIVES("256,", "256,");
	assert_end_gives("a");
	for (unsigned int i = 0; i < 2 * ENVELOPE_HELD_SIZE; i++)
		GIVES(i ? "98," : "\"MESSAGE\" : [");
	envelope_end(&envelope);
	assert_true(envelope_next(&envelope, &last));
	assert_int_equal(last.text.length, ENVELOPE_HELD_SIZE);
}

/* What is no JSON, or is cut, is still a line. */
TEST(broken_json)
{
	GIVES("{\"log\":\"" EVENT "\\n\",\"str", "{\"log\":\"" EVENT, "\",\"str");
	GIVES("{'log': '" EVENT "'}", "{'log': '" EVENT "'}");
	GIVES("{\"a\":1}", "{\"a\":1}");
	GIVES("{\"a\":", "{\"a\":");
	GIVES("a {b} {\"", "a {b} {\"");
	GIVES("\"a\": \"", "\"a\": \"");
	GIVES("\"a\", \"b\"", "\"a\", \"b\"");
}

TEST(hostile_json)
{
	static char line[60000];
	size_t length = 0;

	memset(line, '[', sizeof(line) - 1);
	memcpy(line, "{\"a\":", 5);
	open_bytes(line, sizeof(line) - 1);
	assert_true(count > 0);
	/* Deep, but sound. */
	length = 0;
	for (int i = 0; i < 12; i++)
		length += (size_t)sprintf(line + length, "{\"a\":");
	length += (size_t)sprintf(line + length, "\"%s\"}}}}}}}}}}}}", EVENT);
	open_bytes(line, length);
	assert_int_equal(count, 1);
	/* More messages than there is room for: the first ones come. */
	length = (size_t)sprintf(line, "[");
	for (int i = 0; i < 1000; i++)
		length += (size_t)sprintf(line + length, "{\"msg\":\"0x%d\"},", i);
	sprintf(line + length, "{}]");
	envelope_open(&envelope, line, strlen(line));
	for (count = 0; envelope_next(&envelope, &last); count++) {
		char wanted[16];

		snprintf(wanted, sizeof(wanted), "0x%u", count);
		assert_true(span_is(last.text, wanted));
	}
	assert_int_equal(count, ENVELOPE_MESSAGES);
	/* One that is longer than the room. */
	length = (size_t)sprintf(line, "{\"msg\":\"" EVENT);
	memset(line + length, ' ', 2 * ENVELOPE_SIZE);
	sprintf(line + length + 2 * ENVELOPE_SIZE, "\"}");
	GIVES(line, EVENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(journal),
		UNIT_TEST_PLAIN(log_shippers),
		UNIT_TEST_PLAIN(records_of_several_lines),
		UNIT_TEST_PLAIN(message_before_its_times),
		UNIT_TEST_PLAIN(message_byte_by_byte),
		UNIT_TEST_PLAIN(broken_json),
		UNIT_TEST_PLAIN(hostile_json),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
