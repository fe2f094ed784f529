/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu.hpp"

#include <cstdio>
#include <poll.h>
#include <system_error>

#include <vsmmu/sim.h>

namespace
{
/* Stage 1, AArch64 tables, coherent, 16-bit ASIDs, MSIs, linear stream tables. */
constexpr uint32_t idr0 = 1 << 1 | 2 << 2 | 1 << 4 | 1 << 12 | 1 << 13;
constexpr uint32_t idr1 = 7 << 21 | Smmu::eventq_log2_max << 16 | Smmu::sid_bits;
constexpr uint32_t idr5 = 1 << 4 | 4; /* granules of 4 KiB, 44 bits */

constexpr uint32_t index_mask = (1 << 8) - 1; /* of a command queue of 2^7 with its wrap bit */
constexpr uint32_t cerror_ill = 1;
constexpr uint8_t cmd_cfgi_ste = 0x03, cmd_cfgi_all = 0x04, cmd_cfgi_cd = 0x05;
constexpr uint8_t cmd_cfgi_cd_all = 0x06, cmd_tlbi_nh_all = 0x10, cmd_tlbi_nh_asid = 0x11;
constexpr uint8_t cmd_tlbi_nh_va = 0x12, cmd_tlbi_nsnh_all = 0x30, cmd_sync = 0x46;

/* V, Config, S1Fmt, S1ContextPtr, S1CDMax; S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS. */
constexpr uint64_t ste0_mask = 0xf80fffffffffffff, ste1_mask = 0x380000ff;
constexpr unsigned int ste_size = 64;

void check(int ret, const char *what)
{
	if (ret < 0)
		throw std::system_error(-ret, std::generic_category(), what);
}
} // namespace

int Smmu::memory_write(void *opaque, uint64_t address, const void *bytes, size_t length) noexcept
{
	return static_cast<Smmu *>(opaque)->memory.write(address, bytes, length) ? 0 : -1;
}

/* The wire, and the MSI if the guest has set one up: it goes to memory, as polling guests do. */
void Smmu::irq_pulse(void *opaque, vsmmu_irq irq) noexcept
{
	auto *smmu = static_cast<Smmu *>(opaque);

	smmu->pulses[irq]++;
	if (irq != VSMMU_IRQ_EVENTQ)
		return;
	const uint64_t address = smmu->own[VSMMU_REG_EVENTQ_IRQ_CFG0] |
				 static_cast<uint64_t>(smmu->own[VSMMU_REG_EVENTQ_IRQ_CFG0 + 4])
					 << 32;
	const uint32_t data = smmu->own[VSMMU_REG_EVENTQ_IRQ_CFG1];
	if (address)
		smmu->memory.write(address, &data, sizeof(data));
}

void Smmu::report(void *, const vsmmu_report *report) noexcept
{
	std::printf("# %s: %s\n", vsmmu_report_name(report->code), report->text);
}

Smmu::Smmu(Memory &memory, vsmmu_host *host) : memory(memory), host(host)
{
	const vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
		.report = report,
	};
	const vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.opaque = this,
		.host = host,
		.eventq_log2_max = eventq_log2_max,
		.event_path_only = true,
	};
	vsmmu *made = nullptr;

	check(vsmmu_new(&made, &config), "vsmmu_new");
	library.reset(made);
}

void Smmu::attach(uint32_t vsid, uint32_t dev_id)
{
	const vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = dev_id,
		.vfio_fd = -1,
	};

	check(vsmmu_endpoint_attach(library.get(), &config, &endpoints[vsid]), "attach");
	install(vsid);
}

void Smmu::adopt(uint32_t vsid, int fd, uint32_t first_sequence)
{
	const vsmmu_adopted_config queue = {
		.size = sizeof(queue),
		.fd = fd,
		.first_sequence = first_sequence,
	};
	vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = vsid, .vfio_fd = -1};
	vsmmu_endpoint *endpoint = nullptr;

	check(vsmmu_adopted_new(library.get(), &queue, &config.adopted), "adopt");
	check(vsmmu_endpoint_attach(library.get(), &config, &endpoint), "attach what was adopted");
}

