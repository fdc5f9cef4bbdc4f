/*
 * The shield's side of a channel (og-channel(5)): an instance opened with
 * everything kept ready (database, row log, ledger, graph, policies,
 * gates), conversations on it, and the loop that serves one on two
 * descriptors. The client's side is lib/proc/channel.h.
 *
 * A conversation trusts nobody for being connected: it acts as the
 * principal whose key signed its nonce, or whose key signed a task's
 * envelope. Several conversations may share a shield, one request at a
 * time; several processes may serve the same instance at once.
 *
 * Open the shield first, then give up what the process no longer needs
 * (og_shield_seal), then read the first request.
 */
#ifndef OG_SHIELD_CHANNEL_H
#define OG_SHIELD_CHANNEL_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/conf/conf.h"
#include "lib/json/json.h"

struct og_shield;
struct og_conversation;

/* Opens erp.db and makes sure its WAL exists, so that nothing has to be
 * created once file rights are gone. conf is borrowed until close. OG_ECONF
 * when the file is no instance of this format. */
int og_shield_open(const struct og_conf *conf, struct og_shield **ret, struct og_err *err);
void og_shield_close(struct og_shield *shield);

/* Where its requests are told; borrowed until close. Before the first one. */
struct og_telemetry;
void og_shield_telemetry(struct og_shield *shield, struct og_telemetry *to);

/* Reads the tables of prices: og-prices(5) of the installation (share, a
 * path, or NULL) and of the instance. Before og_shield_seal(). */
int og_shield_prices(struct og_shield *shield, const char *share, struct og_err *err);

/* The ways to the stores elsewhere that og.conf names, NULL where there is
 * none: borrowed until close. Before og_shield_seal(). A shield that is not
 * given them works on the local copy, and what it puts is due. */
struct og_net;
int og_shield_stores(struct og_shield *shield, struct og_net *graph, struct og_net *vectors,
		     struct og_err *err);

/* From here on this process uses no file outside the instance, no socket
 * and starts no program; its memory has a ceiling. What the kernel cannot
 * do is left out (og doctor shows it). */
int og_shield_seal(struct og_shield *shield, struct og_err *err);

int og_conversation_new(struct og_shield *shield, struct og_conversation **ret, struct og_err *err);
void og_conversation_free(struct og_conversation *talk);

/* One request (borrowed), one reply: a new object, complete, refusals
 * included. Non-zero when the conversation is over after this reply; *ret
 * is NULL only when memory is out. */
int og_conversation_ask(struct og_conversation *talk, const json_t *request, json_t **ret);

/* og_conversation_ask from this side: takes request, adds v, id and verb,
 * and turns a refusal into -1 with its code, text and fix. *ret_reply
 * (may be NULL) is the reply in both cases, NULL without memory. */
int og_conversation_request(struct og_conversation *talk, const char *verb, json_t *request,
			    json_t **ret_reply, struct og_err *err);

/* session.begin with a key that is at hand, for one-shots in process: the
 * same nonce and signature a client makes over a pipe. */
int og_conversation_sign_in(struct og_conversation *talk, const char *principal,
			    const unsigned char seed[32], struct og_err *err);

/* og_conversation_ask for a line without its newline: appends the reply and a newline
 * to out, or nothing at all. */
int og_conversation_line(struct og_conversation *talk, const char *line, size_t len,
			 struct og_buf *out);

/* Where a conversation is held, and how patient the shield is with it. A
 * conversation may be silent between requests for as long as it likes. */
struct og_serving {
	int in, out;  /* may be the same */
	int stop;     /* readable: end when the request at hand is answered; -1: none */
	int first_ms; /* for the first request to come; 0: for ever */
	int line_ms;  /* for a request that has begun to be whole; 0: for ever */
};

/* Serves one conversation until in ends, a stop is asked for, or an illegal
 * request ends it. 0: the other side closed, or it was stopped; OG_EDATA: it
 * was ended for an illegal request; OG_ETEMP: a request did not come in
 * time; OG_EIO when a reply could not be written. */
int og_channel_serve(struct og_shield *shield, const struct og_serving *serving,
		     struct og_err *err);

#endif
