/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * These are the ways into a vSMMU and out of it. Each public function that takes a vSMMU, or an
 * object of one, begins with entry_check(); each of the VMM's ops is called here, or between
 * callback_begin() and callback_end(). So a VMM that calls back in gets an error, instead of
 * waiting for a lock that its own thread holds. tests/api/entry_points.py checks both.
 */
#ifndef SMMU_ENTRY_H
#define SMMU_ENTRY_H

#include <errno.h>

#include "smmu/vsmmu.h"
#include "util/callback.h"

/* Return: 0; -EINVAL without a vSMMU; -EDEADLK within one of its callbacks. */
static inline int entry_check(const struct vsmmu *vsmmu)
{
	if (!vsmmu)
		return -EINVAL;
	return callback_is_under_way(vsmmu, false) ? -EDEADLK : 0;
}

/* For calls that take no lock but the event lock, which are allowed inside ops.report. */
static inline int entry_check_look(const struct vsmmu *vsmmu)
{
	if (!vsmmu)
		return -EINVAL;
	return callback_is_under_way(vsmmu, true) ? -EDEADLK : 0;
}

/* The argument is a struct vsmmu *, so that walks of tables can take this for their memory. */
static inline int vmm_memory_read(void *of, uint64_t address, void *bytes, size_t length)
{
	const struct vsmmu *vsmmu = of;
	struct callback callback;
	int ret;

	callback_begin(&callback, vsmmu);
	ret = vsmmu->ops.memory_read(vsmmu->config.opaque, address, bytes, length);
	callback_end(&callback);
	return ret;
}

static inline int vmm_memory_write(
	const struct vsmmu *vsmmu, uint64_t address, const void *bytes, size_t length)
{
	struct callback callback;
	int ret;

	callback_begin(&callback, vsmmu);
	ret = vsmmu->ops.memory_write(vsmmu->config.opaque, address, bytes, length);
	callback_end(&callback);
	return ret;
}

/* Return: -EOPNOTSUPP without the op. */
static inline int vmm_msi(const struct vsmmu *vsmmu, uint64_t address, uint32_t data)
{
	struct callback callback;
	int ret;

	if (!vsmmu->ops.msi)
		return -EOPNOTSUPP;
	callback_begin(&callback, vsmmu);
	ret = vsmmu->ops.msi(vsmmu->config.opaque, address, data);
	callback_end(&callback);
	return ret;
}

static inline uint64_t vmm_vsid(const struct vsmmu *vsmmu, void *endpoint_opaque)
{
	struct callback callback;
	uint64_t vsid;

	callback_begin(&callback, vsmmu);
	vsid = vsmmu->ops.vsid(vsmmu->config.opaque, endpoint_opaque);
	callback_end(&callback);
	return vsid;
}

static inline void vmm_irq_pulse(const struct vsmmu *vsmmu, enum vsmmu_irq irq)
{
	struct callback callback;

	callback_begin(&callback, vsmmu);
	vsmmu->ops.irq_pulse(vsmmu->config.opaque, irq);
	callback_end(&callback);
}

/* Only with the op. */
static inline void vmm_delivered(const struct vsmmu *vsmmu, const void *records, uint32_t count)
{
	struct callback callback;

	callback_begin(&callback, vsmmu);
	vsmmu->ops.delivered(vsmmu->config.opaque, records, count);
	callback_end(&callback);
}

/* Return: nanoseconds; CLOCK_MONOTONIC's without the op. */
static inline uint64_t vmm_clock(const struct vsmmu *vsmmu)
{
	struct callback callback;
	uint64_t now;

	if (!vsmmu->ops.clock)
		return pollset_now();
	callback_begin(&callback, vsmmu);
	now = vsmmu->ops.clock(vsmmu->config.opaque);
	callback_end(&callback);
	return now;
}

static inline void vmm_report(const struct vsmmu *vsmmu, const struct vsmmu_report *report)
{
	struct callback callback;

	callback_begin(&callback, vsmmu);
	callback.looks = true;
	vsmmu->ops.report(vsmmu->config.opaque, report);
	callback_end(&callback);
}

#endif
