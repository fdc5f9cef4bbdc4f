/*
 * Runs as files: what og-eval --json printed, and what people said of it
 * since. A verdict of a person is a line more at the end of the file, with
 * who and when; it stands beside what the judge found, never in its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-eval.h"
#include "cmd/og-out.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"

/* --- reading ------------------------------------------------------------- */

static int add_line(json_t *lines, const char *path, size_t number, const char *text, size_t len,
		    struct og_err *err)
{
	char what[300];
	json_t *line = NULL;

	og_text_format(what, sizeof(what), "%s:%zu", path, number);
	if (og_json_parse(text, len, EVAL_LINE_MAX, what, &line, err) < 0)
		return -1;
	if (og_json_int(line, "v", 0) != 1) {
		json_decref(line);
		og_fail(err, OG_EDATA, "%s: it is no line of a run", what);
		return og_hint(err, "a run is what og-eval --json prints");
	}
	return json_array_append_new(lines, line) < 0 ? og_fail_nomem(err) : 0;
}

int eval_lines_read(const char *path, json_t **ret, struct og_err *err)
{
	json_t *lines = json_array();
	struct og_buf text;
	const char *line;
	size_t number = 1;
	int rc;

	og_buf_init(&text, EVAL_RUN_MAX);
	rc = lines ? og_file_read(path, "run", &text, err) : og_fail_nomem(err);
	for (line = text.len ? text.data : ""; rc == 0 && *line; number++) {
		size_t len = strcspn(line, "\n");

		if (len)
			rc = add_line(lines, path, number, line, len, err);
		line += len + (line[len] == '\n');
	}
	if (rc == 0 && json_array_size(lines) == 0)
		rc = og_fail(err, OG_EDATA, "%s: there is no run in it", path);
	og_buf_release(&text);
	if (rc == 0)
		*ret = lines;
	else
		json_decref(lines);
	return rc;
}

json_t *eval_lines_of(const json_t *lines, const char *member)
{
	json_t *some = json_array();

	for (size_t i = 0; i < json_array_size(lines); i++)
		if (json_object_get(json_array_get(lines, i), member))
			json_array_append(some, json_array_get(lines, i));
	return some;
}

/* What people said last of a scenario, as "good (alice)", or "". */
static void human_words(const json_t *lines, const char *scenario, char *out, size_t len)
{
	*out = '\0';
	for (size_t i = json_array_size(lines); i-- > 0;) {
		const json_t *line = json_array_get(lines, i);
		const char *verdict = og_json_str(line, "verdict"), *by = og_json_str(line, "by");
		const char *name = og_json_str(line, "scenario");

		if (!verdict || !name || strcmp(name, scenario) != 0)
			continue;
		og_text_format(out, len, "%s (%s)", verdict, by ? by : "?");
		return;
	}
}

/* --- og-eval compare ----------------------------------------------------- */

static int print_safe(const char *text, struct og_err *err)
{
	struct og_buf safe;
	int rc;

	og_buf_init(&safe, 65536);
	og_text_safe(&safe, text, strnlen(text, 200), 0);
	rc = og_printf(err, "%s", safe.len ? safe.data : "");
	og_buf_release(&safe);
	return rc;
}

static int print_side(const json_t *pair, const char *side, struct og_err *err)
{
	const json_t *sum = json_object_get(pair, side);
	const char *state = og_json_str(sum, "state");

	if (!sum)
		return og_printf(err, "-");
	if (print_safe(state ? state : "?", err) < 0)
		return -1;
	return og_printf(err, " %lld/%lld %lld ms", (long long)og_json_int(sum, "pass", 0),
			 (long long)og_json_int(sum, "runs", 0),
			 (long long)og_json_int(sum, "ms", 0));
}

/* "worse    " */
static int print_change(const char *change, struct og_err *err)
{
	struct og_buf word;
	int rc = -1;

	og_buf_init(&word, 256);
	og_tone_pad(&word, og_tone_of(change), change, 8);
	og_buf_addc(&word, ' ');
	if (og_buf_check(&word, "output", err) == 0)
		rc = og_print(word.data, word.len, err);
	og_buf_release(&word);
	return rc;
}

