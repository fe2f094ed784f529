/* SPDX-License-Identifier: BSD-2-Clause */
#include "herd.h"

#include <string.h>
#include <time.h>

#include "smmu_machine_real.h"

uint64_t herd_now(void)
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

static void join(struct herd *herd, struct herd_member *member)
{
	struct driver *driver = &herd->guest->driver;
	struct smmu_guest_space *space = &member->space;

	smmu_guest_make_space(herd->guest, space, NULL);
	TAP_EQ(driver_domain_init(driver, &member->twin, NULL), 0);
	map_page(&member->twin, SMMU_GUEST_FROM, space->from_gpa, DRIVER_READ);
	map_page(&member->twin, SMMU_GUEST_TO, space->to_gpa, DRIVER_READ | DRIVER_WRITE);
	TAP_EQ(driver_attach(driver, member->vsid, &space->domain), 0);
}

/* Of those that the guest has not got itself. */
static void attach(struct herd *herd, const struct host_endpoint *endpoint, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = endpoint->dev_id,
		.vfio_fd = endpoint->vfio_fd,
	};
	struct vsmmu_endpoint *attached;

	/* It goes with the vSMMU. */
	TAP_EQ(vsmmu_endpoint_attach(herd->guest->vsmmu, &config, &attached), 0);
}

void herd_open(struct herd *herd, struct smmu_guest *guest, unsigned int without)
{
	struct real_machine *real = smmu_machine_real_of(guest->machine);
	char bdf[REAL_ENDPOINTS][16];

	*herd = (struct herd){.guest = guest};
	TAP_EQ(real_machine_add(real, edu_find(bdf, REAL_ENDPOINTS)), 0);
	for (unsigned int n = 0; n < real->count; n++) {
		struct herd_member *member = &herd->member[herd->count];
		struct host_endpoint endpoint = real_machine_endpoint(real, n);

		if (n >= SMMU_MACHINE_ENDPOINTS)
			attach(herd, &endpoint, SMMU_GUEST_VSID(n));
		if (n == without)
			continue;
		member->edu = &real->endpoint[n].edu;
		member->vsid = SMMU_GUEST_VSID(n);
		join(herd, member);
		herd->count++;
	}
}

/* Other bytes than those of any copy before. */
static void fill(struct herd *herd, struct herd_member *member)
{
	uint32_t seed = herd->dmas * REAL_ENDPOINTS + (uint32_t)(member - herd->member);

	for (unsigned int i = 0; i < EDU_DMA_MAX; i += sizeof(seed)) {
		seed = seed * 1664525 + 1013904223;
		memcpy(member->space.from + i, &seed, sizeof(seed));
	}
}

static void start(struct herd *herd, struct herd_member *member)
{
	if (!member->writes)
		fill(herd, member);
	member->runs = true;
	member->started = herd->started = herd_now();
	edu_start_at(member->edu, member->writes ? SMMU_GUEST_TO : SMMU_GUEST_FROM, 0, EDU_DMA_MAX,
		member->writes);
}

static void finish(struct herd *herd, struct herd_member *member)
{
	member->runs = false;
	member->dmas++;
	herd->dmas++;
	if (member->writes) {
		herd->copies++;
		herd->wrong += memcmp(member->space.from, member->space.to, EDU_DMA_MAX) != 0;
	}
	member->writes = !member->writes;
}

void herd_start(struct herd *herd)
{
	const struct timespec pause = {.tv_nsec = (long)(EDU_DELAY / herd->count)};

	for (unsigned int i = 0; i < herd->count; i++) {
		start(herd, &herd->member[i]);
		nanosleep(&pause, NULL);
	}
}

/* Return: the one of those that do DMA, or do none, that began its last one first; or NULL. */
static struct herd_member *find_first(struct herd *herd, bool runs)
{
	struct herd_member *first = NULL;

	for (unsigned int i = 0; i < herd->count; i++) {
		struct herd_member *member = &herd->member[i];

		if (member->runs == runs && (!first || member->started < first->started))
			first = member;
	}
	return first;
}

/* Its timer counts ms. */
static bool is_due(const struct herd_member *member)
{
	return herd_now() - member->started >= EDU_DELAY - 2000000;
}

void herd_go_on(struct herd *herd)
{
	struct herd_member *idle;

	for (unsigned int i = 0; i < herd->count; i++) {
		struct herd_member *member = &herd->member[i];

		if (member->runs && is_due(member) && !edu_is_busy(member->edu))
			finish(herd, member);
	}
	idle = find_first(herd, false);
	if (idle && herd_now() - herd->started >= EDU_DELAY / herd->count)
		start(herd, idle);
}

struct herd_member *herd_next(struct herd *herd)
{
	struct herd_member *next = find_first(herd, true);

	TAP_CHECK(next, "no DMA runs");
	return next;
}

void herd_replace(struct herd *herd, struct herd_member *member)
{
	struct driver_domain *domain = member->replaced % 2 ? &member->space.domain : &member->twin;

	TAP_EQ(driver_replace(&herd->guest->driver, member->vsid, domain), 0);
	member->replaced++;
}

void herd_end(struct herd *herd)
{
	for (unsigned int i = 0; i < herd->count; i++) {
		struct herd_member *member = &herd->member[i];

		while (member->runs || member->writes) {
			if (!member->runs)
				start(herd, member);
			TAP_EQ(edu_wait(member->edu), 0);
			finish(herd, member);
		}
	}
	TAP_CHECK(!herd->wrong, "%u of %u copies are wrong", herd->wrong, herd->copies);
	smmu_guest_run(herd->guest);
	TAP_EQ(herd->guest->records, 0);
	TAP_EQ(smmu_guest_stats(herd->guest).sequenced, 0);
}
