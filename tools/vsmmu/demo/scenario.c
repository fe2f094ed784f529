/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/scenario.h"

#define SPEED_NORMAL 512
#define SPEED_SLOW   2

/* Queue sizes, from 2^8 to 2^11 records. */
#define LOG2_FIRST 10
#define LOG2_SMALL 8
#define LOG2_LARGE 11

/* Faults of which nobody has read any when an endpoint goes or the guest reboots. */
#define IN_FLIGHT 200

static struct machine_endpoint *last_endpoint(struct scenario *scenario)
{
	return &scenario->machine->endpoints[scenario->machine->endpoint_count - 1];
}

/* Not the one that storms, if there is another. */
static struct machine_endpoint *removable(struct scenario *scenario)
{
	return &scenario->machine->endpoints[0];
}

static void boot(struct scenario *scenario)
{
	guest_driver_enable(&scenario->machine->guest, MACHINE_QUEUE_GOOD, LOG2_FIRST);
}

static void storm_begins(struct scenario *scenario)
{
	scenario->storm = true;
}

static void storm_ends(struct scenario *scenario)
{
	scenario->storm = false;
}

static void guest_slows(struct scenario *scenario)
{
	scenario->guest_speed = SPEED_SLOW;
}

static void guest_recovers(struct scenario *scenario)
{
	scenario->guest_speed = SPEED_NORMAL;
}

static void disable(struct scenario *scenario)
{
	guest_driver_disable(&scenario->machine->guest);
}

static void enable_small(struct scenario *scenario)
{
	guest_driver_enable(&scenario->machine->guest, MACHINE_QUEUE_GOOD, LOG2_SMALL);
}

static void unplug(struct scenario *scenario)
{
	machine_fault(scenario->machine, removable(scenario), IN_FLIGHT);
	machine_unplug(scenario->machine, removable(scenario));
}

static void plug(struct scenario *scenario)
{
	machine_plug(scenario->machine, removable(scenario));
}

static void misplace(struct scenario *scenario)
{
	disable(scenario);
	guest_driver_enable(
		&scenario->machine->guest, MACHINE_QUEUE_MISPLACED, MACHINE_MISPLACED_LOG2);
}

static void move(struct scenario *scenario)
{
	disable(scenario);
	guest_driver_enable(&scenario->machine->guest, MACHINE_QUEUE_GOOD, LOG2_LARGE);
}

static void reboot(struct scenario *scenario)
{
	machine_reboot(scenario->machine, last_endpoint(scenario), IN_FLIGHT);
	boot(scenario);
}

static const struct step {
	unsigned int permille;
	void (*take)(struct scenario *scenario);
	const char *text;
} steps[] = {
	{0, boot, "the guest boots: an event queue of 1024 records"},
	{60, storm_begins, "one endpoint begins a storm"},
	{200, guest_slows, "the guest is slow to read its queue"},
	{270, guest_recovers, "the guest is fast again"},
	{350, disable, "the guest disables its queue"},
	{370, enable_small, "the guest enables its queue again, with 256 records"},
	{440, unplug, "an endpoint is unplugged, with faults in flight"},
	{460, plug, "the endpoint is plugged in again"},
	{540, misplace, "the guest puts half of its queue outside its memory"},
	{560, move, "the guest moves its queue, with 2048 records now"},
	{640, guest_slows, "the guest is slow again"},
	{700, guest_recovers, "the guest is fast again"},
	{780, reboot, "the guest reboots, with faults in flight"},
	{900, storm_ends, "the storm is over"},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

void scenario_init(struct scenario *scenario, struct machine *machine)
{
	*scenario = (struct scenario){
		.machine = machine,
		.text = "",
		.guest_speed = SPEED_NORMAL,
	};
}

/* Events after which a step is due, rounded up: a run of one event sees it delivered. */
static uint64_t step_at(const struct scenario *scenario, unsigned int step)
{
	uint64_t max = scenario->machine->produced_max;

	return max / 1000 * steps[step].permille + (max % 1000 * steps[step].permille + 999) / 1000;
}

/* With all of them unplugged nothing would ever be produced again. */
static bool can_produce(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->endpoint_count; i++)
		if (machine->endpoints[i].handle)
			return true;
	return false;
}

bool scenario_step(struct scenario *scenario)
{
	unsigned int before = scenario->next;

	while (scenario->next < STEPS && !scenario->machine->error) {
		const struct step *step = &steps[scenario->next];

		if (scenario->machine->produced < step_at(scenario, scenario->next) &&
			can_produce(scenario->machine))
			break;
		step->take(scenario);
		scenario->text = step->text;
		scenario->next++;
		/* They come one at a time, so that each is told. */
		break;
	}
	return scenario->next != before;
}

static uint32_t burst(struct scenario *scenario, const struct machine_endpoint *endpoint)
{
	struct prng *prng = &scenario->machine->prng;

	if (!scenario->storm || endpoint != last_endpoint(scenario))
		return prng_below(prng, 32);
	/* Now and then more than a vEVENTQ holds. */
	if (prng_one_in(prng, 48))
		return 2048 + prng_below(prng, 2048);
	return prng_below(prng, 1024);
}

void scenario_run(struct scenario *scenario)
{
	struct machine *machine = scenario->machine;
	uint64_t end = machine->produced_max;

	if (scenario->next < STEPS)
		end = step_at(scenario, scenario->next);
	for (uint32_t i = 0; i < machine->endpoint_count; i++) {
		struct machine_endpoint *endpoint = &machine->endpoints[i];
		uint64_t room = end > machine->produced ? end - machine->produced : 0;
		uint32_t count = burst(scenario, endpoint);

		machine_fault(machine, endpoint, count < room ? count : (uint32_t)room);
	}
	machine_run(machine, scenario->guest_speed);
}
