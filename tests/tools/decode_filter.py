# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode: what of an input is shown, by stream, kind, time and number."""
from harness import (TRANSLATION, begin, contains, equal, event, lost, main, run)
from logs import PERMISSION, SMMU, objects, old_style, write

KINDS = (0x10, 0x13, 0x04)


def at(seconds):
    return '[%12.6f] arm-smmu-v3 arm-smmu-v3.0.auto: ' % seconds


def one(number, sid=8, prefix=SMMU):
    return old_style((number | sid << 32, TRANSLATION[1] if number > 4 else 0, 0, 0), prefix)


def found(*args):
    return [(o['type'], o.get('id'), o.get('sid')) for o in objects(*args, 'log')]


def write_mixed():
    lines = [line for sid in (8, 0x100, 0x20600) for number in KINDS for line in one(number, sid)]
    write('log', lines + [
        SMMU + 'EVTQ overflow detected -- events lost',
        '[   17.000000] arm_smmu_dump_event: 15 callbacks suppressed',
        SMMU + 'unexpected global error reported (0x00000001), this could be serious'])


def by_stream():
    write_mixed()
    equal(found('--stream', '0x100'), [('event', kind, 256) for kind in KINDS])
    equal(found('--stream', '256'), found('--stream', '0x100'))
    equal(found('--stream', '0X20600,8'), found('--stream', '8', '--stream', '0x20600'))
    equal({sid for _, _, sid in found('--stream', '0x20600,8')}, {8, 0x20600})
    result = run('decode', '--stream', '7', 'log')
    equal((result.code, result.out), (0, ''))
    contains(result.err, '12 items were found, none as they were asked for')


def by_kind():
    write_mixed()
    want = [('event', 0x10, sid) for sid in (8, 0x100, 0x20600)]
    for name in ('F_TRANSLATION', 'f_translation', '0x10', '16'):
        equal(found('--kind', name), want)
    equal(found('--kind', '0x10,C_BAD_STE', '--stream', '8'),
          [('event', 0x10, 8), ('event', 4, 8)])
    equal(found('--kind', 'message'), [('message', None, None)])
    equal([kind for kind, _, _ in found('--kind', 'overflow,suppressed')],
          ['overflow', 'suppressed'])


def by_kind_without_a_number():
    """The kernel's UNKNOWN is no number, and not number 0."""
    write('log', [SMMU + 'event: UNKNOWN client: 0000:01:00.0 sid: 0x100 ssid: 0x0'] + one(0x10))
    equal([o['sid'] for o in objects('--kind', 'UNKNOWN', 'log')], [0x100])
    equal(objects('--kind', '0x0', 'log'), [])


def by_time_since_boot():
    write('log', [line for second in (1, 2, 3.5, 4)
                  for line in one(0x10, int(second * 10), at(second))])

    def streams(*args):
        return [sid for _, _, sid in found(*args)]

    equal(streams('--since', '2'), [20, 35, 40])
    equal(streams('--since', '2.000001'), [35, 40])
    equal(streams('--until', '3.5'), [10, 20, 35])
    equal(streams('--since', '2', '--until', '3.9'), [20, 35])
    # A wall clock says nothing of it.
    result = run('decode', '--since', '2026-11-30 03:00', 'log')
    equal((result.code, result.out), (0, ''))
    contains(result.err, '4 items are left out: they have no time')


def by_time_of_a_capture():
    with open('log', 'wb') as f:
        f.write(begin() + event(1, 0, TRANSLATION, 1000000000) + lost(1, 9, 9, 2000000000) +
                event(1, 10, PERMISSION, 3000000000))
    equal([kind for kind, _, _ in found('--since', '1.5', '--until', '2.5')], ['lost'])
    equal([kind for kind, _, _ in found('--stream', '8')], ['event'])


def no_more_than():
    write_mixed()
    equal(len(objects('--limit', '4', 'log')), 4)
    equal(len(objects('--limit', '100', 'log')), 12)
    equal(run('decode', '--brief', '--limit', '1', 'log').lines(),
          run('decode', '--brief', 'log').lines()[:1])
    # Of what is asked for.
    equal([sid for _, _, sid in found('--limit', '2', '--kind', 'C_BAD_STE')], [8, 0x100])
    # What comes after it is not even read.
    write('bad', ['%016x 0 0 0' % TRANSLATION[0]] * 2 + ['nonsense'] * 3)
    result = run('decode', '--brief', '--limit', '2', 'bad', 'absent')
    equal((result.code, len(result.lines()), result.err), (0, 2, ''))


def filters_of_a_summary():
    write_mixed()
    summary = objects('-s', '--kind', 'C_BAD_STE', 'log')[0]
    equal(([f['name'] for f in summary['faults']], summary['overflows'], summary['messages']),
          (['C_BAD_STE'] * 3, 0, []))


def filters_that_make_no_sense():
    for option, value in (('--stream', '9a'), ('--stream', ''), ('--stream', '1,,2'),
                          ('--stream', '0x100000000'), ('--stream', '-1'), ('--kind', 'F_TRANS'),
                          ('--kind', '256'), ('--kind', ''), ('--kind', 'event '),
                          ('--since', 'yesterday'), ('--since', '2026-13-01'),
                          ('--since', '2026-02-30'), ('--until', '2026-11-30 25:00'),
                          ('--since', '-5'), ('--since', '-5weeks'), ('--since', '12.'),
                          ('--since', ''), ('--limit', '0'), ('--limit', '-1'),
                          ('--sort', 'size'), ('--color', 'blue')):
        result = run('decode', option, value, stdin=b'')
        equal((option, value, result.code, result.out), (option, value, 2, ''))
        contains(result.err, option)
        # What is wrong is quoted: of a list, its part.
        quoted = [part.strip() for part in value.split(',') if part != '1']
        contains(result.err, "'%s'" % quoted[0])


main([by_stream, by_kind, by_kind_without_a_number, by_time_since_boot, by_time_of_a_capture,
      no_more_than, filters_of_a_summary, filters_that_make_no_sense])
