# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode --map with each kind of file, and with what is none."""
import gzip
import os
import sys
import tarfile

from harness import contains, equal, main, run
from logs import objects, old_style, write

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fuzz'))
from corpus_machines import VIRT, Tree, acpidump, board, iort, named, root, smmu_v3  # noqa: E402

# Two segments whose SMMUs have the same StreamIDs.
TWO = iort(smmu_v3(0x10000), smmu_v3(0x20000), root(0, (0, 0xffff, 0, 0, 0)),
           root(1, (0, 0xffff, 0, 1, 0)), revision=5)


def write_bytes(name, data):
    os.makedirs(os.path.dirname(name) or '.', exist_ok=True)
    with open(name, 'wb') as f:
        f.write(data)


def write_log(sid, smmu):
    prefix = '[    1.000000] arm-smmu-v3 %s: ' % smmu
    write('log', old_style((0x10 | sid << 32, 0x20000000000, 0x5000, 0), prefix))


def who(*maps):
    """The names of the log's event: those that are not certain with a question mark."""
    args = [arg for name in maps for arg in ('--map', name)]
    found = objects(*args, 'log')[0].get('endpoints', [])
    return [one['name'] + ('' if one['certain'] else '?') for one in found]


def listing(table):
    """As iasl -d writes it: fields, and then all bytes."""
    return (b'/*\n * Intel ACPI Component Architecture\n */\n\n'
            b'[000h 0000 004h]                   Signature : "IORT"    [IO Remapping Table]\n'
            b'[004h 0004 004h]                Table Length : 000000EC\n\n'
            b'Raw Table Data: Length 236 (0xEC)\n\n' + acpidump(table).split(b'\n', 1)[1])


def tables_of_every_form():
    write_log(8, '9050000.iommu')
    for name, data in (('binary', VIRT), ('padded', VIRT + bytes(100)), ('dump', acpidump(VIRT)),
                       ('windows', acpidump(VIRT).replace(b'\n', b'\r\n')),
                       ('listing', listing(VIRT)),
                       ('blank', VIRT[:4] + b'\x20\1' + VIRT[6:] + bytes(0x120 - len(VIRT))),
                       ('all', b'DSDT @ 0x0\n    0000: 44 53 44 54 10 00 00 00\n\n' + acpidump(VIRT))):
        write_bytes(name, data)
        equal((name, who(name)), (name, ['0000:00:01.0']))


def devices_that_are_no_functions():
    write_bytes('table', iort(smmu_v3(0x9050000), named('\\_SB.SAT0', (0, 0, 0x40, 0, 1))))
    write_log(0x40, '9050000.iommu')
    equal(who('table'), ['\\_SB.SAT0'])
    contains(run('decode', '--map', 'table', 'log').out, 'endpoint \\_SB.SAT0 (stream 0x40)')


def device_tree():
    write_bytes('tree.dtb', board())
    write_log(0x2001, 'fc900000.iommu')
    equal(who('tree.dtb'), ['10000800.dma'])
    write_log(0x100, '/iommu@fc900000')
    equal(who('tree.dtb'), ['0000:01:00.0?'])
    write_bytes('other.dtb', Tree().open('').put('compatible', 'x').close().bytes())
    result = run('decode', '--brief', '--map', 'other.dtb', 'log')
    equal(result.code, 3)
    contains(result.err, 'other.dtb: the device tree has no SMMUv3')


def put_host(folder):
    for name, smmu, address in (('0000:01:00.0', 11, '10000'), ('0001:01:00.0', 12, '20000')):
        for file, text in (('vendor', '0x1b36'), ('device', '0x0010'), ('class', '0x010802')):
            write_bytes('%s/sys/bus/pci/devices/%s/%s' % (folder, name, file), text.encode())
        smmus = '%s/sys/class/iommu/smmu3.0x%016x' % (folder, int(address, 16))
        os.makedirs(smmus + '/devices')
        os.symlink('../../../arm-smmu-v3.%d.auto' % smmu, smmus + '/device')
        os.symlink('../../../' + name, smmus + '/devices/' + name)
    write_bytes(folder + '/sys/firmware/acpi/tables/IORT', TWO)


