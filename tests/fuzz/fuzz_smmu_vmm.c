/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "fuzz_smmu.h"

static uint64_t take_number(struct fuzz_input *input)
{
	const uint64_t any = fuzz_take(input, 1) % (FUZZ_VMM_VSIDS + 2);

	if (any < FUZZ_VMM_VSIDS)
		return fuzz_vmm_vsids[any];
	return any == FUZZ_VMM_VSIDS ? UINT64_C(1) << 40 : VSMMU_NO_VSID;
}

void fuzz_smmu_attach(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input);
	uint32_t vsid = take_vsid(input);

	if (!fuzz_vmm.endpoint[n])
		fuzz_vmm_attach(n, vsid, 0);
}

void fuzz_smmu_detach(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input);

	if (fuzz_vmm.endpoint[n])
		fuzz_vmm_detach(n);
}

void fuzz_smmu_set_vsid(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input);
	uint32_t vsid = take_vsid(input);
	uint8_t bytes[4] = {0};
	struct vsmmu_access access;
	bool refused;
	int ret;

	fuzz_smmu_take_access(input, vsid, &access);
	if (!fuzz_vmm.endpoint[n])
		return;
	fuzz_vmm_enter();
	ret = vsmmu_endpoint_set_vsid(fuzz_vmm.endpoint[n], vsid);
	/* Refused; or given up halfway, with the new one or with none. */
	refused = ret == -EINVAL || ret == -EEXIST || ret == -EAGAIN;
	fuzz_vmm_leave(2 * FUZZ_VMM_ENDPOINTS, 64);
	FUZZ_CHECK(ret <= 0 && (!ret || refused || fuzz_vmm.calls_may_fail));
	if (ret && !refused && !fuzz_vmm.at_large)
		FUZZ_CHECK(fuzz_vmm_dma(n, &access, bytes, sizeof(bytes)) == -EFAULT);
}

void fuzz_smmu_fail(struct fuzz_input *input)
{
	static const int errors[] = {EIO, ENOMEM, EINTR, ENOSPC, EFAULT, EPERM, ENODEV, EBUSY};
	unsigned int failure = (unsigned int)fuzz_take(input, 1) % 10;
	uint32_t after = (uint32_t)fuzz_take(input, 1);
	int error = errors[fuzz_take(input, 1) % 8];

	if (failure > VSMMU_SIM_FAIL_INVALIDATE) {
		fuzz_vmm.refusals = after;
		fuzz_vmm.refusal = -error;
		fuzz_vmm.refuses_invalidations = failure & 1;
	} else if (vsmmu_sim_fail(fuzz_vmm.sim, (enum vsmmu_sim_failure)failure, after, error)) {
		return;
	}
	if (failure == VSMMU_SIM_FAIL_CALL || failure >= VSMMU_SIM_FAIL_INVALIDATE)
		fuzz_vmm.calls_may_fail = true;
	else
		fuzz_vmm.reads_may_fail = true;
}

void fuzz_smmu_heal(struct fuzz_input *input)
{
	(void)input;
	fuzz_vmm_heal();
}

void fuzz_smmu_expire(struct fuzz_input *input)
{
	(void)input;
	fuzz_timer_expire();
	FUZZ_CHECK(vsmmu_rearm(fuzz_vmm.vsmmu) >= 0);
}

/* Whatever a failing host cost is tried again; or parents without endpoints go. */
void fuzz_smmu_recover(struct fuzz_input *input)
{
	int ret;

	fuzz_vmm_enter();
	ret = fuzz_take(input, 1) & 1 ? vsmmu_drop_parents(fuzz_vmm.vsmmu)
				      : vsmmu_recover(fuzz_vmm.vsmmu);
	fuzz_vmm_leave(FUZZ_VMM_ANY, FUZZ_VMM_ANY);
	FUZZ_CHECK(!ret || fuzz_vmm.calls_may_fail);
}

void fuzz_smmu_attach_anyhow(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input), how = (unsigned int)fuzz_take(input, 1);
	uint32_t vsid = take_vsid(input);

	if (!fuzz_vmm.endpoint[n])
		fuzz_vmm_attach(n, vsid, how & 7);
}

/* What the guest calls an endpoint from now on; the VMM tells when it is asked. */
void fuzz_smmu_number(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input);

	fuzz_vmm.number[n] = take_number(input);
}

void fuzz_smmu_take_vsid_away(struct fuzz_input *input)
{
	unsigned int n = take_endpoint(input);
	int ret;

	if (!fuzz_vmm.endpoint[n])
		return;
	fuzz_vmm_enter();
	ret = vsmmu_endpoint_set_vsid(fuzz_vmm.endpoint[n], VSMMU_NO_VSID);
	fuzz_vmm_leave(2 * FUZZ_VMM_ENDPOINTS, 64);
	FUZZ_CHECK(!ret || fuzz_vmm.calls_may_fail);
}

void fuzz_smmu_record_event(struct fuzz_input *input)
{
	struct vsmmu_event_record record = {.word = {fuzz_take(input, 8), fuzz_take(input, 8)}};
	int ret;

	fuzz_vmm_enter();
	fuzz_vmm.recording = true;
	ret = vsmmu_record_event(fuzz_vmm.vsmmu, &record);
	fuzz_vmm.recording = false;
	FUZZ_CHECK(!ret == (fuzz_vmm.written == 1) && fuzz_vmm.written <= 1);
	fuzz_vmm_leave(0, 0);
	FUZZ_CHECK(!ret || ret == -EINVAL || ret == -ENOBUFS);
}

void fuzz_smmu_take_irqs(struct fuzz_input *input)
{
	uint32_t lines;
	int ret;

	(void)input;
	fuzz_vmm_enter();
	ret = vsmmu_take_irqs(fuzz_vmm.vsmmu, &lines);
	fuzz_vmm_leave(0, 0);
	FUZZ_CHECK(ret == (fuzz_vmm.options.config.defer_irqs ? 0 : -EOPNOTSUPP));
	if (ret)
		return;
	FUZZ_CHECK(!(lines >> IRQ_COUNT));
	FUZZ_CHECK(!(lines >> VSMMU_IRQ_EVENTQ & 1) ||
		   fuzz_vmm.before.eventq_prod != fuzz_vmm.before.eventq_cons);
}
