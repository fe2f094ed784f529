# SPDX-License-Identifier: BSD-2-Clause
"""The seeds of the fuzzers that are given records: decoder, event, dmesg and capture.

Used by make_corpus.py, which has the seeds of those that are given moves.
"""
import struct
import zlib

INT_MAX = 0x7fffffff
UNKNOWN = 0xffffffff

# Event ids (Arm IHI 0070 7.3).
BAD_STREAMID, BAD_STE, BAD_ATS_TREQ, DISABLED, BAD_SUBSTREAMID = 0x02, 0x04, 0x05, 0x06, 0x08
CD_FETCH, BAD_CD, WALK_EABT, TRANSLATION, ADDR_SIZE, ACCESS = 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12
PERMISSION, TLB_CONFLICT, PAGE_REQUEST, VMS_FETCH = 0x13, 0x20, 0x24, 0x25


def record(event, sid=0x40, word1=2 << 40, word2=0x100000, word3=0, ssid=None):
    """A record; word1 says class "input" and write unless told."""
    word0 = event | sid << 32
    if ssid is not None:
        word0 |= 1 << 11 | ssid << 12
    return struct.pack('<4Q', word0, word1, word2, word3)


# Decoder: type, first sequence, then chunks, each with its length.

def event(sequence, flags=0, payload=None):
    if payload is None:
        payload = record(TRANSLATION)
    return struct.pack('<II', flags, sequence) + payload


def lost(sequence, flags=1):
    return struct.pack('<II', flags, sequence)


def stream(*chunks, kind=0, first=0):
    head = struct.pack('<BI', kind, first)
    return head + b''.join(struct.pack('<H', len(chunk)) + chunk for chunk in chunks)


DECODER = {
    'empty': b'',
    'no-bytes': stream(b''),
    'three-events': stream(event(0) + event(1) + event(2)),
    'lost-before-the-first': stream(event(5)),
    'gap': stream(event(0) + event(4)),
    'lost-header': stream(event(0) + lost(3)),
    'two-lost-headers': stream(lost(3) + lost(7)),
    'loss-behind-a-lost-header': stream(lost(3) + event(9)),
    'wrap': stream(event(INT_MAX - 1) + event(INT_MAX), event(0), first=INT_MAX - 1),
    'wrap-within-a-gap': stream(event(INT_MAX) + event(3), first=INT_MAX),
    'lost-header-at-the-wrap': stream(lost(INT_MAX) + lost(0), first=INT_MAX - 2),
    'repeated': stream(event(0) + event(0) + event(1)),
    'backward': stream(event(9) + event(7), event(8)),
    'backward-lost-header': stream(event(9) + lost(4) + event(5)),
    'number-above-int-max': stream(event(0x80000001) + event(2)),
    'unknown-first': stream(event(77) + event(78), first=UNKNOWN),
    'unknown-first-lost-header': stream(lost(77) + event(80), first=UNKNOWN),
    'unknown-flags': stream(event(0, flags=6) + lost(1, flags=0x80000001)),
    'cut-in-a-header': stream(event(0) + b'\1\0\0'),
    'cut-in-a-payload': stream(event(0)[:30]),
    'header-alone': stream(event(0) + struct.pack('<II', 0, 1), event(1)),
    'tegra': stream(event(0, payload=b'\x11' * 16) + lost(2), event(5, payload=b'\x22' * 16),
                    kind=1),
    'selftest': stream(event(0, payload=b'abcd') + event(1, payload=b'efgh'), kind=2),
}


# Event records: record, SSIDSIZE, field, value, buffer size (255 for all).

def one(data, ssid_bits=20, field=0, value=0):
    return data + struct.pack('<BBQB', ssid_bits, field, value, 255)


STALL, S2, PNU, IND, RNW, NSIPA = 1 << 31, 1 << 39, 1 << 33, 1 << 34, 1 << 35, 1 << 38

