/* SPDX-License-Identifier: BSD-2-Clause */
/* Reset, save, restore and move. */
#include <errno.h>
#include <string.h>

#include "arch/queue.h"
#include "fuzz_vmm.h"
#include "util/crc32.h"

#define REGISTERS (SMMU_EVENTQ_IRQ_CFG2 / 4 + 1 + 2) /* 32-bit words of page 0, then page 1 */

void fuzz_vmm_reset(struct fuzz_input *input)
{
	struct fuzz_vmm_registers now;

	(void)input;
	fuzz_vmm_enter();
	vsmmu_reset(fuzz_vmm.vsmmu);
	now = fuzz_vmm_registers();
	FUZZ_CHECK(!fuzz_vmm.written && !fuzz_vmm.pulses[VSMMU_IRQ_EVENTQ]);
	FUZZ_CHECK(!now.cr0 && !now.irq_ctrl && !now.gerror && !now.gerrorn);
	/* The positions are not those of the queue that was. */
	fuzz_vmm.anything = true;
	fuzz_vmm_leave(FUZZ_VMM_ANY, FUZZ_VMM_ANY);
}

/* What a guest can read of it. */
static void read_all(uint64_t words[REGISTERS])
{
	for (unsigned int i = 0; i < REGISTERS - 2; i++)
		words[i] = fuzz_vmm_read(4 * i, 4);
	words[REGISTERS - 2] = fuzz_vmm_read(SMMU_EVENTQ_PROD, 4);
	words[REGISTERS - 1] = fuzz_vmm_read(SMMU_EVENTQ_CONS, 4);
}

/* A guest that does not run sees nothing of it, and its memory can be saved after it. */
static void *save(size_t *length)
{
	uint64_t before[REGISTERS], after[REGISTERS];
	void *bytes = NULL;
	int ret;

	*length = 0;
	read_all(before);
	fuzz_vmm_enter();
	ret = vsmmu_save(fuzz_vmm.vsmmu, &bytes, length);
	FUZZ_CHECK(!fuzz_vmm.written && !fuzz_vmm.foreign_writes);
	for (unsigned int i = 0; i < IRQ_COUNT; i++)
		FUZZ_CHECK(!fuzz_vmm.pulses[i]);
	fuzz_vmm_leave(FUZZ_VMM_ANY, FUZZ_VMM_ANY);
	read_all(after);
	FUZZ_CHECK(!memcmp(before, after, sizeof(before)));
	FUZZ_CHECK(!ret == !!bytes && (ret || *length));
	FUZZ_CHECK(!ret || fuzz_vmm.reads_may_fail || fuzz_vmm.calls_may_fail);
	return bytes;
}

static int restore(const void *bytes, size_t length)
{
	uint64_t before[REGISTERS], after[REGISTERS];
	int ret;

	read_all(before);
	fuzz_vmm_enter();
	fuzz_vmm.anything = true;
	ret = vsmmu_restore(fuzz_vmm.vsmmu, bytes, length);
	read_all(after);
	fuzz_vmm_leave(FUZZ_VMM_ANY, FUZZ_VMM_ANY);
	FUZZ_CHECK(ret <= 0);
	/* One that was in use may go on meanwhile. */
	if (ret && ret != -EBUSY)
		FUZZ_CHECK(!memcmp(before, after, sizeof(before)));
	return ret;
}

/* They go on while nobody asks. */
static bool commands_wait(void)
{
	const struct fuzz_vmm_registers now = fuzz_vmm_registers();
	const unsigned int log2 = fuzz_vmm_cmdq_log2(now.cmdq_base);

	return now.cr0 & SMMU_CR0_CMDQEN && !fuzz_vmm_error() &&
	       !queue_empty(now.cmdq_prod, now.cmdq_cons, log2);
}

/* A loss that was not told there yet is told here, if the last one was acknowledged. */
static void tell_loss(uint64_t before[REGISTERS], const uint64_t after[REGISTERS])
{
	const uint64_t changed = before[REGISTERS - 2] ^ after[REGISTERS - 2];

	if (!((before[REGISTERS - 2] ^ before[REGISTERS - 1]) & SMMU_EVENTQ_PROD_OVFLG))
		before[REGISTERS - 2] ^= changed & SMMU_EVENTQ_PROD_OVFLG;
}

/* The same guest is behind the other one, or if that failed behind the old one, as it was. */
void fuzz_vmm_move(struct fuzz_input *input)
{
	struct vsmmu *from = fuzz_vmm.vsmmu, *to = fuzz_vmm_another();
	uint64_t before[REGISTERS], after[REGISTERS];
	const bool still = !commands_wait();
	int ret;

	(void)input;
	read_all(before);
	fuzz_vmm_enter();
	fuzz_vmm.anything = true;
	/* Only the new one interrupts the guest. */
	fuzz_vmm.vsmmu = to;
	ret = vsmmu_move(from, to);
	fuzz_vmm.vsmmu = ret ? from : to;
	vsmmu_free(ret ? to : from);
	read_all(after);
	fuzz_vmm_leave(FUZZ_VMM_ANY, FUZZ_VMM_ANY);
	FUZZ_CHECK(!ret || fuzz_vmm.calls_may_fail || fuzz_vmm.reads_may_fail);
	if (!ret)
		tell_loss(before, after);
	if (still)
		FUZZ_CHECK(!memcmp(before, after, sizeof(before)));
}

