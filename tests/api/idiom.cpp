/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way in which the examples fill in structures is also C++20: each member by its name, in the
 * order of the header. In C the warnings of -Wextra take it for complete; g++ warns of each member
 * that is left out, so that -Wextra in C++ wants a value-initialised structure and assignments, as
 * in headers.cpp.
 */
#include <cstdio>

#include <vsmmu/access.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>
#include <vsmmu/tables.h>
#include <vsmmu/veventq.h>

#include "../../examples/readme.c"

static int memory_read(void *, uint64_t, void *, size_t)
{
	return -1;
}

static int memory_write(void *, uint64_t, const void *, size_t)
{
	return -1;
}

static void irq_pulse(void *, vsmmu_irq)
{
}

static bool decodes()
{
	const vsmmu_decoder_config config = {
		.size = sizeof(config), .type = VSMMU_VEVENTQ_ARM_SMMUV3, .first_sequence = 7};
	vsmmu_decoder_stats stats = {.size = sizeof(stats)};
	vsmmu_item item = {.size = sizeof(item)};
	vsmmu_decoder *decoder = nullptr;
	const bool good = !vsmmu_decoder_new(&decoder, &config) &&
			  !vsmmu_decoder_next(decoder, &item) &&
			  !vsmmu_decoder_get_stats(decoder, &stats) && !stats.events;

	vsmmu_decoder_free(decoder);
	return good;
}

static bool runs()
{
	const vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
		.memory_read = memory_read,
	};
	const vsmmu_access access = {
		.size = sizeof(access), .vsid = 1, .flags = VSMMU_ACCESS_WRITE, .address = 0x1000};
	vsmmu_config config = {.size = sizeof(config), .ops = &ops, .ssid_bits = 4};
	vsmmu_endpoint_config device = {.size = sizeof(device), .vsid = 1, .vfio_fd = -1};
	vsmmu_translation translation = {.size = sizeof(translation)};
	vsmmu_tables tables = {.size = sizeof(tables)};
	vsmmu_stats stats = {.size = sizeof(stats)};
	vsmmu_endpoint *endpoint = nullptr;
	vsmmu *smmu = nullptr;
	const bool good = !vsmmu_sim_new(&config.host, nullptr) &&
			  !vsmmu_sim_endpoint_new(config.host, 0, &device.dev_id) &&
			  !vsmmu_new(&smmu, &config) &&
			  !vsmmu_endpoint_attach(smmu, &device, &endpoint) &&
			  !vsmmu_translate(smmu, &access, &translation) &&
			  translation.address == access.address &&
			  !vsmmu_lookup(smmu, 1, VSMMU_NO_SSID, access.address, &tables) &&
			  tables.output == access.address && !vsmmu_get_stats(smmu, &stats) &&
			  !stats.sequenced;

	vsmmu_free(smmu);
	vsmmu_host_unref(config.host);
	return good;
}

/* What a VMM has; nobody calls these here. */
int vm_read(void *, uint64_t, void *, size_t)
{
	return -1;
}

int vm_write(void *, uint64_t, const void *, size_t)
{
	return -1;
}

void vm_irq(void *, vsmmu_irq)
{
}

void vm_report(void *, const vsmmu_report *)
{
}

void vm_watch(void *, int, int (*)(vsmmu *, uint32_t))
{
}

int main()
{
	const struct {
		const char *name;
		bool good;
	} tests[] = {
		{"a decoder in C++20", decodes()},
		{"a vSMMU in C++20", runs()},
		{"README's example in C++20, without a device",
			!vm_add_smmu(nullptr, -1, 0, -1, 0)},
	};
	bool failed = false;
	int number = 0;

	std::printf("1..3\n");
	for (const auto &test : tests) {
		std::printf("%sok %d - %s\n", test.good ? "" : "not ", ++number, test.name);
		failed = failed || !test.good;
	}
	return failed;
}
