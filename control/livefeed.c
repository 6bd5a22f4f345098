/* SPDX-License-Identifier: GPL-2.0-only */
/* libpcap's header defines struct bpf_insn as <linux/bpf.h> does: see filter_compile.c. */
#define bpf_insn kernel_bpf_insn
#include "filter.h"
#undef bpf_insn
#include "clock.h"
#include "livefeed.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#define NS_PER_S    1000000000ull
#define NS_PER_MS   1000000ull
#define ROOM	    (1u << 20) /* for data of packets that were taken, until release() */
#define SKIPPED_MAX 256	       /* packets in one peek() that turn out not to match */
#define CLOCK_EVERY 64	       /* packets */
#define TAG_AT	    12
#define ETHERTYPE_Q 0x8100
#define ETHERTYPE_S 0x88a8

/* What the ring has not handed over when the interface goes: until its timer does, and some more
 * for a busy machine. */
#define GONE_NS (10 * LIVEFEED_DELAY_MS * NS_PER_MS)

/* In front of the filter in the kernel. */
#define PREFIX 7

struct livefeed {
	struct feed feed; /* the first: a feed is cast back to this */
	pcap_t *pcap;
	int ifindex;
	uint8_t direction;
	uint32_t snaplen;
	struct sock_filter *insns; /* PREFIX, then the filter */
	unsigned int count;
	bool in_kernel; /* the kernel filters, all but packets with a tag beside them */
	uint64_t opened, last, gone; /* CLOCK_MONOTONIC */
	/* To add to a time of CLOCK_REALTIME, and how far off it may be; as of `now`. */
	struct clock_offset wall;
	uint64_t now;
	unsigned int clock_in; /* packets until the clocks are compared again */
	uint64_t read, lost;
	uint32_t dropped; /* pcap_stat's number, which wraps, when it was last looked at */
	bool ahead;	  /* next was not taken yet */
	struct feed_packet next;
	size_t used;
	uint8_t room[ROOM];
};

/* ---- time */

static void compare_clocks(struct livefeed *live)
{
	live->now = clock_compare(&live->wall);
	live->clock_in = CLOCK_EVERY;
}

/* A packet that waited while the time was set comes out wrong by as much. It is put between the one
 * before and now, or all that follow would have to wait for its time. */
static uint64_t monotonic(struct livefeed *live, const struct timeval *wall)
{
	/* of nanosecond precision */
	uint64_t ns = (uint64_t)wall->tv_sec * NS_PER_S + (uint64_t)wall->tv_usec;
	uint64_t time;

	if (live->clock_in == 0 || ns - (uint64_t)live->wall.ns > live->now)
		compare_clocks(live);
	live->clock_in--;
	time = ns - (uint64_t)live->wall.ns;
	if (time > live->now)
		time = live->now;
	return time < live->last ? live->last : time;
}

/* ---- reading */

static bool has_tag(const uint8_t *data, size_t length)
{
	unsigned int type;

	if (length < TAG_AT + 2)
		return false;
	type = (unsigned int)data[TAG_AT] << 8 | data[TAG_AT + 1];
	return type == ETHERTYPE_Q || type == ETHERTYPE_S;
}

/* How many bytes of the packet to take. */
static uint32_t wanted(const struct livefeed *live, const struct pcap_pkthdr *head,
		       const uint8_t *data)
{
	struct bpf_program program = { live->count, (struct bpf_insn *)(live->insns + PREFIX) };
	uint32_t bytes = head->caplen;

	if (!live->in_kernel || has_tag(data, bytes)) {
		uint32_t taken = (uint32_t)pcap_offline_filter(&program, head, data);

		bytes = taken < bytes ? taken : bytes;
	}
	return bytes < live->snaplen ? bytes : live->snaplen;
}

static void keep(u_char *context, const struct pcap_pkthdr *head, const u_char *data)
{
	struct livefeed *live = (void *)context;
	uint64_t time = monotonic(live, &head->ts);
	uint32_t bytes = wanted(live, head, data);

	/* what is older has seen no filter */
	if (time < live->opened || bytes == 0)
		return;
	live->last = time;
	live->next.head = (struct capture_head){
		.time = time,
		.length = head->len,
		.captured = bytes,
		.outcome = CAPTURE_NO_OUTCOME,
		.direction = live->direction,
	};
	live->next.data = memcpy(live->room + live->used, data, bytes);
	live->used += bytes;
	live->read++;
	live->ahead = true;
}

