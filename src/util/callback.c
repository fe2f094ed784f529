/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/callback.h"

#include <stddef.h>

_Thread_local const struct callback *callback_innermost = NULL;
