# SPDX-License-Identifier: BSD-2-Clause
"""Tables of firmware and PCI configuration space, by their specifications and not by the library:
Arm DEN 0049 (IORT), ACPI 6.5 (MADT), the Devicetree specification, PCI Express."""
import struct

ITS_GROUP, ROOT_COMPLEX, SMMU_V3 = 0, 2, 4
ENDPOINT, ROOT_PORT, PCI_BRIDGE = 0, 4, 7
ACS, ATS, PRI, PASID = 0x0d, 0x0f, 0x13, 0x1b


def table(signature, revision, body, oem=b'VSMMU '):
    """An ACPI table with its header, whose makers nobody is."""
    header = struct.pack('<4sIBB6s8sI4sI', signature, 36 + len(body), revision, 0, oem,
                         b'EXAMPLE ', 1, b'TEST', 1)
    whole = bytearray(header + body)
    whole[9] = -sum(whole) & 0xff
    return bytes(whole)


def node(kind, revision, identifier, data, mappings=()):
    """A node of the IORT; a mapping is (input, count, output, offset of the node that it is to)."""
    length = 16 + len(data) + 20 * len(mappings)
    head = struct.pack('<BHBIII', kind, length, revision, identifier, len(mappings),
                       16 + len(data) if mappings else 0)
    ids = b''.join(struct.pack('<IIIII', first, count - 1, out, to, 0)
                   for first, count, out, to in mappings)
    return head + data + ids


def iort(smmus, segments):
    """SMMUs are (base, coherent); segments are (CANWBS, ATS, place of the SMMU or None)."""
    nodes = [node(ITS_GROUP, 1, 0, struct.pack('<II', 1, 0))]
    offsets = [48]
    for number, (base, coherent) in enumerate(smmus):
        offsets.append(offsets[-1] + len(nodes[-1]))
        data = struct.pack('<QIIQIIIIIII', base, int(coherent), 0, 0, 0, 74, 75, 76, 77, 0, 0)
        nodes.append(node(SMMU_V3, 4, number + 1, data, [(0, 0x10000, 0, offsets[0])]))
    for number, (canwbs, ats, smmu) in enumerate(segments):
        offsets.append(offsets[-1] + len(nodes[-1]))
        to = offsets[0 if smmu is None else 1 + smmu]
        data = struct.pack('<IBHBIIBHBI', 1, 0, 0, 3 | int(canwbs) << 2, int(ats), number, 48, 20,
                           0, 0)
        nodes.append(node(ROOT_COMPLEX, 4, 100 + number, data, [(0, 0x10000, 0, to)]))
    return table(b'IORT', 5, struct.pack('<III', len(nodes), 48, 0) + b''.join(nodes))


def madt(version, its=True, oem=b'VSMMU '):
    distributor = struct.pack('<BBHIQIB3x', 12, 24, 0, 0, 0x8000000, 0, version)
    translator = struct.pack('<BBHIQI', 15, 20, 0, 0, 0x8080000, 0)
    return table(b'APIC', 5, struct.pack('<II', 0, 0) + distributor + (translator if its else b''),
                 oem)


def tree(nodes):
    """A flattened device tree: a dict of properties (bytes) and of nodes (dicts)."""
    strings, out = bytearray(), bytearray()

    def word(*values):
        out.extend(struct.pack('>%dI' % len(values), *values))

    def pad():
        out.extend(bytes(-len(out) % 4))

    def add(name, content):
        word(1)
        out.extend(name.encode() + b'\0')
        pad()
        for key, value in content.items():
            if isinstance(value, bytes):
                word(3, len(value), len(strings))
                strings.extend(key.encode() + b'\0')
                out.extend(value)
                pad()
        for key, value in content.items():
            if isinstance(value, dict):
                add(key, value)
        word(2)

    add('', nodes)
    word(9)
    start = 40 + 16
    size = start + len(out) + len(strings)
    return struct.pack('>10I', 0xd00dfeed, size, start, start + len(out), 40, 17, 16, 0,
                       len(strings), len(out)) + bytes(16) + bytes(out) + bytes(strings)


def capability(kind, capabilities=0, control=0):
    """An extended capability of 8 bytes. PRI has its control register first."""
    if kind == PRI:
        return kind, struct.pack('<HH', control, 0)
    return kind, struct.pack('<HH', capabilities, control)


def config(vendor, device, class_code, port=ENDPOINT, buses=None, extended=()):
    """4096 bytes. A bridge has buses: (secondary, subordinate)."""
    space = bytearray(4096)
    struct.pack_into('<HHHHI', space, 0, vendor, device, 6, 0x10, class_code << 8)
    space[0x34] = 0x40
    struct.pack_into('<BBHI', space, 0x40, 0x10, 0, 2 | port << 4, 0)
    if buses:
        space[0x0e] = 1
        space[0x19], space[0x1a] = buses
    at = 0x100
    for number, (kind, body) in enumerate(extended):
        behind = at + 0x20 if number + 1 < len(extended) else 0
        struct.pack_into('<I', space, at, kind | 1 << 16 | behind << 20)
        space[at + 4:at + 4 + len(body)] = body
        at += 0x20
    return bytes(space)
