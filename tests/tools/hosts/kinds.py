# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of hosts, made by hand. Each is a function that gives a Host; its expected output is
NAME.json beside this file, and says() has what must be in it."""
import struct

import firmware
from firmware import ATS, PASID, PRI, capability
from host import COHERENT, FEATURES, MSI_WINDOW, NESTING, S2FWB, STAGE_2, Host

BASE, SECOND = 0x2b400000, 0x2b500000
RAM = (0x80000000, 0xfeffffff)
NIC = firmware.config(0x15b3, 0x101d, 0x020000)
DISK = firmware.config(0x144d, 0xa80a, 0x010802)
KINDS = {}
SAYS = {}


def kind(code, *rows):
    """@rows: "CODE level", with the device's number where it is of a device: all but what passes.
    DEV-TRY is always unknown, where it is not named."""
    def add(function):
        name = function.__name__.replace('_', '-')
        KINDS[name] = function
        SAYS[name] = (code, set(rows))
        return function
    return add


def server(canwbs=True, ats=True, features=FEATURES, **rest):
    """An Arm server with one SMMU and a root port, which no device is behind yet. The SMMU's name."""
    options = rest.pop('options', {})
    iommufd = rest.pop('iommufd', True)
    host = Host(**rest)
    host.config(**options)
    host.devices(iommu=iommufd)
    host.interrupts()
    host.memory(RAM)
    host.acpi([(BASE, True)], [(canwbs, ats, 0)])
    host.port('0000:00:01.0', 1)
    return host, host.smmu(BASE, features=features)


@kind(0)
def arm_server():
    host, smmu = server()
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(0)
def arm_server_cmdqv():
    """Grace-like: a GPU with ATS and PASIDs that its own variant of vfio-pci has."""
    host, smmu = server()
    host.log.insert(0, 'arm-smmu-v3 arm-smmu-v3.0.auto: found companion CMDQV device: NVDA200C:00')
    host.put('sys/bus/acpi/devices/NVDA200C:00/hid', 'NVDA200C\n')
    gpu = firmware.config(0x10de, 0x2342, 0x030200, extended=[
        capability(ATS, 0x20, 0x8000), capability(PASID, 0x1406, 1), capability(PRI)])
    host.endpoint('0000:01:00.0', gpu, '3', smmu, driver='nvgrace_gpu_vfio_pci', kind='identity',
                  bars=((0x42000000000, 0x42fffffffff),), reset='bus')
    return host


@kind(4, 'CMDQV warn')
def cmdqv_off():
    host, smmu = server(options={'TEGRA241_CMDQV': 'n'})
    host.put('sys/bus/acpi/devices/NVDA200C:00/hid', 'NVDA200C\n')
    host.endpoint('0000:01:00.0', NIC, '3', smmu)
    return host


@kind(0)
def s2fwb():
    host, smmu = server(canwbs=False, features=FEATURES | S2FWB)
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(1, 'SMMU-CANWBS fail', '0 DEV-CANWBS fail')
def no_canwbs():
    host, smmu = server(canwbs=False)
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(1, 'SMMU-NESTING fail', '0 DEV-SMMU fail')
def erratum():
    """Both stages, but the driver has found a revision that must not nest."""
    host, smmu = server(features=FEATURES & ~NESTING)
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(1, 'SMMU-NESTING fail', 'SMMU-COHERENT fail', '0 DEV-SMMU fail')
def no_stage_2():
    host, smmu = server(features=FEATURES & ~(NESTING | STAGE_2 | COHERENT))
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(4, 'SMMU-FIRMWARE warn')
def damaged_iort():
    """Of no use to this, but the kernel drives the SMMU."""
    host, smmu = server(features=FEATURES | S2FWB)
    host.put('sys/firmware/acpi/tables/IORT', bytes(100))
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(1, 'SMMU-FIRMWARE fail', 'SMMU-PRESENT fail', '0 DEV-GROUP fail', '0 DEV-DRIVER warn')
def smmu_off():
    """The firmware's setup has it off: the IORT has no SMMU, and no device has a group."""
    host, _ = server()
    host.files = {path: content for path, content in host.files.items()
                  if not path.startswith('sys/class/iommu')}
    host.log = []
    host.acpi([], [(False, False, None)])
    host.pci('0000:01:00.0', NIC, driver='mlx5_core')
    host.put('sys/bus/pci/devices/0000:01:00.0/reset_method', 'flr\n')
    return host


@kind(1, 'KERNEL-IOMMUFD fail', 'KERNEL-SMMU-IOMMUFD fail', 'KERNEL-VFIO-CDEV fail',
      'DEV-IOMMU fail', '0 DEV-CDEV fail')
