/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PID 1 of the guests that tests/rig/vm.c boots. It says what the guest's kernel made of its SMMU,
 * does what the words of the kernel's command line say, in their order, and switches the machine
 * off:
 *
 *	guest.echo	print a line that is typed
 *	guest.fault	have each edu device read an address that is not mapped
 *	guest.storm	have each edu device make 1,024 faults
 *	guest.garbage	write random numbers to the SMMU's registers
 *	guest.disk	write to the first NVMe disk, read it back and compare
 *	guest.reset	start the machine again instead
 */
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

/* QEMU docs/specs/edu.rst */
#define EDU_SOURCE	0x80
#define EDU_DESTINATION 0x88
#define EDU_LENGTH	0x90
#define EDU_COMMAND	0x98
#define EDU_BUFFER	0x40000
#define EDU_SIZE	0x100000

#define NOT_MAPPED 0xdead0000u

static void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

static void print_groups(void)
{
	char type[64], path[512], regions[512];
	glob_t found;

	if (glob("/sys/kernel/iommu_groups/*/devices/*", 0, NULL, &found)) {
		printf("guest: no iommu groups\n");
		return;
	}
	for (size_t n = 0; n < found.gl_pathc; n++) {
		const char *device = found.gl_pathv[n];

		snprintf(path, sizeof(path), "%s/iommu_group/type", device);
		read_text(path, type, sizeof(type));
		snprintf(path, sizeof(path), "%s/iommu_group/reserved_regions", device);
		read_text(path, regions, sizeof(regions));
		printf("guest: group of %s type %s first region %s\n", strrchr(device, '/') + 1,
			type, regions);
	}
	globfree(&found);
}

static bool is_edu(const char *device)
{
	char path[512], id[32];

	snprintf(path, sizeof(path), "%s/device", device);
	read_text(path, id, sizeof(id));
	return !strcmp(id, "0x11e8");
}

/* Turns the device on, as its driver would. */
static bool enable(const char *device)
{
	uint16_t command = 0;
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/enable", device);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		return false;
	close(fd);
	snprintf(path, sizeof(path), "%s/config", device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, &command, 2, 4) != 2)
		return false;
	command |= 4; /* bus master */
	if (pwrite(fd, &command, 2, 4) != 2)
		return false;
	close(fd);
	return true;
}

static void set(volatile uint8_t *bar, unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(bar + offset) = value;
}

/* One fault for each 4 bytes. */
static void access_unmapped(volatile uint8_t *bar, uint32_t length)
{
	set(bar, EDU_SOURCE, NOT_MAPPED);
	set(bar, EDU_DESTINATION, EDU_BUFFER);
	set(bar, EDU_LENGTH, length);
	set(bar, EDU_COMMAND, 1);
	for (unsigned int n = 0; n < 1000 && *(volatile uint64_t *)(bar + EDU_COMMAND) & 1; n++)
		usleep(10000);
}

static void fault(const char *device, bool storm)
{
	volatile uint8_t *bar;
	char path[512];
	int fd;

	if (!is_edu(device))
		return;
	snprintf(path, sizeof(path), "%s/resource0", device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	bar = fd < 0 ? MAP_FAILED : mmap(NULL, EDU_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!enable(device) || bar == MAP_FAILED) {
		printf("guest: cannot use %s: %m\n", device);
		return;
	}
	printf("guest: edu %s identifies as %#x\n", strrchr(device, '/') + 1,
		*(volatile uint32_t *)bar);
	access_unmapped(bar, storm ? 4096 : 4);
	printf("guest: edu %s is done\n", strrchr(device, '/') + 1);
}

static void fault_each(bool storm)
{
	glob_t found;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &found))
		return;
	for (size_t n = 0; n < found.gl_pathc; n++)
		fault(found.gl_pathv[n], storm);
	globfree(&found);
	sleep(1); /* the fault's line comes from a thread of the kernel's */
}

/* Lines of /proc/interrupts that are of the disk or of the SMMU. */
static void print_interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "nvme") || strstr(line, "smmu"))
			printf("guest: irq %s", line);
	if (file)
		fclose(file);
}

#define DISK	   "/dev/nvme0n1"
#define DISK_CHUNK 65536u
#define DISK_SIZE  (4u << 20)

static void fill(uint32_t *words, uint32_t seed)
{
	for (uint32_t n = 0; n < DISK_CHUNK / 4; n++)
		words[n] = (seed + n) * 2654435761u;
}

static void use_disk(void)
{
	static uint32_t is[DISK_CHUNK / 4] __attribute__((aligned(4096)));
	static uint32_t should[DISK_CHUNK / 4] __attribute__((aligned(4096)));
	int fd = open(DISK, O_RDWR | O_CLOEXEC | O_DIRECT);
	bool good = fd >= 0;

	for (uint32_t at = 0; good && at < DISK_SIZE; at += DISK_CHUNK) {
		fill(should, at);
		good = pwrite(fd, should, DISK_CHUNK, at) == (ssize_t)DISK_CHUNK;
	}
	for (uint32_t at = 0; good && at < DISK_SIZE; at += DISK_CHUNK) {
		fill(should, at);
		good = pread(fd, is, DISK_CHUNK, at) == (ssize_t)DISK_CHUNK &&
		       !memcmp(is, should, DISK_CHUNK);
	}
	if (good)
		printf("guest: disk has what was written\n");
	else
		printf("guest: disk does not work: %m\n");
	print_interrupts();
}

#define SMMU	  0x9050000
#define SMMU_SIZE 0x20000u

/* Mostly the registers at the beginning of each page, by 4 and by 8 bytes. */
static void write_garbage(void)
{
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC | O_SYNC);
	volatile uint8_t *smmu = MAP_FAILED;
	uint32_t random = 1;

	if (fd >= 0)
		smmu = mmap(NULL, SMMU_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, SMMU);
	if (smmu == MAP_FAILED) {
		printf("guest: no registers: %m\n");
		return;
	}
	printf("guest: writing garbage\n");
	for (unsigned int n = 0; n < 8192; n++) {
		uint32_t offset;

		random = random * 1664525 + 1013904223;
		offset = (random >> 12 & 1) * 0x10000 + (random >> 13 & 0xf8);
		if (random >> 31)
			*(volatile uint64_t *)(smmu + offset) = random * 0x100000001u;
		else
			*(volatile uint32_t *)(smmu + offset + (random >> 8 & 4)) = random >> 4;
	}
	printf("guest: wrote garbage\n");
}

static void echo(void)
{
	char line[128] = "";

	printf("guest: type\n");
	if (fgets(line, sizeof(line), stdin))
		printf("guest: heard %s", line);
}

int main(void)
{
	char words[2048];
	int console;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		dup2(console, fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_text("/proc/cmdline", words, sizeof(words));
	printf("guest: up with %ld vCPUs\n", sysconf(_SC_NPROCESSORS_ONLN));
	print_groups();
	if (strstr(words, "guest.fault") || strstr(words, "guest.storm"))
		fault_each(strstr(words, "guest.storm"));
	if (strstr(words, "guest.garbage"))
		write_garbage();
	if (strstr(words, "guest.disk"))
		use_disk();
	if (strstr(words, "guest.echo"))
		echo();
	printf("guest: done\n");
	sync();
	reboot(strstr(words, "guest.reset") ? RB_AUTOBOOT : RB_POWER_OFF);
	for (;;)
		pause();
}
