/*
 * Server-sent events: a stream of bytes, however it is cut into pieces,
 * becomes the data of its events. The rules are those of the HTML standard,
 * section "Interpreting an event stream": lines end with LF, CR or CR LF;
 * one byte order mark at the start is skipped; a line that begins with ':'
 * is a comment; the values of several data lines are joined by LF; an empty
 * line ends the event; what is not UTF-8 becomes U+FFFD. Fields other than
 * data are for a browser that reconnects, and are skipped.
 *
 * Nothing here waits or allocates without a bound.
 */
#ifndef OG_NET_EVENTS_H
#define OG_NET_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* The data of an event, UTF-8 that may hold NUL; a NUL that is not counted
 * follows it. Non-zero ends the stream. */
typedef int og_event_fn(void *arg, const char *data, size_t len);

struct og_events {
	struct og_buf line; /* so far */
	struct og_buf data; /* of the event so far, each value with its LF */
	size_t left;	    /* bytes that may still come */
	int64_t count;	    /* events handed out */
	int lines;	    /* has there been a line? */
	int cr;		    /* the last byte was a CR: an LF belongs to it */
	og_event_fn *fn;
	void *arg;
};

/* max: bytes of the whole stream. */
void og_events_init(struct og_events *events, size_t max, og_event_fn *fn, void *arg);
void og_events_release(struct og_events *events);

/* Takes the next piece and calls fn for each event that is complete now.
 * 0; -1: OG_EDATA when the stream is larger than max, OG_EOS without
 * memory, OG_NO when fn said so. After a failure there is no next piece. */
int og_events_add(struct og_events *events, const char *piece, size_t len, struct og_err *err);

/* Is there an event that was begun and not ended? At the end of the stream
 * the standard forgets it; who needs the whole stream was cut off. */
int og_events_pending(const struct og_events *events);

#endif
