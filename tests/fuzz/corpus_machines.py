# SPDX-License-Identifier: BSD-2-Clause
"""The seeds of the fuzzers that are given descriptions of machines: iort and map.

Used by make_corpus.py, which has the seeds of those that are given moves.
"""
import struct

ITS, NAMED, ROOT, SMMU, SMMU_V3, PMCG, RMR = range(7)
SINGLE = 1


# IORT: nodes are made in order, and know each other by their number.

def node(kind, revision, data, *mappings):
    """Mappings are: first id, number less one, first output, number of the node, flags."""
    return kind, revision, data, mappings


def its(*numbers):
    return node(ITS, 1, struct.pack('<%dI' % (1 + len(numbers)), len(numbers), *numbers))


def smmu_v3(base, *mappings, flags=1, wires=(74, 75, 77, 76), revision=4):
    return node(SMMU_V3, revision, struct.pack('<QIIQIIIIIII', base, flags, 0, 0, 0, *wires, 0, 0),
                *mappings)


def root(segment, *mappings, memory=3, ats=0):
    return node(ROOT, 3, struct.pack('<IBHBIIB3x', 1, 0, 0, memory, ats, segment, 64), *mappings)


def named(name, *mappings, flags=0):
    data = struct.pack('<IIBHBB', flags, 1, 0, 0, 3, 48) + name.encode() + b'\0'
    return node(NAMED, 2, data + bytes(-len(data) % 4), *mappings)


def iort(*nodes, revision=3):
    offsets, at = [], 48
    for _, _, data, mappings in nodes:
        offsets.append(at)
        at += 16 + len(data) + 20 * len(mappings)
    text = b''
    for number, (kind, of, data, mappings) in enumerate(nodes):
        text += struct.pack('<BHBIII', kind, 16 + len(data) + 20 * len(mappings), of, number,
                            len(mappings), 16 + len(data) if mappings else 0) + data
        for first, last, output, to, flags in mappings:
            text += struct.pack('<IIIII', first, last, output, offsets[to], flags)
    table = bytearray(b'IORT' + struct.pack('<IBB6s8sI4sI', at, revision, 0, b'VSMMU ', b'FUZZSEED',
                                            1, b'TEST', 1) +
                      struct.pack('<III', len(nodes), 48, 0) + text)
    table[9] = -sum(table) & 0xff
    return bytes(table)


VIRT = iort(its(0), smmu_v3(0x9050000, (0, 0xffff, 0, 0, 0)),
            root(0, (0, 0xff, 0, 1, 0), (0x100, 0xfeff, 0x100, 0, 0)))
SEGMENTS = iort(its(0, 1), smmu_v3(0x10000, (0, 0xfffff, 0x100000, 0, 0)),
                *(root(n, (0, 0xffff, 0x10000 * (n + 1), 1, 0), ats=7) for n in range(3)),
                revision=5)
SHARED = iort(smmu_v3(0x10000), root(2, (0, 0, 0x40, 0, SINGLE)),
              named('\\_SB.SAT0', (0, 0, 0x40, 0, SINGLE), (0, 0, 0x41, 0, SINGLE), flags=41))
TOO_LONG = iort(smmu_v3(0x10000), smmu_v3(0x20000),
                root(0, (0, 0x100, 0, 0, 0), (0x100, 0x100, 0x5000, 1, 0)))
OWN_MSIS = iort(its(0), smmu_v3(0x10000, (0, 0, 7, 0, SINGLE), (0, 0xffff, 0, 0, 0),
                                wires=(0, 0, 0, 0)), root(0, (0, 0xffff, 0, 1, 0)))
ALL_KINDS = iort(its(0), smmu_v3(0x10000), root(0, (0, 0xffff, 0, 1, 0)),
                 node(SMMU, 0, struct.pack('<QQIIIIIII', 0x5000, 0x1000, 3, 2, 60, 0, 76, 0, 76)),
                 node(PMCG, 1, struct.pack('<QIIQ', 0x12000, 0, 72, 0x13000)),
                 node(RMR, 3, struct.pack('<IIIQQI', 0x16, 1, 28, 0x80000000, 0x10000, 0),
                      (0, 3, 0x100, 1, 0)),
                 node(7, 0, struct.pack('<QH', 0x14000, 0) + b'\\_SB.IWB0\0'), revision=6)


def asked(table, rid=8, sid=8):
    return struct.pack('<HI', rid, sid) + table


