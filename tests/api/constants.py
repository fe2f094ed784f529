#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Constants of the public headers are plain literals, and no list says how long it is.

A generator of bindings reads a macro only if it is one literal: UINT32_C(), UINT64_MAX and casts
are lost on it. A name that counts an enum changes its value with each version.

What the library itself has by that number is as long as the list: src/smmu/counts.h names the
last of each.

Takes: the folder that holds vsmmu/*.h, and counts.h. Prints: TAP. Exit status: 1 if a test failed.
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
LISTS = re.compile(r'enum vsmmu_(?:irq|report_code|discard) \{([^}]*)\}')
LAST = re.compile(r'(VSMMU_\w+)[^,]*,?\s*$')
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


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def main():
    found, headers = [], sorted(glob.glob(os.path.join(sys.argv[1], 'vsmmu', '*.h')))
    for header in headers:
        found += ['%s: %s' % (os.path.basename(header), fault) for fault in faults(read(header))]
    wrong = [probe for probe, count in PROBES if len(list(faults(probe))) != count]
    found_last, counted = [], set(re.findall(r'VSMMU_\w+', read(sys.argv[2])))
    for header in headers:
        for members in LISTS.findall(COMMENT.sub('', read(header))):
            found_last += LAST.findall(members)
    uncounted = set(found_last) - counted
    print('1..3')
    print('%sok 1 - constants are literals, and none counts a list' %
          ('' if headers and not found else 'not '))
    sys.stdout.write(''.join('# %s\n' % fault for fault in found))
    print('%sok 2 - others are found' % ('not ' if wrong else ''))
    sys.stdout.write(''.join('# %s\n' % probe for probe in wrong))
    good = len(found_last) == 3 and not uncounted
    print('%sok 3 - the library knows how long the lists are' % ('' if good else 'not '))
    sys.stdout.write(''.join('# %s is not the last in counts.h\n' % name for name in uncounted))
    sys.exit(bool(found or wrong or not headers or not good))


main()
