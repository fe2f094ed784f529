/* SPDX-License-Identifier: BSD-2-Clause */
#include "install_fixture.h"

#include <stdlib.h>

#include <vsmmu/event.h>

#include "smmu/endpoints/ste_install.h"

#define INDEX_MASK ((1U << FIXTURE_EVENTQ_LOG2) - 1)
#define WRAP_MASK  ((2U << FIXTURE_EVENTQ_LOG2) - 1)

static uint64_t number_of(struct test_vmm *vmm, void *endpoint_opaque)
{
	struct install_fixture *fixture = vmm->on_vsid_opaque;
	const size_t n = (size_t)((uint64_t *)endpoint_opaque - fixture->number);

	assert_true(n < FIXTURE_ENDPOINTS);
	fixture->asked[n]++;
	return fixture->number[n];
}

static struct install_fixture *fixture_make(
	const struct vsmmu_config *config, const struct vsmmu_sim_config *sim_config, bool asking)
{
	struct install_fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->vmm = test_vmm_alloc();
	fixture->vmm->on_vsid = asking ? number_of : NULL;
	fixture->vmm->on_vsid_opaque = fixture;
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		fixture->number[n] = VSMMU_NO_VSID;
	fixture->sim = test_vmm_sim(fixture->vmm, sim_config);
	fixture->host = host_interposer_new(vsmmu_host_ref(fixture->sim), HOST_INTERPOSER_TRACE);
	assert_int_equal(test_vmm_new(fixture->vmm, &fixture->host->host, config), 0);
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		assert_int_equal(vsmmu_sim_endpoint_new(fixture->sim, n % 2, &fixture->dev[n]), 0);
	return fixture;
}

struct install_fixture *fixture_new(
	const struct vsmmu_config *config, const struct vsmmu_sim_config *sim_config)
{
	return fixture_make(config, sim_config, false);
}

struct install_fixture *fixture_new_asking(
	const struct vsmmu_config *config, const struct vsmmu_sim_config *sim_config)
{
	return fixture_make(config, sim_config, true);
}

void fixture_free_with_leaks(struct install_fixture *fixture)
{
	test_vmm_free(fixture->vmm);
	vsmmu_host_unref(fixture->sim);
	free(fixture);
}

void fixture_free(struct install_fixture *fixture)
{
	vsmmu_free(fixture->vmm->vsmmu);
	fixture->vmm->vsmmu = NULL;
	assert_int_equal(fixture_objects(fixture), 0);
	fixture_free_with_leaks(fixture);
}

static int attach_as(struct install_fixture *fixture, unsigned int n, uint64_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = fixture->dev[n],
		.vfio_fd = -1,
		.opaque = &fixture->number[n],
	};

	return vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &fixture->endpoint[n]);
}

int fixture_attach(struct install_fixture *fixture, unsigned int n)
{
	return attach_as(fixture, n, FIXTURE_VSID(n));
}

int fixture_attach_late(struct install_fixture *fixture, unsigned int n)
{
	return attach_as(fixture, n, VSMMU_NO_VSID);
}

void fixture_detach(struct install_fixture *fixture, unsigned int n)
{
	struct vsmmu_endpoint *endpoint = fixture->endpoint[n];

	fixture->endpoint[n] = NULL;
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
}

struct install_fixture *fixture_translating(
	const struct vsmmu_config *config, unsigned int endpoints)
{
	struct install_fixture *fixture = fixture_new(config, NULL);

	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		fixture_write_ste(fixture, FIXTURE_VSID(n), STE_S1, 0);
	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(fixture_attach(fixture, n), 0);
	return fixture;
}

static void enable(struct install_fixture *fixture, uint32_t cr2)
{
	struct test_vmm *vmm = fixture->vmm;

	test_vmm_write64(vmm, SMMU_STRTAB_BASE, FIXTURE_STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, FIXTURE_LOG2);
	test_vmm_write(vmm, SMMU_CR2, cr2);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, FIXTURE_EVENTQ | FIXTURE_EVENTQ_LOG2);
	test_vmm_write(vmm, SMMU_EVENTQ_PROD, 0);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
}

void fixture_enable(struct install_fixture *fixture)
{
	enable(fixture, SMMU_CR2_RECINVSID);
}

void fixture_enable_without_recinvsid(struct install_fixture *fixture)
{
	enable(fixture, 0);
}

void fixture_disable(struct install_fixture *fixture)
{
	test_vmm_write(fixture->vmm, SMMU_CR0, 0);
}

void fixture_enable_commands(struct install_fixture *fixture)
{
	struct test_vmm *vmm = fixture->vmm;

	test_vmm_write64(vmm, SMMU_CMDQ_BASE, FIXTURE_CMDQ | FIXTURE_CMDQ_LOG2);
	test_vmm_write(vmm, SMMU_CR0, test_vmm_read(vmm, SMMU_CR0) | SMMU_CR0_CMDQEN);
}

