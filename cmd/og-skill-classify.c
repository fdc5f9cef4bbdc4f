/*
 * og-skill classify: what a matcher of sentences is worth, on examples of
 * one's own. It learns from a file, then answers sentences, or measures
 * itself on labelled ones. It opens its files, gives up everything else and
 * only then reads: examples come from anywhere. No instance is needed.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/og-skill.h"
#include "lib/base/text.h"
#include "lib/learn/learn.h"
#include "lib/skill/match.h"

#define TSV_LINE_MAX OG_MATCH_TEXT_MAX
#define MEMORY	     ((uint64_t)4 << 30)
#define SECONDS	     3600

struct tsv {
	FILE *file;
	const char *path;
	size_t line; /* the number of the last one read */
	char *text;  /* it, without its end */
	size_t cap;
};

/* The same name for what fits nothing, wherever a label stands. */
static int is_none(const char *label)
{
	return strcmp(label, "-") == 0 || strcmp(label, "oos") == 0;
}

static int tsv_open(struct tsv *t, const char *path, struct og_err *err)
{
	int fd;

	*t = (struct tsv){ .path = path };
	if (skill_open_input(path, &fd, err) < 0)
		return -1;
	t->file = fdopen(fd, "r");
	return t->file != NULL ? 0 : og_fail_nomem(err);
}

static void tsv_close(struct tsv *t)
{
	if (t->file != NULL && t->file != stdin)
		fclose(t->file);
	free(t->text);
}

static int tsv_wrong(const struct tsv *t, const char *what, struct og_err *err)
{
	return og_fail(err, OG_EDATA, "%s:%zu: %s", t->path, t->line, what);
}

/* 1: a line; 0: the end. Lines of nothing are passed over. */
static int tsv_line(struct tsv *t, size_t *ret_len, struct og_err *err)
{
	for (;;) {
		ssize_t n = getline(&t->text, &t->cap, t->file);

		t->line++;
		if (n < 0 && ferror(t->file))
			return og_fail(err, OG_EIO, "cannot read '%s'", t->path);
		if (n < 0)
			return 0;
		while (n > 0 && (t->text[n - 1] == '\n' || t->text[n - 1] == '\r'))
			t->text[--n] = '\0';
		if ((size_t)n > TSV_LINE_MAX)
			return tsv_wrong(t, "the line is longer than 64 KiB", err);
		if (!og_utf8_valid(t->text, (size_t)n) || memchr(t->text, '\0', (size_t)n) != NULL)
			return tsv_wrong(t, "the line is not UTF-8", err);
		*ret_len = (size_t)n;
		if (n > 0)
			return 1;
	}
}

/* The same with its label cut off. 1, 0 or -1. */
static int tsv_pair(struct tsv *t, char **ret_text, size_t *ret_len, struct og_err *err)
{
	size_t len;
	int rc = tsv_line(t, &len, err);
	char *tab;

	if (rc <= 0)
		return rc;
	tab = memchr(t->text, '\t', len);
	if (tab == NULL || tab == t->text)
		return tsv_wrong(t, "expected a label, a tab and a sentence", err);
	*tab = '\0';
	*ret_text = tab + 1;
	*ret_len = len - (size_t)(tab + 1 - t->text);
	return 1;
}

static int read_examples(struct og_learner *learner, struct tsv *t, struct og_err *err)
{
	char *text;
	size_t len;
	int rc;

	while ((rc = tsv_pair(t, &text, &len, err)) > 0) {
		if (og_learner_add(learner, is_none(t->text) ? NULL : t->text, text, len, err) < 0)
			return og_wrap(err, "%s:%zu", t->path, t->line);
	}
	return rc;
}

/* A sentence a line; what a first column says is not asked. */
static int read_none(struct og_learner *learner, struct tsv *t, struct og_err *err)
{
	size_t len;
	int rc;

	while ((rc = tsv_line(t, &len, err)) > 0) {
		char *tab = memchr(t->text, '\t', len), *text = tab != NULL ? tab + 1 : t->text;

		if (og_learner_add(learner, NULL, text, len - (size_t)(text - t->text), err) < 0)
			return og_wrap(err, "%s:%zu", t->path, t->line);
	}
	return rc;
}

static json_t *reasons_json(const char *text, const struct og_reason *reason, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s%,s:o}", "word", text + reason[i].at,
						      reason[i].len, "share",
						      skill_rounded(reason[i].share)));
	return list;
}

static int print_verdict_json(const struct og_learner *learner, const char *text, size_t len,
			      const struct og_labelled *v, struct og_err *err)
{
	struct og_reason reason[OG_LEARN_REASONS];
	json_t *line;
	size_t n;
	int rc;

	if (og_learner_explain(learner, text, len, reason, &n, err) < 0)
		return -1;
	line = json_pack("{s:i,s:s%,s:s?,s:o,s:s,s:o}", "v", 1, "text", text, len, "label",
			 v->label, "score", skill_rounded(v->score), "nearest", v->nearest, "words",
			 reasons_json(text, reason, n));
	if (line == NULL)
		return og_fail_nomem(err);
	if (v->next != NULL && og_json_set(line, "next",
					   json_pack("{s:s,s:o}", "label", v->next, "score",
						     skill_rounded(v->next_score)),
					   err) < 0)
		rc = -1;
	else
		rc = og_print_json(line, err);
	json_decref(line);
	return rc;
}

