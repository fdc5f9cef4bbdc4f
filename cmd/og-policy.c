/*
 * og-policy: adds, searches and lists the documents that govern skills.
 * Documents are read here, where no database is open; the shield gets the
 * record over a channel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-draw.h"
#include "cmd/og-policy-print.h"
#include "cmd/og-policy.h"
#include "cmd/og-store.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/policy/document.h"
#include "lib/policy/store.h"
#include "lib/sandbox/sandbox.h"

int policy_set_level(const struct og_args *args, const char *option, const char *member,
		     json_t *record, struct og_err *err)
{
	const char *value = og_arg_value(args, option);
	int64_t level;

	if (!value)
		return 0;
	if (og_int_parse(value, 1, 3, option, &level, err) < 0)
		return -1;
	return og_json_set(record, member, json_integer(level), err);
}

void policy_desk_close(struct policy_desk *desk)
{
	og_embedder_close(desk->embedder);
	og_channel_close(desk->channel);
	og_conf_free(desk->conf);
}

int policy_desk_open(struct policy_desk *desk, const struct og_ctx *ctx, const struct og_args *args,
		     struct og_err *err)
{
	*desk = (struct policy_desk){ NULL, NULL, NULL };
	if (og_conf_from(ctx, args, &desk->conf, err) < 0 ||
	    og_embedder_open(ctx, desk->conf, &desk->embedder, err) < 0)
		return -1;
	return og_session_open(ctx, args, desk->conf, &desk->channel, err);
}

int policy_ask(const struct og_ctx *ctx, const struct og_args *args, const char *verb,
	       json_t *request, json_t **ret, struct og_err *err)
{
	int rc = og_session_ask(ctx, args, verb, request, ret, err);

	if (rc == 0)
		og_store_note(ctx, *ret, NULL);
	return rc;
}

static int print_embedded(const struct og_args *args, const struct og_embedded *done,
			  struct og_err *err)
{
	json_t *line;
	int rc;

	if (!og_arg_flag(args, "json"))
		return og_printf(err, "%lld texts were given vectors, %lld have none\n",
				 (long long)done->texts, (long long)done->left);
	line = json_pack("{s:i,s:I,s:I,s:o}", "v", 1, "texts", (json_int_t)done->texts, "left",
			 (json_int_t)done->left, "tokens",
			 done->tokens < 0 ? json_null() : json_integer(done->tokens));
	rc = line ? og_print_json(line, err) : og_fail_nomem(err);
	json_decref(line);
	return rc;
}

/* What was done before a failure stays done, and is told all the same. */
static int run_embed(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_embedded done = { 0 };
	struct policy_desk desk;
	int rc = policy_desk_open(&desk, ctx, args, err);

	if (rc == 0 && !desk.embedder) {
		rc = og_fail(err, OG_ECONF, "no embedding model is configured");
		og_hint(err, "og.conf: embed = gemini:MODEL or openai:URL#MODEL");
	} else if (rc == 0) {
		rc = og_embedder_fill(desk.embedder, desk.channel, &done, err);
		if (print_embedded(args, &done, rc < 0 ? &ignored : err) < 0)
			rc = -1;
	}
	policy_desk_close(&desk);
	return rc;
}

static int print_policies(const json_t *list, int json, struct og_err *err)
{
	json_t *policy;
	size_t i;

	json_array_foreach(list, i, policy)
	{
		if ((json ? og_print_json(policy, err) : og_print_whole(policy, err)) < 0)
			return -1;
	}
	return 0;
}

/* Of what a list shows. */
static int no_policy(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL;

	og_fail(err, OG_NO, "no policy is called '%s'", og_arg(args, 0));
	if (og_session_ask(ctx, args, "policy.list", json_object(), &reply, &ignored) == 0)
		og_json_hint_near(og_arg(args, 0), json_object_get(reply, "policies"), "name", err);
	json_decref(reply);
	return -1;
}

static int run_show(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *request = json_pack("{s:s}", "name", og_arg(args, 0)), *reply = NULL;
	int rc = -1;

	if (!request)
		return og_fail(err, OG_EDATA, "'%s' is no policy's name", og_arg(args, 0));
	if (policy_ask(ctx, args, "policy.list", request, &reply, err) < 0)
		return -1;
	if (json_array_size(json_object_get(reply, "policies")) == 0)
		no_policy(ctx, args, err);
	else
		rc = print_policies(json_object_get(reply, "policies"), og_arg_flag(args, "json"),
				    err);
	json_decref(reply);
	return rc;
}

static int run_diff(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	return og_store_diff(ctx, args, "vectors", err);
}

/* What may be said of a policy, for completions. */
#define SOURCES	   "law | email | internal_doc | policy"
#define CLEARANCES "1 | 2 | 3"

#define AS_OPTION                                                                                  \
	{                                                                                          \
		"as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: OG_AS)"           \
	}
