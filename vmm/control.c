/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vm.h"

/* Return: whether the socket at @address is a dead process's, which is gone then. */
static bool remove_stale(int fd, const struct sockaddr_un *address)
{
	struct stat stat;

	if (lstat(address->sun_path, &stat) || !S_ISSOCK(stat.st_mode) ||
		!connect(fd, (const struct sockaddr *)address, sizeof(*address)) ||
		errno != ECONNREFUSED)
		return false;
	return !unlink(address->sun_path);
}

int control_open(struct vm *vm)
{
	const char *path = vm->options.control;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct sockaddr *name = (const struct sockaddr *)&address;
	int fd;

	if (!path)
		return 0;
	if (strlen(path) >= sizeof(address.sun_path))
		return fail("--control %s: is longer than %zu characters", path,
			sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* The socket's own mode is what bind() gives the file. */
	if (fd < 0 || fchmod(fd, 0600) ||
		(bind(fd, name, sizeof(address)) &&
			(errno != EADDRINUSE || !remove_stale(fd, &address) ||
				bind(fd, name, sizeof(address))))) {
		fail("--control %s: %m", path);
		close(fd);
		return -1;
	}
	vm->listener = fd;
	return listen(fd, CLIENTS) ? fail("--control %s: %m", path) : 0;
}

static void drop(struct client *client)
{
	close(client->fd);
	client->fd = 0;
	client->length = 0;
}

static void accept_client(struct vm *vm)
{
	static const char full[] = "error: too many clients\n";
	const int fd = accept4(vm->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		usleep(10000); /* no fd is left, and it stays readable */
	for (unsigned int n = 0; fd >= 0 && n < CLIENTS; n++) {
		struct client *client = &vm->client[n];

		if (client->fd)
			continue;
		client->fd = fd;
		client->ended = false;
		client->sent = client->answered = 0;
		return;
	}
	if (fd >= 0) {
		(void)send(fd, full, strlen(full), MSG_NOSIGNAL);
		close(fd);
	}
}

/* Return: whether all that was answered has been sent. */
static bool flush(struct client *client)
{
	while (client->sent < client->answered) {
		ssize_t n = send(client->fd, client->answer + client->sent,
			client->answered - client->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno != EAGAIN; /* to a client that is gone all has been sent */
		client->sent += (size_t)n;
	}
	return true;
}

/* Reads what there is room for, and does the commands whose answers are taken. */
static void serve(struct vm *vm, struct client *client, bool readable)
{
	const size_t room = sizeof(client->line) - client->length;
	ssize_t n = readable ? recv(client->fd, client->line + client->length, room, 0) : 0;
	char *end;

	if (n > 0)
		client->length += (size_t)n;
	else if (readable && (!n || errno != EAGAIN))
		client->ended = true;
	while (flush(client)) {
		end = memchr(client->line, '\n', client->length);
		if (!end && client->ended)
			drop(client);
		if (!end && client->length < sizeof(client->line))
			return;
		client->sent = 0;
		if (!end) {
			client->answered = (size_t)sprintf(client->answer, "error: a long line\n");
			client->length = 0;
			client->ended = true;
			continue;
		}
		*end++ = '\0';
		client->answered =
			command_run(vm, client->line, client->answer, sizeof(client->answer));
		client->length -= (size_t)(end - client->line);
		memmove(client->line, end, client->length);
	}
}

enum { STOP, LISTENER, CLIENT, CALL = CLIENT + CLIENTS };
#define FDS (CALL + VFIO_CALLS * DEVICES_MAX)

static void fill(const struct vm *vm, struct pollfd *fds)
{
	fds[STOP] = (struct pollfd){.fd = vm->control.stop, .events = POLLIN};
	fds[LISTENER] = (struct pollfd){.fd = vm->listener ? vm->listener : -1, .events = POLLIN};
	for (unsigned int n = 0; n < CLIENTS; n++) {
		const struct client *client = &vm->client[n];

		/* No command is read whose answer would have to wait for another one's. */
		fds[CLIENT + n] = (struct pollfd){.fd = client->fd ? client->fd : -1,
			.events = client->sent < client->answered ? POLLOUT : POLLIN};
	}
	for (unsigned int n = 0; n < VFIO_CALLS * DEVICES_MAX; n++)
		fds[CALL + n] = (struct pollfd){
			.fd = vm->device[n / VFIO_CALLS].call[n % VFIO_CALLS], .events = POLLIN};
}

static void *serve_all(void *opaque)
{
	static const char *const calls[] = {"the host wants it back", "it had a fatal error"};
	struct vm *vm = opaque;
	struct pollfd fds[FDS];

	for (;;) {
		fill(vm, fds);
		if (poll(fds, FDS, -1) < 0)
			continue;
		if (fds[STOP].revents)
			return NULL;
		for (unsigned int n = 0; n < VFIO_CALLS * DEVICES_MAX; n++) {
			const char *bdf = vm->device[n / VFIO_CALLS].bdf;

			if (!fds[CALL + n].revents || vm_detach(vm, bdf))
				continue;
			note("%s: %s; detached", bdf, calls[n % VFIO_CALLS]);
			break; /* the device's other fd is gone */
		}
		for (unsigned int n = 0; n < CLIENTS; n++)
			if (fds[CLIENT + n].revents)
				serve(vm, &vm->client[n],
					fds[CLIENT + n].revents & (POLLIN | POLLHUP | POLLERR));
		if (fds[LISTENER].revents)
			accept_client(vm);
	}
}

int control_start(struct vm *vm)
{
	return thread_start(&vm->control, serve_all, vm);
}

void control_close(struct vm *vm)
{
	thread_stop(&vm->control);
	for (unsigned int n = 0; n < CLIENTS; n++)
		if (vm->client[n].fd)
			drop(&vm->client[n]);
	if (vm->listener) {
		unlink(vm->options.control);
		close(vm->listener);
	}
	vm->listener = 0;
}
