/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boots guests in vsmmu-vm and in QEMU, side by side, and measures both. It runs in the rig's
 * machine, beginning with the first of two edu and NVMe endpoints, and prints lines
 * "peer: VMM.FIGURE VALUE", which bench/peer/run reads.
 *
 *	peer_bench ROUNDS PART...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "machine.h"
#include "measure.h"

#define STORMS 2 /* on either machine */

static struct machine machines[2];

/* In turn the one and the other comes first. */
static void boot_both(const struct machine_setup *setup, int round, bool timed)
{
	for (int n = 0; n < 2; n++) {
		struct machine *machine = &machines[(n + round) % 2];
		const double seconds = machine_boot(machine, setup);

		if (timed)
			measure_print(machine, "boot_s", seconds);
		if (timed)
			measure_print(machine, "kernel_s", machine_kernel_seconds(machine));
		machine_do(machine, NULL, 10, "quiet");
	}
}

static void end_both(void)
{
	for (int n = 0; n < 2; n++) {
		machine_begin_off(&machines[n]);
		machine_end(&machines[n], 60);
	}
}

static void run_driverless(int rounds)
{
	const struct machine_setup setup = {
		.kernel = GUEST_DEBIAN_12, .append = "quiet", .edu_only = true};

	(void)rounds;
	boot_both(&setup, 0, false);
	for (int n = 0; n < 2; n++)
		measure_driverless_copy(&machines[n]);
	end_both();
}

static void run_passthrough(int rounds)
{
	const struct machine_setup setup = {
		.kernel = GUEST_RIG, .append = "quiet iommu.passthrough=1"};

	boot_both(&setup, 0, false);
	measure_reads(machines, "passthrough", rounds);
	end_both();
}

static void run_no_ril(int rounds)
{
	const struct machine_setup setup = {.kernel = GUEST_RIG, .append = "quiet", .no_ril = true};

	boot_both(&setup, 0, false);
	measure_reads(machines, "no_ril", rounds);
	end_both();
}

static void run_strict(int rounds)
{
	const struct machine_setup setup = {.kernel = GUEST_RIG, .append = "quiet"};

	for (int round = 0; round < rounds; round++) {
		boot_both(&setup, round, true);
		measure_reads(machines, "strict", rounds);
		end_both();
	}
}

static void run_unmaps(int rounds)
{
	const struct machine_setup setup = {.kernel = GUEST_RIG, .append = "quiet"};

	(void)rounds;
	boot_both(&setup, 0, false);
	for (int n = 0; n < 2; n++)
		measure_unmaps(&machines[n]);
	end_both();
}

static void run_storm(int rounds)
{
	const struct machine_setup setup = {.kernel = GUEST_RIG, .append = "quiet"};

	(void)rounds;
	boot_both(&setup, 0, false);
	for (int n = 0; n < 2 * STORMS; n++) {
		struct machine *machine = &machines[(n + n / 2) % 2];

		measure_exit(machine);
		measure_storm(machine);
		measure_exit(machine);
	}
	for (int n = 0; n < 2; n++)
		measure_off_in_storm(&machines[n]);
}

static const struct {
	const char *name;
	void (*run)(int rounds);
} parts[] = {
	{"driverless", run_driverless},
	{"passthrough", run_passthrough},
	{"no_ril", run_no_ril},
	{"strict", run_strict},
	{"unmaps", run_unmaps},
	{"storm", run_storm},
};

int main(int argc, char **argv)
{
	const int rounds = argc > 2 ? atoi(argv[1]) : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (rounds < 1) {
		fprintf(stderr, "usage: peer_bench ROUNDS PART...\n");
		return 2;
	}
	if (machines_open(&machines[0], &machines[1]))
		return 1;
	for (size_t n = 0; n < sizeof(parts) / sizeof(parts[0]); n++)
		for (int word = 2; word < argc; word++)
			if (!strcmp(argv[word], parts[n].name))
				parts[n].run(rounds);
	return 0;
}
