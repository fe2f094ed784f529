# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of hosts by how their kernel was started, and what of it can be seen."""
from host import FEATURES, S2FWB, Host
from kinds import DISK, NIC, board, kind, server


def with_device(**rest):
    host, smmu = server(**rest)
    host.endpoint('0000:01:00.0', NIC, '12', smmu)
    return host


@kind(1, 'KERNEL-CMDLINE fail', 'DEV-IOMMU fail')
def initcall_blacklist():
    """Built in, but kept from starting."""
    host = with_device(iommufd=False)
    host.put('proc/cmdline', 'quiet initcall_blacklist=foo_init,iommufd_init secret=1\n')
    host.put('sys/class/misc/kvm/dev', '10:232\n')
    return host


@kind(1, 'KERNEL-IOMMUFD fail', 'KERNEL-CMDLINE fail', 'DEV-IOMMU fail', 'KERNEL-CMDLINE warn',
      'KERNEL-VFIO-PCI warn', '0 DEV-DRIVER warn')
def module_blacklist():
    """A module that nobody can load, and one that is only not loaded by itself."""
    host, smmu = server(iommufd=False, options={'IOMMUFD': 'm', 'VFIO_PCI': 'm'})
    host.put('proc/cmdline', 'module_blacklist=nouveau,iommufd modprobe.blacklist=vfio-pci\n')
    host.put('lib/modules/7.3.4/modules.dep', 'kernel/drivers/iommu/iommufd/iommufd.ko:\n'
             'kernel/drivers/vfio/pci/vfio-pci.ko:\n')
    host.endpoint('0000:01:00.0', NIC, '12', smmu, driver=None)
    return host


@kind(0)
def blacklist_without_effect():
    """What is built in, and starts, no list of modules keeps off."""
    host = with_device()
    host.put('proc/cmdline', 'module_blacklist=iommufd,vfio_pci modprobe.blacklist=arm_smmu_v3\n')
    return host


@kind(1, 'KERNEL-SMMU-IOMMUFD unknown', 'KERNEL-VFIO-CDEV unknown', 'SMMU-CANWBS unknown',
      'DEV-IOMMU fail', 'KVM warn', '0 DEV-CANWBS unknown', '0 DEV-CDEV fail')
def container():
    """The kernel has all, but the device files were not given to the container; /sys/firmware is
    hidden, and the kernel's options are not to be found."""
    host, smmu = server(iommufd=False)
    host.endpoint('0000:01:00.0', NIC, '12', smmu, cdev=False)
    del host.files['dev/kvm']
    host.devices(iommu=False, kvm=False)
    for name in [name for name in host.files if name.startswith(('sys/firmware', 'boot/'))]:
        del host.files[name]
    host.put('sys/class/misc/iommu/dev', '10:261\n')
    host.put('sys/class/misc/kvm/dev', '10:232\n')
    host.put('sys/firmware/.keep')
    host.put('dev/vfio/vfio')
    return host


@kind(4, 'KERNEL-SMMU-IOMMUFD unknown')
def options_unknown():
    """What runs tells how the kernel was built: /proc/modules names what is a module."""
    host = with_device()
    del host.files['boot/config-7.3.4']
    host.put('proc/modules', 'vfio_pci 16384 1 - Live 0x0\niommufd 94208 1 - Live 0x0\n')
    for name in ('iommufd', 'vfio_pci', 'arm_smmu_v3', 'kvm'):
        host.put('sys/module/%s/parameters' % name)
    return host


@kind(4, 'GIC-ITS unknown', 'KERNEL-CMDLINE unknown', 'SMMU-FIRMWARE unknown', 'VM unknown',
      'SMMU-PRESENT unknown', 'DEV-NONE unknown')
def no_sys():
    """A chroot without /proc and /sys: nothing is there, and nothing is known."""
    host = Host()
    host.config()
    host.devices()
    del host.files['proc/cmdline']
    host.log = None
    return host


@kind(1, 'GIC-ITS fail', '0 DEV-MSI-WINDOW warn')
def board_overlay():
    """The kernel drives an SMMU that the tree has disabled: an overlay did that. The tree has no
    ITS."""
    host = board(b'disabled\0')
    host.interrupts(its=False)
    smmu = host.smmu(0xfc900000, features=FEATURES | S2FWB, device='fc900000.iommu')
    host.endpoint('0000:01:00.0', DISK, '9', smmu)
    return host


@kind(1, 'SMMU-FIRMWARE fail', 'SMMU-PRESENT fail', '0 DEV-SMMU fail', '0 DEV-MSI-WINDOW warn')
def other_iommu():
    """Layerscape-like: an SMMUv2, which nothing makes an SMMUv3."""
    host = board()
    host.put('sys/firmware/fdt', host.files['sys/firmware/fdt'].replace(b'smmu-v3', b'mmu-500'))
    host.link('sys/class/iommu/smmu.0x0000000005000000/device', '5000000.iommu')
    host.endpoint('0000:01:00.0', DISK, '9', 'smmu.0x0000000005000000')
    return host


@kind(4, '0 DEV-GROUP-SHARED unknown')
def group_unread():
    """The members of its group cannot be listed: it may share it or not."""
    host = with_device()
    host.files.pop('sys/kernel/iommu_groups/12/devices/0000:01:00.0')
    return host


@kind(4, '0 DEV-GROUP unknown')
def group_without_number():
    """A link that leads to no group."""
    host = with_device()
    host.link('sys/bus/pci/devices/0000:01:00.0/iommu_group', '99999999999999999999')
    return host
