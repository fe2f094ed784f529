# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu probe: which machines are virtual, by each thing that tells it; and what was collected
from them says the same.

Takes: the command's path. Prints TAP.
"""
import json
import os
import shutil
import sys

from harness import equal, main, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'hosts'))
import firmware  # pylint: disable=wrong-import-position,import-error
import kinds  # pylint: disable=wrong-import-position,import-error

VENDOR, PRODUCT = 'sys/class/dmi/id/sys_vendor', 'sys/class/dmi/id/product_name'


def host_without_dmi():
    host, _ = kinds.server()
    del host.files[VENDOR], host.files[PRODUCT]
    return host


def told(host):
    """(vm, vm_name, level of VM): the same from the folder and from what is packed of it."""
    shutil.rmtree('root', ignore_errors=True)
    host.write('root')
    equal(run('probe', '--root', 'root', '--collect', 'packed', '--force').code, 0)
    found = [json.loads(run('probe', '--json', '--root', name).out)['host']
             for name in ('root', 'packed')]
    equal(found[0], found[1])
    level = [row['level'] for row in found[0]['reasons'] if row['code'] == 'VM']
    return found[0]['vm'], found[0]['vm_name'], level[0]


def nothing_tells():
    equal(told(host_without_dmi()), (None, None, 'unknown'))


def dmi_tells():
    for vendor, product, name in [
            ('QEMU', 'QEMU Virtual Machine', 'QEMU'), ('Red Hat', 'KVM', 'KVM'),
            ('Hetzner', 'vServer', 'Hetzner Cloud'), ('Amazon EC2', 'c7g.large', 'Amazon EC2'),
            ('Amazon EC2', 'c7g.metal', None), ('Ampere', 'Mt. Jade', None),
            ('Microsoft Corporation', 'Virtual Machine', 'Hyper-V'),
            ('Microsoft Corporation', 'Surface Pro X', None)]:
        host = host_without_dmi()
        host.put(VENDOR, vendor + '\n')
        host.put(PRODUCT, product + '\n')
        equal(told(host), (name is not None, name, 'warn' if name else 'pass'))


def tables_tell():
    """Also where DMI does not know the maker."""
    for oem, name in ((b'BOCHS ', 'QEMU'), (b'CLOUDH', 'Cloud Hypervisor'), (b'HISI  ', None)):
        for host in (host_without_dmi(), kinds.server()[0]):
            unknown = False if VENDOR in host.files else None
            host.put('sys/firmware/acpi/tables/APIC', firmware.madt(3, oem=oem))
            equal(told(host)[:2], (True if name else unknown, name))


def a_device_tree_tells():
    for compatible, name in (('linux,dummy-virt\0', 'QEMU or another VMM'),
                             ('xen,xenvm-4.19\0xen,xenvm\0', 'Xen'),
                             ('radxa,rock-5b\0rockchip,rk3588\0', None)):
        host = kinds.board()
        host.put('sys/firmware/devicetree/base/compatible', compatible)
        equal(told(host)[:2], (name is not None, name))


def a_kernel_tells():
    host = host_without_dmi()
    host.log.append('smccc: KVM: hypervisor services detected (0x0 0x0 0x0 0x3)')
    equal(told(host), (True, 'KVM', 'warn'))
    host = host_without_dmi()
    host.put('vsmmu/uname', 'Linux 6.18.1.1-microsoft-standard-WSL2 aarch64\n')
    host.put('boot/config-6.18.1.1-microsoft-standard-WSL2', 'CONFIG_KVM=y\n')
    equal(told(host), (True, 'Hyper-V (WSL)', 'warn'))


def xen_has_the_smmus():
    """In dom0, too, whose DMI is the machine's."""
    host, _ = kinds.server()
    host.put('sys/hypervisor/type', 'xen\n')
    equal(told(host), (True, 'Xen', 'warn'))


main([nothing_tells, dmi_tells, tables_tell, a_device_tree_tells, a_kernel_tells,
      xen_has_the_smmus])
