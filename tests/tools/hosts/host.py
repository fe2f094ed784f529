# SPDX-License-Identifier: BSD-2-Clause
"""The files of a host, as Linux' documentation has them, in a folder that --root can read."""
import os

import firmware

OPTIONS = ('IOMMUFD', 'ARM_SMMU_V3', 'ARM_SMMU_V3_IOMMUFD', 'TEGRA241_CMDQV', 'VFIO_DEVICE_CDEV',
           'VFIO_PCI', 'KVM', 'PCI_ATS', 'PCI_PRI', 'PCI_PASID', 'IOMMU_DEFAULT_DMA_STRICT')
ARM_OPTIONS = ('ARM_SMMU_V3', 'ARM_SMMU_V3_IOMMUFD', 'TEGRA241_CMDQV')
MSI_WINDOW = '0x0000000008000000 0x00000000080fffff msi\n'
# Isolating: source validation, request and completion redirect, upstream forwarding.
ISOLATES = [firmware.capability(firmware.ACS, 0x5f, 0x1d)]
# Bits of Linux' ARM_SMMU_FEAT_.
STAGE_2, COHERENT, NESTING, S2FWB = 1 << 10, 1 << 8, 1 << 19, 1 << 23
# A server's SMMU: tables of two levels, little endian, ATS, SEV, MSIs, stage 1, stalls, range
# invalidation, and those above but the last.
FEATURES = STAGE_2 | COHERENT | NESTING | sum(1 << bit for bit in (0, 1, 2, 5, 6, 7, 9, 11, 15))


class Host:
    """Adds files as it is told; write() puts them into a folder."""

    def __init__(self, release='7.3.4', machine='aarch64', root=True):
        self.release, self.machine, self.root = release, machine, root
        self.files, self.denied, self.log = {}, [], []
        self.put('vsmmu/uname', 'Linux %s %s\n' % (release, machine))
        self.put('proc/cmdline', 'root=/dev/sda1 quiet\n')

    def put(self, path, content=''):
        self.files[path] = content

    def link(self, path, name):
        """A link is kept as a file with the last component of where it leads."""
        self.files[path] = name

    def deny(self, *paths):
        """What this user may not read: it is there, and that is all that is known."""
        for path in paths:
            self.files.pop(path, None)
            self.denied.append(path)

    def config(self, **changes):
        """The kernel's options: all of them are y, but for changes; None takes the file away."""
        lines = ['# Automatically generated file; DO NOT EDIT.']
        for name in OPTIONS:
            if name in ARM_OPTIONS and self.machine != 'aarch64':
                continue
            value = changes.get(name, 'y')
            lines.append('# CONFIG_%s is not set' % name if value == 'n' else
                         'CONFIG_%s=%s' % (name, value))
        self.put('boot/config-' + self.release, '\n'.join(lines) + '\n')

    def devices(self, iommu=True, kvm=True):
        rights = 'uid %d\n' % (0 if self.root else 1000)
        for name, there in (('dev/iommu', iommu), ('dev/kvm', kvm)):
            if there:
                self.put(name)
                rights += '%s %s\n' % (name, 'yes' if self.root else 'no')
        self.put('vsmmu/rights', rights)

    def interrupts(self, gic=3, its=True):
        text = '           CPU0\n 11:  7392  GICv%d  27 Level     arch_timer\n' % gic
        if its:
            text += ' 42:     1  ITS-PCI-MSIX-0000:01:00.0   0 Edge      eth0-0\n'
        self.put('proc/interrupts', text)

    def memory(self, *ranges):
        text = ''.join('%08x-%08x : System RAM\n' % span for span in ranges)
        self.put('proc/iomem', '09000000-09000fff : uart\n' + text)

    def acpi(self, smmus, segments, vendor='Example', product='Server', gic=3):
        self.put('sys/firmware/acpi/tables/IORT', firmware.iort(smmus, segments))
        self.put('sys/firmware/acpi/tables/APIC', firmware.madt(gic))
        self.put('sys/class/dmi/id/sys_vendor', vendor + '\n')
        self.put('sys/class/dmi/id/product_name', product + '\n')

    def smmu(self, base, number=0, features=FEATURES, oas=48, device=None):
        """An SMMU that the kernel drives. Its name."""
        name = 'smmu3.0x%016x' % base
        device = device or 'arm-smmu-v3.%d.auto' % number
        self.link('sys/class/iommu/%s/device' % name, device)
        if features is not None:
            self.log.append('arm-smmu-v3 %s: oas %d-bit (features 0x%08x)'
                            % (device, oas, features))
        return name

    def pci(self, bdf, space, bars=(), **links):
        folder = 'sys/bus/pci/devices/%s/' % bdf
        self.put(folder + 'vendor', '0x%02x%02x\n' % (space[1], space[0]))
        self.put(folder + 'device', '0x%02x%02x\n' % (space[3], space[2]))
        self.put(folder + 'class', '0x%02x%02x%02x\n' % (space[11], space[10], space[9]))
        self.put(folder + 'config', space if self.root else space[:64])
        lines = ['0x%016x 0x%016x 0x0000000000140204' % bar for bar in bars]
        lines += ['0x%016x 0x%016x 0x%016x' % (0, 0, 0)] * (7 - len(lines))
        self.put(folder + 'resource', '\n'.join(lines) + '\n')
        for name, target in links.items():
            if target:
                self.link(folder + name, target)

    def port(self, bdf, bus, extended=tuple(ISOLATES), port=firmware.ROOT_PORT, last=None, group=None):
        """A bridge to a bus."""
        space = firmware.config(0x1b36, 0x000c, 0x060400, port, (bus, last or bus), extended)
        self.pci(bdf, space, driver='pcieport', iommu_group=group)
        if group:
            self.put('sys/kernel/iommu_groups/%s/devices/%s' % (group, bdf))

    def endpoint(self, bdf, space, group, iommu, driver='vfio-pci', kind='DMA',
                 reserved=MSI_WINDOW, bars=((0x10000000, 0x10003fff),), reset='flr bus', cdev=True):
        """A device in a group behind an IOMMU."""
        self.pci(bdf, space, bars, driver=driver, iommu=iommu, iommu_group=group)
        folder = 'sys/bus/pci/devices/%s/' % bdf
        if reset:
            self.put(folder + 'reset_method', reset + '\n')
        if driver and 'vfio' in driver:
            self.put(folder + 'vfio-dev/vfio%s/dev' % group)
            if cdev:
                self.put('dev/vfio/devices/vfio%s' % group)
        folder = 'sys/kernel/iommu_groups/%s/' % group
        self.put(folder + 'devices/' + bdf)
        self.put(folder + 'type', kind + '\n')
        self.put(folder + 'reserved_regions', reserved)

    def write(self, folder):
        if self.log is not None:
            self.put('vsmmu/kernel-log',
                     ''.join('[    1.%06d] %s\n' % line for line in enumerate(self.log)))
        if self.denied:
            self.put('vsmmu/denied', ''.join(path + '\n' for path in self.denied))
        for path, content in self.files.items():
            whole = os.path.join(folder, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, 'wb') as file:
                file.write(content if isinstance(content, bytes) else content.encode())
