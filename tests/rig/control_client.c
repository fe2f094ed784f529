/* SPDX-License-Identifier: BSD-2-Clause */
#include "control_client.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

bool control_client_open(struct control_client *client)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL_PATH};

	client->text[0] = '\0';
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!connect(client->fd, (const struct sockaddr *)&address, sizeof(address)))
		return true;
	close(client->fd);
	return false;
}

void control_client_close(struct control_client *client)
{
	close(client->fd);
}

void control_client_send(struct control_client *client, const char *bytes, size_t length)
{
	(void)!send(client->fd, bytes, length, MSG_NOSIGNAL);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Return: the last line, if it is whole. */
static const char *last_line(const char *text, size_t length)
{
	const char *at = text + length - 1;

	if (!length || *at != '\n')
		return "";
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

bool control_client_wait(struct control_client *client, unsigned int ms)
{
	const long deadline = now() + ms;
	size_t length = 0;

	for (;;) {
		struct pollfd fd = {.fd = client->fd, .events = POLLIN};
		const long left = deadline - now();
		ssize_t n;

		client->text[length] = '\0';
		if (!strcmp(last_line(client->text, length), "ok\n"))
			return true;
		if (!strncmp(last_line(client->text, length), "error: ", 7) || left <= 0 ||
			poll(&fd, 1, (int)left) <= 0)
			return false;
		n = read(client->fd, client->text + length, sizeof(client->text) - 1 - length);
		if (n <= 0)
			return false;
		length += (size_t)n;
	}
}

bool control_client_do(struct control_client *client, const char *line, unsigned int ms)
{
	control_client_send(client, line, strlen(line));
	control_client_send(client, "\n", 1);
	return control_client_wait(client, ms);
}
