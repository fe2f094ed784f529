#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Constants of the public headers are plain literals, and no list says how long it is.

A generator of bindings reads a macro only if it is one literal: UINT32_C(), UINT64_MAX and casts
are lost on it. A name that counts an enum changes its value with each version.

Takes: the folder that holds vsmmu/*.h. Prints: TAP. Exit status: 1 if a test failed.
"""
import glob
import os
import re
import sys

COMMENT = re.compile(r'/\*.*?\*/', re.DOTALL)
MACRO = re.compile(r'^#define[ \t]+(VSMMU_\w+)(\(?)[ \t]*(.*)$', re.MULTILINE)
LITERAL = re.compile(r'(0x[0-9a-f]+|\d+)u?')
# Neither guards nor what compilers alone see.
EXEMPT = re.compile(r'VSMMU_(\w+_H|API)')
LOOSE = re.compile(r'\bU?INT\d+_(?:C|MAX|MIN)\b|\bSIZE_MAX\b')
COUNT = re.compile(r'\bVSMMU_\w*_COUNT\b(?!_)')
PROBES = [('#define VSMMU_A UINT32_C(1)\n', 1), ('#define VSMMU_A UINT64_MAX\n', 1),
          ('#define VSMMU_A ((uint32_t)1)\n', 1), ('#define VSMMU_A(x) (x)\n', 1),
          ('enum a { VSMMU_B = UINT32_C(1) };\n', 1), ('enum a { VSMMU_B, VSMMU_A_COUNT };\n', 1),
          ('#define VSMMU_A 0xffffffffu /* UINT32_MAX */\n#define VSMMU_B_H\n', 0)]


def faults(text):
    text = COMMENT.sub('', text)
    for name, parenthesis, value in MACRO.findall(text):
        if not EXEMPT.fullmatch(name) and (parenthesis or not LITERAL.fullmatch(value.strip())):
            yield '%s is %s' % (name, value or 'nothing')
    text = MACRO.sub('', text)
    yield from ('%s outside a comment' % word for word in LOOSE.findall(text))
    yield from ('%s counts' % word for word in COUNT.findall(text))


def main():
    found, headers = [], sorted(glob.glob(os.path.join(sys.argv[1], 'vsmmu', '*.h')))
    for header in headers:
        with open(header, encoding='utf-8') as f:
            found += ['%s: %s' % (os.path.basename(header), fault) for fault in faults(f.read())]
    wrong = [probe for probe, count in PROBES if len(list(faults(probe))) != count]
    print('1..2')
    print('%sok 1 - constants are literals, and none counts a list' %
          ('' if headers and not found else 'not '))
    sys.stdout.write(''.join('# %s\n' % fault for fault in found))
    print('%sok 2 - others are found' % ('not ' if wrong else ''))
    sys.stdout.write(''.join('# %s\n' % probe for probe in wrong))
    sys.exit(bool(found or wrong or not headers))


main()
