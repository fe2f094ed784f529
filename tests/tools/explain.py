# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu explain, and vsmmu help, from outside."""
import json
import re

from harness import contains, equal, main, on_a_terminal, run

MEMBERS = ['aliases', 'causes', 'complaint', 'culprits', 'format', 'guest', 'kind', 'look', 'name',
           'next', 'number', 'said', 'section', 'source', 'trust', 'what']


def explained(*words):
    """The entries, as JSON has them."""
    result = run('explain', '--json', *words)
    equal((result.code, result.err), (0, ''))
    entries = json.loads(result.out)
    for entry in entries:
        equal(sorted(entry), MEMBERS)
    return entries


def names(*words):
    return [entry['name'] for entry in explained(*words)]


def numbers():
    """In every base; a leading zero is the kernel's way to print one."""
    for words in ('0x07', '7', '07', '0X7', 'event 7', 'EVENT 0x07', 'event=7'):
        equal(names(words), ['F_TRANSL_FORBIDDEN'])
    for words in ('0x10', '16', '010', '0010'):
        equal(names(words), ['F_TRANSLATION'])
    equal(names('0a'), ['C_BAD_CD'])
    equal([(e['name'], '0x10 is F_TRANSLATION' in e['said']) for e in explained('10')],
          [('C_BAD_CD', True)])
    equal(names('0xef'), names('0xe0'))


def all_numbers():
    """No number is without an answer, and none crashes."""
    for number in range(256):
        entry, = explained(hex(number))
        equal(entry['kind'], 'event')


def event_names():
    for words in ('F_TRANSLATION', 'f_translation', 'EVT_ID_TRANSLATION_FAULT', 'Translation',
                  'SMMU_EVT_F_TRANSLATION', 'VSMMU_EVENT_F_TRANSLATION', ' F_TRANSLATION'):
        equal(names(words), ['F_TRANSLATION'])
    equal(names('bad streamid', 'EVT_ID_BAD_STREAMID_CONFIG'), ['C_BAD_STREAMID'] * 2)


def each_name_is_its_own():
    entries = json.loads(run('explain', '--list', '--json').out)
    asked = names(*[entry['name'] for entry in entries])
    equal(asked, [entry['name'] for entry in entries])
    events = [entry for entry in entries if entry['kind'] == 'event']
    for entry in events:
        for alias in entry['aliases']:
            equal(names(alias), [entry['name']])


def registers():
    equal(names('GERROR', '0x5'), ['CMDQ_ERR', 'EVENTQ_ABT_ERR'])
    equal(names('gerror 0x101'), ['CMDQ_ERR', 'SFM_ERR'])
    equal(names('CONS', '0x3000010', 'GERROR=1'), ['CERROR_ATC_INV_SYNC', 'CMDQ_ERR'])
    entry, = explained('COMMAND', '0x0000010000000840', '0x12345000')
    contains(entry['said'], 'CMD_ATC_INV ssid 0x0 sid 0x100 addr 0x12345000')
    equal(names('CONS'), [line.split()[2] for line in
                          run('explain', '--list', '--kind', 'commands').lines()])
    assert len(run('explain', 'gerror').lines()) > 8
    entry, = explained('COMMAND', '0', '0')
    contains(entry['said'], 'empty slot')


def lines():
    """A whole line, with what a log has before it and a mail behind it."""
    sync = 'CMD_SYNC timeout at 0x00000146 [hwprod 0x00000146, hwcons 0x00000000]'
    for line in (sync, '[   12.5] arm-smmu-v3 arm-smmu-v3.0.auto: ' + sync,
                 'Dec  9 09:15:57 host kernel: arm-smmu-v3 fc900000.iommu: %s |' % sync,
                 '(XEN) SMMUv3: /smmuv3@9050000: ' + sync):
        entry, = explained(line)
        equal(entry['name'], 'cmd-sync-timeout')
        contains(entry['said'], 'has not read a single command')
        contains(entry['causes'][0]['text'], 'clock')
        assert all('ATC' not in cause['text'] for cause in entry['causes']), entry
    entry, = explained('arm-smmu-v3 x: event: F_PERMISSION client: 0000:01:00.0 sid: 0x100 '
                       'ssid: 0x0 iova: 0x1000 ipa: 0x0')
    equal(entry['name'], 'F_PERMISSION')
    equal(names('arm-smmu-v3 x: event 0x02 received:'), ['C_BAD_STREAMID'])
    equal(names('x: event: UNKNOWN client: y sid: 0x1 ssid: 0x0'), ['UNKNOWN'])