IORT = {
    'empty': b'',
    'virt': asked(VIRT),
    'segments': asked(SEGMENTS, 0x600, 0x20600),
    'shared': asked(SHARED, 0x600, 0x40),
    'too-long-by-one': asked(TOO_LONG, 0x100, 0x5000),
    'own-msis': asked(OWN_MSIS),
    'all-kinds': asked(ALL_KINDS),
    'mended': asked(VIRT, 9),
    'cut': asked(VIRT[:-10]),
    'two-single': asked(iort(smmu_v3(0x10000), root(0, (0, 15, 0, 0, 0), (0, 9, 0x40, 0, SINGLE),
                                                    (0, 9, 0x41, 0, SINGLE))), 7, 0x41),
    'wraps': asked(iort(smmu_v3(0x10000), root(0, (0xfff0, 0xffffffff, 0xfffffff8, 0, 0))),
                   0xfffa, 0xffffffff),
}


# Device trees.

class Tree:
    """A flattened device tree that is written node by node."""

    def __init__(self):
        self.structure, self.strings = b'', b''

    def open(self, name):
        name = name.encode() + b'\0'
        self.structure += struct.pack('>I', 1) + name + bytes(-len(name) % 4)
        return self

    def close(self):
        self.structure += struct.pack('>I', 2)
        return self

    def put(self, name, *values):
        if values and isinstance(values[0], str):
            data = values[0].encode() + b'\0'
        else:
            data = struct.pack('>%dI' % len(values), *values)
        self.structure += struct.pack('>III', 3, len(data), len(self.strings))
        self.structure += data + bytes(-len(data) % 4)
        self.strings += name.encode() + b'\0'
        return self

    def bytes(self):
        structure = self.structure + struct.pack('>I', 9)
        strings_at = 56 + len(structure)
        head = struct.pack('>10I', 0xd00dfeed, strings_at + len(self.strings), 56, strings_at, 40,
                           17, 16, 0, len(self.strings), len(structure))
        return head + bytes(16) + structure + self.strings


def board():
    tree = Tree().open('').put('#address-cells', 2).put('#size-cells', 2)
    tree.open('iommu@fc900000').put('compatible', 'arm,smmu-v3')
    tree.put('reg', 0, 0xfc900000, 0, 0x200000).put('#iommu-cells', 1).put('phandle', 1).close()
    tree.open('pcie@fe150000').put('device_type', 'pci').put('linux,pci-domain', 0)
    tree.put('iommu-map-mask', 0xfff8).put('iommu-map', 0, 1, 0, 0x1000).close()
    tree.open('soc').put('#address-cells', 1).put('#size-cells', 1)
    tree.put('ranges', 0, 0, 0x10000000, 0x1000)
    tree.open('dma@800').put('reg', 0x800, 0x100).put('iommus', 1, 0x2001, 1, 0x2002).close()
    tree.open('card').put('iommus', 1, 0x2003).put('status', 'disabled').close()
    return tree.close().close().bytes()


# Texts.

def acpidump(table):
    lines = ['IORT @ 0x0000000000000000']
    for at in range(0, len(table), 16):
        part = table[at:at + 16]
        lines.append('    %04X: %s  ab cd' % (at, ' '.join('%02X' % byte for byte in part)))
    return '\n'.join(lines).encode() + b'\n\n'


LSPCI = (b'0000:00:00.0 0600: 1b36:0008\n'
         b'0000:00:01.0 Ethernet controller [0200]: Intel [x] 82574L [8086:10d3] (rev 01)\n'
         b'\tKernel driver in use: e1000e\n'
         b'0001:06:00.0 Non-Volatile memory controller: Samsung PM9A1\n')
LOG = (b'[    0.5] pci 0000:01:00.0: [144d:a808] type 00 class 0x010802 PCIe Endpoint\n'
       b'[    1.0] pci 0000:01:00.0: Adding to iommu group 1\n'
       b'[    1.1] platform fd880000.usb: Adding to iommu group 2\n'
       b'/sys/kernel/iommu_groups/3/devices/0001:01:00.0\n')


def files(sid, smmu, *contents):
    text = struct.pack('<IB', sid, smmu)
    for content in contents:
        text += struct.pack('<H', len(content)) + content
    return text


MAP = {
    'empty': b'',
    'table': files(8, 1, VIRT),
    'table-and-list': files(8, 3, VIRT, LSPCI),
    'tables': files(0x20600, 1, SEGMENTS, VIRT, SHARED, ALL_KINDS),
    'dump': files(8, 3, acpidump(VIRT)),
    'dump-of-segments': files(0x20600, 6, acpidump(SEGMENTS) + LSPCI),
    'tree': files(0x100, 4, board()),
    'tree-and-log': files(0x2001, 4, board(), LOG),
    'list': files(0x600, 0, LSPCI),
    'log': files(0x100, 0, LOG),
    'source': files(0x100, 0, b'/dts-v1/;\n/ { };\n'),
    'gzip': files(0x100, 0, b'\x1f\x8b\x08\0\0\0'),
}
