# SPDX-License-Identifier: BSD-2-Clause
"""The seeds of fuzz_tar: tars as programs make them, and as they must not be."""
import gzip
import io
import struct
import tarfile

DEVICE = 'sys/bus/pci/devices/0000:01:00.0/'
AS_IT_IS, REPAIR = b'\0', b'\1'


def member(name, kind=tarfile.REGTYPE, data=b'', **more):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def tar(*members, form=tarfile.USTAR_FORMAT, how=AS_IT_IS):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=form) as file:
        for info, data in members:
            file.addfile(info, io.BytesIO(data))
    # Without what fills the last record.
    blocks = out.getvalue().rstrip(b'\0')
    return how + blocks + bytes(-len(blocks) % 512 + 1024)


def space():
    """Configuration space with a serial number and ATS."""
    data = bytearray(512)
    data[0x34] = 0x40
    data[0x40:0x42] = b'\x10\0'
    struct.pack_into('<IQ', data, 0x100, 0x14010003, 0x1122334455667788)
    struct.pack_into('<II', data, 0x140, 0x0001000f, 0x80000060)
    return bytes(data)


def tree():
    """A device tree of a root node with two properties."""
    names = b'linux,pci-domain\0serial-number\0'
    nodes = struct.pack('>2I 4I 4I 2I', 1, 0, 3, 4, 0, 7, 3, 4, 17, 0x41424344, 2, 9)
    at = [0x38, 0x38 + len(nodes), 0x38 + len(nodes) + len(names)]
    return (struct.pack('>10I', 0xd00dfeed, at[2], at[0], at[1], 0x28, 17, 16, 0, len(names),
                        len(nodes)) + bytes(16) + nodes + names)


CMDLINE = member('proc/cmdline', data=b'iommu.strict=1 "pci=a b" x=y -- z')
WHOLE = tar(CMDLINE, member(DEVICE + 'driver', tarfile.SYMTYPE, linkname='../x/vfio-pci'),
            member('dev', tarfile.DIRTYPE), member('dev/iommu', tarfile.CHRTYPE))

TAR = {
    'empty': AS_IT_IS,
    'nothing': tar(),
    'whole': WHOLE,
    'cut': WHOLE[:700],
    'no-end': WHOLE[:-1024],
    'checksum': WHOLE[:9] + b'?' + WHOLE[10:],
    'checksum-repaired': REPAIR + WHOLE[1:9] + b'?' + WHOLE[10:],
    'gnu-long': tar(member('boot/config-' + 120 * 'x', data=b'CONFIG_KVM=y\n'),
                    member('a', tarfile.SYMTYPE, linkname=120 * 'y'), form=tarfile.GNU_FORMAT),
    'pax-long': tar(member('boot/config-' + 120 * 'x', data=b'CONFIG_KVM=y\n'),
                    form=tarfile.PAX_FORMAT, how=REPAIR),
    'pax-upwards': tar(member('a', pax_headers={'path': '../../etc/passwd'}),
                       form=tarfile.PAX_FORMAT, how=REPAIR),
    'paths': tar(member('/abs'), member('../up'), member('a/../b'), member('./ok/')),
    'twice': tar(CMDLINE, CMDLINE, member('proc', tarfile.DIRTYPE)),
    'hard-link': tar(CMDLINE, member('b', tarfile.LNKTYPE, linkname='proc/cmdline')),
    'config': tar(member(DEVICE + 'config', data=space()), how=REPAIR),
    'log': tar(member('vsmmu/kernel-log',
                      data=b'x node17 kernel: [ 1.0] vfio 0000:01:00.0: serial no. 4711 mac '
                           b'0c:42:a1:00:00:01 fe80::1 192.0.2.1 /home/a/b\n')),
    'config-gz': tar(member('proc/config.gz',
                            data=gzip.compress(b'CONFIG_IOMMUFD=m\nCONFIG_X="y"\n', mtime=0))),
    'iomem': tar(member('proc/iomem', data=b'40000000-7fffffff : System RAM\n'),
                 member('proc/modules', data=b'vfio_pci 1 0 - Live 0x0\n'),
                 member('proc/interrupts', data=b' 11: 1 2 GICv3 27 Level x\n'),
                 member('proc/cpuinfo', data=b'processor\t: 0\nSerial\t: 1\n')),
    'tree': tar(member('sys/firmware/fdt', data=tree())),
}
