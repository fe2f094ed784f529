# SPDX-License-Identifier: BSD-2-Clause
"""What the README shows of the command is what the command says.

A block of "console" has lines "$ vsmmu ..." and behind each what it prints; "..." stands for lines
that are left out. kern.log there is what a real kernel said in the rig, host.tar a host of tests.
With RECORD=1 in the environment the blocks without "..." are written anew.
"""
import os
import re
import shlex
import shutil
import sys

from harness import main, run

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, '..', '..', 'README.md')
sys.path.insert(0, os.path.join(HERE, 'hosts'))
import kinds  # pylint: disable=wrong-import-position,import-error

BLOCK = re.compile(r'(?<=^```console\n).*?(?=^```$)', re.MULTILINE | re.DOTALL)


def files():
    """Those that the README's lines name."""
    shutil.copy(os.path.join(HERE, 'host-7.3.kmsg'), 'kern.log')
    os.mkdir('host')
    kinds.KINDS['no-canwbs']().write('host')
    run('probe', '--root', 'host', '--quiet', '--collect', 'host.tar')


def said(line):
    words = shlex.split(line)
    if words[:2] != ['$', 'vsmmu']:
        raise AssertionError('no command of ours: ' + line)
    result = run(*words[2:])
    if result.err:
        raise AssertionError('%s: %s' % (line, result.err))
    return result.out


def matches(shown, out):
    parts = re.split(r'^\.\.\.\n', shown, flags=re.MULTILINE)
    return re.fullmatch('(?:.*\n)*'.join(re.escape(part) for part in parts), out)


def readme_shows_what_is_said():
    with open(README, encoding='utf-8') as file:
        text = file.read()
    files()
    commands = 0
    for block in BLOCK.findall(text):
        recorded = ''
        for line, shown in re.findall(r'^(\$ .*)\n((?:(?!\$ ).*\n)*)', block, re.MULTILINE):
            out = said(line)
            commands += 1
            if os.environ.get('RECORD') and '\n...\n' not in '\n' + shown:
                shown = out
            elif not matches(shown, out):
                raise AssertionError('%s\nsays now:\n%s' % (line, out))
            recorded += line + '\n' + shown
        text = text.replace(block, recorded)
    if os.environ.get('RECORD'):
        with open(README, 'w', encoding='utf-8') as file:
            file.write(text)
    if commands < 2:
        raise AssertionError('the README shows %d commands' % commands)


main([readme_shows_what_is_said])
