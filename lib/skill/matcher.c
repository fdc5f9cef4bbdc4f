/*
 * Building a matcher: every word of every skill numbered, every pattern
 * taken apart and weighed. After this nothing is written any more.
 */
#include "lib/skill/match-internal.h"

#include <stdlib.h>
#include <string.h>

void og_matcher_free(struct og_matcher *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n_forms; i++) {
		free(m->forms[i].text);
		free(m->forms[i].unit);
		og_pattern_free(m->forms[i].pattern);
	}
	for (size_t i = 0; i < m->n_skills; i++) {
		free(m->skills[i].name);
		free(m->skills[i].hash);
		json_decref(m->skills[i].slots);
	}
	free(m->forms);
	free(m->skills);
	og_vocabulary_free(m->vocabulary);
	og_forget_examples(m);
	free(m);
}

static int learn_text(struct og_matcher *m, const char *text, size_t skill, struct og_err *err)
{
	struct og_words *words = malloc(sizeof(*words));
	int rc = 0;

	if (words == NULL)
		return og_fail_nomem(err);
	og_words_split(text, strlen(text), words);
	for (size_t i = 0; i < words->n; i++) {
		if (words->w[i].kind == OG_WORD && !words->w[i].stop &&
		    og_vocabulary_add(m->vocabulary, words->w[i].stem, skill) == 0)
			rc = og_fail_nomem(err);
	}
	free(words);
	return rc;
}

static int learn_all(struct og_matcher *m, const json_t *doc, size_t skill, struct og_err *err)
{
	const char *name = og_json_str(doc, "name"), *text;
	json_t *item;
	size_t i;

	if (learn_text(m, name, skill, err) < 0 ||
	    learn_text(m, og_json_str(doc, "description"), skill, err) < 0 ||
	    og_learn_text(m, skill, og_json_str(doc, "description"), err) < 0)
		return -1;
	json_array_foreach(json_object_get(doc, "patterns"), i, item)
	{
		text = og_json_str(item, "text");
		if (text != NULL && og_learn_text(m, skill, text, err) < 0)
			return -1;
	}
	return og_learn_examples(m, skill, json_object_get(doc, "examples"), err);
}

static int learn_stems(struct og_matcher *m, const struct og_element *e, struct og_piece *unit,
		       size_t skill, struct og_err *err)
{
	for (size_t i = 0; i < e->n_stems; i++) {
		unit->ids[i] = og_vocabulary_add(m->vocabulary, e->stems[i], skill);
		if (unit->ids[i] == 0)
			return og_fail_nomem(err);
	}
	unit->n_ids = e->n_stems;
	return 0;
}

static int learn_values(struct og_matcher *m, const json_t *decl, struct og_piece *unit,
			size_t skill, struct og_err *err)
{
	char stem[OG_STEM_MAX + 1];
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(decl, "values"), i, value)
	{
		if (unit->n_ids == OG_ALTERNATIVES_MAX)
			break;
		og_stem(json_string_value(value), json_string_length(value), stem);
		unit->ids[unit->n_ids] = og_vocabulary_add(m->vocabulary, stem, skill);
		if (unit->ids[unit->n_ids++] == 0)
			return og_fail_nomem(err);
	}
	return 0;
}

static const struct {
	const char *type;
	enum og_take take;
	size_t max_words;
	int likes_numbers;
} takes[] = {
	{ "int", OG_TAKE_VALUE, 0, 0 },
	{ "number", OG_TAKE_VALUE, 0, 0 },
	{ "money", OG_TAKE_VALUE, 0, 0 },
	{ "quantity", OG_TAKE_VALUE, 0, 0 },
	{ "date", OG_TAKE_VALUE, 0, 0 },
	{ "period", OG_TAKE_VALUE, 0, 0 },
	{ "enum", OG_TAKE_ENUM, 1, 0 },
	{ "word", OG_TAKE_SPAN, 1, 1 },
	{ "name", OG_TAKE_SPAN, 10, 1 },
	{ "ref", OG_TAKE_SPAN, 10, 0 },
	{ "table", OG_TAKE_SPAN, 3, 0 },
	{ "node", OG_TAKE_SPAN, 6, 1 },
	{ "text", OG_TAKE_SPAN, OG_WORDS_MAX, 1 },
};

static void set_take(const json_t *decl, struct og_piece *unit)
{
	const char *type = og_json_str(decl, "type");

	for (size_t i = 0; type != NULL && i < sizeof(takes) / sizeof(takes[0]); i++) {
		if (strcmp(type, takes[i].type) != 0)
			continue;
		unit->take = takes[i].take;
		unit->value = og_value_kind(type);
		unit->max_words = takes[i].max_words;
		unit->likes_numbers = takes[i].likes_numbers;
	}
	if (json_object_get(decl, "default") != NULL)
		unit->optional = 1;
}

static int compile_element(struct og_matcher *m, struct og_form *form, size_t i, struct og_err *err)
{
	const struct og_element *e = &form->pattern->e[i];
	const json_t *decl =
		e->slot != NULL ? json_object_get(m->skills[form->skill].slots, e->slot) : NULL;
	struct og_piece *unit = &form->unit[i];

	unit->optional = e->optional;
	unit->take = OG_TAKE_NONE;
	if (e->kind == OG_ELEMENT_CONST)
		return 0;
	if (e->kind == OG_ELEMENT_SLOT) {
		set_take(decl, unit);
		return unit->take == OG_TAKE_ENUM ? learn_values(m, decl, unit, form->skill, err)
						  : 0;
	}
	unit->take = OG_TAKE_WORD;
	return learn_stems(m, e, unit, form->skill, err);
}

