/* SPDX-License-Identifier: BSD-2-Clause */
/* The output of --json, as docs/probe.schema.json has it: null is "not known". */
#ifndef PROBE_JSON_H
#define PROBE_JSON_H

#include "json_add.h"
#include "probe/probe.h"

/* Each makes and adds one member. Return: false when there is no memory. */
bool add_answer(struct json_object *object, const char *key, enum answer answer);
bool add_known(struct json_object *object, const char *key, int64_t value); /* negative: null */
bool add_reasons(struct json_object *object, const struct probe_rows *rows);
bool add_granules(struct json_object *object, const struct probe_smmu *smmu);

const char *verdict_name(enum probe_level level);

struct json_object *json_host(const struct probe_result *result);
struct json_object *json_smmu(const struct probe_smmu *smmu);
struct json_object *json_device(
	const struct probe_result *result, const struct probe_device *device);

#endif
