/* SPDX-License-Identifier: BSD-2-Clause */
#include "install_stand.h"

#include <stdlib.h>

#include <vsmmu/event.h>

#include "smmu/endpoints/ste_install.h"

#define INDEX_MASK ((1U << STAND_EVENTQ_LOG2) - 1)
#define WRAP_MASK  ((2U << STAND_EVENTQ_LOG2) - 1)

struct stand *stand_new(
	const struct vsmmu_config *config, const struct vsmmu_sim_config *sim_config)
{
	struct stand *stand = calloc(1, sizeof(*stand));

	assert_non_null(stand);
	stand->whole = whole_alloc();
	stand->sim = whole_sim(stand->whole, sim_config);
	stand->log = log_host_new(vsmmu_host_ref(stand->sim));
	assert_int_equal(whole_new(stand->whole, stand->log, config), 0);
	for (unsigned int n = 0; n < STAND_ENDPOINTS; n++)
		assert_int_equal(vsmmu_sim_endpoint_new(stand->sim, n % 2, &stand->dev[n]), 0);
	return stand;
}

void stand_free_with_leaks(struct stand *stand)
{
	whole_free(stand->whole);
	vsmmu_host_unref(stand->sim);
	free(stand);
}

void stand_free(struct stand *stand)
{
	vsmmu_free(stand->whole->vsmmu);
	stand->whole->vsmmu = NULL;
	assert_int_equal(stand_objects(stand), 0);
	stand_free_with_leaks(stand);
}

int stand_attach(struct stand *stand, unsigned int n)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = STAND_VSID(n),
		.dev_id = stand->dev[n],
		.vfio_fd = -1,
	};

	return vsmmu_endpoint_attach(stand->whole->vsmmu, &config, &stand->endpoint[n]);
}

void stand_detach(struct stand *stand, unsigned int n)
{
	struct vsmmu_endpoint *endpoint = stand->endpoint[n];

	stand->endpoint[n] = NULL;
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
}

struct stand *stand_translating(const struct vsmmu_config *config, unsigned int endpoints)
{
	struct stand *stand = stand_new(config, NULL);

	for (unsigned int n = 0; n < STAND_ENDPOINTS; n++)
		stand_write_ste(stand, STAND_VSID(n), STE_S1, 0);
	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(stand_attach(stand, n), 0);
	return stand;
}

static void enable(struct stand *stand, uint32_t cr2)
{
	struct whole *whole = stand->whole;

	whole_write64(whole, SMMU_STRTAB_BASE, STAND_STRTAB);
	whole_write(whole, SMMU_STRTAB_BASE_CFG, STAND_LOG2);
	whole_write(whole, SMMU_CR2, cr2);
	whole_write64(whole, SMMU_EVENTQ_BASE, STAND_EVENTQ | STAND_EVENTQ_LOG2);
	whole_write(whole, SMMU_EVENTQ_PROD, 0);
	whole_write(whole, SMMU_EVENTQ_CONS, 0);
	whole_write(whole, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
}

void stand_enable(struct stand *stand)
{
	enable(stand, SMMU_CR2_RECINVSID);
}

void stand_enable_without_recinvsid(struct stand *stand)
{
	enable(stand, 0);
}

void stand_disable(struct stand *stand)
{
	whole_write(stand->whole, SMMU_CR0, 0);
}

void stand_write_ste(struct stand *stand, uint32_t vsid, uint64_t word0, uint64_t word1)
{
	const uint64_t address = STAND_STRTAB + 64 * (uint64_t)vsid;

	whole_store64(stand->whole, address, word0);
	whole_store64(stand->whole, address + 8, word1);
}

int stand_refresh(struct stand *stand, uint32_t first, uint64_t count)
{
	struct vsmmu *vsmmu = stand->whole->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = install_refresh_range(vsmmu, first, count);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int stand_refresh_all(struct stand *stand)
{
	struct vsmmu *vsmmu = stand->whole->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = install_refresh_all(vsmmu);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int stand_set_ste(struct stand *stand, unsigned int n, uint64_t word0, uint64_t word1)
{
	stand_write_ste(stand, STAND_VSID(n), word0, word1);
	return stand_refresh(stand, STAND_VSID(n), 1);
}

void stand_expect_nested(struct stand *stand, unsigned int n, uint64_t word0, uint64_t word1)
{
	const struct log_host_object attached = log_host_attached(stand->log, stand->dev[n]);

	assert_int_equal(attached.kind, LOG_NESTED);
	assert_int_equal(attached.ste[0], word0);
	assert_int_equal(attached.ste[1], word1);
}

void stand_expect(struct stand *stand, unsigned int n, enum log_host_kind kind)
{
	assert_int_equal(log_host_attached(stand->log, stand->dev[n]).kind, kind);
}

bool stand_event(struct stand *stand, unsigned int n, uint8_t id, uint64_t word2)
{
	const struct vsmmu_event_record record = {.word = {id, 0, word2, 0}};

	return vsmmu_sim_fault(stand->sim, stand->dev[n], &record) == 0;
}

bool stand_consume(struct stand *stand, uint64_t word[4])
{
	struct whole *whole = stand->whole;
	uint32_t cons;

	while (vsmmu_dispatch(whole->vsmmu, 0))
		;
	cons = whole_read(whole, SMMU_EVENTQ_CONS);
	if (cons == whole_read(whole, SMMU_EVENTQ_PROD))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		word[i] = whole_load64(
			whole, STAND_EVENTQ + 32 * (uint64_t)(cons & INDEX_MASK) + 8 * i);
	whole_write(whole, SMMU_EVENTQ_CONS, (cons + 1) & WRAP_MASK);
	return true;
}

uint64_t stand_objects(struct stand *stand)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(stand->sim, &stats), 0);
	return stats.objects;
}

void stand_expect_counted(struct stand *stand)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	struct vsmmu_stats stats = whole_stats(stand->whole);

	assert_int_equal(vsmmu_sim_get_stats(stand->sim, &sim), 0);
	assert_int_equal(stats.sequenced, sim.numbered);
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
}