def parts():
    """All forms of a message are shown; of many there is a list."""
    equal(names('CMD_SYNC timeout'), ['cmd-sync-timeout', 'cmd-sync-timeout-unplaced'])
    contains(run('explain', 'CMD_SYNC timeout').out, 'hwcons')
    equal(names('Input address caused fault'), ['event-detail'])
    equal(names('CMD_SYNC', 'timeout'), names('CMD_SYNC timeout'))
    equal(names('event', '0x02', 'received:'), ['C_BAD_STREAMID'])
    equal(names('F_ACCESS', '16'), ['F_ACCESS', 'F_TRANSLATION'])
    result = run('explain', 'failed to enable')
    equal(result.code, 0)
    assert len(result.lines()) > 5 and 'evtq-irq-failed' in result.out, result.out


def several():
    result = run('explain', '0x10', 'no such thing', '0x02')
    equal(result.code, 1)
    assert result.out.index('F_TRANSLATION (') < result.out.index('C_BAD_STREAMID (')
    contains(result.err, "'no such thing' is not known")


def unknown():
    for words, nearest in (('F_TRANSLTION', 'F_TRANSLATION'), ('F_TL_PF', 'F_TRANSLATION'),
                           ('C_BAD_STREAM', 'C_BAD_STREAMID'), ('cmdsync-timeout', 'cmd-sync')):
        result = run('explain', words)
        equal((result.code, result.out), (1, ''))
        contains(result.err, words)
        contains(result.err, nearest)
    for words in ('xyzzy plugh', '0x100', '-5', '', ' ', '%s%n', '\udcff\udcfe', '9' * 40,
                  'a' * 5000, ': ' * 5000, 'GERROR 0x5 0x6', 'COMMAND 1 2 3'):
        result = run('explain', '--', words)
        equal(result.code, 1)
        contains(result.err, 'not known')


def usage():
    for args in ((), ('--list', '0x10'), ('--kind', 'gerror', '0x10'), ('--kind', 'nothing'),
                 ('--format', 'nothing'), ('--nothing',), ('--format', 'html', '0x10')):
        result = run('explain', *args)
        equal((result.code, result.out), (2, ''))
        assert result.err


def listing():
    whole = run('explain', '--list').lines()
    for line in whole:
        assert re.match(r'(event|gerror|command|message) +(0x..|\d+|-) +\S+ +\S', line), line
    kinds = [run('explain', '--list', '--kind', kind).lines()
             for kind in ('events', 'gerror', 'commands', 'messages')]
    equal(sum(kinds, []), whole)
    assert all(kinds)
    found = [line for line in whole if ' 0x10 ' in line]
    equal(len(found), 1)
    contains(found[0], 'F_TRANSLATION')
    assert any('CMD_SYNC timeout at' in line for line in whole)


def width():
    """No line is broken where there is no terminal; where there is, none is too long."""
    for args in (['0x10'], ['--list']):
        lines = on_a_terminal(['explain', *args], COLUMNS='60', NO_COLOR='1').splitlines()
        longest = max(len(line) for line in lines)
        assert 50 < longest <= 60, longest
    assert max(len(line) for line in run('explain', '0x10').lines()) > 100


def pages():
    """A page has an anchor for each entry, no other tag than it should, and plain text."""
    html = run('explain', '--format', 'html').out
    entries = json.loads(run('explain', '--list', '--json').out)
    anchors = re.findall(r'<section id="([^"]*)">', html)
    equal(anchors, [entry['name'] for entry in entries])
    equal(sorted(re.findall(r'<li><a href="#([^"]*)">', html)), sorted(anchors))
    equal(len(re.findall('<section ', html)), len(re.findall('</section>', html)))
    contains(html, 'command queue size &lt;= %d entries')
    assert 'viewport' in html and 'color-scheme: light dark' in html
    page = run('explain', '--format', 'scdoc').out
    assert page.startswith('vsmmu-events(7)\n')
    equal(len(re.findall('^## ', page, re.MULTILINE)), len(entries))


def helps():
    equal(run('help').out, run('--help').out)
    for command in ('decode', 'explain', 'demo'):
        equal(run('help', command).out, run(command, '--help').out)
    equal(run('help', 'nothing').code, 2)
    equal(run('help', 'decode', 'demo').code, 2)


main([numbers, all_numbers, event_names, each_name_is_its_own, registers, lines, parts,
      several, unknown, usage, listing, width, pages, helps])
