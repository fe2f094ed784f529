/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "guest_archive.h"

#define ROOT	     "/share/qemu"
#define QEMU	     "/usr/bin/qemu-system-aarch64"
#define OURS	     "./vsmmu-vm"
#define INIT	     "./init"
#define INITRD	     "/tmp/initrd" /* the same path inside of ROOT */
#define MEMORY	     "512"
#define CPUS	     "2"
#define BOOT_SECONDS 60u /* that a guest's boot may take */

double seconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void print_text(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += !!*line)
		printf("# | %.*s\n", (int)strcspn(line, "\n"), line);
}

void machine_fail(const struct machine *machine, const char *what)
{
	const struct guest *guest = &machine->guest;

	printf("# peer: %s: %s\n", machine->name, what);
	print_text(guest->console.text);
	print_text(guest->messages.text);
	fflush(stdout);
	if (guest->pid > 0)
		kill(guest->pid, SIGKILL);
	exit(1);
}

/* Each second endpoint of a kind, so that both have some. */
static int find_endpoints(struct machine *machine, unsigned int odd)
{
	FILE *file = fopen("/run/rig/endpoints", "re");
	char line[128], name[32], address[16];
	unsigned int edus = 0, disks = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %15s", name, address) != 2)
			continue;
		if (!strcmp(name, "edu") && edus++ % 2 == odd && edus / 2 <= MACHINE_EDUS)
			strcpy(machine->edu[(edus - 1) / 2], address);
		if (!strcmp(name, "nvme") && disks++ % 2 == odd)
			strcpy(machine->nvme, address);
	}
	if (file)
		fclose(file);
	return *machine->edu[MACHINE_EDUS - 1] && *machine->nvme ? 0 : -1;
}

int machines_open(struct machine *ours, struct machine *peer)
{
	static const char *const folders[] = {"/dev", "/proc", "/share", "/sys", "/tmp"};
	char path[64];

	ours->name = "ours";
	peer->name = "peer";
	if (find_endpoints(ours, 0) || find_endpoints(peer, 1)) {
		fprintf(stderr, "peer: too few endpoints\n");
		return -1;
	}
	if (!guest_archive_write(INITRD, INIT, NULL, NULL, NULL)) {
		perror(INITRD);
		return -1;
	}
	for (unsigned int n = 0; n < sizeof(folders) / sizeof(folders[0]); n++) {
		snprintf(path, sizeof(path), ROOT "%s", folders[n]);
		if (mount(folders[n], path, NULL, MS_BIND, NULL)) {
			perror(path);
			return -1;
		}
	}
	return 0;
}

#define WORDS_MAX 64

struct words {
	char *word[WORDS_MAX];
	unsigned int count;
};

static void __attribute__((format(printf, 2, 3))) add(struct words *words, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (vasprintf(&words->word[words->count], format, list) < 0)
		exit(1);
	va_end(list);
	words->word[++words->count] = NULL;
}

static void add_ours(struct words *words, const char *device)
{
	add(words, "--device");
	add(words, "%s", device);
}

/* The slots are those that vsmmu-vm gives. */
static void add_peers(struct words *words, const char *device, unsigned int slot)
{
	add(words, "-device");
	add(words, "vfio-pci,host=%s,iommufd=iommufd0,bus=pcie.0,addr=%x", device, slot);
}

static void build_ours(
	struct words *words, const struct machine *machine, const struct machine_setup *setup)
{
	const char *const all[] = {OURS, "--kernel", setup->kernel, "--initrd", INITRD, "--append",
		setup->append, "--mem", MEMORY "M", "--cpus", CPUS};

	for (unsigned int n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		add(words, "%s", all[n]);
	if (setup->no_ril)
		add(words, "--no-ril");
	for (unsigned int n = 0; n < MACHINE_EDUS; n++)
		add_ours(words, machine->edu[n]);
	if (!setup->edu_only)
		add_ours(words, machine->nvme);
}

/* With accel=on it refuses a device tree, so there is UEFI firmware. */
static void build_peers(
	struct words *words, const struct machine *machine, const struct machine_setup *setup)
{
	const char *const all[] = {QEMU, "-nodefaults", "-display", "none", "-serial", "stdio",
		"-no-reboot", "-machine", "virt,accel=kvm,gic-version=3,its=on", "-cpu", "host",
		"-m", MEMORY, "-smp", CPUS, "-object", "iommufd,id=iommufd0", "-drive",
		"if=pflash,format=raw,readonly=on,file=/usr/share/AAVMF/AAVMF_CODE.fd", "-kernel",
		setup->kernel, "-initrd", INITRD, "-append"};

	for (unsigned int n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		add(words, "%s", all[n]);
	add(words, "console=ttyAMA0 %s", setup->append);
	add(words, "-device");
	add(words, "arm-smmuv3,primary-bus=pcie.0,id=smmu0,accel=on%s",
		setup->no_ril ? ",ril=off" : "");
	for (unsigned int n = 0; n < MACHINE_EDUS; n++)
		add_peers(words, machine->edu[n], n + 1);
	if (!setup->edu_only)
		add_peers(words, machine->nvme, MACHINE_EDUS + 1);
}

double machine_boot(struct machine *machine, const struct machine_setup *setup)
{
	const bool peer = !strcmp(machine->name, "peer");
	const double begin = seconds_now();
	struct words words = {.count = 0};

	if (peer)
		build_peers(&words, machine, setup);
	else
		build_ours(&words, machine, setup);
	if (guest_run(&machine->guest, peer ? ROOT : NULL, (const char *const *)words.word))
		machine_fail(machine, "cannot be started");
	while (words.count)
		free(words.word[--words.count]);
	if (!guest_expect(&machine->guest, "guest: ready", BOOT_SECONDS))
		machine_fail(machine, "does not come up");
	return seconds_now() - begin;
}

double machine_kernel_seconds(const struct machine *machine)
{
	const char *console = machine->guest.console.text, *ready = strstr(console, "guest: ready");

	while (ready && ready > console && *ready != '[')
		ready--;
	return ready ? atof(ready + 1) : 0;
}

const char *machine_do(
	struct machine *machine, const char *answer, unsigned int seconds, const char *format, ...)
{
	char command[256];
	const char *found;
	va_list list;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	if (!guest_do(&machine->guest, command, seconds))
		machine_fail(machine, command);
	if (!answer)
		return NULL;
	found = strstr(guest_answer(&machine->guest), answer);
	if (!found)
		machine_fail(machine, answer);
	return found + strlen(answer);
}

void machine_begin_off(struct machine *machine)
{
	guest_type(&machine->guest, "off\n");
}

double machine_end(struct machine *machine, unsigned int seconds)
{
	const double begin = seconds_now();

	if (guest_end(&machine->guest, seconds))
		machine_fail(machine, "does not end well");
	return seconds_now() - begin;
}
