/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets out of one AF_XDP receive ring. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "xskfeed_part.h"

#define BATCH 64 /* entries that are fetched at once */
#define AHEAD 6	 /* packets */

static struct xskfeed_queue *queue_of(struct feed *feed)
{
	return (struct xskfeed_queue *)feed;
}

static const struct xdp_desc *entry(const struct xskfeed_queue *q, uint32_t place)
{
	return xsk_ring_cons__rx_desc(&q->rx, place);
}

static bool fetch(struct xskfeed_queue *q)
{
	uint32_t place, n = xsk_ring_cons__peek(&q->rx, BATCH, &place);

	q->seen += n;
	return n > 0;
}

/* The kernel wrote the packets on another CPU: ask for the beginning of one that comes soon. Not of
 * many at once: frames begin at multiples of 2048, and share very few places in the cache. */
static void ask_ahead(const struct xskfeed_queue *q)
{
	const uint8_t *data;

	if (q->seen - q->at <= AHEAD)
		return;
	data = q->frames + entry(q, q->at + AHEAD)->addr;
	__builtin_prefetch(data - sizeof(struct capture_head));
	__builtin_prefetch(data);
}

/* The metadata in front of a packet, NULL if the frame has no room for it. */
static uint8_t *metadata(const struct xskfeed_queue *q, const struct xdp_desc *first)
{
	if ((first->addr & q->frame_mask) < sizeof(struct capture_head))
		return NULL;
	return q->frames + first->addr - sizeof(struct capture_head);
}

/* Of what arrived: length bytes, of which captured are there. */
static void read_head(struct xskfeed_queue *q, const struct xdp_desc *first, uint32_t length,
		      uint32_t captured)
{
	struct capture_head *head = &q->now.head;
	const uint8_t *from = metadata(q, first);

	head->captured = 0;
	if (from)
		memcpy(head, from, sizeof(*head)); /* only packets are aligned, if at all */
	if (head->captured != CAPTURE_MARK)
		*head = (struct capture_head){ .length = length,
					       .outcome = CAPTURE_NO_OUTCOME,
					       .queue = q->number,
					       .direction = CAPTURE_IN };
	head->captured = captured;
	if (head->length < length)
		head->length = length;
}

/* So that it is not taken for that of the next packet in this frame. */
static void remove_mark(const struct xskfeed_queue *q, const struct xdp_desc *first)
{
	uint8_t *head = metadata(q, first);

	if (head)
		memset(head + offsetof(struct capture_head, captured), 0, sizeof(uint32_t));
}

/* Copy the parts together. The scratch room is as large as the frames of all entries of the ring,
 * and those of packets that were not released are still in the ring: it is always enough. */
static void join(struct xskfeed_queue *q, uint32_t parts, uint32_t length)
{
	uint8_t *to = q->scratch + q->scratch_used;
	uint32_t filled = 0;

	for (uint32_t i = 0; i < parts && filled < CAPTURE_SNAPLEN; i++) {
		const struct xdp_desc *part = entry(q, q->at + i);
		uint32_t n = part->len;

		if (n > CAPTURE_SNAPLEN - filled)
			n = CAPTURE_SNAPLEN - filled;
		memcpy(to + filled, q->frames + part->addr, n);
		filled += n;
	}
	read_head(q, entry(q, q->at), length, filled);
	q->now.data = to;
	q->scratch_used += filled;
}

static bool has_mark(const struct xskfeed_queue *q, const struct xdp_desc *first)
{
	const uint8_t *head = metadata(q, first);
	uint32_t captured = 0;

	if (head)
		memcpy(&captured, head + offsetof(struct capture_head, captured), sizeof(captured));
	return captured == CAPTURE_MARK;
}

/* Parts of the next packet, 0 until all are here: a driver may publish them one by one. Of one that
 * did not fit into the ring with zero-copy, which is counted as lost, the kernel leaves the first
 * parts (xsk_rcv_zc()): where metadata shows that another packet begins, go on behind them. */
static uint32_t count_parts(struct xskfeed_queue *q, uint32_t *length)
{
	const struct xdp_desc *part;
	uint32_t parts = 0;

	*length = 0;
	do {
		if (q->at + parts == q->seen && !fetch(q))
			return 0;
		part = entry(q, q->at + parts);
		if (parts && has_mark(q, part)) {
			remove_mark(q, entry(q, q->at));
			q->at += parts;
			*length = parts = 0;
		}
		*length += part->len;
		parts++;
	} while (part->options & XDP_PKT_CONTD);
	return parts;
}

static bool look(struct xskfeed_queue *q)
{
	const struct xdp_desc *first;
	uint32_t length, parts = 1;

	if (q->at == q->seen && !fetch(q))
		return false;
	ask_ahead(q);
	if (q->scratch && (entry(q, q->at)->options & XDP_PKT_CONTD))
		parts = count_parts(q, &length);
	if (!parts)
		return false;
	q->parts = parts;
	if (parts > 1) {
		join(q, parts, length);
		return true;
	}
	first = entry(q, q->at);
	read_head(q, first, first->len, first->len);
	q->now.data = q->frames + first->addr;
	return true;
}

static int peek(struct feed *feed, struct feed_packet *out)
{
	struct xskfeed_queue *q = queue_of(feed);

	if (!q->parts && !look(q))
		return q->gone ? -ENETDOWN : 0;
	*out = q->now;
	return 1;
}

static void take(struct feed *feed)
{
	struct xskfeed_queue *q = queue_of(feed);

	if (!q->parts)
		return;
	remove_mark(q, entry(q, q->at));
	q->at += q->parts;
	q->parts = 0;
}

/* Each entry's frame goes back into the fill ring. The kernel publishes packets before it says
 * which free frames it took for them (xsk_flush()), so for a moment there may be room for a part
 * only: the rest waits for the next time. */
static void refill(struct xskfeed_queue *q)
{
	uint32_t n = q->at - q->freed, room = xsk_prod_nb_free(&q->fill, n), place;

	if (n > room)
		n = room;
	if (!n || xsk_ring_prod__reserve(&q->fill, n, &place) != n)
		return;
	for (uint32_t i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&q->fill, place + i) =
			entry(q, q->freed + i)->addr & ~q->frame_mask;
	xsk_ring_prod__submit(&q->fill, n);
	xsk_ring_cons__release(&q->rx, n);
	q->freed += n;
}

static void release(struct feed *feed)
{
	struct xskfeed_queue *q = queue_of(feed);

	if (q->at != q->freed)
		refill(q);
	if (q->scratch_used) {
		q->scratch_used = 0;
		if (q->parts > 1) /* it was in there */
			q->parts = 0;
	}
	if (xsk_ring_prod__needs_wakeup(&q->fill))
		(void)recvfrom(xsk_socket__fd(q->socket), NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

const struct feed_ops xskfeed_ops = { .peek = peek, .take = take, .release = release };
