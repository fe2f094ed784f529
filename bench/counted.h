/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts system calls, all that a process makes where it says so: the process is a child,
 * and its parent traces it (ptrace).
 */
#ifndef BENCH_COUNTED_H
#define BENCH_COUNTED_H

#include "host_spy.h"

/*
 * Runs @child(@opaque) in a process of its own, which prints what it has to say and returns.
 * Return: how many system calls it made while it counted. Exits on failure.
 */
uint64_t counted_run(void (*child)(void *opaque), void *opaque);

/* The child, once, before it counts: up to here it runs at full speed. */
void counted_ready(void);

/* From here to there it counts. */
void counted_begin(void);
void counted_end(void);

/*
 * For the child's host: a read of a simulated vEVENTQ, which is a function here and one
 * read(2) on a kernel. The system calls within are the simulator's and do not count.
 */
extern const struct host_spy counted_spy;

/* Reads of vEVENTQs while the child counted. */
uint64_t counted_reads(void);

#endif
