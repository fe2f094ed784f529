# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode: who has a StreamID, from files of the machine, the log's own lines, or a guess."""
import struct

from harness import contains, equal, main, record, run
from logs import objects, old_style, write

LSPCI = ['00:00.0 0600: 1b36:0008', '01:00.0 0108: 144d:a808 (rev 01)', '02:00.0 0c03: 1912:0014']


def node(kind, revision, body, mappings):
    """A node of an IORT, as Arm DEN0049 has it."""
    length = 16 + len(body)
    head = struct.pack('<BHBIII', kind, length + 20 * len(mappings), revision, 0, len(mappings),
                       length if mappings else 0)
    return head + body + b''.join(struct.pack('<IIIII', *one) for one in mappings)


def iort(segments, base=0x9050000):
    """An SMMU, and root complexes: pairs of a segment and its mappings (input, count, output)."""
    nodes = [node(4, 1, struct.pack('<QIIQIIIIIII', base, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), [])]
    for segment, mappings in segments:
        nodes.append(node(2, 3, struct.pack('<QIII', 0, 0, segment, 0),
                          [(first, count - 1, out, 48, 0) for first, count, out in mappings]))
    body = struct.pack('<III', len(nodes), 48, 0) + b''.join(nodes)
    head = struct.pack('<4sIBB6s8sI4sI', b'IORT', 36 + len(body), 5, 0, b'VSMMU ', b'TEST    ', 1,
                       b'TEST', 1)
    return head[:9] + bytes([-sum(head + body) % 256]) + head[10:] + body


def write_table(segments):
    with open('table', 'wb') as f:
        f.write(iort(segments))


def write_log(sid, name='9050000.iommu', kind=0x10):
    prefix = '[    1.000000] arm-smmu-v3 %s: ' % name
    write('log', old_style((kind | sid << 32, 0x20000000000 if kind > 4 else 0, 0x5000, 0), prefix))


def table_of_the_machine():
    write_table([(0, [(0, 0x10000, 0)]), (1, [(0, 0x10000, 0x20000)])])
    write_log(0x20600)
    one = objects('--map', 'table', 'log')[0]
    equal((one['client'], one['endpoints']),
          ('0001:06:00.0', [{'name': '0001:06:00.0', 'certain': True}]))
    equal('requester_id' in one, False)
    contains(run('decode', '--map', 'table', 'log').out, 'endpoint 0001:06:00.0 (stream 0x20600)')
    fault = objects('-s', '--map', 'table', 'log')[0]['faults'][0]
    equal(fault['client'], '0001:06:00.0')
    contains(run('decode', '-s', '--map', 'table', 'log').out, ' 0001:06:00.0 ')
    contains(run('decode', '--format', 'csv', '--map', 'table', 'log').out, ',0001:06:00.0,')


def table_that_has_nobody():
    """Where a table describes the SMMU, nothing is guessed."""
    write_table([(0, [(0, 0x100, 0)])])
    write_log(0x900, kind=2)
    one = objects('--map', 'table', 'log')[0]
    equal(('client' in one, 'endpoints' in one, 'requester_id' in one), (False, False, False))
    equal(objects('log')[0]['requester_id'], '09:00.0')


def stream_of_several():
    write_table([(0, [(0x100, 1, 0x40), (0x200, 1, 0x40)])])
    write_log(0x40)
    one = objects('--map', 'table', 'log')[0]
    equal([e['name'] for e in one['endpoints']], ['0000:01:00.0', '0000:02:00.0'])
    equal('client' in one, False)
    out = run('decode', '--map', 'table', 'log').out
    contains(out, 'Stream 0x40 is shared by 0000:01:00.0 and 0000:02:00.0.')
    contains(run('decode', '-s', '--map', 'table', 'log').out, 'is shared by 0000:01:00.0 and ')


def list_of_the_devices():
    """lspci tells what a device is, and not which StreamID it has."""
    write('lspci', LSPCI)
    write_log(0x100)
    one = objects('--map', 'lspci', 'log')[0]
    equal(one['endpoints'],
          [{'name': '01:00.0', 'about': '144d:a808 NVMe controller', 'certain': False}])
    equal('client' in one, False)
    contains(run('decode', '--map', 'lspci', 'log').out,
             'Stream 0x100 may be of 01:00.0 (144d:a808 NVMe controller).')
    # With a table as well, both are said.
    write_table([(0, [(0, 0x10000, 0)])])
    out = run('decode', '--map', 'lspci', '--map', 'table', 'log').out
    contains(out, 'endpoint 0000:01:00.0 (stream 0x100)')
    contains(out, '0000:01:00.0 is 144d:a808 NVMe controller.')


def groups_of_the_same_log():
    write('log', ['[    1.000000] pci 0000:%02x:00.0: Adding to iommu group %d' % (bus, bus)
                  for bus in (1, 2)] + old_style((0x10 | 0x200 << 32, 0, 0, 0)))
    one = objects('log')[0]
    equal([(e['name'], e['certain']) for e in one['endpoints']], [('0000:02:00.0', False)])
    contains(run('decode', 'log').out, 'Stream 0x200 may be of 0000:02:00.0.')


def guesses_without_anything():
    """A requester ID only where it can be one."""
    for sid, want in ((0x100, '01:00.0'), (0x900, '09:00.0'), (0x20600, '06:00.0'), (0, None),
                      (1, None), (0xffffffff, None)):
        write_log(sid)
        equal((sid, objects('log')[0].get('requester_id')), (sid, want))
    write_log(0x20600)
    contains(run('decode', 'log').out, 'may be 06:00.0 of another segment')


def unassigned_stream():
    write('log', ['arm-smmu-v3 fc900000.iommu: event: C_BAD_STREAMID client: (unassigned sid) '
                  'sid: 0x900 ssid: 0x0'])
    one = objects('log')[0]
    equal(('client' in one, one['unassigned'], one['requester_id']), (False, True, '09:00.0'))
    contains(run('decode', 'log').out, '09:00.0')


def files_that_are_no_map():
    write_log(0x100)
    write('nonsense', ['nothing here'])
    for name in ('nonsense', 'absent'):
        result = run('decode', '--brief', '--map', name, 'log')
        equal((result.code, len(result.lines())), (3, 1))
        contains(result.err, name + ': ')


def this_host():
    """Whatever it is: the log is decoded, and nothing of it is certain by chance."""
    result = run('decode', '--host', '--record', *['%x' % word for word in
                                                   struct.unpack('<4Q', record(0x10, 0, 0, 0))])
    equal(result.code in (0, 3), True)
    contains(result.out, 'F_TRANSLATION sid 0x0')


main([table_of_the_machine, table_that_has_nobody, stream_of_several, list_of_the_devices,
      groups_of_the_same_log, guesses_without_anything, unassigned_stream, files_that_are_no_map,
      this_host])
