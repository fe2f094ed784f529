/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/recorder.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "capture/capture.h"

static void put(struct recorder *recorder, const struct vsmmu_capture_item *item)
{
	uint8_t bytes[VSMMU_CAPTURE_PUT_MAX];
	int length = vsmmu_capture_put(bytes, sizeof(bytes), item);

	if (recorder->error)
		return;
	if (length < 0)
		recorder->error = length;
	else if (fwrite(bytes, 1, (size_t)length, recorder->file) != (size_t)length)
		recorder->error = errno ? -errno : -EIO;
}

static void put_loss(struct recorder *recorder, struct recorder_loss *loss)
{
	const struct vsmmu_capture_item item = {
		.type = VSMMU_CAPTURE_LOST,
		.queue = loss->queue,
		.time = recorder->machine->now,
		.sequence = loss->sequence,
		.lost = loss->count,
	};

	if (loss->count)
		put(recorder, &item);
	loss->count = 0;
}

/* The endpoint of requester ID 01:00.0 is behind a root port of segment 0. */
static void record_endpoint(void *opaque, const struct machine_endpoint *endpoint)
{
	struct recorder *recorder = opaque;
	struct vsmmu_capture_item item = {
		.type = VSMMU_CAPTURE_ENDPOINT,
		.queue = machine_queue(recorder->machine, endpoint),
		.vsid = endpoint->vsid,
	};

	snprintf(item.name, sizeof(item.name), "0000:%02x:%02x.%x", endpoint->vsid >> 8 & 0xff,
		endpoint->vsid >> 3 & 31, endpoint->vsid & 7);
	put(recorder, &item);
}

static void record_event(void *opaque, const struct machine_endpoint *endpoint, uint32_t sequence,
	const struct vsmmu_event_record *record, bool kept)
{
	struct recorder *recorder = opaque;
	struct recorder_loss *loss = &recorder->losses[endpoint->smmu];
	struct vsmmu_capture_item item = {
		.type = VSMMU_CAPTURE_EVENT,
		.queue = machine_queue(recorder->machine, endpoint),
		.time = recorder->machine->now,
		.sequence = sequence,
		.record = *record,
	};

	if (kept || loss->queue != item.queue || loss->count == INT_MAX)
		put_loss(recorder, loss);
	if (kept) {
		put(recorder, &item);
		return;
	}
	loss->queue = item.queue;
	loss->sequence = sequence;
	loss->count++;
}

int recorder_open(struct recorder *recorder, const char *path, struct machine *machine)
{
	/* No time of the day: the same options give the same bytes. */
	const struct vsmmu_capture_item begin = {.type = VSMMU_CAPTURE_BEGIN};

	memset(recorder, 0, sizeof(*recorder));
	recorder->machine = machine;
	recorder->file = fopen(path, "wbe");
	if (!recorder->file)
		return -errno;
	machine->recorder = (struct machine_recorder){
		.opaque = recorder,
		.endpoint = record_endpoint,
		.event = record_event,
	};
	put(recorder, &begin);
	return 0;
}

int recorder_close(struct recorder *recorder)
{
	for (int i = 0; i < DEMO_SMMUS; i++)
		put_loss(recorder, &recorder->losses[i]);
	if (fclose(recorder->file) && !recorder->error)
		recorder->error = -errno;
	return recorder->error;
}
