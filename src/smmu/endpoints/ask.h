/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints that were attached without a StreamID: the VMM is asked for it when the guest says
 * that it has changed its stream table, as it has numbered its buses before that. All of them are
 * asked, as a guest that renumbers one bus may have renumbered others. Under the control lock.
 *
 * Whoever gets an answer that differs from what he has gives that up first, so that two may swap.
 * An answer that cannot be had leaves its endpoint without a StreamID: it is wanted, and tried
 * again at the next moment of asking, or when it is free by recovery.c. "Not yet" changes nothing,
 * unless another one's answer is the number that such an endpoint has: then it has none.
 */
#ifndef SMMU_ENDPOINTS_ASK_H
#define SMMU_ENDPOINTS_ASK_H

#include "smmu/endpoint.h"

/* An endpoint is linked, or unlinked: with it a snapshot's streams may end to wait. */
void vsid_ask_begin(struct vsmmu_endpoint *endpoint);
void vsid_ask_end(struct vsmmu_endpoint *endpoint);

/*
 * Asks, and gives each endpoint what it is to have now; without any that is asked for it costs
 * nothing. A failing host is reported, as is a StreamID that cannot be had. Under the command lock
 * too. Return: whether it had to call the host.
 */
bool vsid_ask(struct vsmmu *vsmmu);

/* Whether an endpoint has given up what it had, and waits for what was refused. */
bool vsid_ask_is_refused(const struct vsmmu_endpoint *endpoint);

/*
 * Tries again to have what is wanted, without asking. Return: 0: the StreamID is reserved for the
 * endpoint, or is refused still; -errno of the host: the old one could not be given up.
 */
int vsid_ask_again(struct vsmmu_endpoint *endpoint);

#endif
