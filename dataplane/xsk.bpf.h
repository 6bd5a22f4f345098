/* SPDX-License-Identifier: GPL-2.0-only */
/* Sending a packet to an AF_XDP socket of the queue that it came by. */
#ifndef XDPCTL_XSK_BPF_H
#define XDPCTL_XSK_BPF_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "capture_head.h"

/* XDP_REDIRECT, or fallback where no socket is in the map: then the packet is as it was. What the
 * reader is to know goes in front of the packet, where the driver has room for that. Pointers into
 * the packet have to be read again. */
static __always_inline int xsk_send(struct xdp_md *ctx, void *xsks, struct capture_head *head,
				    int fallback, bool timed)
{
	int bytes = sizeof(*head), ret;
	struct capture_head *meta;

	ret = bpf_xdp_adjust_meta(ctx, -bytes);
	if (!ret) {
		meta = (void *)(long)ctx->data_meta;
		if ((void *)(meta + 1) <= (void *)(long)ctx->data) {
			head->captured = CAPTURE_MARK;
			if (timed)
				head->time = bpf_ktime_get_ns();
			*meta = *head;
		}
	}
	if (bpf_redirect_map(xsks, ctx->rx_queue_index, fallback) == XDP_REDIRECT)
		return XDP_REDIRECT;
	if (!ret)
		bpf_xdp_adjust_meta(ctx, bytes);
	return fallback;
}

#endif
