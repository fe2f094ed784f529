/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver model on a full vSMMU in front of the simulator, with a look at every host call.
 */
#ifndef UNIT_DRIVER_FIXTURE_H
#define UNIT_DRIVER_FIXTURE_H

#include "driver/driver.h"
#include "lib/test_vmm.h"

#define ENDPOINTS 6 /* at most */
#define VSID(n)	  (0x100u + 3 * (n))
#define FROM	  UINT64_C(0x10000)
#define TO	  UINT64_C(0x20000)
#define HOLE	  UINT64_C(0x30000)
#define PAGE	  UINT64_C(4096)
#define RECORDS	  4096

struct guest {
	struct test_vmm *vmm;
	struct vsmmu_host *sim; /* behind vmm->host */
	void (*before_host_call)(struct guest *guest);
	struct driver driver;
	uint32_t dev_id[ENDPOINTS];
	struct vsmmu_endpoint *endpoint[ENDPOINTS];
	uint64_t record[RECORDS][4];
	unsigned int records;
};

struct pages {
	struct driver_domain domain;
	uint64_t from_gpa, to_gpa;
	uint8_t *from, *to;
};

/* Endpoints sit behind @smmus physical SMMUs in turn. The driver has probed and reset. */
struct guest *guest_new(const struct vsmmu_config *config, const struct driver_options *options,
	unsigned int endpoints, unsigned int smmus);
void guest_free(struct guest *guest);

/* A domain with a page to read at FROM and one to write at TO. */
void make_pages(struct guest *guest, struct pages *pages);
void map(struct driver_domain *domain, uint64_t iova, uint64_t gpa, unsigned int prot);
/* Endpoint @n goes through that domain from now on. */
void attach(struct guest *guest, unsigned int n, struct pages *pages);

/* Dispatches until there is nothing to do, the driver following. */
void run(struct guest *guest);

/* What the endpoint saw: 0 or -EFAULT. */
int dma(struct guest *guest, unsigned int n, uint64_t iova, bool write, void *bytes, size_t length);
/* From page to page through endpoint @n. */
void expect_copy(struct guest *guest, unsigned int n, struct pages *pages);
/* A read that is aborted; the driver finds that event, or none with @id 0. */
void expect_fault(struct guest *guest, unsigned int n, uint64_t iova, unsigned int id);

struct vsmmu_sim_stats sim_stats(struct guest *guest);

#endif
