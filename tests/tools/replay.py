# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu demo --record and vsmmu replay, from outside."""
import gzip
import json
import os
import signal
import subprocess
import time

from harness import (TRANSLATION, begin, contains, endpoint, equal, event, interrupt, item, lost,
                     main, run, start, until, waits)

INT_MAX = 2**31 - 1


def of_stream(sid):
    return (sid << 32 | 0x10,) + TRANSLATION[1:]


def write(name, data):
    with open(name, 'wb') as f:
        f.write(data)


def replay(data, *args):
    """The exit code, its JSON, and what it complained of."""
    write('capture', data)
    result = run('replay', '--json', *args, 'capture')
    return result.code, json.loads(result.out), result.err


def last_line(result):
    return result.lines()[-1]


def numbers(line):
    return dict(pair.split('=') for pair in line.split(': ')[1].split())


def demo_is_replayed():
    demo = run('demo', '-n', '50000', '-s', '3', '-e', '5', '--quiet', '--record', 'capture')
    equal(demo.code, 0)
    equal(demo.out, run('demo', '-n', '50000', '-s', '3', '-e', '5', '--quiet').out)
    replayed = run('replay', 'capture')
    equal((replayed.code, replayed.err), (0, ''))
    before, after = numbers(last_line(demo)), numbers(last_line(replayed))
    # The guest of the replay is prompt: what is not lost arrives.
    equal(after['produced'], before['produced'])
    equal(after['lost'], before['lost'])
    equal(after['discarded'], '0')
    equal(after['accounted'], 'yes')
    contains(replayed.out, '0x118')


def same_options_same_bytes():
    for name in ('one', 'two'):
        equal(run('demo', '-n', '5000', '-q', '-r', name).code, 0)
    with open('one', 'rb') as one, open('two', 'rb') as two:
        equal(one.read(), two.read())


def capture_tells_what_the_demo_lost():
    demo = run('demo', '-n', '50000', '-q', '-r', 'capture')
    summary = json.loads(run('decode', '--json', '-s', 'capture').out)
    equal(summary['lost'], int(numbers(last_line(demo))['lost']))
    equal(summary['events'] + summary['lost'], 50000)


def numbers_are_reproduced():
    # Two queues; loss that an item tells, loss that only a gap tells, the wrap.
    data = (begin() + endpoint(7, 8, b'x') + lost(7, INT_MAX - 1, 5) +
            event(7, INT_MAX, of_stream(8)) + event(7, 0, of_stream(9)) +
            event(9, 0, of_stream(16)) + event(7, 11, of_stream(8)) + lost(9, 4, 4))
    code, found, err = replay(data)
    equal((code, err), (0, ''))
    equal((found['produced'], found['lost'], found['delivered']), (5 + 4 + 10 + 4, 19, 4))
    equal(found['accounted'], True)
    equal([(e['vsid'], e['delivered']) for e in found['endpoints']], [(8, 2), (9, 1), (16, 1)])


def huge_losses_take_no_time():
    data = begin() + event(1, 0, of_stream(8))
    for n in range(20):
        data += lost(1, (INT_MAX * (n + 1)) % 2**31, INT_MAX)
    data += event(1, (INT_MAX * 20 + 1) % 2**31, of_stream(8))
    # If each were counted by itself, run() would not wait for the end.
    code, found, err = replay(data)
    equal((code, err), (0, ''))
    equal((found['lost'], found['delivered']), (20 * INT_MAX, 2))
    equal(found['accounted'], True)


def losses_without_any_endpoint():
    code, found, err = replay(begin() + lost(3, 99, 100))
    equal((code, err), (0, ''))
    equal((found['lost'], found['produced'], found['accounted']), (100, 100, True))


