# SPDX-License-Identifier: BSD-2-Clause
"""One event in every form in which people keep kernel logs: vsmmu decode has one answer for all.

Each form takes the lines that the kernel printed and gives the file. The times are those that
JSON then has: time_ns of the kernel's clock, time of the wall's.
"""
import csv
import html
import io
import json
import textwrap

from harness import main, run

DEVICE = 'arm-smmu-v3 fc900000.iommu: '
WORDS = (0x0000010000000010, 0x0000020000000000, 0x000000090000f040, 0)
DECODED = ('event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x90000f040 '
           'ipa: 0x0')
DETAIL = 'unpriv data write s1 "Input address caused fault" stag: 0x0'
OLD = ['event 0x10 received:'] + ['\t0x%016x' % word for word in WORDS]
KERNEL = [DEVICE + text for text in OLD + [DECODED, DETAIL]]
UPTIME = '[  106.585811] '
BOOT = {'time_ns': 106585811000}
UTC = {'time': '2024-12-09T09:15:57Z'}
LOCAL = {'time': '2024-12-09T09:15:57'}
YEARLESS = {'time': '--12-09T09:15:57'}
STAMP = 1733735757
NOISE = ['igb 0000:03:00.0 eth0: Reset adapter', 'random: crng init done']

FORMATS = {}


def form(**times):
    """Registers a form by its function's name, with the time that it tells."""
    def register(function):
        FORMATS[function.__name__] = (function, times)
        return function
    return register


def each(name, template, **times):
    """A form that has something before and behind each line."""
    FORMATS[name] = (lambda lines: ''.join(template % line + '\n' for line in lines), times)


def objects(name, make, **times):
    """A form with an object on each line."""
    FORMATS[name] = (lambda lines: ''.join(json.dumps(make(line)) + '\n' for line in lines), times)


# What the kernel and its own tools print.
each('plain', '%s')
each('dmesg', UPTIME + '%s', **BOOT)
each('dmesg_T', '[Mon Dec  9 09:15:57 2024] %s', **LOCAL)
each('dmesg_x', 'kern  :err   : ' + UPTIME + '%s', **BOOT)
each('dmesg_xT', 'kern  :err   : [Mon Dec  9 09:15:57 2024] %s', **LOCAL)
each('dmesg_iso', '2024-12-09T10:15:57,000000+01:00 %s', **UTC)
each('dmesg_reltime', '[  +0.000538] %s')
each('dmesg_delta', '[  106.585811 <    0.000538>] %s', **BOOT)
each('dmesg_caller_thread', '[  106.585811][  T123] %s', **BOOT)
each('dmesg_caller_cpu', '[  106.585811][    C3] %s', **BOOT)
each('printk_with_level', '[  106.585811,3] %s', **BOOT)
each('printk_with_cpu', '[  106.585811@3] %s', **BOOT)
each('dmesg_r', '<3>' + UPTIME + '%s', **BOOT)
each('kmsg', '3,1234,106585811,-;%s', **BOOT)
each('kmsg_caller', '3,1234,106585811,-,caller=T123;%s', **BOOT)
each('pstore', '<3>' + UPTIME + '%s\r', **BOOT)
each('serial_console', UPTIME + '%s\r\r', **BOOT)


@form(**BOOT)
def kmsg_with_escapes(lines):
    """With the device's properties, which belong to no message."""
    return ''.join('3,1234,106585811,-;%s\n SUBSYSTEM=platform\n DEVICE=+platform:fc900000.iommu\n'
                   % line.replace('\t', '\\x09') for line in lines)


@form(**BOOT)
def dmesg_color(lines):
    return ''.join('\033[32m%s\033[0m\033[33marm-smmu-v3 fc900000.iommu: \033[0m%s\n' % (
        UPTIME, line[len(DEVICE):]) for line in lines)


@form(**BOOT)
def script_session(lines):
    return ('Script started on 2024-12-09 09:00:00+00:00 [TERM="xterm"]\r\n'
            '\033]0;root@box: ~\007\033[?2004hroot@box:~# dmesg | grep smmu\r\n\033[?2004l\r' +
            ''.join('%s\033[01;31m\033[Karm-smmu-v3\033[m\033[K%s\r\n' % (
                UPTIME, line[len('arm-smmu-v3'):]) for line in lines))


@form(**BOOT)
def colour_without_escape(lines):
    return dmesg_color(lines).replace('\033', '')