bool Smmu::loop(int timeout_ms)
{
	pollfd fds[] = {
		{.fd = vsmmu_get_event_fd(library.get()), .events = POLLIN, .revents = 0},
		{.fd = vsmmu_get_command_fd(library.get()), .events = POLLIN, .revents = 0},
	};

	if (poll(fds, 2, timeout_ms) <= 0)
		return false;
	if (fds[0].revents)
		check(vsmmu_dispatch(library.get(), 0), "dispatch");
	if (fds[1].revents)
		check(vsmmu_run_commands(library.get(), 0), "run_commands");
	return true;
}

uint64_t Smmu::library_read(uint64_t offset) const noexcept
{
	uint64_t value = 0;

	vsmmu_mmio_read(library.get(), offset, 4, &value);
	return value;
}

uint32_t Smmu::read32(uint64_t offset) noexcept
{
	switch (offset) {
	case VSMMU_REG_IDR0:
		return idr0;
	case VSMMU_REG_IDR1:
		return idr1;
	case VSMMU_REG_IDR5:
		return idr5;
	/* The VMM has some of their bits, the library the others. */
	case VSMMU_REG_CR0ACK:
		return (own[VSMMU_REG_CR0] & cmdqen) | static_cast<uint32_t>(library_read(offset));
	case VSMMU_REG_CR0:
	case VSMMU_REG_GERROR:
	case VSMMU_REG_GERRORN:
		return own[offset] | static_cast<uint32_t>(library_read(offset));
	case VSMMU_REG_IRQ_CTRL:
	case VSMMU_REG_IRQ_CTRLACK:
	case VSMMU_REG_EVENTQ_BASE:
	case VSMMU_REG_EVENTQ_BASE + 4:
	case VSMMU_REG_EVENTQ_PROD:
	case VSMMU_REG_EVENTQ_CONS:
		return static_cast<uint32_t>(library_read(offset));
	default:
		return own[offset];
	}
}

void Smmu::write32(uint64_t offset, uint32_t value) noexcept
{
	switch (offset) {
	case VSMMU_REG_CR0:
		cr0_write(value);
		break;
	case VSMMU_REG_GERRORN:
		own[offset] = value & cmdq_err;
		vsmmu_mmio_write(library.get(), offset, 4, value);
		run_commands();
		break;
	case VSMMU_REG_IRQ_CTRL:
	case VSMMU_REG_EVENTQ_BASE:
	case VSMMU_REG_EVENTQ_BASE + 4:
	case VSMMU_REG_EVENTQ_PROD:
	case VSMMU_REG_EVENTQ_CONS:
		vsmmu_mmio_write(library.get(), offset, 4, value);
		break;
	case VSMMU_REG_CMDQ_PROD:
		own[offset] = value;
		run_commands();
		break;
	case VSMMU_REG_IDR0:
	case VSMMU_REG_IDR1:
	case VSMMU_REG_IDR5:
	case VSMMU_REG_CR0ACK:
	case VSMMU_REG_GERROR:
		break;
	default:
		own[offset] = value;
	}
}

uint64_t Smmu::read(uint64_t offset, unsigned int size) noexcept
{
	uint64_t value = read32(offset);

	return size == 8 ? value | static_cast<uint64_t>(read32(offset + 4)) << 32 : value;
}

void Smmu::write(uint64_t offset, unsigned int size, uint64_t value) noexcept
{
	write32(offset, static_cast<uint32_t>(value));
	if (size == 8)
		write32(offset + 4, static_cast<uint32_t>(value >> 32));
}

/* Before the queue can take events: what came while it could not is discarded. */
void Smmu::cr0_write(uint32_t value) noexcept
{
	const uint32_t on = smmuen | eventqen, before = read32(VSMMU_REG_CR0);

	if ((value & on) == on && (before & on) != on)
		while (vsmmu_dispatch(library.get(), 0) > 0)
			;
	own[VSMMU_REG_CR0] = value & cmdqen;
	vsmmu_mmio_write(library.get(), VSMMU_REG_CR0, 4, value);
	if ((value ^ before) & smmuen)
		install_all();
	run_commands();
}