def no_iommufd():
    host, smmu = server(iommufd=False, options={
        'IOMMUFD': 'n', 'ARM_SMMU_V3_IOMMUFD': 'n', 'VFIO_DEVICE_CDEV': 'n'})
    host.endpoint('0000:01:00.0', NIC, '12', smmu, cdev=False)
    return host


@kind(1, 'KERNEL-SMMU-IOMMUFD fail')
def no_smmu_iommufd():
    host, smmu = server(options={'ARM_SMMU_V3_IOMMUFD': 'n'})
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(1, 'KERNEL-VERSION fail', 'KERNEL-IOMMUFD fail', 'KERNEL-SMMU-IOMMUFD fail',
      'KERNEL-VFIO-CDEV fail', 'DEV-IOMMU fail', 'SMMU-NESTING unknown', '0 DEV-GROUP unknown',
      '0 DEV-DRIVER warn')
def old_kernel():
    """Debian 12: IOMMUFD was not there yet, nor the driver's bits for nesting."""
    host, _ = server(release='6.1.0-40-arm64', iommufd=False, options={
        'IOMMUFD': 'n', 'ARM_SMMU_V3_IOMMUFD': 'n', 'VFIO_DEVICE_CDEV': 'n', 'VFIO_PCI': 'm'})
    host.log = ['arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit (features 0x00008fe7)']
    host.put('sys/module/vfio_pci/refcnt', '0\n')
    host.pci('0000:01:00.0', NIC)
    host.put('sys/bus/pci/devices/0000:01:00.0/reset_method', 'flr bus\n')
    return host


@kind(4, 'KERNEL-IOMMUFD warn', 'KERNEL-VFIO-PCI warn', 'DEV-IOMMU warn', '0 DEV-DRIVER warn')
def modules():
    """Nothing is loaded yet."""
    host, smmu = server(iommufd=False, options={'IOMMUFD': 'm', 'VFIO_PCI': 'm'})
    host.put('lib/modules/7.3.4/modules.dep',
             'kernel/drivers/iommu/iommufd/iommufd.ko.xz:\n'
             'kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n')
    host.endpoint('0000:01:00.0', NIC, '12', smmu, driver=None)
    return host


def board(status=b'okay\0'):
    """A board with a device tree, whose RAM begins low."""
    host = Host()
    host.config()
    host.devices()
    host.interrupts()
    host.memory((0x200000, 0xeffffff), (0x10000000, 0xefffffff))
    host.put('sys/firmware/devicetree/base/compatible', 'example,board\0example,soc\0')
    host.put('sys/firmware/fdt', firmware.tree({
        'compatible': b'example,board\0example,soc\0',
        '#address-cells': struct.pack('>I', 2), '#size-cells': struct.pack('>I', 2),
        'iommu@fc900000': {'compatible': b'arm,smmu-v3\0', 'status': status,
                           'phandle': struct.pack('>I', 1), '#iommu-cells': struct.pack('>I', 1),
                           'reg': struct.pack('>4I', 0, 0xfc900000, 0, 0x200000)},
        'pcie@fe150000': {'device_type': b'pci\0', 'linux,pci-domain': bytes(4),
                          'iommu-map': struct.pack('>4I', 0, 1, 0x4000, 0x1000)}}))
    host.port('0000:00:00.0', 1)
    return host


@kind(4, '0 DEV-MSI-WINDOW warn')
def board_msi_window():
    host = board()
    smmu = host.smmu(0xfc900000, features=FEATURES | S2FWB, device='fc900000.iommu')
    host.endpoint('0000:01:00.0', DISK, '9', smmu)
    return host


@kind(1, 'SMMU-FIRMWARE fail', 'SMMU-PRESENT fail', '0 DEV-GROUP fail', '0 DEV-DRIVER warn')
def board_disabled():
    host = board(b'disabled\0')
    host.put('sys/class/misc/iommu/dev', '10:261\n')
    host.pci('0000:01:00.0', DISK, driver='nvme')
    host.put('sys/bus/pci/devices/0000:01:00.0/reset_method', 'flr bus\n')
    return host


@kind(1, '0 DEV-GROUP-SHARED fail', '0 DEV-ACS warn', '0 DEV-DRIVER warn',
      '1 DEV-GROUP-SHARED fail', '1 DEV-ACS warn', '2 DEV-GROUP-SHARED fail', '2 DEV-ACS warn')