#define JSON_OPTION                                                                                \
	{                                                                                          \
		"json", 0, OG_OPT_FLAG, NULL, "one JSON object per line"                           \
	}
#define NODE_OPTION(help)                                                                          \
	{                                                                                          \
		"node", 0, OG_OPT_VALUE, "NODE", help                                              \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, 0, OG_OPT_FLAG, NULL, NULL                                                   \
	}

#define FILTER_OPTIONS                                                                               \
	{ "source", 0, OG_OPT_VALUE, "KIND", "only law, email, internal_doc or policy", SOURCES },   \
		{ "clearance", 0, OG_OPT_VALUE, "N", "only what clearance N may read", CLEARANCES }, \
		{ "at", 0, OG_OPT_VALUE, "DAY", "what is in force on that day (default: today)" },   \
	{                                                                                            \
		"in-force", 0, OG_OPT_FLAG, NULL, "only what is in force"                            \
	}

static const struct og_opt add_options[] = {
	AS_OPTION,
	NODE_OPTION("the skill it governs"),
	{ "source", 0, OG_OPT_VALUE, "KIND", "law, email, internal_doc or policy", SOURCES },
	{ "clearance", 0, OG_OPT_VALUE, "N", "who may read it, 1 to 3; it binds everybody",
	  CLEARANCES },
	{ "name", 0, OG_OPT_VALUE, "NAME", "its name; the same name is a new version", "POLICY" },
	{ "title", 0, OG_OPT_VALUE, "TEXT", "its title" },
	{ "limit", 0, OG_OPT_LIST, "NAME=NUMBER", "a limit that skills ask for with og_limit()" },
	{ "rule", 0, OG_OPT_VALUE, "SQL", "a predicate over the bound variables" },
	{ "approval", 0, OG_OPT_VALUE, "SQL", "true: another principal has to approve" },
	{ "approver-clearance", 0, OG_OPT_VALUE, "N", "who may approve (default: --clearance)",
	  CLEARANCES },
	{ "approval-expires", 0, OG_OPT_VALUE, "SPAN", "for so long (default: 1d)" },
	{ "step", 0, OG_OPT_VALUE, "STEP", "the step before which they are judged" },
	{ "message", 0, OG_OPT_VALUE, "TEXT", "what is said with a refusal or a question" },
	{ "effective", 0, OG_OPT_VALUE, "DAY", "the first day it is in force, YYYY-MM-DD of UTC" },
	{ "expires", 0, OG_OPT_VALUE, "DAY", "the last day" },
	{ "supersedes", 0, OG_OPT_VALUE, "POLICY", "the policy it takes the place of" },
	JSON_OPTION,
	END,
};
static const struct og_opt search_options[] = {
	AS_OPTION,
	NODE_OPTION("only policies of this skill"),
	FILTER_OPTIONS,
	{ "limit", 0, OG_OPT_VALUE, "N", "passages at most, up to 1000 (default: 5)" },
	{ "docs", 0, OG_OPT_FLAG, NULL, "of each policy its best passage alone" },
	{ "batch", 0, OG_OPT_FLAG, NULL, "a search for each line of standard input, as JSON" },
	OG_OUT_OPTIONS,
	END,
};
static const struct og_opt list_options[] = {
	AS_OPTION, NODE_OPTION("only policies of this skill"), FILTER_OPTIONS, OG_OUT_OPTIONS, END,
};

static const struct og_opt propose_options[] = {
	AS_OPTION,
	{ "why", 0, OG_OPT_VALUE, "TEXT", "words for whoever decides" },
	END,
};

static const struct og_opt show_options[] = {
	AS_OPTION,
	JSON_OPTION,
	END,
};

static const struct og_opt map_options[] = {
	AS_OPTION,
	OG_DRAW_OPTIONS,
	JSON_OPTION,
	END,
};

static const struct og_command commands[] = {
	{ "add", "FILE | DIR | - ...", "put documents in force", add_options, 1, -1,
	  policy_run_add },
	{ "propose", "FILE | -", "ask somebody who may to put it in force", propose_options, 1, 1,
	  policy_run_propose },
	{ "search", "[WORDS]", "the passages that fit best", search_options, 0, 1,
	  policy_run_search },
	{ "list", "", "policies, and whether they bind", list_options, 0, 0, policy_run_list },
	{ "map", "", "what binds each skill", map_options, 0, 0, policy_run_map },
	{ "diff", "", "compare the vectors elsewhere with the ledger", show_options, 0, 0,
	  run_diff },
	{ "embed", "", "give vectors to texts that have none", show_options, 0, 0, run_embed },
	{ "show", "NAME", "one policy with its text", show_options, 1, 1, run_show, "POLICY" },
	{ "parse", "FILE | DIR | - ...", "print documents as the records the shield takes", NULL, 1,
	  -1, policy_run_parse },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-policy",
	"documents that govern skills: laws, mails, manuals",
	commands,
};
