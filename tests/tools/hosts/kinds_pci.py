# SPDX-License-Identifier: BSD-2-Clause
"""Kinds of hosts by what is on their PCI buses; kinds.py brings them in."""
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
