/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that a probe found. The facts are what was read, and say "unknown" where nothing could be
 * read; the rows judge them. Printers read this and nothing else.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero is "unknown", so that a fact that nobody has read is unknown. */
enum answer {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

/* From good to bad. */
enum probe_level {
	LEVEL_PASS,
	LEVEL_UNKNOWN,
	LEVEL_WARN,
	LEVEL_FAIL,
};

struct probe_row {
	enum probe_level level;
	const char *code; /* stable: "KERNEL-IOMMUFD"; vsmmu-probe(1) lists all */
	bool optional;	  /* it does not count for the verdict */
	char subject[48]; /* an SMMU, where there is a row for each; else empty */
	char *text;	  /* the reason */
	char *todo;	  /* what to do; empty: nothing */
};

struct probe_rows {
	struct probe_row *rows;
	size_t count;
	bool failed; /* there was no memory for all of them */
};

struct probe_range {
	uint64_t first, last;
};

struct probe_reserved {
	struct probe_range range;
	char type[24]; /* the kernel's word: direct, direct-relaxable, reserved, msi */
};

/* Numbers below are negative where they are not known. */

enum kernel_option {
	OPTION_IOMMUFD,
	OPTION_ARM_SMMU_V3,
	OPTION_ARM_SMMU_V3_IOMMUFD,
	OPTION_TEGRA241_CMDQV,
	OPTION_VFIO_DEVICE_CDEV,
	OPTION_VFIO_PCI,
	OPTION_KVM,
	OPTION_PCI_ATS,
	OPTION_PCI_PRI,
	OPTION_PCI_PASID,
	OPTION_IOMMU_DEFAULT_PASSTHROUGH,
	OPTION_IOMMU_DEFAULT_DMA_STRICT,
	OPTION_IOMMU_DEFAULT_DMA_LAZY,
	KERNEL_OPTIONS,
};

extern const char *const kernel_option_names[KERNEL_OPTIONS]; /* without CONFIG_ */

enum option_value {
	VALUE_UNKNOWN,
	VALUE_OFF,
	VALUE_MODULE,
	VALUE_BUILTIN,
};

enum module_state {
	MODULE_UNKNOWN,
	MODULE_ABSENT,
	MODULE_LOADABLE,
	MODULE_LOADED,
};

/* How a word of the kernel's command line keeps a driver off. */
enum option_block {
	BLOCK_NONE,
	BLOCK_AUTOLOAD, /* modprobe.blacklist=: nobody but a user loads the module */
	BLOCK_MODULE,	/* module_blacklist=: nobody does */
	BLOCK_INITCALL, /* initcall_blacklist=: it does not start, built in or not */
};

struct probe_option {
	enum option_value value;
	enum module_state module; /* where the option makes a module, or may make one */
	enum option_block block;
	char word[80]; /* "module_blacklist=iommufd" */
};

enum platform_firmware {
	PLATFORM_UNKNOWN,
	PLATFORM_ACPI,
	PLATFORM_DEVICE_TREE,
};

#define PROBE_RAM_MAX 64

struct probe_host {
	char release[80], machine[40]; /* empty: unknown */
	int kernel_major, kernel_minor;
	enum answer live; /* this host is looked at, not what was collected from one */
	enum answer as_root;
	char config_source[176]; /* where the options are from; empty: nowhere */
	struct probe_option options[KERNEL_OPTIONS];

	enum answer cmdline;			 /* the kernel's command line could be read */
	int passthrough, strict, disable_bypass; /* iommu.passthrough= and so on; -1: not there */
	enum answer unsafe_interrupts;		 /* iommufd's or VFIO's parameter */
	enum answer noiommu;
	enum answer noats, noacs; /* pci=noats; pcie_acs_override= or pci=disable_acs_redir= */
	bool kvm_off;		  /* kvm-arm.mode=none */

	enum answer dev_iommu; /* it exists */
	int dev_iommu_error;   /* why it cannot be opened: errno; 0: it can; -1: not tried */
	enum answer misc_iommu, misc_kvm; /* the kernel has them, wherever their files are */
	enum answer kvm;
	int kvm_error;

	int gic_version;
	enum answer its, msi_frames;

	enum answer vm;
	char vm_name[48]; /* "QEMU", "KVM", ...; empty: unknown, or no VM */

	enum platform_firmware firmware;
	enum answer iort;	     /* there is an IORT that could be read */
	int iort_error;		     /* why not: errno */
	char iort_why[120];	     /* the IORT makes no sense */
	int firmware_smmus;	     /* SMMUv3s that the IORT or the device tree has */
	int firmware_smmus_disabled; /* those whose device tree node says so */
	int firmware_cmdqvs;	     /* NVDA200C devices of ACPI, or nvidia,cmdqv */