def endpoint_that_moves_between_queues():
    data = begin()
    for n in range(6):
        data += event(n % 2, n // 2, of_stream(8)) + event(2, n, of_stream(9))
    code, found, err = replay(data)
    equal((code, err), (0, ''))
    equal((found['delivered'], found['accounted'], found['host_objects_left']), (12, True, 0))


def events_that_no_kernel_forwards():
    stage2 = (8 << 32 | 0x10, 1 << 39, 0, 0)
    code, found, err = replay(begin() + event(1, 0, stage2) + event(1, 1, of_stream(8)))
    equal((code, found['delivered'], found['produced']), (0, 1, 1))
    contains(err, '1 events were left out')


def numbers_that_go_back():
    code, found, err = replay(begin() + event(1, 5, of_stream(8)) + event(1, 3, of_stream(8)))
    equal((code, found['delivered'], found['lost']), (0, 2, 0))
    contains(err, 'go back')


def unknown_items_are_passed_over():
    code, found, err = replay(begin(3) + item(9, b'future') + event(1, 0, of_stream(8)))
    equal((code, err, found['delivered']), (0, '', 1))


def damage_is_told_and_what_was_before_is_played():
    data = begin() + event(1, 0, of_stream(8)) + event(1, 1, of_stream(8))
    code, found, err = replay(data[:-1])
    equal((code, found['delivered']), (1, 1))
    contains(err, 'byte 0x5c: the capture is cut off here')
    code, found, err = replay(data[:-1] + b'?')
    equal((code, found['delivered'], found['accounted']), (1, 1, True))
    contains(err, 'byte 0x5c: the capture is damaged here')
    equal(replay(begin())[0], 0)


def what_is_no_capture_is_told():
    bad_crc = bytearray(begin())
    bad_crc[-1] ^= 1
    newer = bytearray(begin())
    newer[8] = 2
    cases = [(b'', 'this is no capture: it is empty'),
             (b'[   12.345678] arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10\n',
              'this is no capture'),
             (b'\x7fELF\x02\x01\x01' + bytes(5000), 'this is no capture'),
             (gzip.compress(begin() + event(1, 0, of_stream(8))), 'this is no capture'),
             (b'?' * 300000, 'this is no capture'),
             (b'?', 'this is no capture'),
             (begin()[:5], 'the header of this capture is cut off'),
             (begin()[:20], 'the header of this capture is cut off'),
             (begin()[:31], 'the header of this capture is cut off'),
             (bytes(newer) + event(1, 0, of_stream(8)),
              'this is a capture of a later version of the format'),
             (bytes(bad_crc) + event(1, 0, of_stream(8)), 'the header of this capture is damaged')]
    for data, complaint in cases:
        write('capture', data)
        for options in ([], ['--json'], ['--quiet'], ['--speed', '2']):
            result = run('replay', *options, 'capture')
            # No table of zeros, and above all no "accounted".
            equal((result.code, result.out), (1, ''))
            equal(result.err, 'vsmmu replay: capture: byte 0x0: %s\n' % complaint)
        result = run('replay', '-', stdin=data)
        equal((result.code, result.out), (1, ''))
        contains(result.err, complaint)
        # The other command says the same.
        result = run('decode', '--input', 'capture', 'capture')
        equal((result.code, result.out), (1, ''))
        contains(result.err, 'capture: byte 0x0: %s\n' % complaint)


def at_its_own_speed():
    data = begin() + b''.join(event(1, n, of_stream(8), n * 10**9) for n in range(3))
    begun = time.monotonic()
    equal(replay(data, '--speed', '4')[0], 0)
    equal(time.monotonic() - begun >= 0.5, True)
    # Eleven days that run() does not wait for.
    data = begin() + b''.join(event(1, n, of_stream(8), n * 10**15) for n in range(2))
    equal(replay(data, '--speed', '1', '--fast')[0], 0)


def signal_ends_the_wait():
    write('capture', begin() + event(1, 0, of_stream(8)) + event(1, 1, of_stream(8), 10**15))
    process = start('replay', '--speed', '1', 'capture')
    try:
        until(lambda: waits(process))
    finally:
        result = interrupt(process)
    equal(result.code, 130)
    contains(result.out, 'accounted=yes')


def signal_before_a_wait_ends_it():
    # It is pending when the wait begins, as one is that comes just before it.
    def pend():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        os.kill(os.getpid(), signal.SIGINT)

    write('capture', begin() + event(1, 0, of_stream(8)) + event(1, 1, of_stream(8), 10**15))
    process = start('replay', '--quiet', '--speed', '1', 'capture', preexec_fn=pend)
    out, _ = process.communicate(timeout=60)
    equal(process.returncode, 130)
    contains(out.decode(), 'accounted=yes')
    # The wait for more of a pipe, before anything came: there is nothing to tell.
    process = start('replay', '-', preexec_fn=pend, stdin=subprocess.PIPE)
    until(lambda: process.poll() is not None)
    out, err = process.communicate()
    equal((process.returncode, out, err), (130, b'', b''))
    # The demo's pause: it takes an hour.
    process = start('demo', '-n', '100', '--quiet', '--seconds', '3600', preexec_fn=pend)
    out, _ = process.communicate(timeout=60)
    equal(process.returncode, 130)


def standard_input():
    write('capture', begin() + event(1, 0, of_stream(8)))
    with open('capture', 'rb') as f:
        result = run('replay', '-q', '-', stdin=f.read())
    equal(result.out, 'replay: produced=1 delivered=1 lost=0 discarded=0 accounted=yes\n')


def bad_usage_and_files():
    for args in ([], ['a', 'b'], ['--speed', '0', 'a'], ['--speed', 'nan', 'a'],
                 ['--speed', '-1', 'a'], ['--nonsense']):
        equal(run('replay', *args).code, 2)
    equal(run('replay', 'absent').code, 3)
    equal(run('replay', '.').code, 3)
    equal(run('demo', '-n', '10', '-q', '--record', 'absent/capture').code, 3)
    if os.path.exists('/dev/full'):
        result = run('demo', '-n', '5000', '-q', '--record', '/dev/full')
        equal(result.code, 3)
        contains(result.err, '/dev/full')


main([demo_is_replayed, same_options_same_bytes, capture_tells_what_the_demo_lost,
      numbers_are_reproduced, huge_losses_take_no_time, losses_without_any_endpoint,
      endpoint_that_moves_between_queues, events_that_no_kernel_forwards, numbers_that_go_back,
      unknown_items_are_passed_over, damage_is_told_and_what_was_before_is_played,
      what_is_no_capture_is_told, at_its_own_speed, signal_ends_the_wait,
      signal_before_a_wait_ends_it, standard_input, bad_usage_and_files])
