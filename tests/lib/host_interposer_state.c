/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/host_interposer_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "arch/idr.h"

#define TEXT_SIZE     (1U << 20)
#define LINE_SIZE     96
#define COMMANDS_KEPT (1U << 19)
#define WAIT_SECONDS  60

struct rule {
	unsigned int calls;
	unsigned int left; /* calls until it begins; 0: it has */
	unsigned int count;
	int error;
};

struct interposer_state {
	pthread_mutex_t lock;
	struct interposed_object object[HOST_INTERPOSER_IDS];
	uint32_t last_id; /* that was made up */
	struct interposed_object attached[HOST_INTERPOSER_IDS];
	bool opened[HOST_INTERPOSER_IDS];

	struct rule rule[HOST_INTERPOSER_RULES];
	bool failed;

	pthread_cond_t changed;
	unsigned int block_calls;
	unsigned int block_left; /* 0: none is to be held up */
	bool blocked;

	size_t length;
	char *text; /* TEXT_SIZE, or NULL */
	uint32_t commands;
	uint64_t (*command)[2]; /* COMMANDS_KEPT, or NULL */
};

static const char *const kind_names[] = {
	[INTERPOSED_NOTHING] = "nothing",
	[INTERPOSED_PARENT] = "parent",
	[INTERPOSED_NESTED] = "nested",
	[INTERPOSED_VIOMMU] = "viommu",
	[INTERPOSED_VDEVICE] = "vdevice",
	[INTERPOSED_VEVENTQ] = "veventq",
};

const char *interposer_kind_name(enum interposed_kind kind)
{
	return kind_names[kind];
}

struct host_interposer *host_interposer_new(struct vsmmu_host *inner, unsigned int flags)
{
	struct host_interposer *interposer = calloc(1, sizeof(*interposer));

	MUST(interposer);
	interposer->state = calloc(1, sizeof(*interposer->state));
	MUST(interposer->state);
	if (flags & HOST_INTERPOSER_TRACE) {
		interposer->state->text = calloc(1, TEXT_SIZE);
		MUST(interposer->state->text);
	}
	if (flags & HOST_INTERPOSER_RECORD) {
		interposer->state->command = calloc(COMMANDS_KEPT, sizeof(uint64_t[2]));
		MUST(interposer->state->command);
	}
	/* What a host says of itself besides its calls holds here too. */
	if (inner)
		interposer->host = *inner;
	interposer->inner = inner;
	interposer->ops = interposer_ops;
	host_init(&interposer->host, &interposer->ops);
	pthread_mutex_init(&interposer->state->lock, NULL);
	pthread_cond_init(&interposer->state->changed, NULL);
	for (unsigned int smmu = 0; smmu < HOST_INTERPOSER_SMMUS; smmu++) {
		memcpy(interposer->info[smmu].idr, arch_idr_simulator, sizeof(arch_idr_simulator));
		interposer->info[smmu].ats = true;
	}
	return interposer;
}

void interposer_free_state(struct host_interposer *interposer)
{
	struct interposer_state *state = interposer->state;

	for (uint32_t id = 1; id <= state->last_id; id++)
		MUST(state->object[id].kind == INTERPOSED_NOTHING);
	pthread_mutex_destroy(&state->lock);
	pthread_cond_destroy(&state->changed);
	free(state->text);
	free(state->command);
	free(state);
}

/* Trace and record. */

int interposer_end(struct host_interposer *interposer, int ret, const char *format, ...)
{
	struct interposer_state *state = interposer->state;
	char line[LINE_SIZE], end[16] = "";
	va_list arguments;

	if (!state->text)
		return ret;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (ret < 0)
		snprintf(end, sizeof(end), " = %d", ret);
	pthread_mutex_lock(&state->lock);
	state->length += (size_t)snprintf(
		state->text + state->length, TEXT_SIZE - state->length, "%s%s\n", line, end);
	MUST(state->length < TEXT_SIZE);
	pthread_mutex_unlock(&state->lock);
	return ret;
}

const char *host_interposer_text(const struct host_interposer *interposer)
{
	MUST(interposer->state->text);
	return interposer->state->text;
}

