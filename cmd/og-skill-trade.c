/*
 * og-skill export and import: skills as files, as JSON lines, and in a Neo4j
 * that somebody else may have filled. Whatever comes in is judged as if a
 * stranger had sent it by mail: a record that is in order, says in its
 * SKILL.md what it says in its steps, and goes the way of every other skill,
 * to the shield in the principal's name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/og-progress.h"
#include "cmd/og-skill.h"
#include "cmd/og-store.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"
#include "lib/skill/neo4j.h"

#define PARSE_MS   10000
#define STORE_MS   60000
#define LINES_MAX  ((size_t)64 << 20)
#define CLEARANCES 3

/* --- a Neo4j that was named ---------------------------------------------------------- */

struct line {
	struct og_neo4j_place place;
	struct og_net *net;
	struct og_neo4j *neo4j;
};

static void line_close(struct line *line)
{
	og_neo4j_free(line->neo4j);
	og_net_close(line->net);
}

static int line_start(struct line *line, const char *program, const char *login, const char *ca,
		      struct og_err *err)
{
	const char *const allow[] = { line->place.origin, NULL };
	const char *const logins[] = { login, NULL };
	struct og_net_place place = {
		.program = program, .allow = allow, .login = logins, .ca = ca
	};

	if (og_net_open(&place, &line->net, err) < 0 || og_net_greet(line->net, err) < 0)
		return -1;
	return og_neo4j_open(&line->place, line->net, STORE_MS, &line->neo4j, err);
}

static int line_open(struct line *line, const struct og_ctx *ctx, const struct og_args *args,
		     const char *url, struct og_err *err)
{
	const char *key = og_arg_value(args, "login");
	char *program = og_libexec_path(ctx->exe_dir, "og-http");
	struct og_buf login;
	int rc = -1;

	memset(line, 0, sizeof(*line));
	og_buf_init(&login, 8192);
	if (program == NULL)
		og_fail_nomem(err);
	else if (og_neo4j_place(url, &line->place, err) < 0)
		err->code = OG_EUSAGE;
	else if (key == NULL || og_buf_addf(&login, "%s=%s", line->place.origin, key) == 0)
		rc = line_start(line, program, key != NULL ? login.data : NULL,
				og_arg_value(args, "ca"), err);
	else
		og_fail(err, OG_EUSAGE, "--login '%s' is too long", key);
	og_buf_release(&login);
	free(program);
	return rc;
}

/* --- export ----------------------------------------------------------------------------- */

/* What the principal may read, as [{"doc","hash","id"}]. */
static int read_active(struct og_channel *channel, json_t *nodes, struct og_err *err)
{
	json_t *list = NULL, *skill, *reply;
	size_t i;
	int rc = og_channel_ask(channel, "skill.list", json_object(), &list, err);

	json_array_foreach(json_object_get(list, "skills"), i, skill)
	{
		if (rc == 0)
			rc = og_channel_ask(
				channel, "skill.get",
				json_pack("{s:O}", "skill", json_object_get(skill, "name")), &reply,
				err);
		if (rc < 0)
			break;
		if (json_array_append_new(nodes, json_pack("{s:O,s:O,s:O}", "doc",
							   json_object_get(reply, "skill"), "hash",
							   json_object_get(reply, "hash"), "id",
							   json_object_get(reply, "id"))) < 0)
			rc = og_fail(err, OG_EBUG, "the shield's reply holds no skill");
		json_decref(reply);
	}
	json_decref(list);
	return rc;
}

static int print_nodes(const json_t *nodes, struct og_err *err)
{
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		if (og_json_set(node, "v", json_integer(1), err) < 0 ||
		    og_print_json(node, err) < 0)
			return -1;
	}
	return 0;
}

static int make_folder(const char *path, struct og_err *err)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST
		       ? 0
		       : og_fail(err, OG_EIO, "cannot make '%s': %s", path, strerror(errno));
}

