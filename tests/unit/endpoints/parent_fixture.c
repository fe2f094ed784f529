/* SPDX-License-Identifier: BSD-2-Clause */
#include "parent_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool parent_fixture_is_open(struct parent_fixture *fixture, unsigned int n)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = TEST_VMM_MEMORY};
	uint64_t word;

	return !vsmmu_sim_dma(
		fixture->install->sim, fixture->install->dev[n], &access, &word, sizeof(word));
}

static char letter_of(uint32_t purpose)
{
	static const char letters[] = "nabsp";

	assert_in_range(purpose, VSMMU_ATTACH_NOTHING, VSMMU_ATTACH_PUT_BACK);
	return letters[purpose];
}

static void append(struct parent_device *device, char letter)
{
	const size_t length = strlen(device->trace);

	assert_true(length + 1 < PARENT_TRACE);
	device->trace[length] = letter;
	device->trace[length + 1] = '\0';
}

static bool fails(struct parent_fixture *fixture, char letter)
{
	if (!fixture->fail_at || (fixture->fail_purpose && fixture->fail_purpose != letter))
		return false;
	return !--fixture->fail_at;
}

/* Stage 1 is not tried, as the guest would get an event of it. */
static void check_purpose(struct parent_device *device, uint32_t purpose)
{
	const bool open = purpose == VSMMU_ATTACH_BYPASS || purpose == VSMMU_ATTACH_PUT_BACK;

	if (purpose != VSMMU_ATTACH_STAGE1)
		assert_int_equal(parent_fixture_is_open(device->fixture, device->n), open);
}

static int attach(void *opaque, const struct vsmmu_attachment *attachment)
{
	struct parent_device *device = opaque;
	struct install_fixture *install = device->fixture->install;
	const char letter = letter_of(attachment->purpose);
	int ret = -EIO;

	assert_int_equal(attachment->size, sizeof(*attachment));
	assert_int_equal(attachment->pasid, VSMMU_NO_PASID);
	assert_int_equal(attachment->reserved, 0);
	assert_int_equal(attachment->pt_id == 0, attachment->purpose == VSMMU_ATTACH_NOTHING);
	append(device, letter);
	if (!fails(device->fixture, letter))
		ret = vsmmu_sim_attach(install->sim, install->dev[device->n], attachment->pt_id);
	if (ret) {
		append(device, '!');
		return ret;
	}
	device->attached = attachment->pt_id;
	check_purpose(device, attachment->purpose);
	return 0;
}

struct parent_fixture *parent_fixture_new(const struct vsmmu_config *config)
{
	struct parent_fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->install = fixture_translating(config, 0);
	for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
		fixture->device[n] = (struct parent_device){.fixture = fixture, .n = n};
	return fixture;
}

void parent_fixture_free(struct parent_fixture *fixture)
{
	fixture_free(fixture->install);
	free(fixture);
}

struct vsmmu_endpoint_config parent_fixture_config(struct parent_fixture *fixture, unsigned int n)
{
	return (struct vsmmu_endpoint_config){
		.size = sizeof(struct vsmmu_endpoint_config),
		.vsid = FIXTURE_VSID(n),
		.dev_id = fixture->install->dev[n],
		.vfio_fd = -1,
		.attach = attach,
		.attach_opaque = &fixture->device[n],
	};
}

int parent_fixture_attach(
	struct parent_fixture *fixture, unsigned int n, const struct vsmmu_endpoint_config *config)
{
	return vsmmu_endpoint_attach(
		fixture->install->vmm->vsmmu, config, &fixture->install->endpoint[n]);
}

int parent_fixture_detach(struct parent_fixture *fixture, unsigned int n)
{
	struct vsmmu_endpoint *endpoint = fixture->install->endpoint[n];

	fixture->install->endpoint[n] = NULL;
	return vsmmu_endpoint_detach(endpoint);
}

void parent_fixture_expect(struct parent_fixture *fixture, unsigned int n, const char *trace)
{
	assert_string_equal(fixture->device[n].trace, trace);
	fixture->device[n].trace[0] = '\0';
}

uint32_t parent_fixture_parent(struct parent_fixture *fixture, unsigned int n)
{
	struct install_fixture *install = fixture->install;
	uint32_t id;

	assert_int_equal(vsmmu_sim_parent_new(install->sim, install->dev[n], &id), 0);
	assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[n], id), 0);
	assert_true(parent_fixture_is_open(fixture, n));
	return id;
}

int parent_fixture_free_parent(struct parent_fixture *fixture, uint32_t id)
{
	return vsmmu_sim_parent_free(fixture->install->sim, id);
}
