/*
 * og-skill: author, check, add and look at skills.
 *
 * A SKILL.md is hostile text. `add`, which talks to the shield, never
 * parses one itself; it runs `og-skill parse` (og-skill-parse.c) as a child
 * and passes the record on.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-draw.h"
#include "cmd/og-embed.h"
#include "cmd/og-main.h"
#include "cmd/og-out.h"
#include "cmd/og-progress.h"
#include "cmd/og-skill.h"
#include "cmd/og-store.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"
#include "lib/skill/files.h"
#include "lib/skill/parse.h"
#include "lib/skill/show.h"

#define PARSE_MS      10000
#define MATCHES_SHOWN 5

/* Asks a child that can do nothing else to parse the file. Its diagnosis
 * goes to stderr; then *ret is NULL and its status is returned. */
int skill_parse_child(const struct og_ctx *ctx, const char *path, json_t **ret, struct og_err *err)
{
	char *self = og_program_path(ctx->exe_dir, "og-skill");
	const char *argv[] = { self, "parse", "--", path, NULL };
	struct og_buf out;
	int status = 0, rc;

	*ret = NULL;
	if (self == NULL)
		return og_fail_nomem(err);
	og_buf_init(&out, OG_SKILL_DOC_MAX + 1);
	rc = og_child_run(argv, "", 0, og_deadline(PARSE_MS), &out, &status, err);
	if (rc == 0 && status >= 128)
		rc = og_fail(err, OG_EDATA, "cannot parse '%s': the parser was killed", path);
	if (rc == 0 && status == 0)
		rc = og_json_parse(out.data != NULL ? out.data : "", out.len, OG_SKILL_DOC_MAX + 1,
				   "skill", ret, err);
	og_buf_release(&out);
	free(self);
	return rc < 0 ? -1 : status;
}

int skill_print_buf(struct og_buf *buf, struct og_err *err)
{
	int rc = og_buf_check(buf, "output", err);

	if (rc == 0 && buf->len > 0)
		rc = og_print(buf->data, buf->len, err);
	og_buf_release(buf);
	return rc;
}

static int print_added(const json_t *reply, int granted, int json, struct og_err *err)
{
	const json_t *asks = json_object_get(reply, "asks");
	struct og_buf buf;

	if (json)
		return og_print_json(reply, err);
	og_buf_init(&buf, OG_SKILL_DOC_MAX);
	og_buf_addf(&buf, "%s %s@%.12s\n",
		    og_json_bool(reply, "changed", 1) ? "added" : "unchanged",
		    og_json_str(reply, "name"), og_json_str(reply, "hash"));
	if (json_array_size(asks) > 0)
		og_buf_adds(&buf, granted ? "granted:\n" : "asks for, and does not have yet:\n");
	og_asks_text(asks, &buf);
	return skill_print_buf(&buf, err);
}

/* What the shield says, without what only the channel needs. */
json_t *skill_plain(json_t *reply)
{
	json_object_del(reply, "ok");
	json_object_del(reply, "id");
	return reply;
}

static int grant_asks(struct og_channel *channel, const json_t *reply, struct og_err *err)
{
	json_t *ask, *request;
	size_t i;

	json_array_foreach(json_object_get(reply, "asks"), i, ask)
	{
		request = json_deep_copy(ask);
		if (request == NULL)
			return og_fail_nomem(err);
		if (og_json_set(request, "subject",
				json_sprintf("skill:%s@%s", og_json_str(reply, "name"),
					     og_json_str(reply, "hash")),
				err) < 0) {
			json_decref(request);
			return -1;
		}
		if (og_channel_ask(channel, "grant.put", request, NULL, err) < 0)
			return og_wrap(err, "cannot grant '%s'", og_json_str(reply, "name"));
	}
	return 0;
}

static int put_skill(const struct og_ctx *ctx, struct og_channel *channel,
		     const struct og_args *args, json_t *doc, struct og_err *err)
{
	json_t *reply = NULL;
	int grant = og_arg_flag(args, "grant"), rc = -1;

	if (og_channel_ask(channel, "skill.put", json_pack("{s:O}", "doc", doc), &reply, err) < 0)
		return og_wrap(err, "cannot add '%s'", og_json_str(doc, "name"));
	skill_plain(reply);
	if (og_json_str(reply, "name") == NULL || og_json_str(reply, "hash") == NULL)
		og_fail(err, OG_EBUG, "the shield's reply has no name or hash");
	else if (!grant || grant_asks(channel, reply, err) == 0)
		rc = print_added(reply, grant, og_arg_flag(args, "json"), err);
	if (rc == 0)
		og_store_note(ctx, reply, og_json_str(reply, "name"));
	json_decref(reply);
	return rc;
}