	int other_iommus;	/* IOMMUs that are no SMMUv3 */
	char other_iommu[48];	/* the first of them */
	enum answer kernel_log; /* it could be read */
	enum answer ram_known;
	struct probe_range ram[PROBE_RAM_MAX];
	size_t ram_count;
};

bool is_arm64(const struct probe_host *host);
/* Whether the command line keeps a driver off, whatever its user does. */
bool is_blocked(const struct probe_option *option);
/* Whether the kernel's version is known, and older. */
bool kernel_before(const struct probe_host *host, int major, int minor);

/* Feature bits of the driver's line, drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h. */
struct probe_smmu {
	char name[48];	 /* sysfs' name, "smmu3.0x0000000009050000" */
	char device[64]; /* "arm-smmu-v3.0.auto", "fc900000.iommu" */
	int64_t base;
	int oas, ias;
	enum answer features_known;
	uint32_t features;
	enum answer nesting, stage1, stage2, fwb, coherent, ats, pri, ril, stall, msi;
	int sid_bits, ssid_bits; /* of IDR1, which only GET_HW_INFO tells */
	enum answer granule_4k, granule_16k, granule_64k;
	enum answer cmdqv;    /* the driver uses it */
	enum answer canwbs;   /* of any device behind it */
	unsigned int devices; /* of the PCI devices, those behind it */
};

/* Results of --try: "vsmmu/try/BDF". */
struct probe_try {
	enum answer tried;
	char refused[160]; /* why it was not tried; empty: nobody asked for it */
	char step[40];	   /* where it ended, with @error */
	int error;	   /* errno; 0: all went well */
	uint32_t flags, idr[6], iidr, aidr;
	uint64_t capabilities;
	int max_pasid_log2;
	enum answer hw_info, viommu, veventq, nested;
};

struct probe_extension {
	enum answer present, enabled;
};

#define PROBE_BARS	   6
#define PROBE_RESERVED_MAX 16
#define PROBE_MEMBERS_MAX  16
#define PROBE_DEVICES_MAX  8192

struct probe_member {
	char name[24];
	char driver[32]; /* empty: none */
};

struct probe_device {
	char bdf[24];
	bool vanished; /* it went away while it was being read */
	bool bridge;
	bool shown; /* it was named, or is no bridge */
	int vendor, device, class_code;
	int port_type; /* PCIe: 0 endpoint, 4 root port, 5 upstream, 6 downstream; -2: conventional
			*/

	enum answer driver_known;
	char driver[32];       /* empty: none is bound */
	char cdev[24];	       /* "vfio0"; empty: none */
	enum answer cdev_node; /* /dev/vfio/devices/vfio0 is there */
	enum answer resets_known;
	char resets[64]; /* ways to reset it, best first; empty: none */
	char physfn[24]; /* of a virtual function */

	enum answer grouped, members_known;
	int group;
	char group_type[16]; /* the kernel's word: identity, DMA, DMA-FQ, blocked */
	/* Others of its group that are no bridges. */
	struct probe_member members[PROBE_MEMBERS_MAX];
	size_t member_count;
	size_t others; /* how many of those there are, with those that have no room above */
	enum answer reserved_known;
	struct probe_reserved reserved[PROBE_RESERVED_MAX];
	size_t reserved_count;

	struct probe_range bars[PROBE_BARS];
	int bar_numbers[PROBE_BARS];
	size_t bar_count;

	int smmu; /* its place among the SMMUs; -1: none, or unknown */
	enum answer behind_iommu;
	char iommu[48]; /* the name of its IOMMU, of whatever kind */
	int64_t stream_id;
	char pci_bridge[24]; /* a bridge to conventional PCI, which speaks for it; empty: none */
	enum answer canwbs, root_ats; /* what the IORT says of its root complex */

	struct probe_extension ats, pasid, pri;
	int pasid_bits;
	enum answer acs;      /* all ports on the way isolate */
	char acs_port[24];    /* the first that does not, or cannot be seen */
	uint16_t acs_missing; /* bits of the ACS control register that are off there */

	struct probe_try try;

	struct probe_rows rows;
	enum answer nesting; /* hardware and firmware can do it */
	enum probe_level verdict;
};

struct probe_result {
	struct probe_host host;
	struct probe_smmu *smmus;
	size_t smmu_count;
	struct probe_device *devices; /* in the order of their addresses */
	size_t device_count;
	enum answer smmus_known, devices_known; /* the folders with them could be listed */
	bool named;				/* devices were named: all of them must do */
	bool devices_cut;			/* there are more than PROBE_DEVICES_MAX */
	struct probe_rows rows;			/* of the host and of its SMMUs */
	enum probe_level host_verdict, verdict;
};

void probe_result_free(struct probe_result *result);

struct root;

/*
 * Reads all facts. @bdfs, @count: the devices that were named; none: all but bridges. Return: 0,
 * -ENOMEM, -ENODATA if there are no files of a host, or -ENOENT with *missing set to the first
 * named device that is not there.
 */
int probe_facts(struct probe_result *result, struct root *root, char *const *bdfs, size_t count,
	const char **missing);

/* Whether it is the address of a PCI function, with its segment or without. */
bool probe_is_bdf(const char *name);

/* Judges the facts: fills in the rows and the verdicts. Return: false when there is no memory. */
bool probe_judge(struct probe_result *result);

/* Printers. JSON can fail for want of memory. */
enum probe_detail {
	DETAIL_ALL,
	DETAIL_BRIEF, /* without what passes */
	DETAIL_QUIET, /* nothing */
};
void probe_print_text(const struct probe_result *result, enum probe_detail detail, bool colour);
bool probe_print_json(const struct probe_result *result);

#endif
