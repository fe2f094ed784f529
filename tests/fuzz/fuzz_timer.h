/* SPDX-License-Identifier: BSD-2-Clause */
/* The time that backoffs and OVFLG wait for: it passes when the fuzzer's input says so. */
#ifndef FUZZ_TIMER_H
#define FUZZ_TIMER_H

#include "fuzz.h"

/* Forgets all timers: they are gone. */
void fuzz_timer_reset(void);
/* All that were set have run out. */
void fuzz_timer_expire(void);
/* Return: nanoseconds of CLOCK_MONOTONIC. */
uint64_t fuzz_timer_now(void);

#endif
