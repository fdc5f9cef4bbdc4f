/*
 * The client's side of a shield channel (og-channel(5)): one JSON request
 * per line to a shield, one reply per line back. The shield is a child
 * `og-shield --channel`, or one that runs elsewhere; nobody is trusted for
 * where it runs, a session and a task prove themselves by signatures.
 *
 * A transport failure (shield died, deadline passed, reply is not JSON or
 * carries another id) is -1 with OG_EUNAVAIL or OG_ETEMP, and the channel
 * is then dead: every later call fails the same way. A shield that ended
 * because of the instance itself (OG_EDATA, OG_EPERM, OG_ECONF) passes that
 * code on, since trying again would not help; so does a listener that will
 * not have this conversation (it is full, or does not know us). A refusal is
 * a reply like any other: look at "ok" and "verdict".
 */
#ifndef OG_PROC_CHANNEL_H
#define OG_PROC_CHANNEL_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"

#define OG_CHANNEL_LINE_MAX   ((size_t)16 << 20)
#define OG_CHANNEL_TIMEOUT_MS 30000

struct og_channel;

/* Where a shield is (place.h has the forms of url); strings are borrowed
 * during og_channel_open(). */
struct og_shield_place {
	const char *url;     /* og.conf's shield */
	const char *program; /* path of og-shield, for local: */
	const char *home;    /* instance directory (.omnigate) */
	const char *ssh;     /* path of ssh, for ssh:; NULL: there is none */
};

/* OG_EUNAVAIL when there is no shield at that place. */
int og_channel_open(const struct og_shield_place *place, struct og_channel **ret,
		    struct og_err *err);
void og_channel_close(struct og_channel *channel);
/* Ends the other side at once, in the middle of a request that is out: the
 * call fails as if the shield had died, and what was not committed never
 * was. May be called in a signal handler; close it afterwards. */
void og_channel_cut(struct og_channel *channel);

/* Sends request {"verb":VERB,...} ("v" and "id" are added; the reference
 * to request is taken, also on failure) and returns the whole reply. */
int og_channel_call(struct og_channel *channel, const char *verb, json_t *request,
		    json_t **ret_reply, struct og_err *err);

/* As above, and turns {"ok":false} into -1 with the reply's code, message
 * and fix as error and hint. *ret_reply may be NULL when not wanted. */
int og_channel_ask(struct og_channel *channel, const char *verb, json_t *request,
		   json_t **ret_reply, struct og_err *err);
/* The error that a reply with {"ok":false} stands for. Always -1. */
int og_channel_refusal(const json_t *reply, struct og_err *err);

/* What two requests of a task with the same number are told apart by
 * (og-channel(5), "call"): hex SHA-256 over the canonical JSON of verb and
 * members without v, id, trace, task, epoch, call and embed (which helps to
 * find something and is none of what is asked). Numbers that JSON in
 * canonical form cannot hold stand as jansson prints them. */
int og_channel_digest(const json_t *request, char out[OG_HASH_HEX + 1], struct og_err *err);

/* session.begin: asks for a nonce, signs it with the principal's key file,
 * sends it back. After it the channel's session is this principal's. */
int og_channel_login(struct og_channel *channel, const char *principal, const char *key_path,
		     struct og_err *err);
/* The signature of it: base64 over what a session signs. Appends to sig. */
int og_channel_sign(const char *key_path, const char *nonce, struct og_buf *sig,
		    struct og_err *err);

#endif
