/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files of sysfs and procfs, and the lines that PID 1 prints. */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* The first line of a file, without its newline; "" if it cannot be read. */
void read_text(const char *path, char *text, size_t size);

/* Return: 0; -1 with errno if not all of the text was written. */
int write_text(const char *path, const char *text);

/* Looks every 10 ms. Return: whether the file was there within 10 s. */
bool wait_for_file(const char *path);

double seconds_now(void);

/*
 * Prints "guest: " and a line. It goes through the kernel's log, at a level that is always shown:
 * the kernel's own lines neither cut it in two nor come out of their order with it.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Keeps why a command failed. Return: -1, so that a command can return it. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *failure(void);

#endif
