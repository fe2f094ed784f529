/* SPDX-License-Identifier: BSD-2-Clause */
/* vsmmu replay: a capture through the real decoder and forwarder, on the simulator. */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/result.h"
#include "replay/player.h"
#include "replay/reader.h"

#define GUEST_QUEUE_LOG2 11
#define SSID_BITS	 20 /* whatever the capture's guest was told, nothing is refused here */
#define SPEED_MAX	 1e9

struct replay_options {
	const char *path;
	double speed; /* 0: as fast as possible */
	bool json;
	bool quiet;
	bool help;
};

static void print_help(void)
{
	printf("usage: vsmmu replay [OPTION]... FILE\n"
	       "\n"
	       "Plays a capture (- is standard input): on the embedded simulator, endpoints of "
	       "its\n"
	       "StreamIDs fault as it says, its losses happen again, and the library reads,\n"
	       "decodes and forwards it all to a model of a guest's driver.\n"
	       "\n"
	       "options:\n"
	       "      --fast         as fast as possible (default)\n"
	       "      --speed X      X times as fast as it was captured\n"
	       "  -j, --json         one JSON object on standard output, and nothing else\n"
	       "  -q, --quiet        only the last line\n"
	       "  -h, --help         this text\n"
	       "\n"
	       "exit codes: 0 every event is accounted for, 1 not, or the capture is damaged,\n"
	       "2 bad usage, 3 the machine would not let it run, 128 + N ended by signal N.\n");
}

static bool parse_speed(const char *command, const char *text, double *speed)
{
	char *end;

	*speed = strtod(text, &end);
	if (end != text && !*end && isfinite(*speed) && *speed > 0 && *speed <= SPEED_MAX)
		return true;
	fprintf(stderr, "%s: --speed wants a number above 0, at most 1e9, not '%s'\n", command,
		text);
	return false;
}

/* Return: true, or false after a message. */
static bool parse_options(int argc, char **argv, struct replay_options *options)
{
	enum { OPTION_FAST = 256, OPTION_SPEED };
	static const struct option known[] = {
		{"fast", no_argument, NULL, OPTION_FAST},
		{"speed", required_argument, NULL, OPTION_SPEED},
		{"json", no_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "jqh", known, NULL)) != -1) {
		switch (option) {
		case OPTION_FAST:
			options->speed = 0;
			break;
		case OPTION_SPEED:
			if (!parse_speed(argv[0], optarg, &options->speed))
				return false;
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
			fprintf(stderr, "'vsmmu replay --help' says what is possible\n");
			return false;
		}
	}
	if (argc - optind != 1) {
		fprintf(stderr, "%s: one FILE is expected\n", argv[0]);
		return false;
	}
	options->path = argv[optind];
	return true;
}

/* Whether the machine did what the capture says; a message for what it did not. */
static bool is_faithful(const struct player *player)
{
	const struct machine *machine = player->machine;
	uint64_t refused = 0;

	for (uint32_t i = 0; i < machine->endpoint_count; i++)
		refused += machine->endpoints[i].host_log;
	if (refused)
		fprintf(stderr,
			"vsmmu replay: %" PRIu64 " events were left out: of kinds that no kernel "
			"forwards\n",
			refused);
	if (player->backward)
		fprintf(stderr,
			"vsmmu replay: %" PRIu64 " numbers of the capture go back, which no kernel "
			"does: taken for the next ones\n",
			player->backward);
	if (machine->error || caught_signal || player->complaint)
		return true;
	if (machine->stats.lost == player->lost &&
		machine->produced + refused == player->events + player->lost)
		return true;
	fprintf(stderr, "vsmmu replay: the simulator lost other events than the capture\n");
	return false;
}

static int conclude(const struct replay_options *options, const struct result *result,
	const struct player *player, int damage)
{
	bool good = result_is_sound(result);

	good &= result_is_accounted(result);
	good &= is_faithful(player);
	if (options->json) {
		if (result_print_json(result)) {
			fprintf(stderr, "vsmmu replay: no memory for the JSON object\n");
			return EXIT_ENVIRONMENT;
		}
	} else {
		if (!options->quiet)
			result_print_summary(result);
		result_print_line(result);
	}
	if (player->complaint)
		fprintf(stderr, "vsmmu replay: %s\n", player->complaint);
	if (result->machine->error) {
		fprintf(stderr, "vsmmu replay: %s: %s\n", result->machine->error_call,
			strerror(-result->machine->error));
		return EXIT_ENVIRONMENT;
	}
	if (damage)
		return damage;
	if (!good || player->complaint)
		return EXIT_FAILED;
	return result->signal ? 128 + result->signal : EXIT_OK;
}

static int play(const struct replay_options *options, struct reader *reader,
	struct machine *machine, struct player *player)
{
	const struct machine_config config = {
		.first_sequence = reader->first_sequence,
		.ssid_bits = SSID_BITS,
		.produced_max = UINT64_MAX,
	};
	struct result result = {.name = "replay", .machine = machine};
	struct vsmmu_capture_item item;
	int ret = machine_init(machine, &config);
	int damage;

	if (ret) {
		fprintf(stderr, "vsmmu replay: cannot make the simulated machine: %s\n",
			strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	guest_driver_enable(&machine->guest, MACHINE_QUEUE_GOOD, GUEST_QUEUE_LOG2);
	player_init(player, machine, options->speed, &caught_signal);
	while (reader_next(reader, &item) && player_play(player, &item) && !caught_signal)
		;
	player_end(player);
	guest_driver_look(&machine->guest);
	machine_sample(machine);
	damage = caught_signal ? EXIT_OK : reader_complain(reader);
	result.objects_left = machine_destroy(machine);
	result.signal = caught_signal;
	return conclude(options, &result, player, damage);
}

static int replay_run(const struct replay_options *options)
{
	struct machine *machine = malloc(sizeof(*machine));
	struct player *player = malloc(sizeof(*player));
	struct reader *reader = malloc(sizeof(*reader));
	int code = EXIT_ENVIRONMENT;

	if (!machine || !player || !reader) {
		fprintf(stderr, "vsmmu replay: no memory\n");
	} else if (!reader_open(reader, options->path)) {
		if (reader->capture.begun)
			code = play(options, reader, machine, player);
		else if (caught_signal)
			code = 128 + caught_signal;
		else
			code = reader_complain(reader);
		reader_close(reader);
	}
	free(reader);
	free(player);
	free(machine);
	return code;
}

int replay_command(int argc, char **argv)
{
	struct replay_options options = {0};
	if (!parse_options(argc, argv, &options))
		return EXIT_USAGE;
	if (options.help) {
		print_help();
		return EXIT_OK;
	}
	signals_catch();
	return replay_run(&options);
}
