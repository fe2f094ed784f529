/* SPDX-License-Identifier: BSD-2-Clause */
#include "real_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host/iommufd/ioctl.h"
#include "injection.h"
#include "uapi/iommufd.h"

/* Each endpoint's part of the memory: a CD, three levels of tables, a page for DMA. */
#define TABLES	  UINT64_C(0x10000)
#define TABLES_CD 0x0
#define TABLES_L1 0x1000
#define TABLES_L2 0x2000
#define TABLES_L3 0x3000
#define TABLES_IO 0x4000

#define FAULTS_BEGIN UINT64_C(0x100000)

/* Context descriptor (IHI 0070 5.4): 39-bit input, 4 KiB pages, 40-bit output. */
#define CD_T0SZ	  UINT64_C(25)
#define CD_IR0	  (UINT64_C(1) << 8)
#define CD_OR0	  (UINT64_C(1) << 10)
#define CD_SH0	  (UINT64_C(3) << 12)
#define CD_EPD1	  (UINT64_C(1) << 30)
#define CD_V	  (UINT64_C(1) << 31)
#define CD_IPS	  (UINT64_C(2) << 32)
#define CD_AA64	  (UINT64_C(1) << 41)
#define CD_R	  (UINT64_C(1) << 45) /* record faults */
#define CD_A	  (UINT64_C(1) << 46)
#define CD_ASET	  (UINT64_C(1) << 47)
#define CD_ASID	  48
#define CD_MEMORY UINT64_C(0xff) /* MAIR attribute 0 */

/* VMSAv8-64 descriptors. */
#define PTE_PAGE      UINT64_C(3)
#define PTE_USER      (UINT64_C(1) << 6)
#define PTE_READ_ONLY (UINT64_C(1) << 7)
#define PTE_SHARED    (UINT64_C(3) << 8)
#define PTE_ACCESSED  (UINT64_C(1) << 10)
#define PTE_TOO_HIGH  (UINT64_C(1) << 44)

#define STE_V	   UINT64_C(1)
#define STE_STAGE1 (UINT64_C(5) << 1)
#define STE_S1CIR  (UINT64_C(1) << 2)
#define STE_S1COR  (UINT64_C(1) << 4)
#define STE_S1CSH  (UINT64_C(3) << 6)

#define CMD_CFGI_CD_ALL	   UINT64_C(0x06)
#define CMD_TLBI_NSNH_ALL  UINT64_C(0x30)
#define CMD_CFGI_SID_SHIFT 32

/* Page 1 of the SMMU's registers (IHI 0070 6.2). */
#define SMMU_PAGE_1	 UINT64_C(0x10000)
#define SMMU_EVENTQ_PROD 0xa8
#define SMMU_EVENTQ_CONS 0xac
#define QUEUE_INDEX	 UINT32_C(0xfffff) /* and wrap; OVFLG is above */
#define SMMU_PAGE_SIZE	 0x1000

/*
 * The first allocation of the driver's thread is the event's, that of a read the copy of
 * the LOST header (iommufd_viommu_report_event(), iommufd_veventq_deliver_fetch()).
 */
#define FIRST_ALLOCATION 1

static int map_memory(struct real_machine *machine)
{
	struct uapi_iommu_ioas_alloc ioas = {.size = sizeof(ioas)};
	struct uapi_iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = UAPI_IOMMU_IOAS_MAP_FIXED_IOVA | UAPI_IOMMU_IOAS_MAP_READABLE |
			 UAPI_IOMMU_IOAS_MAP_WRITEABLE,
		.length = REAL_MEMORY_SIZE,
		.iova = REAL_MEMORY,
	};
	void *memory;
	int ret;

	ret = iommufd_ioctl(machine->iommufd, UAPI_IOMMU_IOAS_ALLOC, &ioas);
	if (ret)
		return ret;
	memory = mmap(
		NULL, REAL_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	machine->memory = memory;
	machine->ioas_id = ioas.out_ioas_id;
	map.ioas_id = ioas.out_ioas_id;
	map.user_va = (uintptr_t)memory;
	return iommufd_ioctl(machine->iommufd, UAPI_IOMMU_IOAS_MAP, &map);
}

/* "  09050000-0906ffff : arm-smmu-v3.0.auto" in /proc/iomem, or the like. */
static int find_smmu(uint64_t *base)
{
	FILE *file = fopen("/proc/iomem", "re");
	char line[256];
	int ret = -ENODEV;

	if (!file)
		return -errno;
	while (ret && fgets(line, sizeof(line), file)) {
		unsigned long long start;

		if (strstr(line, "arm-smmu-v3") && sscanf(line, "%llx", &start) == 1) {
			*base = start;
			ret = 0;
		}
	}
	fclose(file);
	return ret;
}

