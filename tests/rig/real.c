/* SPDX-License-Identifier: BSD-2-Clause */
/* The conformance suite on the real arm-smmu-v3 driver, fed by edu endpoints. */
#include "conformance/suite.h"
#include "machine_real.h"

int main(void)
{
	return suite_run(&machine_real);
}
