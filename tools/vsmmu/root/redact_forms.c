/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that tell by their form alone whom or what they name. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "root/redact.h"

struct token {
	char *at, *end;
};

static void blank(char *at, const char *end)
{
	for (; at < end; at++)
		if (isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80)
			*at = 'x';
}

static bool ends_token(char c)
{
	return isspace((unsigned char)c) || iscntrl((unsigned char)c) ||
	       strchr("\"'`<>()[]{},;", c);
}

static bool begins(const struct token *token, const char *with)
{
	size_t length = strlen(with);

	return (size_t)(token->end - token->at) >= length && !strncasecmp(token->at, with, length);
}

/* Where @text is in the token, or NULL. */
static char *find(const struct token *token, const char *text)
{
	return memmem(token->at, (size_t)(token->end - token->at), text, strlen(text));
}

/* "nqn.2014-08.org.nvmexpress:uuid:...", and names of disks. Return: behind the kind, or NULL. */
static char *disk_name(const struct token *token)
{
	static const char *const kinds[] = {"nqn.", "iqn.", "eui.", "naa.", "ata-", "nvme-",
		"scsi-", "usb-", "wwn-", "dm-uuid-"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (begins(token, kinds[i]) &&
			(size_t)(token->end - token->at) > strlen(kinds[i]) + 3)
			return token->at + strlen(kinds[i]);
	return NULL;
}

/* Of a name with dots the last part: those of networks, and none that drivers use. */
static bool is_domain(const char *label, size_t length)
{
	static const char *const domains[] = {"com", "org", "net", "edu", "gov", "mil", "int",
		"info", "cloud", "dev", "app", "io", "lan", "home", "corp", "internal", "intranet",
		"local", "localdomain", "localhost", "example", "test", "invalid", "arpa", "de",
		"uk", "fr", "eu", "us", "cn", "jp", "kr", "in", "ch", "at", "nl", "se", "fi", "no",
		"dk", "pl", "it", "es", "br", "ca", "au", "ru", "tw"};

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (strlen(domains[i]) == length && !strncasecmp(domains[i], label, length))
			return true;
	return false;
}

/* Whether a name of a host in a domain begins at @at. Return: its end, or NULL. */
static char *host_end(char *at, const char *end)
{
	char *label = at, *c = at;
	unsigned int dots = 0;

	/* A number with dots is a version. */
	while (c < end && isdigit((unsigned char)*c))
		c++;
	if (c < end && *c == '.')
		return NULL;
	for (; c < end && (isalnum((unsigned char)*c) || strchr("-._", *c)); c++)
		if (*c == '.' && c + 1 < end && isalnum((unsigned char)c[1])) {
			dots++;
			label = c + 1;
		}
	while (c > label && !isalnum((unsigned char)c[-1]))
		c--;
	return dots && c > label && is_domain(label, (size_t)(c - label)) ? c : NULL;
}

/* A user at a host goes with it. Numbers of devices, "iommu@fc900000", have no domain. */
static void blank_hosts(const struct token *token)
{
	for (char *at = token->at; at < token->end; at++) {
		bool starts = at == token->at ||
			      !(isalnum((unsigned char)at[-1]) || strchr("-._", at[-1]));
		char *end = starts ? host_end(at, token->end) : NULL;
		char *from = at;

		if (!end)
			continue;
		if (at > token->at && at[-1] == '@')
			for (from = at - 1; from > token->at && !strchr("/=:", from[-1]);)
				from--;
		blank(from, end);
		at = end - 1;
	}
}

/* Capital letters and digits, many of both: no driver has such words, and labels have. */
static bool is_serial(const char *at, const char *end)
{
	unsigned int letters = 0, digits = 0;

	for (; at < end; at++) {
		letters += isupper((unsigned char)*at) != 0;
		digits += isdigit((unsigned char)*at) != 0;
	}
	return letters + digits >= 12 && letters >= 3 && digits >= 3;
}

/* Twelve digits, as the MAC on a label; but neither a number of 0x nor one end of a range. */
static bool is_bare_mac(const struct token *token, const char *at, const char *end)
{
	unsigned int letters = 0, digits = 0;

	if (end - at != 12 || (at > token->at && strchr("-.@", at[-1])) ||
		(end < token->end && strchr("-.", *end)))
		return false;
	for (; at < end; at++) {
		letters += isxdigit((unsigned char)*at) && !isdigit((unsigned char)*at);
		digits += isdigit((unsigned char)*at) != 0;
	}
	return letters + digits == 12 && letters && digits;
}

static void blank_labels(const struct token *token)
{
	for (char *at = token->at, *end; at < token->end; at = end + 1) {
		for (end = at; end < token->end && isalnum((unsigned char)*end);)
			end++;
		if (is_serial(at, end) || is_bare_mac(token, at, end))
			blank(at, end);
	}
}

/*
 * Where files of people lie is theirs to say; the kernel's own folders, and nodes of a device
 * tree, are not. Return: behind the first folder, or NULL.
 */
static char *path_rest(const struct token *token)
{
	static const char *const known[] = {"/dev/", "/sys/", "/proc/", "/lib/", "/boot/", "/usr/",
		"/sbin/", "/bin/", "/etc/", "/soc", "/firmware/", "/reserved-memory/"};

	char *rest = NULL;

	if (token->end - token->at > 1 && *token->at == '/')
		rest = memchr(token->at + 1, '/', (size_t)(token->end - token->at) - 1);
	if (!rest || find(token, "@"))
		return NULL;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (begins(token, known[i]))
			return NULL;
	return rest + 1;
}

static void take(const struct token *token)
{
	char *url = find(token, "://"), *rest;
	char *equals = memchr(token->at, '=', (size_t)(token->end - token->at));
	const struct token value = {equals ? equals + 1 : token->at, token->end};

	if (url) {
		blank(url + 3, token->end);
		return;
	}
	rest = disk_name(&value);
	if (!rest)
		rest = path_rest(&value);
	if (rest)
		blank(rest, token->end);
	blank_hosts(token);
	blank_labels(token);
}

/* "uid=1000(alice)" */
static void blank_ids(char *at, const char *end)
{
	for (; end - at > 4; at++) {
		char *digits = at + 4, *name;

		if (strncasecmp(at, "uid=", 4) && strncasecmp(at, "gid=", 4))
			continue;
		while (digits < end && isdigit((unsigned char)*digits))
			digits++;
		if (digits == end || *digits != '(')
			continue;
		for (name = digits + 1; name < end && !ends_token(*name);)
			name++;
		blank(digits + 1, name);
	}
}

void redact_forms(char *text, size_t length)
{
	struct token token = {text, text};
	char *end = text + length;

	blank_ids(text, end);
	while (token.at < end) {
		token.end = token.at;
		while (token.end < end && !ends_token(*token.end))
			token.end++;
		if (token.end > token.at)
			take(&token);
		token.at = token.end + 1;
	}
}