def shared_group():
    """A root port without ACS, and one whose ACS is off; the latter has two functions behind it."""
    host, smmu = server()
    host.port('0000:00:01.0', 1, extended=(), group='5')
    host.port('0000:00:02.0', 2, extended=[capability(firmware.ACS, 0x5f, 0x05)], group='5')
    host.endpoint('0000:01:00.0', DISK, '5', smmu, driver='nvme')
    host.endpoint('0000:02:00.0', NIC, '5', smmu)
    host.endpoint('0000:02:00.1', NIC, '5', smmu)
    return host


@kind(1, '0 DEV-RESERVED fail')
def one_to_one():
    """The firmware has an RMR for it that permits no remapping; the other's does."""
    host, smmu = server()
    host.port('0000:00:02.0', 2)
    host.endpoint('0000:01:00.0', DISK, '5', smmu, reserved=MSI_WINDOW +
                  '0x0000000090000000 0x00000000900fffff direct\n')
    return host


@kind(1, 'HOST-ARCH fail', 'KERNEL-VERSION fail', 'KERNEL-IOMMUFD fail', 'KERNEL-VFIO-CDEV fail',
      'KERNEL-VFIO-PCI warn', 'DEV-IOMMU fail', '0 DEV-GROUP fail', '0 DEV-DRIVER warn')
def x86_laptop():
    host = Host(release='6.12.48', machine='x86_64')
    host.config(IOMMUFD='n', VFIO_DEVICE_CDEV='n', VFIO_PCI='m')
    host.devices(iommu=False)
    host.memory((0x100000, 0x7fffffff))
    host.put('proc/cpuinfo', 'processor\t: 0\nflags\t\t: fpu vme de pse\n')
    host.put('sys/class/dmi/id/sys_vendor', 'Example\n')
    host.put('sys/class/dmi/id/product_name', 'Laptop\n')
    host.put('sys/firmware/acpi/tables/APIC', firmware.table(b'APIC', 5, bytes(8)))
    host.pci('0000:01:00.0', DISK, driver='nvme')
    host.put('sys/bus/pci/devices/0000:01:00.0/reset_method', 'flr bus\n')
    return host


@kind(1, 'HOST-ARCH fail', 'KERNEL-VERSION fail')
def x86_iommufd():
    host = x86_laptop()
    host.config()
    host.devices()
    host.link('sys/class/iommu/dmar0/device', 'none')
    host.endpoint('0000:01:00.0', DISK, '14', 'dmar0',
                  reserved='0x00000000fee00000 0x00000000feefffff msi\n')
    return host


@kind(1, 'SMMU-FIRMWARE fail', 'SMMU-PRESENT fail', 'VM warn', 'KVM warn', '0 DEV-GROUP fail',
      '0 DEV-DRIVER warn', '0 DEV-RESET warn')
def vm_without_smmu():
    host = Host()
    host.config()
    host.devices(kvm=False)
    host.interrupts()
    host.memory((0x40000000, 0x13fffffff))
    host.acpi([], [(False, False, None)], 'QEMU', 'KVM Virtual Machine')
    host.pci('0000:00:01.0', firmware.config(0x1af4, 0x1041, 0x020000), driver='virtio-pci')
    return host


@kind(4, 'KERNEL-CMDLINE warn', '0 DEV-DRIVER warn', '0 DEV-ACS warn', '1 DEV-ACS warn')
def virtual_function():
    """The bus of a virtual function has no bridge: its way, and its PASIDs, are its physical one's.
    Its vendor is all ones in configuration space. The port does not isolate, but the command line
    says so."""
    host, smmu = server()
    host.put('proc/cmdline', 'quiet pcie_acs_override=downstream\n')
    host.port('0000:00:01.0', 1, extended=(), last=2)
    nic = firmware.config(0x15b3, 0x101d, 0x020000, extended=[capability(PASID, 0x1006, 1)])
    host.endpoint('0000:01:00.0', nic, '12', smmu, driver='mlx5_core')
    host.endpoint('0000:02:00.2', b'\xff' * 4 + NIC[4:], '13', smmu)
    host.link('sys/bus/pci/devices/0000:02:00.2/physfn', '0000:01:00.0')
    return host


@kind(4, 'SMMU-NESTING unknown', 'SMMU-CANWBS unknown', 'SMMU-OAS unknown', 'CMDQV unknown',
      '0 DEV-SMMU unknown', '0 DEV-CANWBS unknown')