/* Opens the instance and a session as --as's principal. */
int skill_session(const struct og_ctx *ctx, const struct og_args *args, struct og_channel **ret,
		  struct og_err *err)
{
	struct og_conf *conf;
	int rc;

	if (og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	rc = og_session_open(ctx, args, conf, ret, err);
	og_conf_free(conf);
	return rc;
}

/* Parses every file before the first is put. Returns a status. */
int skill_read_docs(const struct og_ctx *ctx, const char *path, json_t *docs, struct og_err *err)
{
	json_t *files, *file, *doc = NULL;
	struct og_progress progress;
	size_t i;
	int rc = og_skill_files(path, &files, err);

	if (rc < 0)
		return -1;
	og_progress_begin(&progress, ctx, "skills read", json_array_size(files));
	json_array_foreach(files, i, file)
	{
		rc = skill_parse_child(ctx, json_string_value(file), &doc, err);
		if (rc == 0 && json_array_append_new(docs, doc) < 0)
			rc = og_fail_nomem(err);
		if (rc != 0)
			break;
		og_progress_at(&progress, i + 1);
	}
	og_progress_clear(&progress);
	json_decref(files);
	return rc;
}

static int run_add(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_channel *channel = NULL;
	json_t *docs = json_array(), *doc;
	size_t i;
	int rc = skill_read_docs(ctx, og_arg(args, 0), docs, err);

	if (rc == 0)
		rc = skill_session(ctx, args, &channel, err);
	json_array_foreach(docs, i, doc)
	{
		if (rc == 0)
			rc = put_skill(ctx, channel, args, doc, err);
	}
	og_channel_close(channel);
	json_decref(docs);
	return rc;
}

/* One question in a session of its own. */
int skill_ask(const struct og_ctx *ctx, const struct og_args *args, const char *verb,
	      json_t *request, json_t **ret, struct og_err *err)
{
	int rc = og_session_ask(ctx, args, verb, request, ret, err);

	if (rc == 0)
		og_store_note(ctx, skill_plain(*ret), NULL);
	return rc;
}

typedef int text_fn(const json_t *value, struct og_buf *buf, struct og_err *err);

static int print_text(text_fn *write, const json_t *value, struct og_err *err)
{
	struct og_buf buf;

	og_buf_init(&buf, OG_CHANNEL_LINE_MAX);
	if (write(value, &buf, err) < 0) {
		og_buf_release(&buf);
		return -1;
	}
	return skill_print_buf(&buf, err);
}

static const struct og_field list_fields[] = {
	{ "name", "name", OG_FIELD_KEY, NULL },
	{ "kind", "kind", OG_FIELD_TEXT, NULL },
	{ "clearance", "clearance", OG_FIELD_TEXT, NULL },
	{ "description", "description", OG_FIELD_TEXT, NULL },
	{ "id", NULL, OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

static int run_list(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *reply;
	int rc;

	if (skill_ask(ctx, args, "skill.list", json_object(), &reply, err) < 0)
		return -1;
	rc = og_out_list(ctx, args, list_fields, json_object_get(reply, "skills"), err);
	json_decref(reply);
	return rc;
}

static int print_skill(const json_t *reply, const struct og_args *args, struct og_err *err)
{
	const json_t *doc = json_object_get(reply, "skill");
	const char *hash = og_json_str(reply, "hash"), *source = og_json_str(doc, "source");
	struct og_buf buf;

	if (og_arg_flag(args, "json"))
		return og_print_json(reply, err);
	if (og_json_str(doc, "name") == NULL || hash == NULL || source == NULL)
		return og_fail(err, OG_EBUG, "the shield's reply holds no skill");
	if (og_arg_flag(args, "source"))
		return og_print_verbatim(source, strlen(source), err);
	og_buf_init(&buf, OG_SKILL_DOC_MAX);
	og_skill_text(doc, hash, &buf, err);
	return skill_print_buf(&buf, err);
}

static int run_show(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *request = json_pack("{s:s,s:s*}", "skill", og_arg(args, 0), "hash",
				    og_arg_value(args, "hash"));
	json_t *reply;
	int rc;

	if (request == NULL)
		return og_fail(err, OG_EDATA, "'%s' is not a skill's name", og_arg(args, 0));
	if (skill_ask(ctx, args, "skill.get", request, &reply, err) < 0)
		return -1;
	rc = print_skill(reply, args, err);
	json_decref(reply);
	return rc;
}

/* The ranking of what is nearest uses vectors, where there are some. */
static int ask_match(const struct og_ctx *ctx, const struct og_args *args, json_t *request,
		     json_t **ret, struct og_err *err)
{
	struct og_embedder *embedder = NULL;
	struct og_channel *channel = NULL;
	struct og_conf *conf = NULL;
	int rc = -1;

	if (og_conf_from(ctx, args, &conf, err) == 0 &&
	    og_embedder_open(ctx, conf, &embedder, err) >= 0 &&
	    og_session_open(ctx, args, conf, &channel, err) == 0)
		rc = og_embedder_ask(embedder, channel, "skill.match", json_incref(request),
				     og_arg(args, 0), ret, err);
	json_decref(request);
	og_embedder_close(embedder);
	og_channel_close(channel);
	og_conf_free(conf);
	if (rc == 0)
		skill_plain(*ret);
	return rc;
}

static int run_match(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *request = json_pack("{s:s,s:i}", "text", og_arg(args, 0), "limit", MATCHES_SHOWN);
	json_t *reply;
	int rc, found;

	if (request == NULL)
		return og_fail(err, OG_EDATA, "the sentence is not UTF-8");
	if (ask_match(ctx, args, request, &reply, err) < 0)
		return -1;
	found = json_is_object(json_object_get(reply, "match"));
	rc = og_arg_flag(args, "json") ? og_print_json(reply, err)
				       : print_text(og_match_text, reply, err);
	json_decref(reply);
	return rc < 0 ? -1 : found ? OG_OK : OG_NO;
}

static int run_diff(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	int store = og_arg_flag(args, "store");

	if (!store == !og_arg(args, 0))
		return og_fail(err, OG_EUSAGE, "diff: say what to compare: a skill, or --store");
	return store ? og_store_diff(ctx, args, "graph", err) : skill_run_diff(ctx, args, err);
}

#define OPT_AS                                                                                     \
	{                                                                                          \
		"as", 0, OG_OPT_VALUE, "NAME", "the principal who asks; default $OG_AS"            \
	}
#define OPT_JSON                                                                                   \
	{                                                                                          \
		"json", 0, OG_OPT_FLAG, NULL, "one JSON object per line"                           \
	}
#define OPT_END                                                                                    \
	{                                                                                          \
		NULL, 0, OG_OPT_FLAG, NULL, NULL                                                   \
	}

static const struct og_opt parse_opts[] = {
	{ "each", 0, OG_OPT_FLAG, NULL, "texts as JSON, one a line, each answered with a line" },
	OPT_END,
};
static const struct og_opt lint_opts[] = { OPT_JSON, OPT_END };
static const struct og_opt ask_opts[] = { OPT_AS, OPT_JSON, OPT_END };
static const struct og_opt list_opts[] = { OPT_AS, OG_OUT_OPTIONS, OPT_END };
static const struct og_opt add_opts[] = {
	OPT_AS,
	{ "grant", 0, OG_OPT_FLAG, NULL, "also grant what the skill asks for" },
	OPT_JSON,
	OPT_END,
};
static const struct og_opt propose_opts[] = {
	OPT_AS,
	{ "why", 0, OG_OPT_VALUE, "TEXT", "words for whoever decides" },
	OPT_END,
};
static const struct og_opt show_opts[] = {
	OPT_AS,
	{ "hash", 0, OG_OPT_VALUE, "HASH", "this version instead of the active one" },
	{ "source", 0, OG_OPT_FLAG, NULL, "print its SKILL.md" },
	OPT_JSON,
	OPT_END,
};
static const struct og_opt classify_opts[] = {
	{ "examples", 0, OG_OPT_VALUE, "FILE", "what to learn from: LABEL, tab, sentence" },
	{ "none", 0, OG_OPT_VALUE, "FILE", "sentences that fit no label" },
	{ "test", 0, OG_OPT_VALUE, "FILE", "measure it on these, labelled like the examples" },
	OPT_JSON,
	OPT_END,
};
static const struct og_opt graph_opts[] = {
	OPT_AS,
	OG_DRAW_OPTIONS,
	OPT_END,
};

static const struct og_opt lock_opts[] = {
	OPT_AS,
	{ "policies", 0, OG_OPT_FLAG, NULL, "policies, too" },
	OPT_END,
};
static const struct og_opt verify_opts[] = {
	OPT_AS,
	{ "pubkey", 0, OG_OPT_VALUE, "KEY", "who has to have signed, base64 or a file", "FILE" },
	OPT_JSON,
	OPT_END,
};
static const struct og_opt test_opts[] = {
	OPT_AS,
	{ "demo", 0, OG_OPT_FLAG, NULL, "in the demo company, not in copies of this instance" },
	{ "jobs", 'j', OG_OPT_VALUE, "N", "tests at the same time; default one per CPU" },
	OPT_JSON,
	OPT_END,
};

static const struct og_opt diff_opts[] = {
	OPT_AS,
	{ "store", 0, OG_OPT_FLAG, NULL, "the graph elsewhere with what the ledger says" },
	OPT_JSON,
	OPT_END,
};

#define OPT_STORE                                                                                  \
	{ "login", 0, OG_OPT_VALUE, "FILE", "user:password or a token, for the Neo4j" },           \
	{                                                                                          \
		"ca", 0, OG_OPT_VALUE, "FILE", "certificates that may vouch for it"                \
	}
static const struct og_opt export_opts[] = { OPT_AS, OPT_STORE, OPT_END };
static const struct og_opt import_opts[] = { OPT_AS, OPT_STORE, OPT_JSON, OPT_END };

static const struct og_command commands[] = {
	{ "parse", "[FILE]", "print the record a SKILL.md makes", parse_opts, 0, 1,
	  skill_run_parse },
	{ "lint", "FILE...", "say what is wrong or doubtful, with file and line", lint_opts, 1, -1,
	  skill_run_lint },
	{ "add", "FILE|DIR", "make each skill the active version of its name", add_opts, 1, 1,
	  run_add },
	{ "propose", "FILE", "ask somebody who may to add it", propose_opts, 1, 1,
	  skill_run_propose },
	{ "list", "", "list the active skills", list_opts, 0, 0, run_list },
	{ "show", "SKILL", "show a skill", show_opts, 1, 1, run_show },
	{ "match", "TEXT", "say which skill a sentence means, and why", ask_opts, 1, 1, run_match },
	{ "classify", "[FILE]", "learn from labelled sentences, and label others", classify_opts, 0,
	  1, skill_run_classify },
	{ "graph", "", "print the edges between skills, and to tables", graph_opts, 0, 0,
	  skill_run_graph },
	{ "diff", "[SKILL | FILE] [HASH] [HASH]",
	  "say what a new version changes; status 1 when it does", diff_opts, 0, 3, run_diff },
	{ "impact", "SKILL | TABLE | POLICY", "say what would be felt where it changes", ask_opts,
	  1, 1, skill_run_impact },
	{ "check", "", "say what leads nowhere; status 1 when something does", ask_opts, 0, 0,
	  skill_run_check },
	{ "lock", "[FILE]", "sign which versions there are", lock_opts, 0, 1, skill_run_lock },
	{ "verify", "FILE [DIR]", "hold what there is against a lock; status 1 when it differs",
	  verify_opts, 1, 2, skill_run_verify },
	{ "test", "[SKILL | FILE | DIR]", "run the tests of skills in scratch copies", test_opts, 0,
	  1, skill_run_test },
	{ "export", "[DIR | URL]", "write the active skills as files, lines, or into a Neo4j",
	  export_opts, 0, 1, skill_run_export },
	{ "import", "FILE | URL", "add the skills of lines or of a Neo4j", import_opts, 1, 1,
	  skill_run_import },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-skill",
	"author, check, add and look at skills",
	commands,
};
