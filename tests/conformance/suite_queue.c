/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vEVENTQ and the objects around it, at the level of the host's calls: what the real
 * kernel does, and the simulator must do as well. Source: Linux
 * drivers/iommu/iommufd/eventq.c, driver.c, viommu.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "conformance/suite.h"
#include "uapi/iommufd.h"
#include "veventq/decoder.h"

#define DEPTH  4
#define VSID   0x42
#define HEADER sizeof(struct uapi_iommufd_vevent_header)

/* One endpoint under a nested HWPT, with a queue. */
struct chain {
	struct machine *machine;
	uint32_t parent, viommu, vdevice, nested;
	struct host_veventq veventq;
};

static void chain_open(struct chain *chain, struct machine *machine, uint32_t depth)
{
	const struct host_ops *ops = machine->host->ops;
	struct vsmmu_host *host = machine->host;
	const struct host_endpoint *endpoint = &machine->endpoint[0];

	memset(chain, 0, sizeof(*chain));
	chain->machine = machine;
	TAP_EQ(ops->parent_alloc(host, endpoint, &chain->parent), 0);
	TAP_EQ(ops->attach(host, endpoint, chain->parent, VSMMU_ATTACH_PUT_BACK), 0);
	TAP_EQ(ops->viommu_alloc(host, endpoint, chain->parent, &chain->viommu), 0);
	TAP_EQ(ops->veventq_alloc(host, chain->viommu, depth, &chain->veventq), 0);
	TAP_EQ(ops->vdevice_alloc(host, endpoint, chain->viommu, VSID, &chain->vdevice), 0);
	TAP_EQ(ops->nested_alloc(host, endpoint, chain->viommu, machine->ste[0], &chain->nested),
		0);
	TAP_EQ(ops->attach(host, endpoint, chain->nested, VSMMU_ATTACH_STAGE1), 0);
}

static void chain_close(struct chain *chain)
{
	struct machine *machine = chain->machine;
	const struct host_ops *ops = machine->host->ops;
	struct vsmmu_host *host = machine->host;

	TAP_EQ(ops->attach(host, &machine->endpoint[0], chain->parent, VSMMU_ATTACH_PUT_BACK), 0);
	ops->veventq_close(host, &chain->veventq);
	TAP_EQ(ops->destroy(host, chain->veventq.id), 0);
	TAP_EQ(ops->destroy(host, chain->nested), 0);
	TAP_EQ(ops->destroy(host, chain->vdevice), 0);
	TAP_EQ(ops->destroy(host, chain->viommu), 0);
	TAP_EQ(ops->detach(host, &machine->endpoint[0]), 0);
	TAP_EQ(ops->destroy(host, chain->parent), 0);
}

static ssize_t chain_read(struct chain *chain, void *buffer, size_t length)
{
	return chain->veventq.source.read(chain->veventq.source.ctx, buffer, length);
}

static bool chain_readable(struct chain *chain)
{
	struct pollfd fd = {.fd = chain->veventq.fd, .events = POLLIN};

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLIN;
}

static size_t record_size(const struct chain *chain)
{
	return HEADER + chain->machine->payload_size;
}

/* Header number @record of a buffer of @normal whole records, then headers alone. */
static struct uapi_iommufd_vevent_header header_at(
	const struct chain *chain, const uint8_t *buffer, size_t normal, size_t record)
{
	struct uapi_iommufd_vevent_header header;
	size_t lost = record > normal ? record - normal : 0;

	memcpy(&header, buffer + (record - lost) * record_size(chain) + lost * HEADER,
		sizeof(header));
	return header;
}

#define EXPECT_HEADER(header, want_flags, want_sequence)                                           \
	do {                                                                                       \
		TAP_EQ((header).flags, want_flags);                                                \
		TAP_EQ((header).sequence, want_sequence);                                          \
	} while (0)

