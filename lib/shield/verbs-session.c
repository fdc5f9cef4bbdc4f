/*
 * session.begin and auth.login: how a conversation becomes somebody's.
 *
 * Neither tells an outsider whether a principal exists: a nonce is given
 * to any well-formed name, and an unknown address costs the same time as
 * a wrong password.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/channel-internal.h"
#include "lib/shield/verbs.h"

json_t *og_rights_list(const char *words)
{
	json_t *list = json_array();

	while (list && *(words += strspn(words, " "))) {
		size_t len = strcspn(words, " ");

		json_array_append_new(list, json_stringn(words, len));
		words += len;
	}
	return list;
}

static int describe(struct og_request *rq, const struct og_principal *who, struct og_err *err)
{
	json_t *rights = og_rights_list(who->rights);
	json_t *made = json_pack("{s:s,s:s,s:i,s:o}", "principal", who->name, "role", who->role,
				 "clearance", who->clearance, "rights", rights);
	int rc = made ? json_object_update(rq->reply, made) : -1;

	json_decref(made);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

static int give_nonce(struct og_request *rq, struct og_err *err)
{
	struct og_conversation *talk = rq->talk;
	unsigned char random[OG_NONCE_LEN / 2];

	if (og_random(random, sizeof(random), err) < 0)
		return -1;
	og_hex_encode(talk->nonce, random, sizeof(random));
	talk->state = OG_TALK_CHALLENGED;
	return og_json_set(rq->reply, "nonce", json_string(talk->nonce), err);
}

static int signature_good(const struct og_principal *who, const char *nonce, const char *sig64,
			  struct og_err *err)
{
	struct og_buf sig, text;
	int rc = -1;

	og_buf_init(&sig, OG_SIGNATURE);
	og_buf_init(&text, 256);
	og_buf_addf(&text, OG_SESSION_PREFIX "%s", nonce);
	if (og_base64_decode(&sig, sig64, strlen(sig64)) < 0 || sig.len != OG_SIGNATURE)
		og_fail(err, OG_EPERM, "the signature is not base64 of %d bytes", OG_SIGNATURE);
	else if (og_buf_check(&text, "nonce", err) == 0)
		rc = og_verify(who->pubkey, text.data, text.len, (const unsigned char *)sig.data,
			       err);
	og_buf_release(&sig);
	og_buf_release(&text);
	return rc;
}

/* The second half. Whatever is wrong gives one and the same answer. */
static int check_nonce(struct og_request *rq, const char *name, const char *nonce,
		       struct og_err *err)
{
	struct og_conversation *talk = rq->talk;
	const char *sig = og_json_str(rq->body, "sig");
	struct og_err quiet = OG_ERR_INIT;
	int fresh = talk->state == OG_TALK_CHALLENGED && strcmp(talk->nonce, nonce) == 0;

	talk->state = OG_TALK_NEW;
	memset(talk->nonce, 0, sizeof(talk->nonce));
	if (!fresh || !sig || og_access_principal(rq->shield->access, name, &rq->who, &quiet) < 0 ||
	    !rq->who.has_key || signature_good(&rq->who, nonce, sig, &quiet) < 0) {
		og_refuse(rq, OG_DENY, "session", err, "cannot sign in as '%s'", name);
		err->code = OG_EPERM;
		return og_hint(err, "the key file must be the one this principal was made with");
	}
	rq->known = 1;
	talk->who = rq->who.id;
	talk->by_key = 1;
	memcpy(talk->pubkey, rq->who.pubkey, sizeof(talk->pubkey));
	talk->state = OG_TALK_SESSION;
	return describe(rq, &rq->who, err);
}

/* The failure is one sentence for every cause, and costs the same. */
static int check_password(struct og_request *rq, json_t **ret_user, struct og_err *err)
{
	const char *password = og_json_str(rq->body, "password");
	int good, known;

	if (!password || !og_json_str(rq->body, "email"))
		return og_fail(err, OG_EDATA, "request: a NUL byte in a string");
	memset(&rq->who, 0, sizeof(rq->who));
	if (og_access_by_mail(rq->shield->access, og_json_str(rq->body, "email"), &rq->who,
			      ret_user, err) < 0)
		return -1;
	known = *ret_user != NULL;
	good = og_access_password(rq->shield->access, known ? rq->who.id : 0, password, err);
	if (good < 0)
		return -1;
	rq->known = known;
	if (!known || !good) {
		og_refuse(rq, OG_DENY, "login", err, "wrong address or password");
		err->code = OG_EPERM;
		return -1;
	}
	return 0;
}

int og_verb_auth_login(struct og_request *rq, struct og_err *err)
{
	json_t *user = NULL;
	int rc = -1;

	if (check_password(rq, &user, err) == 0 && describe(rq, &rq->who, err) == 0) {
		rq->talk->who = rq->who.id;
		rq->talk->by_key = 0;
		rq->talk->state = OG_TALK_SESSION;
		rc = json_object_set(rq->reply, "user", user) < 0 ? og_fail_nomem(err) : 0;
	}
	json_decref(user);
	return rc;
}

int og_verb_session_begin(struct og_request *rq, struct og_err *err)
{
	const char *name = og_json_str(rq->body, "principal");
	const char *nonce = og_json_str(rq->body, "nonce");

	if (!og_principal_name_valid(name))
		return og_fail(err, OG_EDATA, "'%s' is no principal's name", name);
	return nonce ? check_nonce(rq, name, nonce, err) : give_nonce(rq, err);
}
