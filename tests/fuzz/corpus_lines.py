# SPDX-License-Identifier: BSD-2-Clause
"""The seeds of the fuzzer of envelopes: lines as programs and people keep them.

Used by make_corpus.py, which has the seeds of those that are given moves.
"""
EVENT = b'arm-smmu-v3 fc900000.iommu: event 0x10 received:'
WORD = b'arm-smmu-v3 fc900000.iommu: \t0x0000010000000010'
DETAIL = b'arm-smmu-v3 fc900000.iommu: unpriv data write s1 "Input address caused fault" stag: 0x0'
UPTIME = b'[  106.585811] '


def lines(*texts):
    return b'\n'.join(texts) + b'\n'


def quoted(text):
    return text.replace(b'\\', b'\\\\').replace(b'"', b'\\"').replace(b'\t', b'\\t')


ENVELOPE = {
    'empty': b'',
    'plain': lines(UPTIME + EVENT, b'<6>' + UPTIME + WORD, b'6,1,106585811,-;' + DETAIL),
    'colours': lines(b'\033[32m' + UPTIME + b'\033[0m\033[33m' + EVENT + b'\033[K',
                     b'\033]0;title\007\033(B' + WORD, b'[1;32m' + EVENT + b'[0m',
                     b'^[[1m' + EVENT + b'\\x1b[0m#033[m'),
    'blanks': lines(UPTIME.replace(b' ', b'\xc2\xa0') + EVENT.replace(b' ', b'\xe2\x80\x87'),
                    b'\xef\xbb\xbf' + EVENT.replace(b'-', b'\xe2\x80\x91'),
                    b'\xe2\x80\x9ca\xe2\x80\x9d \xef\xbc\x90\xf0\x9f\x98\x80'),
    'journal-json': lines(b'{"_HOSTNAME":"box","__REALTIME_TIMESTAMP":"1733735757123456",'
                          b'"MESSAGE":"' + EVENT + b'","_SOURCE_MONOTONIC_TIMESTAMP":"106585811"}',
                          b'{"MESSAGE":[27,91,51,50,109,97]}'),
    'dmesg-json': lines(b'{', b'   "dmesg": [', b'      {', b'         "pri": 6,',
                        b'         "time":   106.585811,',
                        b'         "msg": "' + quoted(DETAIL) + b'"', b'      },{'),
    'json-pretty': lines(b'{', b'\t"__REALTIME_TIMESTAMP" : "1733735757123456",',
                         b'\t"MESSAGE" : "' + EVENT + b'",', b'}'),
    'json-pretty-times-last': lines(b'"MESSAGE" : "' + EVENT + b'\\na\\nb",',
                                    b'"_SOURCE_MONOTONIC_TIMESTAMP" : "106585811"', b'}',
                                    b'"MESSAGE" : [', b'27,', b'97', b'],', b'}'),
    'export': lines(b'__REALTIME_TIMESTAMP=1733735757123456', b'__MONOTONIC_TIMESTAMP=106585811',
                    b'MESSAGE=' + EVENT, b''),
    'docker': lines(b'{"log":"' + EVENT + b'\\n","stream":"stdout",'
                    b'"time":"2024-12-09T09:15:57.123456789Z"}'),
    'json-in-json': lines(b'{"log":"{\\"msg\\":\\"' + EVENT + b'\\",\\"ts\\":1733735757.5}"}'),
    'loki': lines(b'{"streams":[{"values":[["1733735757000000000","' + EVENT + b'"],'
                  b'["1733735757000000001","' + quoted(WORD) + b'"]]}]}'),
    'gelf': lines(b'x app: {"short_message":"a\\nb","host":"box","timestamp":1733735757.25}{"msg":"c"}'),
    'html': lines(b'<pre>' + EVENT + b'<br/>' + WORD + b'</pre><td>a</td><!-- b -->',
                  DETAIL.replace(b'"', b'&quot;'), b'&lt;6&gt;&#x5b;1.5]&amp;quot;&nbsp;&#160;'),
    'escapes': lines(quoted(WORD) + b'\\n' + quoted(DETAIL), WORD.replace(b'\t', b'#011'),
                     WORD.replace(b'\t', b'^I') + b'^M', WORD.replace(b'\t', b'\\x09') + b'\\u0022'),
    'mail': lines(b'> ' + EVENT.replace(b' ', b'=20'), b'event: F_TRANSLATION client: a sid=',
                  b'=3D=C2=A0=09'),
    'table': lines(b'| 1 | ' + EVENT + b' |', b'* `' + EVENT + b'`',
                   b'"a","' + DETAIL.replace(b'"', b'""') + b'"'),
    'pasted': UPTIME + EVENT + b' ' + UPTIME + WORD + b' ' + EVENT + b' ' + WORD,
    'times': lines(b'Dec  9 09:15:57 host kernel: a', b'[Mon Dec  9 09:15:57 2024] a',
                   b'2024-12-09T09:15:57,123456+01:00 host kernel: a',
                   b'09/Dec/2024:09:15:57 +0100 a', b'12-09 09:15:57.123  1  1 E a',
                   b'1733735757.123456 host kernel: a', b'Mon, 09 Dec 2024 09:15:57 GMT'),
    'others': lines(b'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, '
                    b'iova=0x1032db3e0, fsynr=0x130000, cbfrsynra=0x300, cb=4',
                    b'arm-smmu 15000000.iommu: FSR    = 00000402 [Format=2 TF], SID=0x300',
                    b'arm-smmu 15000000.iommu: \tGFSR 0x80000002, GFSYNR0 0x0, GFSYNR1 0x402',
                    b'DMAR: DRHD: handling fault status reg 2',
                    b'smmuv3-iommu-memory-region-16-3 translation failed for iova=0x0'
                    b'(SMMU_EVT_F_TRANSLATION)'),
    'context': lines(b'vfio-pci 0000:01:00.0: resetting', b'NETDEV WATCHDOG: eth0 (igb): transmit '
                     b'queue 0 timed out', b'pci 0000:01:00.0: Adding to iommu group 5',
                     b'iommu: Adding device 0000:01:00.0 to group 17',
                     b'pcieport 0000:00:01.0: AER: Multiple Uncorrectable error message'),
}
