#include "lib/skill/confused.h"

#include <string.h>

#include "lib/skill/match.h"

struct confused {
	struct og_matcher *matcher;
	json_t *notes;
	json_t *seen; /* "a b" of the pairs that were named */
	size_t n_texts;
	struct og_err *err;
};

/* What og_matcher_new() takes. */
static json_t *as_list(json_t *docs)
{
	json_t *list = json_array(), *doc;
	const char *name;

	json_object_foreach(docs, name, doc)
		json_array_append_new(list, json_pack("{s:O,s:s}", "doc", doc, "hash", ""));
	return list;
}

static int make_matcher(const json_t *list, struct og_matcher **ret, struct og_err *err)
{
	struct og_learner *learner = NULL;
	struct og_hash digest;
	int many = og_matcher_digest(list, &digest, err);

	if (many < 0 || (many && og_matcher_learn(list, &learner, err) < 0))
		return -1;
	return og_matcher_with(list, learner, ret, err);
}

/* The other skill that the sentence is taken for, or is as near to; NULL. */
static const char *taken_for(const json_t *reply, const char *name, int *ret_none)
{
	const json_t *match = json_object_get(reply, "match"), *candidate;
	const char *skill = og_json_str(match, "skill"), *other;
	size_t i;

	*ret_none = skill == NULL;
	if (skill != NULL)
		return strcmp(skill, name) != 0 ? skill : NULL;
	json_array_foreach(json_object_get(reply, "candidates"), i, candidate)
	{
		other = og_json_str(candidate, "skill");
		if (i < 2 && other != NULL && strcmp(other, name) != 0)
			return other;
	}
	return NULL;
}

/* Each pair once, whichever way round. */
static int note(struct confused *c, const char *name, const char *other, const json_t *example,
		int none)
{
	const char *text = og_json_str(example, "text");
	char pair[512];
	int first = strcmp(name, other) < 0;

	snprintf(pair, sizeof(pair), "%s %s", first ? name : other, first ? other : name);
	if (json_object_get(c->seen, pair) != NULL ||
	    json_object_size(c->seen) >= OG_CONFUSED_NOTES_MAX)
		return 0;
	if (json_object_set_new(c->seen, pair, json_true()) < 0 ||
	    json_array_append_new(
		    c->notes,
		    json_pack("{s:s,s:s,s:o}", "level", "warning", "name", name, "text",
			      none ? json_sprintf("its example '%s' (line %lld) is as near to '%s'",
						  text, (long long)og_json_int(example, "line", 0),
						  other)
				   : json_sprintf("its example '%s' (line %lld) means '%s'", text,
						  (long long)og_json_int(example, "line", 0),
						  other))) < 0)
		return og_fail_nomem(c->err);
	return 0;
}

static int check_doc(struct confused *c, const char *name, const json_t *doc)
{
	const char *text, *other;
	json_t *example, *reply;
	size_t i;
	int none, rc;

	json_array_foreach(json_object_get(doc, "examples"), i, example)
	{
		text = og_json_str(example, "text");
		if (text == NULL || c->n_texts++ >= OG_CONFUSED_TEXTS_MAX)
			continue;
		reply = NULL;
		if (og_matcher_match(c->matcher, text, strlen(text), NULL, 3, &reply, c->err) < 0)
			return -1;
		other = taken_for(reply, name, &none);
		rc = other != NULL ? note(c, name, other, example, none) : 0;
		json_decref(reply);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int og_skills_confused(json_t *docs, json_t *notes, struct og_err *err)
{
	struct confused c = { .notes = notes, .seen = json_object(), .err = err };
	json_t *list = as_list(docs), *doc;
	const char *name;
	int rc = -1;

	if (list == NULL || c.seen == NULL) {
		og_fail_nomem(err);
		goto out;
	}
	if (make_matcher(list, &c.matcher, err) < 0)
		goto out;
	rc = 0;
	json_object_foreach(docs, name, doc)
	{
		if (rc == 0)
			rc = check_doc(&c, name, doc);
	}
out:
	og_matcher_free(c.matcher);
	json_decref(c.seen);
	json_decref(list);
	return rc;
}
