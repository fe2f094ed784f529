# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode, from outside: every kind of input, and bad input."""
import os
import struct

from harness import (TRANSLATION, begin, contains, endpoint, equal, event, item, lost, main, record,
                     run, text)
from logs import OTHER, PERMISSION, SMMU, decoded, objects, old_style, raw, write

HERE = os.path.dirname(os.path.abspath(__file__))


def record_on_the_command_line():
    result = run('decode', '--record', '0x0000000800000010', '20800000000', '100000', '0')
    equal((result.code, result.err), (0, ''))
    contains(result.out, 'read IOVA 0x100000, which no page maps')
    contains(result.out, '00:01.0')
    equal(raw('--record', text(TRANSLATION)), [TRANSLATION])
    equal(raw('--hex', record(*TRANSLATION).hex()), [TRANSLATION])
    equal(raw('-r', '10', '0', '0', '0', '--record', '11', '0', '0', '0'),
          [(0x10, 0, 0, 0), (0x11, 0, 0, 0)])


def log_before_6_14():
    write('log', ['junk'] + old_style(TRANSLATION) + ['junk'] + old_style(PERMISSION, OTHER))
    equal(raw('log'), [TRANSLATION, PERMISSION])
    first, second = objects('log')
    equal((first['line'], first['smmu'], first['time_ns']),
          (2, 'arm-smmu-v3.0.auto', 12345678000))
    equal((second['line'], second['smmu'], second['rnw']), (8, '2b400000.iommu', False))


def log_of_6_14_and_later():
    write('log', old_style(TRANSLATION) + decoded(TRANSLATION, 'F_TRANSLATION', '0000:00:01.0'))
    equal(raw('log'), [TRANSLATION])
    result = run('decode', 'log')
    equal(result.code, 0)
    contains(result.out, 'endpoint 0000:00:01.0 (stream 0x8) read IOVA 0x100000, which no page')


def log_with_decoded_lines_only():
    write('log', decoded(TRANSLATION, 'F_TRANSLATION', '0000:00:01.0') +
          decoded(PERMISSION, 'F_PERMISSION', '0000:00:02.0'))
    first, second = objects('log')
    equal((first['client'], first['sid'], first['input_addr'], first['rnw']),
          ('0000:00:01.0', 8, '0x100000', True))
    equal((second['client'], second['name'], second['rnw']),
          ('0000:00:02.0', 'F_PERMISSION', False))
    # It does not tell whether there was a SubstreamID, nor the words.
    equal((first['ssv'], first['record']), (None, None))
    result = run('decode', '--format', 'raw', 'log')
    equal((result.code, result.out), (0, ''))
    contains(result.err, '2 events are left out')
    write('cut', decoded(TRANSLATION, 'F_TRANSLATION', 'x')[:1])
    result = run('decode', 'cut')
    contains(result.out, 'accessed IOVA 0x100000')
    equal('read' in result.out or 'wrote' in result.out or 'stage' in result.out, False)


def log_of_a_real_kernel():
    """The words are those of the vEVENTQ records of the same DMAs, as tests/rig/dmesg.c checks."""
    iova = 0x123008
    want = [(0x800000010, 0x20800000000, iova, 0), (0x800000010, 0x20000000000, iova, 0),
            (0x800000013, 0x20000000000, iova, 0), (0x800000012, 0x20800000000, iova, 0),
            (0x800000011, 0x20800000000, iova, 0), (0x80000000a, 0, 0, 0), (0x800000004, 0, 0, 0),
            (0x800000010, 0x8800000000, iova, 0x40000000),
            (0x800000010, 0x20800000000, 0x100078, 0)]
    with open(os.path.join(HERE, 'host-7.3.kmsg'), encoding='utf-8') as f:
        lines = f.read().splitlines()
    is_decoded = [': event: ' in line or ' stag: ' in line for line in lines]
    write('whole', lines)
    write('words', [line for line, decoded in zip(lines, is_decoded) if not decoded])
    write('decoded', [line for line, decoded in zip(lines, is_decoded) if decoded])
    for name in ('whole', 'words'):
        equal(raw(name), want)
        equal(run('decode', name).code, 0)
    equal(raw('decoded'), [])
    facts = [[(o['id'], o['sid'], o.get('input_addr'), o.get('rnw'), o.get('s2'))
              for o in objects(name) if o['type'] == 'event'] for name in ('whole', 'decoded')]
    equal(facts[1], facts[0])
    equal({o['client'] for o in objects('whole') if o['type'] == 'event'}, {'0000:00:01.0'})
    equal([o['count'] for o in objects('whole') if o['type'] == 'suppressed'], [20])


