# SPDX-License-Identifier: BSD-2-Clause
"""The figures of bench/run: which value is good, and how they are printed."""

ISOLATED = 8  # endpoints that storm, each with a vEVENTQ of its own
# name, the greatest (or least) value that is good, the goal
BARS = [
    ('icount_library_vs_raw', '<=', 1.20, 1.15),
    ('icount_large_queue_vs_raw', '<=', 1.20, 1.15),
    ('icount_single_vs_library', None, None, None),
    ('library_vs_raw', None, None, None),
    ('single_vs_library', '>=', 8, None),
    ('instructions_per_event', '<=', 45, 35),
    ('syscalls_per_event', '<=', 1 / 64, None),
    ('saturated_syscalls_per_event', '<=', 1 / 16, None),
    ('isolated_syscalls_per_event', '<=', 1 / 16, None),
    ('hotplug_sync_ms', '<', 10, None),
    ('stream_growth', '<=', 1.05, None),
    ('stream_growth_time', None, None, None),
    ('vsmmu_growth', '<=', 1.05, None),
    ('vsmmu_growth_time', None, None, None),
    ('bytes_per_stream', None, None, None),
    ('memory_stream_growth', None, None, None),
    ('bytes_per_vsmmu', '<=', 65536, None),
    ('memory_vsmmu_growth', None, None, None),
    ('sync_host_calls_8vcpu', '<=', 0.4, None),
    ('sync_hold_calls_8vcpu', '<=', 2, None),
    ('isolate_calls_per_sync', '<=', 1, None),
    ('isolate_calls_per_sync_named', '<=', 1 + ISOLATED, None),
    ('command_batch_gain', '>=', 8, None),
    ('icount_command_batch_gain', None, None, None),
    ('raw_command_batch_gain', None, None, None),
    ('sync_each_vs_batch', None, None, None),
    ('command_vs_raw', None, None, None),
    ('sync_vs_ioctl', None, None, None),
    ('tlbi_sync_vs_ioctl', None, None, None),
    ('instructions_per_sync', None, None, None),
    ('instructions_per_tlbi', None, None, None),
    ('sync_vs_dispatch', None, None, None),
    ('syscalls_per_sync', None, None, None),
    ('sync_stream_growth', '<=', 1.05, None),
    ('sync_vsmmu_growth', '<=', 1.05, None),
    ('whole_stream_growth', '<=', 1.05, None),
    ('whole_vsmmu_growth', '<=', 1.05, None),
    ('whole_bytes_per_stream', None, None, None),
    ('whole_bytes_per_vsmmu', '<=', 65536, None),
    ('latency_p50_ns', None, None, None),
    ('latency_p99_ns', None, None, None),
    ('latency_p50_vs_eventfd', None, None, None),
]
RIG_FIGURES = ('library_vs_raw', 'single_vs_library', 'command_batch_gain',
               'raw_command_batch_gain', 'sync_each_vs_batch', 'command_vs_raw', 'sync_vs_ioctl',
               'tlbi_sync_vs_ioctl')
# What is printed with one, a hundred and many of something, and how it grows.
SERIES = [
    ('instructions per event', 'instructions_by_%s', '%s_growth'),
    ('ns per event', 'ns_by_%s', '%s_growth_time'),
    ('instructions per event of a whole vSMMU', 'whole_instructions_by_%s', 'whole_%s_growth'),
    ('instructions per TLBI and SYNC', 'sync_instructions_by_%s', 'sync_%s_growth'),
    ('bytes per %s', 'bytes_by_%s', 'memory_%s_growth'),
    ('bytes per %s, of a whole vSMMU', 'whole_bytes_by_%s', 'whole_memory_%s_growth'),
]


def good(value, relation, bar):
    return {'<': value < bar, '<=': value <= bar, '>=': value >= bar}[relation]


def judge(value, relation, bar, goal):
    if not relation:
        return ''
    if not good(value, relation, bar):
        return 'MISSED'
    return 'met' if not goal or good(value, relation, goal) else 'met; the goal %g is not' % goal


