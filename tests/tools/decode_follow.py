# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode on inputs that go on: files that grow, pipes, terminals, signals."""
import array
import fcntl
import os
import pty
import select
import subprocess
import termios
import time

from harness import (TRANSLATION, catches_interrupts, contains, equal, interrupt, main, start, text,
                     until)
from logs import PERMISSION, old_style, write


def wait_for_line(stream, timeout=60):
    """One line that it writes, or None; it comes without the file having ended."""
    line, end = b'', time.monotonic() + timeout
    while not line.endswith(b'\n'):
        left = end - time.monotonic()
        if left < 0 or not select.select([stream], [], [], left)[0]:
            return None
        byte = os.read(stream.fileno(), 1)
        if not byte:
            return None
        line += byte
    return line.decode().rstrip('\n')


def has_read(process, name):
    """Whether it has come to the end that the file has now."""
    folder, want = '/proc/%d/' % process.pid, os.path.realpath(name)
    for number in os.listdir(folder + 'fd'):
        if os.readlink(folder + 'fd/' + number) == want:
            with open(folder + 'fdinfo/' + number, encoding='utf-8') as f:
                return int(f.readline().split()[1]) == os.path.getsize(name)
    return False


def is_empty(pipe):
    waiting = array.array('i', [0])
    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return waiting[0] == 0


def append(name, lines):
    with open(name, 'a', encoding='utf-8') as f:
        f.write(''.join(line + '\n' for line in lines))


def follow():
    write('log', old_style(TRANSLATION))
    process = start('decode', '-f', '--format', 'raw', '--summary', 'log')
    try:
        equal(wait_for_line(process.stdout), text(TRANSLATION))
        # An event that comes in two pieces.
        append('log', old_style(PERMISSION)[:3])
        until(lambda: has_read(process, 'log'))
        append('log', old_style(PERMISSION)[3:])
        equal(wait_for_line(process.stdout), text(PERMISSION))
        # Rotation: the name goes to a new file.
        os.rename('log', 'log.1')
        append('log.1', old_style(TRANSLATION))
        write('log', old_style(PERMISSION))
        equal(wait_for_line(process.stdout), text(TRANSLATION))
        equal(wait_for_line(process.stdout), text(PERMISSION))
        contains(wait_for_line(process.stderr), 'replaced')
        # Truncation.
        os.truncate('log', 0)
        contains(wait_for_line(process.stderr), 'shorter')
        append('log', old_style(TRANSLATION)[:5])
        equal(wait_for_line(process.stdout), text(TRANSLATION))
    finally:
        result = interrupt(process)
    equal(result.code, 0)
    contains(result.out, '5 events')
    equal(result.err, '')


def signal_ends_it_with_the_summary():
    end, begin_of_pipe = os.pipe()
    os.set_inheritable(end, True)
    process = start('decode', '-s', '/proc/%d/fd/%d' % (os.getpid(), end))
    os.write(begin_of_pipe, ('\n'.join(old_style(TRANSLATION)) + '\n').encode())
    try:
        until(lambda: catches_interrupts(process) and is_empty(end))
    finally:
        result = interrupt(process)
        os.close(begin_of_pipe)
        os.close(end)
    equal(result.code, 130)
    contains(result.out, '1 event\n')


def endless_nonsense_is_short():
    """A pipe that is all zero bytes and never ends, until the command is told to end."""
    end, begin_of_pipe = os.pipe()
    os.set_inheritable(end, True)
    process = start('decode', '-s', '--binary', '/proc/%d/fd/%d' % (os.getpid(), end))
    os.write(begin_of_pipe, bytes(32768))
    try:
        until(lambda: catches_interrupts(process) and is_empty(end))
    finally:
        result = interrupt(process)
        os.close(begin_of_pipe)
        os.close(end)
    equal(len(result.err.splitlines()) < 13, True)
    equal(len(result.out.splitlines()) < 100, True)


def a_pipe_is_shown_at_once():
    """Each distinct fault in full, and one like it shortly, though the pipe stays open."""
    process = start('decode', stdin=subprocess.PIPE)
    try:
        for words, first in ((TRANSLATION, '(standard input):1: '),
                             (PERMISSION, '(standard input):6: ')):
            process.stdin.write(('\n'.join(old_style(words)) + '\n').encode())
            contains(wait_for_line(process.stdout), first)
            while not wait_for_line(process.stdout).startswith('    More: '):
                pass
        process.stdin.write(('\n'.join(old_style(TRANSLATION) * 2) + '\n').encode())
        contains(wait_for_line(process.stdout), '... 2 more like line 1, the last in line 16')
        process.stdin.write(('\n'.join(old_style(TRANSLATION)) + '\n').encode())
        contains(wait_for_line(process.stdout), '... 1 more like line 1, it is in line 21')
    finally:
        out, err = process.communicate(timeout=60)
    equal((process.returncode, out, err), (0, b'', b''))


def a_terminal_is_told_that_it_is_read():
    end, terminal = pty.openpty()
    process = start('decode', stdin=terminal)
    os.close(terminal)
    try:
        contains(wait_for_line(process.stderr), 'reading standard input')
        os.write(end, b'\x04')
        out, _ = process.communicate(timeout=60)
        equal((process.returncode, out), (0, b''))
    finally:
        process.kill()
        os.close(end)


main([follow, signal_ends_it_with_the_summary, endless_nonsense_is_short,
      a_pipe_is_shown_at_once, a_terminal_is_told_that_it_is_read])
