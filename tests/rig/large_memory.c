/* SPDX-License-Identifier: BSD-2-Clause */
#include "large_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "host/iommufd/ioctl.h"
#include "uapi/iommufd.h"

/* A block is mapped many times: the kernel pins it each time, the machine has it once. */
#define BLOCK	     (UINT64_C(256) << 20)
#define BLOCKS_LEAST 4
#define BLOCKS_MOST  64
#define FROM	     (UINT64_C(4) << 30)

uint64_t span_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

double span_ms(const struct span *span)
{
	return (double)(span->end - span->begin) / 1e6;
}

/* It has pages of 4 KiB, being shared memory, and stays until the program ends. NULL: none. */
static void *get_block(void)
{
	static void *block = MAP_FAILED;

	if (block == MAP_FAILED)
		block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return block == MAP_FAILED ? NULL : block;
}

static int map_block(struct real_machine *real, void *block, unsigned int n)
{
	struct uapi_iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = UAPI_IOMMU_IOAS_MAP_FIXED_IOVA | UAPI_IOMMU_IOAS_MAP_READABLE |
			 UAPI_IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = real->ioas_id,
		.user_va = (uintptr_t)block,
		.length = BLOCK,
		.iova = FROM + n * BLOCK,
	};

	return iommufd_ioctl(real->iommufd, UAPI_IOMMU_IOAS_MAP, &map);
}

static int make_parent(struct real_machine *real, uint32_t *id)
{
	struct uapi_iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = UAPI_IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = real->endpoint[0].edu.dev_id,
		.pt_id = real->ioas_id,
	};
	int ret = iommufd_ioctl(real->iommufd, UAPI_IOMMU_HWPT_ALLOC, &alloc);

	*id = alloc.out_hwpt_id;
	return ret;
}

static int destroy(struct real_machine *real, uint32_t id)
{
	struct uapi_iommu_destroy call = {.size = sizeof(call), .id = id};

	return iommufd_ioctl(real->iommufd, UAPI_IOMMU_DESTROY, &call);
}

int large_memory_pin(struct real_machine *real, struct span *alloc)
{
	struct span span = {.begin = span_now()};
	uint32_t id;
	int ret = make_parent(real, &id);

	span.end = span_now();
	if (alloc)
		*alloc = span;
	return ret ? ret : destroy(real, id);
}

int large_memory_map(struct real_machine *real, uint64_t least)
{
	struct span span = {0};
	void *block = get_block();
	unsigned int n = 0;
	int ret = block ? 0 : -ENOMEM;

	while (!ret && n < BLOCKS_LEAST)
		ret = map_block(real, block, n++);
	/* The first time is longer. */
	if (!ret)
		ret = large_memory_pin(real, NULL);
	if (!ret)
		ret = large_memory_pin(real, &span);
	while (!ret && span.end - span.begin < least) {
		ret = n < BLOCKS_MOST ? map_block(real, block, n++) : -ERANGE;
		if (!ret)
			ret = large_memory_pin(real, &span);
	}
	return ret;
}
