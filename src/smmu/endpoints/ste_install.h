/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an endpoint's transactions meet: the guest's registers and stream table made into a
 * nested HWPT. Under the control lock.
 */
#ifndef SMMU_ENDPOINTS_STE_INSTALL_H
#define SMMU_ENDPOINTS_STE_INSTALL_H

#include "smmu/endpoint.h"

/* What is attached to an endpoint. */
enum installed {
	INSTALLED_NOTHING = 0, /* it has no access to memory */
	INSTALLED_PARENT,      /* untranslated access to the guest's memory, no events */
	INSTALLED_NESTED,      /* nested_id, made of vste */
};

/*
 * Installs what the guest's registers and memory say now, in place of what was there. On
 * failure the endpoint is blocked, and that is reported. Return: 0 or -errno.
 */
int endpoint_refresh(struct vsmmu_endpoint *endpoint);

/* The same, but on failure what was there stays. */
int endpoint_try_refresh(struct vsmmu_endpoint *endpoint);

/* A nested HWPT of these words in place of what was there. On failure that stays. */
int endpoint_install_vste(struct vsmmu_endpoint *endpoint, const uint64_t vste[2]);

/* All endpoints, or those with StreamIDs in a range. Return: 0 or first -errno. */
int install_refresh_all(struct vsmmu *vsmmu);
int install_refresh_range(struct vsmmu *vsmmu, uint32_t first, uint64_t count);

/* Whether there are endpoints that a refresh might give back what their guest wants. */
bool install_any_blocked(const struct vsmmu *vsmmu);

/* Cuts it off from memory, at once and whatever the host says; that is reported. */
void endpoint_block(struct vsmmu_endpoint *endpoint);
void endpoint_block_for(struct vsmmu_endpoint *endpoint, const char *what, int error);

/* Tries that again if it was blocked, and yet has access. */
void endpoint_block_again(struct vsmmu_endpoint *endpoint);

/* The same, as nothing that went wrong: it is being moved, reset or removed. The kernel
 * forwards nothing more of it. Return: first -errno. */
int endpoint_cut(struct vsmmu_endpoint *endpoint);

/* That, or if the host fails then something that aborts. Return: whether it has no access. */
bool endpoint_shut(struct vsmmu_endpoint *endpoint, int *ret);

#endif