static int print_pair(const json_t *pair, struct og_err *err)
{
	const char *change = og_json_str(pair, "change"), *name = og_json_str(pair, "scenario");
	const char *human = og_json_str(pair, "human");

	if (strcmp(change, "same") == 0)
		return 0;
	if (print_change(change, err) < 0 || print_safe(name, err) < 0 ||
	    og_printf(err, ": ") < 0 || print_side(pair, "before", err) < 0 ||
	    og_printf(err, " -> ") < 0 || print_side(pair, "after", err) < 0)
		return -1;
	if (human && (og_printf(err, "; people: ") < 0 || print_safe(human, err) < 0))
		return -1;
	return og_printf(err, "\n");
}

static int64_t side_of(const json_t *comparison, const char *what, size_t side)
{
	return json_integer_value(json_array_get(json_object_get(comparison, what), side));
}

static int print_comparison(const json_t *comparison, struct og_err *err)
{
	const json_t *pairs = json_object_get(comparison, "scenarios");

	for (size_t i = 0; i < json_array_size(pairs); i++)
		if (print_pair(json_array_get(pairs, i), err) < 0)
			return -1;
	return og_printf(err,
			 "%lld worse, %lld better, %lld changed, %lld same, %lld added, %lld gone; "
			 "%lld -> %lld ms, %.6f -> %.6f USD\n",
			 (long long)og_json_int(comparison, "worse", 0),
			 (long long)og_json_int(comparison, "better", 0),
			 (long long)og_json_int(comparison, "changed", 0),
			 (long long)og_json_int(comparison, "same", 0),
			 (long long)og_json_int(comparison, "added", 0),
			 (long long)og_json_int(comparison, "gone", 0),
			 (long long)side_of(comparison, "ms", 0),
			 (long long)side_of(comparison, "ms", 1),
			 (double)side_of(comparison, "nanousd", 0) / 1e9,
			 (double)side_of(comparison, "nanousd", 1) / 1e9);
}

static void add_human(json_t *comparison, const json_t *before, const json_t *after)
{
	const json_t *pairs = json_object_get(comparison, "scenarios");
	char words[256];

	for (size_t i = 0; i < json_array_size(pairs); i++) {
		json_t *pair = json_array_get(pairs, i);

		human_words(after, og_json_str(pair, "scenario"), words, sizeof(words));
		if (!*words)
			human_words(before, og_json_str(pair, "scenario"), words, sizeof(words));
		if (*words)
			json_object_set_new(pair, "human", json_string(words));
	}
}

int eval_compare(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *lines[2] = { NULL, NULL }, *runs[2] = { NULL, NULL }, *comparison = NULL;
	int rc = 0;

	(void)ctx;
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		rc = eval_lines_read(og_arg(args, i), &lines[i], err);
		runs[i] = eval_lines_of(lines[i], "ok");
	}
	if (rc == 0)
		rc = og_runs_compare(runs[0], runs[1], &comparison, err);
	if (rc == 0) {
		add_human(comparison, lines[0], lines[1]);
		json_object_set_new(comparison, "v", json_integer(1));
		rc = og_arg_flag(args, "json") ? og_print_json(comparison, err)
					       : print_comparison(comparison, err);
	}
	if (rc == 0 && og_json_int(comparison, "worse", 0) > 0)
		rc = OG_NO;
	for (size_t i = 0; i < 2; i++) {
		json_decref(lines[i]);
		json_decref(runs[i]);
	}
	json_decref(comparison);
	return rc;
}

/* --- og-eval judge ------------------------------------------------------- */

static int has_scenario(const json_t *lines, const char *name)
{
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *there = og_json_str(json_array_get(lines, i), "scenario");

		if (there && strcmp(there, name) == 0)
			return 1;
	}
	return 0;
}

