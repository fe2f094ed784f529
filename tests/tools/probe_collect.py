# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu probe --collect and --root: what is packed tells the same, and tells no secret.

Takes: the command's path. Prints TAP.
"""
import gzip
import io
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tarfile
import time

import harness
from harness import contains, equal, run

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, 'hosts'))
import kinds  # pylint: disable=wrong-import-position,import-error

DEVICE = 'sys/bus/pci/devices/0000:01:00.0/'
DSN = bytes.fromhex('0c42a1fffe123456')
MAC = bytes.fromhex('0c42a1123456')
UUID = '6b0f0b1e-8a6c-4b8e-9d2c-0123456789ab'
# Each is planted below; none may come out, in whatever case or coding.
SECRETS = ['rack7node3', 'bob', 'CZJ0420ABC', '0c:42:a1:12:34:56', UUID, UUID.replace('-', ''),
           '198.51.100.23', '2001:db8:77::5', 'correcthorse', 'MT2042X01234', 'ASSET-0815',
           'private-volume', 'daniela', 'enx0c42a1123456']


def space():
    """Configuration space: VPD, a maker's own capability, a serial number, ATS."""
    data = bytearray(4096)
    struct.pack_into('<HHHH', data, 0, 0x15b3, 0x1017, 6, 0x10)
    data[0x34] = 0x40
    data[0x40:0x50] = b'\x03\x50\0\x80MT2042X01234'
    data[0x50:0x60] = b'\x09\x60\x10MT2042X01234\0'
    data[0x60:0x64] = b'\x10\0\x02\0'
    struct.pack_into('<I', data, 0x100, 0x14010003)
    data[0x104:0x10c] = DSN[::-1]
    struct.pack_into('<III', data, 0x140, 0x1501000f, 0x60, 0)
    struct.pack_into('<I', data, 0x150, 0x0001000b)
    data[0x158:0x164] = b'MT2042X01234'
    data[0x800:0x806] = MAC
    return bytes(data)


def tree():
    """A device tree with what is secret in it."""
    names = b'serial-number\0local-mac-address\0bootargs\0compatible\0'
    nodes = b''

    def put(name, value):
        return (struct.pack('>III', 3, len(value), names.index(name + b'\0')) + value +
                bytes(-len(value) % 4))
    nodes = struct.pack('>II', 1, 0) + put(b'compatible', b'acme,board\0')
    nodes += put(b'serial-number', b'CZJ0420ABC\0') + put(b'local-mac-address', MAC)
    nodes += put(b'bootargs', b'password=correcthorse\0') + struct.pack('>II', 2, 9)
    at = 56 + len(nodes)
    return struct.pack('>10I', 0xd00dfeed, at + len(names), 56, at, 40, 17, 16, 0, len(names),
                       len(nodes)) + bytes(16) + nodes + names


