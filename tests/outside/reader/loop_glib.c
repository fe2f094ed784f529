/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop.h"

#include <glib-unix.h>

const char loop_name[] = "glib";

static GMainContext *context;
static GSource *watcher;
static void (*readable)(void);

static gboolean on_fd(gint fd, GIOCondition what, gpointer data)
{
	(void)fd;
	(void)data;
	if (what == G_IO_IN)
		readable();
	return G_SOURCE_CONTINUE;
}

static gboolean on_timer(gpointer data)
{
	(void)data;
	return G_SOURCE_REMOVE;
}

int loop_open(int fd, void (*on_readable)(void))
{
	readable = on_readable;
	context = g_main_context_new();
	watcher = g_unix_fd_source_new(fd, G_IO_IN);
	/* The callback of such a source is a GUnixFDSourceFunc, whatever the parameter says. */
	g_source_set_callback(watcher, G_SOURCE_FUNC(on_fd), NULL, NULL);
	return g_source_attach(watcher, context) == 0;
}

void loop_once(uint32_t timeout_ms)
{
	GSource *timer = g_timeout_source_new(timeout_ms);

	g_source_set_callback(timer, on_timer, NULL, NULL);
	g_source_attach(timer, context);
	g_main_context_iteration(context, TRUE);
	g_source_destroy(timer);
	g_source_unref(timer);
}

int loop_close(void)
{
	g_source_destroy(watcher);
	g_source_unref(watcher);
	g_main_context_unref(context);
	return 0;
}
