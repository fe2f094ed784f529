/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields that cases vary: of the STE, the CD, descriptors, and the access itself. */
#ifndef RIG_CASE_FIELDS_H
#define RIG_CASE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum case_object {
	CASE_STE = 0,
	CASE_CD,
	CASE_TABLE, /* the descriptor of the first table, which leads to the next one */
	CASE_LEAF,  /* the block or page descriptor */
	CASE_ACCESS,
	CASE_OBJECTS
};

/* Of which half of the CD a field is, when it has one for each. */
enum case_half {
	CASE_BOTH = 0,
	CASE_USED,  /* the half that the access goes through; of an address: @low counts from
		     * the lowest bit that the last descriptor's index is made of */
	CASE_OTHER, /* the other one */
};

/**
 * struct case_field - where a field is
 * @name: as the architecture calls it; x is the half that is used, y the other one
 * @object: enum case_object
 * @half: enum case_half
 * @word: of the object; that of half 0
 * @low: its lowest bit; that of half 0
 * @bits: its width
 * @flip: values are combined by exclusive or with what was there, as for parts of pointers
 */
struct case_field {
	const char *name;
	uint8_t object;
	uint8_t half;
	uint8_t word;
	uint8_t low;
	uint8_t bits;
	bool flip;
};

extern const struct case_field case_fields[];
extern const size_t case_field_count;

/* Fields of 32 bits and more of whole words: what random cases draw from besides. */
extern const struct case_field case_words[];
extern const size_t case_word_count;

#endif