def log_of_two_smmus_mixed():
    one = old_style(TRANSLATION) + decoded(TRANSLATION, 'F_TRANSLATION', '0000:00:01.0')
    two = old_style(PERMISSION, OTHER) + decoded(PERMISSION, 'F_PERMISSION', 'x', OTHER)
    write('log', [line for pair in zip(one, two) for line in (pair[0], 'between', pair[1])])
    equal(raw('log'), [TRANSLATION, PERMISSION])


def complaints_of_the_driver():
    write('log', [
        SMMU + 'EVTQ overflow detected -- events lost',
        '[   17.000000] arm_smmu_dump_event: 15 callbacks suppressed',
        SMMU + 'unexpected global error reported (0x00000001), this could be serious'])
    result = run('decode', 'log')
    equal(result.code, 0)
    contains(result.out, 'overflowed')
    contains(result.out, 'kept 15 events out')
    contains(result.out, 'this could be serious')
    equal([o['type'] for o in objects('log')], ['overflow', 'suppressed', 'message'])


def garbled_log():
    write('log', old_style(TRANSLATION)[:3] + old_style(PERMISSION))
    result = run('decode', '--format', 'raw', 'log')
    equal(result.code, 1)
    equal(result.out, text(PERMISSION) + '\n')
    contains(result.err, 'log:1: the log has 2 of the 4 words')


def hexadecimal_file():
    lines = ['# a comment', '', text(TRANSLATION) + '  # and another', record(*PERMISSION).hex(),
             ' '.join('%02x' % byte for byte in record(*TRANSLATION))]
    write('hex', lines + ['0x%016x' % word for word in PERMISSION])
    equal(raw('hex'), [TRANSLATION, PERMISSION] * 2)
    equal(run('decode', 'hex').code, 0)


def bad_lines_are_named_and_the_rest_goes_on():
    write('hex', [text(TRANSLATION), '0x1 0x2 0x3', 'what is this', '0x10000000000000000',
                  text(PERMISSION), '0x0000000000000010'])
    result = run('decode', '--format', 'raw', 'hex')
    equal(result.code, 1)
    equal(result.out, text(TRANSLATION) + '\n' + text(PERMISSION) + '\n')
    equal([line.split(': ')[1] for line in result.err.splitlines()],
          ['hex:2', 'hex:3', 'hex:4', 'hex:7'])


def bad_places_are_named_ten_times_in_a_file():
    for count, more in ((10, None), (11, '1 more place'), (30, '20 more places')):
        write('a', [text(TRANSLATION)] + ['nonsense'] * count)
        write('b', [text(TRANSLATION), 'other'])
        result = run('decode', '-s', 'a', 'b')
        equal(result.code, 1)
        contains(result.out, '%d places that made no sense' % (count + 1))
        lines = result.err.splitlines()
        equal(len(lines), 11 + (more is not None))
        contains(lines[9], "a:11: 'nonsense' is no hexadecimal number")
        equal(lines[10:-1], ['vsmmu decode: a: and ' + more] if more else [])
        contains(lines[-1], "b:2: 'other' is no")


