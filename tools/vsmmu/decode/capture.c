/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "decode/input.h"

static void give_event(
	struct input *input, struct item *item, const struct vsmmu_capture_item *what)
{
	item_set_record(item, &what->record);
	item->client = names_get(&input->names, item->event.sid);
	output_item(input->output, item);
}

/* Return: 0 or -ENOMEM. */
static int give(struct input *input, const struct vsmmu_capture_item *what)
{
	struct item item;

	item_init(&item, &input->position);
	item.moment.has_time = item.has_sequence = item.has_queue = true;
	item.moment.time = what->time;
	item.queue = what->queue;
	item.sequence = what->sequence;
	switch (what->type) {
	case VSMMU_CAPTURE_EVENT:
		give_event(input, &item, what);
		return 0;
	case VSMMU_CAPTURE_LOST:
		item.kind = ITEM_LOST;
		item.count = what->lost;
		output_item(input->output, &item);
		return 0;
	case VSMMU_CAPTURE_ENDPOINT:
		return names_set(&input->names, what->vsid, what->name);
	default:
		return 0;
	}
}

static void stop(struct input *input, const char *complaint)
{
	output_bad(input->output, &input->position, complaint);
	input->over = true;
}

long capture_take(struct input *input, const uint8_t *bytes, size_t length, bool end)
{
	struct vsmmu_capture_item item;
	size_t used = 0;
	int ret = 1;

	while (used < length) {
		ret = vsmmu_capture_next(&input->capture, bytes + used, length - used, &item);
		if (ret <= 0)
			break;
		if (give(input, &item))
			return -ENOMEM;
		used += (size_t)ret;
		input->position.number = input->capture.offset;
	}
	if (ret == -EINVAL)
		stop(input, "this is no capture");
	else if (ret == -EPROTONOSUPPORT)
		stop(input, "this is a capture of a later version of the format");
	else if (ret < 0)
		stop(input, input->capture.begun
				    ? "the capture is damaged here: what follows is not read"
				    : "the header of this capture is damaged");
	else if (end && used < length)
		stop(input, input->capture.begun ? "the capture is cut off here"
						 : "the header of this capture is cut off");
	else if (end && !input->capture.begun)
		stop(input, "this is no capture: it is empty");
	return (long)used;
}