@form(**BOOT)
def colour_made_visible(lines):
    return dmesg_color(lines).replace('\033', '^[')


@form(**BOOT)
def colour_as_python_writes_it(lines):
    return dmesg_color(lines).replace('\033', '\\x1b').replace('\t', '\\t')


@form(**BOOT)
def dmesg_json(lines):
    return json.dumps({'dmesg': [{'pri': 3, 'time': 106.585811, 'msg': line} for line in lines]},
                      indent=3)


@form(**BOOT)
def dmesg_json_of_util_linux(lines):
    return '{\n   "dmesg": [\n      {\n' + '\n      },{\n'.join(
        '         "pri": 3,\n         "time":   106.585811,\n         "msg": %s' % json.dumps(line)
        for line in lines) + '\n      }\n   ]\n}\n'


# The journal.
each('journal_short', 'Dec 09 09:15:57 box kernel: %s', **YEARLESS)
each('journal_short_precise', 'Dec 09 09:15:57.000000 box kernel: %s', **YEARLESS)
each('journal_short_full', 'Mon 2024-12-09 09:15:57 UTC box kernel: %s', **UTC)
each('journal_short_full_cet', 'Mon 2024-12-09 09:15:57 CET box kernel: %s', **LOCAL)
each('journal_short_iso', '2024-12-09T10:15:57+0100 box kernel: %s', **UTC)
each('journal_short_iso_precise', '2024-12-09T09:15:57.000000+00:00 box kernel: %s', **UTC)
each('journal_short_monotonic', '[  106.585811] box kernel: %s', **BOOT)
each('journal_short_unix', '1733735757.000000 box kernel: %s', **UTC)
each('journal_cat', '%s')
objects('journal_json', lambda line: {
    'PRIORITY': '3', '_HOSTNAME': 'box', 'MESSAGE': line, 'SYSLOG_IDENTIFIER': 'kernel',
    '_KERNEL_DEVICE': '+platform:fc900000.iommu', '__REALTIME_TIMESTAMP': '1733735757000000',
    '_SOURCE_MONOTONIC_TIMESTAMP': '106585811'}, **BOOT, **UTC)
objects('journal_json_bytes', lambda line: {
    'MESSAGE': list(('\033[1m' + line).encode()),
    '__REALTIME_TIMESTAMP': '1733735757000000'}, **UTC)


@form(**BOOT, **UTC)
def journal_json_pretty(lines):
    return ''.join(json.dumps({
        '__REALTIME_TIMESTAMP': '1733735757000000', '_SOURCE_MONOTONIC_TIMESTAMP': '106585811',
        'MESSAGE': line, '_HOSTNAME': 'box'}, indent='\t', separators=(',', ' : ')) + '\n'
        for line in lines)


@form(**BOOT, **UTC)
def journal_json_pretty_with_the_times_last(lines):
    return ''.join(json.dumps({
        'MESSAGE': line, '_HOSTNAME': 'box', '_SOURCE_MONOTONIC_TIMESTAMP': '106585811',
        '__REALTIME_TIMESTAMP': '1733735757000000'}, indent='\t', separators=(',', ' : ')) + '\n'
        for line in lines)


@form(**BOOT, **UTC)
def journal_json_sse(lines):
    return ''.join('data: %s\n\n' % json.dumps({
        'MESSAGE': line, '__REALTIME_TIMESTAMP': '1733735757000000',
        '_SOURCE_MONOTONIC_TIMESTAMP': '106585811'}) for line in lines)


@form(**BOOT, **UTC)
def journal_json_seq(lines):
    return journal_json_sse(lines).replace('data: ', '\036').replace('\n\n', '\n')


@form(**BOOT, **UTC)
def journal_export(lines):
    return ''.join('__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1733735757000000\n'
                   '__MONOTONIC_TIMESTAMP=106585811\n_TRANSPORT=kernel\nMESSAGE=%s\n\n' % line
                   for line in lines)


@form(**LOCAL)
def journal_verbose(lines):
    return ''.join('Mon 2024-12-09 09:15:57.000000 CET [s=1;i=2]\n    PRIORITY=3\n'
                   '    MESSAGE=%s\n' % line for line in lines)


