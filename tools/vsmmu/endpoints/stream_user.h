/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a stream, as a description of the machine says it: an IORT or a device tree. */
#ifndef ENDPOINTS_STREAM_USER_H
#define ENDPOINTS_STREAM_USER_H

#include "endpoints/pci_address.h"
#include "endpoints/smmu_ref.h"
#include "firmware/iort.h"

struct stream_user {
	bool is_pci;
	struct pci_address pci; /* with @is_pci */
	uint16_t mask;		/* other functions that are like it under this mask are too */
	bool certain;		/* it is this SMMU's stream */
	char name[64];		/* without @is_pci; else of what it is behind, or "" */
};

/*
 * Return: how many users there are; the first @max are in @users. @knows: the description has
 * that SMMU, so that a stream without users is nobody's.
 */
unsigned int iort_stream_users(const struct iort *iort, struct smmu_ref smmu, uint32_t sid,
	struct stream_user *users, unsigned int max, bool *knows);

/* Whether a PCI function has that StreamID, of any SMMU. */
bool iort_function_has(const struct iort *iort, const struct pci_address *address, uint32_t sid);

#endif
