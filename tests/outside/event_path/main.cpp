/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event path alone in a VMM that has an SMMU of its own, in C++20, on the simulator. What is
 * looked at is what the guest sees of it.
 */
#include <cinttypes>
#include <cstdio>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include <vsmmu/sim.h>

#include "guest.hpp"

namespace
{
bool failed;

void require(bool good, int line, const char *what)
{
	if (good)
		return;
	failed = true;
	std::printf("# line %d: %s\n", line, what);
}
#define REQUIRE(...) require(static_cast<bool>(__VA_ARGS__), __LINE__, #__VA_ARGS__)

struct HostDeleter {
	void operator()(vsmmu_host *host) const noexcept
	{
		vsmmu_host_unref(host);
	}
};
using HostPtr = std::unique_ptr<vsmmu_host, HostDeleter>;

int dma_read(void *opaque, uint64_t address, void *bytes, size_t length) noexcept
{
	return static_cast<Memory *>(opaque)->read(address, bytes, length) ? 0 : -1;
}

int dma_write(void *opaque, uint64_t address, const void *bytes, size_t length) noexcept
{
	return static_cast<Memory *>(opaque)->write(address, bytes, length) ? 0 : -1;
}

HostPtr make_host(Memory &memory)
{
	const vsmmu_sim_config config = {
		.size = sizeof(config),
		.memory_read = dma_read,
		.memory_write = dma_write,
		.memory_opaque = &memory,
	};
	vsmmu_host *host = nullptr;

	vsmmu_sim_new(&host, &config);
	return HostPtr(host);
}

/* The machine: two assigned devices, and one whose vIOMMU is the VMM's. */
struct Machine {
	static constexpr uint32_t disk = 0x10, network = 0x20, foreign = 0x30;

	Memory memory;
	HostPtr host = make_host(memory);
	std::unique_ptr<Smmu> smmu = std::make_unique<Smmu>(memory, host.get());
	Guest guest = Guest(memory, *smmu);
	uint32_t dev_id[2] = {};
	int queue = eventfd(0, EFD_CLOEXEC);

	Machine()
	{
		for (uint32_t &id : dev_id)
			vsmmu_sim_endpoint_new(host.get(), 0, &id);
	}
	~Machine()
	{
		close(queue);
	}

	void plug()
	{
		smmu->attach(disk, dev_id[0]);
		smmu->attach(network, dev_id[1]);
		smmu->adopt(foreign, queue, 0);
	}

	/* The disk writes 8 bytes. Return: 0, or -EFAULT when it is stopped. */
	int dma(uint64_t iova, uint64_t value)
	{
		const vsmmu_access access = {
			.size = sizeof(access), .flags = VSMMU_ACCESS_WRITE, .address = iova};

		return vsmmu_sim_dma(host.get(), dev_id[0], &access, &value, sizeof(value));
	}

	void run()
	{
		while (smmu->loop(0))
			;
	}

	vsmmu_stats stats() const
	{
		vsmmu_stats stats = {.size = sizeof(stats)};

		vsmmu_get_stats(smmu->get(), &stats);
		return stats;
	}
};

void expect_fault(Machine &machine, uint64_t iova)
{
	const auto event = machine.guest.take_event();

	REQUIRE(event && event->id == VSMMU_EVENT_F_TRANSLATION && event->sid == Machine::disk &&
		event->input_addr == iova);
}

void expect_balance(const Machine &machine)
{
	const vsmmu_stats stats = machine.stats();

	REQUIRE(stats.sequenced == stats.delivered + stats.lost + stats.discarded + stats.pending);
}

void needs_the_flag(Machine &machine)
{
	static unsigned int reports;
	const vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = dma_write,
		.irq_pulse = [](void *, vsmmu_irq) noexcept {},
		.report =
			[](void *, const vsmmu_report *report) noexcept {
				reports += report->code == VSMMU_REPORT_UNFIT;
			},
	};
	vsmmu_config config = {.size = sizeof(config), .ops = &ops, .opaque = &machine.memory};
	vsmmu *made = nullptr;

	REQUIRE(vsmmu_new(&made, &config) == -EINVAL && !made);
	REQUIRE(reports == 1);
	config.event_path_only = true;
	REQUIRE(vsmmu_new(&made, &config) == 0 && reports == 1);
	vsmmu_free(made);
}

void registers_are_its_own(Machine &machine)
{
	REQUIRE(machine.guest.read(VSMMU_REG_IDR0) & 1 << 1);
	REQUIRE((machine.guest.read(VSMMU_REG_IDR1) >> 16 & 31) == Smmu::eventq_log2_max);
	machine.plug();
	/* Until the guest says otherwise, devices see memory. */
	REQUIRE(machine.dma(Memory::base + 0x60000, 0x11) == 0);
	REQUIRE(machine.memory.word(Memory::base + 0x60000) == 0x11);
	machine.guest.boot();
	REQUIRE(machine.guest.read(VSMMU_REG_CR0ACK) == Guest::on);
	REQUIRE(machine.guest.read(VSMMU_REG_CR0) == Guest::on);
	REQUIRE(machine.guest.read(VSMMU_REG_IRQ_CTRLACK) ==
		(Smmu::eventq_irqen | Smmu::gerror_irqen));
	REQUIRE(machine.guest.read(VSMMU_REG_EVENTQ_BASE, 8) == (Guest::eventq | Guest::log2));
}

