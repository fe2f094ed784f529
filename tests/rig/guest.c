/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest_archive.h"

#define VMM    "./vmm/vsmmu-vm"
#define INIT   "./tests/guest/init"
#define INITRD "/tmp/guest.cpio"
#define INNER  "/tmp/guest-kexec.cpio"

static void text_open(struct guest_text *text, int fd)
{
	text->fd = fd;
	text->length = text->seen = 0;
	text->text[0] = '\0';
}

int guest_run(struct guest *guest, const char *root, const char *const *words)
{
	int in[2], out[2], err[2];

	guest->pid = 0;
	guest->answer = 0;
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return -errno;
	guest->pid = fork();
	if (!guest->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		if (!root || (!chroot(root) && !chdir("/")))
			execv(words[0], (char **)(void *)words);
		perror(words[0]);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	guest->input = in[1];
	text_open(&guest->console, out[0]);
	text_open(&guest->messages, err[0]);
	return guest->pid < 0 ? -errno : 0;
}

int guest_start(struct guest *guest, const char *const *arguments)
{
	const char *words[32] = {VMM};

	for (size_t n = 0; n < 30 && arguments[n]; n++)
		words[n + 1] = arguments[n];
	return guest_run(guest, NULL, words);
}

static bool write_initrd(const char *kernel, const char *next)
{
	char modules[64];

	snprintf(modules, sizeof(modules), "%s.modules", kernel);
	if (next && !guest_archive_write(INNER, INIT, NULL, NULL, NULL))
		return false;
	return guest_archive_write(INITRD, INIT, modules, next, INNER);
}

int guest_boot(struct guest *guest, const char *kernel, const char *append, const char *const *more)
{
	const char *words[32] = {"--kernel", kernel, "--initrd", INITRD, "--append", append};
	size_t n = 6;

	if (!write_initrd(kernel, guest->next))
		return -EIO;
	while (more && *more && n < 31)
		words[n++] = *more++;
	words[n] = NULL;
	return guest_start(guest, words);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Return: false at the end of the text. */
static bool text_read(struct guest_text *text)
{
	char bytes[4096];
	ssize_t got = read(text->fd, bytes, sizeof(bytes));

	for (ssize_t n = 0; n < got; n++)
		if (bytes[n] != '\r' && bytes[n] && text->length < GUEST_TEXT - 1)
			text->text[text->length++] = bytes[n];
	text->text[text->length] = '\0';
	if (got > 0)
		return true;
	close(text->fd);
	text->fd = -1;
	return false;
}

/* Reads what there is. Return: false at the end of both texts or at the deadline. */
static bool read_more(struct guest *guest, long deadline)
{
	struct guest_text *const texts[2] = {&guest->console, &guest->messages};
	struct pollfd fds[2] = {{.fd = guest->console.fd, .events = POLLIN},
		{.fd = guest->messages.fd, .events = POLLIN}};
	const long left = deadline - now();
	bool open = false;

	if (left <= 0 || (fds[0].fd < 0 && fds[1].fd < 0) || poll(fds, 2, (int)left) <= 0)
		return false;
	for (unsigned int n = 0; n < 2; n++)
		open |= fds[n].fd >= 0 && (!fds[n].revents || text_read(texts[n]));
	return open;
}

static bool expect(
	struct guest *guest, struct guest_text *text, const char *words, unsigned int seconds)
{
	const long deadline = now() + seconds * 1000L;
	const char *found;

	while (!(found = strstr(text->text + text->seen, words)))
		if (!read_more(guest, deadline))
			return false;
	text->seen = (size_t)(found - text->text) + strlen(words);
	return true;
}

bool guest_expect(struct guest *guest, const char *text, unsigned int seconds)
{
	return expect(guest, &guest->console, text, seconds);
}

bool guest_expect_message(struct guest *guest, const char *text, unsigned int seconds)
{
	return expect(guest, &guest->messages, text, seconds);
}

void guest_type(struct guest *guest, const char *text)
{
	(void)!write(guest->input, text, strlen(text));
}

const char *guest_answer(const struct guest *guest)
{
	return guest->console.text + guest->answer;
}

/* The line that ends an answer is a whole one, so that why a command failed is there, too. */
static const char *find_end(const char *answer)
{
	const char *ok = strstr(answer, "guest: ok\n"), *failed = strstr(answer, "guest: failed: ");

	if (ok && (!failed || ok < failed))
		return ok;
	return failed && strchr(failed, '\n') ? failed : NULL;
}

bool guest_do(struct guest *guest, const char *command, unsigned int seconds)
{
	const long deadline = now() + seconds * 1000L;
	const char *end;

	guest->answer = guest->console.seen = guest->console.length;
	guest_type(guest, command);
	guest_type(guest, "\n");
	while (!(end = find_end(guest_answer(guest))))
		if (!read_more(guest, deadline))
			return false;
	return !strncmp(end, "guest: ok", 9);
}

int guest_end(struct guest *guest, unsigned int seconds)
{
	const long deadline = now() + seconds * 1000L;
	int status = 0;

	if (guest->pid <= 0)
		return -1;
	while (read_more(guest, deadline))
		;
	if (now() >= deadline)
		kill(guest->pid, SIGKILL);
	waitpid(guest->pid, &status, 0);
	close(guest->input);
	if (guest->console.fd >= 0)
		close(guest->console.fd);
	if (guest->messages.fd >= 0)
		close(guest->messages.fd);
	guest->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
