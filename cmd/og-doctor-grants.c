/*
 * og doctor, and who may see what: tables that nobody sees yet, and with
 * --grants a file that proposes grants and asks what it cannot know. It
 * changes nothing; og-shield grant --apply does, and shows the difference.
 */
#include <string.h>
#include <unistd.h>

#include "cmd/og-ask.h"
#include "cmd/og.h"
#include "lib/access/propose.h"
#include "lib/proc/channel.h"

#define TABLES_SHOWN 3

static int report_missing(struct og_doctor *doctor, const json_t *missing, struct og_err *err)
{
	size_t n = json_array_size(missing), i;
	struct og_buf names;
	json_t *table;
	int rc = -1;

	og_buf_init(&names, 16384);
	json_array_foreach(missing, i, table)
	{
		if (i < TABLES_SHOWN)
			og_buf_addf(&names, "%s'%.200s'", i ? ", " : "", json_string_value(table));
	}
	if (n > TABLES_SHOWN)
		og_buf_addf(&names, " and %zu more", n - TABLES_SHOWN);
	if (og_buf_check(&names, "report", err) == 0)
		rc = og_doctor_say(doctor, "grants", "warn", err,
				   "nobody may see %s: og doctor --grants >grants.json proposes "
				   "who might; look at it, then og-shield grant --as owner --apply "
				   "grants.json",
				   names.data);
	og_buf_release(&names);
	return rc;
}

int og_doctor_grants(struct og_doctor *doctor, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *reply = NULL, *missing;
	int rc;

	if (og_ask_shield(doctor->ctx, doctor->conf, "grant.list", json_object(), &reply, &why) < 0)
		return og_doctor_say(doctor, "grants", why.code == OG_EPERM ? "warn" : "bad", err,
				     "cannot be asked for as the owner: %s", why.msg);
	missing = json_object_get(reply, "missing");
	if (json_array_size(missing) == 0)
		rc = og_doctor_say(doctor, "grants", "ok", err,
				   "every table is granted to some role");
	else
		rc = report_missing(doctor, missing, err);
	json_decref(reply);
	return rc;
}

/* --- the proposal ------------------------------------------------------------ */

/* An array with one item a line, so that it can be edited and compared. */
static int add_lines(struct og_buf *out, const char *name, const json_t *items, struct og_err *err)
{
	struct og_buf text;
	json_t *item;
	size_t i;
	int rc = 0;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	og_buf_addf(out, ",\n\"%s\":[", name);
	json_array_foreach(items, i, item)
	{
		og_buf_adds(out, i ? ",\n  " : "\n  ");
		og_buf_clear(&text);
		rc = rc == 0 ? og_json_dump(item, &text, err) : rc;
		if (rc == 0)
			og_buf_add(out, text.data, text.len);
	}
	og_buf_adds(out, "]");
	og_buf_release(&text);
	return rc;
}

static int print_proposal(const json_t *proposal, struct og_err *err)
{
	struct og_buf out;
	int rc = -1;

	og_buf_init(&out, OG_CHANNEL_LINE_MAX);
	og_buf_adds(&out, "{\"v\":1");
	if (add_lines(&out, "grants", json_object_get(proposal, "grants"), err) == 0 &&
	    add_lines(&out, "questions", json_object_get(proposal, "questions"), err) == 0) {
		og_buf_adds(&out, "}\n");
		rc = og_buf_check(&out, "proposal", err);
	}
	if (rc == 0)
		rc = og_print_json_text(out.data, out.len, err);
	og_buf_release(&out);
	return rc;
}

/* For whoever sent the proposal into a file. */
static void tell_how_many(const struct og_ctx *ctx, const json_t *proposal)
{
	size_t questions = json_array_size(json_object_get(proposal, "questions")), fresh = 0, i;
	json_t *grant;

	json_array_foreach(json_object_get(proposal, "grants"), i, grant)
	{
		fresh += json_object_get(grant, "why") != NULL;
	}
	og_note(ctx,
		"%zu grant%s proposed, %zu question%s, all in the file; then: og-shield grant "
		"--as owner --apply FILE --dry-run",
		fresh, fresh == 1 ? "" : "s", questions, questions == 1 ? "" : "s");
}

int og_doctor_propose(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_conf *conf = NULL;
	json_t *reply = NULL, *proposal = NULL;
	int rc = -1;

	if (og_arg_flag(args, "json") || og_arg_flag(args, "null") ||
	    og_arg_value(args, "format") || og_arg_flag(args, "fix"))
		return og_fail(err, OG_EUSAGE,
			       "--grants prints a file: it goes with no --fix, "
			       "--json, --format or --null");
	if (og_conf_from(ctx, args, &conf, err) == 0 &&
	    og_ask_shield(ctx, conf, "grant.list", json_pack("{s:b}", "shape", 1), &reply, err) ==
		    0 &&
	    og_grants_propose(reply, &proposal, err) == 0)
		rc = print_proposal(proposal, err);
	if (rc == 0 && !isatty(STDOUT_FILENO))
		tell_how_many(ctx, proposal);
	json_decref(proposal);
	json_decref(reply);
	og_conf_free(conf);
	return rc;
}