EVENT = {
    'zero': bytes(32),
    'ones': one(b'\xff' * 32),
    'translation-read': one(record(TRANSLATION, word1=2 << 40 | RNW)),
    'translation-table-walk': one(record(TRANSLATION, word1=1 << 40 | PNU, word3=0x5000)),
    'translation-stage-2': one(record(TRANSLATION, word1=2 << 40 | S2 | RNW, word3=0x7000)),
    'translation-stall': one(record(TRANSLATION, word1=2 << 40 | STALL | 0xabcd)),
    'translation-pasid': one(record(TRANSLATION, ssid=0xfffff)),
    'translation-pasid-too-large': one(record(TRANSLATION, ssid=0x100), ssid_bits=8),
    'address-size': one(record(ADDR_SIZE, word2=0xffff000000000000)),
    'access-instruction': one(record(ACCESS, word1=2 << 40 | IND | RNW)),
    'permission': one(record(PERMISSION, word1=2 << 40 | PNU | IND | RNW | 0xffff << 48)),
    'bad-ste': one(record(BAD_STE, word1=0, word2=0)),
    'bad-cd-pasid': one(record(BAD_CD, word1=0, word2=0, ssid=3)),
    'bad-substreamid': one(record(BAD_SUBSTREAMID, word1=0, word2=0, ssid=0x12345), ssid_bits=0),
    'stream-disabled': one(record(DISABLED, word1=0, word2=0)),
    'bad-streamid': one(record(BAD_STREAMID, sid=0xffffffff)),
    'bad-ats': one(record(BAD_ATS_TREQ, word1=0xf << 32 | 0x12, word2=0xfffff000)),
    'cd-fetch': one(record(CD_FETCH, word3=0x8000000)),
    'walk-abort': one(record(WALK_EABT, word1=1 << 40 | 0xffff, word3=0xfffffffff8)),
    'tlb-conflict': one(record(TLB_CONFLICT, word1=S2 | NSIPA, word3=0x1000)),
    'page-request': one(record(PAGE_REQUEST, word1=0x3f << 24 | 8, ssid=1)),
    'vms-fetch': one(record(VMS_FETCH, word3=0x1000)),
    'implementation-defined': one(record(0xe5, word1=0x123456789)),
    'reserved-id': one(record(0x77)),
    'member-too-large': one(record(TRANSLATION), field=2, value=1 << 20),
    'member-of-another-event': one(record(BAD_STE, word1=0, word2=0), field=24, value=0xfff000),
}


# Logs: how to go on, the event behind it, then the log.

DEVICE = 'arm-smmu-v3 arm-smmu-v3.0.auto: '


def log(*lines, how=0, ending='\n'):
    event = record(TRANSLATION, sid=0x770, word1=2 << 40 | RNW, word2=0x1234000)
    return bytes([how]) + event + ending.join(lines).encode('latin-1')


def raw(words=4, before='[    1.234567] ' + DEVICE, event=TRANSLATION, tab='\t'):
    """The event in words, as every kernel prints it."""
    numbers = struct.unpack('<4Q', record(event))
    return [before + 'event 0x%02x received:' % event] + [
        before + tab + '0x%016x' % number for number in numbers[:words]]


def decoded(client='0000:01:00.0', before='[    1.234567] ' + DEVICE):
    """The lines of Linux 6.14 and later, behind the words or alone."""
    return [before + 'event: F_TRANSLATION client: %s sid: 0x40 ssid: 0x0 iova: 0x100000 ipa: 0x0'
            % client, before + 'unpriv data write s1 "Input address caused fault" stag: 0x0']