static const struct og_field verdict_fields[] = {
	{ "scenario", NULL, OG_FIELD_KEY, NULL },
	{ "state", "", OG_FIELD_STATE, NULL },
	{ "scenario", "scenario", OG_FIELD_KEY, NULL },
	{ "opinion", "opinion", OG_FIELD_TEXT, NULL },
	{ "people", "people", OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

static int list_verdict(struct og_out *out, const json_t *lines, const json_t *line,
			struct og_err *err)
{
	const char *name = og_json_str(line, "scenario");
	char words[256];
	json_t *record;
	int rc;

	human_words(lines, name, words, sizeof(words));
	record = json_pack("{s:s,s:s,s:s?,s:s?}", "scenario", name, "state",
			   og_json_bool(line, "ok", 0) ? "ok" : "not ok", "opinion",
			   og_json_str(json_object_get(line, "opinion"), "verdict"), "people",
			   *words ? words : NULL);
	rc = record ? og_out_add(out, record, err) : og_fail_nomem(err);
	json_decref(record);
	return rc;
}

static int list_verdicts(const struct og_ctx *ctx, const struct og_args *args, const json_t *lines,
			 struct og_err *err)
{
	struct og_out *out = NULL;
	int rc = og_out_new(ctx, args, verdict_fields, NULL, &out, err);

	for (size_t i = 0; rc == 0 && i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		if (og_json_str(line, "scenario") && json_object_get(line, "ok"))
			rc = list_verdict(out, lines, line, err);
	}
	if (rc == 0)
		rc = og_out_end(out, err);
	og_out_free(out);
	return rc;
}

/* Whole and durable, or not at all; two at once stand one after the other. */
static int append(const char *path, const char *text, size_t len, struct og_err *err)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC), rc = -1;
	struct stat st;
	char last = '\n';

	if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1))
		og_fail(err, errno == EACCES ? OG_EPERM : OG_ENOINPUT, "cannot open '%s': %s", path,
			strerror(errno));
	else if ((last != '\n' && og_write_all(fd, "\n", 1) < 0) ||
		 og_write_all(fd, text, len) < 0 || fsync(fd) < 0)
		og_fail(err, OG_EIO, "cannot write '%s': %s", path, strerror(errno));
	else
		rc = 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int put_verdict(const char *path, json_t *verdict, struct og_err *err)
{
	struct og_buf line;
	int rc;

	og_buf_init(&line, 65536);
	rc = og_json_dump(verdict, &line, err);
	og_buf_addc(&line, '\n');
	if (rc == 0)
		rc = og_buf_check(&line, "verdict", err);
	if (rc == 0)
		rc = append(path, line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

static int judge(const struct og_ctx *ctx, const struct og_args *args, const json_t *lines,
		 struct og_err *err)
{
	const char *name = og_arg(args, 1), *verdict = og_arg_value(args, "verdict");
	static const char *const words[] = { "good", "bad", NULL };
	const char *note = og_arg_value(args, "note"), *by;
	char time[OG_TIME_LEN + 1];
	json_t *line;
	int rc;

	if (!name || !verdict)
		return og_fail(err, OG_EUSAGE, "a verdict takes a scenario and --verdict");
	if (og_arg_flag(args, "json") || og_arg_flag(args, "null") || og_arg_value(args, "format"))
		return og_fail(err, OG_EUSAGE, "--json, --format and --null are for the list");
	if (strcmp(verdict, "good") != 0 && strcmp(verdict, "bad") != 0) {
		og_fail(err, OG_EUSAGE, "--verdict: '%s' is neither good nor bad", verdict);
		return og_hint_near(verdict, words, err);
	}
	if (note && !og_utf8_valid(note, strlen(note)))
		return og_fail(err, OG_EUSAGE, "--note is not UTF-8");
	if (og_principal_from(ctx, args, &by, err) < 0)
		return -1;
	if (!og_principal_name_valid(by))
		return og_fail(err, OG_EUSAGE, "'%s' is no principal's name", by);
	if (!has_scenario(lines, name)) {
		og_fail(err, OG_NO, "there is no scenario '%s' in this run", name);
		return og_json_hint_near(name, lines, "scenario", err);
	}
	og_time_format(og_now_ms(), time);
	line = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s*}", "v", 1, "scenario", name, "verdict",
			 verdict, "by", by, "time", time, "note", note);
	rc = line ? put_verdict(og_arg(args, 0), line, err) : og_fail_nomem(err);
	json_decref(line);
	return rc;
}

int eval_judge(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *lines = NULL;
	int rc = eval_lines_read(og_arg(args, 0), &lines, err);

	if (rc == 0)
		rc = og_arg(args, 1) || og_arg_value(args, "verdict")
			     ? judge(ctx, args, lines, err)
			     : list_verdicts(ctx, args, lines, err);
	json_decref(lines);
	return rc;
}