HOST = {
    'vsmmu/uname': 'Linux 7.3.4 aarch64\n',
    'vsmmu/rights': 'uid 0\ndev/iommu yes\ndev/kvm yes\n',
    'vsmmu/denied': 'sys/firmware/acpi/tables/APIC\n',
    'vsmmu/kernel-log': (
        'Nov 30 03:00:00 rack7node3 kernel: [    0.0] Kernel command line: iommu=x '
        'password=correcthorse\n'
        '[    1.0] arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit (features 0x001c1fff)\n'
        '[    2.0] vfio-pci 0000:01:00.0: board serial number: MT2042X01234\n'
        '[    2.0] vfio-pci 0000:01:00.0: asset tag ASSET-0815 at rack7node3.example.org\n'
        '[    2.0] vfio-pci 0000:01:00.0: enp1s0: mac 0c:42:a1:12:34:56 198.51.100.23\n'
        '[    2.0] iommu: user bob, /home/bob/vm, bob, 2001:db8:77::5, %s\n'
        '[    2.0] vfio-pci 0000:01:00.0 enx0c42a1123456: given away by daniela\n'
        '[    2.0] systemd[1]: Hostname set to <rack7node3>\n' % UUID),
    'etc/passwd': 'root:x:0:0::/root:/bin/sh\ndaniela:x:1002:1002::/home/daniela:/bin/sh\n',
    'etc/hostname': 'rack7node3\n',
    'etc/machine-id': UUID.replace('-', '') + '\n',
    'proc/cmdline': ('BOOT_IMAGE=/boot/Image root=/dev/mapper/private-volume '
                     'iommu.passthrough=0 password=correcthorse '
                     'nfsroot=198.51.100.23:/home/bob,pass=correcthorse pci=noats\n'),
    'proc/config.gz': gzip.compress(b'CONFIG_LOCALVERSION="-bob"\nCONFIG_IOMMUFD=y\n'
                                    b'CONFIG_ARM_SMMU_V3=y\nCONFIG_KVM=y\n'),
    'proc/cpuinfo': 'processor\t: 0\nSerial\t\t: CZJ0420ABC\n',
    'proc/iomem': '40000000-bfffffff : System RAM\n  40210000-4179ffff : Kernel code\n',
    'proc/interrupts': ' 11:  1  GICv3  27 Level timer\n 54: 1 ITS-MSI 0 Edge rack7node3-eth0\n',
    'proc/modules': 'vfio_pci 16384 0 - Live 0xffff800079f00000\n',
    'sys/class/dmi/id/sys_vendor': 'Acme\n',
    'sys/class/dmi/id/product_name': 'Board\n',
    'sys/class/dmi/id/product_serial': 'CZJ0420ABC\n',
    'sys/class/dmi/id/product_uuid': UUID + '\n',
    'sys/class/dmi/id/chassis_asset_tag': 'ASSET-0815\n',
    'sys/firmware/fdt': tree(),
    'sys/class/iommu/smmu3.0x0000000009050000/device': 'arm-smmu-v3.0.auto\n',
    'sys/class/net/enp1s0/address': '0c:42:a1:12:34:56\n',
    'sys/kernel/iommu_groups/4/type': 'DMA\n',
    'sys/kernel/iommu_groups/4/reserved_regions': '0x8000000 0x80fffff msi\n',
    'sys/kernel/iommu_groups/4/devices/0000:01:00.0': '',
    'sys/kernel/iommu_groups/5/devices/' + UUID: '',
    'dev/iommu': '',
    'dev/kvm': '',
    'dev/vfio/devices/vfio0': '',
    DEVICE + 'vendor': '0x15b3\n',
    DEVICE + 'device': '0x1017\n',
    DEVICE + 'class': '0x020000\n',
    DEVICE + 'config': space(),
    DEVICE + 'vpd': 'MT2042X01234',
    DEVICE + 'resource': 3 * '0x0000000000000000 0x0000000000000000 0x0000000000000000\n',
    DEVICE + 'driver': 'vfio-pci\n',
    DEVICE + 'iommu_group': '4\n',
    DEVICE + 'iommu': 'smmu3.0x0000000009050000\n',
    DEVICE + 'vfio-dev/vfio0': '',
}


def plant(folder='host'):
    for path, content in HOST.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(content if isinstance(content, bytes) else content.encode())
    return folder


def collect(*args):
    result = run('probe', '--collect', 'host.tar', *args)
    equal(result.code, 0)
    equal(result.out, '')
    with tarfile.open('host.tar') as tar:
        return {m.name: tar.extractfile(m).read() if m.isfile() else m.linkname.encode()
                for m in tar.getmembers()}


def codings(text):
    """The bytes as which it could be there."""
    plain = text.encode()
    forms = [plain, plain.hex().encode(), text.encode('utf-16-le'), text.encode('utf-16-be')]
    digits = text.replace(':', '').replace('-', '').replace('.', '')
    if text.count(':') == 5 or text == UUID:
        forms += [digits.encode(), bytes.fromhex(digits), bytes.fromhex(digits)[::-1]]
    if text.count('.') == 3:
        numbers = bytes(int(n) for n in text.split('.'))
        forms += [numbers, numbers[::-1]]
    return forms


def probed(*args):
    result = run('probe', '--json', *args)
    if result.code == 3:
        raise AssertionError(result.err)
    return result.code, json.loads(result.out)