/* The driver's side: its thread, and how far it is with the hardware's queue. */
static int watch_driver(struct real_machine *machine)
{
	uint64_t base = 0;
	void *page;
	int ret;

	machine->evtq_thread = injection_find_thread("arm-smmu-v3-evtq");
	if (machine->evtq_thread < 0)
		return machine->evtq_thread;
	machine->evtq_injection = injection_open(machine->evtq_thread);
	if (machine->evtq_injection < 0)
		return machine->evtq_injection;
	ret = find_smmu(&base);
	if (ret)
		return ret;
	machine->smmu_fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	if (machine->smmu_fd < 0)
		return -errno;
	page = mmap(NULL, SMMU_PAGE_SIZE, PROT_READ, MAP_SHARED, machine->smmu_fd,
		(off_t)(base + SMMU_PAGE_1));
	if (page == MAP_FAILED)
		return -errno;
	machine->smmu_page = page;
	return 0;
}

/* This is edu_find() or edu_find_group(). */
typedef unsigned int (*edu_find_fn)(char bdf[][16], unsigned int max);

static void write_tables(struct real_machine *machine, unsigned int n)
{
	struct real_endpoint *endpoint = &machine->endpoint[n];
	uint64_t gpa = REAL_MEMORY + n * TABLES;

	endpoint->tables = machine->memory + n * TABLES;
	endpoint->table_gpa = gpa;
	endpoint->next_fault = FAULTS_BEGIN;
	*(uint64_t *)(endpoint->tables + TABLES_L1) = (gpa + TABLES_L2) | PTE_PAGE;
	*(uint64_t *)(endpoint->tables + TABLES_L2) = (gpa + TABLES_L3) | PTE_PAGE;
	real_machine_set_cd(machine, n, true);
}

static int add(struct real_machine *machine, edu_find_fn find, unsigned int endpoints)
{
	char bdf[REAL_ENDPOINTS][16];
	int ret = 0;

	if (endpoints > REAL_ENDPOINTS || find(bdf, REAL_ENDPOINTS) < endpoints)
		return -ENODEV;
	while (!ret && machine->count < endpoints) {
		unsigned int n = machine->count;

		ret = edu_open(&machine->endpoint[n].edu, bdf[n], machine->iommufd);
		machine->count += !ret;
	}
	return ret;
}

int real_machine_add(struct real_machine *machine, unsigned int endpoints)
{
	return add(machine, edu_find, endpoints);
}

static int open_machine(struct real_machine *machine, edu_find_fn find, unsigned int endpoints)
{
	int ret;

	memset(machine, 0, sizeof(*machine));
	machine->evtq_injection = -1;
	machine->smmu_fd = -1;
	machine->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (machine->iommufd < 0)
		return -errno;
	ret = map_memory(machine);
	if (!ret)
		ret = watch_driver(machine);
	if (!ret)
		ret = add(machine, find, endpoints);
	if (ret) {
		real_machine_close(machine);
		return ret;
	}
	for (unsigned int n = 0; n < endpoints; n++)
		write_tables(machine, n);
	return 0;
}

int real_machine_open(struct real_machine *machine, unsigned int endpoints)
{
	return open_machine(machine, edu_find, endpoints);
}

int real_machine_open_group(struct real_machine *machine, unsigned int endpoints)
{
	return open_machine(machine, edu_find_group, endpoints);
}

void real_machine_close(struct real_machine *machine)
{
	while (machine->count)
		edu_close(&machine->endpoint[--machine->count].edu);
	if (machine->smmu_page)
		munmap((void *)machine->smmu_page, SMMU_PAGE_SIZE);
	if (machine->smmu_fd >= 0)
		close(machine->smmu_fd);
	if (machine->evtq_injection >= 0)
		close(machine->evtq_injection);
	close(machine->iommufd);
	if (machine->memory)
		munmap(machine->memory, REAL_MEMORY_SIZE);
	memset(machine, 0, sizeof(*machine));
	machine->iommufd = -1;
	machine->evtq_injection = -1;
	machine->smmu_fd = -1;
}

int real_machine_host(struct real_machine *machine, struct vsmmu_host **out)
{
	const struct vsmmu_iommufd_config config = {
		.size = sizeof(config),
		.iommufd = machine->iommufd,
		.ioas_id = machine->ioas_id,
	};

	return vsmmu_iommufd_new(out, &config);
}

struct host_endpoint real_machine_endpoint(struct real_machine *machine, unsigned int n)
{
	return (struct host_endpoint){
		.dev_id = machine->endpoint[n].edu.dev_id,
		.vfio_fd = machine->endpoint[n].edu.vfio_fd,
	};
}

void real_machine_ste(const struct real_machine *machine, unsigned int n, uint64_t ste[2])
{
	ste[0] = STE_V | STE_STAGE1 | (machine->endpoint[n].table_gpa + TABLES_CD);
	ste[1] = STE_S1CIR | STE_S1COR | STE_S1CSH;
}

void real_machine_set_cd(struct real_machine *machine, unsigned int n, bool valid)
{
	const struct real_endpoint *endpoint = &machine->endpoint[n];
	volatile uint64_t *cd = (uint64_t *)(endpoint->tables + TABLES_CD);

	cd[1] = endpoint->table_gpa + TABLES_L1;
	cd[3] = CD_MEMORY;
	cd[0] = CD_T0SZ | CD_IR0 | CD_OR0 | CD_SH0 | CD_EPD1 | CD_IPS | CD_AA64 | CD_R | CD_A |
		CD_ASET | (uint64_t)(n + 1) << CD_ASID | (valid ? CD_V : 0);
}