def old_log():
    """It runs for long: the kernel's log does not go back to its start. Of firmware's tables the
    SMMU is coherent, but not CANWBS."""
    host, smmu = server(canwbs=False, features=None)
    host.log = ['vfio-pci 0000:01:00.0: resetting']
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(4, 'SMMU-NESTING unknown', 'SMMU-CANWBS unknown', 'SMMU-COHERENT unknown',
      'SMMU-OAS unknown', 'CMDQV unknown', 'DEV-IOMMU warn', 'KVM warn', '0 DEV-SMMU unknown',
      '0 DEV-CANWBS unknown', '0 DEV-MSI-WINDOW unknown', '0 DEV-ATS unknown',
      '0 DEV-PASID unknown')
def not_root():
    """Configuration space ends at 64 bytes; tables, log and addresses of memory are hidden."""
    host, smmu = server(root=False)
    host.log = None
    host.memory((0, 0))
    host.deny('sys/firmware/acpi/tables/IORT', 'sys/firmware/acpi/tables/APIC', 'vsmmu/kernel-log')
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(0, 'SMMU-NESTING fail', '1 DEV-SMMU fail')
def two_smmus():
    """The second must not nest: what is behind the first can be given away."""
    host = Host()
    host.config()
    host.devices()
    host.interrupts()
    host.memory(RAM)
    host.acpi([(BASE, True), (SECOND, True)], [(True, True, 0), (True, True, 1)])
    first, second = host.smmu(BASE), host.smmu(SECOND, 1, FEATURES & ~NESTING)
    host.port('0000:00:01.0', 1)
    host.port('0001:00:01.0', 1)
    host.endpoint('0000:01:00.0', NIC, '12', first)
    host.endpoint('0001:01:00.0', DISK, '13', second)
    return host


@kind(4, '0 DEV-DRIVER warn')
def in_use():
    host, smmu = server()
    host.endpoint('0000:01:00.0', DISK, '12', smmu, driver='nvme', kind='DMA-FQ')
    return host


@kind(4, '0 DEV-ATS warn')
def ats_off():
    """The device has ATS and PASIDs, both off; its root complex has no ATS."""
    host, smmu = server(ats=False)
    gpu = firmware.config(0x10de, 0x2342, 0x030200, extended=[
        capability(ATS, 0x20, 0), capability(PASID, 0x1006, 0), capability(PRI)])
    host.endpoint('0000:01:00.0', gpu, '12', smmu)
    return host


@kind(1, 'GIC-ITS fail')
def no_its():
    host, smmu = server()
    host.interrupts(its=False)
    host.put('sys/firmware/acpi/tables/APIC', firmware.madt(3, its=False))
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(4, 'KERNEL-CMDLINE warn', '0 DEV-ACS warn')
def unsafe_words():
    """Words of the command line that break what groups are for."""
    host, smmu = server()
    host.put('proc/cmdline', 'quiet pcie_acs_override=downstream,multifunction '
             'iommufd.allow_unsafe_interrupts=1 iommu.passthrough=1 arm-smmu-v3.disable_bypass=0 '
             'pci=noats vfio.enable_unsafe_noiommu_mode=1\n')
    host.port('0000:00:01.0', 1, extended=())
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(0, '1 DEV-GONE fail', '2 DEV-GONE fail')
def gone():
    """One went away while it was looked at, and one answers with ones only; the rest goes on."""
    host, smmu = server()
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    host.put('sys/bus/pci/devices/0000:02:00.0/uevent')
    host.endpoint('0000:03:00.0', b'\xff' * 4096, '14', smmu)
    return host


@kind(0, 'CMDQV unknown')
def tried():
    """Somebody ran it with --try: GET_HW_INFO's registers are known."""
    host, smmu = server(features=None)
    host.log = ['iommu: Default domain type: Translated']
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    host.put('vsmmu/try/0000:01:00.0', TRY)
    return host


@kind(0)
def refused():
    """Somebody ran it with --try, but another program had the device."""
    host, smmu = server()
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    host.put('vsmmu/try/0000:01:00.0', 'refused=somebody has it open\n')
    return host


# IDR0: both stages, AArch64, coherent, ATS, 16-bit ASIDs and VMIDs; IDR1: 32 and 20 bits;
# IDR3: FWB, RIL; IDR5: 48 bits, 4 and 64 KiB.
TRY = '''known=yes
flags=0x0
idr0=0x080d1c1b
idr1=0x00000520
idr2=0x0
idr3=0x00000500
idr4=0x0
idr5=0x00000055
iidr=0x0
aidr=0x2
capabilities=0x0
max_pasid_log2=0
viommu=yes
veventq=yes
nested=yes
'''

import kinds_kernel  # pylint: disable=wrong-import-position,unused-import
import kinds_pci  # pylint: disable=wrong-import-position,unused-import
