/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of other IOMMUs: named, and those of an SMMUv2 decoded as far as their line goes. */
#include <stdio.h>

#include "assert_span.h"
#include "log/others.h"

static struct dmesg_message message;

static bool parse(const char *line)
{
	memset(&message, 0, sizeof(message));
	message.smmu = span_of("");
	return others_parse(span_of(line), &message);
}

TEST(context_faults_of_an_smmuv2)
{
	static const struct {
		const char *line, *told;
	} faults[] = {
		{"Unhandled context fault: fsr=0x402, iova=0x1032db3e0, fsynr=0x130000, "
		 "cbfrsynra=0x300, cb=4",
			"context fault, stream 0x300, context bank 4, read IOVA 0x1032db3e0 "
			"(unprivileged data): translation fault: no page maps it"},
		{"Unhandled context fault: fsr=0x402, iova=0x00000000, fsynr=0x30, cb=11",
			"context fault, context bank 11, wrote IOVA 0x0 (privileged data): "
			"translation fault: no page maps it"},
		{"Unhandled context fault: iova=0x1000, fsr=0xc0000408, fsynr=0x460, cb=1",
			"context fault, context bank 1, read IOVA 0x1000 (privileged instruction, "
			"while walking the table): permission fault: the page does not allow it; "
			"the transaction is stalled; more faults came before this one was read"},
		{"Unhandled context fault: iova=0x1000, fsynr=0x10, cb=0",
			"context fault, context bank 0, wrote IOVA 0x1000 (unprivileged data)"},
		{"Unhandled context fault: fsr=0x1f4, iova=0x1000",
			"context fault, accessed IOVA 0x1000: access flag fault; external fault: "
			"memory answered with an error; TLB match conflict; TLB lock fault; "
			"address size fault; unsupported upstream transaction"},
		{"Unhandled context fault: fsr=0x402, iova=0x10",
			"context fault, accessed IOVA "
			"0x10: translation fault: no page maps it"},
		{"Unhandled context fault:", "context fault"},
		{"FSR    = 00000402 [Format=2 TF], SID=0x300",
			"context fault, stream 0x300: translation fault: no page maps it"},
		{"FSYNR0 = 00130011 [S1CBNDX=19 WNR PLVL=1]",
			"context fault, a write (unprivileged data)"},
	};

	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char line[256];

		snprintf(line, sizeof(line), "[   12.345678] arm-smmu 15000000.iommu: %s",
			faults[i].line);
		assert_true(parse(line));
		assert_string_equal(message.what, "SMMUv2 (arm-smmu)");
		assert_span(message.smmu, "15000000.iommu");
		assert_string_equal(message.note, faults[i].told);
		/* Without the driver's name, too. */
		assert_true(parse(faults[i].line));
		assert_string_equal(message.note, faults[i].told);
	}
}

TEST(global_faults_of_an_smmuv2)
{
	assert_true(parse("arm-smmu 5000000.iommu: Blocked unknown Stream ID 0x402; boot with "
			  "\"arm-smmu.disable_bypass=0\" to allow, but this may have security "
			  "implications"));
	assert_string_equal(
		message.note, "stream 0x402 was blocked: the driver knows no device with it");
	assert_true(
		parse("arm-smmu 5000000.iommu: Unexpected global fault, this could be serious"));
	assert_string_equal(message.note, "global fault");
	assert_true(parse("arm-smmu 5000000.iommu: \tGFSR 0x80000002, GFSYNR0 0x00000000, GFSYNR1 "
			  "0x00000402, GFSYNR2 0x00000000"));
	assert_string_equal(message.note,
		"global fault, stream 0x402: no device with this stream is known to the driver");
	assert_true(parse("arm-smmu 5000000.iommu: TLB sync timed out -- SMMU may be deadlocked"));
	assert_string_equal(message.note,
		"arm-smmu 5000000.iommu: TLB sync timed out -- SMMU may be deadlocked");
}

