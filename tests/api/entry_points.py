#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each public function that takes a vSMMU, or an object of one, is tried with NULL and in callbacks;
each structure with a size is tried with sizes that nobody has set.

Takes: the root of the tree. Prints: TAP. Exit status: 1 if a test failed.
"""
import glob
import os
import re
import sys

FUNCTION = re.compile(r'VSMMU_API\b[^;{]*?\b(\w+)\s*\(([^;]*)\)\s*;', re.DOTALL)
OBJECT = re.compile(r'\bstruct (vsmmu|vsmmu_endpoint|vsmmu_adopted) \*(?!\*)')
# The VMM's ops are called there alone; eventq.c gets them from deliver.c, with the mark set.
CALLS_OPS = ('src/smmu/entry.h', 'src/smmu/events/eventq.c')
OP = re.compile(r'\bops(?:\.|->)(?:memory_read|memory_write|irq_pulse|report|clock|msi|vsid|delivered)\(')


# The library fills these, and hands them to the VMM's callbacks.
GIVEN = {'report', 'attachment'}
SIZED = re.compile(r'\bstruct vsmmu_(\w+) \{\s*size_t size;')


def read(*path):
    with open(os.path.join(*path), encoding='utf-8') as f:
        return re.sub(r'/\*.*?\*/', '', f.read(), flags=re.DOTALL)


def takers(root):
    """Names in the version script of those that take a vSMMU or an object of one."""
    named = set(re.findall(r'\b(vsmmu_\w+);', read(root, 'src', 'libvsmmu.map')))
    found = set()
    for header in glob.glob(os.path.join(root, 'include', 'vsmmu', '*.h')):
        for name, parameters in FUNCTION.findall(read(header)):
            if name in named and OBJECT.search(parameters):
                found.add(name)
    return found


def tap(number, name, faults):
    print('%sok %d - %s' % ('not ' if faults else '', number, name))
    for fault in faults:
        print('# ' + fault)
    return bool(faults)


def main():
    root = sys.argv[1]
    wanted = takers(root)
    tried = {'vsmmu_' + name for name in
             re.findall(r'\bENTRY\((\w+)\)', read(root, 'tests', 'lib', 'entry_points.c'))}
    stray = []
    for path in glob.glob(os.path.join(root, 'src', 'smmu', '**', '*.[ch]'), recursive=True):
        short = os.path.relpath(path, root)
        if short not in CALLS_OPS and OP.search(read(path)):
            stray.append('%s calls an op of the VMM by itself' % short)
    sized = {name for header in glob.glob(os.path.join(root, 'include', 'vsmmu', '*.h'))
             for name in SIZED.findall(read(header))}
    cases = read(root, 'tests', 'unit', 'smmu', 'test_sizes.c')
    sizes = set(re.findall(r'\bGIVE\((\w+)\),', cases))
    print('1..4')
    failed = tap(1, 'there are functions that take a vSMMU',
                 [] if len(wanted) > 15 else ['found %d' % len(wanted)])
    failed |= tap(2, 'tests/lib/entry_points.c has each of them',
                  ['%s is missing' % name for name in sorted(wanted - tried)]
                  + ['%s is no such function' % name for name in sorted(tried - wanted - {'vsmmu_function'})])
    failed |= tap(3, 'each op is called in one place', stray)
    failed |= tap(4, 'tests/unit/smmu/test_sizes.c has each structure with a size',
                  ['struct vsmmu_%s' % name for name in sorted((sized - GIVEN) ^ sizes)]
                  + ([] if sized else ['none found']))
    sys.exit(1 if failed else 0)


main()
