# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode --summary: distinct faults with counts, their order, messages, the page's width."""
import csv
import io
import os
import resource

from harness import TRANSLATION, contains, equal, main, run
from logs import OTHER, PERMISSION, SMMU, decoded, objects, old_style, write

PAGE = 4096


def at(seconds):
    return '[%12.6f] arm-smmu-v3 arm-smmu-v3.0.auto: ' % seconds


def fault(address=0x100000, words=TRANSLATION, prefix=SMMU):
    return old_style((words[0], words[1], address, words[3]), prefix)


def faults(*args):
    return objects('--summary', *args, 'log')[0]['faults']


def equal_events_are_one_fault():
    write('log', fault() * 3 + fault(words=PERMISSION) + fault(0x100008) +
          ['[ 1.000000] arm_smmu_dump_event: 5 callbacks suppressed'])
    result = run('decode', '--summary', 'log')
    equal(result.code, 0)
    contains(result.out, '5 events\n')
    contains(result.out, '0x100000-0x100008 (1 page)')
    contains(result.out, '5 kept out of the log')
    contains(result.out, 'read IOVA 0x100000, which no page maps')
    contains(result.out, 'Often: ')
    equal([(f['sid'], f['name'], f['count']) for f in faults()],
          [(8, 'F_TRANSLATION', 4), (16, 'F_PERMISSION', 1)])
    summary = objects('--summary', 'log')[0]
    equal((summary['events'], summary['suppressed'], summary['unlisted']), (5, 5, 0))
    equal((faults()[0]['address_least'], faults()[0]['address_most']), ('0x100000', '0x100008'))


def whatever_differs_is_another_fault():
    write('log', fault() + fault(words=(TRANSLATION[0], 0x20000000000, 0, 0)) +      # write
          fault(words=(TRANSLATION[0], 0x28800000000, 0, 0)) +                       # stage 2
          fault(words=(TRANSLATION[0], 0x08800000000, 0, 0)) +                       # of a CD
          fault(words=(TRANSLATION[0] | 1 << 11 | 5 << 12, TRANSLATION[1], 0, 0)) +  # PASID 5
          fault(words=(TRANSLATION[0] | 1 << 11 | 6 << 12, TRANSLATION[1], 0, 0)) +
          fault(words=(TRANSLATION[0] | 1 << 36, TRANSLATION[1], 0, 0)) +            # stream
          fault(words=(TRANSLATION[0] | 1, TRANSLATION[1], 0, 0)) +                  # kind
          fault(prefix=OTHER) + fault(0x200000))
    equal([f['count'] for f in faults()], [1] * 10)
    # The endpoint's name is not of it, and neither are the bits that no sentence tells.
    write('log', fault() + decoded(TRANSLATION, 'F_TRANSLATION', '0000:00:01.0') + fault())
    equal([(f['count'], f['client']) for f in faults()], [(2, '0000:00:01.0')])


def neighbouring_pages_are_a_run():
    pages = [0x100, 0x101, 0x102, 0x0ff, 0x105, 0x103, 0x300, 0x104, 0x100]
    write('log', [line for page in pages for line in fault(page * PAGE)])
    rows = faults()
    equal([(f['count'], f['pages'], f['address_least'], f['address_most']) for f in rows],
          [(8, 7, '0xff000', '0x105000'), (1, 1, '0x300000', '0x300000')])
    # Joined, a run still has the first and the last of its events.
    equal((rows[0]['first']['line'], rows[0]['last']['line']), (1, 41))
    # The ends of the address space are no neighbours.
    write('log', fault(0) + fault(2**64 - PAGE))
    equal([f['pages'] for f in faults()], [1, 1])


def no_more_than_a_table_of_them():
    """Memory has a bound: further faults are counted."""
    lines = ['%016x 0 %016x 0' % (TRANSLATION[0], 2 * PAGE * number) for number in range(65540)]
    lines += lines[:2]
    write('log', lines)
    summary = objects('--summary', '--limit', '1', 'log')[0]
    equal((summary['events'], summary['unlisted']), (65542, 4))
    contains(run('decode', '-s', '--limit', '1', 'log').out, '4 not listed')
    # All rows as JSON do not take the memory of all their texts, which is 700 MB.
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    equal(len(objects('--summary', 'log')[0]['faults']), 65536)
    equal(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < before + 400 * 1024, True)


def rate():
    write('log', [line for second in (10, 10.5, 11, 12) for line in fault(prefix=at(second))] +
          fault(words=PERMISSION))
    equal([f['per_second'] for f in faults()], [1.5, None])
    contains(run('decode', '-s', 'log').out, ' 1.50  10.000000')
    # Times that go back, as at a boot, have none.
    write('log', fault(prefix=at(10)) + fault(prefix=at(2)))
    equal(faults()[0]['per_second'], None)


