/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the guest's registers and stream table into an attached HWPT, which is what an
 * endpoint's transactions meet. Each change is one replace of one HWPT by another, so there is no
 * moment without either (IHI 0070 3.21.3 leaves it to us which of the two a transaction meets), and
 * none waits for whoever maps or pins memory. Under the control lock.
 */
#ifndef SMMU_ENDPOINTS_STE_INSTALL_H
#define SMMU_ENDPOINTS_STE_INSTALL_H

#include "arch/ste.h"
#include "smmu/endpoint.h"

/*
 * Installs what the guest's registers and memory say now. On failure the endpoint is blocked,
 * and that is reported. Return: 1 if it had to call the host, else 0; or -errno.
 */
int endpoint_refresh(struct vsmmu_endpoint *endpoint);

/* Does the same, but on failure what was there stays. */
int endpoint_try_refresh(struct vsmmu_endpoint *endpoint);

/* Puts a nested HWPT of these words in place of what was there. On failure that stays. */
int endpoint_install_vste(struct vsmmu_endpoint *endpoint, const uint64_t vste[2]);

/* Return: what an endpoint can reach with an STE of @kind, and with what is installed now. */
enum vsmmu_attach_purpose ste_purpose(enum arch_ste_kind kind);
enum vsmmu_attach_purpose endpoint_purpose(const struct vsmmu_endpoint *endpoint);

/* Refreshes all endpoints. Return: 0 or first -errno. */
int install_refresh_all(struct vsmmu *vsmmu);

/* Whether a refresh might give back to some endpoint what its guest wants. */
bool install_any_blocked(const struct vsmmu *vsmmu);

/*
 * Attaches the abort HWPT: the endpoint has no access, and the kernel forwards no more events
 * of it. Return: 0 or -errno: then it still meets what it met before.
 */
int endpoint_park(struct vsmmu_endpoint *endpoint);

/* Attaches one of the HWPTs that are there, and notes nothing. Return: 0 or -errno. */
int endpoint_attach_its(const struct vsmmu_endpoint *objects, enum installed installed);

/*
 * Parks it because of @error of the host in doing @what, until the host works again; both that
 * and a failure to park are reported.
 */
void endpoint_block(struct vsmmu_endpoint *endpoint, const char *what, int error);

/* Tries again to park it, if it is blocked and yet has access. Return: 0 or -errno. */
int endpoint_block_again(struct vsmmu_endpoint *endpoint);

#endif
