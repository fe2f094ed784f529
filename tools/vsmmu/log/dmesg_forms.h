/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers' forms. Each function is given the place where one may begin, and takes it off
 * if it is there; @message is empty before and not to be used if it is not there.
 */
#ifndef LOG_DMESG_FORMS_H
#define LOG_DMESG_FORMS_H

#include "log/dmesg_message.h"
#include "log/form.h"

/* "event 0x10 received:" */
bool dmesg_header_parse(struct form *form, struct dmesg_message *message);

/*
 * Up to four words of 16 digits with a leading 0x; or digits that are too few for one, which
 * is for the caller to judge. With @bare the 0x may be missing.
 */
bool dmesg_words_parse(struct form *form, bool bare, struct dmesg_message *message);

/* "event: F_TRANSLATION client: ..."; or its begin, if that is all that makes sense. */
bool dmesg_decoded_parse(struct form *form, struct dmesg_message *message);

/* "unpriv data write s1 ..."; the same. */
bool dmesg_detail_parse(struct form *form, struct dmesg_message *message);

/* "sid 0x00000100.0x00000: [1L] unprivileged RW access at iova 0x0000000012345000" */
bool dmesg_requester_parse(struct form *form, struct dmesg_message *message);

/* "skipping command in error state:", "unexpected PRI request received:" */
bool dmesg_command_parse(struct form *form, struct dmesg_message *message);
bool dmesg_request_parse(struct form *form, struct dmesg_message *message);

/* "EVTQ overflow detected -- events lost" */
bool dmesg_overflow_parse(struct form *form, struct dmesg_message *message);

/*
 * Any other text of a driver, up to the line's end, and what is before it: with the driver's
 * name, or one of the catalogue's that nobody else prints.
 */
bool dmesg_driver_parse(struct span *line, struct dmesg_message *message);

/* Whether the text of such a message is whole, and was not yet where it was cut at @at. */
bool dmesg_message_goes_on(const struct dmesg_message *message, const char *at);

/*
 * Finds the last "arm-smmu-v3 DEVICE: " or the like. Return: whether it is there; then *rest is
 * what follows.
 */
bool dmesg_driver_find(struct span line, struct span *device, struct span *rest);

/* Whether the line ends within "arm-smmu-v3 DEVICE". */
bool dmesg_driver_is_cut(struct span line);

#endif