TEST(every_other_is_named)
{
	static const struct {
		const char *line, *what, *smmu;
	} lines[] = {
		{"DMAR: DRHD: handling fault status reg 2", "Intel VT-d (DMAR)", ""},
		{"[ 1.0] DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0xfff "
		 "[fault reason 0x05] PTE Write access is not set",
			"Intel VT-d (DMAR)", ""},
		{"dmar_fault: 12 callbacks suppressed", "Intel VT-d (DMAR)", ""},
		{"nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000f "
		 "address=0xfe0 flags=0x0020]",
			"AMD-Vi", ""},
		{"AMD-Vi: Completion-Wait loop timed out", "AMD-Vi", ""},
		{"(XEN) AMD-Vi: IO_PAGE_FAULT: 0000:00:14.1 d0 addr 0", "AMD-Vi", ""},
		{"tegra-mc 2c00000.memory-controller: unknown: secure write @0x3ffffff00: VPR "
		 "violation ((null))",
			"tegra-mc", "2c00000.memory-controller"},
		{"mc-err: (0) csw_vicsrd: EMEM decode error on PDE or PTE entry", "tegra-mc", ""},
		{"apple-dart 231304000.iommu: translation fault: status:0x80100000 stream:0 "
		 "code:0x0 (unknown) at 0x10",
			"Apple DART", "231304000.iommu"},
		{"virtio_iommu virtio0: page fault from EP 8 at 0x1000 [R  ]", "virtio-iommu", ""},
		{"exynos-sysmmu 14880000.sysmmu: 14880000.video: [READ] PAGE FAULT occurred at "
		 "0x1000",
			"Exynos SysMMU", "14880000.sysmmu"},
		{"rk_iommu ff914000.iommu: Page fault at 0x0000000000001000 of type write",
			"Rockchip IOMMU", "ff914000.iommu"},
		{"mtk-iommu 14014000.iommu: fault type=0x280 iova=0x1000 pa=0x0 master=0x1",
			"MediaTek IOMMU", "14014000.iommu"},
		{"sun50i-iommu 30f0000.iommu: Page fault for 0x0000000000001000 (master 2, dir wr)",
			"Allwinner IOMMU", "30f0000.iommu"},
		{"vsi_iommu 1234.iommu: unexpected fault", "another IOMMU", "1234.iommu"},
		{"vtd_iommu_translate: detected translation failure (dev=02:00:00, iova=0x0)",
			"QEMU", ""},
		{"arm-smmu 15000000.apps-smmu: FAR    = 0x0000000000001000", "SMMUv2 (arm-smmu)",
			"15000000.apps-smmu"},
		{"qcom-iommu-ctx 1e28000.iommu-ctx: Unhandled context fault: fsr=0x2, iova=0x10",
			"Qualcomm IOMMU", "1e28000.iommu-ctx"},
		{"omap-iommu 1234.mmu: MMU fault", "another IOMMU", "1234.mmu"},
		{"ipmmu-vmsa e67b0000.iommu: Unhandled fault: status 0x00002101 iova 0x1000",
			"Renesas IPMMU", "e67b0000.iommu"},
		{"riscv,iommu 3010000.iommu: Fault 13 devid: 0x8 iotval: 1000 iotval2: 0",
			"RISC-V IOMMU", "3010000.iommu"},
		{"smmuv3-iommu-memory-region-16-3 translation failed for iova=0x0 "
		 "(SMMU_EVT_F_TRANSLATION)",
			"QEMU", ""},
		{"1234@1700000000.123456:smmuv3_record_event SMMU_EVT_F_TRANSLATION sid=0x8",
			"QEMU", ""},
		{"(XEN) smmu: /smmu@fd800000: Unhandled context fault: iova=0x1000, fsynr=0x11, "
		 "cb=0",
			"SMMUv2 (Xen)", "/smmu@fd800000"},
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_true(parse(lines[i].line));
		assert_string_equal(message.what, lines[i].what);
		assert_span(message.smmu, lines[i].smmu);
		assert_true(message.note[0]);
	}
}

TEST(faults_that_qemu_reports)
{
	static const struct {
		const char *line, *note;
	} lines[] = {
		{"smmuv3-iommu-memory-region-16-3 translation failed for iova=0x8090040"
		 "(SMMU_EVT_F_TRANSLATION)",
			"F_TRANSLATION of device 02.0 at IOVA 0x8090040"},
		{"qemu-system-aarch64: smmuv3-iommu-memory-region-9-1 translation failed for "
		 "iova=0x0 (SMMU_EVT_C_BAD_STE)",
			"C_BAD_STE of device 01.1 at IOVA 0x0"},
		{"1234@1700000000.123456:smmuv3_record_event SMMU_EVT_F_PERMISSION sid=0x108",
			"F_PERMISSION of stream 0x108"},
		{"smmuv3_translate_abort smmuv3-iommu-memory-region-0-0 sid=0x8 iova=0x10",
			"smmuv3_translate_abort smmuv3-iommu-memory-region-0-0 sid=0x8 iova=0x10"},
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_true(parse(lines[i].line));
		assert_string_equal(message.what, "QEMU");
		assert_string_equal(message.note, lines[i].note);
	}
}

TEST(notes_are_no_faults)
{
	static const char *const lines[] = {
		"",
		"x",
		"arm-smmu 15000000.iommu: probing hardware configuration...",
		"arm-smmu 15000000.iommu: \tstage 1 translation",
		"DMAR: IOMMU enabled",
		"DMAR: Host address width 46",
		"AMD-Vi: IOMMU performance counters supported",
		"iommu: Default domain type: Translated",
		"virtio_iommu virtio0: page mask: 0xfffffffffffff000 by default",
		"tegra-mc 2c00000.memory-controller: Adding to iommu group 5",
		"apple-dart 231304000.iommu: DART [pagesize 4000, 16 streams] initialized",
		"arm-smmu-v3 fc900000.iommu: event 0x10 received:",
		"arm-smmu-v3 fc900000.iommu: unpriv data write s1 \"Input address caused fault\"",
		"smmuv3_translate_success smmuv3-iommu-memory-region-16-2 sid=0x8 iova=0x1000",
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(parse(lines[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(context_faults_of_an_smmuv2),
		UNIT_TEST_PLAIN(global_faults_of_an_smmuv2),
		UNIT_TEST_PLAIN(every_other_is_named),
		UNIT_TEST_PLAIN(faults_that_qemu_reports),
		UNIT_TEST_PLAIN(notes_are_no_faults),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
