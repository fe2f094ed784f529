/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files: those of sysfs and procfs, and the list of endpoints. */
#ifndef RIG_FILES_H
#define RIG_FILES_H

/*
 * Lists the endpoints for the programs: lines "KIND BDF /dev/vfio/devices/vfioN". KIND is "edu",
 * "nvme", or with "-shared" behind it when another function is in the same IOMMU group.
 */
#define ENDPOINTS_FILE "/run/rig/endpoints"

/* Return: 0; -1 if not all of the text was written. */
int write_file(const char *path, const char *text);

/* The first line of a file, without its newline; "" if it cannot be read. */
void read_line(const char *path, char *line, unsigned int size);

#endif
