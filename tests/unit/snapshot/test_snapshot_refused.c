/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vSMMU may go on with a snapshot: what its host, endpoints and config must be. */
#include <errno.h>
#include <string.h>

#include "snapshot_machine.h"

static void assert_refused(struct machine *from, struct machine *to, int error, bool reported)
{
	struct machine fresh;
	unsigned int before = test_vmm_reported(to->vmm, VSMMU_REPORT_UNFIT);
	uint32_t idr[6];

	for (int i = 0; i < 6; i++)
		idr[i] = test_vmm_read(to->vmm, (uint64_t)(4 * i));
	assert_int_equal(machine_move(from, to), error);
	assert_int_equal(test_vmm_reported(to->vmm, VSMMU_REPORT_UNFIT) - before, reported);
	/* As it was: reset, and with its own ID registers. */
	for (int i = 0; i < 6; i++)
		assert_int_equal(test_vmm_read(to->vmm, (uint64_t)(4 * i)), idr[i]);
	machine_new(&fresh, NULL, NULL, 0);
	for (uint64_t offset = SMMU_CR0; offset < SMMU_REG_SPACE; offset += 4)
		assert_int_equal(test_vmm_read(to->vmm, offset), test_vmm_read(fresh.vmm, offset));
	machine_free(&fresh);
}

TEST(a_weaker_host_is_refused)
{
	static const struct {
		uint32_t idr[6];
		uint32_t ssid_bits; /* as many as it can have */
		const char *lacks;
	} weaker[] = {
		{{0x0d48100c, 0x520, 0, 0, 0, 0x70}, 8, "RIL"},
		{{0x0d48000c, 0x520, 0, 0x400, 0, 0x70}, 8, "ASID16"},
		{{0x0d48100c, 0x520, 0, 0x400, 0, 0x30}, 8, "GRAN64K"},
		{{0x0d48100c, 0x120, 0, 0x400, 0, 0x70}, 4, "ssid_bits"},
	};
	const struct vsmmu_config strong = {.ssid_bits = 8};
	const size_t count = sizeof(weaker) / sizeof(weaker[0]);
	struct machine from[2];

	/* With no endpoint there is nobody to ask: who comes later must fit. */
	machine_new(&from[0], NULL, &strong, 0);
	machine_new(&from[1], NULL, &strong, ENDPOINTS);
	machine_start(&from[1]);
	for (size_t j = 0; j < 2 * count; j++) {
		const size_t i = j / 2, attached = j % 2;
		const struct vsmmu_config config = {.ssid_bits = weaker[i].ssid_bits};
		const bool keeps_config = config.ssid_bits == strong.ssid_bits;
		struct vsmmu_sim_config sim = {0};
		struct machine to = {0};

		memcpy(sim.idr, weaker[i].idr, sizeof(sim.idr));
		to.vmm = test_vmm_alloc();
		to.sim = test_vmm_sim(to.vmm, &sim);
		assert_int_equal(test_vmm_new(to.vmm, to.sim, &config), 0);
		for (unsigned int n = 0; attached && n < ENDPOINTS; n++)
			assert_int_equal(machine_attach(&to, n), 0);
		if (attached || !keeps_config) {
			assert_refused(&from[attached], &to, -ENODEV, true);
		} else {
			assert_int_equal(machine_move(&from[0], &to), 0);
			assert_int_equal(machine_attach(&to, 0), -ENODEV);
		}
		assert_int_equal(to.vmm->report_count, 1);
		assert_non_null(strstr(to.vmm->reports[0].text, weaker[i].lacks));
		assert_int_equal(to.vmm->reports[0].vsid == VSMMU_NO_VSID, !keeps_config);
		machine_free(&to);
	}
	machine_free(&from[0]);
	machine_free(&from[1]);
}

TEST(other_endpoints_are_refused)
{
	struct machine from, to;

	machine_new(&from, NULL, NULL, 2);
	machine_start(&from);
	machine_new(&to, NULL, NULL, 1);
	assert_refused(&from, &to, -ENODEV, true);
	assert_int_equal(machine_attach(&to, 2), 0);
	assert_refused(&from, &to, -ENODEV, true);
	assert_int_equal(machine_attach(&to, 1), 0);
	assert_refused(&from, &to, -ENODEV, true);
	assert_int_equal(vsmmu_endpoint_detach(to.endpoint[2]), 0);
	assert_int_equal(machine_move(&from, &to), 0);
	/* Now it is in use. */
	assert_int_equal(machine_move(&from, &to), -EBUSY);
	machine_free(&from);
	machine_free(&to);
}

