# SPDX-License-Identifier: BSD-2-Clause
"""tests/matrix.txt: which rule must be tested in which lane. Used by tests/check."""
import re

LANES = ['unit', 'sim', 'mock', 'real']


class Row:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.wanted = {}   # lane -> True
        self.reasons = {}  # lane -> why there can be no test


def read(path):
    """The rows; ValueError says in which line the file is wrong."""
    rows = []
    with open(path, encoding='utf-8') as f:
        for number, line in enumerate(f, 1):
            if line.startswith('#') or not line.strip():
                continue
            head = re.match(r'^([A-Z]\d+)\s+(\S.*)$', line)
            cell = re.match(r'^\s+(\w+)\s+(yes|-)\s*(.*)$', line)
            if head:
                rows.append(Row(head.group(1), head.group(2)))
                continue
            lane, what, reason = cell.groups() if cell else (None, None, None)
            if lane not in LANES or not rows or (what == '-') != bool(reason):
                raise ValueError('%s, line %d: neither "ID description" nor "lane yes" nor '
                                 '"lane - reason"' % (path, number))
            if what == 'yes':
                rows[-1].wanted[lane] = True
            else:
                rows[-1].reasons[lane] = reason
    names = [row.name for row in rows]
    for row in rows:
        if names.count(row.name) > 1:
            raise ValueError('%s: %s occurs twice' % (path, row.name))
        if set(row.wanted) | set(row.reasons) != set(LANES):
            raise ValueError('%s: %s does not name each of the lanes' % (path, row.name))
    return rows


def table(rows, tests, lanes):
    """Lines to print; `tests` maps (id, lane) to passing tests. A lane that did not run is "."."""
    lines = ['%-5s' % '' + ''.join('%6s' % lane for lane in LANES)]
    for row in rows:
        line = '%-5s' % row.name
        for lane in LANES:
            n = len(tests.get((row.name, lane), ()))
            if lane not in lanes:
                mark = '.'
            elif n:
                mark = str(n)
            else:
                mark = 'NONE' if lane in row.wanted else '-'
            line += '%6s' % mark
        lines.append(line + '  ' + row.text)
    return lines


def holes(rows, tests, lanes):
    """What is missing, as text: cells without a test, and ids that the file does not know."""
    missing = ['%s has no passing test in lane %s: %s' % (row.name, lane, row.text)
               for row in rows for lane in lanes
               if lane in row.wanted and not tests.get((row.name, lane))]
    known = {row.name for row in rows}
    unknown = sorted({name for name, _ in tests} - known)
    return missing + ['a test names %s, which tests/matrix.txt does not know' % name
                      for name in unknown]
