# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode keeps up with large logs, whatever they consist of, in constant memory.

Builds with sanitizers or coverage have a speed of their own: there it is skipped.

Processor time is compared with that of wc(1) for the same file, so that a slow or busy machine
does not matter. On the machine where the bar was set, wc takes 0.25 s for 100 MB and decode at
most 3.3 s.
"""
import array
import fcntl
import json
import os
import subprocess
import termios

from harness import COMMAND, main, start, until, waits

SIZE = 4 << 20
RUNS = 3
BAR = 24  # times the time of wc; seen were 1 to 10
MEMORY = 8 << 10  # KiB
UPTIME = '[  106.585811] '
KERNEL = ['arm-smmu-v3 fc900000.iommu: ' + text for text in (
    'event 0x10 received:', '\t0x0000010000000010', '\t0x0000020000000000',
    '\t0x000000090000f040', '\t0x0000000000000000',
    'event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x90000f040 ipa: 0x0',
    'unpriv data write s1 "Input address caused fault" stag: 0x0')]
OTHERS = [
    'systemd[1]: Started Daily apt download activities.',
    'usb 1-1: new high-speed USB device number 2 using xhci_hcd',
    'igb 0000:03:00.0 eth0: igb: eth0 NIC Link is Up 1000 Mbps Full Duplex',
    'EXT4-fs (nvme0n1p2): mounted filesystem with ordered data mode. Quota mode: none.',
    'audit: type=1400 audit(1733735757.123:12): apparmor="STATUS" operation="profile_load"',
    'pci 0000:00:01.0: bridge window [mem 0x10000000-0x101fffff]']


def each(template, lines):
    return ''.join(template % line + '\n' for line in lines)


def objects(make, lines):
    return ''.join(json.dumps(make(line)) + '\n' for line in lines)


# What is repeated, by name.
LOGS = {
    'events': each(UPTIME + '%s', KERNEL),
    'events of syslog': each('Dec  9 09:15:57 box kernel: ' + UPTIME + '%s', KERNEL),
    'lines of others': each(UPTIME + '%s', OTHERS),
    'mixed': each(UPTIME + '%s', OTHERS * 20 + KERNEL),
    'json of the journal': objects(lambda line: {
        'PRIORITY': '3', '_HOSTNAME': 'box', 'MESSAGE': line, '_TRANSPORT': 'kernel',
        '__REALTIME_TIMESTAMP': '1733735757000000', '_BOOT_ID': '0123456789abcdef' * 2,
        '_SOURCE_MONOTONIC_TIMESTAMP': '106585811'}, OTHERS * 3 + KERNEL),
    'json of docker': objects(lambda line: {
        'log': line + '\n', 'stream': 'stdout', 'time': '2024-12-09T09:15:57.000000000Z'}, KERNEL),
    'short json': '{"level":"info","msg":"done"}\n',
    'colours': each('\033[32m' + UPTIME + '\033[0m\033[33m%s\033[0m', KERNEL),
    'html': each((UPTIME + '%s<br>'), [line.replace('"', '&quot;') for line in KERNEL]),
    'no line end': 'the quick brown fox ',
    'events without a line end': ' '.join(UPTIME + line for line in KERNEL) + ' ',
    'words without a line end': '0x0000010000000010 ',
    'long lines': 'x' * 70000 + '\n',
    'empty lines': '\n',
    'braces': '{"a":' * 20 + '\n',
    'brackets': '[' * 100 + '\n',
    'empty objects': '{},' * 1000 + '0x0\n',
    'unfinished titles': '\033]' * 1000 + '\n',
    'unfinished comments': '<!--' * 1000 + '\n',
    'names of others': 'AMD-Vi ' * 250 + '\n',
    'resets': 'reset ' * 250 + '0000:01:00.0\n',
    'letters of other scripts': '\u4e2d\u00e9' * 500 + '\n',
    'backslashes': '\\' * 99 + '\n',
    'ampersands': '&' * 99 + '\n',
    'tags': '<a' * 99 + '\n',
    'equal signs': '=20' * 30 + '\n',
}


def measure(*command):
    """Its processor time in seconds, the least of some runs."""
    times = []
    for _ in range(RUNS):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise AssertionError('%r: exit %d' % (command, process.returncode))
        times.append(usage.ru_utime + usage.ru_stime)
    return min(times)


def repeat(text, size):
    data = text.encode()
    return data * (size // len(data) + 1)


def is_fast():
    slow = []
    for name, text in LOGS.items():
        with open('log', 'wb') as f:
            f.write(repeat(text, SIZE))
        wanted, got = measure('wc', 'log'), measure(COMMAND, 'decode', '--summary', 'log')
        print('# %s: %.0f MB/s, %.1f times wc' % (
            name, SIZE / 1e6 / max(got, 0.001), got / max(wanted, 0.001)))
        # A tick of the clock is not to decide.
        if got > BAR * max(wanted, 0.005):
            slow.append(name)
    if slow:
        raise AssertionError(', '.join(slow))


def memory_after(process, data):
    """KiB that it had at most, once it has read all of it and waits for more."""
    process.stdin.write(data)
    process.stdin.flush()
    waiting = array.array('i', [1])

    def has_read():
        fcntl.ioctl(process.stdin, termios.FIONREAD, waiting)
        return waiting[0] == 0 and waits(process)
    until(has_read)
    with open('/proc/%d/status' % process.pid, encoding='utf-8') as f:
        return int(dict(line.split(':', 1) for line in f)['VmHWM'].split()[0])


def memory_does_not_grow():
    for name, text in LOGS.items():
        process = start('decode', '--summary', stdin=subprocess.PIPE)
        data = repeat(text, SIZE // 4)
        first = memory_after(process, data)
        last = max(memory_after(process, data) for _ in range(3))
        process.stdin.close()
        process.stdout.read()
        process.wait()
        if last > first + 512 or last > MEMORY:
            raise AssertionError('%s: %d, then %d KiB' % (name, first, last))


def is_instrumented():
    with open(COMMAND, 'rb') as f:
        data = f.read()
    return any(word in data for word in (b'__asan_init', b'__tsan_init', b'__gcov_init'))


if is_instrumented():
    print('1..0 # SKIP the command is instrumented')
else:
    main([is_fast, memory_does_not_grow])
