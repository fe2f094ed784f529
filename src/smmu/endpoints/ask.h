/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM is asked for the StreamIDs of endpoints that were attached without one. It is asked when
 * the guest says that it has changed its stream table, as the guest has numbered its buses before
 * that; and for all of these endpoints, as a guest that renumbers one bus may have renumbered
 * others. Under the control lock.
 *
 * An endpoint whose answer differs from the StreamID that it has gives that up first, so that two
 * may swap. If it cannot get the answer it is left without a StreamID: the answer is @wanted, and
 * tried again when the VMM is asked next, or by recovery.c when the StreamID is free. "Not yet"
 * changes nothing, unless another endpoint's answer is the StreamID that this one has: then this
 * one is left without.
 */
#ifndef SMMU_ENDPOINTS_ASK_H
#define SMMU_ENDPOINTS_ASK_H

#include "smmu/endpoint.h"

/* An endpoint was linked, or is unlinked: then saved streams may have nobody left to wait for. */
void vsid_ask_begin(struct vsmmu_endpoint *endpoint);
void vsid_ask_end(struct vsmmu_endpoint *endpoint);

/*
 * Asks the VMM for all late endpoints, and gives each its StreamID; it costs nothing if there are
 * none. A failing host is reported, and so is a StreamID that an endpoint cannot get. Under the
 * command lock too. Return: whether it called the host.
 */
bool vsid_ask(struct vsmmu *vsmmu);

/* Whether an endpoint has no StreamID and waits for one that was refused. */
bool vsid_ask_is_refused(const struct vsmmu_endpoint *endpoint);

/*
 * Tries to get the wanted StreamID again, without asking. Return: 0: it is reserved for the
 * endpoint, or still refused; -errno of the host: the old one could not be given up.
 */
int vsid_ask_again(struct vsmmu_endpoint *endpoint);

#endif
