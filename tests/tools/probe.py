# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu probe from outside: on this machine, and on hosts of many kinds made by hand.

With RECORD=1 in the environment hosts/NAME.json is written anew, for a change that is wanted.
"""
import copy
import difflib
import fcntl
import json
import os
import platform
import pty
import random
import re
import struct
import subprocess
import sys
import termios
import time

import jsonschema

import harness
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
    """Its exit code and rows as kinds.py says, and all of its JSON as it was recorded; what was
    collected from it says the same."""
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
        equal(run('probe', '--root', 'root', '--collect', 'packed').code, 0)
        equal(probe('--root', 'packed'), (code, found))
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


def text(*options):
    """What it prints of a host in the folder, and its exit code."""
    result = run('probe', '--root', 'root', *options)
    equal(result.err, '')
    return result.code, result.out


def rows_as_text():
    kinds.KINDS['no-canwbs']().write('root')
    code, out = text()
    equal(code, 1)
    lines = out.splitlines()
    equal(lines[0], 'host  Linux 7.3.4, aarch64')
    equal('PASS     KERNEL-IOMMUFD      CONFIG_IOMMUFD=y' in lines, True)
    equal(any(line.startswith('FAIL     SMMU-CANWBS         it has no S2FWB') for line in lines), True)
    equal(any(line.startswith(' ' * 26 + '-> ask the machine') for line in lines), True)
    equal(lines[-1].startswith('no: this host gives no VM'), True)
    contains(lines[-1], 'first: SMMU-CANWBS, ask the machine')
    equal('\033' in out, False)


def brief_leaves_out_what_passes():
    kinds.KINDS['in-use']().write('root')
    code, out = text('--brief')
    equal(code, 4)
    words = [line.split()[0] for line in out.splitlines() if line[:1] in set('PWFU')]
    equal(words, ['WARN'])
    contains(out, 'yes, with warnings: 1 of 1')
    equal(text('-q'), (4, ''))
    equal(text('-q', '--json'), (4, ''))


def colour_on_a_terminal():
    """And none with NO_COLOR; lines are broken at its width."""
    kinds.KINDS['arm-server']().write('root')
    for no_color, colours in (('', True), ('1', False)):
        main_end, other_end = pty.openpty()
        fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 72, 0, 0))
        subprocess.run([COMMAND, 'probe', '--root', 'root'], stdout=other_end, check=False,
                       timeout=60, env={**os.environ, 'NO_COLOR': no_color})
        os.close(other_end)
        out = b''
        try:
            while True:
                out += os.read(main_end, 65536)
        except OSError:  # the end, for a terminal
            pass
        os.close(main_end)
        equal(b'\x1b[32mPASS\x1b[0m' in out, colours)
        plain = re.sub(rb'\x1b\[[0-9]*m', b'', out).decode().splitlines()
        rows_end = plain.index('', 3)
        equal(max(len(line) for line in plain[:rows_end]) <= 72 + 1, True)


def named_devices():
    """All of those that are named must do; without names, any."""
    kinds.KINDS['two-smmus']().write('root')
    equal(text()[0], 0)
    equal(text('01:00.0')[0], 0)
    equal(text('0001:01:00.0')[0], 1)
    equal(text('0000:01:00.0', '0001:01:00.0')[0], 1)
    code, found = probe('--root', 'root', '0000:00:01.0')
    equal([device['bdf'] for device in found['devices']], ['0000:00:01.0'])
    equal(found['devices'][0]['bridge'], True)
    code, found = probe('--root', 'root')
    equal([device['bdf'] for device in found['devices']], ['0000:01:00.0', '0001:01:00.0'])
    equal(code, 0)


def bad_usage():
    kinds.KINDS['arm-server']().write('root')
    for name in ('', 'x', '0000:01:00', '0000:01:00.8', '0000:01:20.0', '0000:100:00.0', '01:00.0 ',
                 '0x0:01:00.0', '123456789:01:00.0', '0000:01:00.0.1'):
        result = run('probe', '--root', 'root', name)
        equal((result.code, result.out), (2, ''))
        contains(result.err, "'%s' is no address" % name)
    equal(run('probe', '--nonsense').code, 2)
    result = run('probe', '--root', 'root', '0000:7f:00.0')
    equal((result.code, result.out), (3, ''))
    contains(result.err, 'no PCI device 0000:7f:00.0')
    equal(run('probe', '--root', 'nowhere').code, 3)


def nothing_at_all():
    os.mkdir('root')
    result = run('probe', '--root', 'root')
    equal((result.code, result.out), (3, ''))
    contains(result.err, 'no files of a host')


def next_to_nothing():
    """Where a file is not in the folder nothing is known: no row passes or fails for want of it."""
    os.makedirs('root/vsmmu')
    with open('root/vsmmu/uname', 'w', encoding='utf-8') as file:
        file.write('Linux 7.3.4 aarch64\n')
    code, found = probe('--root', 'root')
    equal(code, 4)
    equal({row for row in rows(found) if not row.endswith(' unknown')}, set())
    equal([row['code'] for row in found['host']['reasons'] if row['level'] == 'pass'],
          ['HOST-ARCH', 'KERNEL-VERSION'])


def names_that_a_terminal_obeys():
    host = kinds.KINDS['in-use']()
    folder = 'sys/bus/pci/devices/0000:01:00.0/'
    host.put(folder + 'driver', 'nv\x1b[2Jme')
    host.put(folder + 'reset_method', 'flr\x07\n')
    host.put('vsmmu/uname', 'Linux 7.3.4\x1b[31m aarch64\n')
    host.put('sys/class/iommu/smmu3.\x1b[0m/device', 'x')
    host.write('root')
    equal('\x1b' in text()[1], False)
    _, found = probe('--root', 'root')
    equal(found['host']['kernel']['release'], '7.3.4?[31m')
    equal(found['devices'][0]['reset'], 'flr?')


def damaged_hosts():
    """Whatever stands in its files, the output is by the schema, and there is a verdict."""
    chance = random.Random(12)
    for name in ('arm-server-cmdqv', 'board-msi-window', 'shared-group', 'tried'):
        for turn in range(8):
            host = kinds.KINDS[name]()
            host.files['vsmmu/kernel-log'] = ''.join(line + '\n' for line in host.log)
            host.log = None
            for path in chance.sample(sorted(host.files), len(host.files) // 2):
                content = host.files[path]
                content = bytearray(content if isinstance(content, bytes) else content.encode())
                for _ in range(chance.randrange(1, 9)):
                    if content:
                        content[chance.randrange(len(content))] = chance.randrange(256)
                del content[chance.randrange(len(content) + 1):]
                host.files[path] = bytes(content)
            folder = 'root%d%s' % (turn, name)
            host.write(folder)
            result = run('probe', '--json', '--root', folder)
            equal(result.code in (0, 1, 4), True)
            validate(json.loads(result.out))


def log_of_the_journal():
    """It tells what the kernel has forgotten; the machine's name in it is passed over."""
    kinds.KINDS['old-log']().write('root')
    whole = kinds.KINDS['arm-server']()
    prefix = 'Nov 30 03:00:00 arm-smmu-host kernel: '
    lines = ['Linux version 7.3.4', *whole.log, 'usb 1-1: new device']
    with open('log', 'w', encoding='utf-8') as file:
        file.write(''.join(prefix + line + '\n' for line in lines))
    before, after = probe('--root', 'root')[1], probe('--root', 'root', '--log', 'log')[1]
    equal('SMMU-NESTING unknown' in rows(before), True)
    equal([row for row in rows(after) if row.startswith('SMMU-NESTING')], [])
    equal(after['smmus'][0]['oas'], 48)
    with open('log', 'rb') as file:
        piped = run('probe', '--json', '--root', 'root', '--log', '-', stdin=file.read())
    equal(json.loads(piped.out), after)
    run('probe', '--root', 'root', '--log', 'log', '--collect', 'host.tar')
    with open('host.tar', 'rb') as file:
        equal(b'arm-smmu-host' in file.read(), False)
    equal(probe('--root', 'host.tar')[1], after)
    for name, bad in (('nowhere', 'No such file'), ('.', 'Is a directory'), ('zeros', 'binary')):
        with open('zeros', 'wb') as file:
            file.write(bytes(4096))
        result = run('probe', '--root', 'root', '--log', name)
        equal((result.code, result.out), (3, ''))
        contains(result.err, bad)


