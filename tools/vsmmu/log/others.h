/* SPDX-License-Identifier: BSD-2-Clause */
/* Complaints of IOMMUs that are no SMMUv3 of this kernel, by the name of who prints them. */
#ifndef LOG_OTHERS_H
#define LOG_OTHERS_H

#include "log/dmesg_message.h"

/**
 * others_parse() - a fault that another IOMMU, a hypervisor or an emulator reports
 * @line: as the kernel or the program printed it
 * @message: @what, @smmu and @note are filled in; it must be empty before
 *
 * Notes of a normal boot are no faults. Return: whether it is one.
 */
bool others_parse(struct span line, struct dmesg_message *message);

/**
 * smmuv2_explain() - a fault of an SMMUv2 in plain words, as far as the line tells it
 * @buffer: where they go; "" if the line is none
 * @size: of @buffer
 * @text: what the driver printed
 *
 * Source: Linux drivers/iommu/arm/arm-smmu/arm-smmu.c; Arm IHI 0062, FSR and FSYNR0
 */
void smmuv2_explain(char *buffer, size_t size, struct span text);

#endif
