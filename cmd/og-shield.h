/*
 * Shared by the files of og-shield: the desk that every one-shot command
 * asks at, and the commands that have a file of their own.
 */
#ifndef OG_CMD_SHIELD_H
#define OG_CMD_SHIELD_H

#include "cmd/og-main.h"
#include "cmd/og-rows.h"
#include "lib/net/net.h"
#include "lib/shield/channel.h"

#define SHIELD_INPUT_MAX ((size_t)1 << 20) /* a statement, a file of grants */

/* A one-shot's way to ask, signed in as --as: an instance opened in this
 * process, or a channel where og.conf says that the shield is elsewhere. */
struct desk {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct og_shield *shield;
	struct og_conversation *talk; /* or */
	struct og_channel *channel;
	int json;
};

/* Opens and seals: no file can be opened afterwards. Close it in any case. */
int desk_open(struct desk *desk, const struct og_ctx *ctx, const struct og_args *args,
	      struct og_err *err);
void desk_close(struct desk *desk);

/* Sends one request (taken). A refusal is an error; with --json it is
 * printed too, for machines. *ret: the reply without id and ok. */
int desk_ask(struct desk *desk, const char *verb, json_t *body, json_t **ret, struct og_err *err);
/* The same for who wants the refusal too: *ret_refusal is it, or NULL. */
int desk_call(struct desk *desk, const char *verb, json_t *body, json_t **ret, json_t **ret_refusal,
	      struct og_err *err);

/* Most commands: a request from the arguments, a verb, a way to print. */
struct desk_shape {
	const char *command, *verb;
	json_t *(*request)(const struct og_args *args, struct og_err *err);
	/* returns the exit status or -1 */
	int (*print)(const struct desk *desk, const json_t *reply, struct og_err *err);
};
int desk_run(const struct desk_shape *shape, const struct og_ctx *ctx, const struct og_args *args,
	     struct og_err *err);

/* The ways to the stores elsewhere, NULL where one is embedded
 * (og-shield-stores.c). Before the seal; close them after the shield, and in
 * any case. */
struct stores {
	struct og_net *graph, *vectors;
};
int stores_open(const struct og_ctx *ctx, const struct og_conf *conf, struct stores *ret,
		struct og_err *err);
void stores_close(struct stores *stores);

json_t *desk_empty_request(const struct og_args *args, struct og_err *err);
/* What a change answered: JSON, or one line. */
int desk_show_receipt(const struct desk *desk, const json_t *reply, struct og_err *err);

/* og-shield.c: the values of --param, a new object; and what sql.read answers. */
int shield_params(const struct og_args *args, json_t **ret, struct og_err *err);
int shield_show_rows(const struct og_ctx *ctx, enum og_rows_form form, const json_t *reply,
		     struct og_err *err);

/* og-shield-script.c: --file PATH of query, exec and check. */
int shield_run_script(const struct og_ctx *ctx, const struct og_args *args, const char *path,
		      struct og_err *err);

og_command_fn shield_run_grant, shield_run_revoke, shield_run_grants;
og_command_fn shield_run_principal;
og_command_fn shield_run_channel, shield_run_listen;

#endif