void Smmu::run_commands() noexcept
{
	const uint64_t base = own[VSMMU_REG_CMDQ_BASE] & ~UINT32_C(0x1f);
	uint32_t &cons = own[VSMMU_REG_CMDQ_CONS];

	if (!(own[VSMMU_REG_CR0] & cmdqen))
		return;
	while (!((own[VSMMU_REG_GERROR] ^ own[VSMMU_REG_GERRORN]) & cmdq_err) &&
		((cons ^ own[VSMMU_REG_CMDQ_PROD]) & index_mask)) {
		const uint64_t at = base + (cons & index_mask >> 1) * 16;

		if (!run_command(memory.word(at), memory.word(at + 8))) {
			own[VSMMU_REG_GERROR] ^= cmdq_err;
			cons = (cons & index_mask) | cerror_ill << 24;
		} else {
			cons = (cons + 1) & index_mask;
		}
	}
}

/* With the kernel below, this is IOMMU_HWPT_INVALIDATE. */
void Smmu::invalidate(uint32_t vsid, uint64_t low, uint64_t high) noexcept
{
	const uint64_t command[1][2] = {{low, high}};
	const auto found = endpoints.find(vsid);
	uint32_t viommu = 0;

	/* A StreamID that nobody has is nothing to the hardware. */
	if (found == endpoints.end())
		return;
	if (vsmmu_endpoint_get_viommu(found->second, &viommu) ||
		vsmmu_sim_invalidate(host, viommu, command, 1))
		refused++;
}

bool Smmu::run_command(uint64_t low, uint64_t high) noexcept
{
	const auto vsid = static_cast<uint32_t>(low >> 32);

	switch (low & 0xff) {
	case cmd_cfgi_ste:
		install(vsid);
		return true;
	case cmd_cfgi_all:
		install_all();
		return true;
	case cmd_cfgi_cd:
	case cmd_cfgi_cd_all:
		invalidate(vsid, low, high);
		return true;
	/* All endpoints share one nesting parent here, and its TLB. */
	case cmd_tlbi_nh_all:
	case cmd_tlbi_nh_asid:
	case cmd_tlbi_nh_va:
	case cmd_tlbi_nsnh_all:
		if (!endpoints.empty())
			invalidate(endpoints.begin()->first, low, high);
		return true;
	case cmd_sync:
		return true;
	default:
		return false;
	}
}

/* Puts into force what the guest's registers and stream table say of an endpoint. */
void Smmu::install(uint32_t vsid) noexcept
{
	const auto found = endpoints.find(vsid);
	const uint64_t table = own[VSMMU_REG_STRTAB_BASE] & ~UINT32_C(0x3f);
	uint64_t ste[2] = {1 | 4 << 1, 0}; /* V, Config: bypass */

	if (found == endpoints.end())
		return;
	if (read32(VSMMU_REG_CR0) & smmuen) {
		ste[0] = memory.word(table + vsid * ste_size) & ste0_mask;
		ste[1] = memory.word(table + vsid * ste_size + 8) & ste1_mask;
	}
	if (vsmmu_endpoint_set_ste(found->second, ste))
		refused++;
	/* A new STE means new CDs. */
	invalidate(vsid, static_cast<uint64_t>(vsid) << 32 | cmd_cfgi_cd_all, 0);
}

void Smmu::install_all() noexcept
{
	for (const auto &endpoint : endpoints)
		install(endpoint.first);
}

void Smmu::reset()
{
	own.clear();
	check(vsmmu_reset(library.get()), "reset");
}

Smmu::State Smmu::save()
{
	void *bytes = nullptr;
	size_t length = 0;

	check(vsmmu_save(library.get(), &bytes, &length), "save");
	const std::unique_ptr<void, void (*)(void *)> owner(bytes, vsmmu_snapshot_free);
	const auto *begin = static_cast<const uint8_t *>(bytes);
	return {.own = own, .snapshot = std::vector<uint8_t>(begin, begin + length)};
}

void Smmu::restore(const State &state)
{
	check(vsmmu_restore(library.get(), state.snapshot.data(), state.snapshot.size()),
		"restore");
	own = state.own;
	install_all();
}
