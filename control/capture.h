/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture: packets of one interface, as one stream in the order of time.
 *
 *	capture_open(...)                  its programs look from now on
 *	capture_wait(), capture_round(), capture_next() ... capture_release()
 *	capture_end(...)                   they are gone; nothing new comes
 *	capture_round(), capture_next() ... the rest
 *	capture_counts(...), capture_close()
 *
 * A process of its own, the keeper, keeps watch over what was changed in the kernel and puts it
 * back at capture_end(), and also if the capturing process dies. So that one needs no privilege
 * after capture_open(). */
#ifndef XDPCTL_CAPTURE_H
#define XDPCTL_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "feed.h"
#include "filter.h"
#include "net.h"

enum capture_via {
	CAPTURE_VIA_AUTO,
	CAPTURE_VIA_RING,   /* a copy in a BPF ring buffer, by an XDP pipeline */
	CAPTURE_VIA_XSK,    /* AF_XDP: what is stolen, and what the pipeline drops */
	CAPTURE_VIA_TC,	    /* a copy in a BPF ring buffer, by a TC program */
	CAPTURE_VIA_PACKET, /* AF_PACKET, as tcpdump does */
};

struct capture_options {
	const char *ifname;
	/* For as long as the capture is open; compiled with the same snap length. Count 0: all
	 * packets. */
	const struct filter *filter;
	const char *text; /* of the filter, for people; "" */
	uint32_t snaplen; /* bytes of a packet, 1 to CAPTURE_SNAPLEN */
	uint64_t memory;  /* bytes of all buffers */
	bool in, out;	  /* at least one */
	bool steal;	  /* take packets away */
	bool untimed;	  /* and give them the time at which they are read */
	enum capture_via via;
};

/* Where packets that matched were lost before they came here, and all others. */
struct capture_counts {
	uint64_t seen;	   /* by the programs, in all directions */
	uint64_t matched;  /* the filter */
	uint64_t received; /* handed out by capture_next() */
	uint64_t full;	   /* lost: the ring buffer had no room */
	uint64_t uncopied; /* lost: could not be copied */
	uint64_t xsk;	   /* lost: on the way to an AF_XDP socket */
	uint64_t kernel;   /* lost: by the kernel's AF_PACKET buffer */
	bool unseen;	   /* seen and matched are not known: AF_PACKET does not tell */
};

#define CAPTURE_NOTES 8
#define CAPTURE_NOTE  320

struct capture;

/* Nothing is changed on an error. While a capture is open, signals wait no longer than usual. */
int capture_open(struct net *net, const struct capture_options *options, struct capture **out,
		 struct err *err);

/* What the user should know; NULL behind the last one. */
const char *capture_note(const struct capture *capture, unsigned int number);
const char *capture_feed_text(const struct capture *capture); /* "a BPF ring buffer, drv mode" */

/* How long packets may wait, in seconds: as the buffers fill. */
double capture_pause(const struct capture *capture);

/* A round: all packets that are there, oldest first. 1; 0: no more in this round; -errno, which is
 * an end, with err. The bytes are valid until capture_release(), which gives the kernel its room
 * back. */
void capture_round(struct capture *capture);
int capture_next(struct capture *capture, struct feed_packet *out, struct err *err);
void capture_release(struct capture *capture);

/* CLOCK_REALTIME in ns, for a packet's time. */
uint64_t capture_wall(const struct capture *capture, uint64_t time);

/* Something has happened that ends the capture: -errno with err; else 0. */
int capture_check(struct capture *capture, struct err *err);

/* Take the programs out and put back what was there. What could not be put back is an error, but
 * the capture has ended all the same. */
int capture_end(struct capture *capture, struct err *err);

/* Exact after capture_end() and the last round: matched == received + full + uncopied + xsk. */
void capture_counts(const struct capture *capture, struct capture_counts *out);
void capture_close(struct capture *capture); /* ends it if that was not done; NULL is fine */

/* The pipeline's verdict as a number of enum pipeline_verdict; -1 where there was none. */
int capture_verdict(const struct capture_head *head);

/* Name of the reason, NULL where there was none; and where a packet was sent: "eth1", "CPU 3", ""
 * if nowhere. */
const char *capture_reason(const struct capture_head *head);
#define CAPTURE_TARGET 64
char *capture_target(const struct capture *capture, const struct capture_head *head,
		     char out[static CAPTURE_TARGET]);

#endif