# Syslog.
each('rfc3164', 'Dec  9 09:15:57 box kernel: %s', **YEARLESS)
each('rfc3164_with_uptime', 'Dec  9 09:15:57 box kernel: ' + UPTIME + '%s', **YEARLESS, **BOOT)
each('rfc3164_of_the_wire', '<3>Dec  9 09:15:57 box kernel: %s', **YEARLESS)
each('rfc5424', '<3>1 2024-12-09T09:15:57.000Z box kernel - - - %s', **UTC)
each('rfc5424_with_data', '<3>1 2024-12-09T09:15:57Z box kernel 1 - [meta sequenceId="29"] %s',
     **UTC)
each('rsyslog_of_today', '2024-12-09T09:15:57.000000+00:00 box kernel: %s', **UTC)
each('busybox', 'Dec  9 09:15:57 box kern.err kernel: ' + UPTIME + '%s', **YEARLESS, **BOOT)


@form(**YEARLESS)
def rsyslog_with_escapes(lines):
    return ''.join('Dec  9 09:15:57 box kernel: %s\n' % line.replace('\t', '#011')
                   for line in lines)


# Log shippers and services.
objects('docker', lambda line: {'log': line + '\n', 'stream': 'stdout',
                                'time': '2024-12-09T09:15:57.000000000Z'}, **UTC)
objects('lava', lambda line: {'dt': '2024-12-09T09:15:57.000000', 'lvl': 'target', 'msg': line},
        **LOCAL)
objects('gelf', lambda line: {'version': '1.1', 'host': 'box', 'short_message': line,
                              'timestamp': STAMP, 'level': 3}, **UTC)
objects('gelf_with_both', lambda line: {'short_message': line[:40], 'full_message': line,
                                        'timestamp': STAMP}, **UTC)
objects('fluentd', lambda line: {'date': STAMP, 'kernel': {'message': line}}, **UTC)
objects('elastic', lambda line: {'@timestamp': '2024-12-09T09:15:57.000Z',
                                 'host': {'name': 'box'}, 'message': line,
                                 'event': {'original': line}}, **UTC)
objects('otel', lambda line: {'observed': '0', 'body': {'stringValue': line}})
objects('unknown_names', lambda line: {'level': 'info', 'when': 'x', 'payload': line + ' '})
objects('json_in_json', lambda line: {'log': json.dumps({'msg': line, 'ts': STAMP}),
                                      'stream': 'stderr'}, **UTC)
each('containerd', '2024-12-09T09:15:57.000000000Z stdout F %s', **UTC)
each('github_actions', '2024-12-09T09:15:57.0000000Z ' + UPTIME + '%s', **UTC, **BOOT)
each('talos', 'box: kern:     err: [2024-12-09T09:15:57.000Z]: %s', **UTC)
each('logcat', '12-09 09:15:57.000     0     0 E ' + UPTIME + '%s', **YEARLESS, **BOOT)
each('logcat_year', '2024-12-09 09:15:57.000     0     0 E KERNEL  : %s', **LOCAL)
each('console_log', '[2024-12-09 09:15:57] ' + UPTIME + '%s', **LOCAL, **BOOT)
each('kubectl', '[pod/node-debugger/x] ' + UPTIME + '%s', **BOOT)


@form(**UTC)
def gelf_pretty(lines):
    return json.dumps([{'short_message': line[:40], 'full_message': line, 'timestamp': STAMP}
                       for line in lines], indent=4)


@form(**UTC)
def elastic_pretty(lines):
    """Each message twice, and a member that is an object between it and the time."""
    return json.dumps([{'event': {'original': line}, 'message': line, 'agent': {'id': '1'},
                        '@timestamp': '2024-12-09T09:15:57.000Z'} for line in lines], indent=2)


@form(**UTC)
def elastic_hits(lines):
    return json.dumps([{'_index': 'x', '_source': {
        '@timestamp': '2024-12-09T09:15:57.000Z', 'agent': {'id': '1'}, 'message': line,
        'event': {'original': line}}} for line in lines], indent=2)


@form()
def objects_by_name(lines):
    return json.dumps({'lines': {'b%d' % i: {'msg': line} for i, line in enumerate(lines)}},
                      indent=2)


@form(**UTC)
def loki(lines):
    return json.dumps({'status': 'success', 'data': {'result': [{
        'stream': {'host': 'box'},
        'values': [[str(STAMP) + '000000000', line] for line in lines]}]}})


@form(**UTC)
def array_on_one_line(lines):
    return json.dumps([{'message': line, 'timestamp': '2024-12-09T09:15:57Z'} for line in lines])


