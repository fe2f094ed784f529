/* SPDX-License-Identifier: BSD-2-Clause */
#include "move_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include <vsmmu/event.h>

static void fault(struct move_fixture *fixture, unsigned int n)
{
	if (!fixture_event(
		    fixture->install, n, VSMMU_EVENT_F_TRANSLATION, fixture->caused[n] << 12))
		fixture->unnumbered[n]++;
	fixture->caused[n]++;
}

void move_fixture_faults(struct move_fixture *fixture, unsigned int times)
{
	while (times--)
		for (unsigned int n = 0; n < fixture->count; n++)
			fault(fixture, n);
}

bool move_fixture_readable(struct vsmmu *vsmmu)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

/* Another thread may, and comes to an end with it. */
static void *dispatch(void *opaque)
{
	struct vsmmu *vsmmu = opaque;
	unsigned int times = 0;

	while (move_fixture_readable(vsmmu) && times++ < 10)
		vsmmu_dispatch(vsmmu, 0);
	return times < 10 ? NULL : opaque;
}

static void dispatch_both(struct move_fixture *fixture)
{
	for (unsigned int i = 0; i < 2; i++) {
		pthread_t thread;
		void *spins;

		if (!fixture->dispatched[i])
			continue;
		assert_int_equal(
			pthread_create(&thread, NULL, dispatch, fixture->dispatched[i]), 0);
		pthread_join(thread, &spins);
		assert_null(spins);
	}
}

static int hook(void *opaque, enum host_call call, uint32_t count)
{
	struct move_fixture *fixture = opaque;

	(void)call;
	(void)count;
	if (fixture->storm)
		move_fixture_faults(fixture, 1);
	dispatch_both(fixture);
	return 0;
}

struct move_fixture *move_fixture_of(struct install_fixture *install, unsigned int count)
{
	struct move_fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->install = install;
	fixture->count = count;
	install->host->hook = hook;
	install->host->opaque = fixture;
	return fixture;
}

struct move_fixture *move_fixture_new(const struct vsmmu_config *config, unsigned int count)
{
	struct move_fixture *fixture = move_fixture_of(fixture_translating(config, count), count);

	fixture_enable(fixture->install);
	for (unsigned int n = 0; n < count; n++)
		fixture_expect_nested(fixture->install, n, STE_S1, 0);
	return fixture;
}

void move_fixture_free_roughly(struct move_fixture *fixture)
{
	fixture->install->host->hook = NULL;
	fixture_free_with_leaks(fixture->install);
	free(fixture);
}

void move_fixture_free(struct move_fixture *fixture)
{
	fixture->install->host->hook = NULL;
	move_fixture_consume(fixture);
	move_fixture_expect_all(fixture);
	fixture_free(fixture->install);
	free(fixture);
}

struct vsmmu *move_fixture_another(struct move_fixture *fixture, const struct vsmmu_config *config)
{
	struct test_vmm *vmm = fixture->install->vmm;
	struct vsmmu *old = vmm->vsmmu, *another;

	/* The host's reference stays the VMM's. */
	assert_int_equal(test_vmm_new(vmm, vmm->host, config), 0);
	another = vmm->vsmmu;
	vmm->vsmmu = old;
	return another;
}

int move_fixture_move_to(struct move_fixture *fixture, struct vsmmu *to)
{
	struct test_vmm *vmm = fixture->install->vmm;
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	struct vsmmu *from = vmm->vsmmu;
	int ret = vsmmu_move(from, to);

	if (ret)
		return ret;
	assert_int_equal(vsmmu_get_stats(from, &stats), 0);
	assert_int_equal(stats.sequenced, 0);
	vmm->vsmmu = to;
	vsmmu_free(from);
	return 0;
}

int move_fixture_move(struct move_fixture *fixture)
{
	struct vsmmu *to = move_fixture_another(fixture, NULL);
	int ret = move_fixture_move_to(fixture, to);

	if (ret)
		vsmmu_free(to);
	return ret;
}

void move_fixture_consume(struct move_fixture *fixture)
{
	uint64_t word[4];

	while (fixture_consume(fixture->install, word)) {
		const uint64_t n = (word[0] >> 32) - FIXTURE_VSID(0);
		const uint64_t number = word[2] >> 12;

		assert_true(n < fixture->count);
		assert_true(number >= fixture->seen[n]);
		fixture->gaps += number - fixture->seen[n];
		fixture->seen[n] = number + 1;
	}
}

void move_fixture_expect_all(struct move_fixture *fixture)
{
	for (unsigned int n = 0; n < fixture->count; n++) {
		assert_int_equal(fixture->unnumbered[n], 0);
		assert_int_equal(fixture->seen[n], fixture->caused[n]);
	}
	assert_int_equal(fixture->gaps, 0);
	fixture_expect_counted(fixture->install);
	assert_int_equal(test_vmm_stats(fixture->install->vmm).discarded, 0);
	assert_int_equal(test_vmm_stats(fixture->install->vmm).lost, 0);
}
