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

#define VMM    "./vmm/vsmmu-vm"
#define INIT   "./tests/rig/guest_init"
#define INITRD "/tmp/guest.cpio"

int guest_start(struct guest *guest, const char *const *arguments)
{
	const char *words[32] = {VMM};
	int in[2], out[2];

	guest->pid = 0;
	guest->length = guest->seen = 0;
	guest->text[0] = '\0';
	for (size_t n = 0; n < 30 && arguments[n]; n++)
		words[n + 1] = arguments[n];
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return -errno;
	guest->pid = fork();
	if (!guest->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		execv(VMM, (char **)(void *)words);
		perror(VMM);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	guest->input = in[1];
	guest->output = out[0];
	return guest->pid < 0 ? -errno : 0;
}

/* An archive ("newc") of one file, /init. Source: Linux Documentation/driver-api/early-userspace */
static bool write_initrd(void)
{
	static const char zeroes[512];
	FILE *from = fopen(INIT, "re"), *to = fopen(INITRD, "we");
	bool good = from && to && !fseek(from, 0, SEEK_END);
	const long size = good ? ftell(from) : 0;
	char block[4096];
	size_t n;

	if (good) {
		rewind(from);
		fprintf(to, "070701%08x%08x%08x%08x%08x%08x%08lx%08x%08x%08x%08x%08x%08x", 1,
			0100755, 0, 0, 1, 0, (unsigned long)size, 0, 0, 0, 0, 5, 0);
		fwrite("init\0\0", 6, 1, to); /* the header and the name take 116 bytes */
		while ((n = fread(block, 1, sizeof(block), from)) > 0)
			fwrite(block, 1, n, to);
		fwrite(zeroes, 1, (size_t)(-size & 3), to);
		fprintf(to, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0, 0, 0,
			0, 1, 0, 0, 0, 0, 0, 0, 11, 0);
		fwrite("TRAILER!!!\0\0\0", 14, 1, to);
		fwrite(zeroes, 1, sizeof(zeroes), to);
	}
	if (from)
		fclose(from);
	return to && !fclose(to) && good;
}

int guest_boot(struct guest *guest, const char *kernel, const char *append, const char *const *more)
{
	const char *words[32] = {"--kernel", kernel, "--initrd", INITRD, "--append", append};
	size_t n = 6;

	if (!write_initrd())
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

/* Reads what there is, without carriage returns. Return: false at the end or the deadline. */
static bool read_more(struct guest *guest, long deadline)
{
	struct pollfd fd = {.fd = guest->output, .events = POLLIN};
	const long left = deadline - now();
	char text[4096];
	ssize_t got;

	if (left <= 0 || poll(&fd, 1, (int)left) <= 0)
		return false;
	got = read(guest->output, text, sizeof(text));
	for (ssize_t n = 0; n < got; n++)
		if (text[n] != '\r' && text[n] && guest->length < GUEST_TEXT - 1)
			guest->text[guest->length++] = text[n];
	guest->text[guest->length] = '\0';
	return got > 0;
}

bool guest_expect(struct guest *guest, const char *text, unsigned int seconds)
{
	const long deadline = now() + seconds * 1000L;
	const char *found;

	while (!(found = strstr(guest->text + guest->seen, text)))
		if (!read_more(guest, deadline))
			return false;
	guest->seen = (size_t)(found - guest->text) + strlen(text);
	return true;
}

void guest_type(struct guest *guest, const char *text)
{
	(void)!write(guest->input, text, strlen(text));
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
	close(guest->output);
	guest->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
