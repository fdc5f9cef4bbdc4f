/*
 * og-policy add and parse: documents become records, and are put in force.
 * Many at once are put one by one, each in a transaction of its own: what
 * was put stays, whatever happens to the next, and doing it again costs
 * little, since what is in force already is left as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-policy.h"
#include "cmd/og-progress.h"
#include "cmd/og-store.h"
#include "lib/base/text.h"
#include "lib/policy/document.h"
#include "lib/policy/store.h"
#include "lib/sandbox/sandbox.h"

/* Options that stand for members of the record. */
static int set_from_options(const struct og_args *args, json_t *record, struct og_err *err)
{
	static const struct {
		const char *option, *member;
	} texts[] = { { "name", "name" },
		      { "title", "title" },
		      { "source", "source" },
		      { "node", "node" },
		      { "rule", "rule" },
		      { "step", "rule_step" },
		      { "message", "message" },
		      { "approval", "approval" },
		      { "effective", "effective" },
		      { "expires", "expires" },
		      { "supersedes", "supersedes" } };
	const char *expires = og_arg_value(args, "approval-expires"), *pair;
	json_t *limits = NULL;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *value = og_arg_value(args, texts[i].option);

		if (value && og_json_set(record, texts[i].member, json_string(value), err) < 0)
			return -1;
	}
	if (policy_set_level(args, "clearance", "clearance", record, err) < 0 ||
	    policy_set_level(args, "approver-clearance", "approver_clearance", record, err) < 0)
		return -1;
	if (expires && og_policy_set_expires(record, expires, "--approval-expires", err) < 0)
		return -1;
	for (size_t i = 0; (pair = og_arg_list(args, "limit", i)); i++) {
		if (!limits)
			limits = json_object();
		if (og_policy_add_limit(limits, pair, err) < 0) {
			json_decref(limits);
			return -1;
		}
	}
	return limits ? og_json_set(record, "limits", limits, err) : 0;
}

/* --- one document ------------------------------------------------------------------- */

/* The record of a document: what the options say, then what it says. */
static int make_record(const json_t *options, const struct policy_document *document, json_t **ret,
		       struct og_err *err)
{
	json_t *record = json_deep_copy(options);
	int rc = record ? 0 : og_fail_nomem(err);

	if (rc == 0 && document->title && !json_object_get(record, "title"))
		rc = og_json_set(record, "title", json_string(document->title), err);
	if (rc == 0 && document->source && !json_object_get(record, "source"))
		rc = og_json_set(record, "source", json_string(document->source), err);
	if (rc == 0 && !document->text)
		rc = og_fail(err, OG_EDATA, "'%s' has no text that can be read",
			     document->title ? document->title : document->name);
	if (rc == 0)
		rc = og_policy_read(document->text, document->len, document->name, record, err);
	if (rc == 0)
		*ret = record;
	else
		json_decref(record);
	return rc;
}

static int print_record(void *arg, const struct policy_document *document, struct og_err *err)
{
	json_t *record = NULL;
	int rc = make_record(arg, document, &record, err);

	if (rc == 0)
		rc = og_print_row(record, err);
	json_decref(record);
	return rc;
}

int policy_run_parse(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct policy_files files = { NULL, 0, 0, 0 };
	json_t *nothing = json_object();
	int rc = -1;

	if (!nothing)
		og_fail_nomem(err);
	else if (og_sandbox_no_network(0, err) >= 0 && policy_files_find(args, &files, err) == 0)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		rc = policy_file_read(ctx, &files.list[i], print_record, nothing, err);
		if (rc < 0)
			og_wrap(err, "%s", files.list[i].path);
	}
	policy_files_release(&files);
	json_decref(nothing);
	return rc;
}

/* What came of it today: that it binds is not said of what does not. */
static const char *comes_to(const json_t *reply)
{
	static const char *const words[][3] = {
		{ "future", "will be in force", "was put already, and will be in force" },
		{ "expired", "is kept, but has expired", "was put already, and has expired" },
		{ "superseded", "is kept, but superseded", "was put already, and is superseded" },
	};
	const char *standing = og_json_str(reply, "standing");
	int changed = og_json_bool(reply, "changed", 1);

	for (size_t i = 0; standing && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(standing, words[i][0]) == 0)
			return words[i][changed ? 1 : 2];
	return changed ? "is in force" : "was in force already";
}

static int print_added(const json_t *record, const json_t *reply, struct og_err *err)
{
	const char *hash = og_json_str(reply, "hash"), *from = og_json_str(record, "effective");
	const char *standing = og_json_str(reply, "standing");
	int later = from && standing && strcmp(standing, "future") == 0;

	return og_printf(err, "%s %.12s %s%s%s\n", og_json_str(record, "name"), hash ? hash : "",
			 comes_to(reply), later ? " from " : "", later ? from : "");
}

/* --- many --------------------------------------------------------------------------- */

struct adding {
	const struct og_ctx *ctx;
	struct policy_desk desk;
	json_t *options;
	json_t *names; /* of what was put: from which file */
	const char *path;
	int json, many;
	size_t put, same, refused;
	struct og_progress progress;
};