/* No snapshot turns on what this vSMMU's config does not have. */
TEST(smaller_configs_are_refused)
{
	static const struct vsmmu_sim_config host = {.ats = true};
	static const struct vsmmu_config full = {.ats = true, .ssid_bits = 8};
	static const struct {
		struct vsmmu_config config;
		const char *name;
	} smaller[] = {
		{{.ats = true, .ssid_bits = 8, .eventq_log2_max = 18},
			"eventq_log2_max 19, but this vSMMU 18"},
		{{.ats = true, .ssid_bits = 8, .cmdq_log2_max = 18},
			"cmdq_log2_max 19, but this vSMMU 18"},
		{{.ats = true, .ssid_bits = 8, .sid_bits = 15}, "sid_bits 16, but this vSMMU 15"},
		{{.ats = true, .ssid_bits = 8, .oas_bits = 42}, "oas_bits 44, but this vSMMU 42"},
		{{.ats = true, .ssid_bits = 8, .no_ril = true}, "ril 1, but this vSMMU 0"},
		{{.ats = true, .ssid_bits = 7}, "ssid_bits 8, but this vSMMU 7"},
		{{.ssid_bits = 8}, "ats 1, but this vSMMU 0"},
		{{.no_msi = true, .ats = true, .ssid_bits = 8}, "msi 1, but this vSMMU 0"},
	};
	struct machine from, to;

	machine_new(&from, &host, &full, ENDPOINTS);
	for (size_t i = 0; i < sizeof(smaller) / sizeof(smaller[0]); i++) {
		machine_new(&to, &host, &smaller[i].config, ENDPOINTS);
		assert_refused(&from, &to, -ENODEV, true);
		assert_non_null(strstr(to.vmm->reports[0].text, smaller[i].name));
		machine_free(&to);
	}
	/* A guest that was promised less goes on with that. */
	for (size_t i = 0; i < sizeof(smaller) / sizeof(smaller[0]); i++) {
		struct machine less;

		machine_new(&less, &host, &smaller[i].config, ENDPOINTS);
		machine_new(&to, &host, &full, ENDPOINTS);
		assert_int_equal(machine_move(&less, &to), 0);
		for (uint64_t offset = SMMU_IDR0; offset <= SMMU_AIDR; offset += 4)
			assert_int_equal(
				test_vmm_read(to.vmm, offset), test_vmm_read(less.vmm, offset));
		/* And another one, later, with what the config has. */
		assert_int_equal(vsmmu_reset(to.vmm->vsmmu), 0);
		assert_int_equal(machine_move(&from, &to), 0);
		for (uint64_t offset = SMMU_IDR0; offset <= SMMU_AIDR; offset += 4)
			assert_int_equal(
				test_vmm_read(to.vmm, offset), test_vmm_read(from.vmm, offset));
		machine_free(&less);
		machine_free(&to);
	}
	machine_free(&from);
}

/* The guest's command queue is as large as it was told, not as the config has it. */
TEST(a_smaller_command_queue_stays_one)
{
	const struct vsmmu_config small = {.cmdq_log2_max = 7};
	struct machine from, to;

	machine_new(&from, NULL, &small, 1);
	machine_new(&to, NULL, NULL, 1);
	machine_start(&from);
	assert_int_equal(machine_move(&from, &to), 0);
	/* Of LOG2SIZE 8 it was not told: the queue wraps at 2^7. */
	for (int i = 0; i < 128; i++)
		machine_queue(&to, COMMAND_OP_TLBI_NH_ALL, 0);
	machine_kick(&to);
	assert_int_equal(test_vmm_read(to.vmm, SMMU_CMDQ_CONS), 128);
	test_vmm_write(to.vmm, SMMU_CMDQ_PROD, 0);
	assert_int_equal(test_vmm_read(to.vmm, SMMU_CMDQ_CONS), 0);
	assert_int_equal(test_vmm_stats(to.vmm).commands, 256);
	machine_free(&from);
	machine_free(&to);
}