def binary_file():
    with open('records', 'wb') as f:
        f.write(record(*TRANSLATION) + record(*PERMISSION) + b'rest')
    result = run('decode', '--format', 'raw', 'records')
    equal(result.out, text(TRANSLATION) + '\n' + text(PERMISSION) + '\n')
    equal(result.code, 1)
    contains(result.err, 'records: byte 0x40: 4 bytes at the end')
    equal(raw('--binary', '-', stdin=b'\x10' * 32), [(0x1010101010101010,) * 4])


def veventq_stream():
    def one(sequence, words):
        return struct.pack('<II', 0, sequence) + record(*words)
    stream = one(0, TRANSLATION) + one(3, PERMISSION) + struct.pack('<II', 1, 127)
    found = objects('-', stdin=stream)
    equal([o['type'] for o in found], ['event', 'lost', 'event', 'lost'])
    equal([o.get('count') for o in found], [None, 2, None, 124])
    equal([o['sequence'] for o in found], [0, 2, 3, 127])
    equal([o['offset'] for o in found], [0, 40, 40, 80])
    result = run('decode', '--veventq', '--format', 'raw', '-', stdin=one(0, PERMISSION)[:-1])
    equal((result.code, result.out), (1, ''))
    result = run('decode', '-', stdin=one(5, PERMISSION) + one(4, TRANSLATION))
    equal(result.code, 1)
    contains(result.err, 'byte 0x28: the sequence numbers go back')


def capture_file():
    capture = (begin() + endpoint(1, 8, b'0000:00:01.0') + event(1, 0, TRANSLATION, 1500) +
               lost(1, 9, 9, 2000) + event(1, 10, PERMISSION))
    with open('capture', 'wb') as f:
        f.write(capture)
    equal(raw('capture'), [TRANSLATION, PERMISSION])
    first, loss, _ = objects('capture')
    equal((first['client'], first['queue'], first['sequence'], first['time_ns']),
          ('0000:00:01.0', 1, 0, 1500))
    equal((loss['type'], loss['count'], loss['sequence']), ('lost', 9, 9))
    # Cut, and damaged: what is before it counts.
    result = run('decode', '--format', 'raw', '-', stdin=capture[:-1])
    equal((result.code, result.out), (1, text(TRANSLATION) + '\n'))
    contains(result.err, 'cut off')
    damaged = bytearray(capture)
    damaged[100] ^= 1
    result = run('decode', '--format', 'raw', '-', stdin=bytes(damaged))
    equal((result.code, result.out), (1, ''))
    contains(result.err, 'damaged')
    # A header that is not whole is no end of file.
    for length, complaint in ((0, 'this is no capture: it is empty'),
                              (7, 'the header of this capture is cut off'),
                              (31, 'the header of this capture is cut off')):
        result = run('decode', '-i', 'capture', '-', stdin=capture[:length])
        equal((result.code, result.out), (1, ''))
        contains(result.err, complaint)
    damaged = bytearray(capture)
    damaged[20] ^= 1
    result = run('decode', '-', stdin=bytes(damaged))
    equal((result.code, result.out), (1, ''))
    contains(result.err, 'byte 0x0: the header of this capture is damaged')
    # What later versions add is passed over.
    later = begin(9) + item(77, b'news') + event(1, 0, PERMISSION)
    result = run('decode', '--format', 'raw', '-', stdin=later)
    equal((result.code, result.out), (0, text(PERMISSION) + '\n'))


def standard_input():
    log = '\n'.join(old_style(TRANSLATION)).encode()
    equal(raw('-', stdin=log), [TRANSLATION])
    equal(raw(stdin=log), [TRANSLATION])
    equal(run('decode', stdin=b'').code, 0)
    write('log', old_style(PERMISSION))
    equal(raw('log', '-', stdin=log), [PERMISSION, TRANSLATION])


def kind_that_is_told():
    words = text(TRANSLATION).encode()
    equal(raw('--input', 'hex', stdin=words), [TRANSLATION])
    # Four whole words are an event wherever they are, other numbers only where they are told.
    equal(raw('--input', 'log', stdin=words), [TRANSLATION])
    equal(raw('--input', 'log', stdin=b'10 0 0 0'), [])
    equal(raw('--input', 'hex', stdin=b'10 0 0 0'), [(0x10, 0, 0, 0)])
    result = run('decode', '--input', 'capture', stdin=words)
    equal(result.code, 1)
    contains(result.err, 'no capture')


