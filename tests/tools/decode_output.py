# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode: its texts, what it folds, CSV, colours, and what it says of nothing."""
import csv
import io

from harness import (COMMAND, TRANSLATION, contains, equal, main, on_a_terminal, run,
                     with_environment)
from logs import OTHER, PERMISSION, SMMU, decoded, objects, old_style, write

OVERFLOW = SMMU + 'EVTQ overflow detected -- events lost'


def equal_events_are_told_once():
    write('log', old_style(TRANSLATION) * 41 + old_style(PERMISSION) + old_style(TRANSLATION) * 2)
    lines = run('decode', 'log').lines()
    equal([line for line in lines if line.startswith('...')],
          ['... 40 more like line 1, the last in line 201 [12.345678]',
           '... 2 more like line 1, the last in line 216 [12.345678]'])
    contains(lines[0], 'log:1: ')
    equal(len([line for line in lines if 'which no page maps' in line]), 1)
    # Programs have all of them, and so has --brief.
    equal(len(objects('log')), 44)
    equal(len(run('decode', '--brief', 'log').lines()), 44)
    # A burst of two that take turns.
    write('log', (old_style(TRANSLATION) + old_style(PERMISSION)) * 10)
    equal([line.split(',')[0] for line in run('decode', 'log').lines() if line.startswith('...')],
          ['... 9 more like line 1', '... 9 more like line 6'])
    # One more is no "them".
    write('log', old_style(TRANSLATION) * 2)
    contains(run('decode', 'log').out, '... 1 more like line 1, it is in line 6 [')


def a_run_of_pages_is_folded():
    write('log', [line for page in range(16)
                  for line in old_style(TRANSLATION[:2] + (0x100000 + 0x1000 * page, 0))])
    lines = run('decode', 'log').lines()
    equal(len([line for line in lines if line.startswith('log:')]), 1)
    contains(lines[-1], '... 15 more like line 1, the last in line 76 [12.345678], '
                        'from 0x100000 to 0x10f000')


def many_messages_are_folded():
    line = SMMU + 'CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x00000001]'
    write('log', [line % (i, i + 2) for i in range(40)] + [OVERFLOW] + [line % (9, 9)] * 2)
    lines = [text for text in run('decode', 'log').lines() if not text.startswith('    ')]
    equal(len(lines), 10 + 1 + 1 + 1)
    equal([text for text in lines if text.startswith('...')],
          ['... 30 more like line 1, the last in line 40 [12.345678]',
           '... 2 more like line 1, the last in line 43 [12.345678]'])
    equal(len(run('decode', '--brief', 'log').lines()), 43)


def lines_of_others_are_folded():
    write('log', ['arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x%x, '
                  'fsynr=0x130000, cbfrsynra=0x300, cb=4' % (i << 12) for i in range(40)])
    result = run('decode', 'log')
    equal(len(result.lines()), 11)
    contains(result.lines()[-1], '... 30 more like line 1, the last in line 40')
    contains(result.err, 'no SMMUv3 messages in 40 lines; 40 lines of SMMUv2 (arm-smmu)')
    equal([o['what'] for o in objects('log')], ['SMMUv2 (arm-smmu)'] * 40)
    others = objects('-s', 'log')[0]['others']
    equal([(o['what'], o['count']) for o in others], [('SMMUv2 (arm-smmu)', 40)])


def what_was_just_before():
    reset = '[   12.000000] vfio-pci 0000:01:00.0: resetting'
    watchdog = '[   %9.6f] eth0: NETDEV WATCHDOG: CPU: 3: transmit queue 0 timed out 5000 ms'
    write('log', [reset, watchdog % 11.0] + old_style(TRANSLATION) + [watchdog % 20.0] +
          old_style(PERMISSION, SMMU.replace('12.345678', '21.500000')))
    first, second = objects('log')
    equal([(b['kind'], b['line']) for b in first['before']], [('reset', 1)])
    equal('before' in second, False)
    equal([[b['kind'] for b in f.get('before', [])] for f in objects('-s', 'log')[0]['faults']],
          [['reset'], []])
    contains(run('decode', 'log').out, 'Just before, in line 1: vfio-pci 0000:01:00.0: resetting')
    contains(run('decode', '-s', 'log').out, 'Just before, in line 1: vfio-pci 0000:01:00.0: ')
    # So they do where two lines have no clock in common.
    write('log', ['Dec  9 09:15:57 host kernel: ' + reset.split('] ')[1]] + old_style(TRANSLATION))
    equal([b['line'] for b in objects('log')[0]['before']], [1])
    # Once, for all faults that it precedes.
    write('log', [reset] + old_style(TRANSLATION) + old_style(PERMISSION))
    equal(run('decode', 'log').out.count('Just before'), 1)
    # Without times, lines count.
    old = [line.split('] ')[1] for line in old_style(TRANSLATION)]
    write('log', [reset.split('] ')[1]] + ['nothing'] * 19 + old)
    equal([b['line'] for b in objects('log')[0]['before']], [1])
    write('log', [reset.split('] ')[1]] + ['nothing'] * 20 + old)
    equal('before' in objects('log')[0], False)