def folder_and_tar():
    """sysfs says which SMMU has which number."""
    put_host('host')
    with tarfile.open('host.tar', 'w', format=tarfile.USTAR_FORMAT) as tar:
        tar.add('host', '.')
    write_log(0x100, 'arm-smmu-v3.12.auto')
    for name in ('host', 'host.tar'):
        equal((name, who(name)), (name, ['0001:01:00.0']))
        one = objects('--map', name, 'log')[0]
        equal((one['client'], one['endpoints'][0]['about']),
              ('0001:01:00.0', '1b36:0010 NVMe controller'))


def number_alone():
    """Devices of other tables may have been counted before: two may have it."""
    write_bytes('table', TWO)
    write_log(0x100, 'arm-smmu-v3.12.auto')
    equal(who('table'), ['0000:01:00.0?', '0001:01:00.0?'])
    contains(run('decode', '--map', 'table', 'log').out,
             'Stream 0x100 may be of 0000:01:00.0 or 0001:01:00.0.')
    write_log(0x100, 'arm-smmu-v3.0.auto')
    equal(who('table'), ['0000:01:00.0?'])
    write_log(0x100, 'smmu3.0x20000')
    equal(who('table'), ['0001:01:00.0'])


def log_of_the_whole_boot():
    """It names all SMMUs, so that it is known which is which."""
    write_bytes('table', TWO)
    write_log(0x100, 'arm-smmu-v3.12.auto')
    with open('log', encoding='utf-8') as f:
        event = f.read().splitlines()
    write('log', ['[    0.5] arm-smmu-v3 arm-smmu-v3.%d.auto: option mask 0x0' % number
                  for number in (11, 12)] + event)
    found = [one for one in objects('--map', 'table', 'log') if one['type'] == 'event']
    equal([one['client'] for one in found], ['0001:01:00.0'])


def machine_that_was_changed():
    """The table maps a function that the list does not have."""
    write_bytes('table', VIRT)
    write('lspci', ['00:00.0 0600: 1b36:0008', '00:02.0 0108: 1b36:0010 (rev 02)'])
    write_log(8, '9050000.iommu')
    equal(who('table', 'lspci'), ['0000:00:01.0?'])
    write_log(0x10, '9050000.iommu')
    equal(who('lspci', 'table'), ['0000:00:02.0'])


def files_that_say_nothing():
    write_log(8, '9050000.iommu')
    for name, data, words in (
            ('source.dts', b'/dts-v1/;\n/ { };\n', 'dtc -I dts -O dtb'),
            ('table.gz', gzip.compress(acpidump(VIRT)), 'unpacked first'),
            ('program', b'\x7fELF\x02\x01\x01\0', 'no IORT'),
            ('prose', b'Dear all,\n01:00.0 is my card.\n', 'no line of this names a device'),
            ('empty', b'', 'no line of this names a device'),
            ('short', b'IORT\x30\0\0', 'this is no IORT'),
            ('damaged.dtb', board()[:-4], 'the device tree is damaged')):
        write_bytes(name, data)
        result = run('decode', '--map', name, 'log')
        equal((name, result.code), (name, 3))
        contains(result.err, name + ': ')
        contains(result.err, words)
        contains(result.out, 'F_TRANSLATION sid 0x8')


def damage_is_told():
    """What stands before it is used."""
    write_bytes('table', VIRT[:9] + bytes([VIRT[9] ^ 1]) + VIRT[10:])
    write_log(8, '9050000.iommu')
    result = run('decode', '--map', 'table', 'log')
    contains(result.err, 'table: IORT: the checksum is wrong')
    contains(result.out, 'endpoint 0000:00:01.0 (stream 0x8)')


main([tables_of_every_form, devices_that_are_no_functions, device_tree, folder_and_tar,
      number_alone, log_of_the_whole_boot, machine_that_was_changed, files_that_say_nothing, damage_is_told])