unsigned int host_interposer_count(const struct host_interposer *interposer, const char *line)
{
	const size_t length = strlen(line);
	unsigned int count = 0;

	for (const char *at = host_interposer_text(interposer); *at; at = strchr(at, '\n') + 1)
		count += !strncmp(at, line, length) && (at[length] == '\n' || at[length] == ' ');
	return count;
}

void interposer_record(struct host_interposer *interposer, uint32_t viommu_id,
	const uint64_t (*command)[2], uint32_t count)
{
	struct interposer_state *state = interposer->state;

	pthread_mutex_lock(&state->lock);
	if (state->command && interposer->invalidations < HOST_INTERPOSER_KEPT) {
		MUST(count <= COMMANDS_KEPT - state->commands);
		memcpy(state->command[state->commands], command, count * sizeof(*command));
		interposer->invalidation[interposer->invalidations] =
			(struct interposed_invalidation){
				.viommu = viommu_id,
				.smmu = viommu_id < HOST_INTERPOSER_IDS
						? state->object[viommu_id].smmu
						: 0,
				.count = count,
				.command = (const uint64_t(*)[2]) & state->command[state->commands],
			};
		state->commands += count;
	}
	interposer->invalidations++;
	pthread_mutex_unlock(&state->lock);
}

const uint64_t *host_interposer_command(
	const struct host_interposer *interposer, unsigned int invalidation, uint32_t n)
{
	MUST(interposer->state->command && invalidation < interposer->invalidations);
	MUST(invalidation < HOST_INTERPOSER_KEPT);
	MUST(n < interposer->invalidation[invalidation].count);
	return interposer->invalidation[invalidation].command[n];
}

void host_interposer_clear(struct host_interposer *interposer)
{
	struct interposer_state *state = interposer->state;

	pthread_mutex_lock(&state->lock);
	state->length = 0;
	if (state->text)
		state->text[0] = '\0';
	state->commands = 0;
	memset(state->opened, 0, sizeof(state->opened));
	interposer->invalidations = 0;
	pthread_mutex_unlock(&state->lock);
}

/* Failures and blocks. */

void host_interposer_fail(struct host_interposer *interposer, unsigned int calls, unsigned int n,
	unsigned int count, int error)
{
	struct interposer_state *state = interposer->state;
	unsigned int i = 0;

	MUST(!(calls & ~HOST_CALLS_ANY) && error >= 0);
	pthread_mutex_lock(&state->lock);
	while (state->rule[i].calls && state->rule[i].calls != calls)
		MUST(++i < HOST_INTERPOSER_RULES);
	state->rule[i] = (struct rule){calls, n, n ? count : 0, error};
	if (n)
		state->failed = false;
	pthread_mutex_unlock(&state->lock);
}

void host_interposer_heal(struct host_interposer *interposer)
{
	pthread_mutex_lock(&interposer->state->lock);
	memset(interposer->state->rule, 0, sizeof(interposer->state->rule));
	pthread_mutex_unlock(&interposer->state->lock);
}

bool host_interposer_failed(const struct host_interposer *interposer)
{
	return interposer->state->failed;
}

/* Under the lock. Return: -errno, of the first rule that says so; each counts the call. */
static int fail_call(struct interposer_state *state, enum host_call call)
{
	int ret = 0;

	for (unsigned int i = 0; i < HOST_INTERPOSER_RULES; i++) {
		struct rule *rule = &state->rule[i];

		if (!(rule->calls & HOST_CALLS_OF(call)) || !rule->count ||
			(rule->left && --rule->left))
			continue;
		rule->count--;
		state->failed = true;
		ret = ret ? ret : -rule->error;
	}
	return ret;
}

/* Under the lock, which is given up meanwhile. */
static void hold_up(struct interposer_state *state, enum host_call call)
{
	if (!state->block_left || !(state->block_calls & HOST_CALLS_OF(call)) ||
		--state->block_left)
		return;
	state->blocked = true;
	pthread_cond_broadcast(&state->changed);
	while (state->blocked)
		pthread_cond_wait(&state->changed, &state->lock);
}

int interposer_begin(
	struct vsmmu_host *host, enum host_call call, uint32_t count, struct host_interposer **out)
{
	struct host_interposer *interposer = (struct host_interposer *)host;
	struct interposer_state *state = interposer->state;
	int ret = 0, failed;

