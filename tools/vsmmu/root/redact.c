/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/redact.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Part of a text, from @at to @end. */
struct part {
	char *at, *end;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_hex(char c)
{
	return isxdigit((unsigned char)c);
}

static void blank(char *at, const char *end)
{
	for (; at < end; at++)
		if (isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80)
			*at = 'x';
}

static char *skip(char *at, const char *end, bool (*wanted)(char))
{
	while (at < end && wanted(*at))
		at++;
	return at;
}

static size_t count(const char *at, const char *end, char c)
{
	size_t n = 0;

	for (; at < end; at++)
		n += *at == c;
	return n;
}

void redact_add_word(struct redact *redact, const char *word, size_t length)
{
	static const char *const common[] = {"localhost", "root", "none", "linux", "kernel", "vfio",
		"vfio-pci", "iommu", "smmu", "kvm", "pci", "pcie", "arm", "gic", "its", "event",
		"host", "user", "qemu"};

	if (length < 2 || length >= sizeof(redact->words[0]) || redact->count == REDACT_WORDS)
		return;
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strlen(common[i]) == length && !strncasecmp(common[i], word, length))
			return;
	for (size_t i = 0; i < redact->count; i++)
		if (strlen(redact->words[i]) == length &&
			!strncasecmp(redact->words[i], word, length))
			return;
	memcpy(redact->words[redact->count], word, length);
	redact->words[redact->count++][length] = '\0';
}

static void blank_word(struct part text, const char *word)
{
	size_t length = strlen(word);

	for (char *at = text.at; (size_t)(text.end - at) >= length; at++)
		if (tolower((unsigned char)*at) == tolower((unsigned char)*word) &&
			!strncasecmp(at, word, length) && (at == text.at || !is_word(at[-1])) &&
			(at + length == text.end || !is_word(at[length])))
			blank(at, at + length);
}

static bool is_address_character(char c)
{
	return is_hex(c) || c == ':';
}

static bool is_hex_or_dash(char c)
{
	return is_hex(c) || c == '-';
}

static bool is_digit_or_dot(char c)
{
	return isdigit((unsigned char)c) || c == '.';
}

/* A MAC, a GUID or an IPv6 address; "0000:01:00" of a PCI address has two colons. */
static bool is_colon_address(const char *at, const char *end)
{
	size_t colons = count(at, end, ':');

	if ((size_t)(end - at) == colons)
		return false;
	for (const char *c = at; c + 1 < end; c++)
		if (c[0] == ':' && c[1] == ':')
			return true;
	/* A colon that ends a word is none of an address. */
	return colons - (end[-1] == ':') >= 3;
}

/* Groups of digits as long as @lengths says, with a character between them. */
static bool has_form(const char *at, const char *end, const char *lengths, char between)
{
	for (; *lengths; lengths++) {
		int want = *lengths - '0';

		if (*lengths == 'c')
			want = 12;
		for (; want; want--, at++)
			if (at == end || !is_hex(*at))
				return false;
		if (lengths[1] && (at == end || *at++ != between))
			return false;
	}
	return at == end;
}

/* Four numbers below 256. */
static bool is_ipv4(const char *at, const char *end)
{
	unsigned int number = 0, digits = 0, dots = 0;

	for (; at < end; at++) {
		if (*at == '.') {
			if (!digits)
				return false;
			dots++;
			number = digits = 0;
		} else {
			number = 10 * number + (unsigned int)(*at - '0');
			if (++digits > 3 || number > 255)
				return false;
		}
	}
	return dots == 3 && digits;
}

static void blank_addresses(const struct redact *redact, struct part text)
{
	size_t release = strlen(redact->release);

	for (char *at = text.at; at < text.end;) {
		bool begins = at == text.at || !is_word(at[-1]);
		char *end;

		if (release && (size_t)(text.end - at) >= release &&
			!memcmp(at, redact->release, release)) {
			at += release;
			continue;
		}
		if (!begins && at[-1] != ':') {
			at++;
			continue;
		}
		end = skip(at, text.end, is_address_character);
		if (end > at && is_colon_address(at, end)) {
			/* "::ffff:192.0.2.1" */
			end = skip(end, text.end, is_digit_or_dot);
			blank(at, end);
			at = end;
			continue;
		}
		end = skip(at, text.end, is_hex_or_dash);
		if (end - at >= 32 || has_form(at, end, "222222", '-') ||
			has_form(at, end, "8444c", '-')) {
			blank(at, end);
			at = end;
			continue;
		}
		end = skip(at, text.end, is_digit_or_dot);
		/* The dot that ends a sentence. */
		if (end > at && end[-1] == '.')
			end--;
		if ((at == text.at || at[-1] != '.') && is_ipv4(at, end)) {
			blank(at, end);
			at = end;
			continue;
		}
		end = skip(at, text.end, is_hex);
		if (text.end - end >= 10 && has_form(at, end + 10, "444", '.')) {
			blank(at, end + 10);
			at = end + 10;
			continue;
		}
		at = end > at ? end : at + 1;
	}
}

