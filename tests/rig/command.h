/* SPDX-License-Identifier: BSD-2-Clause */
/* The command vsmmu, which is a part of the payload: run it, and take what it says. */
#ifndef RIG_COMMAND_H
#define RIG_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/event.h>

struct json_object;

#define COMMAND_TEXT (1u << 20)

/* What a run left: the exit code, or 128 + a signal's number; its standard output and error. */
struct command_result {
	int code;
	char *out;
	char *err;
};

/*
 * Runs it with arguments, NULL at the end, and @input (may be NULL) as its standard input. Checks
 * that it could be run. The result is the caller's: command_free().
 */
struct command_result command_run(const char *const *arguments, const char *input, size_t length);
void command_free(struct command_result *result);

#define COMMAND(input, length, ...)                                                                \
	command_run((const char *const[]){__VA_ARGS__, NULL}, input, length)

/*
 * Takes the next object off @rest. Return: it, the caller's (json_object_put()), or NULL after the
 * last. Checks that there is nothing else.
 */
struct json_object *command_json(const char **rest);

/* A member that must be there. */
struct json_object *json_member(struct json_object *object, const char *name);

/* Whether an event of "decode --json" has the four words as its record. */
bool json_has_record(struct json_object *event, const uint64_t words[4]);

/* Checks that whatever it states of the record's fields is so. Return: how many it states. */
unsigned int json_expect_fields(struct json_object *event, const struct vsmmu_event_record *record);

/* Checks a member that is a string. */
void json_expect(struct json_object *object, const char *name, const char *want);

#endif
