/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions that take apart what sysfs, procfs and the kernel's log say. They are pure. None trusts
 * its input: a line that makes no sense is left out. Texts end with a NUL.
 */
#ifndef PROBE_FACTS_PARSE_H
#define PROBE_FACTS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

/* Copies the line at *text, cut to @size, and moves *text behind it. Return: false at the end. */
bool line_next(const char **text, char *line, size_t size);

/* Names may come from anywhere: whatever a terminal could take for a command becomes "?". */
void text_clean(char *text);

/*
 * The text of a kernel's configuration: options that it does not mention are off. Return: false,
 * and nothing is changed, if it is none.
 */
bool kernel_config_parse(const char *text, struct probe_option *options);

/* "Linux 7.3.4 aarch64" */
void kernel_name_parse(const char *text, struct probe_host *host);

void kernel_cmdline_parse(const char *text, struct probe_host *host);

/* The kernel's messages: adds to SMMUs that are there already. */
void kernel_log_parse(const char *text, struct probe_result *result);

/* /proc/iomem: lines of System RAM. All addresses are 0 for those who are not root. */
void iomem_parse(const char *text, struct probe_host *host);

/* /proc/interrupts: which GIC there is, and whether MSIs come through an ITS. */
void interrupts_parse(const char *text, struct probe_host *host);

/* ACPI's MADT, "APIC": the same. */
void madt_parse(const void *bytes, size_t length, struct probe_host *host);

/* reserved_regions of an IOMMU group. */
void reserved_parse(const char *text, struct probe_device *device);

/* resource of a PCI device: its BARs. */
void resource_parse(const char *text, struct probe_device *device);

/* Configuration space of a PCI function, as much of it as can be seen. */
struct pci_config {
	bool gone;		    /* all ones */
	int header_type;	    /* 0: device, 1: bridge; -1: unknown */
	bool multifunction;	    /* the slot has further functions */
	int secondary, subordinate; /* a bridge's buses; -1 */
	int port_type;		    /* PCIe; -1: unknown, -2: it is conventional PCI */
	struct probe_extension ats, pasid, pri, acs;
	int pasid_bits;
	uint16_t acs_missing; /* of what isolation takes, what is not switched on */
};

void pci_config_parse(const void *bytes, size_t length, struct pci_config *config);

/* Results of --try, from "vsmmu/try/BDF": lines of key=value. */
void try_parse(const char *text, struct probe_try *try);

/* Takes over what the registers say, which is more than the kernel's log does. */
void smmu_registers(struct probe_smmu *smmu, const uint32_t idr[6]);

#endif