/* The names that systemd gives to network devices by their hardware addresses. */
static void blank_interfaces(struct part text)
{
	static const char *const kinds[] = {"enx", "wlx", "wwx", "ibx"};

	for (char *at = text.at; text.end - at >= 15; at++)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (!strncasecmp(at, kinds[i], 3) && has_form(at + 3, at + 15, "c", 0))
				blank(at + 3, at + 15);
}

static bool is_separator(char c)
{
	return c && strchr(" \t:=#\"'<([_-.", c);
}

static bool is_value(char c)
{
	return c && !strchr(" \t\n,;)>]\"'", c) && !iscntrl((unsigned char)c);
}

/* Return: behind the word of @list that stands at @at, or NULL. */
static char *behind_any(const char *const *list, size_t size, char *at, const char *end)
{
	for (size_t i = 0; i < size; i++) {
		size_t length = strlen(list[i]);

		if ((size_t)(end - at) > length && !strncasecmp(at, list[i], length) &&
			!isalpha((unsigned char)at[length]))
			return at + length;
	}
	return NULL;
}

static bool has_digit(const char *at, const char *end)
{
	while (at < end && !isdigit((unsigned char)*at))
		at++;
	return at < end;
}

/* "serial number: X", "S/N X", "uuid=X", "password X" */
static void blank_values(struct part text)
{
	static const char *const keys[] = {"serial", "serialno", "serialnum", "serialnumber", "s/n",
		"sn", "guid", "wwn", "wwid", "eui", "naa", "uuid", "mac", "macaddr", "macaddress",
		"hwaddr", "password", "passwd", "passphrase", "pass", "pwd", "secret", "token",
		"asset", "hostname", "user", "username", "login"};
	static const char *const more[] = {
		"number", "num", "no", "address", "addr", "tag", "name", "id", "is", "of", "for"};

	for (char *at = text.at; at < text.end; at++) {
		char *end = NULL, *next;

		if (at == text.at || !isalnum((unsigned char)at[-1]))
			end = behind_any(keys, sizeof(keys) / sizeof(keys[0]), at, text.end);
		if (!end)
			continue;
		while ((next = behind_any(more, sizeof(more) / sizeof(more[0]),
				skip(end, text.end, is_separator), text.end)))
			end = next;
		at = skip(end, text.end, is_separator);
		end = skip(at, text.end, is_value);
		/* "user-space", but "SN-4711" */
		if (at[-1] != '-' || has_digit(at, end))
			blank(at, end);
		at = end > at ? end - 1 : at;
	}
}

static bool is_path(char c)
{
	return c && !strchr(" \t\n,;:)>]\"'", c) && !iscntrl((unsigned char)c);
}

static void blank_folders(struct part text)
{
	static const char *const tops[] = {"/home/", "/root/", "/Users/", "/mnt/", "/media/",
		"/srv/", "/var/", "/run/", "/tmp/", "/opt/"};

	for (char *at = text.at; at < text.end; at++) {
		for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
			size_t length = strlen(tops[i]);

			if ((size_t)(text.end - at) > length && !memcmp(at, tops[i], length))
				blank(at + length, skip(at + length, text.end, is_path));
		}
	}
}

static void blank_words(const struct redact *redact, struct part text)
{
	for (size_t i = 0; i < redact->count; i++)
		blank_word(text, redact->words[i]);
}

void redact_text(const struct redact *redact, char *text, size_t length)
{
	struct part all = {text, text + length};

	blank_values(all);
	redact_forms(text, length);
	blank_addresses(redact, all);
	blank_interfaces(all);
	blank_folders(all);
	blank_words(redact, all);
}

void redact_name(const struct redact *redact, char *name)
{
	struct part all = {name, name + strlen(name)};

	blank_addresses(redact, all);
	blank_words(redact, all);
}
