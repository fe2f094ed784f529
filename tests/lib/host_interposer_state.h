/* SPDX-License-Identifier: BSD-2-Clause */
/* The two halves of the interposer: host_interposer_state.c keeps it, _ops.c has the calls. */
#ifndef LIB_HOST_INTERPOSER_STATE_H
#define LIB_HOST_INTERPOSER_STATE_H

#include <stdio.h>
#include <stdlib.h>

#include "lib/host_interposer.h"

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "# %s:%d: not %s\n", __FILE__, __LINE__, #condition);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

extern const struct host_ops interposer_ops;

/*
 * Before a call: hook, block, failure. @out is the interposer behind @host.
 * Return: 0, or the -errno with which it fails.
 */
int interposer_begin(
	struct vsmmu_host *host, enum host_call call, uint32_t count, struct host_interposer **out);

/* Traces a call that returned @ret. Return: @ret. */
int interposer_end(struct host_interposer *interposer, int ret, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void interposer_record(struct host_interposer *interposer, uint32_t viommu_id,
	const uint64_t (*command)[2], uint32_t count);

/* Objects by id; one that is not tracked is nothing. */
struct interposed_object interposer_object(struct host_interposer *interposer, uint32_t id);
void interposer_set_object(
	struct host_interposer *interposer, uint32_t id, struct interposed_object object);
bool interposer_has_vdevice(struct host_interposer *interposer, uint32_t viommu, uint64_t vsid);
/* @object: of kind INTERPOSED_NOTHING for a detach. */
void interposer_set_attached(
	struct host_interposer *interposer, uint32_t dev_id, struct interposed_object object);
const char *interposer_kind_name(enum interposed_kind kind);

/* Without a host behind: a new id, and the check that all are gone. */
uint32_t interposer_new_id(struct host_interposer *interposer);
void interposer_free_state(struct host_interposer *interposer);

#endif
