/*
 * og-eval suggest: what might help the scenarios of a run that were not
 * understood. A suggestion is a line more below the `## When` of the skill
 * that was meant. It is tried in a scratch instance, together with every
 * other sentence of the run; what makes another sentence mean something
 * else is withdrawn. Nothing is added to the instance in use: that takes
 * somebody with the right to, and og-skill add.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/og-eval.h"
#include "cmd/og-out.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/skill/propose.h"
#include "lib/skill/skill.h"

#define READER	  "owner"
#define SPAN_MS	  600000
#define PATCH_MAX (2 * OG_SKILL_TEXT_MAX)

struct workshop {
	const struct og_args *args;
	struct scratch scratch;
	json_t *run;	 /* its lines about scenarios */
	json_t *before;	 /* {scenario: the skill its sentence meant at first} */
	json_t *sources; /* {skill: SKILL.md as it was} */
	json_t *patched; /* {skill: SKILL.md with what helped} */
	const char *as;	 /* whose sentence it is just now */
	size_t made;
	struct og_out *out;
	struct og_err *err;
};

/* --- asking -------------------------------------------------------------- */

/* A program's output; OG_NO with what it said when it refuses. */
static int ask(const struct workshop *w, struct call *call)
{
	if (call_run(call, &w->scratch, w->err) < 0)
		return -1;
	return call->status == 0
		       ? 0
		       : og_fail(w->err, OG_NO, "%s: %s", call->words[0], call_said(call));
}

static int ask_json(const struct workshop *w, const char *command, const char *as,
		    const char *about, json_t **ret)
{
	struct call call;
	int rc;

	call_init(&call, "og-skill", command);
	call_add(&call, "--as");
	call_add(&call, as);
	call_add(&call, "--json");
	call_add(&call, "--");
	call_add(&call, about);
	/* match says with its status whether one fits */
	rc = call_run(&call, &w->scratch, w->err);
	if (rc == 0 && call.out.len == 0)
		rc = og_fail(w->err, OG_NO, "%s", call_said(&call));
	if (rc == 0)
		rc = call_json(&call, ret, w->err);
	call_release(&call);
	return rc;
}

static int read_source(const struct workshop *w, const char *skill, char **ret)
{
	struct call call;
	int rc;

	call_init(&call, "og-skill", "show");
	call_add(&call, "--as");
	call_add(&call, READER);
	call_add(&call, "--source");
	call_add(&call, skill);
	rc = ask(w, &call);
	if (rc == 0) {
		*ret = strndup(call.out.len ? call.out.data : "", call.out.len);
		rc = *ret ? 0 : og_fail_nomem(w->err);
	}
	call_release(&call);
	return rc;
}

/* The skill a sentence means with all that it needs, "" for none. */
static int meaning(const struct workshop *w, const char *as, const char *say, char **ret)
{
	json_t *reply = NULL;
	const json_t *match;
	const char *skill;

	if (ask_json(w, "match", as, say, &reply) < 0)
		return -1;
	match = json_object_get(reply, "match");
	skill = og_json_str(match, "skill");
	*ret = strdup(skill && json_array_size(json_object_get(match, "missing")) == 0 ? skill
										       : "");
	json_decref(reply);
	return *ret ? 0 : og_fail_nomem(w->err);
}

/* Names for the proposer, as the scenario's principal sees them. */
static int hand_out(void *arg, const char *table, const char *column, const char *about,
		    og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	const struct workshop *w = arg;
	json_t *rows = NULL;
	struct og_buf sql;
	struct call call;
	int rc;

	(void)about;
	(void)err; /* the workshop's is the same */
	if (!table)
		return 0;
	og_buf_init(&sql, 4096);
	og_buf_addf(&sql, "SELECT \"%s\" AS name FROM \"%s\" LIMIT %d", column, table,
		    OG_CANDIDATES_MAX);
	call_init(&call, "og-shield", "query");
	call_add(&call, "--as");
	call_add(&call, w->as);
	call_add(&call, "--json");
	call_add(&call, "--");
	call_add(&call, sql.failed ? NULL : sql.data);
	rc = ask(w, &call);
	if (rc == 0)
		rc = call_lines(&call, &rows, w->err);
	for (size_t i = 0; rc == 0 && i < json_array_size(rows); i++) {
		const char *name = og_json_str(json_array_get(rows, i), "name");

		if (name && each(each_arg, 0, name))
			break;
	}
	json_decref(rows);
	call_release(&call);
	og_buf_release(&sql);
	return rc;
}

