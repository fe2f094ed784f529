#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write the seeds of the fuzzers to tests/fuzz/corpus, one folder for each.

Takes: see --help. Leaves: the files, which are kept in the tree; one that the fuzzer of a later
day finds and that is worth keeping may lie beside them.
"""
import argparse
import os
import struct

from corpus_lines import ENVELOPE
from corpus_machines import IORT, MAP
from corpus_records import CAPTURE, DECODER, DMESG, EVENT, TRANSLATION
from corpus_tars import TAR

HERE = os.path.dirname(os.path.abspath(__file__))


# Registers: the machine, then moves, in the order of moves[] in fuzz_registers.c.

MOVES = ['write_register', 'write_any', 'read_any', 'enable', 'consume', 'fault_translation',
         'fault_any', 'dispatch', 'run', 'reset', 'attach', 'detach', 'set_ste', 'fail', 'heal',
         'expire', 'lose_memory', 'rearm', 'hook', 'settle', 'drop']
REGISTERS = ['cr0', 'cr0ack', 'irq_ctrl', 'irq_ctrlack', 'gerror', 'gerrorn', 'base', 'base_high',
             'prod', 'cons']
TWO_SMMUS, ISOLATE, COUNT_ONLY, BEFORE_2026, SETTLE = 1, 2, 8, 16, 128
WRAP = 2 << 5  # the first event is INT_MAX - 1
EVENT_ALLOC, LOST_COPY, PAYLOAD_FAULT, READ, CALL, READ_ALWAYS = range(1, 7)
EIO, ENOMEM, EINTR = range(3)
ALL = 255


def do(name, *values):
    """A move; values are bytes, or ready-made bytes."""
    return bytes([MOVES.index(name)]) + b''.join(
        v if isinstance(v, bytes) else bytes([v]) for v in values)


def write(name, value):
    return do('write_register', REGISTERS.index(name), struct.pack('<I', value))


def machine(flags, *moves, log2=3, depth=64, endpoints=1):
    """Endpoints as bits; they get their stage 1."""
    text = struct.pack('<BBBHB', flags, log2 - 1, 0, depth - 1, endpoints)
    for n in range(4):
        if endpoints >> n & 1:
            text += do('set_ste', n, 0)
    return text + b''.join(moves)


def fault(n, count):
    return do('fault_translation', n, count - 1)


RUN = do('run', 0)

REGISTER = {
    'empty': b'',
    'deliver': machine(SETTLE, do('enable', 3, 0), fault(0, 5), RUN, do('consume', ALL)),
    'full-then-room': machine(0, do('enable', 2, 0), fault(0, 9), RUN, do('consume', 2), RUN),
    'lost': machine(SETTLE, do('enable', 3, 0), fault(0, 100), RUN, do('consume', ALL), RUN),
    'ring-wraps': machine(0, do('enable', 3, 0), fault(0, 5), RUN, do('consume', ALL), fault(0, 7),
                          RUN, do('consume', 4), fault(0, 9), RUN),
    'no-interrupts': machine(0, do('enable', 3, 0), write('irq_ctrl', 0), fault(0, 100), RUN,
                             do('consume', ALL), RUN, write('irq_ctrl', 4), do('consume', ALL),
                             do('lose_memory', bytes([0, 0]), b'\xff\xff'), fault(0, 1), RUN),
    'lost-count-only': machine(COUNT_ONLY, do('enable', 3, 0), fault(0, 100), RUN),
    'wrap': machine(WRAP | SETTLE, do('enable', 3, 0), fault(0, 6), RUN, fault(0, 70), RUN),
    'disabled': machine(SETTLE, fault(0, 3), RUN, write('cr0', 1), fault(0, 3), RUN),
    'resize': machine(0, do('enable', 3, 0), fault(0, 4), RUN, do('enable', 1, 8), fault(0, 4),
                      RUN),
    'size-too-large': machine(0, do('enable', 31, 0), fault(0, 40), RUN, fault(0, 40), RUN,
                              log2=5),
    'abort': machine(0, do('enable', 3, 0), do('lose_memory', bytes([2, 0]), bytes([32, 0])),
                     fault(0, 5), RUN, fault(0, 5), RUN, write('gerrorn', 4), fault(0, 2), RUN),
    'cons-nonsense': machine(0, do('enable', 3, 0), fault(0, 4), RUN, write('cons', 9),
                             fault(0, 4), RUN, write('cons', 4), RUN),
    'prod-written-while-disabled': machine(0, write('prod', 0xffffffff), write('cons', 0x8000000f),
                                           write('cr0', 5), fault(0, 3), RUN),
    'base-of-all-ones': machine(0, write('base', 0xffffffff), write('base_high', 0xffffffff),
                                write('irq_ctrl', 5), write('cr0', 5), fault(0, 3), RUN),
    'base-written-while-enabled': machine(0, do('enable', 3, 0), write('base', 0x90008004),
                                          fault(0, 3), RUN, write('base_high', 1), fault(0, 2),
                                          RUN),
    'reset': machine(SETTLE, do('enable', 3, 0), fault(0, 20), do('reset'), fault(0, 1),
                     do('set_ste', 0, 0), do('enable', 3, 0), fault(0, 3), RUN),
    'share': machine(ISOLATE | SETTLE, do('enable', 4, 0), fault(0, 50), RUN, fault(1, 3), RUN,
                     do('consume', 8), RUN, endpoints=3, log2=4),
    'quarter': machine(SETTLE, do('enable', 4, 0), fault(0, 60), RUN, do('consume', 3), RUN,
                       do('consume', 1), RUN, do('consume', ALL), RUN, log2=4),
    'overflow-waits': machine(SETTLE, do('enable', 3, 0), do('drop', 0, bytes([1, 0, 0])), RUN,
                              do('consume', ALL), do('drop', 0, bytes([1, 0, 0])), RUN,
                              do('expire'), RUN),
    'isolate': machine(ISOLATE | SETTLE, do('enable', 4, 0), fault(0, 50), fault(1, 3),
                       do('dispatch', 2), do('dispatch', 2), RUN, endpoints=15, depth=8),
    'two-smmus': machine(TWO_SMMUS, do('enable', 4, 0), fault(0, 5), fault(1, 5), RUN,
                         endpoints=3),
    'detach-with-events': machine(SETTLE, do('enable', 3, 0), fault(0, 5), do('detach', 0),
                                  do('attach', 0, 0), do('set_ste', 0, 0), fault(0, 2), RUN),
    'vsid-used-again': machine(SETTLE, do('enable', 1, 0), fault(1, 3), fault(0, 9), RUN,
                               do('detach', 0), do('attach', 2, 0), do('consume', ALL), RUN,
                               do('attach', 2, 0), do('set_ste', 2, 0), endpoints=3),
    'read-fails': machine(0, do('enable', 3, 0), fault(0, 5), do('fail', READ, 0, EIO), RUN,
                          do('rearm'), RUN),
    'no-memory': machine(SETTLE, do('enable', 3, 0), fault(0, 80), do('fail', LOST_COPY, 0, 0),
                         RUN, do('consume', ALL), RUN, do('expire'), RUN),
    'no-memory-before-2026': machine(BEFORE_2026 | SETTLE, do('enable', 3, 0),
                                     do('fail', EVENT_ALLOC, 0, 0), fault(0, 1),
                                     do('fail', LOST_COPY, 0, 0), RUN, do('expire'), RUN),
    'payload-fault-before-2026': machine(BEFORE_2026 | SETTLE, do('enable', 3, 0), fault(0, 3),
                                         do('fail', PAYLOAD_FAULT, 1, 0), RUN),
    'interrupted-for-ever': machine(SETTLE, do('enable', 3, 0), fault(0, 3),
                                    do('fail', READ_ALWAYS, 0, EINTR), RUN, do('expire'), RUN,
                                    do('expire'), RUN, do('heal')),
    'broken-for-ever': machine(SETTLE, do('enable', 3, 0), fault(0, 3),
                               do('fail', READ_ALWAYS, 0, EIO), RUN, do('rearm'), RUN, do('expire'),
                               RUN, do('heal'), do('rearm'), RUN),
    'calls-fail': machine(0, do('fail', CALL, 0, EIO), do('attach', 1, 1),
                          do('fail', CALL, 2, EIO), do('attach', 1, 1), do('fail', CALL, 0, EIO),
                          do('reset'), do('fail', CALL, 1, EIO), do('set_ste', 0, 0)),
    'more-lost-within-a-read': machine(SETTLE, do('enable', 3, 0), do('fail', EVENT_ALLOC, 0, 0),
                                       fault(0, 1), do('hook', 0), RUN),
    'dropped-by-the-host': machine(SETTLE, do('enable', 3, 0), fault(0, 2),
                                   do('drop', 0, b'\xff\xff\x0f'), RUN, fault(0, 1), RUN),
    'fault-in-a-shared-read': machine(SETTLE, do('enable', 3, 0), fault(1, 2), fault(0, 5),
                                      do('fail', PAYLOAD_FAULT, 1, 0), do('detach', 0), RUN,
                                      endpoints=3),
    'any-register': machine(0, do('write_any', b'\xa0\0\0', 8, struct.pack('<Q', 0x90000003)),
                            do('write_any', b'\x20\0\0', 4, struct.pack('<Q', 5)),
                            do('read_any', b'\xa8\0\1', 8), do('read_any', b'\xa9\0\1', 4),
                            do('write_any', b'\0\0\2', 4, bytes(8)), do('read_any', b'\0\0\0', 2)),
}


# The whole vSMMU: the machine, then moves, in the order of moves[] in fuzz_smmu.c.

SMMU_MOVES = [
    'write_register', 'write_any', 'read_any', 'enable', 'write_cr0', 'write_gbpa', 'acknowledge',
    'consume', 'poke', 'flip', 'put_ste', 'put_l1std', 'put_cd', 'put_pte', 'map', 'command_any',
    'command', 'flood', 'run_commands', 'run', 'dma', 'long_dma', 'compare', 'translate',
    'stop_stream', 'reset', 'attach', 'detach', 'set_vsid', 'fail', 'heal', 'expire',
    'lose_memory', 'fault', 'migrate', 'resume', 'corrupt', 'recover',
    'attach_anyhow', 'number', 'take_vsid_away', 'record_event', 'take_irqs',
    'move']
SMMU_REGISTERS = [
    'cr0', 'cr1', 'cr2', 'gbpa', 'irq_ctrl', 'gerrorn', 'gerror_irq_cfg0', 'gerror_irq_cfg1',
    'gerror_irq_cfg2', 'strtab_base', 'strtab_base_cfg', 'cmdq_base', 'cmdq_base_high',
    'cmdq_prod', 'cmdq_cons', 'eventq_base', 'eventq_base_high', 'eventq_prod', 'eventq_cons',
    'eventq_irq_cfg0', 'eventq_irq_cfg1', 'eventq_irq_cfg2']
SMMU_COMMANDS = [
    'prefetch', 'cfgi_ste', 'cfgi_ste_range', 'cfgi_cd', 'cfgi_cd_all', 'tlbi_all', 'tlbi_asid',
    'tlbi_va', 'tlbi_vaa', 'tlbi_nsnh_all', 'atc_inv', 'sync', 'resume']
S_TWO, S_PROBE, S_ISOLATE, S_DEFER, S_NO_MSI, S_ABORT, S_NO_RIL, S_ATS, S_REPEAT, S_OLD = (
    1 << bit for bit in range(10))
S_WRAP, S_SSIDS, S_FEW, S_IGNORES = 2 << 10, 1 << 12, 1 << 13, 1 << 15
A_WRITE, A_INSTRUCTION, A_PRIVILEGED, A_SSID, A_MEMORY = 1, 2, 4, 8, 16
ON = 0xd  # SMMUEN, EVENTQEN, CMDQEN
ALL_COMMAND = 31  # Range of CFGI_ALL
FAIL_EVENT_ALLOC, FAIL_CALL, FAIL_INVALIDATE, REFUSE, REFUSE_INVALIDATIONS = 1, 5, 7, 8, 9


LATE, ON_PARENT, PUT_BACK = 1, 2, 4


def move(name, *values):
    return bytes([SMMU_MOVES.index(name)]) + b''.join(
        v if isinstance(v, bytes) else bytes([v]) for v in values)


def smmu(flags, *moves, depth=63, attached=1):
    return struct.pack('<HBB', flags, depth, attached) + b''.join(moves)


def reg(name, value):
    return move('write_register', SMMU_REGISTERS.index(name), struct.pack('<I', value))


def up(cmdq=60, eventq=62, strtab=0, cmdq_log2=4, eventq_log2=5, strtab_log2=6, levels=1, split=0,
       more=0, cr0=ON):
    shape = (cmdq_log2 | eventq_log2 << 3 | (levels - 1) << 6 | strtab_log2 << 7 | split << 11 |
             more << 13)
    return move('enable', cmdq, eventq, strtab, struct.pack('<H', shape), cr0)


def cmd(name, value=0, *rest):
    """Of those with a StreamID @rest is its number; of SYNC CS and page; else ASID and range."""
    rest = rest or {'cfgi_ste': (0,), 'cfgi_ste_range': (0,), 'cfgi_cd': (0,), 'cfgi_cd_all': (0,),
                    'atc_inv': (0,), 'sync': (0, 0)}.get(name, (0, bytes(2)))
    return move('command', SMMU_COMMANDS.index(name), struct.pack('<I', value), *rest)


def at(flags, address, high=0):
    text = bytes([flags]) + struct.pack('<I', address)[:3]
    return text + (struct.pack('<I', high) if flags & 128 else b'')


def mapped(vsid=0, page=8, va=0x10, pa=40, how=0):
    """@va and @pa are pages."""
    return move('map', vsid, page, va, pa, how)


CFGI_ALL = cmd('cfgi_ste_range', ALL_COMMAND)
SYNC = cmd('sync')
GO = up() + mapped() + CFGI_ALL + cmd('tlbi_nsnh_all') + SYNC
READ_IT = move('dma', 0, 3, at(0, 0x10008))
WRITE_IT = move('dma', 0, 3, at(A_WRITE, 0x10008))
OWN_EVENT = move('record_event', struct.pack('<QQ', TRANSLATION | 0x90 << 32, 2 << 40))
MISS = move('dma', 0, 3, at(0, 0x55008))
RUN_SMMU = move('run', 0)
# In place of the CD that GO makes: R alone.
CD_WITHOUT_A = move('put_cd', 8, 0, struct.pack('<I', 25 | 1 << 30), b'\5\x20', 0, 9, 10, 0xff)

SMMU = {
    'empty': b'',
    'bypass': smmu(0, READ_IT, move('dma', 0, 3, at(A_WRITE | A_MEMORY, 0x3008)),
                   move('translate', 0, at(A_MEMORY, 0x3008))),
    'abort': smmu(0, move('write_gbpa', 1), READ_IT, move('write_gbpa', 0), READ_IT),
    'abort-at-reset': smmu(S_ABORT, READ_IT, GO, READ_IT, move('reset'), READ_IT),
    'translates': smmu(S_PROBE, GO, READ_IT, WRITE_IT, MISS, RUN_SMMU, move('consume', ALL),
                       move('compare', 0, at(0, 0x10010)), move('translate', 0, at(0, 0x10010)),
                       move('translate', 0, at(0, 0x50010))),
    'permissions': smmu(0, up(), *(mapped(how=how) + move('compare', 0, at(flags, 0x10010))
                                   for how in range(8) for flags in (0, 1, 2, 4)), RUN_SMMU),
    'ignored': smmu(S_IGNORES, GO, CD_WITHOUT_A, CFGI_ALL, SYNC,
                    *(move(name, 0, at(flags, address)) for name in ('compare', 'translate')
                      for flags, address in ((0, 0x50010), (A_WRITE, 0x50ff0), (0, 0x10010))),
                    mapped(how=1), CD_WITHOUT_A, CFGI_ALL, SYNC,
                    move('translate', 0, at(A_WRITE, 0x10010)), RUN_SMMU),
    'stale-until-invalidated': smmu(0, GO, READ_IT, mapped(pa=41), READ_IT,
                                    cmd('tlbi_va', 0x10000), SYNC, READ_IT,
                                    move('compare', 0, at(0, 0x10010))),
    'two-levels': smmu(0, up(levels=2, strtab_log2=15), mapped(vsid=4), CFGI_ALL, SYNC,
                       move('attach', 2, 4), move('compare', 2, at(0, 0x10008)),
                       move('put_l1std', 5, 3, 3), CFGI_ALL, SYNC,
                       move('compare', 2, at(0, 0x10008))),
    'stream-unknown': smmu(0, up(strtab_log2=0, more=2), CFGI_ALL, SYNC, MISS,
                           move('dma', 1, 3, at(0, 0x10008)), RUN_SMMU, attached=3),
    'bad-ste': smmu(0, GO, move('put_ste', 0, 0xd, 8, 0, bytes(4)), cmd('cfgi_ste', 1), SYNC,
                    READ_IT, RUN_SMMU, move('stop_stream', 0, 0, at(0, 0x10008)),
                    move('stop_stream', 0, 1, at(0, 0x10008)), READ_IT, RUN_SMMU),
    'bad-cd': smmu(0, GO, move('flip', b'\3\x80\0', 7), cmd('cfgi_cd', 1), SYNC, READ_IT,
                   RUN_SMMU, move('put_cd', 8, 0, struct.pack('<I', 25 | 1 << 30), b'\5\x38', 0,
                                  9, 10, 0xff), cmd('cfgi_cd_all'), SYNC, READ_IT, RUN_SMMU),
    'substreams': smmu(S_SSIDS | S_PROBE, GO, move('put_ste', 0, 0xb, 8, 3 << 2, bytes([2, 0, 0, 0])),
                       CFGI_ALL, SYNC, move('dma', 0, 3, at(A_SSID, 0x10008) + b'\1'),
                       move('compare', 0, at(A_SSID, 0x10008) + b'\0'),
                       move('compare', 0, at(0, 0x10008)), RUN_SMMU),
    'large-granule': smmu(0, GO, move('put_cd', 8, 0, struct.pack('<I', 25 | 1 << 6 | 1 << 30),
                                      b'\5\x38', 0, 16, 16, 0xff),
                          move('put_pte', 16, b'\0\0', b'\3\0', 32, 0),
                          move('compare', 0, at(0, 0x10008)), RUN_SMMU),
    'illegal-command': smmu(0, GO, move('command_any', b'\x99' + bytes(15)), SYNC,
                            move('acknowledge'), cmd('sync'), reg('cmdq_prod', 0),
                            move('acknowledge'), SYNC),
    'commands-nowhere': smmu(0, up(), move('lose_memory', struct.pack('<HH', 60 * 256, 256)),
                             SYNC, move('acknowledge'), move('heal'), move('acknowledge'), SYNC),
    'flood': smmu(0, up(cmdq_log2=7), move('flood', b'\x80\0', 4), move('run_commands', 9),
                  move('flood', b'\x80\0', 0x46), move('run_commands', 0),
                  move('flood', b'\x80\0', 0x10), READ_IT, attached=15),
    'queue-wraps': smmu(0, up(cmdq_log2=2), *(cmd('tlbi_all') + SYNC for _ in range(9))),
    'prod-nonsense': smmu(0, GO, reg('cmdq_prod', 0xfffff), move('run_commands', 0),
                          reg('cmdq_cons', 3), move('write_cr0', 5), reg('cmdq_cons', 3),
                          move('write_cr0', ON), move('run_commands', 0)),
    'queues-overlap': smmu(0, up(cmdq=62, strtab=62), mapped(), CFGI_ALL, SYNC, MISS, RUN_SMMU,
                           MISS, RUN_SMMU),
    'bases-of-all-ones': smmu(0, reg('strtab_base', 0xffffffff),
                              reg('strtab_base_cfg', 0xffffffff), reg('cmdq_base', 0xffffffff),
                              reg('cmdq_base_high', 0xffffffff), reg('eventq_base', 0xffffffff),
                              reg('eventq_base_high', 0xffffffff), reg('cmdq_prod', 5),
                              move('write_cr0', ON), READ_IT, MISS, RUN_SMMU,
                              move('acknowledge')),
    'every-command': smmu(S_ATS, GO, *(cmd(name) for name in SMMU_COMMANDS[:-1]), SYNC,
                          cmd('tlbi_va', 0x10001, 0, struct.pack('<H', 0x23)),
                          cmd('resume'), move('acknowledge')),
    'msi': smmu(0, up(more=1), mapped(), CFGI_ALL, cmd('sync', 0x20, 1, 50), MISS, RUN_SMMU,
                cmd('sync', 0x24, 1, 50), move('command_any', bytes([0x99]) + bytes(15))),
    'no-msi': smmu(S_NO_MSI, up(more=1), mapped(), CFGI_ALL, cmd('sync', 0x20, 1, 50), MISS,
                   RUN_SMMU, cmd('sync', 0x24, 1, 50)),
    'erratum': smmu(S_REPEAT | S_PROBE, GO, READ_IT, mapped(pa=41),
                    move('compare', 0, at(0, 0x10010))),
    'few-features': smmu(S_FEW | S_NO_RIL, GO, READ_IT, cmd('tlbi_va', 0x10001), SYNC,
                         move('compare', 0, at(0, 0x10010))),
    'two-smmus': smmu(S_TWO, up(strtab_log2=6), mapped(0), mapped(1, page=16, pa=42, how=8),
                      CFGI_ALL, cmd('tlbi_nsnh_all'), SYNC, READ_IT,
                      move('dma', 1, 3, at(0, 0x10008)), MISS, move('dma', 1, 3, at(0, 0x66000)),
                      RUN_SMMU, attached=3),
    'isolate': smmu(S_ISOLATE, GO, mapped(1, page=16, pa=42), CFGI_ALL, SYNC, MISS,
                    move('dma', 1, 3, at(0, 0x66000)), SYNC, RUN_SMMU, attached=15),
    'plugged-later': smmu(0, up(), mapped(2), move('attach', 1, 2),
                          move('dma', 1, 3, at(0, 0x10008)), move('detach', 1),
                          move('dma', 1, 3, at(0, 0x10008)), attached=0),
    'other-vsid': smmu(0, GO, mapped(2, page=16, pa=42), MISS,
                       move('set_vsid', 0, 2, at(0, 0x10008)), READ_IT,
                       move('set_vsid', 0, 5, at(0, 0x10008)), READ_IT,
                       move('fail', FAIL_CALL, 1, 0), move('set_vsid', 0, 0, at(0, 0x10008)),
                       move('heal'), move('set_vsid', 0, 1, at(0, 0x10008)), RUN_SMMU),
    'late': smmu(0, GO, mapped(2, page=16, pa=42), move('attach_anyhow', 1, LATE, 0),
                 move('number', 1, 2), cmd('cfgi_ste', 2), SYNC, move('dma', 1, 3, at(0, 0x10008)),
                 move('number', 1, 7), move('number', 0, 2), move('detach', 0),
                 move('attach_anyhow', 0, LATE, 0), cmd('cfgi_ste', 2), SYNC,
                 move('take_vsid_away', 1), cmd('cfgi_ste', 2), move('migrate'), RUN_SMMU),
    'own-parent': smmu(0, GO, move('attach_anyhow', 1, ON_PARENT, 2), mapped(2, page=16, pa=42),
                       move('dma', 1, 3, at(0, 0x10008)), move('detach', 1),
                       move('attach_anyhow', 1, PUT_BACK, 2), move('fail', FAIL_CALL, 3, 0),
                       move('detach', 1), move('heal'), move('recover', 1),
                       move('attach_anyhow', 3, LATE | PUT_BACK, 2), move('reset')),
    'own-events': smmu(S_DEFER, GO, OWN_EVENT, move('take_irqs'), OWN_EVENT, OWN_EVENT, MISS,
                       RUN_SMMU, move('take_irqs'), move('consume', ALL), OWN_EVENT,
                       move('consume', ALL), move('take_irqs'), OWN_EVENT, move('reset'),
                       move('take_irqs')),
    'install-fails': smmu(0, GO, mapped(page=16, pa=42), move('fail', FAIL_CALL, 0, 0),
                          cmd('cfgi_ste', 1), SYNC, READ_IT, move('heal'), cmd('cfgi_ste', 1),
                          SYNC, READ_IT, move('fail', FAIL_CALL, 1, 1), move('write_cr0', 0xc),
                          READ_IT, move('write_cr0', ON), READ_IT),
    'invalidation-fails': smmu(0, GO, READ_IT, move('fail', FAIL_INVALIDATE, 0, 0),
                               mapped(pa=41), move('compare', 0, at(0, 0x10010)),
                               move('fail', FAIL_INVALIDATE, 1, 0), cmd('tlbi_all'), SYNC, READ_IT),
    'everything-refused': smmu(0, GO, READ_IT, move('fail', REFUSE, 9, 0), mapped(pa=41),
                               cmd('tlbi_all'), SYNC, READ_IT, CFGI_ALL, SYNC, move('heal'),
                               CFGI_ALL, SYNC, move('compare', 0, at(0, 0x10010))),
    'invalidations-refused': smmu(S_ATS, GO, READ_IT, move('fail', REFUSE_INVALIDATIONS, 200, 0),
                                  mapped(pa=41), cmd('atc_inv'), SYNC, READ_IT,
                                  move('acknowledge'), cmd('tlbi_all'), SYNC, READ_IT,
                                  move('heal'), move('compare', 0, at(0, 0x10010)), READ_IT,
                                  move('fail', REFUSE_INVALIDATIONS, 200, 0), mapped(pa=42),
                                  move('compare', 0, at(0, 0x10010)), READ_IT, move('heal'),
                                  move('compare', 0, at(0, 0x10010))),
    'events': smmu(S_WRAP, GO, move('fault', 0, 90, TRANSLATION), SYNC, RUN_SMMU,
                   move('consume', ALL), RUN_SMMU, move('fault', 0, 9, TRANSLATION),
                   move('consume', 3), SYNC, move('consume', ALL), RUN_SMMU),
    'migrate': smmu(0, GO, MISS, move('fault', 0, 40, TRANSLATION), cmd('tlbi_all'),
                    move('migrate'), READ_IT, RUN_SMMU, SYNC, move('consume', ALL), RUN_SMMU,
                    move('compare', 0, at(0, 0x10010))),
    'move': smmu(S_TWO, GO, mapped(1, page=16, pa=42), CFGI_ALL, SYNC, MISS,
                 move('fault', 1, 40, TRANSLATION), cmd('tlbi_all'), move('move'), READ_IT,
                 move('fail', FAIL_CALL, 9, 0), move('move'), MISS, READ_IT, move('heal'),
                 move('fail', REFUSE, 200, 0), move('move'), move('heal'), move('recover', 1),
                 SYNC, move('consume', ALL), RUN_SMMU, move('compare', 0, at(0, 0x10010)),
                 attached=3),
    'pending': smmu(S_TWO, GO, move('fault', 0, 90, TRANSLATION), move('migrate'), MISS,
                    move('fault', 1, 90, TRANSLATION), move('migrate'), SYNC,
                    move('consume', 3), move('detach', 1), RUN_SMMU, move('consume', ALL),
                    move('resume'), RUN_SMMU, move('consume', ALL), RUN_SMMU, attached=3),
    'overflow': smmu(0, GO, move('fail', FAIL_EVENT_ALLOC, 0, 0), MISS, RUN_SMMU,
                     move('consume', ALL), move('fail', FAIL_EVENT_ALLOC, 0, 0), MISS, RUN_SMMU,
                     move('migrate'), move('consume', ALL), MISS, RUN_SMMU, move('expire'),
                     RUN_SMMU),
    'recover': smmu(0, GO, move('fail', REFUSE, 3, 1), mapped(pa=41), cmd('cfgi_ste', 1), SYNC,
                    READ_IT, move('expire'), move('run_commands', 0), move('recover', 0),
                    READ_IT, move('detach', 0), move('recover', 1)),
    'migrate-with-an-error': smmu(0, GO, move('command_any', bytes([0x99]) + bytes(15)), MISS,
                                  move('migrate'), move('acknowledge'), RUN_SMMU),
    'resume': smmu(0, GO, MISS, move('resume'), READ_IT, RUN_SMMU, move('resume'), SYNC,
                   move('compare', 0, at(0, 0x10010))),
    'corrupt': smmu(0, GO, MISS, move('corrupt', 0, b'\x11\0', 1),
                    move('corrupt', 4, b'\0\0', 0, b'\x20\0'), READ_IT, RUN_SMMU),
    'tampered': smmu(0, GO, MISS, MISS, move('corrupt', 8, b'\x90\0', 1),
                     move('corrupt', 8, b'\x70\1', 4), READ_IT, RUN_SMMU),
    'one-stream': smmu(0, GO, mapped(1, page=16, pa=42), CFGI_ALL, SYNC, READ_IT,
                       mapped(page=20, pa=43), move('compare', 0x10, at(0, 0x10008)),
                       move('flip', b'\x03\x40\1', 7), move('compare', 0x10, at(0, 0x10008)),
                       move('compare', 0x11, at(0, 0x10008)), RUN_SMMU, attached=3),
    'long-dma': smmu(0, GO, move('long_dma', 0, b'\0\x20', at(A_WRITE, 0xf800)),
                     move('long_dma', 0, b'\0\x10', at(0, 0x10000)), RUN_SMMU),
    'write-over-tables': smmu(0, up(), mapped(pa=8), CFGI_ALL, SYNC, WRITE_IT,
                              move('compare', 0, at(0, 0x10010)),
                              move('dma', 0, 6, at(A_WRITE, 0x10000)), CFGI_ALL, SYNC, READ_IT,
                              RUN_SMMU),
    'any-register': smmu(0, move('write_any', b'\x80\0\0', 8, struct.pack('<Q', 0x80000000)),
                         move('read_any', b'\x80\0\0', 8), move('read_any', b'\x98\0\0', 8),
                         move('write_any', b'\x81\0\0', 4, bytes(8)),
                         move('poke', b'\0\0\0', struct.pack('<Q', 0xb)),
                         move('expire')),
}

CORPORA = {'decoder': DECODER, 'event': EVENT, 'registers': REGISTER, 'dmesg': DMESG,
           'capture': CAPTURE, 'smmu': SMMU, 'iort': IORT, 'map': MAP,
           'tar': TAR, 'envelope': ENVELOPE}


def main():
    parser = argparse.ArgumentParser(description='Write the seeds of the fuzzers to '
                                     'tests/fuzz/corpus, one folder for each fuzzer.')
    parser.parse_args()
    for fuzzer, files in CORPORA.items():
        folder = os.path.join(HERE, 'corpus', fuzzer)
        os.makedirs(folder, exist_ok=True)
        for name, data in files.items():
            with open(os.path.join(folder, name), 'wb') as f:
                f.write(data)


main()