@form(**BOOT)
def one_message_with_all_lines(lines):
    return json.dumps({'text': '\n'.join(UPTIME + line for line in lines)})


@form()
def logfmt(lines):
    return ''.join('level=info msg=%s\n' % json.dumps(line) for line in lines)


@form()
def python_list(lines):
    return repr([line + '\n' for line in lines]) + '\n'


# Forums, mails, chats.
each('quoted', '> ' + UPTIME + '%s', **BOOT)
each('quoted_twice', '>> > ' + UPTIME + '%s', **BOOT)
each('quoted_by_name', 'John> ' + UPTIME + '%s', **BOOT)
each('bullets', '- ' + UPTIME + '%s', **BOOT)
each('stars', '  * ' + UPTIME + '%s', **BOOT)
each('backticks', '`' + UPTIME + '%s`', **BOOT)
each('table', '| ' + UPTIME + '| %s |', **BOOT)
each('table_with_code', '| 1 | `' + UPTIME + '%s` | err |', **BOOT)
each('line_numbers', '  12\t' + UPTIME + '%s', **BOOT)
each('grep_file', 'kern.log:' + UPTIME + '%s', **BOOT)
each('grep_file_line', '/var/log/kern.log:123:' + UPTIME + '%s', **BOOT)
each('grep_context', 'kern.log-123-' + UPTIME + '%s', **BOOT)
each('diff', '+' + UPTIME + '%s', **BOOT)
each('html_lines', UPTIME + '%s<br>', **BOOT)
each('html_code', '<p><code>' + UPTIME + '%s</code></p>', **BOOT)
each('html_rows', '<tr><td>106.585811</td><td>%s</td></tr>')
each('trailing_comma', '"' + UPTIME + '%s",', **BOOT)
each('trailing_bracket', '%s [')


@form(**BOOT)
def html_escaped(lines):
    return '<pre>' + ''.join(html.escape(UPTIME + line) + '\n' for line in lines) + '</pre>'


@form(**BOOT)
def html_on_one_line(lines):
    return '<div>' + '<br/>'.join(html.escape(UPTIME + line) for line in lines) + '</div>'


@form(**BOOT)
def html_nbsp(lines):
    return ''.join('%s<br>\n' % html.escape(UPTIME + line).replace(' ', '&nbsp;')
                   for line in lines)


@form(**BOOT)
def no_break_blanks(lines):
    return ''.join((UPTIME + line).replace(' ', '\u00a0') + '\n' for line in lines)


@form(**BOOT)
def word_processor(lines):
    return ''.join((UPTIME + line).replace('"', '\u201c', 1).replace('"', '\u201d').replace(
        'arm-smmu-v3', 'arm\u2011smmu\u2011v3') + '\u200b\n' for line in lines)


@form(**BOOT)
def byte_order_mark(lines):
    return '\ufeff' + ''.join(UPTIME + line + '\r\n' for line in lines)


@form(**BOOT)
def carriage_returns_alone(lines):
    return ''.join(UPTIME + line + '\r' for line in lines)


@form(**BOOT)
def markdown_escaped(lines):
    return ''.join((UPTIME + line).replace('_', '\\_').replace('[', '\\[').replace(']', '\\]') +
                   '\n' for line in lines)


@form(**UTC)
def syslog_of_tcp(lines):
    """Nothing but its length parts a line from the next."""
    framed = ['<3>1 2024-12-09T09:15:57Z box kernel - - - ' + line for line in lines]
    return ''.join('%d %s' % (len(line), line) for line in framed)


@form(**BOOT)
def csv_file(lines):
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(['host', 'text'])
    for line in lines:
        writer.writerow(['box', UPTIME + line])
    return out.getvalue()


def encode_mail(lines, find):
    """Quoted-printable, with soft breaks where @find wants them."""
    out = []
    for line in lines:
        line = (UPTIME + line).replace('=', '=3D').replace('\t', '=09')
        while len(line) > 75:
            at = find(line)
            out.append(line[:at] + '=')
            line = line[at:]
        out.append(line)
    return '\n'.join(out) + '\n'


@form(**BOOT)
def quoted_printable(lines):
    return encode_mail(lines, lambda line: line.rfind(' ', 0, 75) + 1)


