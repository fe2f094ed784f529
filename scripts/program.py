# SPDX-License-Identifier: BSD-2-Clause
"""Run one test program, with a limit of time, and judge it. Used by tests/check."""
import os
import signal
import subprocess
import time

import tap

SANITIZERS = {
    'ASAN_OPTIONS': 'detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
    'TSAN_OPTIONS': 'halt_on_error=1:second_deadlock_stack=1',
}


def run_program(command, cwd, env, limit):
    """(exit status as a shell tells it, output); the whole process group dies at the limit."""
    process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return 124, output.decode('utf-8', 'replace') + '\n# killed after %d s\n' % limit
    code = process.returncode
    return (128 - code if code < 0 else code), output.decode('utf-8', 'replace')


def judge(code, output, name, must_be_tap):
    """The results of one program, from its TAP, or from its exit status if it printed none."""
    stream = tap.Stream()
    for line in output.splitlines():
        stream.line(line)
    if not stream.results and (code == 77 or (stream.skip_all and code == 0)):
        return [tap.Result(tap.SKIPPED, name)]
    if not stream.is_tap() and not must_be_tap:
        outcome = tap.PASS if code == 0 else tap.FAIL
        return [tap.Result(outcome, '%s: exit status %d' % (name, code))]
    return stream.results + stream.finish(code, name)


def fixed_addresses():
    """A prefix that gives programs a memory layout which the thread sanitizer can work in."""
    prefix = ['setarch', os.uname().machine, '-R']
    try:
        subprocess.run(prefix + ['true'], check=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return []
    return prefix


def one_test(folder, test, prefix, slower):
    """Run one of meson's tests, below `folder`; (test, results, log, seconds)."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT='TAP', **SANITIZERS)
    env.update(test.get('env') or {})
    limit = max(int(test.get('timeout') or 0), 60) * slower
    cwd = test.get('workdir') or folder
    start = time.monotonic()
    code, output = run_program(prefix + test['cmd'], cwd, env, limit)
    seconds = time.monotonic() - start
    results = judge(code, output, test['name'], test.get('protocol') == 'tap')
    return test, results, '$ %s\n%s# exit status %d\n' % (' '.join(test['cmd']), output, code), seconds