def table(figures):
    """Prints it. Return: how many bars are met, how many are missed."""
    verdicts = []
    print('%-28s %14s  %-7s %-10s %s' % ('figure', 'value', 'where', 'bar', ''))
    for name, relation, bar, goal in BARS:
        if name not in figures:
            continue
        verdicts.append(judge(figures[name], relation, bar, goal))
        where = 'icount' if name.startswith('icount_') else 'native'
        print(('%-28s %14.4f  %-7s %-10s %s' % (
            name, figures[name], 'rig' if name in RIG_FIGURES else where,
            '%s %.4g' % (relation, bar) if relation else '', verdicts[-1])).rstrip())
    if 'instructions_by_function' in figures:
        print('instructions per event by function: ' + ', '.join(
            '%s %.1f' % item for item in figures['instructions_by_function'].items()))
    if 'hotplug_sync_ms' in figures:
        print('ms of a CMD_SYNC, by host call that takes 2 s meanwhile: ' + ', '.join(
            '%s %.3f (worst %.3f)' % (call, value, figures['hotplug_sync_worst_ms_by_call'][call])
            for call, value in figures['hotplug_sync_ms_by_call'].items()))
    for way in 'msi', 'cons', 'msi_by_page':
        for vcpus, by in figures.get('unmap_' + way, {}).items():
            print('%s, per unmap on %s vCPU(s): us %.1f, writes of PROD %.2f, reads of CONS %.2f, '
                  'host calls %.2f; in a write of PROD: us %.1f, host calls at most %.0f' % (
                      way, vcpus, by['latency_us'], by['prod_writes'], by['cons_reads'],
                      by['host_calls'], by['hold_us'], by['hold_calls']))
    for way, by in figures.get('isolate_calls_by_endpoints', {}).items():
        print('host calls per CMD_SYNC with isolate (%s), by endpoints: %s' % (
            way, ', '.join('%d: %.2f' % item for item in by.items())))
    if 'saturated_syscalls_per_event' in figures:
        print('per delivered event of a saturated guest: ' + '; '.join(
            '%s: polls %.4f, discarded %.4f' % (
                name, figures[name + '_polls_per_event'], figures[name + '_discarded_per_event'])
            for name in ('saturated', 'isolated')))
    for title, series, grows in SERIES:
        for of, kind in ('stream', 'stream'), ('vsmmu', 'vSMMU'):
            by = figures.get(series % (of + 's'))
            if by:
                print('%s, by number of %s: %s; growth %.4f' % (
                    title.replace('%s', kind), kind + 's',
                    ', '.join('%d: %.1f' % item for item in by.items()), figures[grows % of]))
    if 'sync_alone_ns' in figures:
        print('rig: ns per TLBI, %d to a batch: raw single %.0f, raw batch %.0f, SYNC each %.0f, '
              'split %.0f, batch %.0f; ns per SYNC alone %.0f' % tuple(figures[name] for name in (
                  'commands_per_sync', 'raw_command_single_ns', 'raw_command_batch_ns',
                  'command_sync_each_ns', 'command_split_ns', 'command_batch_ns',
                  'sync_alone_ns')))
    if 'icount_rounds' in figures:
        print('icount: instructions per event: single %.1f, raw %.1f, library %.1f, large queue '
              '%.1f; rounds differ by %g' % tuple(figures['icount_' + name] for name in (
                  'single_instructions', 'raw_instructions', 'library_instructions',
                  'large_queue_instructions', 'library_vs_raw_spread')))
    if 'rounds' in figures:
        print('rig: %d rounds of %d events, %d vSIDs; ns per event: single %.0f, raw %.0f, '
              'library %.0f' % (figures['rounds'], figures['events'], figures['vsids'],
                                figures['single_ns'], figures['raw_ns'], figures['library_ns']))
    missed = verdicts.count('MISSED')
    return sum(map(bool, verdicts)) - missed, missed