/* Two documents of one name would take turns in replacing each other. */
static int take_name(struct adding *adding, const char *name, struct og_err *err)
{
	const char *other = og_json_str(adding->names, name);

	if (other)
		return og_fail(err, OG_EDATA, "'%s' is the name of what came from '%s', too", name,
			       other);
	return og_json_set(adding->names, name, json_string(adding->path), err);
}

static int put(struct adding *adding, const json_t *record, struct og_err *err)
{
	json_t *reply = NULL;
	int rc = og_channel_ask(adding->desk.channel, "policy.put",
				json_pack("{s:O}", "policy", record), &reply, err);

	if (rc < 0)
		return -1;
	if (og_json_bool(reply, "changed", 1))
		adding->put++;
	else
		adding->same++;
	og_progress_clear(&adding->progress);
	og_store_note(adding->ctx, reply, og_json_str(record, "name"));
	if (!og_json_bool(reply, "binds", 1) && adding->put + adding->same == 1)
		og_note(adding->ctx,
			"no skill is called '%s' yet: until then the policy binds nothing",
			og_json_str(record, "node"));
	if (adding->many && !adding->json && !og_json_bool(reply, "changed", 1))
		rc = 0; /* hardly news, among thousands */
	else
		rc = adding->json ? og_print_json(reply, err) : print_added(record, reply, err);
	json_decref(reply);
	return rc;
}

/* Is this the document's fault alone? The others may be well. */
static int goes_on(struct adding *adding, const struct og_err *err)
{
	return adding->many &&
	       (err->code == OG_EDATA || err->code == OG_ENOINPUT || err->code == OG_EUNAVAIL);
}

/* Tells what is wrong with one and forgets it; -1 when it is about all. */
static int refuse(struct adding *adding, struct og_err *err)
{
	if (!goes_on(adding, err))
		return og_wrap(err, "%s", adding->path);
	og_progress_clear(&adding->progress);
	og_note(adding->ctx, "%s: %s", adding->path, err->msg);
	adding->refused++;
	og_err_clear(err);
	return 0;
}

static int add_document(void *arg, const struct policy_document *document, struct og_err *err)
{
	struct adding *adding = arg;
	json_t *record = NULL;
	int rc = make_record(adding->options, document, &record, err);

	adding->many |= document->of_many;
	if (rc == 0)
		rc = take_name(adding, og_json_str(record, "name"), err);
	if (rc < 0)
		rc = adding->many ? refuse(adding, err) : -1;
	else
		rc = put(adding, record, err);
	json_decref(record);
	return rc;
}

static int add_files(struct adding *adding, const struct policy_files *files, struct og_err *err)
{
	og_progress_begin(&adding->progress, adding->ctx, "documents", files->n);
	for (size_t i = 0; i < files->n; i++) {
		og_progress_at(&adding->progress, i);
		adding->path = files->list[i].path;
		if (policy_file_read(adding->ctx, &files->list[i], add_document, adding, err) < 0 &&
		    refuse(adding, err) < 0)
			return -1;
	}
	og_progress_clear(&adding->progress);
	return 0;
}

/* What was put is in force whether or not somebody gives it vectors. */
static void give_vectors(struct adding *adding)
{
	struct og_err why = OG_ERR_INIT;
	struct og_embedded done;

	if (adding->desk.embedder && adding->put > 0 &&
	    og_embedder_fill(adding->desk.embedder, adding->desk.channel, &done, &why) < 0)
		og_note(adding->ctx, "found by words alone until og-policy embed succeeds: %s",
			why.msg);
}

static int tell(const struct adding *adding, const struct policy_files *files, struct og_err *err)
{
	if (!adding->many)
		return 0;
	og_note(adding->ctx, "%zu put, %zu as they were, %zu refused; %zu files passed over",
		adding->put, adding->same, adding->refused, files->passed_over);
	if (adding->refused == 0)
		return 0;
	return og_fail(err, OG_EDATA, "%zu of the documents were not put", adding->refused);
}

/* A name and a title are one document's. */
static int check_options(const struct og_args *args, const struct adding *adding,
			 struct og_err *err)
{
	static const char *const own[] = { "name", "title" };

	for (size_t i = 0; adding->many && i < sizeof(own) / sizeof(*own); i++)
		if (og_arg_value(args, own[i]))
			return og_fail(err, OG_EUSAGE, "--%s goes with one document", own[i]);
	return 0;
}

int policy_run_add(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct policy_files files = { NULL, 0, 0, 0 };
	struct adding adding = { .ctx = ctx,
				 .options = json_object(),
				 .names = json_object(),
				 .json = og_arg_flag(args, "json") };
	int rc = -1;

	if (!adding.options || !adding.names) {
		og_fail_nomem(err);
		goto out;
	}
	if (policy_files_find(args, &files, err) < 0)
		goto out;
	adding.many = files.folder || files.n > 1;
	if (check_options(args, &adding, err) < 0 ||
	    set_from_options(args, adding.options, err) < 0 ||
	    policy_desk_open(&adding.desk, ctx, args, err) < 0)
		goto out;
	rc = add_files(&adding, &files, err);
	give_vectors(&adding);
	if (rc == 0)
		rc = tell(&adding, &files, err);
out:
	policy_desk_close(&adding.desk);
	policy_files_release(&files);
	json_decref(adding.options);
	json_decref(adding.names);
	return rc;
}
