# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of hosts by what is on their PCI buses; kinds.py brings them in."""
import firmware
from kinds import NIC, kind, server

INTEGRATED = 9  # endpoint of a root complex


def several(space, port=None):
    """A function of a slot that has several."""
    space = bytearray(space)
    space[0x0e] |= 0x80
    if port is not None:
        space[0x42] = space[0x42] & 0x0f | port << 4
    return bytes(space)


@kind(1, '0 DEV-GROUP-SHARED fail', '0 DEV-ACS warn', '1 DEV-GROUP-SHARED fail', '1 DEV-ACS warn')
def slot_functions():
    """Two functions of a slot right on the root complex, without ACS: no port is to blame."""
    host, smmu = server()
    for number in (0, 1):
        host.endpoint('0000:00:1f.%d' % number, several(NIC, INTEGRATED), '7', smmu)
    return host


@kind(1, '0 DEV-GROUP-SHARED fail', '1 DEV-GROUP-SHARED fail')
def one_stream():
    """Devices behind ports that isolate, to which the firmware gives one StreamID."""
    host, smmu = server()
    host.port('0000:00:02.0', 2)
    for bus in (1, 2):
        host.endpoint('0000:%02x:00.0' % bus, NIC, '5', smmu)
    return host


@kind(0)
def conventional():
    """Behind a bridge from PCIe to PCI, which puts its own requester ID, or may."""
    host, smmu = server()
    host.port('0000:00:01.0', 1, last=2)
    host.port('0000:01:00.0', 2, port=firmware.PCI_BRIDGE, extended=(), group='12')
    space = bytearray(NIC[:256])
    space[6] = space[0x34] = 0
    host.endpoint('0000:02:00.0', bytes(space), '12', smmu)
    return host
