/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "root/allowed.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* Each of them, and of a name with dots its first part. */
static void add_words(struct redact *redact, const char *text)
{
	for (const char *word = text; word && *word;) {
		size_t length = strcspn(word, " \t\n"), label = strcspn(word, ". \t\n");

		redact_add_word(redact, word, length);
		if (label < length)
			redact_add_word(redact, word, label);
		word += length;
		word += strspn(word, " \t\n");
	}
}

/* Names of people, not of services: passwd(5), and useradd's UID_MIN. */
static void add_passwd(struct redact *redact, const char *text)
{
	for (const char *line = text; line && *line;) {
		size_t name = strcspn(line, ":\n");
		unsigned int uid;

		if (line[name] == ':' && sscanf(line + name, ":%*[^:\n]:%u:", &uid) == 1 &&
			uid >= 1000 && uid < 65534)
			redact_add_word(redact, line, name);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

/* Whose folder is named somewhere may be named elsewhere without it. */
static void add_users(struct redact *redact, struct root *root, const char *path)
{
	char *text = root_read(root, path, NULL);

	for (const char *at = text; at && (at = strstr(at, "/home/"));) {
		at += strlen("/home/");
		redact_add_word(redact, at, strspn(at, NAME_CHARACTERS));
	}
	free(text);
}

void secrets_find(struct redact *redact, struct root *root)
{
	static const char *const users[] = {"SUDO_USER", "LOGNAME", "USER"};

	for (size_t i = 0; allowed_get(i); i++) {
		char *text;

		if (allowed_get(i)->kind != ALLOWED_WORD)
			continue;
		text = root_read_word(root, allowed_get(i)->pattern);
		if (strstr(allowed_get(i)->pattern, "passwd"))
			add_passwd(redact, text);
		else
			add_words(redact, text);
		free(text);
	}
	for (size_t i = 0; root_is_live(root) && i < 3; i++)
		add_words(redact, getenv(users[i]));
	add_users(redact, root, "proc/cmdline");
	add_users(redact, root, "vsmmu/kernel-log");
}
