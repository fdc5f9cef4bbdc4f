/*
 * The client's side of a shield channel for a process that must not wait:
 * the conversation of channel.h with requests that go out one behind the
 * other and replies that are taken when they have come. The shield answers
 * in order; what answers out of it ends the link, and a link that has ended
 * stays so.
 *
 * The caller watches og_link_in() for reading, and og_link_out() for
 * writing while og_link_wants() says so, and calls og_link_pump().
 */
#ifndef OG_PROC_LINK_H
#define OG_PROC_LINK_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/proc/channel.h"

struct og_link;

/* As og_channel_open(). A socket's connect(2) is not waited for: a listener
 * that has no room is OG_ETEMP. */
int og_link_open(const struct og_shield_place *place, struct og_link **ret, struct og_err *err);
/* Ends the conversation; a child gets its death signal at once when kill
 * is set (it is late), else the end of its input. Its end is found by
 * og_link_gone(), which frees the rest. */
void og_link_close(struct og_link *link, int kill);
/* 1 when the child has been reaped, or there was none; link is free then. */
int og_link_gone(struct og_link *link);

int og_link_in(const struct og_link *link);
int og_link_out(const struct og_link *link);
int og_link_wants(const struct og_link *link); /* bytes wait to be written */

/* Queues a request; takes it, also on failure. */
int og_link_send(struct og_link *link, const char *verb, json_t *request, struct og_err *err);
/* The answer to the nonce that a first session.begin was given, queued. */
int og_link_sign(struct og_link *link, const char *principal, const char *nonce,
		 const char *key_path, struct og_err *err);
/* Writes what can be written. */
int og_link_pump(struct og_link *link, struct og_err *err);
/* The next reply: 1 and *ret a new reference, 0: none has come yet; -1: the
 * conversation is over. */
int og_link_next(struct og_link *link, json_t **ret, struct og_err *err);

#endif