static void empty_read_is_zero(void *context)
{
	struct chain chain;
	uint8_t buffer[64];

	chain_open(&chain, suite_machine(context), DEPTH);
	errno = EBADMSG;
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), 0);
	TAP_EQ(errno, EBADMSG);
	TAP_CHECK(!chain_readable(&chain), "an empty queue polls readable");
	chain_close(&chain);
}

static void fd_is_nonblocking_and_cloexec(void *context)
{
	struct chain chain;

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_CHECK(fcntl(chain.veventq.fd, F_GETFL) & O_NONBLOCK, "the fd blocks");
	TAP_CHECK((fcntl(chain.veventq.fd, F_GETFL) & O_ACCMODE) == O_RDWR,
		"setting O_NONBLOCK lost the access mode");
	TAP_CHECK(fcntl(chain.veventq.fd, F_GETFD) & FD_CLOEXEC, "the fd survives exec");
	chain_close(&chain);
}

static void short_buffer_is_refused(void *context)
{
	struct chain chain;
	uint8_t buffer[64];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain_read(&chain, buffer, 0), -EINVAL);
	TAP_EQ(chain_read(&chain, buffer, HEADER - 1), -EINVAL);
	TAP_EQ(chain_read(&chain, buffer, HEADER), 0);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	TAP_EQ(chain_read(&chain, buffer, HEADER - 1), -EINVAL);
	TAP_EQ(chain_read(&chain, buffer, HEADER), -EINVAL);
	TAP_EQ(chain_read(&chain, buffer, record_size(&chain) - 1), -EINVAL);
	TAP_EQ(chain_read(&chain, buffer, record_size(&chain)), record_size(&chain));
	chain_close(&chain);
}

static void record_has_header_and_vsid(void *context)
{
	struct chain chain;
	uint8_t buffer[64];
	uint32_t vsid;

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	TAP_CHECK(chain_readable(&chain), "an event does not poll readable");
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), record_size(&chain));
	EXPECT_HEADER(header_at(&chain, buffer, 1, 0), 0, 0);
	/* In an SMMUv3 record the StreamID is the upper half of the first word. */
	memcpy(&vsid, buffer + HEADER + (chain.machine->payload_size == 32 ? 4 : 0), sizeof(vsid));
	TAP_EQ(vsid, VSID);
	chain_close(&chain);
}

static void one_read_takes_all_that_fit(void *context)
{
	struct chain chain;
	uint8_t buffer[4 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 4), 0);
	/* Two and a half: a record is never split. */
	TAP_EQ(chain_read(&chain, buffer, 2 * record_size(&chain) + record_size(&chain) / 2),
		2 * record_size(&chain));
	EXPECT_HEADER(header_at(&chain, buffer, 2, 1), 0, 1);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), 2 * record_size(&chain));
	EXPECT_HEADER(header_at(&chain, buffer, 2, 0), 0, 2);
	EXPECT_HEADER(header_at(&chain, buffer, 2, 1), 0, 3);
	chain_close(&chain);
}

static void full_queue_restamps_its_lost_header(void *context)
{
	struct chain chain;
	uint8_t buffer[8 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, DEPTH + 6), 0);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), DEPTH * record_size(&chain) + HEADER);
	EXPECT_HEADER(header_at(&chain, buffer, DEPTH, DEPTH - 1), 0, DEPTH - 1);
	/* The number of the last that was dropped, not of the first. */
	EXPECT_HEADER(header_at(&chain, buffer, DEPTH, DEPTH), UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS,
		DEPTH + 5);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), 0);
	chain_close(&chain);
}

static void lone_lost_header_is_readable(void *context)
{
	struct chain chain;
	uint8_t buffer[8 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, DEPTH + 1), 0);
	TAP_EQ(chain_read(&chain, buffer, DEPTH * record_size(&chain)),
		DEPTH * record_size(&chain));
	TAP_CHECK(chain_readable(&chain), "a lone LOST header does not poll readable");
	TAP_EQ(chain_read(&chain, buffer, HEADER), HEADER);
	EXPECT_HEADER(header_at(&chain, buffer, 0, 0), UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, DEPTH);
	TAP_CHECK(!chain_readable(&chain), "an empty queue polls readable");
	chain_close(&chain);
}