def order():
    write('log', fault(prefix=at(1)) + fault(words=PERMISSION, prefix=at(2)) * 2 +
          fault(0x900000, prefix=at(3)) + fault(prefix=at(4)))
    orders = {'count': [0x100000, 0x100000, 0x900000], 'first': [0x100000, 0x100000, 0x900000],
              'last': [0x100000, 0x900000, 0x100000], 'stream': [0x100000, 0x900000, 0x100000]}
    for name, want in orders.items():
        equal([int(f['address_least'], 16) for f in faults('--sort', name)], want)
    equal([f['sid'] for f in faults('--sort', 'last')], [8, 8, 16])
    equal([f['sid'] for f in faults('--sort', 'first')], [8, 16, 8])
    equal(faults(), faults('--sort', 'count'))
    equal([f['sid'] for f in faults('--limit', '2', '--sort', 'stream')], [8, 8])
    contains(run('decode', '-s', '--limit', '2', 'log').out, '1 distinct fault beyond --limit')


def messages_are_listed_with_their_counts():
    lines = [SMMU + 'CMD_SYNC timeout at 0x%08x [hwprod 0x%08x, hwcons 0x00000001]' % (i, i + 2)
             for i in range(5)]
    lines += [SMMU + 'unexpected global error reported (0x00000001), this could be serious',
              OTHER + 'EVTQ overflow detected -- events lost',
              OTHER + 'CMD_SYNC timeout at 0x00000001 [hwprod 0x00000002, hwcons 0x00000001]']
    write('log', lines)
    found = objects('-s', 'log')[0]
    equal([(m['count'], m['smmu'], m['text'][:16]) for m in found['messages']],
          [(5, 'arm-smmu-v3.0.auto', 'CMD_SYNC timeout'),
           (1, 'arm-smmu-v3.0.auto', 'unexpected globa'),
           (1, '2b400000.iommu', 'CMD_SYNC timeout')])
    equal((found['messages'][0]['first']['line'], found['messages'][0]['last']['line']), (1, 5))
    equal((found['overflows'], found['events']), (1, 0))
    out = run('decode', '-s', 'log').out
    contains(out, '5  arm-smmu-v3.0.auto: CMD_SYNC timeout at 0x00000000')
    contains(out, '1 overflow of')


def kinds_are_explained_up_to_a_number():
    """Each stream has its own StreamIDs, but the causes of all kinds are told once."""
    write('log', [line for sid in range(60) for line in
                  fault(words=(0x10 | sid << 32, TRANSLATION[1], 0x100000, 0))])
    out = run('decode', '-s', 'log').out
    contains(out, 'F_TRANSLATION (rows 1-60)')
    equal(out.count('Often: '), 1)
    # Events of reserved numbers have few causes, others have their own.
    write('log', ['%016x 0 0 0' % number for number in range(256)])
    out = run('decode', '-s', 'log').out
    equal(out.count('Often: ') <= 50, True)
    contains(out, 'More kinds are not explained here')
    # --brief has the tables alone.
    brief = run('decode', '-s', '-b', 'log').out
    equal(brief.count('Often: '), 0)
    contains(brief, '256 events')


def it_fits_the_page():
    write('log', fault(2**64 - 1, prefix=OTHER) + fault(prefix=at(1234567)) * 2 +
          fault(words=(TRANSLATION[0] | 1 << 11 | 5 << 12, 0x28800000000, 0, 0)))
    for width in (40, 60, 79, 100, None):
        environment = dict(os.environ)
        environment.pop('COLUMNS', None)
        if width:
            environment['COLUMNS'] = str(width)
        result = run('decode', '-s', 'log', env=environment)
        equal([line for line in result.lines() if len(line) > (width or 100)], [])
        equal([line for line in result.lines() if line != line.rstrip()], [])
        contains(result.out, '0xffffffffffffffff')
        # Events are one line each where there is no terminal, so that grep finds them.
        contains(run('decode', 'log', env=environment).out,
                 'read IOVA 0x100000, which no page maps')


def summary_in_csv():
    write('log', fault() * 2 + fault(words=PERMISSION) +
          [SMMU + 'CMD_SYNC timeout at 0x00000001 [hwprod 0x00000002, hwcons 0x00000001]',
           OTHER + 'EVTQ overflow detected -- events lost'])
    rows = list(csv.DictReader(io.StringIO(run('decode', '-s', '--format', 'csv', 'log').out)))
    equal([(r['type'], r['count'], r['name'], r['sid'], r['address_least']) for r in rows],
          [('event', '2', 'F_TRANSLATION', '0x8', '0x100000'),
           ('event', '1', 'F_PERMISSION', '0x10', '0x100000'), ('message', '1', '', '', ''),
           ('overflow', '1', '', '', '')])
    equal([None in row or None in row.values() for row in rows], [False] * 4)
    contains(rows[2]['text'], 'CMD_SYNC timeout')


main([equal_events_are_one_fault, whatever_differs_is_another_fault, neighbouring_pages_are_a_run,
      no_more_than_a_table_of_them, rate, order, messages_are_listed_with_their_counts,
      kinds_are_explained_up_to_a_number, it_fits_the_page, summary_in_csv])
