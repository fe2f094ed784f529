/* SPDX-License-Identifier: BSD-2-Clause */
/* A vSMMU and up to four physical SMMUs, each of which the test makes what it wants. */
#ifndef UNIT_IDENTITY_FIXTURE_H
#define UNIT_IDENTITY_FIXTURE_H

#include <errno.h>
#include <string.h>

#include "lib/host_interposer.h"
#include "lib/test_vmm.h"

#define FIXTURE_VSID(smmu) (0x40u + (smmu))

struct identity_fixture {
	struct test_vmm *vmm;
	struct host_interposer *host;
	struct vsmmu_endpoint *endpoint[HOST_INTERPOSER_SMMUS]; /* one behind each */
};

/* All that a host may have, and every bit set that its guest must not be told of. */
static const struct host_hw_info fixture_rich = {
	.idr = {0xeddfffff, 0xfffff800 | 20 << 6 | 32, UINT32_MAX, 0xfffff7ff, UINT32_MAX,
		0xfffff7fe},
	.ats = true,
};

/* Return: what vsmmu_new() said. */
static inline int fixture_try(
	struct identity_fixture *fixture, bool events_only, const struct vsmmu_config *config)
{
	*fixture = (struct identity_fixture){
		.vmm = test_vmm_alloc(), .host = host_interposer_new(NULL, 0)};
	fixture->vmm->events_only = events_only;
	for (unsigned int smmu = 0; smmu < HOST_INTERPOSER_SMMUS; smmu++)
		fixture->host->info[smmu] = fixture_rich;
	return test_vmm_new(fixture->vmm, &fixture->host->host, config);
}

static inline void fixture_new(struct identity_fixture *fixture, const struct vsmmu_config *config)
{
	assert_int_equal(fixture_try(fixture, false, config), 0);
}

static inline void fixture_free(struct identity_fixture *fixture)
{
	test_vmm_free(fixture->vmm);
}

static inline int fixture_attach_as(
	struct identity_fixture *fixture, unsigned int smmu, uint64_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = HOST_INTERPOSER_DEV(smmu, 0),
		.vfio_fd = -1,
	};

	return vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &fixture->endpoint[smmu]);
}

static inline int fixture_attach(struct identity_fixture *fixture, unsigned int smmu)
{
	return fixture_attach_as(fixture, smmu, FIXTURE_VSID(smmu));
}

static inline void fixture_detach(struct identity_fixture *fixture, unsigned int smmu)
{
	assert_int_equal(vsmmu_endpoint_detach(fixture->endpoint[smmu]), 0);
	fixture->endpoint[smmu] = NULL;
}

static inline struct vsmmu_identity fixture_identity(struct identity_fixture *fixture)
{
	struct vsmmu_identity identity = {.size = sizeof(identity)};

	assert_int_equal(vsmmu_get_identity(fixture->vmm->vsmmu, &identity), 0);
	return identity;
}

/* There was exactly this report since the last call, which says both. */
static inline void fixture_expect_report(
	struct identity_fixture *fixture, const char *ours, const char *theirs)
{
	const struct test_vmm_report *report = &fixture->vmm->reports[0];

	assert_int_equal(fixture->vmm->report_count, 1);
	assert_int_equal(report->code, VSMMU_REPORT_UNFIT);
	assert_int_equal(report->severity, VSMMU_ERROR);
	if (!strstr(report->text, ours) || !strstr(report->text, theirs))
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", report->text, ours, theirs);
	fixture->vmm->report_count = 0;
}

static inline void fixture_expect_refused(
	struct identity_fixture *fixture, unsigned int smmu, const char *ours, const char *theirs)
{
	assert_int_equal(fixture_attach(fixture, smmu), -ENODEV);
	assert_null(fixture->endpoint[smmu]);
	assert_true(fixture->vmm->reports[0].vsid == FIXTURE_VSID(smmu));
	fixture_expect_report(fixture, ours, theirs);
}

#endif
