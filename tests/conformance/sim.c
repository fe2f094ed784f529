/* SPDX-License-Identifier: BSD-2-Clause */
/* The conformance suite on the simulator. */
#include "conformance/suite.h"

int main(void)
{
	return suite_run(&machine_sim);
}
