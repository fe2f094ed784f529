/* SPDX-License-Identifier: BSD-2-Clause */
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vsmmu/registers.h>

#include "counters.h"

#define EDUS	      "0000:00:01.0 0000:00:02.0 0000:00:03.0 0000:00:04.0"
#define STORM	      40   /* thousands of faults, of each edu device */
#define STORM_SECONDS 300u /* that it may take to make them */
#define SMALL_READS   100u
#define LARGE_READS   10u
#define PAIRS	      16 /* of a round: so many times in turn on either machine */
#define EXITS	      10000u
#define FEW_READS     1000u
#define MANY_READS    5000u

void measure_print(const struct machine *machine, const char *figure, double value)
{
	printf("peer: %s.%s %.6f\n", machine->name, figure, value);
}

static double read_disk(struct machine *machine, unsigned int count, unsigned int bytes)
{
	char answer[64];

	snprintf(answer, sizeof(answer), "guest: disk read %u %u ", count, bytes);
	return atof(machine_do(machine, answer, 120, "disk read %u %u", count, bytes));
}

void measure_reads(struct machine *machines, const char *mode, int rounds)
{
	char small[64], large[64];

	snprintf(small, sizeof(small), "%s_4k_s", mode);
	snprintf(large, sizeof(large), "%s_256k_s", mode);
	for (int n = 0; n < 2; n++) /* not measured: the disk is created, the caches are cold */
		read_disk(&machines[n], 100, 4096);
	for (int n = 0; n < 2 * PAIRS * rounds; n++) {
		struct machine *machine = &machines[n % 2];

		measure_print(machine, small, read_disk(machine, SMALL_READS, 4096) / SMALL_READS);
		measure_print(
			machine, large, read_disk(machine, LARGE_READS, 262144) / LARGE_READS);
	}
}

/* Return: the register; @seconds that a read took. */
static uint32_t read_register(
	struct machine *machine, uint32_t offset, unsigned int count, double *seconds)
{
	const char *answer = machine_do(
		machine, "guest: register ", 60, "register 0x%" PRIx32 " %u", offset, count);
	unsigned int value = 0;

	if (sscanf(answer, "%x %lf", &value, seconds) != 2)
		machine_fail(machine, "no register");
	*seconds /= count;
	return value;
}

void measure_exit(struct machine *machine)
{
	double seconds;

	read_register(machine, VSMMU_REG_IDR0, EXITS, &seconds);
	measure_print(machine, "exit_s", seconds);
}

struct counts {
	uint64_t exits;
	uint64_t calls;
};

static struct counts count_reads(
	struct machine *machine, const struct exits *exits, unsigned int reads)
{
	const struct counts before = {exits_count(exits), counters_invalidations()};

	read_disk(machine, reads, 4096);
	return (struct counts){
		exits_count(exits) - before.exits, counters_invalidations() - before.calls};
}

/*
 * The console's exits are in both counts, for as many characters, so the difference of the two has
 * only what the reads cost.
 */
void measure_unmaps(struct machine *machine)
{
	struct counts few, many;
	struct exits exits;

	if (exits_find(&exits, machine->guest.pid) || counters_count_invalidations(true))
		machine_fail(machine, "the host cannot count");
	count_reads(machine, &exits, FEW_READS);
	few = count_reads(machine, &exits, FEW_READS);
	many = count_reads(machine, &exits, MANY_READS);
	counters_count_invalidations(false);
	measure_print(machine, "exits_per_unmap",
		(double)(many.exits - few.exits) / (MANY_READS - FEW_READS));
	measure_print(machine, "host_calls_per_unmap",
		(double)(many.calls - few.calls) / (MANY_READS - FEW_READS));
}

/* The indexes of a queue count up to twice its size. */
static uint32_t consumed(struct machine *machine, uint32_t *modulo)
{
	double ignored;
	const uint32_t base = read_register(machine, VSMMU_REG_EVENTQ_BASE, 1, &ignored);

	*modulo = 2u << (base & 0x1f);
	return read_register(machine, VSMMU_REG_EVENTQ_CONS, 1, &ignored) & (*modulo - 1);
}

static unsigned int make_storm(struct machine *machine)
{
	return (unsigned int)atoi(
		machine_do(machine, "guest: storm of ", STORM_SECONDS, "storm %u " EDUS, STORM));
}

void measure_storm(struct machine *machine)
{
	struct activity activity;
	uint32_t modulo, delivered;
	unsigned int faults;
	double begin;
	uint64_t exits;

	delivered = consumed(machine, &modulo);
	begin = seconds_now();
	if (activity_start(&activity, machine->guest.pid))
		machine_fail(machine, "the host cannot count");
	exits = exits_count(&activity.exits);
	faults = make_storm(machine);
	measure_print(machine, "storm_making_s", seconds_now() - begin);
	measure_print(machine, "storm_s", activity_end(&activity) - begin);
	exits = exits_count(&activity.exits) - exits;
	delivered = (consumed(machine, &modulo) - delivered) & (modulo - 1);
	measure_print(machine, "storm_faults", faults);
	measure_print(machine, "storm_exits", (double)exits);
	measure_print(machine, "storm_lost", (double)faults - delivered);
	measure_print(machine, "storm_queue", modulo / 2);
}

void measure_off_in_storm(struct machine *machine)
{
	make_storm(machine);
	machine_begin_off(machine);
	measure_print(machine, "poweroff_in_storm_s", machine_end(machine, 120));
}

void measure_driverless_copy(struct machine *machine)
{
	const char *answer = machine_do(machine, "guest: copy ", 60, "copy 0000:00:01.0");

	measure_print(machine, "driverless_dma", !strncmp(answer, "arrived", 7));
}