void stes_are_its_own(Machine &machine)
{
	/* The guest's table says nothing of the device. */
	REQUIRE(machine.dma(Guest::mapped, 0x22) == -EFAULT);
	REQUIRE(machine.guest.translate(Machine::disk));
	REQUIRE(machine.dma(Guest::mapped, 0x22) == 0);
	REQUIRE(machine.memory.word(Memory::base + Guest::mapped) == 0x22);
	machine.run();
	REQUIRE(!machine.guest.take_msi() && !machine.guest.take_event());
}

void invalidations_are_its_own(Machine &machine)
{
	const uint64_t other = Memory::base + Memory::size / 2;

	machine.guest.remap(other);
	REQUIRE(machine.dma(Guest::mapped, 0x55) == 0);
	REQUIRE(machine.memory.word(Memory::base + Guest::mapped) == 0x55);
	REQUIRE(machine.guest.forget_translations());
	REQUIRE(machine.dma(Guest::mapped, 0x66) == 0);
	REQUIRE(machine.memory.word(other + Guest::mapped) == 0x66);
	REQUIRE(machine.memory.word(Memory::base + Guest::mapped) == 0x55);
	machine.guest.remap(Memory::base);
	REQUIRE(machine.guest.forget_translations());
	REQUIRE(machine.smmu->failures() == 0);
}

void events_arrive(Machine &machine)
{
	const unsigned int before = machine.smmu->wired(VSMMU_IRQ_EVENTQ);

	REQUIRE(machine.dma(Guest::unmapped, 0) == -EFAULT);
	REQUIRE(machine.smmu->loop(1000));
	machine.run();
	REQUIRE(machine.guest.take_msi());
	REQUIRE(machine.smmu->wired(VSMMU_IRQ_EVENTQ) == before + 1);
	expect_fault(machine, Guest::unmapped);
	/* No interrupts, but events, while they are off. */
	machine.guest.write(VSMMU_REG_IRQ_CTRL, 0);
	REQUIRE(machine.dma(Guest::unmapped + 8, 0) == -EFAULT);
	machine.run();
	REQUIRE(!machine.guest.take_msi());
	expect_fault(machine, Guest::unmapped + 8);
	machine.guest.write(VSMMU_REG_IRQ_CTRL, Smmu::eventq_irqen | Smmu::gerror_irqen);
	expect_balance(machine);
}

void errors_are_told_apart(Machine &machine)
{
	Guest &guest = machine.guest;
	const unsigned int before = machine.smmu->wired(VSMMU_IRQ_GERROR);

	guest.write(VSMMU_REG_CR0, Smmu::smmuen | Smmu::cmdqen);
	guest.set_eventq(0x1000); /* no memory */
	guest.write(VSMMU_REG_CR0, Guest::on);
	REQUIRE(machine.dma(Guest::unmapped, 0) == -EFAULT);
	machine.run();
	guest.command(0xff);
	REQUIRE(guest.read(VSMMU_REG_GERROR) == (Smmu::eventq_abt_err | Smmu::cmdq_err));
	REQUIRE(machine.smmu->wired(VSMMU_IRQ_GERROR) == before + 1);
	guest.write(VSMMU_REG_GERRORN, Smmu::eventq_abt_err);
	REQUIRE(guest.read(VSMMU_REG_GERRORN) == Smmu::eventq_abt_err);
	/* The command is mended, and goes on. */
	machine.memory.put(Guest::cmdq + (guest.read(VSMMU_REG_CMDQ_CONS) & 127) * 16, 0x46);
	guest.write(VSMMU_REG_GERRORN, Smmu::eventq_abt_err | Smmu::cmdq_err);
	REQUIRE(guest.sync());
	guest.write(VSMMU_REG_CR0, Smmu::smmuen | Smmu::cmdqen);
	guest.set_eventq(Guest::eventq);
	/* A queue that is turned on does not tell what came while it was off. */
	REQUIRE(machine.dma(Guest::unmapped, 0) == -EFAULT);
	guest.write(VSMMU_REG_CR0, Guest::on);
	machine.run();
	REQUIRE(!guest.take_event() && !guest.take_msi());
	expect_balance(machine);
	REQUIRE(machine.stats().discarded_by[VSMMU_DISCARD_DISABLED] == 1);
}

/*
 * Reading an eventfd gives a number of 64 bits: as a vEVENTQ's, it is a header, of LOST_EVENTS with
 * a sequence number.
 */