static void lost_header_vanishes_when_an_event_follows(void *context)
{
	struct chain chain;
	uint8_t buffer[8 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, DEPTH + 2), 0);
	TAP_EQ(chain_read(&chain, buffer, record_size(&chain)), record_size(&chain));
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	/* 1, 2, 3, then 6: that 4 and 5 were lost shows in the numbers alone. */
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), DEPTH * record_size(&chain));
	EXPECT_HEADER(header_at(&chain, buffer, DEPTH, 2), 0, 3);
	EXPECT_HEADER(header_at(&chain, buffer, DEPTH, 3), 0, DEPTH + 2);
	chain_close(&chain);
}

static void numbers_continue_after_a_lost_header(void *context)
{
	struct chain chain;
	uint8_t buffer[8 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, DEPTH + 2), 0);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), DEPTH * record_size(&chain) + HEADER);
	TAP_EQ(chain.machine->ops->fault_dropped(chain.machine, 0), 0);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	/* Lost after the header, before the next event: number 6 shows as a gap. */
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), record_size(&chain));
	EXPECT_HEADER(header_at(&chain, buffer, 1, 0), 0, DEPTH + 3);
	chain_close(&chain);
}

static void first_event_ever_can_be_lost(void *context)
{
	struct chain chain;
	uint8_t buffer[8 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault_dropped(chain.machine, 0), 0);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), HEADER);
	EXPECT_HEADER(header_at(&chain, buffer, 0, 0), UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 0);
	chain_close(&chain);
}

static void no_memory_for_an_event_is_a_loss_without_being_full(void *context)
{
	struct chain chain;
	uint8_t buffer[8 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	TAP_EQ(chain.machine->ops->fault_dropped(chain.machine, 0), 0);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), record_size(&chain) + HEADER);
	EXPECT_HEADER(header_at(&chain, buffer, 1, 1), UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 1);
	chain_close(&chain);
}

static void no_memory_for_a_lost_header_keeps_it(void *context)
{
	struct chain chain;
	uint8_t buffer[8 * 40];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault_dropped(chain.machine, 0), 0);
	TAP_EQ(chain.machine->ops->fail_lost_copy(chain.machine), 0);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), -ENOMEM);
	TAP_CHECK(chain_readable(&chain), "the LOST header is gone");
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), HEADER);
	EXPECT_HEADER(header_at(&chain, buffer, 0, 0), UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 0);
	chain_close(&chain);
}

static void one_read_can_give_two_lost_headers(void *context)
{
	struct veventq_decoder decoder;
	struct veventq_item item;
	struct chain chain;
	uint8_t buffer[2 * HEADER];

	chain_open(&chain, suite_machine(context), DEPTH);
	TAP_EQ(chain.machine->ops->fault_dropped(chain.machine, 0), 0);
	TAP_EQ(chain.machine->ops->fault_dropped(chain.machine, 0), 0);
	TAP_EQ(chain.machine->ops->read_and_drop(
		       chain.machine, &chain.veventq, buffer, sizeof(buffer), 0),
		2 * HEADER);
	EXPECT_HEADER(header_at(&chain, buffer, 0, 0), UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 1);
	EXPECT_HEADER(header_at(&chain, buffer, 0, 1), UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 2);

	TAP_EQ(veventq_decoder_init(&decoder, chain.machine->type, 0, 0), 0);
	veventq_decoder_feed(&decoder, buffer, sizeof(buffer));
	TAP_EQ(veventq_decoder_next(&decoder, &item), VSMMU_ITEM_LOST);
	TAP_EQ(item.lost, 2);
	TAP_EQ(veventq_decoder_next(&decoder, &item), VSMMU_ITEM_LOST);
	TAP_EQ(item.lost, 1);
	TAP_EQ(veventq_decoder_next(&decoder, &item), VSMMU_ITEM_END);
	chain_close(&chain);
}