def a_device_that_goes_meanwhile():
    """Whenever it goes, no file that went with it is taken for a fault of its own."""
    host = kinds.KINDS['arm-server']()
    for number in range(2, 30):
        host.port('0000:00:%02x.0' % number, number)
        host.endpoint('0000:%02x:00.0' % number, kinds.NIC, str(number + 20),
                      'smmu3.0x%016x' % kinds.BASE)
    host.write('root')
    start = time.monotonic()
    equal(run('probe', '--root', 'root', '-q').code, 0)
    spent = time.monotonic() - start
    folder = 'root/sys/bus/pci/devices/'
    for turn in range(20):
        process = harness.start('probe', '--root', 'root', '--json')
        time.sleep(spent * turn / 20)
        for number in range(2, 30):
            os.rename(folder + '0000:%02x:00.0' % number, folder + 'gone%d' % number)
        found = json.loads(process.communicate(timeout=60)[0])
        equal({row for row in rows(found) if not row.endswith(' DEV-GONE fail')}, set())
        for number in range(2, 30):
            os.rename(folder + 'gone%d' % number, folder + '0000:%02x:00.0' % number)


def output_that_is_lost():
    """Who cannot read what was printed has not looked."""
    kinds.KINDS['in-use']().write('root')
    for option in ('--brief', '--json', '--labels'):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            result = subprocess.run([COMMAND, 'probe', '--root', 'root', option], stdout=full,
                                    stderr=subprocess.PIPE, check=False, timeout=60)
        equal(result.returncode, 3)
        contains(result.stderr.decode(), 'No space left on device')


