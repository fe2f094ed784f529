# SPDX-License-Identifier: BSD-2-Clause
"""What the black-box tests of the command share: run it, print TAP, write captures."""
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

COMMAND = os.path.abspath(sys.argv[1])
TRANSLATION = (0x0000000800000010, 0x0000020800000000, 0x100000, 0)


class Result:
    """How a run of the command ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def lines(self):
        return self.out.splitlines()


def run(*args, stdin=b'', env=None):
    """The command's arguments, and what it reads."""
    process = subprocess.run([COMMAND, *args], input=stdin, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=60, check=False, env=env)
    return Result(process.returncode, process.stdout.decode('utf-8', 'replace'),
                  process.stderr.decode('utf-8', 'replace'))


def start(*args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **more):
    """The command in the background, its standard output as a pipe."""
    return subprocess.Popen([COMMAND, *args], stdin=stdin, stdout=stdout,
                            stderr=subprocess.PIPE, bufsize=0, **more)


def with_environment(**more):
    environment = {key: value for key, value in os.environ.items() if key != 'NO_COLOR'}
    environment.update(more)
    return environment


def on_a_terminal(args, **more):
    """What the command writes when its standard output is a terminal."""
    end, terminal = pty.openpty()
    process = start(*args, stdout=terminal, env=with_environment(TERM='xterm', **more))
    os.close(terminal)
    out = b''
    try:
        while True:
            piece = os.read(end, 65536)
            out += piece
            if not piece:
                break
    except OSError:  # EIO: nobody has the other end any more
        pass
    process.communicate()
    os.close(end)
    return out.decode()


def until(condition):
    """Waits for what is bound to come, however slow the machine."""
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('waited in vain')
        time.sleep(0.01)


def _status(process):
    with open('/proc/%d/status' % process.pid, encoding='utf-8') as f:
        return dict(line.split(':', 1) for line in f)


def catches_interrupts(process):
    """Whether interrupt() would not just kill it any more."""
    return int(_status(process)['SigCgt'], 16) >> signal.SIGINT - 1 & 1


def waits(process):
    """The same, and whether it sleeps."""
    return catches_interrupts(process) and _status(process)['State'].split()[0] == 'S'


def interrupt(process):
    """Ends it as Ctrl-C would. What it still said."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return Result(process.returncode, out.decode(), err.decode())


def equal(got, want):
    if got != want:
        raise AssertionError('got %r\nwant %r' % (got, want))


def contains(text, part):
    if part not in text:
        raise AssertionError('%r is not in %r' % (part, text))


def record(*words):
    return struct.pack('<4Q', *words)


def text(words):
    return ' '.join('0x%016x' % word for word in words)


# Captures, by the manual and not by the library.

def begin(minor=0):
    header = b'\x89VSMMU\r\n' + struct.pack('<HHIQI', 1, minor, 32, 0, 0)
    return header + struct.pack('<I', zlib.crc32(header))


def item(kind, payload):
    body = struct.pack('<II', kind, len(payload)) + payload
    return body + struct.pack('<I', zlib.crc32(body))


def event(queue, sequence, words, time=0):
    return item(1, struct.pack('<QII', time, queue, sequence) + record(*words))


def lost(queue, sequence, count, time=0):
    return item(2, struct.pack('<QIIQ', time, queue, sequence, count))


def endpoint(queue, vsid, name):
    return item(3, struct.pack('<II', queue, vsid) + name)


def main(tests):
    """Run each in a folder of its own."""
    failed = 0
    print('1..%d' % len(tests), flush=True)
    for number, test in enumerate(tests, 1):
        with tempfile.TemporaryDirectory(prefix='vsmmu-') as folder:
            os.chdir(folder)
            problem = None
            try:
                test()
            except Exception:  # pylint: disable=broad-except
                problem = traceback.format_exc()
            os.chdir('/')
        failed += problem is not None
        print('%sok %d - %s' % ('not ' if problem else '', number, test.__name__))
        for line in (problem or '').splitlines():
            print('# ' + line)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
