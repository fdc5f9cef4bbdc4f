/*
 * A connection, between net.c, which lets it in and keeps its clock, and
 * net-request.c, which takes its requests. Beside those two nobody knows
 * libmicrohttpd.
 */
#ifndef OG_SERVE_NET_REQUEST_H
#define OG_SERVE_NET_REQUEST_H

#include <microhttpd.h>

#include "lib/serve/net-internal.h"

#define OG_CONN_READ_MS 20000 /* for a request to arrive whole */

enum og_conn_phase { OG_CONN_READING, OG_CONN_WORKING, OG_CONN_SENDING, OG_CONN_STREAMING };

struct og_conn {
	struct og_net *net;
	struct og_conn *next, *prev;
	struct MHD_Connection *mhd;
	int fd;
	enum og_conn_phase phase;
	int64_t deadline;
	char address[OG_ADDRESS_MAX];
	struct og_exchange *x;
	unsigned bad; /* status of a target that could not be parsed */
	const char *why;
	size_t swallowed;
	int inside; /* a handler of ours runs: who replies need not resume */
	int suspended;
	enum { OG_CONN_HEAD, OG_CONN_BODY, OG_CONN_RUNNING, OG_CONN_ANSWERED } step;
};

/* It is in phase from now on, and is cut off after ms; 0: never. */
void og_conn_set_phase(struct og_conn *conn, enum og_conn_phase phase, int64_t ms);

/* What the daemon calls: when it has a request's target (its return is what
 * the other two get as *mine), when it has the head, a piece of the body, or
 * all of it, and when the request is over, answered or not. */
void *og_conn_target(void *arg, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result og_conn_request(void *arg, struct MHD_Connection *mhd, const char *url,
				const char *method, const char *version, const char *data,
				size_t *size, void **mine);
void og_conn_completed(void *arg, struct MHD_Connection *mhd, void **mine,
		       enum MHD_RequestTerminationCode why);

#endif