void fixture_command(struct install_fixture *fixture, uint64_t word0, uint64_t word1)
{
	const uint32_t mask = (2U << FIXTURE_CMDQ_LOG2) - 1;
	struct test_vmm *vmm = fixture->vmm;
	const uint32_t prod = test_vmm_read(vmm, SMMU_CMDQ_PROD);
	const uint64_t at = FIXTURE_CMDQ + 16 * (uint64_t)(prod & mask >> 1);

	test_vmm_store64(vmm, at, word0);
	test_vmm_store64(vmm, at + 8, word1);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, (prod + 1) & mask);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), (prod + 1) & mask);
}

void fixture_write_ste(
	struct install_fixture *fixture, uint32_t vsid, uint64_t word0, uint64_t word1)
{
	const uint64_t address = FIXTURE_STRTAB + 64 * (uint64_t)vsid;

	test_vmm_store64(fixture->vmm, address, word0);
	test_vmm_store64(fixture->vmm, address + 8, word1);
}

int fixture_refresh(struct install_fixture *fixture, uint32_t first, uint64_t count)
{
	struct vsmmu *vsmmu = fixture->vmm->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = 0;
	for (struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint;
		endpoint = endpoint->next) {
		int failed = 0;

		if (endpoint->vsid >= first && endpoint->vsid - first < count)
			failed = endpoint_refresh(endpoint);
		if (failed < 0 && !ret)
			ret = failed;
	}
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int fixture_refresh_all(struct install_fixture *fixture)
{
	struct vsmmu *vsmmu = fixture->vmm->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = install_refresh_all(vsmmu);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int fixture_set_ste(struct install_fixture *fixture, unsigned int n, uint64_t word0, uint64_t word1)
{
	fixture_write_ste(fixture, FIXTURE_VSID(n), word0, word1);
	return fixture_refresh(fixture, FIXTURE_VSID(n), 1);
}

void fixture_expect_nested(
	struct install_fixture *fixture, unsigned int n, uint64_t word0, uint64_t word1)
{
	const struct interposed_object attached =
		host_interposer_attached(fixture->host, fixture->dev[n]);

	assert_int_equal(attached.kind, INTERPOSED_NESTED);
	assert_int_equal(attached.ste[0], word0);
	assert_int_equal(attached.ste[1], word1);
}

void fixture_expect(struct install_fixture *fixture, unsigned int n, enum interposed_kind kind)
{
	assert_int_equal(host_interposer_attached(fixture->host, fixture->dev[n]).kind, kind);
}

static void expect_on_parking(struct install_fixture *fixture, unsigned int n, uint64_t ste)
{
	fixture_expect_nested(fixture, n, ste, 0);
	assert_int_equal(host_interposer_attached(fixture->host, fixture->dev[n]).viommu,
		fixture->endpoint[n]->viommu->parent->parking_id);
}

void fixture_expect_parked(struct install_fixture *fixture, unsigned int n)
{
	expect_on_parking(fixture, n, STE_ABORT);
}

void fixture_expect_bypass(struct install_fixture *fixture, unsigned int n)
{
	expect_on_parking(fixture, n, STE_BYPASS);
}

bool fixture_event(struct install_fixture *fixture, unsigned int n, uint8_t id, uint64_t word2)
{
	const struct vsmmu_event_record record = {.word = {id, 0, word2, 0}};

	return vsmmu_sim_fault(fixture->sim, fixture->dev[n], &record) == 0;
}

bool fixture_consume(struct install_fixture *fixture, uint64_t word[4])
{
	struct test_vmm *vmm = fixture->vmm;
	uint32_t cons;

	while (vsmmu_dispatch(vmm->vsmmu, 0))
		;
	cons = test_vmm_read(vmm, SMMU_EVENTQ_CONS);
	if (cons == test_vmm_read(vmm, SMMU_EVENTQ_PROD))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		word[i] = test_vmm_load64(
			vmm, FIXTURE_EVENTQ + 32 * (uint64_t)(cons & INDEX_MASK) + 8 * i);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, (cons + 1) & WRAP_MASK);
	return true;
}

uint64_t fixture_objects(struct install_fixture *fixture)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(fixture->sim, &stats), 0);
	return stats.objects;
}

void fixture_expect_counted(struct install_fixture *fixture)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	struct vsmmu_stats stats = test_vmm_stats(fixture->vmm);

	assert_int_equal(vsmmu_sim_get_stats(fixture->sim, &sim), 0);
	assert_int_equal(stats.sequenced, sim.numbered);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
}
