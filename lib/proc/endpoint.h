/*
 * Endpoints: where a service takes connections, as og.conf writes it.
 *
 *	unix:PATH				a socket of this machine, as connect(2)
 *						takes it
 *	SCHEME://[USER[:PW]@]HOST[:PORT][/...]	TCP; amqp, amqps, http, https,
 *						neo4j+http, qdrant+http know
 *						their usual port
 *	otlp:URL				that URL's
 */
#ifndef OG_PROC_ENDPOINT_H
#define OG_PROC_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define OG_ENDPOINT_HOST 256
#define OG_ENDPOINT_PATH 108 /* what a socket's address holds */

struct og_endpoint {
	char path[OG_ENDPOINT_PATH]; /* "" : TCP */
	char host[OG_ENDPOINT_HOST];
	char port[8];
};

/* 1 parsed, 0 the URL names no place to connect to ("sqlite:", "off"), -1
 * OG_ECONF. */
int og_endpoint_parse(const char *url, struct og_endpoint *ret, struct og_err *err);
/* Does somebody accept a connection there before the deadline? 1, 0. The
 * name of a host is looked up without one. */
int og_endpoint_accepts(const struct og_endpoint *endpoint, int64_t deadline);

/* The URL with its user and password left out, for people and logs. */
void og_endpoint_show(const char *url, char *out, size_t size);

#endif
