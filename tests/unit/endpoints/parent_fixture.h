/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM that attaches its devices itself, behind an install_fixture's vSMMU. Each call of its
 * attach op is written down and checked: it must say the truth of what the device reaches.
 */
#ifndef UNIT_PARENT_FIXTURE_H
#define UNIT_PARENT_FIXTURE_H

#include "install_fixture.h"

#define PARENT_TRACE 256

struct parent_device {
	struct parent_fixture *fixture;
	unsigned int n;
	/* A letter for each call: n(othing), a(bort), b(ypass), s(tage 1), p(ut back), and ! behind
	 * it if the call failed. */
	char trace[PARENT_TRACE];
	uint32_t attached; /* the HWPT, or 0 */
};

struct parent_fixture {
	struct install_fixture *install;
	struct parent_device device[FIXTURE_ENDPOINTS];
	unsigned int fail_at; /* the n-th call of an op from now on fails with -EIO; 0: none */
	char fail_purpose;    /* or, if this is set: the n-th with this letter */
};

/* As fixture_translating() with no endpoint; the config of endpoint n is for the test to change. */
struct parent_fixture *parent_fixture_new(const struct vsmmu_config *config);
/* Asserts that nothing is left in the host. */
void parent_fixture_free(struct parent_fixture *fixture);

struct vsmmu_endpoint_config parent_fixture_config(struct parent_fixture *fixture, unsigned int n);
int parent_fixture_attach(
	struct parent_fixture *fixture, unsigned int n, const struct vsmmu_endpoint_config *config);
/* Return: what vsmmu_endpoint_detach() says. */
int parent_fixture_detach(struct parent_fixture *fixture, unsigned int n);

/* A parent of the VMM, made by device @n, and that device attached to it, as at its boot. */
uint32_t parent_fixture_parent(struct parent_fixture *fixture, unsigned int n);
/* Return: what vsmmu_sim_parent_free() says. */
int parent_fixture_free_parent(struct parent_fixture *fixture, uint32_t id);

/* Asserts what the op of device @n was called for since the last time. */
void parent_fixture_expect(struct parent_fixture *fixture, unsigned int n, const char *trace);

/* Whether device @n reaches the guest's memory untranslated. */
bool parent_fixture_is_open(struct parent_fixture *fixture, unsigned int n);

#endif
