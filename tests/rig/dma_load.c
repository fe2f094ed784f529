/* SPDX-License-Identifier: BSD-2-Clause */
#include "dma_load.h"

#include <string.h>
#include <time.h>

#include "smmu_machine_real.h"

uint64_t dma_load_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void map_page(
	struct driver_domain *domain, uint64_t iova, uint64_t gpa, unsigned int protection)
{
	TAP_EQ(driver_map(domain, iova, gpa, 4096, protection), 0);
}

static void join(struct dma_load *load, struct dma_load_member *member)
{
	struct driver *driver = &load->guest->driver;
	struct smmu_guest_space *space = &member->space;

	smmu_guest_make_space(load->guest, space, NULL);
	TAP_EQ(driver_domain_init(driver, &member->twin, NULL), 0);
	map_page(&member->twin, SMMU_GUEST_FROM, space->from_gpa, DRIVER_READ);
	map_page(&member->twin, SMMU_GUEST_TO, space->to_gpa, DRIVER_READ | DRIVER_WRITE);
	TAP_EQ(driver_attach(driver, member->vsid, &space->domain), 0);
}

/* Of those that the guest has not got itself. */
static void attach(struct dma_load *load, const struct host_endpoint *endpoint, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->vfio_fd,
	};
	struct vsmmu_endpoint *attached;

	/* It goes with the vSMMU. */
	TAP_EQ(vsmmu_endpoint_attach(load->guest->vsmmu, &config, &attached), 0);
}

void dma_load_open(struct dma_load *load, struct smmu_guest *guest, unsigned int without)
{
	struct real_machine *real = smmu_machine_real_of(guest->machine);
	char bdf[REAL_ENDPOINTS][16];

	*load = (struct dma_load){.guest = guest};
	TAP_EQ(real_machine_add(real, edu_find(bdf, REAL_ENDPOINTS)), 0);
	for (unsigned int n = 0; n < real->count; n++) {
		struct dma_load_member *member = &load->member[load->count];
		struct host_endpoint endpoint = real_machine_endpoint(real, n);

		if (n >= SMMU_MACHINE_ENDPOINTS)
			attach(load, &endpoint, SMMU_GUEST_VSID(n));
		if (n == without)
			continue;
		member->edu = &real->endpoint[n].edu;
		member->vsid = SMMU_GUEST_VSID(n);
		join(load, member);
		load->count++;
	}
}

/* Other bytes than those of any copy before. */
static void fill(struct dma_load *load, struct dma_load_member *member)
{
	uint32_t seed = load->dmas * REAL_ENDPOINTS + (uint32_t)(member - load->member);

	for (unsigned int i = 0; i < EDU_DMA_MAX; i += sizeof(seed)) {
		seed = seed * 1664525 + 1013904223;
		memcpy(member->space.from + i, &seed, sizeof(seed));
	}
}

static void start(struct dma_load *load, struct dma_load_member *member)
{
	if (!member->writes)
		fill(load, member);
	member->runs = true;
	member->started = load->started = dma_load_now();
	edu_start_at(member->edu, member->writes ? SMMU_GUEST_TO : SMMU_GUEST_FROM, 0, EDU_DMA_MAX,
		member->writes);
}

static void finish(struct dma_load *load, struct dma_load_member *member)
{
	member->runs = false;
	member->dmas++;
	load->dmas++;
	if (member->writes) {
		load->copies++;
		load->wrong += memcmp(member->space.from, member->space.to, EDU_DMA_MAX) != 0;
	}
	member->writes = !member->writes;
}

void dma_load_start(struct dma_load *load)
{
	const struct timespec pause = {.tv_nsec = (long)(EDU_DELAY / load->count)};

	for (unsigned int i = 0; i < load->count; i++) {
		start(load, &load->member[i]);
		nanosleep(&pause, NULL);
	}
}

/* Return: the one of those that do DMA, or do none, that began its last one first; or NULL. */
static struct dma_load_member *find_first(struct dma_load *load, bool runs)
{
	struct dma_load_member *first = NULL;

	for (unsigned int i = 0; i < load->count; i++) {
		struct dma_load_member *member = &load->member[i];

		if (member->runs == runs && (!first || member->started < first->started))
			first = member;
	}
	return first;
}

/* Its timer counts ms. */
static bool is_due(const struct dma_load_member *member)
{
	return dma_load_now() - member->started >= EDU_DELAY - 2000000;
}

void dma_load_go_on(struct dma_load *load)
{
	struct dma_load_member *idle;

	for (unsigned int i = 0; i < load->count; i++) {
		struct dma_load_member *member = &load->member[i];

		if (member->runs && is_due(member) && !edu_is_busy(member->edu))
			finish(load, member);
	}
	idle = find_first(load, false);
	if (idle && dma_load_now() - load->started >= EDU_DELAY / load->count)
		start(load, idle);
}

struct dma_load_member *dma_load_next(struct dma_load *load)
{
	struct dma_load_member *next = find_first(load, true);

	TAP_CHECK(next, "no DMA runs");
	return next;
}

void dma_load_replace(struct dma_load *load, struct dma_load_member *member)
{
	struct driver_domain *domain = member->replaced % 2 ? &member->space.domain : &member->twin;

	TAP_EQ(driver_replace(&load->guest->driver, member->vsid, domain), 0);
	member->replaced++;
}

void dma_load_end(struct dma_load *load)
{
	for (unsigned int i = 0; i < load->count; i++) {
		struct dma_load_member *member = &load->member[i];

		while (member->runs || member->writes) {
			if (!member->runs)
				start(load, member);
			TAP_EQ(edu_wait(member->edu), 0);
			finish(load, member);
		}
	}
	TAP_CHECK(!load->wrong, "%u of %u copies are wrong", load->wrong, load->copies);
	smmu_guest_run(load->guest);
	TAP_EQ(load->guest->records, 0);
	TAP_EQ(smmu_guest_stats(load->guest).sequenced, 0);
}