/* Deleted, or moved into another network namespace. */
static bool is_gone(const struct livefeed *live)
{
	struct ifreq request = { .ifr_ifindex = live->ifindex };

	return ioctl(pcap_fileno(live->pcap), SIOCGIFNAME, &request) && errno == ENODEV;
}

/* libpcap looks into the ring first and fails when that is empty, which is too early for packets
 * whose block the kernel has not handed over. */
static int failed(struct livefeed *live)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!is_gone(live))
		return -EIO;
	if (!live->gone)
		live->gone = now;
	return now - live->gone < GONE_NS ? 0 : -ENODEV;
}

static int live_peek(struct feed *feed, struct feed_packet *out)
{
	struct livefeed *live = (struct livefeed *)feed;

	for (int i = 0; !live->ahead; i++) {
		int ret;

		if (i == SKIPPED_MAX || ROOM - live->used < LIVEFEED_SNAPLEN)
			return 0;
		ret = pcap_dispatch(live->pcap, 1, keep, (u_char *)live);
		if (ret < 0)
			return failed(live);
		if (ret == 0) {
			live->clock_in = 0; /* it may be long until the next one */
			return 0;
		}
	}
	*out = live->next;
	return 1;
}

static void live_take(struct feed *feed)
{
	((struct livefeed *)feed)->ahead = false;
}

static void live_release(struct feed *feed)
{
	struct livefeed *live = (struct livefeed *)feed;

	live->used = 0;
	if (live->ahead) {
		live->used = live->next.head.captured;
		live->next.data = memmove(live->room, live->next.data, live->used);
	}
}

static const struct feed_ops live_ops = {
	.peek = live_peek,
	.take = live_take,
	.release = live_release,
};

struct feed *livefeed_feed(struct livefeed *live)
{
	return &live->feed;
}

/* ---- the filter */

/* Only the kernel knows a packet's direction while it counts what was lost, so it has to look at
 * that. A tag that it took out is not where the filter looks for one: such a packet is taken as a
 * whole and filtered when libpcap has put the tag back. A filter finds A as 0. */
static void write_prefix(struct livefeed *live)
{
	const bool out = live->direction == CAPTURE_OUT;
	const struct sock_filter prefix[PREFIX] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, out, !out),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, LIVEFEED_SNAPLEN),
		BPF_STMT(BPF_LD | BPF_IMM, 0),
	};

	memcpy(live->insns, prefix, sizeof(prefix));
}

/* What the program returns is how much the kernel copies. */
static int copy_filter(struct livefeed *live, const struct filter *filter)
{
	const struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, LIVEFEED_SNAPLEN);
	const struct sock_filter *from = filter ? filter->insns : &all;

	live->count = filter ? filter->count : 1;
	live->insns = calloc(PREFIX + live->count, sizeof(*live->insns));
	if (!live->insns)
		return -ENOMEM;
	write_prefix(live);
	for (unsigned int i = 0; i < live->count; i++) {
		struct sock_filter *insn = &live->insns[PREFIX + i];

		*insn = from[i];
		if (insn->code == (BPF_RET | BPF_K) && insn->k > live->snaplen)
			insn->k = live->snaplen;
	}
	return 0;
}

/* Not by pcap_setfilter(): what libpcap finds in the first block of the ring it filters itself, and
 * there it knows neither direction nor tag. What was there before is skipped by its time. */
static void attach_filter(struct livefeed *live)
{
	struct sock_fprog program = { (unsigned short)(PREFIX + live->count), live->insns };

	if (PREFIX + live->count <= BPF_MAXINSNS)
		live->in_kernel = setsockopt(pcap_fileno(live->pcap), SOL_SOCKET, SO_ATTACH_FILTER,
					     &program, sizeof(program)) == 0;
}

/* ---- opening */

static int not_activated(int status, const char *interface, pcap_t *pcap, struct err *err)
{
	switch (status) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		err_set(err, ERR_PERMISSION, EPERM, interface,
			"cannot open a packet socket: CAP_NET_RAW is missing");
		return err_hint(err, "run it as root or with that capability");
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return err_set(err, ERR_NOT_FOUND, ENODEV, interface, "no such interface");
	case PCAP_ERROR_IFACE_NOT_UP:
		err_set(err, ERR_FAILED, ENETDOWN, interface, "the interface is not up");
		return err_hint(err, "ip link set %s up", interface);
	default:
		return err_set(err, ERR_FAILED, EIO, interface, "cannot capture: %s: %s",
			       pcap_statustostr(status), pcap_geterr(pcap));
	}
}