static int answer_all(const struct og_learner *learner, struct tsv *t, int json, struct og_err *err)
{
	struct og_labelled v;
	size_t len;
	int rc;

	while ((rc = tsv_line(t, &len, err)) > 0) {
		if (og_learner_ask(learner, t->text, len, &v, err) < 0)
			return -1;
		if (json ? print_verdict_json(learner, t->text, len, &v, err) < 0
			 : og_printf(err, "%s\t%.3f\n", v.label != NULL ? v.label : "-", v.score) <
				    0)
			return -1;
	}
	return rc;
}

/* What a test file showed. */
struct tally {
	size_t fitting, right, nearest; /* sentences with a label */
	size_t none, refused;		/* sentences without */
	double seconds;			/* of reading and asking */
};

/* Of this process alone, so that a busy machine does not count. */
static double processor_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static int test_all(const struct og_learner *learner, struct tsv *t, struct tally *ret,
		    struct og_err *err)
{
	double start = processor_seconds();
	struct og_labelled v;
	char *text;
	size_t len;
	int rc;

	while ((rc = tsv_pair(t, &text, &len, err)) > 0) {
		if (og_learner_ask(learner, text, len, &v, err) < 0)
			return -1;
		if (is_none(t->text)) {
			ret->none++;
			ret->refused += v.label == NULL;
		} else {
			ret->fitting++;
			ret->right += v.label != NULL && strcmp(v.label, t->text) == 0;
			ret->nearest += strcmp(v.nearest, t->text) == 0;
		}
	}
	ret->seconds = processor_seconds() - start;
	return rc;
}

static json_t *share(size_t part, size_t whole)
{
	return whole > 0 ? skill_rounded((double)part / (double)whole) : json_null();
}

static int print_tally(const struct og_learner *learner, const struct tally *t, double training,
		       struct og_err *err)
{
	size_t n = t->fitting + t->none;
	json_t *line = json_pack(
		"{s:i,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "v", 1, "labels",
		(json_int_t)og_learner_labels(learner), "in_scope", (json_int_t)t->fitting,
		"out_of_scope", (json_int_t)t->none, "accuracy", share(t->right, t->fitting),
		"out_of_scope_recall", share(t->refused, t->none), "accuracy_unrefused",
		share(t->nearest, t->fitting), "train_s", skill_rounded(training),
		"us_per_sentence", skill_rounded(n > 0 ? t->seconds * 1e6 / (double)n : 0));
	int rc = line != NULL ? og_print_json(line, err) : og_fail_nomem(err);

	json_decref(line);
	return rc;
}

/* All that is read, opened before authority is given up. */
struct inputs {
	struct tsv examples, none, asked; /* none.file may be NULL */
	int test, json;
};

static int open_inputs(struct inputs *in, const struct og_args *args, struct og_err *err)
{
	const char *examples = og_arg_value(args, "examples"), *none = og_arg_value(args, "none");
	const char *test = og_arg_value(args, "test"), *file = og_arg(args, 0);

	if (examples == NULL)
		return og_fail(err, OG_EUSAGE, "nothing to learn from: --examples FILE is missing");
	if (test != NULL && file != NULL)
		return og_fail(err, OG_EUSAGE, "--test and FILE exclude each other");
	in->test = test != NULL;
	in->json = og_arg_flag(args, "json");
	if (tsv_open(&in->examples, examples, err) < 0 ||
	    (none != NULL && tsv_open(&in->none, none, err) < 0))
		return -1;
	return tsv_open(&in->asked, test != NULL ? test : file != NULL ? file : "-", err);
}

static int learn_and_answer(struct inputs *in, struct og_learner *learner, struct og_err *err)
{
	double start = processor_seconds();
	struct tally tally = { 0 };

	if (read_examples(learner, &in->examples, err) < 0 ||
	    (in->none.file != NULL && read_none(learner, &in->none, err) < 0))
		return -1;
	if (og_learner_train(learner, err) < 0)
		return og_wrap(err, "cannot learn from '%s'", in->examples.path);
	start = processor_seconds() - start;
	if (!in->test)
		return answer_all(learner, &in->asked, in->json, err);
	if (test_all(learner, &in->asked, &tally, err) < 0)
		return -1;
	return print_tally(learner, &tally, start, err);
}

int skill_run_classify(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct inputs in = { .test = 0 };
	struct og_learner *learner = NULL;
	int rc = -1;

	(void)ctx;
	if (open_inputs(&in, args, err) == 0 && skill_give_up(MEMORY, SECONDS, err) == 0 &&
	    og_learner_new(&learner, err) == 0)
		rc = learn_and_answer(&in, learner, err);
	og_learner_free(learner);
	tsv_close(&in.examples);
	tsv_close(&in.none);
	tsv_close(&in.asked);
	return rc;
}
