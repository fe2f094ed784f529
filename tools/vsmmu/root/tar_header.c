/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/tar_header.h"

#include <stdio.h>
#include <string.h>

bool tar_number(const char *field, size_t size, uint64_t *value)
{
	uint64_t number = 0;
	size_t i = 0, digits = 0;

	if ((uint8_t)field[0] == 0x80) {
		for (i = 1; i < size; i++) {
			if (number >> 56)
				return false;
			number = number << 8 | (uint8_t)field[i];
		}
		*value = number;
		return true;
	}
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++, digits++)
		number = number << 3 | (uint64_t)(field[i] - '0');
	/* Twelve octal digits fit in any case. */
	for (; i < size; i++)
		if (field[i] && field[i] != ' ')
			return false;
	*value = number;
	return digits > 0;
}

static void sums(const struct tar_header *header, uint32_t *sum, int32_t *signed_sum)
{
	struct tar_header copy = *header;
	const uint8_t *bytes = (const uint8_t *)&copy;

	memset(copy.checksum, ' ', sizeof(copy.checksum));
	*sum = 0;
	*signed_sum = 0;
	for (size_t i = 0; i < sizeof(copy); i++) {
		*sum += bytes[i];
		*signed_sum += (int8_t)bytes[i];
	}
}

bool tar_checksum_is_right(const struct tar_header *header)
{
	uint32_t sum;
	int32_t signed_sum;
	uint64_t value;

	sums(header, &sum, &signed_sum);
	return tar_number(header->checksum, sizeof(header->checksum), &value) &&
	       (value == sum || (signed_sum >= 0 && value == (uint64_t)signed_sum));
}

void tar_set_checksum(struct tar_header *header)
{
	char digits[8];
	uint32_t sum;
	int32_t ignored;

	sums(header, &sum, &ignored);
	snprintf(digits, sizeof(digits), "%06o", sum & 0777777);
	memcpy(header->checksum, digits, sizeof(digits));
	header->checksum[7] = ' ';
}

bool tar_is_zero(const struct tar_header *header)
{
	static const struct tar_header zero;

	return !memcmp(header, &zero, sizeof(zero));
}

bool tar_record_next(const char **at, size_t *left, struct tar_record *record)
{
	const char *text = *at, *equals;
	size_t length = 0, digits = 0;

	while (digits < *left && digits < 8 && text[digits] >= '0' && text[digits] <= '9')
		length = 10 * length + (size_t)(text[digits++] - '0');
	if (!digits || digits >= *left || text[digits] != ' ' || length <= digits + 1 ||
		length > *left || text[length - 1] != '\n')
		return false;
	record->key = text + digits + 1;
	equals = memchr(record->key, '=', length - digits - 2);
	if (!equals)
		return false;
	record->key_length = (size_t)(equals - record->key);
	record->value = equals + 1;
	record->value_length = (size_t)(text + length - 1 - record->value);
	*at += length;
	*left -= length;
	return true;
}
