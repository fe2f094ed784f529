/* SPDX-License-Identifier: BSD-2-Clause */
/* Which SMMU a name means. */
#include "endpoints/smmu_ref.h"
#include "text/span.h"

/* "arm-smmu-v3.2.auto": as Linux' iort.c lets the platform bus number it. */
static bool is_number(struct span name, uint64_t *number)
{
	return span_take(&name, "arm-smmu-v3.") && span_take_number(&name, 10, number) &&
	       span_is(name, ".auto");
}

/* "fc900000.iommu", or with what Linux puts behind it: of a device tree's node. */
static bool is_address(struct span name, uint64_t *address)
{
	return span_take_number(&name, 16, address) && span_begins(name, ".") && name.length > 1;
}

/* "/soc/iommu@fc900000": a path in a device tree, as Xen prints it. */
static bool is_path(struct span name, uint64_t *address)
{
	struct span before;

	if (!span_take_until(&name, "@", &before))
		return false;
	while (span_has(name, "@"))
		span_take_until(&name, "@", &before);
	return span_take_hex(&name, address) && !name.length;
}

/* "smmu3.0x0000000009050000": of /sys/class/iommu. */
static bool is_class(struct span name, uint64_t *address)
{
	return span_take(&name, "smmu3.0x") && span_take_number(&name, 16, address) && !name.length;
}

struct smmu_ref smmu_ref_parse(const char *name)
{
	struct smmu_ref ref = {.kind = SMMU_REF_ANY};
	struct span span = span_of(name);

	if (is_number(span, &ref.value))
		ref.kind = SMMU_REF_NUMBER;
	else if (is_address(span, &ref.value) || is_path(span, &ref.value) ||
		 is_class(span, &ref.value))
		ref.kind = SMMU_REF_ADDRESS;
	else
		ref.value = 0;
	return ref;
}
