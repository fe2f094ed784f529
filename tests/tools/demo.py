# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu demo from outside: its data, its events, its output."""
import json

from harness import contains, equal, main, run


def demo(*args):
    return run('demo', '-n', '20000', *args)


def translation_is_verified():
    result = demo('--json')
    equal((result.code, result.err), (0, ''))
    told = json.loads(result.out)
    translation = told['translation']
    equal(translation['verified'], True)
    equal(translation['bytes_differing'], 0)
    equal(translation['faults'], translation['events'])
    # Each endpoint has 64 pages of its own size, copied twice at least.
    assert translation['bytes'] >= 2 * 64 * (4096 + 16384), translation
    for name in ('copies', 'faults', 'stes_replaced', 'commands', 'invalidations', 'walks'):
        assert translation[name] > 0, name
    equal((told['produced'], told['accounted']), (20000, True))


def people_are_told_of_it():
    result = demo()
    equal((result.code, result.err), (0, ''))
    for part in ('good DMA: ', 'bad DMA: ', 'mapped again elsewhere: ', 'replaced 100 times',
                 '\ntranslation\n', '\nevents\n'):
        contains(result.out, part)
    contains(result.lines()[-1], 'accounted=yes')


def quiet_is_one_line():
    result = demo('--quiet')
    equal((result.code, result.err, len(result.lines())), (0, '', 1))


def same_options_same_numbers():
    equal(demo('-j').out, demo('-j').out)
    assert demo('-j').out != demo('-j', '-s', '2').out
    for seed in ('0', '7', str(2**64 - 1)):
        equal(json.loads(demo('-j', '-s', seed).out)['translation']['verified'], True)


def usage_is_judged():
    equal(run('demo', '--help').code, 0)
    equal(run('demo', '--events', '0').code, 2)
    equal(run('demo', 'more').code, 2)


main([translation_is_verified, people_are_told_of_it, quiet_is_one_line,
      same_options_same_numbers, usage_is_judged])
