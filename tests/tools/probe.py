# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu probe from outside: on this machine, and on hosts of many kinds made by hand.

With RECORD=1 in the environment hosts/NAME.json is written anew, for a change that is wanted.
"""
import copy
import difflib
import json
import os
import platform
import sys
import time

import jsonschema

from harness import COMMAND, contains, equal, main, run

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTS = os.path.join(HERE, 'hosts')
sys.path.insert(0, HOSTS)
import kinds  # pylint: disable=wrong-import-position,import-error

with open(os.path.join(HERE, '..', '..', 'docs', 'probe.schema.json'), encoding='utf-8') as schema:
    SCHEMA = json.load(schema)


def strict(part):
    """The schema, but without room for members that it does not name."""
    part = copy.deepcopy(part)
    if isinstance(part, dict):
        part = {key: strict(value) for key, value in part.items()}
        if isinstance(part.get('properties'), dict):
            part.setdefault('additionalProperties', False)
    elif isinstance(part, list):
        part = [strict(value) for value in part]
    return part


def validate(found):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    faults = jsonschema.Draft202012Validator(strict(SCHEMA)).iter_errors(found)
    equal(['%s: %s' % (fault.json_path, fault.message) for fault in faults], [])


def probe(*options):
    result = run('probe', '--json', *options)
    equal(result.err, '')
    found = json.loads(result.out)
    validate(found)
    return result.code, found


def rows(found):
    """What does not pass, as kinds.py has it."""
    listed = {'%s %s' % (row['code'], row['level']) for row in found['host']['reasons']}
    for number, device in enumerate(found['devices']):
        listed |= {'%d %s %s' % (number, row['code'], row['level']) for row in device['reasons']}
    return {row for row in listed
            if not row.endswith((' pass', ' DEV-TRY unknown'))}


def compact(value, indent=0):
    """JSON whose short parts are on one line."""
    line = json.dumps(value)
    if len(line) + indent < 100 or not isinstance(value, (dict, list)):
        return line
    inner = ' ' * (indent + 1)
    if isinstance(value, dict):
        parts = ['%s: %s' % (json.dumps(key), compact(part, indent + 1))
                 for key, part in value.items()]
        return '{\n%s\n%s}' % (',\n'.join(inner + part for part in parts), ' ' * indent)
    return '[\n%s\n%s]' % (',\n'.join(inner + compact(part, indent + 1) for part in value),
                           ' ' * indent)


def host_test(name):
    """Its exit code and rows as kinds.py says, and all of its JSON as it was recorded."""
    def test():
        kinds.KINDS[name]().write('root')
        code, found = probe('--root', 'root')
        equal(rows(found), kinds.SAYS[name][1])
        equal(code, kinds.SAYS[name][0])
        path = os.path.join(HOSTS, name + '.json')
        if os.environ.get('RECORD'):
            with open(path, 'w', encoding='utf-8') as file:
                file.write(compact(found) + '\n')
        with open(path, encoding='utf-8') as file:
            want = file.read()
        difference = difflib.unified_diff(want.splitlines(), compact(found).splitlines(), lineterm='')
        equal('\n'.join(difference), '')
    test.__name__ = 'host: ' + name
    return test


def this_machine():
    start = time.monotonic()
    code, found = probe()
    spent = time.monotonic() - start
    if platform.machine() != 'aarch64':
        equal(code, 1)
        equal(spent < 1, True)
        if not os.path.exists('/dev/iommu'):
            equal({'HOST-ARCH fail', 'DEV-IOMMU fail'} <= rows(found), True)
    equal(found['host']['machine'], platform.machine())


TESTS = [this_machine] + [host_test(name) for name in kinds.KINDS]

if __name__ == '__main__':
    main(TESTS)