/* --- trying -------------------------------------------------------------- */

static int add_skill(const struct workshop *w, const char *source)
{
	char *path = og_path_join(w->scratch.temp, "SKILL.md");
	struct call call;
	int rc;

	call_init(&call, "og-skill", "add");
	call_add(&call, "--as");
	call_add(&call, READER);
	call_add(&call, path);
	rc = path ? og_file_write(path, source, strlen(source), 0600, w->err)
		  : og_fail_nomem(w->err);
	if (rc == 0)
		rc = ask(w, &call);
	call_release(&call);
	free(path);
	return rc;
}

/* Every sentence of the run but this one means what it meant. */
static int disturbs_none(const struct workshop *w, const char *scenario)
{
	for (size_t i = 0; i < json_array_size(w->run); i++) {
		const json_t *line = json_array_get(w->run, i);
		const char *name = og_json_str(line, "scenario"), *say = og_json_str(line, "say");
		const char *was = og_json_str(w->before, name);
		char *is = NULL;
		int same;

		if (!say || !was || strcmp(name, scenario) == 0)
			continue;
		if (meaning(w, og_json_str(line, "as"), say, &is) < 0)
			return -1;
		same = strcmp(is, was) == 0;
		free(is);
		if (!same)
			return og_fail(w->err, OG_NO, "'%s' would mean something else", name);
	}
	return 0;
}

static int try_it(struct workshop *w, const json_t *line, const char *skill, const char *source)
{
	const char *name = og_json_str(line, "scenario");
	char *is = NULL;
	int rc;

	if (add_skill(w, source) < 0 ||
	    meaning(w, og_json_str(line, "as"), og_json_str(line, "say"), &is) < 0)
		return -1;
	rc = strcmp(is, skill) == 0
		     ? disturbs_none(w, name)
		     : og_fail(w->err, OG_NO, "the sentence would still not mean '%s'", skill);
	if (rc == 0)
		rc = og_json_set(w->before, name, json_string(is), w->err);
	free(is);
	return rc;
}

/* --- one suggestion ------------------------------------------------------ */

/* The skill that was meant: the expected one, else the one it came near. */
static int skill_meant(const struct workshop *w, const json_t *line, char **ret)
{
	const char *skill = og_json_str(line, "expected_skill");
	json_t *reply = NULL;

	if (!skill)
		skill = og_json_str(line, "skill");
	if (!skill) {
		if (ask_json(w, "match", w->as, og_json_str(line, "say"), &reply) < 0)
			return -1;
		skill = og_json_str(json_array_get(json_object_get(reply, "candidates"), 0),
				    "skill");
	}
	*ret = skill ? strdup(skill) : NULL;
	json_decref(reply);
	if (!skill)
		return og_fail(w->err, OG_NO, "no skill is near it: it takes a new one");
	return *ret ? 0 : og_fail_nomem(w->err);
}

static int current_source(struct workshop *w, const char *skill, const char **ret)
{
	char *source = NULL;

	if (!json_object_get(w->sources, skill)) {
		if (read_source(w, skill, &source) < 0)
			return -1;
		if (json_object_set_new(w->sources, skill, json_string(source)) < 0 ||
		    json_object_set_new(w->patched, skill, json_string(source)) < 0) {
			free(source);
			return og_fail_nomem(w->err);
		}
		free(source);
	}
	*ret = og_json_str(w->patched, skill);
	return *ret ? 0 : og_fail(w->err, OG_NO, "skill '%s' has no source", skill);
}

static int propose(struct workshop *w, const json_t *line, const char *skill, char **ret)
{
	struct og_resolver resolver = { hand_out, w, 0 };
	json_t *shown = NULL;
	int rc = ask_json(w, "show", READER, skill, &shown);

	if (rc == 0)
		rc = og_pattern_propose(json_object_get(json_object_get(shown, "skill"), "slots"),
					og_json_str(line, "say"), &resolver, ret, w->err);
	json_decref(shown);
	return rc;
}