static void no_irq(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

TEST(an_event_path_is_no_whole_vsmmu)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops), .memory_write = test_vmm_memory_write, .irq_pulse = no_irq};
	static const uint32_t ssid_bits[] = {0, 5};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .event_path_only = true};
	struct vsmmu *alone[2];
	struct machine from, to;
	size_t length;
	void *bytes;

	machine_new(&from, NULL, NULL, 0);
	machine_new(&to, NULL, NULL, 0);
	for (int i = 0; i < 2; i++) {
		config.ssid_bits = ssid_bits[i];
		config.cmdq_log2_max = 64 * (uint32_t)i; /* not looked at */
		assert_int_equal(vsmmu_new(&alone[i], &config), 0);
	}
	assert_int_equal(vsmmu_save(from.vmm->vsmmu, &bytes, &length), 0);
	assert_int_equal(vsmmu_restore(alone[0], bytes, length), -ENODEV);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vsmmu_save(alone[0], &bytes, &length), 0);
	assert_int_equal(vsmmu_restore(to.vmm->vsmmu, bytes, length), -ENODEV);
	assert_non_null(strstr(to.vmm->reports[0].text, "event_path_only 1"));
	/* Its VMM has promised SubstreamIDs of its own. */
	assert_int_equal(vsmmu_restore(alone[1], bytes, length), -ENODEV);
	assert_int_equal(vsmmu_restore(alone[0], bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vsmmu_save(alone[1], &bytes, &length), 0);
	assert_int_equal(vsmmu_restore(alone[1], bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	vsmmu_free(alone[0]);
	vsmmu_free(alone[1]);
	machine_free(&from);
	machine_free(&to);
}

TEST(a_used_vsmmu_is_busy)
{
	static const struct {
		uint64_t offset;
		uint32_t value;
	} used[] = {
		{SMMU_CR0, SMMU_CR0_EVENTQEN},
		{SMMU_CR1, 1},
		{SMMU_CR2, SMMU_CR2_PTM},
		{SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT},
		{SMMU_IRQ_CTRL, 1},
		{SMMU_STRTAB_BASE, 0x1000},
		{SMMU_STRTAB_BASE_CFG, 1},
		{SMMU_GERROR_IRQ_CFG0, 0x1000},
		{SMMU_GERROR_IRQ_CFG1, 1},
		{SMMU_GERROR_IRQ_CFG2, 1},
		{SMMU_EVENTQ_IRQ_CFG0, 0x1000},
		{SMMU_EVENTQ_IRQ_CFG1, 1},
		{SMMU_EVENTQ_IRQ_CFG2, 1},
		{SMMU_CMDQ_BASE, 1},
		{SMMU_CMDQ_PROD, 1},
		{SMMU_CMDQ_CONS, 1},
		{SMMU_EVENTQ_BASE, 1},
		{SMMU_EVENTQ_PROD, 1},
		{SMMU_EVENTQ_CONS, 1},
	};
	static const struct vsmmu_config config = {0};
	struct machine from, to;

	machine_new(&from, NULL, &config, 0);
	machine_new(&to, NULL, &config, 0);
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
		test_vmm_write(to.vmm, used[i].offset, used[i].value);
		assert_int_equal(machine_move(&from, &to), -EBUSY);
		assert_int_equal(vsmmu_reset(to.vmm->vsmmu), 0);
	}
	assert_int_equal(machine_move(&from, &to), 0);
	machine_free(&from);
	machine_free(&to);
}

/* All as after a reset, but for what a guest cannot take back. */
static void clear(struct machine *machine)
{
	static const uint64_t offsets[] = {SMMU_CR0, SMMU_IRQ_CTRL, SMMU_STRTAB_BASE,
		SMMU_STRTAB_BASE_CFG, SMMU_CMDQ_BASE, SMMU_CMDQ_PROD, SMMU_CMDQ_CONS,
		SMMU_EVENTQ_BASE};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		test_vmm_write64(machine->vmm, offsets[i] & ~UINT64_C(7), 0);
	machine->prod = 0;
}

static void assert_traces(struct machine *machine, uint32_t gerror, uint32_t gerrorn)
{
	struct machine from;

	assert_int_equal(test_vmm_read(machine->vmm, SMMU_GERROR), gerror);
	assert_int_equal(test_vmm_read(machine->vmm, SMMU_GERRORN), gerrorn);
	machine_new(&from, NULL, NULL, 1);
	assert_int_equal(machine_move(&from, machine), -EBUSY);
	assert_int_equal(vsmmu_reset(machine->vmm->vsmmu), 0);
	assert_int_equal(machine_move(&from, machine), 0);
	assert_int_equal(vsmmu_reset(machine->vmm->vsmmu), 0);
	machine_free(&from);
}

static void err(struct machine *machine)
{
	machine_start(machine);
	machine_queue(machine, 0xff, 0);
	machine_kick(machine);
	clear(machine);
}

TEST(what_a_guest_has_left_is_busy)
{
	struct machine to;

	machine_new(&to, NULL, NULL, 1);
	/* An error; one that it has acknowledged; and again one. */
	err(&to);
	assert_traces(&to, SMMU_GERROR_CMDQ_ERR, 0);
	err(&to);
	test_vmm_write(to.vmm, SMMU_GERRORN, SMMU_GERROR_CMDQ_ERR);
	assert_traces(&to, SMMU_GERROR_CMDQ_ERR, SMMU_GERROR_CMDQ_ERR);
	err(&to);
	test_vmm_write(to.vmm, SMMU_GERRORN, SMMU_GERROR_CMDQ_ERR);
	err(&to);
	assert_traces(&to, 0, SMMU_GERROR_CMDQ_ERR);
	/* An invalidation that waits for a CMD_SYNC. */
	machine_start(&to);
	machine_queue(&to, COMMAND_OP_TLBI_NH_ALL, 0);
	machine_kick(&to);
	clear(&to);
	assert_traces(&to, 0, 0);
	machine_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7", a_weaker_host_is_refused),
		UNIT_TEST("S7", other_endpoints_are_refused),
		UNIT_TEST("S7", smaller_configs_are_refused),
		UNIT_TEST("S7", a_smaller_command_queue_stays_one),
		UNIT_TEST("S7", an_event_path_is_no_whole_vsmmu),
		UNIT_TEST("S7", a_used_vsmmu_is_busy),
		UNIT_TEST("S7", what_a_guest_has_left_is_busy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
