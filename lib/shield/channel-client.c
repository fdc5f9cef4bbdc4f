/*
 * The asking side of a conversation in the same process: one-shots of
 * og-shield and tests. It goes through the request table like a client
 * over a pipe; nothing here is a way around it.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/channel-grants.h"
#include "lib/shield/channel-internal.h"

static int complete(json_t *request, const char *verb)
{
	return request && json_object_set_new(request, "v", json_integer(1)) == 0 &&
	       json_object_set_new(request, "id", json_integer(0)) == 0 &&
	       json_object_set_new(request, "verb", json_string(verb)) == 0;
}

static int refusal(const json_t *reply, struct og_err *err)
{
	const char *why = og_json_str(reply, "why"), *fix = og_json_str(reply, "fix");

	og_fail(err, (int)og_json_int(reply, "code", OG_EBUG), "%s", why ? why : "refused");
	return fix && *fix ? og_hint(err, "%s", fix) : -1;
}

int og_conversation_request(struct og_conversation *talk, const char *verb, json_t *request,
			    json_t **ret_reply, struct og_err *err)
{
	json_t *reply = NULL;
	int rc = -1;

	if (complete(request, verb))
		og_conversation_ask(talk, request, &reply);
	if (!reply)
		og_fail_nomem(err);
	else
		rc = og_json_bool(reply, "ok", 0) ? 0 : refusal(reply, err);
	if (ret_reply)
		*ret_reply = json_incref(reply);
	json_decref(request);
	json_decref(reply);
	return rc;
}

static int sign_nonce(const struct og_conversation *talk, const unsigned char seed[OG_KEY_SEED],
		      struct og_buf *ret, struct og_err *err)
{
	unsigned char sig[OG_SIGNATURE];
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, 256);
	og_buf_addf(&text, OG_SESSION_PREFIX "%s", talk->nonce);
	if (og_buf_check(&text, "nonce", err) == 0 &&
	    og_sign(seed, text.data, text.len, sig, err) == 0) {
		og_base64_encode(ret, sig, sizeof(sig));
		rc = og_buf_check(ret, "signature", err);
	}
	og_buf_release(&text);
	return rc;
}

int og_conversation_sign_in(struct og_conversation *talk, const char *principal,
			    const unsigned char seed[OG_KEY_SEED], struct og_err *err)
{
	struct og_buf sig;
	int rc = -1;

	og_buf_init(&sig, 256);
	if (og_conversation_request(talk, "session.begin",
				    json_pack("{s:s}", "principal", principal), NULL, err) == 0 &&
	    sign_nonce(talk, seed, &sig, err) == 0)
		rc = og_conversation_request(talk, "session.begin",
					     json_pack("{s:s,s:s,s:s}", "principal", principal,
						       "nonce", talk->nonce, "sig", sig.data),
					     NULL, err);
	og_buf_release(&sig);
	return rc;
}

static int ask(const struct og_asker *asker, const char *verb, json_t *request, json_t **ret,
	       struct og_err *err)
{
	if (!request)
		return og_fail_nomem(err);
	return asker->fn(asker->arg, verb, request, ret, err);
}

int og_grants_apply(const struct og_asker *asker, json_t *wanted, int dry,
		    const struct og_grants_watch *watch, struct og_err *err)
{
	json_t *reply = NULL, *change;
	size_t i;
	int rc = ask(asker, "grant.apply", json_pack("{s:O,s:b}", "grants", wanted, "dry", dry),
		     &reply, err);

	json_array_foreach(json_object_get(reply, "changes"), i, change)
	{
		if (rc == 0)
			rc = watch->fn(watch->arg, change, err);
	}
	json_decref(reply);
	return rc;
}
