/* Inside lib/telemetry: the sender's buffer, and how records are written. */
#ifndef OG_TELEMETRY_TELEMETRY_INTERNAL_H
#define OG_TELEMETRY_TELEMETRY_INTERNAL_H

#include <sys/un.h>

#include "lib/base/buf.h"
#include "lib/telemetry/telemetry.h"

/*
 * A datagram is lines. The first is the head, the others are records:
 *
 *	{"v":1,"service":S,"version":S,"instance":S,"dropped":N}
 *	{"span":SPAN}			SPAN and LOG as OTLP/JSON has them
 *	{"log":LOG}
 *	{"metric":NAME,"value":X,"attributes":[...]}
 *
 * dropped: by this process since the head before.
 */
struct og_telemetry {
	int fd;	 /* -1 between close and open only */
	int dir; /* of the socket, where its path is too long for an address; or -1 */
	struct sockaddr_un address;
	int connected;
	int content;
	uint64_t seed;	   /* of the next identifier */
	int64_t try_again; /* og_mono_ms() before which nobody is called again */
	int64_t oldest;	   /* og_mono_ms() of the first record in the buffer */
	char *late;	   /* path of run/telemetry.late, or NULL */
	char *head;	   /* without its last member */
	struct og_buf buf; /* records */
	int64_t records;   /* in buf */
	int64_t dropped, untold;
};

/* The socket's address. A path that is too long for one is reached through
 * its directory: *ret_dir is then a descriptor that has to stay open. */
int og_telemetry_address(const char *run, struct sockaddr_un *ret, int *ret_dir,
			 struct og_err *err);

/* A record of ours is being added: where to write it. Ends with _added,
 * which takes it back when it does not fit. */
struct og_buf *og_telemetry_add(struct og_telemetry *to);
void og_telemetry_added(struct og_telemetry *to);

/* 64 bits for identifiers: unlike all others, not secret. */
uint64_t og_telemetry_id(struct og_telemetry *to);

/* A literal, and a whole number. */
#define OG_PUT(buf, literal) og_buf_add(buf, literal, sizeof(literal) - 1)
void og_number_write(struct og_buf *buf, int64_t number);
/* "attributes":[...] */
void og_attrs_write(struct og_buf *buf, const struct og_attr *attrs, size_t n);
/* A JSON string of text that may be anything. */
void og_text_write(struct og_buf *buf, const char *text);

#endif