def every_field_is_in_the_json():
    arguments = []
    for number in range(256):
        arguments += ['--hex', '%02x' % number + 'ff' * 31]
    found = objects(*arguments)
    equal([one['id'] for one in found], list(range(256)))
    equal({len(one['record']) for one in found}, {4})
    translation = found[0x10]
    equal((translation['ssid'], translation['input_addr'], translation['ipa']),
          (0xfffff, '0xffffffffffffffff', '0xfffffffffff000'))
    for field in ('ssv', 'stall', 'pnu', 'ind', 'rnw', 'nsipa', 's2'):
        equal(translation[field], True)


def bad_usage():
    for args in (['--nonsense'], ['--record', '1', '2', '3'], ['--record', 'x', '0', '0', '0'],
                 ['--format', 'xml'], ['--input', 'tar'], ['-f'], ['-f', 'a', 'b'],
                 ['--hex', '12'], ['--record', '1' * 17, '0', '0', '0']):
        result = run('decode', *args)
        equal((result.code, result.out), (2, ''))
        contains(result.err, 'vsmmu decode')
    for words in (['zz'], ['zz', '0', '0', '0'], ['0', '1', 'zz'], ['0,0,zz,0'], ['0', '-zz']):
        contains(run('decode', '--record', *words).err, "zz' is no hexadecimal number")
    contains(run('decode', '--record', '10').err, "a record has 4 words, and not only '10'")
    contains(run('decode', '--record', '1', '2', '3').err, 'a record is 4 words')
    contains(run('decode', '--hex', '12x').err, "'12x' is no hexadecimal number")
    contains(run('decode', '-r', '1' * 17, '0', '0', '0').err, "'11111111111111111' has more than")
    equal(run('decode', '--help').code, 0)


def file_that_cannot_be_read():
    write('log', old_style(TRANSLATION))
    result = run('decode', '--format', 'raw', 'absent', 'log')
    equal((result.code, result.out), (3, text(TRANSLATION) + '\n'))
    contains(result.err, "'absent'")
    equal(run('decode', '.').code, 3)


def names_in_a_log_cannot_move_the_cursor():
    write('log', decoded(TRANSLATION, 'F_TRANSLATION', 'a\033[2Jb'))
    result = run('decode', 'log')
    equal('\033' in result.out, False)
    contains(result.out, 'endpoint ab')


def names_of_files_cannot_move_the_cursor():
    write('a\033[2Jb', old_style(TRANSLATION))
    out = run('decode', 'a\033[2Jb').out
    equal('\033' in out, False)
    contains(out, 'a?[2Jb:1: ')


def random_bytes_never_hurt():
    state = 1
    for _ in range(4):
        data = bytearray()
        for _ in range(5000):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            data.append(state >> 56)
        for kind in ('auto', 'log', 'hex', 'binary', 'veventq', 'capture'):
            wanted = (0, 1, 3) if kind == 'auto' else (0, 1)
            equal(run('decode', '-i', kind, stdin=bytes(data)).code in wanted, True)


main([record_on_the_command_line, log_before_6_14, log_of_6_14_and_later,
      log_with_decoded_lines_only, log_of_a_real_kernel, log_of_two_smmus_mixed,
      complaints_of_the_driver, garbled_log, hexadecimal_file,
      bad_lines_are_named_and_the_rest_goes_on, bad_places_are_named_ten_times_in_a_file,
      binary_file, veventq_stream, capture_file,
      standard_input, kind_that_is_told, every_field_is_in_the_json, bad_usage,
      file_that_cannot_be_read, names_in_a_log_cannot_move_the_cursor,
      names_of_files_cannot_move_the_cursor, random_bytes_never_hurt])