def files_are_named_where_there_are_two():
    write('a', old_style(TRANSLATION))
    write('b', old_style(TRANSLATION))
    contains(run('decode', 'a', 'b').out, "... 1 more like a:1, it is in b:1 [")


def causes_are_told_once():
    write('log', old_style(TRANSLATION) + old_style(TRANSLATION[:2] + (0x900000, 0)) +
          old_style(PERMISSION))
    out = run('decode', 'log').out
    equal(out.count('Often: '), 2)
    equal(out.count('which no page maps'), 2)
    # Nor is anything else that is the same.
    equal(out.count('may be 00:01.0'), 1)
    equal(out.count('may be 00:02.0'), 1)


def brief():
    write('log', old_style(TRANSLATION) + [OVERFLOW])
    equal(sorted(run('decode', '-b', 'log').lines()),
          ['log:1: [12.345678] arm-smmu-v3.0.auto: F_TRANSLATION sid 0x8 read 0x100000 '
           '(unprivileged data, stage 1, input address)',
           "log:6: [12.345678] arm-smmu-v3.0.auto: the SMMU's own event queue overflowed; nobody "
           'knows how many events were lost'])
    write('log', decoded(TRANSLATION, 'F_TRANSLATION', '0000:00:01.0'))
    contains(run('decode', '-b', 'log').out, 'v3.0.auto: 0000:00:01.0: F_TRANSLATION sid 0x8 read')


def what_is_not_known_is_null():
    write('log', decoded(TRANSLATION, 'F_TRANSLATION', '0000:00:01.0')[:1])
    one = objects('log')[0]
    for field in ('ssv', 'ssid', 'stall', 'stag', 'pnu', 'ind', 'rnw', 's2', 'class', 'record'):
        equal((field, one[field]), (field, None))
    equal('words' in one, False)
    equal(' wrote ' in one['explanation'] or ' read ' in one['explanation'], False)
    result = run('decode', '--format', 'raw', 'log')
    equal((result.code, result.out), (0, ''))
    contains(result.err, '1 event is left out: the log does not have its words')


def an_unknown_number_is_null():
    write('log', [SMMU + 'event: UNKNOWN client: 0000:01:00.0 sid: 0x100 ssid: 0x0'])
    one = objects('log')[0]
    equal((one['id'], one['name'], one['sid'], one['client']), (None, None, 256, '0000:01:00.0'))
    contains(one['explanation'], 'no name')


def comma_separated_values():
    write('log', old_style(TRANSLATION) + decoded(TRANSLATION, 'F_TRANSLATION', 'a,"b"') +
          [OVERFLOW, '[   17.000000] arm_smmu_dump_event: 15 callbacks suppressed'] +
          decoded(PERMISSION, 'F_PERMISSION', 'x'))
    result = run('decode', '--format', 'csv', 'log')
    equal(result.out.count('\r\n'), result.out.count('\n'))
    rows = list(csv.DictReader(io.StringIO(result.out, newline='')))
    equal([None in row or None in row.values() for row in rows], [False] * 4)
    equal([row['type'] for row in rows], ['event', 'overflow', 'suppressed', 'event'])
    first, _, third, last = rows
    equal((first['file'], first['position'], first['time_ns'], first['client'], first['sid'],
           first['id'], first['input_addr'], first['rnw'], first['word0']),
          ('log', '1', '12345678000', 'a,"b"', '0x8', '16', '0x100000', '1',
           '0x0000000800000010'))
    equal(third['count'], '15')
    equal((last['word0'], last['ssv'], last['client']), ('', '', 'x'))
    equal(run('decode', '--format', 'csv', stdin=b'').out.count('\n'), 1)


