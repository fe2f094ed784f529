# SPDX-License-Identifier: BSD-2-Clause
"""vsmmu decode on files that are no log: refused by name, with a way to read them."""
import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import tarfile
import time
import zipfile

from harness import TRANSLATION, contains, equal, main, record, run, text

LOG = ('[   12.345678] arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:\n' + ''.join(
    '[   12.345678] arm-smmu-v3 arm-smmu-v3.0.auto: \t0x%016x\n' % word for word in TRANSLATION))
BYTES = LOG.encode()


def refuse(data, *words, name='file'):
    """By name and from a pipe; nothing is made up."""
    with open(name, 'wb') as f:
        f.write(data)
    for result in (run('decode', name), run('decode', stdin=data), run('decode', '-j', name)):
        equal((result.code, result.out), (3, ''))
        equal(result.err.count('\n'), 1)
        for word in words:
            contains(result.err, word)
    contains(run('decode', name).err, "'%s'" % name)


def archive():
    data = io.BytesIO()
    with zipfile.ZipFile(data, 'w') as z:
        z.writestr('kern.log', LOG)
    return data.getvalue()


def tar(form):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode='w', format=form) as t:
        entry = tarfile.TarInfo('var/log/kern.log')
        entry.size = len(BYTES)
        t.addfile(entry, io.BytesIO(BYTES))
    return data.getvalue()


def text_in_other_encodings():
    for encoding, name in (('utf-16', 'UTF-16'), ('utf-32', 'UTF-32'), ('utf-16-le', 'UTF-16LE'),
                           ('utf-16-be', 'UTF-16BE'), ('utf-32-le', 'UTF-32LE'),
                           ('utf-32-be', 'UTF-32BE')):
        for log in (LOG, LOG.replace('\n', '\r\n'), LOG[:20], 'PS C:\\> dmesg\r\n' + LOG):
            refuse(log.encode(encoding), 'iconv -f %s -t UTF-8' % name)
    refuse(b'\xfe\xff' + LOG.encode('utf-16-be'), 'iconv -f UTF-16 -t')
    # UTF-8, with its own mark or without.
    for mark in (b'', b'\xef\xbb\xbf'):
        equal(run('decode', '--format', 'raw', stdin=mark + BYTES).out, text(TRANSLATION) + '\n')


def compressed():
    refuse(gzip.compress(BYTES), 'gzip', 'zcat FILE')
    refuse(bz2.compress(BYTES), 'bzip2', 'bzcat FILE')
    refuse(lzma.compress(BYTES), 'by xz', 'xzcat FILE')
    refuse(lzma.compress(BYTES, format=lzma.FORMAT_ALONE), 'lzma', 'xzcat FILE')
    refuse(b'\x28\xb5\x2f\xfd\x24\x00' + BYTES, 'zstd', 'zstdcat FILE')
    refuse(b'\x04\x22\x4d\x18\x64\x40\xa7' + BYTES, 'lz4', 'lz4cat FILE')
    refuse(archive(), 'zip', 'unzip -p FILE')
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        refuse(tar(form), 'tar', 'tar -xOf FILE')


def other_formats():
    def padded(magic):
        return magic + bytes(range(256)) * 8
    refuse(padded(b'LPKSHHRH\0\0\0\0'), 'journal', 'journalctl --file FILE')
    refuse(padded(b'\xd4\xc3\xb2\xa1\x02\0\x04\0'), 'pcap')
    refuse(padded(b'\x0a\x0d\x0d\x0a'), 'pcapng')
    refuse(padded(b'%PDF-1.7\n'), 'PDF', 'pdftotext')
    refuse(padded(b'SQLite format 3\0'), 'SQLite')
    refuse(padded(b'\x89PNG\r\n\x1a\n'), 'image')
    refuse(padded(b'\xff\xd8\xff\xe0\0\x10JFIF'), 'image')
    refuse(padded(b'RIFF\0\0\0\0WEBP'), 'image')
    refuse(padded(b'KDUMP   \x06\0\0\0'), 'kernel', 'makedumpfile')
    refuse(padded(b'PERFILE2'), 'perf')
    refuse(padded(b'QFI\xfb\0\0\0\x03'), 'disk')
    refuse(padded(b'\xd0\x0d\xfe\xed'), 'device tree')
    with open(os.path.realpath(sys.executable), 'rb') as f:
        refuse(f.read(100000), 'ELF')


def binary_that_is_no_record():
    way_out = ('neither event records nor a log', '--binary', '--veventq')
    refuse(bytes(100000), *way_out)
    refuse(bytes(32), *way_out)
    refuse(bytes((i * i * 7 + i // 3) & 0xff for i in range(10000)), *way_out)
    refuse(record(0x99, 0, 0, 0) * 50 + record(*TRANSLATION), *way_out)
    refuse(record(0x10, 2**64 - 1, 2**64 - 1, 2**64 - 1) * 50, *way_out)
    # Asked for, they are records.
    result = run('decode', '--binary', '--format', 'raw', stdin=bytes(64))
    equal((result.code, result.out), (0, (text((0,) * 4) + '\n') * 2))


def records_are_still_known():
    one = record(*TRANSLATION)
    raw = text(TRANSLATION) + '\n'
    for data, count in ((one, 1), (one * 3000, 3000), (record(0xe0, 1, 2, 3) + one * 2, None),
                        (bytes(64) + one + bytes(64), None),
                        # Bits that only the maker of the SMMU knows.
                        (record(TRANSLATION[0], TRANSLATION[1] | 1 << 32 | 1 << 44, 1, 0) * 4, None),
                        (one * 9 + record(0x99, 0, 0, 0), None)):
        result = run('decode', '--format', 'raw', stdin=data)
        equal((result.code, result.err), (0, ''))
        equal(result.out.count('\n'), len(data) // 32)
        if count:
            equal(result.out, raw * count)
    # A vEVENTQ's stream, one that begins with a loss too.
    for begin in (b'', struct.pack('<II', 1, 4)):
        stream = begin + b''.join(struct.pack('<II', 0, n) + one for n in range(5, 200))
        result = run('decode', '--format', 'raw', stdin=stream)
        equal((result.code, result.out), (0, raw * 195))


def log_with_zeros_in_it():
    """A crash leaves blocks of zeros in the files of syslog."""
    for data in (b'a line\n' + bytes(500) + BYTES, bytes(200) + BYTES * 2,
                 (b'\0').join(line + b'\n' for line in BYTES.splitlines())):
        result = run('decode', '--format', 'raw', stdin=data)
        equal(result.code, 0)
        contains(result.out, text(TRANSLATION))


def endless_zeros_end_soon():
    begin = time.monotonic()
    equal(run('decode', '/dev/zero').code, 3)
    equal(time.monotonic() - begin < 10, True)


def folders():
    os.mkdir('logs')
    result = run('decode', 'logs')
    equal(result.code, 3)
    contains(result.err, "'logs' is a folder")
    contains(result.err, 'journalctl --directory')
    result = run('replay', 'logs')
    equal(result.code, 3)
    contains(result.err, "'logs' is a folder")


def the_other_files_are_read():
    with open('log.gz', 'wb') as f:
        f.write(gzip.compress(BYTES))
    with open('log', 'wb') as f:
        f.write(BYTES)
    result = run('decode', '--format', 'raw', 'log.gz', 'log')
    equal((result.code, result.out), (3, text(TRANSLATION) + '\n'))
    contains(result.err, 'zcat FILE')


main([text_in_other_encodings, compressed, other_formats, binary_that_is_no_record,
      records_are_still_known, log_with_zeros_in_it, endless_zeros_end_soon, folders,
      the_other_files_are_read])
