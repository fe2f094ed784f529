# SPDX-License-Identifier: BSD-2-Clause
"""The output of a test program, read as TAP (the Test Anything Protocol) and judged.

Used by tests/check and rig/report. A name may end in the ids of the matrix that the test covers:
"ok 12 - sequence wraps at INT_MAX [E5 P1]".
"""
import re

RESULT = re.compile(r'^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?(.*)$')
PLAN = re.compile(r'^1\.\.(\d+)\s*(#\s*skip\b.*)?$', re.IGNORECASE)
SKIP = re.compile(r'\s*#\s*skip\b.*$', re.IGNORECASE)
IDS = re.compile(r'\[([A-Z]\d+(?:[ ,]+[A-Z]\d+)*)\]$')

PASS, FAIL, SKIPPED = 'ok', 'not ok', 'skip'


class Result:
    """One test: its outcome, its name, and the "#" lines that follow it."""

    def __init__(self, outcome, name, number=None):
        self.outcome, self.name, self.number, self.notes = outcome, name, number, []

    def ids(self):
        found = IDS.search(self.name)
        return re.findall(r'[A-Z]\d+', found.group(1)) if found else []


class Stream:
    """Takes a program's lines one by one; finish() says what was wrong as a whole."""

    def __init__(self):
        self.results, self.plans, self.skip_all, self.bail = [], [], False, None

    def line(self, text):
        """The Result that this line starts, or None."""
        found = RESULT.match(text)
        if found:
            name, outcome = found.group(3).strip(), FAIL if found.group(1) else PASS
            if SKIP.search(name):
                name, outcome = SKIP.sub('', name), FAIL if found.group(1) else SKIPPED
            number = int(found.group(2)) if found.group(2) else len(self.results) + 1
            self.results.append(Result(outcome, name, number))
            return self.results[-1]
        plan = PLAN.match(text)
        if plan:
            self.plans.append(int(plan.group(1)))
            self.skip_all = bool(plan.group(2))
        elif text.startswith('Bail out!'):
            self.bail = text
        elif text.startswith('#') and self.results:
            self.results[-1].notes.append(text)
        return None

    def is_tap(self):
        return bool(self.results or self.plans or self.bail)

    def finish(self, code, program):
        """Failures that no single line told, as Results; `code` is the exit status."""
        wrong = []
        numbers = [r.number for r in self.results]
        if self.bail:
            wrong.append(self.bail)
        if len(self.plans) != 1:
            wrong.append('no plan 1..N' if not self.plans else 'more than one plan')
        elif self.plans[0] == 0 and not self.results:
            if not self.skip_all:
                wrong.append('no test in it')
        elif numbers != list(range(1, self.plans[0] + 1)):
            wrong.append('planned 1..%d, got %s' % (self.plans[0], _brief(numbers)))
        if code != 0 and (wrong or all(r.outcome != FAIL for r in self.results)):
            wrong.append('exit status %d%s' % (code, _signal(code)))
        if code == 0 and any(r.outcome == FAIL for r in self.results):
            wrong.append('exit status 0 although a test failed')
        return [Result(FAIL, '%s: %s' % (program, text)) for text in wrong]


def _brief(numbers):
    if not numbers:
        return 'none'
    if numbers == list(range(1, len(numbers) + 1)):
        return '1 to %d' % len(numbers)
    return ' '.join(str(n) for n in numbers[:40])


def _signal(code):
    return ' (signal %d)' % (code - 128) if 128 < code < 160 else ''
