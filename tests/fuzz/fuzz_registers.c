/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that writes anything to any register, while endpoints fault, come and go, and
 * the host fails. fuzz_events.c holds what must be true after each step.
 *
 * Input: the machine (8 bytes), then moves, each a number and what it takes.
 * make_corpus.py has the same list of moves.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "arch/regs.h"
#include "fuzz_events.h"

#define MOVES_MAX  1000
#define FAULTS_MAX 20000
#define DROP_MAX   (1 << 20)

static struct fuzz_events fuzz;
static unsigned int faults_left;

static const uint32_t registers[] = {
	SMMU_CR0,
	SMMU_CR0ACK,
	SMMU_IRQ_CTRL,
	SMMU_IRQ_CTRLACK,
	SMMU_GERROR,
	SMMU_GERRORN,
	SMMU_EVENTQ_BASE,
	SMMU_EVENTQ_BASE + 4,
	SMMU_EVENTQ_PROD,
	SMMU_EVENTQ_CONS,
};

static void write_register(struct fuzz_input *input)
{
	uint32_t offset = registers[fuzz_take(input, 1) % (sizeof(registers) / sizeof(uint32_t))];

	fuzz_events_write(&fuzz, offset, 4, fuzz_take(input, 4));
}

static void write_any(struct fuzz_input *input)
{
	uint64_t offset = fuzz_take(input, 3);
	uint32_t size = (uint32_t)fuzz_take(input, 1);

	fuzz_events_write(&fuzz, offset, size, fuzz_take(input, 8));
}

static void read_any(struct fuzz_input *input)
{
	uint64_t offset = fuzz_take(input, 3);
	uint32_t size = (uint32_t)fuzz_take(input, 1);
	bool legal = (size == 4 || size == 8) && offset % size == 0 && offset < SMMU_REG_SPACE;
	uint64_t value = 1, low, high;
	int ret = vsmmu_mmio_read(fuzz.vsmmu, offset, size, &value);

	FUZZ_CHECK(ret == (legal ? 0 : -EINVAL));
	if (!legal)
		FUZZ_CHECK(!value);
	if (!legal || size == 4)
		return;
	FUZZ_CHECK(!vsmmu_mmio_read(fuzz.vsmmu, offset, 4, &low));
	FUZZ_CHECK(!vsmmu_mmio_read(fuzz.vsmmu, offset + 4, 4, &high));
	FUZZ_CHECK(value == (low | high << 32));
}

static void enable(struct fuzz_input *input)
{
	unsigned int log2 = (unsigned int)fuzz_take(input, 1) % 32;

	fuzz_events_enable(&fuzz, log2, (unsigned int)fuzz_take(input, 1));
}

static void consume(struct fuzz_input *input)
{
	uint32_t records = (uint32_t)fuzz_take(input, 1);

	fuzz_events_consume(&fuzz, records == 0xff ? UINT32_MAX : records);
}

static void fault_some(unsigned int n, unsigned int count, const struct vsmmu_event_record *record)
{
	for (; count && faults_left; count--, faults_left--)
		fuzz_events_fault(&fuzz, n, record);
}

static void fault_translation(struct fuzz_input *input)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000), 0x100000, 0},
	};
	unsigned int n = (unsigned int)fuzz_take(input, 1) % FUZZ_EVENTS_ENDPOINTS;

	fault_some(n, (unsigned int)fuzz_take(input, 1) + 1, &record);
}

static void fault_any(struct fuzz_input *input)
{
	unsigned int n = (unsigned int)fuzz_take(input, 1) % FUZZ_EVENTS_ENDPOINTS;
	struct vsmmu_event_record record;

	for (unsigned int i = 0; i < 4; i++)
		record.word[i] = fuzz_take(input, 8);
	fault_some(n, 1, &record);
}

static void dispatch(struct fuzz_input *input)
{
	uint32_t budget = (uint32_t)fuzz_take(input, 1);
	int handled;

	fuzz_events_enter(&fuzz);
	handled = vsmmu_dispatch(fuzz.vsmmu, budget);
	fuzz_events_leave(&fuzz);
	FUZZ_CHECK(handled >= 0);
}

static void run(struct fuzz_input *input)
{
	fuzz_events_run(&fuzz, (uint32_t)fuzz_take(input, 1));
}

static void reset(struct fuzz_input *input)
{
	(void)input;
	fuzz_events_enter(&fuzz);
	vsmmu_reset(fuzz.vsmmu);
	fuzz_events_leave_reset(&fuzz);
}

static void attach(struct fuzz_input *input)
{
	unsigned int n = (unsigned int)fuzz_take(input, 1) % FUZZ_EVENTS_ENDPOINTS;
	uint32_t vsid = (uint32_t)fuzz_take(input, 1) % (FUZZ_EVENTS_ENDPOINTS + 2);

	/* Few StreamIDs, so that some are taken and some are used again. */
	if (!fuzz.endpoint[n])
		fuzz_events_attach(&fuzz, n, vsid << 28 | vsid);
}

static void detach(struct fuzz_input *input)
{
	unsigned int n = (unsigned int)fuzz_take(input, 1) % FUZZ_EVENTS_ENDPOINTS;

	if (fuzz.endpoint[n])
		fuzz_events_detach(&fuzz, n);
}

