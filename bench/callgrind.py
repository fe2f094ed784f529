# SPDX-License-Identifier: BSD-2-Clause
"""Instruction counts out of a file that valgrind --tool=callgrind wrote."""
import re

NAME = re.compile(r'(c?fn)=\((\d+)\)(?: (.*))?$')
COST = re.compile(r'(?:[+-]?(?:0x)?[0-9a-f]+|\*) (\d+)$')


def read(path):
    """(total, {function: its own}, {function: its own and what it called}) instructions.

    The last is right for functions that do not call themselves."""
    own, inclusive, names = {}, {}, {}
    function = callee = None
    calling = False
    with open(path, encoding='utf-8') as f:
        for line in f:
            line = line.rstrip('\n')
            name, cost = NAME.match(line), COST.match(line)
            if name:
                kind, number, text = name.groups()
                if text:
                    names[number] = text
                if kind == 'fn':
                    function = names[number]
                else:
                    callee = names[number]
            elif line.startswith('calls='):
                calling = True
            elif cost and calling:
                inclusive[callee] = inclusive.get(callee, 0) + int(cost.group(1))
                calling = False
            elif cost and function:
                own[function] = own.get(function, 0) + int(cost.group(1))
    return sum(own.values()), own, inclusive
