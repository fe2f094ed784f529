# SPDX-License-Identifier: BSD-2-Clause
"""The figures of bench/peer/run: made of what was measured, judged and printed."""
import statistics

# name, relation, bar
BARS = [
    ('storm_vs_floor', '<=', 1.5),
    ('storm_speedup', '>=', 3),
    ('storm_lost', '<=', 0),
    ('nvme_iops_ratio', '>=', 1.3),
    ('exits_per_unmap', '<=', 1.1),
    ('host_calls_per_unmap', '<=', 1.0),
    ('boot_ratio', '>=', 1.5),
    ('poweroff_in_storm_s', '<', 5),
]
DMA = {0: 'does not arrive', 1: 'arrives'}

# Rows of the table: what it is, the figure of either VMM, how it is printed, the factor.
ROWS = [
    ('storm: seconds to the last CONS write', 'storm_s', '%.2f', 1),
    ('storm: faults', 'storm_faults', '%.0f', 1),
    ('storm: lost', 'storm_lost', '%.0f', 1),
    ('storm: events delivered a second', 'storm_rate', '%.0f', 1),
    ('storm: floor, seconds: an exit for each fault', 'storm_floor_s', '%.2f', 1),
    ('an MMIO exit, us', 'exit_s', '%.1f', 1e6),
    ('power-off in a storm, seconds', 'poweroff_in_storm_s', '%.2f', 1),
    ('MMIO exits of an unmap', 'exits_per_unmap', '%.3f', 1),
    ('IOMMU_HWPT_INVALIDATE of an unmap', 'host_calls_per_unmap', '%.3f', 1),
    ('NVMe 4 KiB, strict, reads a second', 'strict_4k_s', '%.0f', -1),
    ('NVMe 4 KiB, passthrough, reads a second', 'passthrough_4k_s', '%.0f', -1),
    ('NVMe 4 KiB, strict, % of passthrough', 'strict_percent', '%.0f', 1),
    ('NVMe 256 KiB, strict, reads a second', 'strict_256k_s', '%.0f', -1),
    ('NVMe 256 KiB, strict, no range TLBIs', 'no_ril_256k_s', '%.0f', -1),
    ('NVMe 256 KiB, passthrough', 'passthrough_256k_s', '%.0f', -1),
    ('power-on to PID 1, seconds', 'boot_s', '%.2f', 1),
    ("guest's clock at PID 1, seconds", 'kernel_s', '%.2f', 1),
]
# Which figure is not quite fair, or not what it seems.
NOTES = [
    ('storm_s', "storm: the peer's vEVENTQ is as deep as the guest's queue, %(storm_queue_peer)d; ours "
     'has 65536'),
    ('boot_s', 'power-on: not fair, the peer has UEFI firmware and ACPI (with accel=on it refuses a '
     "device tree), ours a device tree and no firmware; the guest's clock has no firmware in it"),
    ('strict_4k_s', 'reads: one after the other, O_DIRECT; ratios are medians of pairs taken in turn'),
]


def pair_ratio(measured, figure):
    """The median of the ratios of what was measured in turn: the peer's time over ours."""
    return statistics.median(
        peer / ours for ours, peer in zip(measured['ours'][figure], measured['peer'][figure]))


def derive(measured):
    """{figure: number or text} of {vmm: {figure: [number]}}, as far as it was measured."""
    of = {vmm: {name: statistics.median(values) for name, values in figures.items()}
          for vmm, figures in measured.items()}
    ours, peer = of['ours'], of['peer']
    for one in of.values():
        if 'storm_s' in one:
            one['storm_rate'] = (one['storm_faults'] - one['storm_lost']) / one['storm_s']
            # The exit of the VMM that answers sooner is the floor of both.
            one['storm_floor_s'] = one['storm_faults'] * min(v['exit_s'] for v in of.values())
        if 'strict_4k_s' in one and 'passthrough_4k_s' in one:
            one['strict_percent'] = 100 * one['passthrough_4k_s'] / one['strict_4k_s']
    figures = {}
    for name, value in ours.items():
        figures[name] = value
    for name, value in peer.items():
        figures[name + '_peer'] = value
    if 'storm_s' in ours:
        figures['storm_vs_floor'] = ours['storm_s'] / ours['storm_floor_s']
        figures['storm_speedup'] = peer['storm_s'] / ours['storm_s']
    for mode in 'strict', 'passthrough', 'no_ril':
        if mode + '_4k_s' in ours:
            figures['nvme_%s_4k_ratio' % mode] = pair_ratio(measured, mode + '_4k_s')
            figures['nvme_%s_256k_ratio' % mode] = pair_ratio(measured, mode + '_256k_s')
    if 'strict_4k_s' in ours:
        figures['nvme_iops_ratio'] = figures['nvme_strict_4k_ratio']
        figures['boot_ratio'] = pair_ratio(measured, 'boot_s')
        figures['kernel_ratio'] = pair_ratio(measured, 'kernel_s')
    for suffix, one in ('', ours), ('_peer', peer):
        if 'driverless_dma' in one:
            figures['driverless_dma' + suffix] = DMA[int(one['driverless_dma'])]
    return figures


def show(value, form, factor):
    if value is None:
        return '-'
    return form % (1 / value if factor < 0 else value * factor)


def table(figures):
    """Prints it. Return: how many bars are met, how many are missed."""
    print('%-48s %12s %12s %8s' % ('', 'ours', "peer's", 'ratio'))
    for title, name, form, factor in ROWS:
        ours, peer = figures.get(name), figures.get(name + '_peer')
        if ours is None and peer is None:
            continue
        ratio = '%.2f' % (peer / ours) if ours and peer else ''
        print(('%-48s %12s %12s %8s' % (
            title, show(ours, form, factor), show(peer, form, factor), ratio)).rstrip())
    if 'driverless_dma' in figures:
        print('DMA of a device without a driver (Debian 12): ours %s, the peer\'s %s' % (
            figures['driverless_dma'], figures['driverless_dma_peer']))
    for name, note in NOTES:
        if name in figures:
            print(note % figures)
    missed = met = 0
    for name, relation, bar in BARS:
        if name in figures:
            value = figures[name]
            good = {'<': value < bar, '<=': value <= bar, '>=': value >= bar}[relation]
            met, missed = met + good, missed + (not good)
            print('%-24s %10.3f  %s %g  %s' % (name, value, relation, bar,
                                               'met' if good else 'MISSED'))
    return met, missed
