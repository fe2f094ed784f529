/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu demo: translation, then the event path in a storm, on the embedded simulator. */
#include "command.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/recorder.h"
#include "demo/result.h"
#include "demo/scenario.h"
#include "demo/translation.h"
#include "demo/view.h"

#define EVENTS_DEFAULT	  2000000
#define EVENTS_MAX	  UINT64_C(1000000000000)
#define SEED_DEFAULT	  1
#define ENDPOINTS_DEFAULT 4
#define SECONDS_TERMINAL  4
#define SECONDS_MAX	  86400

/* So that every vEVENTQ passes from INT_MAX to 0 within its first events. */
#define FIRST_SEQUENCE (INT_MAX - 500)

struct demo_options {
	uint64_t events;
	uint64_t seed;
	uint64_t endpoints;
	uint64_t seconds;
	bool seconds_given;
	const char *record; /* NULL or a path */
	bool json;
	bool quiet;
	bool help;
};

static void print_help(void)
{
	printf("usage: vsmmu demo [OPTION]...\n"
	       "\n"
	       "Runs a virtual SMMU on the embedded simulator. First, endpoints do good and bad\n"
	       "DMA through tables that a guest's driver builds; every byte is compared. Then\n"
	       "endpoints fault and storm, the simulated kernel loses events, a guest's driver\n"
	       "consumes its queue. It ends with one line that says whether every event is\n"
	       "accounted for. The same options give the same numbers every time.\n"
	       "\n"
	       "options:\n"
	       "  -n, --events N     events to produce (default %d)\n"
	       "  -s, --seed N       seed of all that is random (default %d)\n"
	       "  -e, --endpoints N  endpoints, 1 to %d; the last one storms (default %d)\n"
	       "  -t, --seconds N    take at least so long, for a person to watch\n"
	       "                     (default %d with the live table, else 0)\n"
	       "  -r, --record FILE  write a capture, for 'vsmmu replay' and 'vsmmu decode'\n"
	       "  -j, --json         one JSON object on standard output, and nothing else\n"
	       "  -q, --quiet        only the last line\n"
	       "  -h, --help         this text\n"
	       "\n"
	       "exit codes: 0 every event is accounted for, 1 not, 2 bad usage, 3 the machine\n"
	       "would not let it run, 128 + N ended by signal N.\n",
		EVENTS_DEFAULT, SEED_DEFAULT, DEMO_ENDPOINTS_MAX, ENDPOINTS_DEFAULT,
		SECONDS_TERMINAL);
}

/* Return: true, or false after a message. */
static bool parse_options(int argc, char **argv, struct demo_options *options)
{
	static const struct option known[] = {
		{"events", required_argument, NULL, 'n'},
		{"seed", required_argument, NULL, 's'},
		{"endpoints", required_argument, NULL, 'e'},
		{"seconds", required_argument, NULL, 't'},
		{"record", required_argument, NULL, 'r'},
		{"json", no_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "n:s:e:t:r:jqh", known, NULL)) != -1) {
		switch (option) {
		case 'n':
			good = option_number(
				argv[0], "--events", optarg, 1, EVENTS_MAX, &options->events);
			break;
		case 's':
			good = option_number(
				argv[0], "--seed", optarg, 0, UINT64_MAX, &options->seed);
			break;
		case 'e':
			good = option_number(argv[0], "--endpoints", optarg, 1, DEMO_ENDPOINTS_MAX,
				&options->endpoints);
			break;
		case 't':
			good = option_number(
				argv[0], "--seconds", optarg, 0, SECONDS_MAX, &options->seconds);
			options->seconds_given = true;
			break;
		case 'r':
			options->record = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'q':
			options->quiet = true;
			break;
		case 'h':
			options->help = true;
			return true;
		default:
			fprintf(stderr, "'vsmmu demo --help' says what is possible\n");
			return false;
		}
	}
	if (good && optind < argc) {
		fprintf(stderr, "%s: no argument is expected, but there is '%s'\n", argv[0],
			argv[optind]);
		good = false;
	}
	return good;
}

static enum view_mode view_mode(const struct demo_options *options)
{
	if (options->json || options->quiet)
		return VIEW_NONE;
	return view_has_terminal() ? VIEW_TABLE : VIEW_LINES;
}

