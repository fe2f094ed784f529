# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of vsmmu decode share: logs as kernels print them, and what is made of them."""
import json

from harness import run

SMMU = '[   12.345678] arm-smmu-v3 arm-smmu-v3.0.auto: '
OTHER = 'Nov 22 10:00:00 host kernel: arm-smmu-v3 2b400000.iommu: '
PERMISSION = (0x0000001000000013, 0x0000020000000000, 0x102000, 0)


def old_style(words, prefix=SMMU):
    lines = [prefix + 'event 0x%02x received:' % (words[0] & 0xff)]
    return lines + [prefix + '\t0x%016x' % word for word in words]


def decoded(words, name, client, prefix=SMMU):
    word = words[1]
    return [
        prefix + 'event: %s client: %s sid: %#x ssid: 0x0 iova: %#x ipa: 0x0' % (
            name, client, words[0] >> 32, words[2]),
        prefix + 'unpriv data %s s1 "Input address caused fault" stag: 0x0' % (
            'read' if word >> 35 & 1 else 'write'),
    ]


def write(name, lines):
    with open(name, 'w', encoding='utf-8') as f:
        f.write(''.join(line + '\n' for line in lines))


def raw(*args, **more):
    """The records that it finds, as four words each."""
    result = run('decode', '--format', 'raw', *args, **more)
    return [tuple(int(word, 16) for word in line.split()) for line in result.lines()]


def objects(*args, **more):
    return [json.loads(line) for line in run('decode', '--json', *args, **more).lines()]
