/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "util/errno_name.h"
#include "util/sized.h"

/* A caller that only has to try again has nothing to repair. */
static enum vsmmu_severity severity_of(int error)
{
	return error == -EAGAIN ? VSMMU_INFO : VSMMU_ERROR;
}

int refuse(struct vsmmu *vsmmu, uint64_t vsid, int error, const char *format, ...)
{
	char text[REPORT_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	report(vsmmu, VSMMU_REPORT_UNFIT, severity_of(error), vsid, "%s: %s", errno_name(error),
		text);
	return error;
}

/* Return: where the first byte is that is not zero, from @begin on. */
static size_t first_set(const void *bytes, size_t begin)
{
	while (!((const uint8_t *)bytes)[begin])
		begin++;
	return begin;
}

int refusal_copy_in(struct vsmmu *vsmmu, void *to, const void *from, size_t size, const char *name)
{
	const int ret = sized_copy_in(to, from, size);
	size_t given;

	if (!ret)
		return 0;
	if (!from)
		return refuse(vsmmu, VSMMU_NO_VSID, ret, "%s is NULL", name);
	memcpy(&given, from, sizeof(given));
	if (ret == -E2BIG)
		return refuse(vsmmu, VSMMU_NO_VSID, ret,
			"%s has %zu bytes, and byte %zu is not 0; libvsmmu %s knows %zu bytes: the "
			"program is of a later version and asks for what this one cannot do",
			name, given, first_set(from, size), vsmmu_version(), size);
	return refuse(vsmmu, VSMMU_NO_VSID, ret,
		"%s.size is %zu, which nobody has set to its sizeof: libvsmmu %s knows %zu bytes",
		name, given, vsmmu_version(), size);
}

int refusal_end(struct vsmmu *vsmmu, unsigned int made, uint64_t vsid, int error, const char *call)
{
	if (error < 0 && report_made() == made)
		refuse(vsmmu, vsid, error, "%s", call);
	return error;
}