static void open_fd_keeps_the_queue(void *context)
{
	struct chain chain;
	const struct host_ops *ops;
	struct vsmmu_host *host;

	chain_open(&chain, suite_machine(context), DEPTH);
	host = chain.machine->host;
	ops = host->ops;
	TAP_EQ(ops->destroy(host, chain.veventq.id), -EBUSY);
	/* And everything holds what it stands on. */
	TAP_EQ(ops->destroy(host, chain.nested), -EBUSY);
	TAP_EQ(ops->destroy(host, chain.viommu), -EBUSY);
	TAP_EQ(ops->destroy(host, chain.parent), -EBUSY);
	chain_close(&chain);
	TAP_EQ(ops->destroy(host, chain.parent), -ENOENT);
}

static void depth_and_type_have_limits(void *context)
{
	struct chain chain;
	struct host_veventq second;
	const struct host_ops *ops;
	struct vsmmu_host *host;
	uint32_t viommu;

	chain_open(&chain, suite_machine(context), DEPTH);
	host = chain.machine->host;
	ops = host->ops;
	TAP_EQ(ops->veventq_alloc(host, chain.viommu, DEPTH, &second), -EEXIST);
	TAP_EQ(ops->viommu_alloc(host, &chain.machine->endpoint[0], chain.parent, &viommu), 0);
	TAP_EQ(ops->veventq_alloc(host, viommu, 0, &second), -EINVAL);
	TAP_EQ(ops->veventq_alloc(host, viommu, VEVENTQ_DEPTH_MAX + 1, &second), -EINVAL);
	TAP_EQ(ops->veventq_alloc(host, viommu, VEVENTQ_DEPTH_MAX, &second), 0);
	ops->veventq_close(host, &second);
	TAP_EQ(ops->destroy(host, second.id), 0);
	TAP_EQ(ops->destroy(host, viommu), 0);
	TAP_EQ(ops->veventq_alloc(host, viommu, DEPTH, &second), -ENOENT);
	chain_close(&chain);
}

static void vsid_is_unique_on_its_viommu(void *context)
{
	struct chain chain;
	const struct host_ops *ops;
	struct vsmmu_host *host;
	uint32_t id;

	chain_open(&chain, suite_machine(context), DEPTH);
	host = chain.machine->host;
	ops = host->ops;
	TAP_EQ(ops->vdevice_alloc(host, &chain.machine->endpoint[0], chain.viommu, VSID + 1, &id),
		-EEXIST);
	TAP_EQ(ops->attach(host, &chain.machine->endpoint[1], chain.parent, VSMMU_ATTACH_PUT_BACK),
		0);
	TAP_EQ(ops->vdevice_alloc(host, &chain.machine->endpoint[1], chain.viommu, VSID, &id),
		-EEXIST);
	TAP_EQ(ops->detach(host, &chain.machine->endpoint[1]), 0);
	chain_close(&chain);
}

static void parent_stops_forwarding(void *context)
{
	struct chain chain;
	const struct host_ops *ops;
	struct vsmmu_host *host;
	uint8_t buffer[64];

	chain_open(&chain, suite_machine(context), DEPTH);
	host = chain.machine->host;
	ops = host->ops;
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	TAP_EQ(ops->attach(host, &chain.machine->endpoint[0], chain.parent, VSMMU_ATTACH_PUT_BACK),
		0);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	/* What was queued stays, nothing is added. */
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), record_size(&chain));
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), 0);
	TAP_EQ(ops->attach(host, &chain.machine->endpoint[0], chain.nested, VSMMU_ATTACH_STAGE1),
		0);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, 1), 0);
	TAP_EQ(chain_read(&chain, buffer, sizeof(buffer)), record_size(&chain));
	EXPECT_HEADER(header_at(&chain, buffer, 1, 0), 0, 1);
	chain_close(&chain);
}