@form(**BOOT)
def quoted_printable_with_the_blank_behind(lines):
    return encode_mail(lines, lambda line: line.rfind(' ', 0, 75))


@form(**BOOT)
def quoted_printable_within_words(lines):
    return encode_mail(lines, lambda line: 75)


@form(**BOOT)
def wrapped_at_72(lines):
    return '\n'.join('\n'.join(textwrap.wrap(
        UPTIME + line, 72, break_long_words=False, break_on_hyphens=False, expand_tabs=False,
        replace_whitespace=False)) for line in lines) + '\n'


@form(**BOOT)
def all_on_one_line(lines):
    return ' '.join(UPTIME + line for line in lines)


@form(**LOCAL)
def all_on_one_line_of_dmesg_T(lines):
    return ' '.join('[Mon Dec  9 09:15:57 2024] ' + line for line in lines)


@form(**YEARLESS)
def all_on_one_line_of_syslog(lines):
    return ' '.join('Dec  9 09:15:57 box kernel: ' + line for line in lines)


@form()
def all_on_one_line_without_times(lines):
    return ' '.join(lines)


@form(**BOOT)
def escaped_on_one_line(lines):
    return json.dumps(''.join(UPTIME + line + '\n' for line in lines))


@form(**BOOT)
def among_other_lines(lines):
    return ''.join(UPTIME + text + '\n' for line in lines for text in [NOISE[0], line, NOISE[1]])


@form()
def without_the_drivers_name(lines):
    return ''.join(line[len(DEVICE):] + '\n' for line in lines)


@form(**BOOT)
def behind_lines_that_end_like_a_mails(lines):
    return 'a word and x=\n' * 100 + ''.join(UPTIME + line + '\n' for line in lines)


def without(lines, *parts):
    return [line for line in lines if not any(part in line for part in parts)]


def check(name, lines, client):
    function, times = FORMATS[name]
    data = function(lines)
    result = run('decode', '--json', stdin=data.encode())
    found = [json.loads(line) for line in result.lines()]
    events = [item for item in found if item['type'] == 'event']
    want = {'name': 'F_TRANSLATION', 'sid': 0x100, 'rnw': False, 's2': False,
            'input_addr': '0x90000f040', 'class': 2, 'stall': False,
            'time_ns': '-absent-', 'time': '-absent-'}
    if client:
        want['client'] = '0000:01:00.0'
    if '\t0x' in ''.join(lines):
        want['record'] = ['0x%016x' % word for word in WORDS]
    if name != 'without_the_drivers_name':
        want['smmu'] = 'fc900000.iommu'
    want.update(times)
    got = [{key: event.get(key, '-absent-') for key in want} for event in events]
    others = {item['type'] for item in found} - {'event', 'context'}
    if result.code or got != [want] or others:
        raise AssertionError('%s: exit %d, %s\ngot  %r\nwant %r\nof %r\n%s' % (
            name, result.code, others, got, [want], data, result.err))


def every_form(lines, client):
    failed = []
    for name in FORMATS:
        try:
            check(name, lines, client)
        except AssertionError as error:
            failed.append(str(error))
    if failed:
        raise AssertionError('%d of %d forms:\n%s' % (len(failed), len(FORMATS),
                                                      '\n'.join(failed)))


def words_and_names():
    every_form(KERNEL, True)


def words_alone():
    """Linux before 6.14."""
    every_form(without(KERNEL, 'event: ', 'stag: '), False)


def names_alone():
    """What grep has left."""
    every_form(without(KERNEL, '\t0x', ' received:'), True)


def one_line_that_is_longer_than_any_buffer():
    """Each of the events is there, wherever the line is cut."""
    count = 1000
    for data in (' '.join(UPTIME + line for _ in range(count) for line in KERNEL),
                 json.dumps('\n'.join(UPTIME + line for _ in range(count) for line in KERNEL)),
                 '<br>'.join(UPTIME + line for _ in range(count) for line in KERNEL)):
        result = run('decode', '--json', stdin=data.encode())
        events = [json.loads(line) for line in result.lines()]
        got = {(item['type'], item['line'], item.get('client'), item.get('input_addr'))
               for item in events}
        if len(events) != count or got != {('event', 1, '0000:01:00.0', '0x90000f040')}:
            raise AssertionError('%d events: %r\n%s' % (len(events), got, result.err))


main([one_line_that_is_longer_than_any_buffer, words_and_names, words_alone, names_alone])