static void run(struct machine *machine, struct view *view)
{
	struct scenario scenario;

	scenario_init(&scenario, machine);
	while (machine->produced < machine->produced_max && !machine->error && !caught_signal) {
		while (scenario_step(&scenario))
			view_step(view, scenario.text);
		scenario_run(&scenario);
		view_tick(view);
	}
	machine_drain(machine);
	guest_driver_look(&machine->guest);
	machine_sample(machine);
}

static int conclude(const struct demo_options *options, const struct result *result)
{
	bool good = result_is_sound(result);

	good &= result_is_accounted(result);
	if (options->json) {
		if (result_print_json(result)) {
			fprintf(stderr, "vsmmu demo: no memory for the JSON object\n");
			return EXIT_ENVIRONMENT;
		}
	} else {
		if (!options->quiet)
			result_print_summary(result);
		result_print_line(result);
	}
	if (result->machine->error) {
		fprintf(stderr, "vsmmu demo: %s: %s\n", result->machine->error_call,
			strerror(-result->machine->error));
		return EXIT_ENVIRONMENT;
	}
	if (!good)
		return EXIT_FAILED;
	return result->signal ? 128 + result->signal : EXIT_OK;
}

/* Return: 0 or -errno; the machine is to be destroyed in any case. */
static int add_endpoints(struct machine *machine, uint32_t count)
{
	for (uint32_t i = 0; i < count && !machine->error; i++) {
		/* PCI requester IDs 01:00.0, 01:01.0, ... */
		struct machine_endpoint *endpoint =
			machine_add(machine, 0x100 + 8 * i, i % DEMO_SMMUS);

		if (endpoint)
			machine_plug(machine, endpoint);
	}
	return machine->error;
}

/* The machine is gone after this. */
static int play(const struct demo_options *options, struct machine *machine,
	const struct translation *translation)
{
	enum view_mode mode = view_mode(options);
	struct result result = {
		.name = "demo",
		.machine = machine,
		.translation = translation,
		.has_seed = true,
		.seed = options->seed,
	};
	uint64_t seconds = mode == VIEW_TABLE ? SECONDS_TERMINAL : 0;
	struct view view;

	if (options->seconds_given)
		seconds = options->seconds;
	view_init(&view, mode, machine, (double)seconds);
	run(machine, &view);
	view_end(&view);
	result.objects_left = machine_destroy(machine);
	result.signal = caught_signal;
	result.reports_shown = view.reports_shown;
	result.reports_suppressed = view.reports_suppressed;
	return conclude(options, &result);
}

static int fail(const char *what, const char *object, int error)
{
	fprintf(stderr, "vsmmu demo: cannot %s %s: %s\n", what, object, strerror(-error));
	return EXIT_ENVIRONMENT;
}

static void tell(const char *text)
{
	printf("  %s\n", text);
}

static int demo_run(const struct demo_options *options, struct machine *machine)
{
	const struct machine_config config = {
		.first_sequence = FIRST_SEQUENCE,
		.ssid_bits = 8,
		.seed = options->seed,
		.produced_max = options->events,
	};
	struct translation translation;
	struct recorder recorder;
	int ret, code;

	translation_run(&translation, options->seed, view_mode(options) == VIEW_NONE ? NULL : tell);
	if (translation.error)
		return fail("make", "the guest with its tables", translation.error);
	ret = machine_init(machine, &config);
	if (ret)
		return fail("make", "the simulated machine", ret);
	if (options->record)
		ret = recorder_open(&recorder, options->record, machine);
	if (ret) {
		machine_destroy(machine);
		return fail("write", options->record, ret);
	}
	ret = add_endpoints(machine, (uint32_t)options->endpoints);
	if (ret)
		machine_destroy(machine);
	code = ret ? fail("make", "the simulated machine", ret)
		   : play(options, machine, &translation);
	ret = options->record ? recorder_close(&recorder) : 0;
	return ret ? fail("write", options->record, ret) : code;
}

int demo_command(int argc, char **argv)
{
	struct demo_options options = {
		.events = EVENTS_DEFAULT,
		.seed = SEED_DEFAULT,
		.endpoints = ENDPOINTS_DEFAULT,
	};
	struct machine *machine;
	int code;

	if (!parse_options(argc, argv, &options))
		return EXIT_USAGE;
	if (options.help) {
		print_help();
		return EXIT_OK;
	}
	signals_catch();
	machine = malloc(sizeof(*machine));
	if (!machine) {
		fprintf(stderr, "vsmmu demo: no memory\n");
		return EXIT_ENVIRONMENT;
	}
	code = demo_run(&options, machine);
	free(machine);
	return code;
}