/* Do two blanks look their names up in the same column? */
static int has_twins(const struct og_matcher *m, const struct og_form *form)
{
	const json_t *slots = m->skills[form->skill].slots;

	for (size_t i = 0; i < form->pattern->n; i++) {
		const char *slot = form->pattern->e[i].slot;

		for (size_t k = 0; k < i && slot != NULL; k++) {
			const char *other = form->pattern->e[k].slot;
			const json_t *decl = json_object_get(slots, slot);

			if (other != NULL && og_json_str(decl, "table") != NULL &&
			    json_equal(decl, json_object_get(slots, other)))
				return 1;
		}
	}
	return 0;
}

static int add_form(struct og_matcher *m, size_t skill, const json_t *item, struct og_err *err)
{
	struct og_form *forms = reallocarray(m->forms, m->n_forms + 1, sizeof(*forms)), *form;
	const char *text = og_json_str(item, "text");

	if (forms == NULL)
		return og_fail_nomem(err);
	m->forms = forms;
	form = &forms[m->n_forms];
	memset(form, 0, sizeof(*form));
	form->skill = skill;
	form->acts = m->skills[skill].acts;
	form->line = (size_t)og_json_int(item, "line", 0);
	if (text == NULL || og_pattern_parse(text, &form->pattern, err) < 0)
		return -1;
	m->n_forms++;
	form->text = strdup(text);
	form->unit = calloc(form->pattern->n, sizeof(*form->unit));
	if (form->text == NULL || form->unit == NULL)
		return og_fail_nomem(err);
	for (size_t i = 0; i < form->pattern->n; i++) {
		if (compile_element(m, form, i, err) < 0)
			return -1;
	}
	form->twins = has_twins(m, form);
	return 0;
}

static int changes_something(const json_t *doc)
{
	json_t *step, *block;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "steps"), i, step)
	{
		json_array_foreach(json_object_get(step, "blocks"), k, block)
		{
			const char *kind = og_json_str(block, "kind");

			if (kind != NULL && strcmp(kind, "read") != 0 &&
			    strcmp(kind, "view") != 0 && strcmp(kind, "require") != 0)
				return 1;
		}
	}
	return 0;
}

static int add_skill(struct og_matcher *m, const json_t *item, struct og_err *err)
{
	const json_t *doc = json_object_get(item, "doc");
	const char *name = og_json_str(doc, "name"), *hash = og_json_str(item, "hash");
	const char *description = og_json_str(doc, "description");
	struct og_known *skill = &m->skills[m->n_skills];
	json_t *pattern;
	size_t i;

	if (name == NULL || hash == NULL || description == NULL)
		return og_fail(err, OG_EDATA, "skill: it has no name, hash or description");
	skill->name = strdup(name);
	skill->hash = strdup(hash);
	skill->slots = json_deep_copy(json_object_get(doc, "slots"));
	skill->acts = changes_something(doc);
	m->n_skills++;
	if (skill->name == NULL || skill->hash == NULL || skill->slots == NULL)
		return og_fail_nomem(err);
	if (learn_all(m, doc, m->n_skills - 1, err) < 0)
		return -1;
	json_array_foreach(json_object_get(doc, "patterns"), i, pattern)
	{
		if (add_form(m, m->n_skills - 1, pattern, err) < 0)
			return og_wrap(err, "skill '%s'", name);
	}
	return 0;
}

/* A choice weighs what its rarest word weighs, since one must be said; but
 * little when a word that says little is among them. */
static double unit_weight(const struct og_matcher *m, const struct og_element *e,
			  const struct og_piece *unit)
{
	double most = 0;

	for (size_t i = 0; i < unit->n_ids; i++) {
		double w =
			og_vocabulary_weight(m->vocabulary, unit->ids[i], e->stems[i], m->n_skills);

		if (og_stem_stop(e->stems[i]))
			return w;
		most = w > most ? w : most;
	}
	return most;
}

static void weigh_forms(struct og_matcher *m)
{
	for (size_t f = 0; f < m->n_forms; f++) {
		struct og_form *form = &m->forms[f];

		for (size_t i = 0; i < form->pattern->n; i++) {
			struct og_piece *unit = &form->unit[i];

			if (unit->take != OG_TAKE_WORD)
				continue;
			unit->weight = unit_weight(m, &form->pattern->e[i], unit);
			if (!unit->optional)
				form->weight += unit->weight;
		}
	}
}

int og_matcher_new(const json_t *docs, struct og_matcher **ret, struct og_err *err)
{
	return og_matcher_with(docs, NULL, ret, err);
}

int og_matcher_with(const json_t *docs, struct og_learner *learner, struct og_matcher **ret,
		    struct og_err *err)
{
	struct og_matcher *m = calloc(1, sizeof(*m));
	json_t *item;
	size_t i;

	if (m == NULL) {
		og_learner_free(learner);
		return og_fail_nomem(err);
	}
	m->learner = learner;
	m->skills = calloc(json_array_size(docs) + 1, sizeof(*m->skills));
	if (m->skills == NULL) {
		og_matcher_free(m);
		return og_fail_nomem(err);
	}
	if (og_vocabulary_new(&m->vocabulary, err) < 0 || og_counts_new(&m->counts, err) < 0)
		goto fail;
	json_array_foreach(docs, i, item)
	{
		if (add_skill(m, item, err) < 0)
			goto fail;
	}
	weigh_forms(m);
	if (og_counts_ready(m->counts, err) < 0)
		goto fail;
	*ret = m;
	return 0;
fail:
	og_matcher_free(m);
	return -1;
}