/* In libpcap's order: some only before the activation, some only after it. */
static int activate(struct livefeed *live, const struct livefeed_options *options, struct err *err)
{
	bool out = options->direction == CAPTURE_OUT;
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = live->pcap;
	int status, link_type;

	if (pcap_set_snaplen(pcap, LIVEFEED_SNAPLEN) ||
	    pcap_set_promisc(pcap, options->promiscuous) ||
	    pcap_set_timeout(pcap, LIVEFEED_DELAY_MS) || pcap_set_immediate_mode(pcap, 0) ||
	    pcap_set_buffer_size(pcap, (int)(options->buffer ?: LIVEFEED_BUFFER)) ||
	    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO))
		return err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, options->interface,
			       "libpcap cannot capture as it is to");
	status = pcap_activate(pcap);
	if (status < 0)
		return not_activated(status, options->interface, pcap, err);
	link_type = pcap_datalink(pcap);
	if (link_type != DLT_EN10MB)
		return err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, options->interface,
			       "its packets are not Ethernet but %s",
			       pcap_datalink_val_to_description_or_dlt(link_type));
	if (pcap_setdirection(pcap, out ? PCAP_D_OUT : PCAP_D_IN))
		return err_set(err, ERR_FAILED, EIO, options->interface,
			       "cannot capture one direction: %s", pcap_geterr(pcap));
	if (pcap_setnonblock(pcap, 1, error))
		return err_set(err, ERR_FAILED, EIO, options->interface, "%s", error);
	return 0;
}

static int find_ifindex(struct livefeed *live, const char *interface, struct err *err)
{
	struct sockaddr_ll address = { 0 };
	socklen_t length = sizeof(address);

	if (getsockname(pcap_fileno(live->pcap), (struct sockaddr *)&address, &length) ||
	    address.sll_ifindex <= 0)
		return err_set(err, ERR_NOT_FOUND, ENODEV, interface, "the interface disappeared");
	live->ifindex = address.sll_ifindex;
	return 0;
}

static int set_up(struct livefeed *live, const struct livefeed_options *options, struct err *err)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct pcap_stat stat;
	int ret;

	live->feed.ops = &live_ops;
	live->direction = (uint8_t)options->direction;
	live->snaplen = options->snaplen ?: LIVEFEED_SNAPLEN;
	live->pcap = pcap_create(options->interface, error);
	if (!live->pcap)
		return err_set(err, ERR_FAILED, EIO, options->interface, "%s", error);
	if (copy_filter(live, options->filter))
		return err_set(err, ERR_FAILED, ENOMEM, options->interface, "out of memory");
	ret = activate(live, options, err) ?: find_ifindex(live, options->interface, err);
	if (ret)
		return ret;
	attach_filter(live);
	compare_clocks(live);
	live->opened = live->now;
	if (pcap_stats(live->pcap, &stat) == 0)
		live->dropped = stat.ps_drop;
	return 0;
}

int livefeed_open(const struct livefeed_options *options, struct livefeed **out, struct err *err)
{
	struct livefeed *live = calloc(1, sizeof(*live));
	int ret;

	*out = NULL;
	if (!live)
		return err_set(err, ERR_FAILED, ENOMEM, options->interface, "out of memory");
	ret = set_up(live, options, err);
	if (ret)
		livefeed_close(live);
	else
		*out = live;
	return ret;
}

void livefeed_counts(struct livefeed *live, struct livefeed_counts *counts)
{
	struct pcap_stat stat;

	if (pcap_stats(live->pcap, &stat) == 0) {
		live->lost += stat.ps_drop - live->dropped;
		live->dropped = stat.ps_drop;
	}
	counts->received = live->read + live->lost;
	counts->lost = live->lost;
}

void livefeed_stop(struct livefeed *live)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &nothing };

	setsockopt(pcap_fileno(live->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &program,
		   sizeof(program));
}

void livefeed_close(struct livefeed *live)
{
	if (!live)
		return;
	if (live->pcap)
		pcap_close(live->pcap);
	free(live->insns);
	free(live);
}
