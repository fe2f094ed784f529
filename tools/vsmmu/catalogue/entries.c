/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of all tables, by their place, number or fault. */
#include "catalogue/catalogue.h"

#include <string.h>

#include "catalogue/tables.h"
#include "text/text.h"

static const struct catalogue_table *const tables[] = {
	&catalogue_configuration,
	&catalogue_translation,
	&catalogue_others,
	&catalogue_gerrors,
	&catalogue_command_errors,
	&catalogue_commands,
	&catalogue_errors,
	&catalogue_events,
	&catalogue_start,
	&catalogue_irqs,
	&catalogue_identity,
	&catalogue_tables,
	&catalogue_endpoints,
	&catalogue_cmdqv,
	&catalogue_xen,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

const struct catalogue_entry *catalogue_get(size_t i)
{
	for (size_t table = 0; table < TABLES; table++) {
		if (i < tables[table]->count)
			return &tables[table]->entries[i];
		i -= tables[table]->count;
	}
	return NULL;
}

static const struct catalogue_entry *find(enum catalogue_kind kind, int number)
{
	const struct catalogue_entry *entry;

	for (size_t i = 0; (entry = catalogue_get(i)); i++)
		if (entry->kind == kind && entry->number == number)
			return entry;
	return NULL;
}

static const struct catalogue_entry *find_name(const char *name)
{
	const struct catalogue_entry *entry;

	for (size_t i = 0; (entry = catalogue_get(i)); i++)
		if (!strcmp(entry->name, name))
			return entry;
	return NULL;
}

const struct catalogue_entry *catalogue_event(uint8_t id)
{
	const struct catalogue_entry *entry;

	if (id >= VSMMU_EVENT_IMPDEF_FIRST && id <= VSMMU_EVENT_IMPDEF_LAST)
		id = VSMMU_EVENT_IMPDEF_FIRST;
	entry = find(CATALOGUE_EVENT, id);
	return entry ? entry : find_name(CATALOGUE_RESERVED);
}

const struct catalogue_entry *catalogue_gerror(unsigned int bit)
{
	return bit < 32 ? find(CATALOGUE_GERROR, (int)bit) : NULL;
}

const struct catalogue_entry *catalogue_command_error(unsigned int code)
{
	return code < 128 ? find(CATALOGUE_COMMAND_ERROR, (int)code) : NULL;
}

const struct catalogue_entry *catalogue_of_fault(const struct fault *fault)
{
	const struct vsmmu_event *event = fault->event;

	if (fault->known & VSMMU_EVENT_KNOWN(ID)) {
		if (!event->id && !fault->empty && !vsmmu_event_is_empty(event))
			return find_name(CATALOGUE_RESERVED);
		return catalogue_event(event->id);
	}
	/* Only the line with the details tells it without a name. */
	if (fault->known & VSMMU_EVENT_KNOWN(STALL))
		return find_name(CATALOGUE_DETAIL);
	return find_name(CATALOGUE_UNNAMED);
}

/* Adds those of a list that apply; lists in it hold no others. Return: how many there are now. */
static size_t add_causes(const struct catalogue_cause *list, const struct fault *fault,
	const struct catalogue_cause **causes, size_t count, size_t max)
{
	for (; list && (list->text || list->list) && count < max; list++) {
		if (list->list)
			count = add_causes(list->list, fault, causes, count, max);
		else if (!fault || !list->applies || list->applies(fault))
			causes[count++] = list;
	}
	return count;
}

size_t catalogue_causes(const struct catalogue_entry *entry, const struct fault *fault,
	const struct catalogue_cause **causes, size_t max)
{
	return add_causes(entry->causes, fault, causes, 0, max);
}

bool catalogue_cause_is_usual(const struct catalogue_cause *cause)
{
	const struct vsmmu_event event = {.size = sizeof(event)};
	const struct fault nothing = {.event = &event};

	return !cause->applies || cause->applies(&nothing);
}

const char *culprit_name(enum culprit culprit)
{
	static const char *const names[] = {
		[CULPRIT_NONE] = "",
		[CULPRIT_GUEST_DRIVER] = "guest driver",
		[CULPRIT_HOST_KERNEL] = "host kernel",
		[CULPRIT_FIRMWARE] = "firmware",
		[CULPRIT_VMM] = "VMM",
		[CULPRIT_DEVICE] = "device",
	};

	return names[culprit];
}