/* What does not help leaves the scratch instance as it was. */
static int suggest(struct workshop *w, const json_t *line, const char *skill, char **ret_pattern)
{
	const char *source = NULL;
	struct og_err ignored = OG_ERR_INIT, *err = w->err;
	char *with = NULL;
	size_t number;
	int rc;

	if (current_source(w, skill, &source) < 0 || propose(w, line, skill, ret_pattern) < 0 ||
	    og_pattern_insert(source, *ret_pattern, &with, &number, w->err) < 0)
		return -1;
	rc = try_it(w, line, skill, with);
	if (rc == 0) {
		w->made++;
		rc = og_json_set(w->patched, skill, json_string(with), w->err);
	} else if (w->err->code == OG_NO) {
		w->err = &ignored;
		add_skill(w, source);
		w->err = err;
	}
	free(with);
	return rc;
}

static const struct og_field suggestion_fields[] = {
	{ "scenario", NULL, OG_FIELD_KEY, NULL }, { "skill", NULL, OG_FIELD_KEY, NULL },
	{ "pattern", NULL, OG_FIELD_TEXT, NULL }, { "helps", NULL, OG_FIELD_TEXT, NULL },
	{ "why", NULL, OG_FIELD_TEXT, NULL },	  { NULL, NULL, OG_FIELD_TEXT, NULL },
};

static int print_suggestion(const json_t *record, int color, struct og_err *err)
{
	const char *pattern = og_json_str(record, "pattern"), *why = og_json_str(record, "why");
	struct og_buf text, safe;
	int rc;

	(void)color;
	og_buf_init(&text, 65536);
	og_buf_init(&safe, 262144);
	og_buf_addf(&text, "%s: ", og_json_str(record, "scenario"));
	if (pattern)
		og_buf_addf(&text, "%s: %s", og_json_str(record, "skill"), pattern);
	if (*why)
		og_buf_addf(&text, "%s%s", pattern ? ": " : "", why);
	og_text_safe(&safe, text.len ? text.data : "", text.len, 0);
	rc = og_printf(err, "%s\n", safe.len ? safe.data : "");
	og_buf_release(&text);
	og_buf_release(&safe);
	return rc;
}

static int tell(const struct workshop *w, const json_t *line, const char *skill,
		const char *pattern, const char *why)
{
	const char *name = og_json_str(line, "scenario");
	json_t *told = json_pack("{s:i, s:s, s:s?, s:s?, s:b, s:s}", "v", 1, "scenario", name,
				 "skill", skill, "pattern", pattern, "helps", !*why, "why", why);
	int rc = told ? og_out_add(w->out, told, w->err) : og_fail_nomem(w->err);

	json_decref(told);
	return rc;
}

/* A refusal is told; another error ends it all. */
static int take_up(struct workshop *w, const json_t *line)
{
	char *skill = NULL, *pattern = NULL;
	int rc;

	w->as = og_json_str(line, "as");
	rc = skill_meant(w, line, &skill);
	if (rc == 0)
		rc = suggest(w, line, skill, &pattern);
	if (rc == 0)
		rc = tell(w, line, skill, pattern, "");
	else if (w->err->code == OG_NO || w->err->code == OG_EDATA) {
		char why[OG_ERR_MSG_MAX];

		og_text_format(why, sizeof(why), "%s", w->err->msg);
		og_err_clear(w->err);
		rc = tell(w, line, skill, pattern, why);
	}
	free(skill);
	free(pattern);
	return rc;
}

/* --- writing ------------------------------------------------------------- */

static int make_folder(const char *path, struct og_err *err)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return 0;
	return og_fail(err, errno == EACCES ? OG_EPERM : OG_EIO, "cannot make '%s': %s", path,
		       strerror(errno));
}

static int write_skill(const struct workshop *w, const char *out_dir, const char *skill)
{
	const char *old = og_json_str(w->sources, skill), *new = og_json_str(w->patched, skill);
	char *dir = og_path_join(out_dir, skill), name[OG_SKILL_NAME_MAX + 16];
	char *file = dir ? og_path_join(dir, "SKILL.md") : NULL, *patch;
	struct og_buf text;
	int rc = -1;

	snprintf(name, sizeof(name), "%.*s.patch", OG_SKILL_NAME_MAX, skill);
	patch = og_path_join(out_dir, name);
	og_buf_init(&text, PATCH_MAX);
	patch_write(skill, old, new, &text);
	if (!file || !patch)
		og_fail_nomem(w->err);
	else if (og_buf_check(&text, "patch", w->err) == 0 && make_folder(dir, w->err) == 0 &&
		 og_file_write(file, new, strlen(new), 0644, w->err) == 0 &&
		 og_file_write(patch, text.data, text.len, 0644, w->err) == 0)
		rc = 0;
	og_buf_release(&text);
	free(dir);
	free(file);
	free(patch);
	return rc;
}