void fuzz_vmm_migrate(struct fuzz_input *input)
{
	uint64_t before[REGISTERS], fresh[REGISTERS], after[REGISTERS];
	const bool still = !commands_wait();
	size_t length;
	void *bytes;

	(void)input;
	bytes = save(&length);
	if (!bytes)
		return;
	read_all(before);
	fuzz_vmm_replace();
	read_all(fresh);
	FUZZ_CHECK(!restore(bytes, length));
	read_all(after);
	tell_loss(before, after);
	if (still)
		FUZZ_CHECK(!memcmp(before, after, sizeof(before)));
	/* A guest has used it now, if it ever had. */
	if (memcmp(before, fresh, sizeof(before)))
		FUZZ_CHECK(restore(bytes, length) == -EBUSY);
	vsmmu_snapshot_free(bytes);
}

void fuzz_vmm_resume(struct fuzz_input *input)
{
	size_t length;
	void *bytes;
	int ret;

	if (!fuzz_vmm.resumes_left)
		return;
	fuzz_vmm.resumes_left--;
	bytes = save(&length);
	if (!bytes)
		return;
	fuzz_vmm_reset(input);
	/* Its own counters, and the snapshot's on top. */
	fuzz_vmm.recounted = true;
	ret = restore(bytes, length);
	FUZZ_CHECK(!ret || fuzz_vmm.calls_may_fail || fuzz_vmm.reads_may_fail);
	vsmmu_snapshot_free(bytes);
}

/* As if it had been made so: only the checksum does not tell any more. */
static void seal(uint8_t *bytes, size_t length)
{
	uint32_t crc;

	if (length < sizeof(crc))
		return;
	crc = crc32_of(bytes, length - sizeof(crc));
	for (unsigned int i = 0; i < sizeof(crc); i++)
		bytes[length - sizeof(crc) + i] = (uint8_t)(crc >> 8 * i);
}

static void tamper(uint8_t *bytes, size_t length, struct fuzz_input *input, unsigned int count)
{
	while (count--) {
		size_t at = fuzz_take(input, 2) % length;

		bytes[at] ^= (uint8_t)fuzz_take(input, 1);
	}
}

/* Whatever it is, it turns nothing on that the VMM has left off. */
static void check_identity(void)
{
	const struct vsmmu_config *config = &fuzz_vmm.options.config;
	struct arch_features features;
	uint32_t idr[6];

	for (unsigned int i = 0; i < 6; i++)
		idr[i] = (uint32_t)fuzz_vmm_read(4 * i, 4);
	arch_features_from_idr(idr, &features);
	FUZZ_CHECK(config->ats || !features.ats);
	FUZZ_CHECK(!config->no_msi || !(idr[0] & SMMU_IDR0_MSI));
	FUZZ_CHECK(!config->no_ril || !features.ril);
	FUZZ_CHECK(features.stall_model == ARCH_STALL_NONE);
	FUZZ_CHECK(features.ssid_bits <= config->ssid_bits);
}

/* It may be taken, or not; then it is a vSMMU as any other. */
static void try_tampered(const uint8_t *bytes, size_t length)
{
	bool recounted = fuzz_vmm.recounted;

	fuzz_vmm.recounted = true;
	if (!restore(bytes, length)) {
		check_identity();
		fuzz_vmm_run_commands(0);
		fuzz_vmm_run(0);
		fuzz_vmm_replace();
	}
	fuzz_vmm.recounted = recounted;
}

void fuzz_vmm_corrupt(struct fuzz_input *input)
{
	unsigned int flags = (unsigned int)fuzz_take(input, 1);
	size_t length;
	void *bytes;
	uint8_t *copy;

	bytes = save(&length);
	if (!bytes)
		return;
	copy = fuzz_alloc(length);
	memcpy(copy, bytes, length);
	tamper(copy, length, input, (flags & 3) + 1);
	fuzz_vmm_replace();
	if (flags & 4) {
		FUZZ_CHECK(restore(copy, fuzz_take(input, 2) % length) < 0);
	} else if (flags & 8) {
		seal(copy, length);
		try_tampered(copy, length);
	} else if (memcmp(copy, bytes, length)) {
		FUZZ_CHECK(restore(copy, length) == -EBADMSG);
	}
	free(copy);
	FUZZ_CHECK(!restore(bytes, length));
	vsmmu_snapshot_free(bytes);
}