/* DIR/NAME/SKILL.md. */
static int write_file(const char *dir, const json_t *doc, struct og_err *err)
{
	const char *name = og_json_str(doc, "name"), *source = og_json_str(doc, "source");
	struct og_buf path;
	int rc = -1;

	og_buf_init(&path, 8192);
	if (name == NULL || source == NULL || !og_skill_name_valid(name))
		return og_fail(err, OG_EBUG, "the shield's reply holds no skill");
	if (og_buf_addf(&path, "%s/%s", dir, name) == 0 && make_folder(path.data, err) == 0 &&
	    og_buf_adds(&path, "/SKILL.md") == 0)
		rc = og_file_write(path.data, source, strlen(source), 0666, err);
	og_buf_release(&path);
	return rc;
}

static int write_files(const char *dir, const json_t *nodes, struct og_err *err)
{
	json_t *node;
	size_t i;

	if (make_folder(dir, err) < 0)
		return -1;
	json_array_foreach(nodes, i, node)
	{
		if (write_file(dir, json_object_get(node, "doc"), err) < 0)
			return -1;
	}
	return og_printf(err, "wrote %zu skills below %s\n", json_array_size(nodes), dir);
}

static int put_nodes(const struct og_ctx *ctx, const struct og_args *args, const json_t *nodes,
		     struct og_err *err)
{
	struct line line;
	size_t n = 0;
	int rc = -1;

	if (line_open(&line, ctx, args, og_arg(args, 0), err) == 0 &&
	    og_neo4j_setup(line.neo4j, NULL, err) == 0 &&
	    og_neo4j_put(line.neo4j, nodes, &n, err) == 0)
		rc = og_printf(err, "put %zu skills into %s of %s\n", n, line.place.database,
			       line.place.origin);
	line_close(&line);
	return rc;
}

int skill_run_export(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *where = og_arg(args, 0);
	struct og_channel *channel = NULL;
	json_t *nodes = json_array();
	int rc = skill_session(ctx, args, &channel, err);

	if (rc == 0)
		rc = read_active(channel, nodes, err);
	og_channel_close(channel);
	if (rc == 0)
		rc = where == NULL	  ? print_nodes(nodes, err)
		     : og_neo4j_is(where) ? put_nodes(ctx, args, nodes, err)
					  : write_files(where, nodes, err);
	json_decref(nodes);
	return rc;
}

/* --- import: what comes ----------------------------------------------------------------- */

/* A line as export prints it. */
static int read_line(const char *text, size_t len, size_t number, json_t *nodes, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	char hash[OG_HASH_HEX + 1];
	json_t *node = NULL;
	const json_t *doc;
	int rc = 0;

	if (og_json_parse(text, len, 2 * OG_SKILL_DOC_MAX, "skill", &node, &why) < 0)
		return og_fail(err, OG_EDATA, "line %zu: %s", number, why.msg);
	doc = json_object_get(node, "doc");
	if (doc == NULL || og_skill_check(doc, &why) < 0 || og_skill_hash(doc, hash, &why) < 0)
		rc = og_fail(err, OG_EDATA, "line %zu: %s", number,
			     doc != NULL ? why.msg : "it has no 'doc'");
	else if (og_json_str(node, "hash") == NULL || strcmp(og_json_str(node, "hash"), hash) != 0)
		rc = og_fail(err, OG_EDATA, "line %zu: skill '%s' has another hash than it says",
			     number, og_json_str(doc, "name"));
	else if (json_array_append(nodes, node) < 0)
		rc = og_fail_nomem(err);
	json_decref(node);
	return rc;
}

static int read_lines(const char *path, json_t *nodes, struct og_err *err)
{
	struct og_buf text;
	const char *at, *end;
	size_t number = 0;
	int rc;

	og_buf_init(&text, LINES_MAX);
	rc = og_file_read(path, "skills", &text, err);
	if (rc == 0 && text.len > 0 && memchr(text.data, 0, text.len))
		rc = og_fail(err, OG_EDATA, "'%s' holds a NUL byte, and is no text", path);
	for (at = text.data; rc == 0 && at != NULL && *at != '\0'; at = end + (*end == '\n')) {
		end = strchrnul(at, '\n');
		number++;
		if (end > at)
			rc = read_line(at, (size_t)(end - at), number, nodes, err);
	}
	og_buf_release(&text);
	return rc;
}

