/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/result.h"

#include <inttypes.h>
#include <stdio.h>

#include "demo/view.h"

bool result_is_accounted(const struct result *result)
{
	const struct machine *machine = result->machine;
	const struct vsmmu_stats *stats = &machine->stats;

	return machine->produced == stats->sequenced &&
	       stats->sequenced ==
		       stats->delivered + stats->lost + stats->discarded + stats->pending &&
	       machine->guest.consumed == stats->delivered;
}

static bool sound(const struct result *result, bool holds, const char *complaint)
{
	if (!holds)
		fprintf(stderr, "vsmmu %s: %s\n", result->name, complaint);
	return holds;
}

bool result_is_sound(const struct result *result)
{
	const struct machine *machine = result->machine;
	const struct vsmmu_stats *stats = &machine->stats;
	bool all;

	all = sound(result, machine->guest.overflows == stats->overflows,
		"the guest did not see each overflow flag once");
	all &= sound(result, machine->guest.aborts == stats->aborts,
		"the guest did not see each aborted write once");
	all &= sound(result,
		machine->irqs[VSMMU_IRQ_EVENTQ] == stats->eventq_irqs &&
			machine->irqs[VSMMU_IRQ_GERROR] == stats->gerror_irqs,
		"interrupts that were counted and those that arrived differ");
	all &= sound(result, !machine->bad_records && !machine->guest.unreadable,
		"the guest found records in its queue that are not its own");
	all &= sound(
		result, !machine->guest.bad_acks, "a register was not acknowledged as written");
	all &= sound(result, !stats->stream_errors, "a vEVENTQ broke its own rules");
	all &= sound(result, !result->objects_left, "host objects were left behind");
	all &= sound(result, !result->translation || translation_is_verified(result->translation),
		"DMA through the guest's tables did not go where it had to");
	return all;
}

static void print_endpoints(const struct machine *machine)
{
	char line[VIEW_COLUMNS];

	view_format_endpoint(line, sizeof(line), machine, NULL);
	printf("%s\n", line);
	for (uint32_t i = 0; i < machine->endpoint_count; i++) {
		view_format_endpoint(line, sizeof(line), machine, &machine->endpoints[i]);
		printf("%s\n", line);
	}
}

static void print_row(const char *name, uint64_t value, const char *note)
{
	printf("  %-24s %12" PRIu64 "%s%s\n", name, value, *note ? "  " : "", note);
}

static void print_translation(const struct translation *translation)
{
	printf("\ntranslation\n");
	print_row("bytes copied", translation->bytes, "by DMA through the guest's tables");
	print_row("bytes that differ", translation->wrong_bytes, "");
	print_row("accesses refused", translation->faults, "that had to be");
	print_row("records of them", translation->events, "in the guest's event queue");
	print_row("STEs replaced", translation->replaced, "under DMA that went on");
	print_row("commands", translation->commands, "of the guest's driver");
	print_row("invalidations", translation->invalidations, "that reached the host");
	print_row("table walks", translation->walks, "");
}

void result_print_summary(const struct result *result)
{
	const struct machine *machine = result->machine;
	const struct vsmmu_stats *stats = &machine->stats;

	if (result->translation)
		print_translation(result->translation);
	printf("\n");
	print_endpoints(machine);
	printf("\nevents\n");
	print_row("produced", machine->produced, "by the endpoints, as they count");
	print_row("sequenced", stats->sequenced, "as the host kernel's numbers say");
	print_row("delivered", stats->delivered, "");
	print_row("lost", stats->lost, "dropped by the host kernel, its vEVENTQ being full");
	print_row("discarded", stats->discarded, "by the library, of which");
	for (int i = 0; i < VSMMU_DISCARD_SLOTS; i++)
		if (stats->discarded_by[i])
			printf("    %-22s %12" PRIu64 "\n", vsmmu_discard_name(i),
				stats->discarded_by[i]);
	print_row("pending", stats->pending, "");
	printf("\nguest driver\n");
	print_row("consumed", machine->guest.consumed, "as it counts");
	print_row("event interrupts", machine->irqs[VSMMU_IRQ_EVENTQ], "");
	print_row("error interrupts", machine->irqs[VSMMU_IRQ_GERROR], "");
	print_row("overflow flags seen", machine->guest.overflows, "");
	print_row("aborted writes seen", machine->guest.aborts, "");
	printf("\nlibrary\n");
	print_row("reads", stats->reads, "");
	print_row("pauses", stats->pauses, "the guest's queue was full");
	print_row("reports", result->reports_shown, "");
	print_row("reports held back", result->reports_suppressed, "by rate limits");
	print_row("host objects left", result->objects_left, "");
	printf("\n");
}

void result_print_line(const struct result *result)
{
	const struct vsmmu_stats *stats = &result->machine->stats;

	printf("%s: produced=%" PRIu64 " delivered=%" PRIu64 " lost=%" PRIu64 " discarded=%" PRIu64
	       " accounted=%s\n",
		result->name, result->machine->produced, stats->delivered, stats->lost,
		stats->discarded, result_is_accounted(result) ? "yes" : "no");
}