static void set_ste(struct fuzz_input *input)
{
	static const uint64_t some[] = {0xb /* stage 1 */, 0x9 /* bypass */, 0x1 /* abort */, 0};
	unsigned int n = (unsigned int)fuzz_take(input, 1) % FUZZ_EVENTS_ENDPOINTS;
	unsigned int kind = (unsigned int)fuzz_take(input, 1);
	uint64_t ste[2] = {some[kind % 4], 0};

	if (kind >= 0x80) {
		ste[0] = fuzz_take(input, 8);
		ste[1] = fuzz_take(input, 8);
	}
	if (fuzz.endpoint[n])
		vsmmu_endpoint_set_ste(fuzz.endpoint[n], ste);
}

static void fail(struct fuzz_input *input)
{
	static const int errors[] = {EIO, ENOMEM, EINTR, EAGAIN, EFAULT, EINVAL, ENODEV, EBUSY};
	unsigned int failure = (unsigned int)fuzz_take(input, 1) % 8;
	uint32_t after = (uint32_t)fuzz_take(input, 1);
	int error = errors[fuzz_take(input, 1) % 8];

	if (vsmmu_sim_fail(fuzz.sim, (enum vsmmu_sim_failure)failure, after, error))
		return;
	if (failure != VSMMU_SIM_FAIL_EVENT_ALLOC && failure != VSMMU_SIM_FAIL_CALL)
		fuzz.reads_may_fail = true;
}

static void heal(struct fuzz_input *input)
{
	(void)input;
	fuzz_events_heal(&fuzz);
}

static void expire(struct fuzz_input *input)
{
	(void)input;
	fuzz_timer_expire();
}

static void lose_memory(struct fuzz_input *input)
{
	fuzz.gone = fuzz_take(input, 2) * 32 % FUZZ_EVENTS_SIZE;
	fuzz.gone_size = fuzz_take(input, 2);
}

static void rearm(struct fuzz_input *input)
{
	(void)input;
	FUZZ_CHECK(vsmmu_rearm(fuzz.vsmmu) >= 0);
}

static void fault_within_read(void *opaque)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_PERMISSION, UINT64_C(0x20800000000), 0x200000, 0},
	};

	fault_some((unsigned int)(uintptr_t)opaque, 3, &record);
}

static void hook(struct fuzz_input *input)
{
	uintptr_t n = fuzz_take(input, 1) % FUZZ_EVENTS_ENDPOINTS;

	FUZZ_CHECK(!vsmmu_sim_on_lost_copy(fuzz.sim, fault_within_read, (void *)n));
}

static void drop(struct fuzz_input *input)
{
	unsigned int n = (unsigned int)fuzz_take(input, 1) % FUZZ_EVENTS_ENDPOINTS;

	/* All of them together are fewer than what numbers can tell apart. */
	fuzz_events_drop(&fuzz, n, (uint32_t)fuzz_take(input, 3) % DROP_MAX + 1);
}

static void settle(struct fuzz_input *input)
{
	(void)input;
	fuzz_events_settle(&fuzz);
}

static void (*const moves[])(struct fuzz_input *) = {write_register, write_any, read_any, enable,
	consume, fault_translation, fault_any, dispatch, run, reset, attach, detach, set_ste, fail,
	heal, expire, lose_memory, rearm, hook, settle, drop};

static void open_stand(struct fuzz_input *input, unsigned int flags)
{
	static const uint32_t first[] = {0, INT_MAX, INT_MAX - 1, INT_MAX - 40};
	struct fuzz_events_options options = {
		.sim = {.size = sizeof(options.sim)},
		.config = {.size = sizeof(options.config)},
		.two_smmus = flags & 1,
	};

	options.config.isolate = flags >> 1 & 1;
	options.config.loss_policy = flags >> 3 & 1 ? VSMMU_LOSS_COUNT_ONLY : VSMMU_LOSS_OVERFLOW;
	options.sim.kernel = flags >> 4 & 1 ? VSMMU_SIM_KERNEL_BEFORE_2026 : VSMMU_SIM_KERNEL_NOW;
	options.sim.first_sequence = first[flags >> 5 & 3];
	options.config.eventq_log2_max = (uint32_t)fuzz_take(input, 1) % FUZZ_EVENTS_LOG2_MAX + 1;
	options.config.ssid_bits = (uint32_t)fuzz_take(input, 1) % (SMMU_SSID_BITS_MAX + 1);
	options.config.veventq_depth = (uint32_t)fuzz_take(input, 2) % 2048 + 1;
	options.config.report_burst = 1000;
	fuzz_events_open(&fuzz, &options);
	for (unsigned int n = 0, some = (unsigned int)fuzz_take(input, 1);
		n < FUZZ_EVENTS_ENDPOINTS; n++)
		if (some >> n & 1)
			fuzz_events_attach(&fuzz, n, n << 28 | n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	unsigned int flags = (unsigned int)fuzz_take(&input, 1);

	faults_left = FAULTS_MAX;
	open_stand(&input, flags);
	for (unsigned int i = 0; input.left && i < MOVES_MAX; i++)
		moves[fuzz_take(&input, 1) % (sizeof(moves) / sizeof(moves[0]))](&input);
	/* Else what is left must be counted on the way down. */
	if (flags >> 7)
		fuzz_events_settle(&fuzz);
	fuzz_events_close(&fuzz);
	return 0;
}
