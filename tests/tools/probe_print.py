# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu probe --qemu, --libvirt, --labels: what they say of hosts made by hand, and --try.

Takes: the command's path. Prints TAP.
"""
import os
import re
import shlex
import shutil
import sys
import xml.etree.ElementTree as ElementTree

from harness import contains, equal, main, run

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, 'hosts'))
import firmware  # pylint: disable=wrong-import-position,import-error
import kinds  # pylint: disable=wrong-import-position,import-error
from firmware import ATS, PASID, capability  # pylint: disable=wrong-import-position,import-error
from host import FEATURES, Host  # pylint: disable=wrong-import-position,import-error

RIL, ATS_FEATURE = 1 << 15, 1 << 5
KEY = re.compile(r'[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?')
TRY = kinds.TRY.replace('idr1=0x00000520', 'idr1=0x00000420')  # 16 bits of SubstreamID

GPU = firmware.config(0x10de, 0x2342, 0x030200, extended=[
    capability(ATS, 0x20, 0x8000), capability(PASID, 0x1406, 1)])


def two_smmus(first=FEATURES, second=FEATURES):
    """A GPU and a NIC behind the first, a GPU behind the second, in a segment of its own."""
    host = Host()
    host.config()
    host.devices()
    host.interrupts()
    host.memory(kinds.RAM)
    host.acpi([(kinds.BASE, True), (kinds.SECOND, True)], [(True, True, 0), (True, True, 1)])
    names = host.smmu(kinds.BASE, features=first), host.smmu(kinds.SECOND, 1, second, oas=44)
    host.port('0000:00:01.0', 1)
    host.port('0000:00:02.0', 2)
    host.port('0001:00:01.0', 1)
    host.endpoint('0000:01:00.0', GPU, '12', names[0])
    host.endpoint('0000:02:00.0', kinds.NIC, '13', names[0])
    host.endpoint('0001:01:00.0', GPU, '14', names[1])
    host.put('vsmmu/try/0000:01:00.0', TRY)
    return host


def qemu(host, *devices, code=0):
    """What QEMU would get: (name of the device, its properties) in order; and the notes."""
    shutil.rmtree('root', ignore_errors=True)
    host.write('root')
    result = run('probe', '--root', 'root', '--qemu', *devices)
    equal((result.code, result.err), (code, ''))
    notes = [line for line in result.lines() if line.startswith('#')]
    words = shlex.split(result.out.replace('\\\n', ' '), comments=True)
    options = []
    for option, value in zip(words[::2], words[1::2]):
        name, *properties = value.split(',')
        options.append((option + ' ' + name, dict(p.split('=', 1) for p in properties)))
    return options, '\n'.join(notes)


def of(options, name):
    return [properties for option, properties in options if option == name]


def an_smmu_for_each_that_there_is():
    options, notes = qemu(two_smmus())
    equal(of(options, '-object iommufd'), [{'id': 'iommufd0'}])
    buses, smmus = of(options, '-device pxb-pcie'), of(options, '-device arm-smmuv3')
    ports, devices = of(options, '-device pcie-root-port'), of(options, '-device vfio-pci')
    equal([len(part) for part in (buses, smmus, ports, devices)], [2, 2, 3, 3])
    # Each has what it refers to, and nothing has the name of another.
    ids = [properties['id'] for _, properties in options if 'id' in properties]
    equal(len(set(ids)), len(ids))
    equal([smmu['primary-bus'] for smmu in smmus], [bus['id'] for bus in buses])
    equal([port['bus'] for port in ports], [buses[0]['id'], buses[0]['id'], buses[1]['id']])
    equal([device['bus'] for device in devices], [port['id'] for port in ports])
    equal([device['host'] for device in devices], ['0000:01:00.0', '0000:02:00.0', '0001:01:00.0'])
    equal({device['iommufd'] for device in devices}, {'iommufd0'})
    equal(len({port['chassis'] for port in ports}), 3)
    # Room for a root bus and a bus behind each port.
    numbers = [int(bus['bus_nr']) for bus in buses]
    equal(numbers[0] + 3 <= 256 and numbers[1] + 2 <= numbers[0], True)
    contains(notes, 'accel takes no device tree')


def values_are_the_hosts():
    smmus = of(qemu(two_smmus())[0], '-device arm-smmuv3')
    known = {key: smmus[0][key] for key in ('accel', 'ril', 'ats', 'oas', 'ssidsize')}
    # GET_HW_INFO of the first said so; FEATURES is what its log says.
    equal(known, {'accel': 'on', 'ril': 'on', 'ats': 'on', 'oas': '48', 'ssidsize': '16'})
    equal((smmus[1]['oas'], smmus[1]['ats'], smmus[1]['ril']), ('44', 'on', 'on'))


def what_is_not_known_is_left_out_and_told():
    options, notes = qemu(two_smmus())
    second = of(options, '-device arm-smmuv3')[1]
    equal('ssidsize' in second, False)
    contains(notes, 'smmu3.0x%016x: not known, and left out: ssidsize. ' % kinds.SECOND)
    options, notes = qemu(kinds.not_root(), code=4)
    equal(set(of(options, '-device arm-smmuv3')[0]), {'id', 'primary-bus', 'accel'})
    contains(notes, 'left out: oas ssidsize ats ril')
    contains(notes, '0000:01:00.0: whether its SMMU can nest for it is not known')


def what_the_smmu_lacks_is_off():
    options, _ = qemu(two_smmus(second=FEATURES & ~(RIL | ATS_FEATURE)), '0001:01:00.0',
                      code=4)
    equal([smmu['ril'] + smmu['ats'] for smmu in of(options, '-device arm-smmuv3')], ['offoff'])
    # Nor does it help if the root complex has none.
    options, _ = qemu(kinds.ats_off(), code=4)
    equal(of(options, '-device arm-smmuv3')[0]['ats'], 'off')
    # A device without ATS and PASIDs needs none.
    options, _ = qemu(kinds.arm_server())
    smmu = of(options, '-device arm-smmuv3')[0]
    equal((smmu['ats'], smmu['ssidsize']), ('off', '0'))
    equal('cmdqv' in smmu, False)


def small_addresses_are_told():
    host, _ = kinds.server(features=None)
    name = host.smmu(kinds.BASE, oas=40)
    host.endpoint('0000:01:00.0', kinds.NIC, '12', name)
    options, notes = qemu(host)
    equal('oas' in of(options, '-device arm-smmuv3')[0], False)
    contains(notes, 'its OAS of 40 bits is less than')


def cmdqv_and_large_bars_are_told():
    options, notes = qemu(kinds.arm_server_cmdqv())
    equal(of(options, '-device arm-smmuv3')[0]['cmdqv'], 'on')
    contains(notes, 'cmdqv takes QEMU 11.1 or later')
    host = kinds.arm_server()
    host.endpoint('0000:01:00.0', GPU, '12', 'smmu3.0x%016x' % kinds.BASE,
                  bars=((0x40000000000, 0x47fffffffff),))
    contains(qemu(host)[1], 'highmem-mmio-size')


def only_what_vfio_has_unless_named():
    options, _ = qemu(two_smmus(), '0001:01:00.0')
    equal([device['host'] for device in of(options, '-device vfio-pci')], ['0001:01:00.0'])
    kinds.in_use().write('used')
    result = run('probe', '--root', 'used', '--qemu')
    equal((result.code, result.out), (1, ''))
    contains(result.err, 'there is no device that a VM could have: name one, or bind one')
    options, _ = qemu(kinds.in_use(), '01:00.0', code=4)
    equal(len(of(options, '-device vfio-pci')), 1)
    # What cannot nest is not there, even if it was asked for.
    options, notes = qemu(kinds.two_smmus(), '0000:01:00.0', '0001:01:00.0', code=1)
    equal([device['host'] for device in of(options, '-device vfio-pci')], ['0000:01:00.0'])
    contains(notes, '0001:01:00.0 is left out: its SMMU cannot nest')
    kinds.x86_laptop().write('laptop')
    for form in ('--qemu', '--libvirt'):
        result = run('probe', '--root', 'laptop', form)
        equal((result.code, result.out), (1, ''))


def what_is_missing_on_the_host_is_told():
    contains(qemu(kinds.no_iommufd(), '0000:01:00.0', code=1)[1], '0000:01:00.0 will not work yet')


def libvirt_has_the_same():
    host = two_smmus()
    options, _ = qemu(host)
    result = run('probe', '--root', 'root', '--libvirt')
    equal(result.code, 0)
    domain = ElementTree.fromstring('<devices>%s</devices>' % result.out)
    controllers = domain.findall('controller')
    indices = [int(controller.get('index')) for controller in controllers]
    equal(indices, list(range(1, len(indices) + 1)))
    buses = {c.get('index'): c for c in controllers if c.get('model') == 'pcie-expander-bus'}
    drivers = [iommu.find('driver') for iommu in domain.findall('iommu')]
    equal([iommu.get('model') for iommu in domain.findall('iommu')], ['smmuv3'] * 2)
    equal([driver.get('pciBus') for driver in drivers], list(buses))
    for driver, smmu in zip(drivers, of(options, '-device arm-smmuv3')):
        for name in ('accel', 'ats', 'ril', 'ssidsize', 'oas'):
            equal(driver.get(name), smmu.get(name))
    equal([bus.find('target').get('busNr') for bus in buses.values()],
          [bus['bus_nr'] for bus in of(options, '-device pxb-pcie')])
    ports = {int(c.get('index')): c for c in controllers if c.get('model') == 'pcie-root-port'}
    for port in ports.values():
        equal(str(int(port.find('address').get('bus'), 16)) in buses, True)
    used = set()
    for hostdev, device in zip(domain.findall('hostdev'), of(options, '-device vfio-pci')):
        equal(hostdev.find('driver').get('iommufd'), 'yes')
        source = hostdev.find('source/address').attrib
        equal('%s:%s:%s.%s' % tuple(source[key][2:] for key in ('domain', 'bus', 'slot', 'function')),
              device['host'])
        used.add(int(hostdev.find('address').get('bus'), 16))
    equal(used, set(ports))


def an_smmu_may_have_any_name():
    host, _ = kinds.server(features=None)
    host.link('sys/class/iommu/smmu3.x--><iommu>/device', 'arm-smmu-v3.0.auto')
    host.endpoint('0000:01:00.0', GPU, '12', 'smmu3.x--><iommu>')
    shutil.rmtree('root', ignore_errors=True)
    host.write('root')
    result = run('probe', '--root', 'root', '--libvirt', '01:00.0')
    contains(result.out, 'not known, and left out')
    domain = ElementTree.fromstring('<devices>%s</devices>' % result.out)
    equal(len(domain.findall('iommu')), 1)


def labels_are_valid_and_say_what_is_known():
    for name, kind in kinds.KINDS.items():
        kind().write(name)
        result = run('probe', '--root', name, '--labels')
        equal(result.code, kinds.SAYS[name][0])
        equal(result.err, '')
        labels = dict(line.split('=') for line in result.lines())
        equal(len(labels), len(result.lines()))
        for text in [*labels, *labels.values()]:
            if not KEY.fullmatch(text):
                raise AssertionError('%s: %r is no part of a label' % (name, text))
        equal(labels['vsmmu-verdict'] in ('yes', 'warnings', 'unknown', 'no'), True)


def labels(host):
    host.write('root')
    return dict(line.split('=') for line in run('probe', '--root', 'root', '--labels').lines())


def labels_of_a_host_that_can():
    found = labels(two_smmus(second=FEATURES & ~RIL))
    equal(found, {'vsmmu-verdict': 'yes', 'vsmmu-nesting': 'true', 'vsmmu-devices': '3',
                  'vsmmu-smmus': '2', 'vsmmu-ats': 'true', 'vsmmu-ril': 'false',
                  'vsmmu-cmdqv': 'false', 'vsmmu-oas': '44', 'vsmmu-ssid-size': 'unknown'})


def labels_of_hosts_that_cannot_or_do_not_tell():
    found = labels(kinds.x86_laptop())
    equal((found['vsmmu-verdict'], found['vsmmu-nesting'], found['vsmmu-devices']),
          ('no', 'false', '0'))


def labels_of_what_is_hidden():
    found = labels(kinds.not_root())
    equal((found['vsmmu-nesting'], found['vsmmu-oas']), ('unknown', 'unknown'))


def one_form_at_a_time():
    for pair in (('--qemu', '--json'), ('-j', '--labels'), ('--libvirt', '--qemu')):
        result = run('probe', *pair)
        equal((result.code, result.out), (2, ''))
        contains(result.err, 'vsmmu probe: --json, --qemu, --libvirt and --labels')
    kinds.arm_server().write('root')
    equal(run('probe', '--root', 'root', '--qemu', '--qemu').code, 0)
    equal(run('probe', '--root', 'root', '--qemu', '--quiet').out, '')


def trying_is_for_this_host():
    kinds.arm_server().write('root')
    result = run('probe', '--try', '--root', 'root')
    equal((result.code, result.out), (2, ''))
    contains(result.err, '--try is for this host')


def a_row_says_why_it_was_not_tried():
    host = kinds.arm_server()
    host.put('vsmmu/try/0000:01:00.0', 'refused=it is in use\n')
    host.write('root')
    contains(run('probe', '--root', 'root').out, 'it was not tried: it is in use')


if __name__ == '__main__':
    main([
        an_smmu_for_each_that_there_is,
        values_are_the_hosts,
        what_is_not_known_is_left_out_and_told,
        what_the_smmu_lacks_is_off,
        small_addresses_are_told,
        cmdqv_and_large_bars_are_told,
        only_what_vfio_has_unless_named,
        what_is_missing_on_the_host_is_told,
        libvirt_has_the_same,
        an_smmu_may_have_any_name,
        labels_are_valid_and_say_what_is_known,
        labels_of_a_host_that_can,
        labels_of_hosts_that_cannot_or_do_not_tell,
        labels_of_what_is_hidden,
        one_form_at_a_time,
        trying_is_for_this_host,
        a_row_says_why_it_was_not_tried,
    ])
