/*
 * og-skill diff: two versions of a skill, or a file against the version in
 * force. What matters for security comes before the text.
 */
#include <string.h>
#include <sys/stat.h>

#include "cmd/og-skill.h"
#include "lib/hash/hash.h"
#include "lib/skill/diff.h"
#include "lib/skill/skill.h"

#define DIFF_MAX     ((size_t)8 << 20)
#define SHORT_HASH   6
#define NO_HASH_TEXT "none"

struct diff {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_channel *channel;
	json_t *old, *new; /* DOCs; old NULL: there is none */
	char from[OG_HASH_HEX + 1], to[OG_HASH_HEX + 1];
	struct og_err *err;
};

/* --- versions ------------------------------------------------------------ */

static int get(struct diff *d, const char *name, const char *hash, json_t **ret)
{
	return og_channel_ask(
		d->channel, "skill.get",
		json_pack("{s:s,s:s*,s:b}", "skill", name, "hash", hash, "versions", 1), ret,
		d->err);
}

/* The whole hash of a beginning of one. */
static int whole_hash(struct diff *d, const json_t *versions, const char *text, const char **ret)
{
	json_t *version;
	size_t i, found = 0;

	json_array_foreach(versions, i, version)
	{
		if (strncmp(og_json_str(version, "hash"), text, strlen(text)) == 0) {
			*ret = og_json_str(version, "hash");
			found++;
		}
	}
	if (strlen(text) >= SHORT_HASH && found == 1)
		return 0;
	og_fail(d->err, OG_NO, "%s version '%s'", found ? "more than one" : "there is no", text);
	return og_hint(d->err, "at least %d digits of its hash", SHORT_HASH);
}

/* The version before the active one: the newest of the others. */
static const char *before_active(const json_t *versions)
{
	json_t *version;
	size_t i;

	json_array_foreach(versions, i, version)
	{
		if (!og_json_bool(version, "active", 0))
			return og_json_str(version, "hash");
	}
	return NULL;
}

static int take(struct diff *d, const char *name, const char *hash, json_t **ret_doc,
		char ret_hash[OG_HASH_HEX + 1])
{
	json_t *reply = NULL;

	if (get(d, name, hash, &reply) < 0)
		return -1;
	*ret_doc = json_incref(json_object_get(reply, "skill"));
	snprintf(ret_hash, OG_HASH_HEX + 1, "%s", og_json_str(reply, "hash"));
	json_decref(reply);
	return 0;
}

/* SKILL: the version before against the active one; HASH1: that one against
 * the active one; HASH1 HASH2: these. */
static int take_versions(struct diff *d, const char *name)
{
	const char *one = og_arg(d->args, 1), *two = og_arg(d->args, 2);
	json_t *active = NULL;
	const json_t *versions;
	int rc = get(d, name, NULL, &active);

	if (rc < 0)
		return -1;
	versions = json_object_get(active, "versions");
	if (one)
		rc = whole_hash(d, versions, one, &one);
	else
		one = before_active(versions);
	if (rc == 0 && two)
		rc = whole_hash(d, versions, two, &two);
	if (rc == 0)
		rc = take(d, name, two, &d->new, d->to);
	if (rc == 0 && one)
		rc = take(d, name, one, &d->old, d->from);
	json_decref(active);
	return rc;
}

/* --- a file -------------------------------------------------------------- */

static int take_file(struct diff *d, json_t *doc)
{
	const char *name = og_json_str(doc, "name");
	int rc;

	d->new = json_incref(doc);
	if (og_skill_hash(doc, d->to, d->err) < 0)
		return -1;
	rc = take(d, name, NULL, &d->old, d->from);
	if (rc == 0 || d->err->code != OG_NO)
		return rc;
	og_err_clear(d->err); /* it is a new skill */
	return 0;
}

/* --- telling ------------------------------------------------------------- */

static int tell_text(struct diff *d)
{
	struct og_buf buf;

	og_buf_init(&buf, DIFF_MAX);
	og_buf_addf(&buf, "skill %s: %.12s to %.12s\n", og_json_str(d->new, "name"),
		    d->old ? d->from : NO_HASH_TEXT, d->to);
	if (og_skill_diff(d->old, d->new, &buf, d->err) == 0)
		return skill_print_buf(&buf, d->err);
	og_buf_release(&buf);
	return -1;
}

static int tell_json(struct diff *d)
{
	json_t *changes = NULL, *line;
	const char *before = og_json_str(d->old, "source");
	struct og_buf buf;
	int rc;

	og_buf_init(&buf, DIFF_MAX);
	rc = og_skill_changes(d->old, d->new, &changes, d->err);
	if (rc == 0)
		rc = og_lines_diff("SKILL.md", before ? before : "", og_json_str(d->new, "source"),
				   &buf, d->err);
	line = rc == 0 ? json_pack("{s:i,s:s,s:s?,s:s,s:O,s:s}", "v", 1, "skill",
				   og_json_str(d->new, "name"), "from", d->old ? d->from : NULL,
				   "to", d->to, "changes", changes, "diff", buf.len ? buf.data : "")
		       : NULL;
	if (rc == 0)
		rc = line ? og_print_json(line, d->err) : og_fail_nomem(d->err);
	og_buf_release(&buf);
	json_decref(changes);
	json_decref(line);
	return rc;
}

/* Nothing is printed for what is the same. */
static int tell(struct diff *d)
{
	int same = d->old && strcmp(d->from, d->to) == 0, rc;

	if (og_arg_flag(d->args, "json"))
		rc = tell_json(d);
	else
		rc = same ? 0 : tell_text(d);
	return rc < 0 ? -1 : same ? OG_OK : OG_NO;
}

int skill_run_diff(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct diff d = { .ctx = ctx, .args = args, .err = err };
	const char *what = og_arg(args, 0);
	int is_file = skill_is_path(what), rc = 0;
	json_t *docs;

	if (is_file && og_arg(args, 1))
		return og_fail(err, OG_EUSAGE, "a file is compared with the version in force");
	docs = json_array();
	if (is_file)
		rc = skill_read_docs(ctx, what, docs, err);
	if (rc == 0 && json_array_size(docs) > 1)
		rc = og_fail(err, OG_EUSAGE, "there are several skills in '%s'", what);
	if (rc == 0)
		rc = skill_session(ctx, args, &d.channel, err);
	if (rc == 0)
		rc = is_file ? take_file(&d, json_array_get(docs, 0)) : take_versions(&d, what);
	og_channel_close(d.channel);
	if (rc == 0)
		rc = tell(&d);
	json_decref(docs);
	json_decref(d.old);
	json_decref(d.new);
	return rc;
}