static int holds(const json_t *list, const char *key, const char *text)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *value = key != NULL ? og_json_str(item, key) : json_string_value(item);

		if (value != NULL && strcmp(value, text) == 0)
			return 1;
	}
	return 0;
}

/* Does the skill itself say so? */
static int says(const json_t *doc, const json_t *edge)
{
	const char *type = og_json_str(edge, "type"), *target = og_json_str(edge, "target");

	if (strcmp(type, "TOUCHES") == 0)
		return holds(json_object_get(doc, "touches"), NULL, target) ||
		       holds(json_object_get(doc, "asks"), "tbl", target);
	return holds(json_object_get(doc, strcmp(type, "GOVERNS") == 0	    ? "governs"
					  : strcmp(type, "DEPENDS_ON") == 0 ? "depends_on"
									    : "next"),
		     NULL, target);
}

static const json_t *doc_of(const json_t *nodes, const char *name)
{
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		const json_t *doc = json_object_get(node, "doc");

		if (strcmp(og_json_str(doc, "name"), name) == 0)
			return doc;
	}
	return NULL;
}

/* Edges that somebody drew and no skill has; nodes that are none of ours. */
static int tell_edges(const struct og_ctx *ctx, struct og_neo4j *neo4j, const json_t *nodes,
		      struct og_err *err)
{
	json_t *list, *skill, *edge;
	size_t i, k;

	if (og_neo4j_list(neo4j, CLEARANCES, &list, NULL, err) < 0)
		return -1;
	json_array_foreach(list, i, skill)
	{
		const json_t *doc = doc_of(nodes, og_json_str(skill, "name"));

		json_array_foreach(json_object_get(skill, "edges"), k, edge)
		{
			if (doc != NULL && !says(doc, edge))
				og_note(ctx, "left out: %s %s %s: the skill does not say so",
					og_json_str(skill, "name"), og_json_str(edge, "type"),
					og_json_str(edge, "target"));
		}
	}
	json_decref(list);
	return 0;
}

static int tell_heads(const struct og_ctx *ctx, struct og_neo4j *neo4j, const json_t *nodes,
		      struct og_err *err)
{
	json_t *heads, *head;
	int left_out = 0;
	size_t i;

	if (og_neo4j_heads(neo4j, &heads, &left_out, err) < 0)
		return -1;
	json_array_foreach(heads, i, head)
	{
		if (doc_of(nodes, og_json_str(head, "name")) == NULL)
			og_note(ctx, "left out: skill '%s': %s", og_json_str(head, "name"),
				og_json_bool(head, "active", 0) ? "its doc is missing or damaged"
								: "it is not active");
	}
	if (left_out > 0)
		og_note(ctx, "left out: %d skills without a proper name", left_out);
	json_decref(heads);
	return 0;
}

