/* See og-shield.h. */
#include "cmd/og-shield.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash/hash.h"
#include "lib/sandbox/sandbox.h"

void desk_close(struct desk *desk)
{
	og_conversation_free(desk->talk);
	og_shield_close(desk->shield);
	og_channel_close(desk->channel);
	og_conf_free(desk->conf);
}

static int request(struct desk *desk, const char *verb, json_t *body, json_t **ret,
		   struct og_err *err)
{
	if (!desk->channel)
		return og_conversation_request(desk->talk, verb, body, ret, err);
	if (og_channel_call(desk->channel, verb, body, ret, err) < 0)
		return -1;
	return og_json_bool(*ret, "ok", 0) ? 0 : og_channel_refusal(*ret, err);
}

int desk_ask(struct desk *desk, const char *verb, json_t *body, json_t **ret, struct og_err *err)
{
	json_t *refusal = NULL;
	int rc = desk_call(desk, verb, body, ret, &refusal, err);

	json_decref(refusal);
	return rc;
}

int desk_call(struct desk *desk, const char *verb, json_t *body, json_t **ret, json_t **ret_refusal,
	      struct og_err *err)
{
	json_t *reply = NULL;
	int rc = request(desk, verb, body, &reply, err);

	json_object_del(reply, "id");
	if (rc < 0 && reply && desk->json && og_print_json(reply, err) < 0)
		rc = -1;
	if (rc == 0) {
		json_object_del(reply, "ok");
		*ret = json_incref(reply);
	} else {
		*ret_refusal = json_incref(reply);
	}
	json_decref(reply);
	return rc;
}

static int open_here(struct desk *desk, const char *name, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	char *key = NULL;
	int rc = -1;

	if (og_conf_key_path(desk->conf, name, &key, err) < 0 || og_key_read(key, seed, err) < 0 ||
	    og_shield_open(desk->conf, &desk->shield, err) < 0 ||
	    og_shield_seal(desk->shield, err) < 0 ||
	    og_conversation_new(desk->shield, &desk->talk, err) < 0)
		goto out;
	rc = og_conversation_sign_in(desk->talk, name, seed, err);
out:
	explicit_bzero(seed, sizeof(seed));
	free(key);
	return rc;
}

/* The conversation stands: what is left to do is to ask and to print. */
static int open_elsewhere(struct desk *desk, struct og_err *err)
{
	if (og_session_open(desk->ctx, desk->args, desk->conf, &desk->channel, err) < 0 ||
	    og_sandbox_no_network(0, err) < 0 || og_sandbox_no_exec(err) < 0)
		return -1;
	return og_sandbox_paths(NULL, NULL, err) < 0 ? -1 : 0;
}

int desk_open(struct desk *desk, const struct og_ctx *ctx, const struct og_args *args,
	      struct og_err *err)
{
	const char *name;

	memset(desk, 0, sizeof(*desk));
	desk->ctx = ctx;
	desk->args = args;
	desk->json = og_arg_flag(args, "json");
	if (og_principal_from(ctx, args, &name, err) < 0 ||
	    og_conf_from(ctx, args, &desk->conf, err) < 0)
		return -1;
	return strcmp(desk->conf->shield, "local:") == 0 ? open_here(desk, name, err)
							 : open_elsewhere(desk, err);
}

int desk_run(const struct desk_shape *shape, const struct og_ctx *ctx, const struct og_args *args,
	     struct og_err *err)
{
	struct desk desk;
	json_t *body, *reply = NULL;
	int rc = -1;

	if (desk_open(&desk, ctx, args, err) == 0) {
		body = shape->request(args, err);
		if (body && desk_ask(&desk, shape->verb, body, &reply, err) == 0)
			rc = shape->print(&desk, reply, err);
	}
	json_decref(reply);
	desk_close(&desk);
	return rc;
}

json_t *desk_empty_request(const struct og_args *args, struct og_err *err)
{
	json_t *body = json_object();

	(void)args;
	if (!body)
		og_fail_nomem(err);
	return body;
}

int desk_show_receipt(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	long long affected = og_json_int(reply, "affected", -1);
	long long seq = og_json_int(reply, "seq", 0);

	if (desk->json)
		return og_print_json(reply, err);
	if (affected >= 0)
		return og_printf(err, "%lld row%s changed, entry %lld\n", affected,
				 affected == 1 ? "" : "s", seq);
	return og_printf(err, "done, entry %lld\n", seq);
}