void real_machine_map(
	struct real_machine *machine, unsigned int n, uint64_t iova, enum real_access access)
{
	const struct real_endpoint *endpoint = &machine->endpoint[n];
	volatile uint64_t *l3 = (uint64_t *)(endpoint->tables + TABLES_L3);
	uint64_t page = endpoint->table_gpa + TABLES_IO;
	uint64_t entry = PTE_PAGE | PTE_USER | PTE_SHARED | PTE_ACCESSED;

	switch (access) {
	case REAL_UNMAPPED:
		entry = page = 0;
		break;
	case REAL_READONLY:
		entry |= PTE_READ_ONLY;
		break;
	case REAL_NO_ACCESS:
		entry &= ~PTE_ACCESSED;
		break;
	case REAL_TOO_HIGH:
		page = PTE_TOO_HIGH;
		break;
	case REAL_READWRITE:
		break;
	}
	l3[iova >> 12 & 511] = page | entry;
}

uint8_t *real_machine_page(struct real_machine *machine, unsigned int n)
{
	return machine->endpoint[n].tables + TABLES_IO;
}

int real_machine_invalidate(struct real_machine *machine, uint32_t viommu_id, uint32_t vsid)
{
	struct uapi_iommu_viommu_arm_smmuv3_invalidate commands[] = {
		{.cmd = {CMD_TLBI_NSNH_ALL, 0}},
		{.cmd = {CMD_CFGI_CD_ALL | (uint64_t)vsid << CMD_CFGI_SID_SHIFT, 0}},
	};
	struct uapi_iommu_hwpt_invalidate call = {
		.size = sizeof(call),
		.hwpt_id = viommu_id,
		.data_uptr = (uintptr_t)commands,
		.data_type = UAPI_IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(commands[0]),
		.entry_num = 2,
	};

	return iommufd_ioctl(machine->iommufd, UAPI_IOMMU_HWPT_INVALIDATE, &call);
}

static uint32_t smmu_register(const struct real_machine *machine, unsigned int offset)
{
	return *(const volatile uint32_t *)(machine->smmu_page + offset);
}

/*
 * The driver moves CONS before it handles an event, but its thread sleeps only when it
 * has handled all; and while there is something it has not begun with, CONS is not PROD.
 */
static bool settled(const struct real_machine *machine)
{
	uint32_t differ =
		smmu_register(machine, SMMU_EVENTQ_PROD) ^ smmu_register(machine, SMMU_EVENTQ_CONS);

	return !(differ & QUEUE_INDEX) && injection_thread_state(machine->evtq_thread) == 'S';
}

int real_machine_settle(struct real_machine *machine)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < 10000; i++) {
		if (settled(machine))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int dma(
	struct real_machine *machine, unsigned int n, uint64_t iova, uint32_t length, bool write)
{
	struct edu *edu = &machine->endpoint[n].edu;
	int ret;

	if (write)
		edu_start_write(edu, iova, length);
	else
		edu_start_read(edu, iova, length);
	ret = edu_wait(edu);
	return ret ? ret : real_machine_settle(machine);
}

int real_machine_access(struct real_machine *machine, unsigned int n, uint64_t iova, bool write)
{
	return dma(machine, n, iova, EDU_STEP, write);
}

int real_machine_fault(struct real_machine *machine, unsigned int n, unsigned int count)
{
	struct real_endpoint *endpoint = &machine->endpoint[n];
	int ret = 0;

	while (!ret && count) {
		uint32_t length = EDU_STEP * count;

		if (count > EDU_DMA_MAX / EDU_STEP)
			length = EDU_DMA_MAX;
		if (endpoint->next_fault + length > REAL_IOVA_END)
			endpoint->next_fault = FAULTS_BEGIN;
		ret = dma(machine, n, endpoint->next_fault, length, false);
		endpoint->next_fault += length;
		count -= length / EDU_STEP;
	}
	return ret;
}

int real_machine_fault_dropped(struct real_machine *machine, unsigned int n)
{
	int ret = injection_arm(machine->evtq_injection, FIRST_ALLOCATION);
	int left;

	if (ret)
		return ret;
	ret = real_machine_fault(machine, n, 1);
	left = injection_left(machine->evtq_injection);
	injection_arm(machine->evtq_injection, 0);
	if (ret)
		return ret;
	return left ? -EPROTO : 0;
}

int real_machine_fail_lost_copy(struct real_machine *machine)
{
	(void)machine;
	return injection_arm_self(FIRST_ALLOCATION);
}

struct drop {
	struct real_machine *machine;
	unsigned int n;
};

static int drop_one(void *opaque)
{
	const struct drop *drop = opaque;

	return real_machine_fault_dropped(drop->machine, drop->n);
}

ssize_t real_machine_read_and_drop(struct real_machine *machine, const struct host_veventq *veventq,
	void *buffer, size_t length, unsigned int n)
{
	struct drop drop = {.machine = machine, .n = n};

	return injection_held_read(&veventq->source, buffer, length, drop_one, &drop);
}
