/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/translation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "demo/prng.h"
#include "demo/whole.h"

#define PAGES	     64 /* of a buffer */
#define REPLACEMENTS 100

/* Where an endpoint finds its buffers; the page behind each is not mapped. */
#define FROM UINT64_C(0x10000000)
#define TO   UINT64_C(0x20000000)

/* The second endpoint's */
#define LARGE_PAGE_LOG2 14

/* An endpoint's address space, its buffers scattered over the guest's memory. */
struct space {
	struct driver_domain domain;
	uint64_t page;
	uint64_t from[PAGES], to[PAGES]; /* guest-physical */
};

struct act {
	struct translation *translation;
	struct whole whole;
	struct prng prng;
	struct space space[WHOLE_ENDPOINTS];
	void (*tell)(const char *text);
};

static void __attribute__((format(printf, 2, 3))) tell(struct act *act, const char *format, ...)
{
	char text[160];
	va_list arguments;

	if (!act->tell)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	act->tell(text);
}

static void check(struct act *act, int ret)
{
	if (ret < 0 && !act->translation->error)
		act->translation->error = ret;
}

static void must_hold(struct act *act, bool holds)
{
	act->translation->mistakes += !holds;
}

static void shuffle(struct prng *prng, uint64_t *values, uint32_t count)
{
	for (uint32_t i = count - 1; i; i--) {
		uint32_t other = prng_below(prng, i + 1);
		uint64_t value = values[i];

		values[i] = values[other];
		values[other] = value;
	}
}

static void map(struct act *act, struct space *space, uint64_t iova, const uint64_t *pages,
	uint32_t count, unsigned int prot)
{
	for (uint32_t i = 0; i < count; i++)
		check(act, driver_map(&space->domain, iova + i * space->page, pages[i], space->page,
				   prot));
}

static void build_space(struct act *act, unsigned int n)
{
	const struct driver_domain_options options = {.page_log2 = n ? LARGE_PAGE_LOG2 : 12};
	struct space *space = &act->space[n];
	struct driver *driver = &act->whole.driver;

	space->page = UINT64_C(1) << options.page_log2;
	check(act, driver_domain_init(driver, &space->domain, &options));
	for (uint32_t i = 0; i < PAGES && !act->translation->error; i++)
		if (!driver_alloc(driver, space->page, &space->from[i]) ||
			!driver_alloc(driver, space->page, &space->to[i]))
			act->translation->error = -ENOMEM;
	if (act->translation->error)
		return;
	shuffle(&act->prng, space->from, PAGES);
	shuffle(&act->prng, space->to, PAGES);
	map(act, space, FROM, space->from, PAGES, DRIVER_READ);
	map(act, space, TO, space->to, PAGES, DRIVER_READ | DRIVER_WRITE);
	check(act, driver_attach(driver, WHOLE_VSID(n), &space->domain));
	tell(act, "endpoint %#x: %u pages of %" PRIu64 " KiB, scattered, in tables of the guest's",
		WHOLE_VSID(n), 2 * PAGES, space->page >> 10);
}

/* A page from one buffer to the other, by DMA; then the guest looks at its own memory. */
static void copy_page(struct act *act, unsigned int n, uint32_t page)
{
	struct translation *translation = act->translation;
	const struct space *space = &act->space[n];
	struct driver *driver = &act->whole.driver;
	uint8_t *from = driver_at(driver, space->from[page], space->page);
	const uint8_t *to = driver_at(driver, space->to[page], space->page);
	uint8_t buffer[1 << LARGE_PAGE_LOG2];
	uint64_t records = act->whole.records;
	int ret;

	for (uint64_t i = 0; i < space->page; i++)
		from[i] = (uint8_t)prng_next(&act->prng);
	ret = whole_dma(&act->whole, n, FROM + page * space->page, false, buffer, space->page);
	if (!ret)
		ret = whole_dma(&act->whole, n, TO + page * space->page, true, buffer, space->page);
	must_hold(act, !ret && act->whole.records == records);
	for (uint64_t i = 0; i < space->page; i++)
		translation->wrong_bytes += from[i] != to[i];
	translation->copies++;
	translation->bytes += space->page;
}

/* DMA that must be refused, with this event in the guest's queue. */
static void refuse(struct act *act, unsigned int n, uint64_t iova, bool write, unsigned int event)
{
	struct whole *whole = &act->whole;
	uint64_t before = whole->records;
	uint64_t word = 0;
	bool seen;

	must_hold(act, whole_dma(whole, n, iova, write, &word, sizeof(word)) == -EFAULT);
	seen = whole->records == before + 1 && SMMU_EVENT_ID(whole->record[0]) == event &&
	       SMMU_EVENT_SID(whole->record[0]) == WHOLE_VSID(n) &&
	       (event < SMMU_F_TRANSLATION || whole->record[2] == iova);
	must_hold(act, seen);
	act->translation->faults++;
	act->translation->events += seen;
}

static void copy_all(struct act *act, const char *when)
{
	uint64_t before = act->translation->bytes;

	for (unsigned int n = 0; n < WHOLE_ENDPOINTS; n++)
		for (uint32_t page = 0; page < PAGES; page++)
			copy_page(act, n, page);
	tell(act, "%s: %" PRIu64 " bytes copied by DMA and compared, %" PRIu64 " differ", when,
		act->translation->bytes - before, act->translation->wrong_bytes);
}