static int tell_strangers(const struct og_ctx *ctx, struct og_neo4j *neo4j, struct og_err *err)
{
	json_t *list, *one;
	size_t i;

	if (og_neo4j_strangers(neo4j, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, one)
	{
		og_note(ctx, "left out: %s '%s', %lld times", og_json_str(one, "what"),
			og_json_str(one, "name"), (long long)og_json_int(one, "count", 0));
	}
	json_decref(list);
	return 0;
}

static int read_store(const struct og_ctx *ctx, const struct og_args *args, json_t *nodes,
		      struct og_err *err)
{
	struct line line;
	json_t *docs = NULL;
	int rc = -1;

	if (line_open(&line, ctx, args, og_arg(args, 0), err) == 0 &&
	    og_neo4j_docs(line.neo4j, CLEARANCES, &docs, NULL, err) == 0 &&
	    tell_heads(ctx, line.neo4j, docs, err) == 0 &&
	    tell_edges(ctx, line.neo4j, docs, err) == 0 &&
	    tell_strangers(ctx, line.neo4j, err) == 0)
		rc = json_array_extend(nodes, docs) == 0 ? 0 : og_fail_nomem(err);
	json_decref(docs);
	line_close(&line);
	return rc;
}

/* --- import: is it what it shows? --------------------------------------------------------- */

/* Without line numbers, which a skill that was never a file does not have. */
static void forget_lines(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_del(value, "line");
	json_object_foreach(value, key, item) forget_lines(item);
	json_array_foreach(value, i, item) forget_lines(item);
}

static int same_skill(const json_t *a, const json_t *b)
{
	json_t *x = json_deep_copy(a), *y = json_deep_copy(b);
	int same;

	forget_lines(x);
	forget_lines(y);
	same = x != NULL && y != NULL && json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

/* What people read is its SKILL.md, what is done its steps: a record whose
 * text says something else was made to deceive. */
static int check_source(const struct og_ctx *ctx, const json_t *doc, struct og_err *err)
{
	const char *name = og_json_str(doc, "name"), *source = og_json_str(doc, "source");
	char *self = og_program_path(ctx->exe_dir, "og-skill");
	const char *argv[] = { self, "parse", NULL };
	json_t *read = NULL;
	struct og_buf out;
	int status = 0, rc = -1;

	og_buf_init(&out, OG_SKILL_DOC_MAX + 1);
	if (self == NULL)
		og_fail_nomem(err);
	else if (og_child_run(argv, source, strlen(source), og_deadline(PARSE_MS), &out, &status,
			      err) == 0) {
		if (status != 0 || og_json_parse(out.data != NULL ? out.data : "", out.len,
						 OG_SKILL_DOC_MAX + 1, "skill", &read, err) < 0)
			og_fail(err, OG_EDATA, "skill '%s': its SKILL.md is none", name);
		else
			rc = same_skill(doc, read)
				     ? 0
				     : og_fail(err, OG_EDATA,
					       "skill '%s': its SKILL.md says something "
					       "else than its record",
					       name);
	}
	json_decref(read);
	og_buf_release(&out);
	free(self);
	return rc;
}

static int check_sources(const struct og_ctx *ctx, const json_t *nodes, struct og_err *err)
{
	struct og_progress progress;
	json_t *node;
	size_t i;
	int rc = 0;

	og_progress_begin(&progress, ctx, "skills read", json_array_size(nodes));
	json_array_foreach(nodes, i, node)
	{
		if (rc == 0)
			rc = check_source(ctx, json_object_get(node, "doc"), err);
		og_progress_at(&progress, i + 1);
	}
	og_progress_clear(&progress);
	return rc;
}

static int put_doc(const struct og_ctx *ctx, struct og_channel *channel, const json_t *doc,
		   int json, struct og_err *err)
{
	json_t *reply = NULL;
	int rc;

	if (og_channel_ask(channel, "skill.put", json_pack("{s:O}", "doc", (json_t *)doc), &reply,
			   err) < 0)
		return og_wrap(err, "cannot import '%s'", og_json_str(doc, "name"));
	skill_plain(reply);
	if (json)
		rc = og_print_json(reply, err);
	else
		rc = og_printf(err, "%s %s@%.12s\n",
			       og_json_bool(reply, "changed", 1) ? "imported" : "unchanged",
			       og_json_str(reply, "name"), og_json_str(reply, "hash"));
	if (rc == 0)
		og_store_note(ctx, reply, og_json_str(reply, "name"));
	json_decref(reply);
	return rc;
}

int skill_run_import(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_channel *channel = NULL;
	json_t *nodes = json_array(), *node;
	size_t i;
	int rc = og_neo4j_is(og_arg(args, 0)) ? read_store(ctx, args, nodes, err)
					      : read_lines(og_arg(args, 0), nodes, err);

	if (rc == 0)
		rc = check_sources(ctx, nodes, err);
	if (rc == 0)
		rc = skill_session(ctx, args, &channel, err);
	json_array_foreach(nodes, i, node)
	{
		if (rc == 0)
			rc = put_doc(ctx, channel, json_object_get(node, "doc"),
				     og_arg_flag(args, "json"), err);
	}
	og_channel_close(channel);
	json_decref(nodes);
	return rc;
}
