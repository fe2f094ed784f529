/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop.h"

#include <uv.h>

const char loop_name[] = "libuv";

static uv_loop_t loop;
static uv_poll_t watcher;
static uv_timer_t timer;
static void (*readable)(void);

static void on_poll(uv_poll_t *handle, int status, int what)
{
	(void)handle;
	if (status == 0 && what == UV_READABLE)
		readable();
}

static void on_timer(uv_timer_t *handle)
{
	(void)handle;
}

int loop_open(int fd, void (*on_readable)(void))
{
	readable = on_readable;
	return uv_loop_init(&loop) || uv_poll_init(&loop, &watcher, fd) ||
	       uv_poll_start(&watcher, UV_READABLE, on_poll) || uv_timer_init(&loop, &timer);
}

void loop_once(uint32_t timeout_ms)
{
	uv_timer_start(&timer, on_timer, timeout_ms, 0);
	uv_run(&loop, UV_RUN_ONCE);
	uv_timer_stop(&timer);
}

int loop_close(void)
{
	uv_close((uv_handle_t *)&watcher, NULL);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}