static void go_wrong(struct act *act)
{
	for (unsigned int n = 0; n < WHOLE_ENDPOINTS; n++) {
		struct space *space = &act->space[n];

		refuse(act, n, FROM + PAGES * space->page, false, SMMU_F_TRANSLATION);
		refuse(act, n, FROM + 8, true, SMMU_F_PERMISSION);
		refuse(act, n, UINT64_MAX >> 4 & ~UINT64_C(7), false, SMMU_F_TRANSLATION);
	}
	tell(act,
		"bad DMA: %" PRIu64 " accesses refused, the guest's driver has the record of each",
		act->translation->faults);
}

/* Half of each source goes, and comes back elsewhere. */
static void unmap_and_map(struct act *act)
{
	struct driver *driver = &act->whole.driver;
	uint64_t before = act->translation->faults;

	for (unsigned int n = 0; n < WHOLE_ENDPOINTS; n++) {
		struct space *space = &act->space[n];

		check(act, driver_unmap(&space->domain, FROM, PAGES / 2 * space->page));
		for (uint32_t page = 0; page < PAGES / 2; page++) {
			refuse(act, n, FROM + page * space->page, false, SMMU_F_TRANSLATION);
			driver_free(driver, space->from[page], space->page);
		}
		copy_page(act, n, PAGES / 2);
	}
	tell(act, "unmapped and invalidated: %" PRIu64 " accesses refused, the rest goes on",
		act->translation->faults - before);
	for (unsigned int n = 0; n < WHOLE_ENDPOINTS; n++) {
		struct space *space = &act->space[n];

		for (uint32_t page = 0; page < PAGES / 2; page++)
			driver_alloc(driver, space->page, &space->from[page]);
		shuffle(&act->prng, space->from, PAGES / 2);
		map(act, space, FROM, space->from, PAGES / 2, DRIVER_READ);
	}
	copy_all(act, "mapped again elsewhere");
}

static void copy_any_page(void *opaque)
{
	struct act *act = opaque;

	copy_page(act, 0, prng_below(&act->prng, PAGES));
}

/* The endpoint never stops while its STE is exchanged for one that maps the same. */
static void replace(struct act *act)
{
	struct space *space = &act->space[0];
	struct driver *driver = &act->whole.driver;
	struct space twin = *space;

	check(act, driver_domain_init(driver, &twin.domain, NULL));
	if (act->translation->error)
		return;
	map(act, &twin, FROM, space->from, PAGES, DRIVER_READ);
	map(act, &twin, TO, space->to, PAGES, DRIVER_READ | DRIVER_WRITE);
	act->whole.after_write = copy_any_page;
	act->whole.after_write_opaque = act;
	for (unsigned int i = 0; i < REPLACEMENTS; i++) {
		check(act, driver_replace(
				   driver, WHOLE_VSID(0), i & 1 ? &space->domain : &twin.domain));
		act->translation->replaced++;
	}
	act->whole.after_write = NULL;
	driver_domain_destroy(&twin.domain);
	tell(act, "stream table entry replaced %u times under DMA: no access refused",
		REPLACEMENTS);
}

static void clear(struct act *act)
{
	struct driver *driver = &act->whole.driver;

	check(act, driver_clear(driver, WHOLE_VSID(1)));
	refuse(act, 1, TO, true, SMMU_C_BAD_STE);
	copy_page(act, 0, 0);
	check(act, driver_attach(driver, WHOLE_VSID(1), &act->space[1].domain));
	copy_page(act, 1, 0);
	tell(act, "an invalid stream table entry: its endpoint is cut off, the guest knows why");
}

static void take_counts(struct act *act)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	struct translation *translation = act->translation;

	vsmmu_sim_get_stats(act->whole.host, &sim);
	vsmmu_get_stats(act->whole.vsmmu, &stats);
	translation->commands = act->whole.driver.stats.commands;
	translation->invalidations = stats.invalidations;
	translation->walks = sim.walks;
	must_hold(act, stats.commands == translation->commands && !stats.command_errors);
	must_hold(act, stats.sequenced == translation->events && !stats.invalidation_failures);
}

void translation_run(
	struct translation *translation, uint64_t seed, void (*print)(const char *text))
{
	struct act act = {.translation = translation, .prng.state = seed, .tell = print};

	*translation = (struct translation){.error = whole_init(&act.whole)};
	if (translation->error)
		return;
	for (unsigned int n = 0; n < WHOLE_ENDPOINTS && !translation->error; n++)
		build_space(&act, n);
	if (!translation->error) {
		copy_all(&act, "good DMA");
		go_wrong(&act);
		unmap_and_map(&act);
		replace(&act);
		clear(&act);
		take_counts(&act);
	}
	translation->objects_left = whole_destroy(&act.whole);
}

bool translation_is_verified(const struct translation *translation)
{
	return !translation->error && !translation->wrong_bytes && !translation->mistakes &&
	       translation->faults == translation->events && !translation->objects_left;
}