def many_devices():
    """More than it looks at."""
    host = kinds.KINDS['arm-server']()
    for number in range(8200):
        host.put('sys/bus/pci/devices/%04x:%02x:00.0/vendor' % (1 + number // 256, number % 256),
                 '0x1234\n')
    host.write('root')
    _, found = probe('--root', 'root')
    equal('DEV-MANY unknown' in rows(found), True)
    equal(len(found['devices']) <= 8192, True)


def codes_in_the_man_page():
    """Each code that there is, and no other."""
    top = os.path.join(HERE, '..', '..')
    folder = os.path.join(top, 'tools', 'vsmmu', 'probe')
    used = set()
    for name in os.listdir(folder):
        if name.startswith('rows'):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                used |= set(re.findall(r'"([A-Z]+(?:-[A-Z]+)+|VM|KVM|CMDQV)"', file.read()))
    with open(os.path.join(top, 'man', 'vsmmu-probe.1.scd'), encoding='utf-8') as file:
        part = file.read().split('# CODES OF THE HOST')[1].split('# JSON')[0]
    equal(set(re.findall(r'^\*([A-Z-]+)\*$', part, re.M)), used)


def many_in_a_group():
    """Each group is read once; a device knows how many others there are."""
    host = kinds.KINDS['arm-server']()
    for number in range(4000):
        bdf = '%04x:%02x:00.0' % (1 + number // 256, number % 256)
        host.put('sys/bus/pci/devices/%s/vendor' % bdf, '0x1234\n')
        host.link('sys/bus/pci/devices/%s/iommu_group' % bdf, '12')
        host.put('sys/kernel/iommu_groups/12/devices/' + bdf)
    host.write('root')
    start = time.monotonic()
    found = json.loads(run('probe', '--json', '--root', 'root').out)
    equal(time.monotonic() - start < 30, True)
    equal({device['group']['others_count'] for device in found['devices']}, {4000})
    equal(len(found['devices'][0]['group']['others']), 16)


TESTS = [this_machine, codes_in_the_man_page, rows_as_text, brief_leaves_out_what_passes, colour_on_a_terminal,
         named_devices, bad_usage, nothing_at_all, next_to_nothing, names_that_a_terminal_obeys, damaged_hosts,
         many_devices, many_in_a_group, output_that_is_lost, a_device_that_goes_meanwhile, log_of_the_journal] + [host_test(name) for name in kinds.KINDS]

if __name__ == '__main__':
    main(TESTS)