/* For a person, who is told what to do next. */
static int is_text(const struct workshop *w)
{
	return !og_arg_flag(w->args, "json") && !og_arg_flag(w->args, "null") &&
	       !og_arg_value(w->args, "format");
}

static int write_all(struct workshop *w)
{
	const char *out_dir = og_arg_value(w->args, "out"), *skill;
	json_t *source;

	out_dir = out_dir ? out_dir : "suggestions";
	if (make_folder(out_dir, w->err) < 0)
		return -1;
	json_object_foreach(w->sources, skill, source)
	{
		if (json_equal(source, json_object_get(w->patched, skill)))
			continue;
		if (write_skill(w, out_dir, skill) < 0)
			return -1;
		if (is_text(w) &&
		    og_printf(w->err,
			      "look at %s/%s.patch, then: og-skill add --as NAME --grant %s/%s\n",
			      out_dir, skill, out_dir, skill) < 0)
			return -1;
	}
	return 0;
}

/* --- the whole ----------------------------------------------------------- */

/* It failed because the sentence was not understood. */
static int is_ours(const json_t *line)
{
	const char *reason = og_json_str(line, "reason"), *skill = og_json_str(line, "skill");
	const char *expected = og_json_str(line, "expected_skill");

	if (og_json_bool(line, "ok", 1) || !og_json_str(line, "say") || !og_json_str(line, "as") ||
	    !og_json_str(line, "scenario") || og_json_int(line, "run", 1) > 1)
		return 0;
	return (reason && (strncmp(reason, "no_skill", 8) == 0 ||
			   strncmp(reason, "missing_slot", 12) == 0)) ||
	       (expected && (!skill || strcmp(skill, expected) != 0));
}

/* A scenario's own skills are not in the scratch instance; what their
 * sentences mean there is what they go on meaning. */
static int note_before(struct workshop *w)
{
	for (size_t i = 0; i < json_array_size(w->run); i++) {
		const json_t *line = json_array_get(w->run, i);
		char *skill = NULL;

		if (!og_json_str(line, "say") || !og_json_str(line, "as") ||
		    json_object_get(w->before, og_json_str(line, "scenario")))
			continue;
		if (meaning(w, og_json_str(line, "as"), og_json_str(line, "say"), &skill) < 0)
			return -1;
		json_object_set_new(w->before, og_json_str(line, "scenario"), json_string(skill));
		free(skill);
	}
	return 0;
}

static int open_workshop(struct workshop *w, const struct og_ctx *ctx)
{
	struct og_conf *conf = NULL;
	json_t *lines = NULL;
	int rc = eval_lines_read(og_arg(w->args, 0), &lines, w->err);

	w->run = eval_lines_of(lines, "ok");
	w->before = json_object();
	w->sources = json_object();
	w->patched = json_object();
	json_decref(lines);
	w->scratch.deadline = og_deadline(SPAN_MS);
	if (rc == 0 && og_arg_flag(w->args, "from-instance"))
		rc = og_conf_from(ctx, w->args, &conf, w->err);
	if (rc == 0)
		rc = eval_forget_environment(w->err);
	if (rc == 0)
		rc = scratch_make(&w->scratch, ctx, conf ? conf->home : NULL, NULL, w->err);
	og_conf_free(conf);
	return rc;
}

int eval_suggest(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct workshop w = { .args = args, .scratch = { .ctx = ctx, .lock = -1 }, .err = err };
	int rc = og_out_new(ctx, args, suggestion_fields, print_suggestion, &w.out, err);

	if (rc == 0)
		rc = open_workshop(&w, ctx);
	if (rc == 0)
		rc = note_before(&w);
	for (size_t i = 0; rc == 0 && i < json_array_size(w.run); i++)
		if (is_ours(json_array_get(w.run, i)))
			rc = take_up(&w, json_array_get(w.run, i));
	if (rc == 0 && w.made > 0)
		rc = write_all(&w);
	if (rc == 0)
		rc = og_out_end(w.out, err);
	scratch_release(&w.scratch);
	og_out_free(w.out);
	json_decref(w.run);
	json_decref(w.before);
	json_decref(w.sources);
	json_decref(w.patched);
	return rc < 0 ? -1 : w.made ? OG_OK : OG_NO;
}
