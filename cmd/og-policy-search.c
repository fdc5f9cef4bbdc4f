/*
 * og-policy search and list. Many searches go through one session: a line
 * of standard input is a query, a line of the answer is what it found.
 */
#include <string.h>
#include <unistd.h>

#include "cmd/og-policy-print.h"
#include "cmd/og-policy.h"
#include "cmd/og-store.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"

#define QUERY_MAX ((size_t)1 << 20) /* bytes of a line */

static int check_source(const char *source, struct og_err *err)
{
	static const char *const sources[] = { "law", "email", "internal_doc", "policy", NULL };

	for (size_t i = 0; source && sources[i]; i++)
		if (strcmp(source, sources[i]) == 0)
			return 0;
	if (!source)
		return 0;
	og_fail(err, OG_EUSAGE, "--source: there is no '%s'", source);
	og_hint(err, "law, email, internal_doc or policy");
	return og_hint_near(source, sources, err);
}

/* A request about the policies that the options name. */
static int filter_json(const struct og_args *args, json_t **ret, struct og_err *err)
{
	const char *at = og_arg_value(args, "at");
	json_t *request;

	if (check_source(og_arg_value(args, "source"), err) < 0)
		return -1;
	if (at && !og_day_valid(at)) {
		og_fail(err, OG_EUSAGE, "--at '%s' is no day", at);
		return og_hint(err, "a day of UTC: YYYY-MM-DD");
	}
	request = json_pack("{s:s*,s:s*,s:s*,s:b}", "node", og_arg_value(args, "node"), "source",
			    og_arg_value(args, "source"), "at", at, "in_force",
			    og_arg_flag(args, "in-force"));
	if (!request)
		return og_fail(err, OG_EDATA, "an option's value is not UTF-8");
	if (policy_set_level(args, "clearance", "clearance", request, err) < 0) {
		json_decref(request);
		return -1;
	}
	*ret = request;
	return 0;
}

/* The request of a search, without its words. */
static int search_json(const struct og_args *args, json_t **ret, struct og_err *err)
{
	const char *limit = og_arg_value(args, "limit");
	json_t *request = NULL;
	int64_t n = 5;

	if ((limit && og_int_parse(limit, 1, 1000, "--limit", &n, err) < 0) ||
	    filter_json(args, &request, err) < 0)
		return -1;
	if (og_json_set(request, "limit", json_integer(n), err) < 0 ||
	    og_json_set(request, "docs", json_boolean(og_arg_flag(args, "docs")), err) < 0) {
		json_decref(request);
		return -1;
	}
	*ret = request;
	return 0;
}

struct sought {
	const struct og_ctx *ctx;
	struct policy_desk desk;
	json_t *request;
	int told; /* of a store elsewhere, once */
};

/* *ret is borrowed from *reply. */
static int search(struct sought *sought, const char *words, json_t **reply, json_t **ret,
		  struct og_err *err)
{
	if (og_json_set(sought->request, "query", json_string(words), err) < 0 ||
	    og_embedder_ask(sought->desk.embedder, sought->desk.channel, "policy.search",
			    json_incref(sought->request), words, reply, err) < 0)
		return -1;
	if (!sought->told)
		og_store_note(sought->ctx, *reply, NULL);
	sought->told = 1;
	*ret = json_object_get(*reply, "passages");
	return 0;
}

static int search_line(struct sought *sought, const char *words, struct og_err *err)
{
	json_t *reply = NULL, *passages = NULL, *line = NULL;
	int rc = -1;

	if (search(sought, words, &reply, &passages, err) == 0) {
		line = json_pack("{s:i,s:s,s:O}", "v", 1, "query", words, "passages", passages);
		rc = line ? og_print_json(line, err) : og_fail_nomem(err);
	}
	json_decref(line);
	json_decref(reply);
	return rc;
}

static int search_lines(struct sought *sought, struct og_err *err)
{
	struct og_lines lines;
	char *line;
	size_t len;
	int more, number = 0;

	og_lines_init(&lines, STDIN_FILENO, QUERY_MAX);
	while ((more = og_lines_next(&lines, OG_FOREVER, &line, &len, err)) > 0) {
		number++;
		if (memchr(line, 0, len) || !og_utf8_valid(line, len))
			more = og_fail(err, OG_EDATA, "line %d is not a UTF-8 text", number);
		else
			more = search_line(sought, line, err);
		if (more < 0)
			break;
	}
	og_lines_release(&lines);
	return more;
}

static int search_once(struct sought *sought, const struct og_args *args, struct og_out *out,
		       struct og_err *err)
{
	json_t *reply = NULL, *passages = NULL;
	int rc = -1;

	if (search(sought, og_arg(args, 0), &reply, &passages, err) == 0)
		rc = og_print_items(out, passages, err);
	json_decref(reply);
	return rc;
}

static int check_search(const struct og_args *args, int batch, struct og_err *err)
{
	if (batch == (og_arg(args, 0) != NULL)) {
		og_fail(err, OG_EUSAGE, batch ? "--batch takes no words" : "what is to be found?");
		return og_hint(err, "og-policy search WORDS, or --batch with a query a line");
	}
	if (!batch && !og_utf8_valid(og_arg(args, 0), strlen(og_arg(args, 0))))
		return og_fail(err, OG_EDATA, "what is to be found is not UTF-8");
	if (batch && (og_arg_value(args, "format") || og_arg_flag(args, "null")))
		return og_fail(err, OG_EUSAGE, "--batch answers in JSON");
	return 0;
}

int policy_run_search(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct sought sought = { .ctx = ctx };
	struct og_out *out = NULL;
	int batch = og_arg_flag(args, "batch"), rc = -1;

	if (check_search(args, batch, err) < 0 || og_passages_out(ctx, args, &out, err) < 0)
		return -1;
	if (search_json(args, &sought.request, err) == 0 &&
	    policy_desk_open(&sought.desk, ctx, args, err) == 0)
		rc = batch ? search_lines(&sought, err) : search_once(&sought, args, out, err);
	policy_desk_close(&sought.desk);
	json_decref(sought.request);
	og_out_free(out);
	return rc;
}

int policy_run_list(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *reply = NULL, *request = NULL;
	struct og_out *out = NULL;
	int rc = -1;

	if (og_policies_out(ctx, args, &out, err) == 0 && filter_json(args, &request, err) == 0 &&
	    policy_ask(ctx, args, "policy.list", request, &reply, err) == 0)
		rc = og_print_items(out, json_object_get(reply, "policies"), err);
	json_decref(reply);
	og_out_free(out);
	return rc;
}
