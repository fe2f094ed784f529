/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/entry_points.h"

#include <vsmmu/access.h>
#include <vsmmu/event.h>
#include <vsmmu/snapshot.h>
#include <vsmmu/tables.h>

#include "arch/regs.h"

/* The body of a call of @name. */
#define CALL(name, ...)                                                                            \
	static int call_##name(struct vsmmu *vsmmu, struct vsmmu_endpoint *endpoint)               \
	{                                                                                          \
		(void)vsmmu;                                                                       \
		(void)endpoint;                                                                    \
		__VA_ARGS__                                                                        \
	}
#define ENTRY(function) .name = "vsmmu_" #function, .call = call_##function

/* Nobody looks into these: each call is refused before. */
static struct vsmmu_endpoint *no_endpoint;
static struct vsmmu_adopted *no_adopted;
static char some_object;

CALL(adopted_free, return vsmmu_adopted_free(vsmmu, (struct vsmmu_adopted *)&some_object);)
CALL(adopted_new, {
	const struct vsmmu_adopted_config config = {.size = sizeof(config), .fd = -1};

	return vsmmu_adopted_new(vsmmu, &config, &no_adopted);
})
CALL(dispatch, return vsmmu_dispatch(vsmmu, 0);)
CALL(drop_parents, return vsmmu_drop_parents(vsmmu);)
CALL(endpoint_attach, {
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = 0x30, .vfio_fd = -1};

	return vsmmu_endpoint_attach(vsmmu, &config, &no_endpoint);
})
CALL(endpoint_detach, return vsmmu_endpoint_detach(endpoint);)
CALL(endpoint_get_opaque, return vsmmu_endpoint_get_opaque(endpoint) ? 0 : 0;)
CALL(endpoint_get_stats, {
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};

	return vsmmu_endpoint_get_stats(endpoint, &stats);
})
CALL(endpoint_get_viommu, {
	uint32_t id;

	return vsmmu_endpoint_get_viommu(endpoint, &id);
})
CALL(endpoint_get_vsid, {
	uint64_t vsid;

	return vsmmu_endpoint_get_vsid(endpoint, &vsid);
})
CALL(endpoint_set_ste, {
	const uint64_t ste[2] = {1, 0};

	return vsmmu_endpoint_set_ste(endpoint, ste);
})
CALL(endpoint_set_vsid, return vsmmu_endpoint_set_vsid(endpoint, 0x31);)
CALL(free, {
	vsmmu_free(vsmmu);
	return 0;
})
CALL(freeze_identity, return vsmmu_freeze_identity(vsmmu);)
CALL(get_command_fd, return vsmmu_get_command_fd(vsmmu);)
CALL(get_event_fd, return vsmmu_get_event_fd(vsmmu);)
CALL(get_identity, {
	struct vsmmu_identity identity = {.size = sizeof(identity)};

	return vsmmu_get_identity(vsmmu, &identity);
})
CALL(get_stats, {
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	return vsmmu_get_stats(vsmmu, &stats);
})
CALL(lookup, {
	struct vsmmu_tables tables = {.size = sizeof(tables)};

	return vsmmu_lookup(vsmmu, 0, VSMMU_NO_SSID, 0, &tables);
})
CALL(mmio_read, {
	uint64_t value;

	return vsmmu_mmio_read(vsmmu, SMMU_EVENTQ_PROD, 4, &value);
})
CALL(mmio_write, return vsmmu_mmio_write(vsmmu, SMMU_EVENTQ_CONS, 4, 0);)
CALL(move, return vsmmu_move(vsmmu, vsmmu);)
CALL(rearm, return vsmmu_rearm(vsmmu);)
CALL(record_event, {
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	return vsmmu_record_event(vsmmu, &record);
})
CALL(recover, return vsmmu_recover(vsmmu);)
CALL(reset, return vsmmu_reset(vsmmu);)
CALL(restore, return vsmmu_restore(vsmmu, "", 1);)
CALL(run_commands, return vsmmu_run_commands(vsmmu, 0);)
CALL(save, {
	void *bytes;
	size_t length;

	return vsmmu_save(vsmmu, &bytes, &length);
})
CALL(set_host, return vsmmu_set_host(vsmmu, (struct vsmmu_host *)&some_object);)
CALL(take_irqs, {
	uint32_t lines;

	return vsmmu_take_irqs(vsmmu, &lines);
})
CALL(translate, {
	const struct vsmmu_access access = {.size = sizeof(access)};
	struct vsmmu_translation translation = {.size = sizeof(translation)};

	return vsmmu_translate(vsmmu, &access, &translation);
})

const struct entry_point entry_points[] = {
	{ENTRY(adopted_free)},
	{ENTRY(adopted_new)},
	{ENTRY(dispatch)},
	{ENTRY(drop_parents)},
	{ENTRY(endpoint_attach)},
	{ENTRY(endpoint_detach), .takes_null = true},
	{ENTRY(endpoint_get_opaque), .takes_null = true, .says_nothing = true},
	{ENTRY(endpoint_get_stats), .of_endpoint = true, .looks = true},
	{ENTRY(endpoint_get_viommu), .of_endpoint = true},
	{ENTRY(endpoint_get_vsid), .of_endpoint = true},
	{ENTRY(endpoint_set_ste), .of_endpoint = true},
	{ENTRY(endpoint_set_vsid), .of_endpoint = true},
	{ENTRY(free), .takes_null = true, .says_nothing = true},
	{ENTRY(freeze_identity)},
	{ENTRY(get_command_fd)},
	{ENTRY(get_event_fd)},
	{ENTRY(get_identity)},
	{ENTRY(get_stats), .looks = true},
	{ENTRY(lookup)},
	{ENTRY(mmio_read)},
	{ENTRY(mmio_write)},
	{ENTRY(move)},
	{ENTRY(rearm)},
	{ENTRY(record_event)},
	{ENTRY(recover)},
	{ENTRY(reset)},
	{ENTRY(restore)},
	{ENTRY(run_commands)},
	{ENTRY(save)},
	{ENTRY(set_host)},
	{ENTRY(take_irqs)},
	{ENTRY(translate)},
	{.name = NULL},
};