def no_secret_comes_out():
    members = collect('--root', plant())
    with open('host.tar', 'rb') as f:
        places = [('tar', f.read())]
    places += [(name, name.encode() + b'\n' + data) for name, data in members.items()]
    places.append(('config', gzip.decompress(members['proc/config.gz'])))
    for name, data in places:
        for secret in SECRETS:
            for form in codings(secret):
                if form.lower() in data.lower():
                    raise AssertionError('%s has %s' % (name, secret))
        for form in (DSN, DSN[::-1], MAC, MAC[::-1], DSN.hex().encode(), MAC.hex().encode()):
            if form in data:
                raise AssertionError('%s has %s' % (name, form.hex()))
    # Each of them was there to be found.
    planted = b''.join(c if isinstance(c, bytes) else c.encode() for c in HOST.values())
    for secret in SECRETS:
        if secret.encode() not in planted:
            raise AssertionError('%s was not planted' % secret)


def what_is_judged_comes_out():
    members = collect('--root', plant())
    equal(members['proc/cmdline'], b'iommu.passthrough=0 pci=noats\n')
    equal(members[DEVICE + 'driver'], b'vfio-pci')
    equal(members['vsmmu/denied'], b'sys/firmware/acpi/tables/APIC EACCES\n')
    equal(members['proc/iomem'], b'40000000-bfffffff : System RAM\n')
    equal(members['proc/interrupts'], b' GICv3\n ITS-MSI\n')
    equal(gzip.decompress(members['proc/config.gz']),
          b'CONFIG_IOMMUFD=y\nCONFIG_ARM_SMMU_V3=y\nCONFIG_KVM=y\n')
    config = members[DEVICE + 'config']
    equal(config[0x100:0x104] + config[0x140:0x144], space()[0x100:0x104] + space()[0x140:0x144])
    if DEVICE + 'vpd' in members or 'etc/hostname' in members:
        raise AssertionError('a file was packed that is not on the list')


def a_tar_tells_what_the_folder_tells():
    folder = plant()
    collect('--root', folder)
    want = probed('--root', folder)
    equal(probed('--root', 'host.tar'), want)
    # Through the hands of others: unpacked, packed by another program, compressed.
    os.mkdir('unpacked')
    with tarfile.open('host.tar') as tar:
        tar.extractall('unpacked')
    equal(probed('--root', 'unpacked'), want)
    subprocess.run(['tar', '-czf', 'again.tgz', '-C', 'unpacked', '.'], check=True)
    equal(probed('--root', 'again.tgz'), want)
    subprocess.run(['tar', '-cf', 'outside.tar', 'unpacked'], check=True)
    equal(probed('--root', 'outside.tar'), want)


def a_tar_tells_what_each_kind_of_host_tells():
    for name, kind in kinds.KINDS.items():
        kind().write(name)
        collect('--root', name, '--force')
        want, got = probed('--root', name), probed('--root', 'host.tar')
        if got != want:
            raise AssertionError('%s: got %r\nwant %r' % (name, got, want))


def a_tar_tells_what_this_host_tells():
    collect()
    equal(probed('--root', 'host.tar'), probed())


def the_list_is_shown_first():
    result = run('probe', '--collect', '/nonexistent/host.tar')
    equal(result.code, 3)
    lines = result.err.splitlines()
    contains(lines[0], 'This is packed')
    contains(result.err, '  /proc/cmdline: ')
    contains(lines[-1], '/nonexistent/host.tar: No such file or directory')


def a_file_is_not_overwritten():
    folder = plant()
    with open('host.tar', 'w', encoding='utf-8') as f:
        f.write('mine')
    result = run('probe', '--root', folder, '--collect', 'host.tar')
    equal(result.code, 3)
    contains(result.err, 'vsmmu probe: host.tar is there already; --force overwrites it')
    with open('host.tar', encoding='utf-8') as f:
        equal(f.read(), 'mine')
    collect('--root', folder, '--force')


def standard_output_may_be_a_pipe():
    folder = plant()
    members = collect('--root', folder)
    process = harness.start('probe', '--root', folder, '--collect', '-')
    out, _ = process.communicate(timeout=60)
    equal(process.returncode, 0)
    with tarfile.open(fileobj=io.BytesIO(out)) as tar:
        equal(sorted(tar.getnames()), sorted(members))