DMESG = {
    'empty': b'',
    'raw': log(*raw()),
    'raw-and-decoded': log(*raw(), *decoded()),
    'decoded': log(*decoded(), how=2),
    'two-smmus': log(*(line for pair in zip(raw(), raw(before='arm-smmu-v3 2b400000.iommu: '))
                       for line in pair)),
    'words-missing': log(*raw(words=2), *raw()),
    'other-event': log(*raw(event=BAD_CD)[:1], *raw()[1:]),
    'short-events': log(DEVICE + 'event: C_BAD_STREAMID client: (unassigned sid) sid: 0x42 '
                        'ssid: 0x1',
                        DEVICE + 'event: F_CD_FETCH client: nvme0 sid: 0x8 ssid: 0x0 '
                        'fetch_addr: 0x8000000'),
    'stall': log(*decoded()[:1], DEVICE + 'priv inst read s2 "Stage 1 translation table fetch" '
                 'ttd_read stall stag: 0xabcd', how=2),
    'overflow': log('[    2.000000] ' + DEVICE + 'EVTQ overflow detected -- events lost'),
    'suppressed': log('[    2.000000] arm_smmu_evtq_thread: 15 callbacks suppressed',
                      'arm_smmu_dump_event: 4294967296 callbacks suppressed',
                      DEVICE + 'arm_smmu_evtq_thread: 2% callbacks suppressed'),
    'command-error': log(DEVICE + 'skipping command in error state:',
                         DEVICE + '\t0x0000000000000046', DEVICE + '\t0x0000000000000000',
                         *raw()),
    'other-errors': log(DEVICE + 'CMDQ error (cons 0x01000005): Illegal command',
                        DEVICE + 'unexpected global error reported (0x00000001), this could be '
                        'serious', DEVICE + 'CMD_SYNC timeout at 0x00000010 [hwprod 0x11]'),
    'journal': log(*raw(before='Nov 22 20:00:00 host kernel: ' + DEVICE)),
    'kmsg': log(*raw(before='3,1234,5678901,-;' + DEVICE, tab='\\x09'), ' SUBSYSTEM=platform'),
    'levels-and-cr': log(*raw(before='<3>[    1.234567][  T123] ' + DEVICE), ending='\r\n'),
    'times-too-large': log(*raw(before='[99999999999999999999.999999] ' + DEVICE), how=1),
    'no-device': log(*raw(before='')),
    'not-ascii': log(*decoded(client='\xe4\x00\x7f\x1b[31m')),
    'name-too-long': log(*decoded(client='x' * 300)),
    'three-words': log(*raw(words=3)),
    'newest-first': log(*('[    1.23456%d] ' % (9 - n) + line for n, line in
                          enumerate(reversed(raw(before=DEVICE) + decoded(before=DEVICE))))),
    'heading-alone': log(*raw(words=0)),
    'words-alone': log(*raw()[1:]),
    'words-without-names': log(*raw(before='', tab='')[1:]),
    'last-words': log(*raw()[3:], *decoded(before=DEVICE)),
    'details-alone': log(*decoded()[1:]),
    'split-words': log(*(line[:-8] + ' ' + line[-8:] for line in raw())),
    'short-word': log(*raw()[:1], raw()[1][:-8], *raw()[2:]),
    'words-in-one-line': log(' '.join(raw()), DEVICE + 'event 0x10 received: ' +
                             ' '.join(line.split()[-1] for line in raw()[1:])),
    'upper-case': log(*(line.replace('0x', '0X') for line in raw() + decoded())),
    'behind-the-end': log(*('| %s | 7 |' % line for line in raw() + decoded())),
    'wrapped': log(*(part for line in raw() + decoded()
                     for part in (line[:len(line) // 2 + 8], '> ' + line[len(line) // 2 + 8:]))),
    'wrapped-at-blanks': log(*(part for line in decoded() for part in line.rsplit(' ', 3))),
    'wrapped-message': log(DEVICE + 'CMD_SYNC timeout', ' at 0x00000146 [hwprod 0x00000146,',
                           ' hwcons 0x00000000]'),
    'cut-at-the-end': log(*raw(), decoded()[0][:-20], how=2),
    'page-request': log(DEVICE + 'unexpected PRI request received:',
                        DEVICE + '\tsid 0x00000100.0x00000: [1L] unprivileged RW access at iova '
                        '0x0000000012345000'),
    'command-in-between': log(*raw()[:2], DEVICE + 'skipping command in error state:',
                              DEVICE + '\t0x0000000000000046', DEVICE + '\t0x0000000000000000',
                              *raw()[2:]),
    'other-drivers': log('(XEN) SMMUv3: /smmuv3@9050000: CMD_SYNC timeout',
                         'acpi NVDA200C:00: tegra241_cmdqv: Falling back to standard SMMU CMDQ',
                         'vfio-pci 0000:01:00.0: SMMU doesn\'t support ATS',
                         DEVICE + 'the frobnicator failed'),
    'no-smmuv3': log('arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, '
                     'iova=0x1032db3e0, fsynr=0x130000, cbfrsynra=0x300, cb=4',
                     'pcieport 0000:00:00.0: AER: Uncorrected error received: 0000:01:00.0',
                     'pci 0000:01:00.0: Adding to iommu group 5'),
    'else': log('Linux version 6.12.0', '', 'nvme nvme0: 4/0/0 default/read/poll queues',
                'arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit (features 0x00008305)'),
}


# Captures: how to take the rest, then the file, or items to be written.

AS_IT_IS, REPAIR, WRITE = 0, 1, 2
MAGIC = b'\x89VSMMU\r\n'


def sealed(data):
    return data + struct.pack('<I', zlib.crc32(data))


def header(major=1, minor=0, size=32, rest=b''):
    return sealed(MAGIC + struct.pack('<HHIQI', major, minor, size, 1700000000000000000, 0) + rest)


def item(kind, payload):
    return sealed(struct.pack('<II', kind, len(payload)) + payload)


def captured_event(sequence, queue=0, time=1000):
    return item(1, struct.pack('<QII', time, queue, sequence) + record(TRANSLATION))


def captured_loss(sequence, count, queue=0):
    return item(2, struct.pack('<QIIQ', 2000, queue, sequence, count))


def captured_name(name, vsid=0x40, queue=0):
    return item(3, struct.pack('<II', queue, vsid) + name)


def capture(*items, how=AS_IT_IS, head=None):
    return bytes([how]) + (header() if head is None else head) + b''.join(items)


CAPTURE = {
    'empty': b'',
    'header-alone': capture(),
    'events': capture(captured_name(b'0000:01:00.0'), captured_event(0), captured_event(1)),
    'loss': capture(captured_event(0), captured_loss(4, 4), captured_event(5)),
    'to-be-repaired': capture(captured_event(0)[:-4] + bytes(4), how=REPAIR),
    'two-queues': capture(captured_event(0), captured_event(0, queue=1), captured_event(1)),
    'wrap': capture(captured_event(INT_MAX), captured_event(0)),
    'number-too-large': capture(captured_event(INT_MAX + 1)),
    'loss-of-none': capture(captured_loss(1, 0)),
    'name-empty': capture(captured_name(b'')),
    'name-longest': capture(captured_name(b'n' * 255)),
    'name-too-long': capture(captured_name(b'n' * 256)),
    'name-and-more': capture(captured_name(b'nvme\0\1\2\3')),
    'longer-payload': capture(item(1, struct.pack('<QII', 1, 0, 0) + record(TRANSLATION) +
                                   b'more')),
    'unknown-item': capture(item(77, b'later'), captured_event(0)),
    'item-of-type-0': capture(item(0, bytes(16))),
    'wrong-crc': capture(captured_event(0)[:-1] + b'\0', captured_event(1)),
    'cut': capture(captured_event(0)[:30]),
    'too-long': capture(struct.pack('<II', 1, 0x7fffffff)),
    'other-major': capture(head=header(major=2)),
    'later-minor': capture(captured_event(0), head=header(minor=7, size=40, rest=b'laterlat')),
    'no-magic': b'\0' + b'\x89PNG\r\n\x1a\n' + bytes(24),
    'write': bytes([WRITE]) + bytes([3, 12, 0]) + struct.pack('<I', 0x40) + bytes([1, 0, 0]) +
    struct.pack('<QI', 5, 0) + record(TRANSLATION) + bytes([2, 0, 0]) +
    struct.pack('<QII', 6, 4, 4),
    'write-unsound': bytes([WRITE]) + bytes([3, 255, 0]) + bytes(4) + bytes([3, 0, 0]) + bytes(4) +
    bytes([2, 0, 0]) + bytes(16) + bytes([5, 0]),
}