	*out = interposer;
	if (interposer->hook)
		ret = interposer->hook(interposer->opaque, call, count);
	pthread_mutex_lock(&state->lock);
	hold_up(state, call);
	failed = fail_call(state, call);
	pthread_mutex_unlock(&state->lock);
	return ret ? ret : failed;
}

void host_interposer_block(struct host_interposer *interposer, unsigned int calls, unsigned int n)
{
	pthread_mutex_lock(&interposer->state->lock);
	interposer->state->block_calls = calls;
	interposer->state->block_left = n;
	pthread_mutex_unlock(&interposer->state->lock);
}

bool host_interposer_wait_blocked(struct host_interposer *interposer)
{
	struct interposer_state *state = interposer->state;
	struct timespec limit;
	bool blocked;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += WAIT_SECONDS;
	pthread_mutex_lock(&state->lock);
	while (!state->blocked)
		if (pthread_cond_timedwait(&state->changed, &state->lock, &limit))
			break;
	blocked = state->blocked;
	pthread_mutex_unlock(&state->lock);
	return blocked;
}

void host_interposer_release(struct host_interposer *interposer)
{
	struct interposer_state *state = interposer->state;

	pthread_mutex_lock(&state->lock);
	state->block_left = 0;
	state->blocked = false;
	pthread_cond_broadcast(&state->changed);
	pthread_mutex_unlock(&state->lock);
}

/* Objects. */

struct interposed_object interposer_object(struct host_interposer *interposer, uint32_t id)
{
	struct interposed_object object = {0};

	if (id >= HOST_INTERPOSER_IDS)
		return object;
	pthread_mutex_lock(&interposer->state->lock);
	object = interposer->state->object[id];
	pthread_mutex_unlock(&interposer->state->lock);
	return object;
}

void interposer_set_object(
	struct host_interposer *interposer, uint32_t id, struct interposed_object object)
{
	if (id >= HOST_INTERPOSER_IDS)
		return;
	pthread_mutex_lock(&interposer->state->lock);
	interposer->state->object[id] = object;
	pthread_mutex_unlock(&interposer->state->lock);
}

uint32_t interposer_new_id(struct host_interposer *interposer)
{
	uint32_t id;

	pthread_mutex_lock(&interposer->state->lock);
	id = ++interposer->state->last_id;
	pthread_mutex_unlock(&interposer->state->lock);
	MUST(id < HOST_INTERPOSER_IDS);
	return id;
}

bool interposer_has_vdevice(struct host_interposer *interposer, uint32_t viommu, uint64_t vsid)
{
	bool found = false;

	pthread_mutex_lock(&interposer->state->lock);
	for (uint32_t id = 1; !found && id <= interposer->state->last_id; id++) {
		const struct interposed_object *object = &interposer->state->object[id];

		found = object->kind == INTERPOSED_VDEVICE && object->viommu == viommu &&
			object->vsid == vsid;
	}
	pthread_mutex_unlock(&interposer->state->lock);
	return found;
}

/* S1CDMax = 31 is ILLEGAL on any hardware with SubstreamIDs. */
static bool lets_pass(const struct interposed_object *object)
{
	const uint64_t word0 = object->ste[0];

	return object->kind == INTERPOSED_PARENT ||
	       (object->kind == INTERPOSED_NESTED && (word0 & 9) == 9 && word0 >> 59 != 31);
}

void interposer_set_attached(
	struct host_interposer *interposer, uint32_t dev_id, struct interposed_object object)
{
	if (dev_id >= HOST_INTERPOSER_IDS)
		return;
	pthread_mutex_lock(&interposer->state->lock);
	interposer->state->attached[dev_id] = object;
	interposer->state->opened[dev_id] |= lets_pass(&object);
	pthread_mutex_unlock(&interposer->state->lock);
}

struct interposed_object host_interposer_attached(
	const struct host_interposer *interposer, uint32_t dev_id)
{
	MUST(dev_id < HOST_INTERPOSER_IDS);
	return interposer->state->attached[dev_id];
}

bool host_interposer_opened(const struct host_interposer *interposer, uint32_t dev_id)
{
	MUST(dev_id < HOST_INTERPOSER_IDS);
	return interposer->state->opened[dev_id];
}
