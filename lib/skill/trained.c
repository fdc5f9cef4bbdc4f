/*
 * Training a learner on all sentences of a graph: what skills are for, when
 * they are meant, and what people say for them. A skill's name is the label.
 */
#include <string.h>

#include "lib/skill/match-internal.h"

#define TEXTS_MAX 50000 /* sentences learned; what comes after is not there */
#define PLAIN_MAX 1024	/* bytes of a pattern without its blanks */

/* Called with every sentence, in order. */
struct visit {
	int (*see)(struct visit *visit, const char *skill, const char *text);
	struct og_learner *learner;
	struct og_buf all; /* of names and sentences, a NUL after each */
	size_t n_texts, n_examples;
	struct og_err *err;
};

/* What is said of a pattern: all but its blanks. */
static void plain(const char *pattern, char out[PLAIN_MAX])
{
	size_t n = 0;
	int depth = 0;

	for (const char *p = pattern; *p != '\0' && n + 1 < PLAIN_MAX; p++) {
		depth += *p == '{';
		if (depth == 0)
			out[n++] = *p;
		depth -= *p == '}' && depth > 0;
	}
	out[n] = '\0';
}

static int visit_list(struct visit *v, const json_t *doc, const char *member)
{
	char without[PLAIN_MAX];
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(doc, member), i, item)
	{
		const char *text = og_json_str(item, "text");

		if (text == NULL || v->n_texts == TEXTS_MAX)
			continue;
		plain(text, without);
		v->n_texts++;
		if (v->see(v, og_json_str(doc, "name"), without) < 0)
			return -1;
	}
	return 0;
}

static int visit_docs(struct visit *v, const json_t *docs)
{
	json_t *item;
	size_t i;

	json_array_foreach(docs, i, item)
	{
		const json_t *doc = json_object_get(item, "doc");
		const char *name = og_json_str(doc, "name");
		const char *description = og_json_str(doc, "description");

		if (name == NULL || description == NULL || i >= OG_LEARN_LABELS_MAX)
			continue;
		if (v->see(v, name, description) < 0 || visit_list(v, doc, "patterns") < 0 ||
		    visit_list(v, doc, "examples") < 0)
			return -1;
		v->n_examples += json_array_size(json_object_get(doc, "examples"));
	}
	return 0;
}

static int add_to_digest(struct visit *v, const char *skill, const char *text)
{
	og_buf_add(&v->all, skill, strlen(skill) + 1);
	og_buf_add(&v->all, text, strlen(text) + 1);
	return og_buf_check(&v->all, "sentences of skills", v->err);
}

int og_matcher_digest(const json_t *docs, struct og_hash *ret, struct og_err *err)
{
	struct visit v = { .see = add_to_digest, .err = err };
	int rc;

	og_buf_init(&v.all, (size_t)256 << 20);
	rc = visit_docs(&v, docs);
	if (rc == 0)
		og_sha256(v.all.data, v.all.len, ret);
	og_buf_release(&v.all);
	return rc < 0 ? -1 : v.n_examples >= OG_MATCH_MANY;
}

static int add_to_learner(struct visit *v, const char *skill, const char *text)
{
	return og_learner_add(v->learner, skill, text, strlen(text), v->err);
}

int og_matcher_learn(const json_t *docs, struct og_learner **ret, struct og_err *err)
{
	struct visit v = { .see = add_to_learner, .err = err };

	if (og_learner_new(&v.learner, err) < 0)
		return -1;
	if (visit_docs(&v, docs) < 0 || og_learner_train(v.learner, err) < 0) {
		og_learner_free(v.learner);
		return -1;
	}
	*ret = v.learner;
	return 0;
}
