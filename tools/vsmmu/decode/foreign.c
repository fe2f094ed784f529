/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats by the numbers that they begin with, as file(1) has them. */
#include "decode/foreign.h"

#include <string.h>

#define UTF16_LEAST 8 /* bytes without a mark that are taken for text in UTF-16 */

static const struct foreign utf16 = {"text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"};
static const struct foreign utf16le = {"text in UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE"};
static const struct foreign utf16be = {"text in UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE"};
static const struct foreign utf32 = {"text in UTF-32", "iconv -f UTF-32 -t UTF-8 FILE"};
static const struct foreign utf32le = {"text in UTF-32", "iconv -f UTF-32LE -t UTF-8 FILE"};
static const struct foreign utf32be = {"text in UTF-32", "iconv -f UTF-32BE -t UTF-8 FILE"};

#define MAGIC(at, bytes) (at), sizeof(bytes) - 1, (bytes)

static const struct {
	size_t at;
	size_t length;
	const char *bytes;
	struct foreign foreign;
} magics[] = {
	{MAGIC(0, "\x1f\x8b"), {"compressed by gzip", "zcat FILE"}},
	{MAGIC(0, "\xfd"
		  "7zXZ\0"),
		{"compressed by xz", "xzcat FILE"}},
	{MAGIC(0, "\x28\xb5\x2f\xfd"), {"compressed by zstd", "zstdcat FILE"}},
	{MAGIC(0, "BZh"), {"compressed by bzip2", "bzcat FILE"}},
	{MAGIC(0, "\x04\x22\x4d\x18"), {"compressed by lz4", "lz4cat FILE"}},
	{MAGIC(0, "\x02\x21\x4c\x18"), {"compressed by lz4", "lz4cat FILE"}},
	{MAGIC(0, "LZIP"), {"compressed by lzip", "lzip -dc FILE"}},
	{MAGIC(0, "\x89LZO\0"), {"compressed by lzop", "lzop -dc FILE"}},
	{MAGIC(0, "\x5d\0\0"), {"compressed by lzma", "xzcat FILE"}},
	{MAGIC(0, "\x1f\x9d"), {"compressed by compress", "zcat FILE"}},
	{MAGIC(0, "PK\x03\x04"), {"a zip archive", "unzip -p FILE"}},
	{MAGIC(0, "7z\xbc\xaf\x27\x1c"), {"a 7-Zip archive", "7z x -so FILE"}},
	{MAGIC(0, "Rar!\x1a\x07"), {"a rar archive", "unrar p -inul FILE"}},
	{MAGIC(257, "ustar"), {"a tar archive", "tar -xOf FILE"}},
	{MAGIC(0, "070701"), {"a cpio archive", "cpio -i --to-stdout <FILE"}},
	{MAGIC(0, "!<arch>\n"), {"an ar archive", NULL}},
	{MAGIC(0, "\xed\xab\xee\xdb"), {"an RPM package", NULL}},
	{MAGIC(0, "LPKSHHRH"),
		{"a journal of systemd", "journalctl --file FILE -k -o short-monotonic"}},
	{MAGIC(0, "\x7f"
		  "ELF"),
		{"an ELF file", NULL}},
	{MAGIC(0, "KDUMP   "),
		{"a dump of a kernel", "makedumpfile --dump-dmesg FILE /dev/stdout"}},
	{MAGIC(0, "DISKDUMP"),
		{"a dump of a kernel", "makedumpfile --dump-dmesg FILE /dev/stdout"}},
	{MAGIC(0, "PERFILE2"), {"a recording of perf", "perf script -i FILE"}},
	{MAGIC(0, "\x17\x08"
		  "Dtracing"),
		{"a recording of trace-cmd", "trace-cmd report FILE"}},
	{MAGIC(0, "\xd4\xc3\xb2\xa1"), {"a capture of a network (pcap)", NULL}},
	{MAGIC(0, "\xa1\xb2\xc3\xd4"), {"a capture of a network (pcap)", NULL}},
	{MAGIC(0, "\x4d\x3c\xb2\xa1"), {"a capture of a network (pcap)", NULL}},
	{MAGIC(0, "\xa1\xb2\x3c\x4d"), {"a capture of a network (pcap)", NULL}},
	{MAGIC(0, "\x0a\x0d\x0d\x0a"), {"a capture of a network (pcapng)", NULL}},
	{MAGIC(0, "%PDF-"), {"a PDF document", "pdftotext FILE -"}},
	{MAGIC(0, "{\\rtf"), {"an RTF document", NULL}},
	{MAGIC(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), {"an office document", NULL}},
	{MAGIC(0, "SQLite format 3"), {"an SQLite database", "sqlite3 FILE .dump"}},
	{MAGIC(0, "ElfFile\0"), {"an event log of Windows", NULL}},
	{MAGIC(0, "\x89PNG\r\n"), {"an image", NULL}},
	{MAGIC(0, "\xff\xd8\xff"), {"an image", NULL}},
	{MAGIC(0, "GIF8"), {"an image", NULL}},
	{MAGIC(8, "WEBP"), {"an image", NULL}},
	{MAGIC(4, "ftyp"), {"an image or a film", NULL}},
	{MAGIC(0, "QFI\xfb"), {"the image of a disk", NULL}},
	{MAGIC(0, "hsqs"), {"the image of a file system", NULL}},
	{MAGIC(0, "\xd0\x0d\xfe\xed"), {"a device tree", NULL}},
	{MAGIC(0, "IORT"), {"an IORT of ACPI", NULL}},
	{MAGIC(0, "MZ\x90\0"), {"a program of Windows", NULL}},
};

static bool is_text(uint8_t byte)
{
	return (byte >= ' ' && byte < 0x7f) || (byte >= '\t' && byte <= '\r');
}

/*
 * Whether nearly all characters of @width bytes are ASCII, whose byte is the one at @place and
 * the others 0.
 */
static bool is_wide(const uint8_t *bytes, size_t length, size_t width, size_t place)
{
	size_t count = length / width, good = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_good = is_text(bytes[i * width + place]);

		for (size_t j = 0; j < width; j++)
			is_good &= j == place || !bytes[i * width + j];
		good += is_good;
	}
	return count * width >= UTF16_LEAST && good * 10 >= count * 9;
}

static const struct foreign *find_wide(const uint8_t *bytes, size_t length)
{
	if (length >= 4 && (!memcmp(bytes, "\xff\xfe\0\0", 4) || !memcmp(bytes, "\0\0\xfe\xff", 4)))
		return &utf32;
	if (length >= 2 && (!memcmp(bytes, "\xff\xfe", 2) || !memcmp(bytes, "\xfe\xff", 2)))
		return &utf16;
	if (is_wide(bytes, length, 4, 0))
		return &utf32le;
	if (is_wide(bytes, length, 4, 3))
		return &utf32be;
	if (is_wide(bytes, length, 2, 0))
		return &utf16le;
	return is_wide(bytes, length, 2, 1) ? &utf16be : NULL;
}

const struct foreign *foreign_find(const uint8_t *bytes, size_t length)
{
	if (length > FOREIGN_LOOK)
		length = FOREIGN_LOOK;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (magics[i].at + magics[i].length <= length &&
			!memcmp(bytes + magics[i].at, magics[i].bytes, magics[i].length))
			return &magics[i].foreign;
	return find_wide(bytes, length);
}
