/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define PATH	      "./tools/vsmmu/vsmmu"
#define ARGUMENTS_MAX 16

/* Files in memory: no pipe can fill up, and none needs a thread. */
static int memory_file(const char *bytes, size_t length)
{
	int fd = memfd_create("command", 0);

	TAP_CHECK(fd >= 0, "memfd_create: %s", strerror(errno));
	TAP_EQ(write(fd, bytes, length), (ssize_t)length);
	TAP_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static char *text_of(int fd)
{
	char *text = malloc(COMMAND_TEXT);
	ssize_t length;

	TAP_CHECK(text, "no memory");
	length = pread(fd, text, COMMAND_TEXT - 1, 0);
	TAP_CHECK(length >= 0, "pread: %s", strerror(errno));
	text[length] = '\0';
	close(fd);
	return text;
}

struct command_result command_run(const char *const *arguments, const char *input, size_t length)
{
	const char *argv[ARGUMENTS_MAX + 2] = {PATH};
	int fds[3] = {
		memory_file(input ? input : "", length), memory_file("", 0), memory_file("", 0)};
	struct command_result result;
	int status;
	pid_t pid;

	for (int i = 0; arguments[i]; i++) {
		TAP_CHECK(i < ARGUMENTS_MAX, "too many arguments");
		argv[i + 1] = arguments[i];
	}
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 3; i++)
			dup2(fds[i], i);
		execv(PATH, (char *const *)argv);
		_exit(127);
	}
	TAP_CHECK(pid > 0, "fork: %s", strerror(errno));
	TAP_EQ(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	result.out = text_of(fds[1]);
	result.err = text_of(fds[2]);
	TAP_CHECK(result.code != 127, "cannot run %s", PATH);
	return result;
}

void command_free(struct command_result *result)
{
	free(result->out);
	free(result->err);
}

struct json_object *command_json(const char **rest)
{
	struct json_tokener *tokener;
	struct json_object *object;

	*rest += strspn(*rest, "\n");
	if (!**rest)
		return NULL;
	tokener = json_tokener_new();
	TAP_CHECK(tokener, "no memory");
	object = json_tokener_parse_ex(tokener, *rest, (int)strlen(*rest));
	TAP_CHECK(object, "no JSON: %.400s", *rest);
	*rest += json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	return object;
}

struct json_object *json_member(struct json_object *object, const char *name)
{
	struct json_object *value;

	TAP_CHECK(json_object_object_get_ex(object, name, &value), "no member %s in %s", name,
		json_object_to_json_string(object));
	return value;
}

void json_expect(struct json_object *object, const char *name, const char *want)
{
	struct json_object *value = json_member(object, name);

	TAP_CHECK(value && !strcmp(json_object_get_string(value), want), "%s is %s, not %s", name,
		json_object_to_json_string(value), want);
}

bool json_has_record(struct json_object *event, const uint64_t words[4])
{
	struct json_object *record = json_member(event, "record");

	if (!record || json_object_array_length(record) != 4)
		return false;
	for (size_t n = 0; n < 4; n++) {
		struct json_object *word = json_object_array_get_idx(record, n);

		if (strtoull(json_object_get_string(word), NULL, 16) != words[n])
			return false;
	}
	return true;
}

unsigned int json_expect_fields(struct json_object *event, const struct vsmmu_event_record *record)
{
	struct vsmmu_event want = {.size = sizeof(want)};
	struct json_object *value;
	unsigned int stated = 0;
	const char *name;

	TAP_EQ(vsmmu_event_decode(record, &want), 0);
	for (unsigned int i = 0; (name = vsmmu_event_field_name(i)); i++) {
		uint64_t got;

		if (!json_object_object_get_ex(event, name, &value) || !value)
			continue;
		/* Addresses are strings, as not every reader of JSON keeps 64 bits. */
		if (json_object_is_type(value, json_type_string))
			got = strtoull(json_object_get_string(value), NULL, 16);
		else
			got = (uint64_t)json_object_get_int64(value);
		TAP_CHECK(vsmmu_event_has(want.id, i), "%s is not of this event", name);
		TAP_EQ(got, vsmmu_event_field_value(&want, i));
		stated++;
	}
	return stated;
}