static void two_viommus_share_a_parent(void *context)
{
	struct chain chain;
	const struct host_ops *ops;
	struct host_endpoint *endpoint;
	struct host_veventq veventq;
	struct vsmmu_host *host;
	uint32_t viommu, vdevice, nested;
	uint8_t buffer[64];

	chain_open(&chain, suite_machine(context), DEPTH);
	host = chain.machine->host;
	ops = host->ops;
	endpoint = &chain.machine->endpoint[1];
	TAP_EQ(ops->attach(host, endpoint, chain.parent, VSMMU_ATTACH_PUT_BACK), 0);
	TAP_EQ(ops->viommu_alloc(host, endpoint, chain.parent, &viommu), 0);
	TAP_EQ(ops->veventq_alloc(host, viommu, DEPTH, &veventq), 0);
	TAP_EQ(ops->vdevice_alloc(host, endpoint, viommu, VSID, &vdevice), 0);
	TAP_EQ(ops->nested_alloc(host, endpoint, viommu, chain.machine->ste[1], &nested), 0);
	TAP_EQ(ops->attach(host, endpoint, nested, VSMMU_ATTACH_STAGE1), 0);

	/* One endpoint's storm costs the other nothing, not even a number. */
	TAP_EQ(chain.machine->ops->fault(chain.machine, 0, DEPTH + 8), 0);
	TAP_EQ(chain.machine->ops->fault(chain.machine, 1, 1), 0);
	TAP_EQ(veventq.source.read(veventq.source.ctx, buffer, sizeof(buffer)),
		record_size(&chain));
	EXPECT_HEADER(header_at(&chain, buffer, 1, 0), 0, 0);

	TAP_EQ(ops->attach(host, endpoint, chain.parent, VSMMU_ATTACH_PUT_BACK), 0);
	ops->veventq_close(host, &veventq);
	TAP_EQ(ops->destroy(host, veventq.id), 0);
	TAP_EQ(ops->destroy(host, nested), 0);
	TAP_EQ(ops->destroy(host, vdevice), 0);
	TAP_EQ(ops->destroy(host, viommu), 0);
	TAP_EQ(ops->detach(host, endpoint), 0);
	chain_close(&chain);
}

static const struct tap_test tests[] = {
	{"empty_read_is_zero", "E3 P2", empty_read_is_zero},
	{"fd_is_nonblocking_and_cloexec", "E1 P18", fd_is_nonblocking_and_cloexec},
	{"short_buffer_is_refused", "E4", short_buffer_is_refused},
	{"record_has_header_and_vsid", "E4", record_has_header_and_vsid},
	{"one_read_takes_all_that_fit", "E2", one_read_takes_all_that_fit},
	{"full_queue_restamps_its_lost_header", "E4 E5", full_queue_restamps_its_lost_header},
	{"lone_lost_header_is_readable", "E4", lone_lost_header_is_readable},
	{"lost_header_vanishes_when_an_event_follows", "E5",
		lost_header_vanishes_when_an_event_follows},
	{"numbers_continue_after_a_lost_header", "E5 P3", numbers_continue_after_a_lost_header},
	{"first_event_ever_can_be_lost", "E5", first_event_ever_can_be_lost},
	{"no_memory_for_an_event_is_a_loss_without_being_full", "E5",
		no_memory_for_an_event_is_a_loss_without_being_full},
	{"no_memory_for_a_lost_header_keeps_it", "E3 P8", no_memory_for_a_lost_header_keeps_it},
	{"one_read_can_give_two_lost_headers", "E4 P4", one_read_can_give_two_lost_headers},
	{"open_fd_keeps_the_queue", "E11", open_fd_keeps_the_queue},
	{"depth_and_type_have_limits", "", depth_and_type_have_limits},
	{"vsid_is_unique_on_its_viommu", "", vsid_is_unique_on_its_viommu},
	{"parent_stops_forwarding", "E10", parent_stops_forwarding},
	{"two_viommus_share_a_parent", "E9", two_viommus_share_a_parent},
};
const struct suite_part suite_queue = {tests, sizeof(tests) / sizeof(tests[0])};
