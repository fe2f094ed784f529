/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/vm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUSES 256

static __attribute__((format(printf, 2, 3))) void note(struct vm *vm, const char *format, ...)
{
	va_list rest;

	if (vm->note_count == VM_NOTES_MAX)
		return;
	va_start(rest, format);
	vsnprintf(vm->notes[vm->note_count++], VM_NOTE_SIZE, format, rest);
	va_end(rest);
}

/* Whether the VM is to have it. Why it does not get one that was asked for is noted. */
static bool takes(struct vm *vm, const struct probe_device *device, bool named)
{
	if (!device->shown || device->bridge)
		return false;
	if (!named && (!strstr(device->driver, "vfio") || device->verdict == LEVEL_FAIL))
		return false;
	if (device->smmu < 0)
		note(vm, "%s is left out: which SMMU it is behind is not known, if any",
			device->bdf);
	else if (device->nesting == ANSWER_NO)
		note(vm, "%s is left out: its SMMU cannot nest for it, see vsmmu probe",
			device->bdf);
	else if (device->verdict == LEVEL_FAIL)
		note(vm, "%s will not work yet: see vsmmu probe", device->bdf);
	else if (device->nesting == ANSWER_UNKNOWN)
		note(vm, "%s: whether its SMMU can nest for it is not known", device->bdf);
	return device->smmu >= 0 && device->nesting != ANSWER_NO;
}

static struct vm_smmu *find_smmu(struct vm *vm, const struct probe_smmu *smmu)
{
	for (unsigned int i = 0; i < vm->count; i++)
		if (vm->smmus[i].smmu == smmu)
			return &vm->smmus[i];
	if (vm->count == VM_SMMUS_MAX)
		return NULL;
	vm->smmus[vm->count] = (struct vm_smmu){.smmu = smmu, .oas = -1, .ssid_size = -1};
	return &vm->smmus[vm->count++];
}

static void add_device(
	struct vm *vm, const struct probe_result *result, const struct probe_device *device)
{
	struct vm_smmu *smmu = find_smmu(vm, &result->smmus[device->smmu]);

	if (smmu && smmu->count < VM_DEVICES_MAX)
		smmu->devices[smmu->count++] = device;
	else
		note(vm, "%s is left out: there are too many", device->bdf);
}

/* Whether any of the devices has it; unknown if none is known to, and not all are known. */
static enum answer any(const struct vm_smmu *smmu, enum answer (*has)(const struct probe_device *))
{
	enum answer all = ANSWER_NO;

	for (unsigned int i = 0; i < smmu->count; i++) {
		enum answer one = has(smmu->devices[i]);

		if (one == ANSWER_YES)
			return one;
		if (one == ANSWER_UNKNOWN)
			all = one;
	}
	return all;
}

static enum answer has_ats(const struct probe_device *device)
{
	return device->root_ats == ANSWER_NO ? ANSWER_NO : device->ats.present;
}

static enum answer has_pasid(const struct probe_device *device)
{
	return device->pasid.present;
}

static enum answer both(enum answer a, enum answer b)
{
	if (a == ANSWER_NO || b == ANSWER_NO)
		return ANSWER_NO;
	return a == ANSWER_YES && b == ANSWER_YES ? ANSWER_YES : ANSWER_UNKNOWN;
}

/* QEMU's model has two sizes; its own check is that the host's is not the smaller. */
static void set_oas(struct vm *vm, struct vm_smmu *smmu)
{
	int oas = smmu->smmu->oas;

	if (oas >= 48)
		smmu->oas = 48;
	else if (oas >= 44)
		smmu->oas = 44;
	else if (oas > 0)
		note(vm, "%s: its OAS of %d bits is less than QEMU's vSMMU can have (44)",
			smmu->smmu->name, oas);
}

static void set_ssid_size(struct vm_smmu *smmu)
{
	enum answer pasid = any(smmu, has_pasid);
	int bits = smmu->smmu->ssid_bits;

	if (pasid == ANSWER_NO)
		smmu->ssid_size = 0;
	else if (pasid == ANSWER_YES && bits >= 0)
		smmu->ssid_size = bits < 20 ? bits : 20;
}

static void note_unknown(struct vm *vm, const struct vm_smmu *smmu)
{
	char names[64];

	snprintf(names, sizeof(names), "%s%s%s%s",
		smmu->oas < 0 && smmu->smmu->oas <= 0 ? " oas" : "",
		smmu->ssid_size < 0 ? " ssidsize" : "", smmu->ats == ANSWER_UNKNOWN ? " ats" : "",
		smmu->ril == ANSWER_UNKNOWN ? " ril" : "");
	if (*names)
		note(vm,
			"%s: not known, and left out:%s. QEMU 11.1 and later ask the SMMU; for "
			"11.0 run vsmmu probe --try as root.",
			smmu->smmu->name, names);
}

static void set_values(struct vm *vm, struct vm_smmu *smmu)
{
	smmu->ats = both(smmu->smmu->ats, any(smmu, has_ats));
	smmu->ril = smmu->smmu->ril;
	smmu->cmdqv = smmu->smmu->cmdqv;
	set_oas(vm, smmu);
	set_ssid_size(smmu);
	note_unknown(vm, smmu);
	if (smmu->cmdqv == ANSWER_YES)
		note(vm, "%s: cmdqv takes QEMU 11.1 or later", smmu->smmu->name);
}

/* Machine virt has a window of 512 GiB for 64-bit BARs, each of which lies on its own size. */
static void note_bars(struct vm *vm)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < vm->count; i++)
		for (unsigned int j = 0; j < vm->smmus[i].count; j++) {
			const struct probe_device *device = vm->smmus[i].devices[j];

			for (size_t n = 0; n < device->bar_count; n++)
				sum += (device->bars[n].last - device->bars[n].first) >> 30;
		}
	if (sum >= 256)
		note(vm,
			"The BARs have %" PRIu64
			" GiB: give machine virt a highmem-mmio-size of at "
			"least twice as much (pcihole64 of libvirt's pcie-root).",
			sum);
}

void vm_plan(struct vm *vm, const struct probe_result *result)
{
	unsigned int bus = BUSES;

	memset(vm, 0, sizeof(*vm));
	note(vm, "For QEMU 11.0 or later, with KVM, machine virt with gic-version=3, and UEFI "
		 "firmware: accel takes no device tree.");
	note(vm, "No emulated PCI device may be behind these vSMMUs: leave them on pcie.0.");
	for (size_t i = 0; i < result->device_count; i++)
		if (takes(vm, &result->devices[i], result->named))
			add_device(vm, result, &result->devices[i]);
	for (unsigned int i = 0; i < vm->count; i++) {
		/* It takes its root bus, and one for each root port. */
		bus -= vm->smmus[i].count + 1;
		vm->smmus[i].bus = bus;
		set_values(vm, &vm->smmus[i]);
	}
	note_bars(vm);
}