void adoption_counts_what_was_lost(Machine &machine)
{
	int pipes[2];

	REQUIRE(pipe2(pipes, O_CLOEXEC) == 0);
	try {
		machine.smmu->adopt(0x31, pipes[0], 0);
		REQUIRE(!"a pipe was adopted");
	} catch (const std::system_error &error) {
		REQUIRE(error.code().value() == ENOTTY);
	}
	close(pipes[0]);
	close(pipes[1]);

	const uint64_t before = machine.stats().lost;
	REQUIRE(eventfd_write(machine.queue, UINT64_C(6) << 32 | 1) == 0);
	machine.run();
	REQUIRE(machine.stats().lost == before + 7); /* 0 to 6 */
	/* It shows in the queue, but nobody is interrupted for an empty one. */
	REQUIRE(machine.guest.overflowed() && !machine.guest.take_msi());
	REQUIRE(machine.dma(Guest::unmapped, 0) == -EFAULT);
	machine.run();
	REQUIRE(machine.guest.take_msi() && machine.guest.overflowed());
	expect_fault(machine, Guest::unmapped);
	REQUIRE(!machine.guest.overflowed());
	expect_balance(machine);
}

void moves(Machine &machine)
{
	const vsmmu_stats before = machine.stats();
	Smmu::State state;

	/* The kernel has an event that the guest was not told yet. */
	REQUIRE(machine.dma(Guest::unmapped + 16, 0) == -EFAULT);
	state = machine.smmu->save();
	REQUIRE(machine.stats().pending == 1);
	machine.smmu = std::make_unique<Smmu>(machine.memory, machine.host.get());
	machine.guest.move_to(*machine.smmu);
	machine.plug();
	machine.smmu->restore(state);
	REQUIRE(machine.guest.read(VSMMU_REG_CR0ACK) == Guest::on);
	machine.guest.take_msi(); /* restoring may raise one too many */
	machine.run();
	REQUIRE(machine.guest.take_msi());
	expect_fault(machine, Guest::unmapped + 16);
	REQUIRE(machine.stats().delivered == before.delivered + 1);
	REQUIRE(machine.dma(Guest::mapped, 0x33) == 0);
	REQUIRE(machine.memory.word(Memory::base + Guest::mapped) == 0x33);
	expect_balance(machine);
}

void resets(Machine &machine)
{
	REQUIRE(machine.dma(Guest::unmapped, 0) == -EFAULT);
	machine.smmu->reset();
	REQUIRE(machine.guest.read(VSMMU_REG_CR0ACK) == 0);
	REQUIRE(machine.dma(Memory::base + 0x60000, 0x44) == 0);
	machine.guest.boot();
	REQUIRE(machine.guest.translate(Machine::disk));
	machine.run();
	REQUIRE(!machine.guest.take_event());
	REQUIRE(machine.dma(Guest::unmapped + 24, 0) == -EFAULT);
	machine.run();
	expect_fault(machine, Guest::unmapped + 24);
	expect_balance(machine);
}

void counters_have_names(Machine &machine)
{
	const vsmmu_stats stats = machine.stats();
	uint64_t delivered = 0, discarded = 0;
	unsigned int n = 0;

	for (const char *name; (name = vsmmu_stats_name(n)); n++) {
		const uint64_t value = vsmmu_stats_value(&stats, n);

		if (value)
			std::printf("# %s %" PRIu64 "\n", name, value);
		if (!std::strcmp(name, "delivered"))
			delivered = value;
		if (!std::strncmp(name, "discarded_", 10))
			discarded += value;
	}
	REQUIRE(n > VSMMU_DISCARD_SUBSTREAM && delivered == stats.delivered);
	REQUIRE(discarded == stats.discarded && discarded > 0);
	REQUIRE(machine.smmu->failures() == 0);
}

/* Nothing of the library's is left in the host. */
void ends(Machine &machine)
{
	vsmmu_sim_stats stats = {.size = sizeof(stats)};

	machine.smmu.reset();
	REQUIRE(vsmmu_sim_get_stats(machine.host.get(), &stats) == 0 && stats.objects == 0);
}
} // namespace

int main()
{
	const struct {
		const char *name;
		void (*run)(Machine &machine);
	} steps[] = {
		{"a config without memory_read needs the flag", needs_the_flag},
		{"registers are merged from two", registers_are_its_own},
		{"the VMM reads the stream table", stes_are_its_own},
		{"the VMM invalidates [S3]", invalidations_are_its_own},
		{"events arrive, with an MSI of the VMM's [E8]", events_arrive},
		{"errors of both are told apart [E7]", errors_are_told_apart},
		{"an adopted vEVENTQ's loss is counted and told [E5 P17]",
			adoption_counts_what_was_lost},
		{"it moves, with an event on the way [S7]", moves},
		{"it resets [E10]", resets},
		{"counters have names [E6]", counters_have_names},
		{"it ends [E11]", ends},
	};
	int number = 0, bad = 0;
	Machine machine;

	for (const auto &step : steps) {
		failed = false;
		try {
			step.run(machine);
		} catch (const std::exception &error) {
			std::printf("# %s\n", error.what());
			failed = true;
		}
		bad += failed;
		std::printf(
			"%sok %d - event path: %s\n", failed ? "not " : "", ++number, step.name);
	}
	std::printf("1..%d\n", number);
	return bad ? 1 : 0;
}
