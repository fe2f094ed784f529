# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu probe --collect: secrets of each form, in each of many sentences, and none comes out.

Takes: the command's path. Prints TAP.
"""
import os
import tarfile

from harness import equal, main, run

UUID = '6b0f0b1e-8a6c-4b8e-9d2c-0123456789ab'
PLAIN = ('vfio-pci 0000:01:00.0: found %s', 'iommu: (%s) smmu', 'kvm: x="%s", y', 'vfio [%s]',
         'smmu: at=%s;', 'vfio: %s.')
# What it is, and in which sentences it can be told from a word of a driver.
KINDS = [
    (('0c:42:a1:de:ad:01', '0C-42-A1-DE-AD-02', '0c42.a1de.ad03', '0c42a1dead04'), PLAIN[:5]),
    ((UUID, UUID.upper(), UUID.replace('-', '')), PLAIN),
    (('203.0.113.77', '2001:db8::77:1', '2001:0db8:0:0:0:0:0:42', '::ffff:203.0.113.80',
      'fe80::1234:56ff:fe78:9abc'), PLAIN[:5]),
    (('203.0.113.78',), ('vfio: tcp:%s:8080', 'iommu: net %s/24')),
    (('node17.rack4.corp.example', 'db1.example.com', 'x9.lab7.internal'), PLAIN),
    (('wiki.firm-7.example/a/b', 'bob:hunter2@git.firm'), ('vfio: see https://%s now',)),
    (('admin77@corp.example', 'git@host8.example.org'), PLAIN),
    (('alice1', 'customer2'), ('vfio: /home/%s/vm.img', 'kvm: file=/mnt/%s/x', 'vfio "/data/%s/x"',
                               'iommu: /export/home/%s', 'vfio: uid=1000(%s) opened')),
    (('CZJ0420AB1', 'MT-1234-XY'), ('vfio: serial number: %s', 'vfio: S/N %s', 'vfio: SN=%s',
                                    'vfio: serialno "%s"')),
    (('S675NX0T123456', 'WCC7K1234567'), PLAIN + ('vfio: ata-WDC_WD40_%s', 'vfio: A_%s_B')),
    (('nqn.2019-10.com.maker:M20:90B0A00E', 'iqn.1993-08.org.debian:01:abcdef123456'), PLAIN),
    (('hunter3',), ('vfio: password=%s', 'kvm: passwd: %s', 'vfio: token "%s"')),
]
PREFIXES = ('Nov 30 03:00:00 %s kernel: ', '2026-11-30T03:00:00.1+00:00 %s kernel: ',
            'Nov 30 03:00:00 %s kernel[1]: ', '<6>1 2026-11-30T03:00:00Z %s kernel - - - ',
            'Nov 30 03:00:00 %s kernel: [    1.000000] ')


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(content)


def log_of(lines):
    """What is packed of a kernel's log."""
    put('root/vsmmu/uname', 'Linux 7.3.4 aarch64\n')
    put('root/vsmmu/kernel-log', '\n'.join(lines) + '\n')
    equal(run('probe', '--root', 'root', '--collect', 'host.tar', '--force').code, 0)
    with tarfile.open('host.tar') as tar:
        return tar.extractfile('vsmmu/kernel-log').read().decode().splitlines()


def no_secret_comes_out():
    told = [(secret, sentence % secret) for secrets, sentences in KINDS for secret in secrets
            for sentence in sentences]
    packed = log_of(['[    1.000000] ' + line for _, line in told])
    equal(len(packed), len(told))
    equal([line for line, (secret, _) in zip(packed, told) if secret.lower() in line.lower()], [])


def no_host_comes_out_of_a_prefix():
    lines = [prefix % 'node17' + 'arm-smmu-v3 arm-smmu-v3.0.auto: x' for prefix in PREFIXES]
    packed = log_of(lines)
    equal(len(packed), len(lines))
    equal([line for line in packed if 'node17' in line], [])
    equal([line for line in packed if 'arm-smmu-v3 arm-smmu-v3.0.auto: x' not in line], [])


def what_drivers_say_stays():
    lines = ['[    1.000000] ' + line for line in (
        'arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit (features 0x001c1fff)',
        'arm-smmu-v3 fc900000.iommu: found companion CMDQV device: NVDA200C:00',
        'pci 0000:01:00.0: Adding to iommu group 12', 'iommu: Default domain type: Translated',
        'arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received: 0x0000000800000010',
        'GICv3: 288 SPIs implemented', 'ITS [mem 0x08080000-0x0809ffff]',
        'OF: /soc/iommu@fc900000: smmu', 'vfio-pci 10000:e1:00.0: enabling device (0000 -> 0002)')]
    equal(log_of(lines), lines)


main([no_secret_comes_out, no_host_comes_out_of_a_prefix, what_drivers_say_stays])