def colour():
    write('log', old_style(TRANSLATION))
    plain = run('decode', 'log').out
    always = run('decode', '--color', 'always', 'log').out
    contains(always, '\033[')
    equal('\033' in plain, False)
    for code in ('\033[2m', '\033[1m', '\033[1;31m', '\033[0m'):
        always = always.replace(code, '')
    equal(always, plain)
    equal('\033' in on_a_terminal(['decode', 'log']), True)
    equal('\033' in on_a_terminal(['decode', 'log'], NO_COLOR='1'), False)
    equal('\033' in on_a_terminal(['decode', 'log'], NO_COLOR=''), True)
    equal('\033' in on_a_terminal(['decode', '--color', 'never', 'log']), False)
    equal('\033' in run('decode', '--json', '--color', 'always', 'log').out, False)
    equal('\033' in on_a_terminal(['decode', '--color', 'always', 'log'], NO_COLOR='1'), True)


def lines_are_broken_on_a_terminal():
    write('log', old_style(TRANSLATION))
    out = on_a_terminal(['decode', '--color', 'never', 'log'], COLUMNS='60')
    equal([line for line in out.splitlines() if len(line) > 60], [])
    equal(out.split(), run('decode', 'log').out.split())
    for width in (1, 40, 41):
        out = on_a_terminal(['decode', '--color', 'never', 'log'], COLUMNS=str(width))
        equal(out.split(), run('decode', 'log').out.split())


def nothing_is_no_silence():
    write('log', ['nothing here'] * 3)
    result = run('decode', 'log')
    equal((result.code, result.out), (0, ''))
    equal(result.err, 'vsmmu decode: log: no SMMUv3 messages in 3 lines\n')
    contains(run('decode', '--json', stdin=b'one').err, '(standard input): no SMMUv3 messages in 1')
    write('log', [OVERFLOW])
    equal(run('decode', 'log').err, '')


def messages_are_explained():
    line = SMMU + 'CMD_SYNC timeout at 0x0002bb88 [hwprod 0x0002bb88, hwcons 0x%08x]'
    write('log', [line % 0x2bb84, line % 0x2bb84, line % 0x2bb88, SMMU + 'failed to do it'])
    first, _, third, unknown = objects('log')
    equal((first['entry'], first['complaint']), ('cmd-sync-timeout', True))
    contains(first['explanation'], 'Here: 4 commands wait')
    equal(first['explanation'] == third['explanation'], False)
    equal((len(first['causes']) > 1, len(first['culprits']) > 1), (True, True))
    equal((unknown['type'], unknown['entry'], 'causes' in unknown), ('message', None, False))
    # The same is said once.
    out = run('decode', 'log').out
    equal((out.count('Here: 4 commands'), out.count('Often: '), out.count('Here: ')), (1, 1, 2))
    contains(run('decode', '-s', 'log').out, 'Here: 4 commands wait')
    equal(objects('-s', 'log')[0]['messages'][0]['explanation'], first['explanation'])


def notes_of_the_driver_are_no_noise():
    notes = [SMMU + 'ias 44-bit, oas 44-bit (features 0x00008305)',
             SMMU + 'allocated 524288 entries for evtq']
    write('log', notes + ['arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x0, '
                          'fsynr=0x130000, cbfrsynra=0x300, cb=4'])
    result = run('decode', 'log')
    equal(len(result.lines()), 1)
    contains(result.err, 'log: no SMMUv3 events or complaints in 3 lines, but 2 notes of its '
                         'driver; 1 line of SMMUv2 (arm-smmu)\n')
    equal(len(run('decode', '--kind', 'other', 'log').lines()), 3)
    equal([(o['type'], o.get('complaint')) for o in objects('log')],
          [('other', False)] * 2 + [('other', None)])
    equal(sorted(o['count'] for o in objects('-s', 'log')[0]['others']), [1, 2])
    write('log', notes + old_style(TRANSLATION))
    result = run('decode', '--brief', 'log')
    equal((len(result.lines()), result.err), (1, ''))


main([equal_events_are_told_once, a_run_of_pages_is_folded, many_messages_are_folded,
      lines_of_others_are_folded, what_was_just_before, files_are_named_where_there_are_two,
      causes_are_told_once, brief, what_is_not_known_is_null, an_unknown_number_is_null,
      comma_separated_values, colour, lines_are_broken_on_a_terminal, nothing_is_no_silence,
      messages_are_explained, notes_of_the_driver_are_no_noise])