def standard_output_is_no_terminal():
    folder = plant()
    result = run('probe', '--root', folder, '--collect', '/dev/full', '-f')
    equal(result.code, 3)
    contains(result.err, 'cannot write /dev/full: No space left on device')
    master, slave = os.openpty()
    process = subprocess.run([harness.COMMAND, 'probe', '--root', folder, '--collect', '-'],
                             stdout=slave, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(master)
    os.close(slave)
    equal(process.returncode, 3)
    contains(process.stderr.decode(), 'a tar is nothing for a terminal')


def no_part_of_a_file_is_left():
    folder = plant()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    process = harness.start('probe', '--root', folder, '--collect', 'host.tar', preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    equal(process.returncode, 3)
    contains(err.decode(), 'cannot write host.tar: File too large')
    if os.path.exists('host.tar'):
        raise AssertionError('a part is left')


def a_signal_leaves_no_part():
    """Whenever it comes, there is the whole file or none."""
    kinds.KINDS['arm-server']().write('root')
    whole = os.path.getsize(packed('root', 'whole.tar'))
    start = time.monotonic()
    packed('root', 'again.tar')
    spent = time.monotonic() - start
    for number in range(20):
        process = harness.start('probe', '--root', 'root', '--collect', 'host.tar')
        time.sleep(spent * number / 15)
        process.send_signal((signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[number % 3])
        process.communicate(timeout=60)
        if os.path.exists('host.tar'):
            equal(os.path.getsize('host.tar'), whole)
            os.unlink('host.tar')


def packed(root, path):
    equal(run('probe', '--root', root, '--collect', path).code, 0)
    return path


def a_bad_root_is_refused():
    folder = plant()
    collect('--root', folder)
    with open('host.tar', 'rb') as f:
        whole = f.read()
    for name, data, reason in [
            ('cut', whole[:5000], 'the tar is cut off'),
            ('log', b'[    0.000000] Linux version\n' * 40, 'this is no tar'),
            ('empty', b'', 'this is no tar'),
            ('sum', whole[:1] + b'?' + whole[2:], 'this is no tar'),
            ('xz', b'\xfd7zXZ\0' + 600 * b'x', 'it is compressed with xz: unpack that first'),
            ('gz', gzip.compress(whole)[:-200], 'damaged or cut off')]:
        with open(name, 'wb') as f:
            f.write(data)
        result = run('probe', '--root', name)
        equal(result.code, 3)
        contains(result.err, 'vsmmu probe: %s: ' % name)
        contains(result.err, reason)
    for name in ('/dev/null', 'missing'):
        equal(run('probe', '--root', name).code, 3)


def a_name_that_ends_so_is_compressed():
    folder = plant()
    for name in ('one.tar.gz', 'two.tgz'):
        equal(run('probe', '--root', folder, '--collect', name).code, 0)
        with open(name, 'rb') as f:
            packed = f.read()
        equal(packed[:2], b'\x1f\x8b')
        # No name and no time of a host.
        equal(packed[3:8], bytes(5))
        equal(probed('--root', name), probed('--root', folder))
    collect('--root', folder)
    with open('host.tar', 'rb') as f:
        equal(gzip.decompress(packed), f.read())
    os.symlink('/dev/full', 'full.gz')
    equal(run('probe', '--root', folder, '--collect', 'full.gz', '-f').code, 3)


def what_is_left_out_of_a_tar_is_told():
    with tarfile.open('odd.tar', 'w') as tar:
        for name, data in [('../etc/passwd', b'x'), ('proc/cmdline', b'quiet\n')]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    result = run('probe', '--root', 'odd.tar')
    contains(result.err, 'vsmmu probe: odd.tar: left out "../etc/passwd" at byte 0: ')


harness.main([
    no_secret_comes_out,
    what_is_judged_comes_out,
    a_tar_tells_what_the_folder_tells,
    a_tar_tells_what_each_kind_of_host_tells,
    a_tar_tells_what_this_host_tells,
    the_list_is_shown_first,
    a_file_is_not_overwritten,
    standard_output_may_be_a_pipe,
    standard_output_is_no_terminal,
    no_part_of_a_file_is_left,
    a_signal_leaves_no_part,
    a_bad_root_is_refused,
    a_name_that_ends_so_is_compressed,
    what_is_left_out_of_a_tar_is_told,
])
