/*
 * From an alignment to values: what each blank took, read by its type;
 * names looked up; defaults and constants put in; what is missing said.
 */
#include "lib/skill/match-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/resolve-internal.h"

#define SURE_FROM 6 /* bytes of a name in which one letter is a slip */

struct filling {
	const struct og_form *form;
	const struct og_sentence *sentence;
	const struct og_resolver *resolver;
	json_t *slots, *missing, *ambiguous, *unknown, *near, *ids, *corrected, *unread;
};

static int bind(struct filling *f, const char *name, json_t *value, struct og_err *err)
{
	return og_json_set(f->slots, name, value, err);
}

static int bind_found(struct filling *f, const char *name, const json_t *decl,
		      const struct og_found *found, struct og_err *err)
{
	char id_name[80];

	if (bind(f, name, json_string(found->text[0]), err) < 0)
		return -1;
	if (!og_type_has_id(og_json_str(decl, "type")))
		return 0;
	snprintf(id_name, sizeof(id_name), "%s_id", name);
	return bind(f, id_name, json_integer((json_int_t)found->id[0]), err);
}

static int same_names(const struct og_found *found)
{
	for (size_t i = 0; i < found->n; i++) {
		for (size_t k = i + 1; k < found->n; k++) {
			if (strcmp(found->text[i], found->text[k]) == 0)
				return 1;
		}
	}
	return 0;
}

static int note_ambiguous(struct filling *f, const char *name, const struct og_found *found,
			  struct og_err *err)
{
	json_t *names = json_array(), *ids = same_names(found) ? json_array() : NULL;
	int failed = 0;

	for (size_t i = 0; i < found->n; i++) {
		failed |= json_array_append_new(names, json_string(found->text[i])) < 0;
		if (ids != NULL)
			failed |= json_array_append_new(ids, json_integer(found->id[i])) < 0;
	}
	if (failed) {
		json_decref(names);
		json_decref(ids);
		return og_fail_nomem(err);
	}
	if (ids != NULL && og_json_set(f->ids, name, ids, err) < 0) {
		json_decref(names);
		return -1;
	}
	return og_json_set(f->ambiguous, name, names, err);
}

static int note_unknown(struct filling *f, const char *name, const char *text, const char *near,
			struct og_err *err)
{
	if (near != NULL && og_json_set(f->near, name, json_string(near), err) < 0)
		return -1;
	return og_json_set(f->unknown, name, json_string(text), err);
}

/* "node 3" */
static int by_id(const json_t *decl, const struct og_word *first)
{
	return strcmp(og_json_str(decl, "type"), "node") == 0 && first != NULL &&
	       first->kind == OG_NUMBER && first->whole;
}

/* The name among the words taken; else a whole name anywhere in the
 * sentence, which says it better than a wrong guess of where it stands. */
static int look_up(struct filling *f, const json_t *decl, const char *text,
		   const struct og_word *first, struct og_found *ret, struct og_err *err)
{
	const struct og_words *words = &f->sentence->words;
	struct og_found inside;
	char *all;
	int rc;

	if (by_id(decl, first))
		return og_find(f->resolver, decl, OG_FIND_ID, text, (int64_t)first->value, ret,
			       err);
	if (og_find(f->resolver, decl, OG_FIND_NAME, text, 0, ret, err) < 0)
		return -1;
	if (ret->n > 0)
		return 0;
	all = strndup(words->text, words->text_len);
	if (all == NULL)
		return og_fail_nomem(err);
	rc = og_find(f->resolver, decl, OG_FIND_INSIDE, all, 0, &inside, err);
	free(all);
	if (rc == 0 && inside.n > 0) {
		og_found_release(ret);
		*ret = inside;
	}
	return rc;
}

/* Misspelt: bound where that is safe, else asked back. 1 bound, 0 not, -1. */
static int correct(struct filling *f, const char *name, const json_t *decl, const char *text,
		   const struct og_found *found, struct og_err *err)
{
	if (f->form->acts && (found->typos > 1 || strlen(text) < SURE_FROM))
		return note_unknown(f, name, text, found->text[0], err);
	if (og_json_set(f->corrected, name,
			json_pack("{s:s,s:s}", "said", text, "took", found->text[0]), err) < 0)
		return -1;
	return bind_found(f, name, decl, found, err) < 0 ? -1 : 1;
}

static int has_digit(const char *text)
{
	return text[strcspn(text, "0123456789")] != '\0';
}

/* "chairs and 3 keyboards" are not the chairs alone. */
static int says_more(const struct filling *f, const char *text, const struct og_found *found)
{
	return f->form->acts && found->n == 1 && has_digit(text) && !has_digit(found->text[0]);
}

/* 1 bound, 0 not, -1. */
static int fill_name(struct filling *f, const char *name, const json_t *decl, const char *text,
		     const struct og_word *first, struct og_err *err)
{
	struct og_found found = { .n = 0 };
	int rc;

	if (f->resolver == NULL)
		return *text == '\0' ? 0 : bind(f, name, json_string(text), err) < 0 ? -1 : 1;
	rc = look_up(f, decl, text, first, &found, err);
	if (rc == 0 && !by_id(decl, first) && says_more(f, text, &found))
		rc = note_unknown(f, name, text, NULL, err);
	else if (rc == 0 && found.n == 1 && found.typos > 0)
		rc = correct(f, name, decl, text, &found, err);
	else if (rc == 0 && found.n == 1)
		rc = bind_found(f, name, decl, &found, err) < 0 ? -1 : 1;
	else if (rc == 0 && found.n > 1)
		rc = note_ambiguous(f, name, &found, err);
	else if (rc == 0 && *text != '\0')
		rc = note_unknown(f, name, text, found.near, err);
	og_found_release(&found);
	return rc;
}

static json_t *enum_by_stem(const json_t *decl, const char *stem)
{
	char own[OG_STEM_MAX + 1];
	json_t *value;
	size_t i;

	json_array_foreach(json_object_get(decl, "values"), i, value)
	{
		og_stem(json_string_value(value), json_string_length(value), own);
		if (strcmp(own, stem) == 0)
			return json_incref(value);
	}
	return NULL;
}

/* Names, words and texts as they are written, when they can be read. */
static int bind_text(struct filling *f, const char *name, const char *text, struct og_err *err)
{
	if (*text == '\0' || og_text_hidden(text, strlen(text)))
		return 0;
	return bind(f, name, json_string(text), err) < 0 ? -1 : 1;
}

/* Days are not counted when nobody said what day it is. */
static int keeps_words(const struct filling *f, const char *type)
{
	return f->resolver == NULL && og_type_relative(type);
}

/* The value that the span's first words are, or NULL. */
static json_t *value_of(const struct filling *f, const struct og_element *e, const json_t *decl,
			struct og_span span)
{
	const struct og_words *words = &f->sentence->words;
	const char *type = og_json_str(decl, "type");
	size_t n;

	if (span.from == span.to || keeps_words(f, type))
		return NULL;
	if (f->form->unit[e - f->form->pattern->e].take == OG_TAKE_VALUE)
		return og_value_at(decl, words, span.from, f->sentence->today, &n);
	return strcmp(type, "enum") == 0 ? enum_by_stem(decl, words->w[span.from].stem) : NULL;
}

/* Words are there, and no value of the type is in them. Signs that hang on
 * to them are shown with them: "$250", "5%". */
static int note_unread(struct filling *f, const char *name, struct og_span span, struct og_err *err)
{
	const struct og_words *words = &f->sentence->words;
	const struct og_word *last = &words->w[span.to - 1];
	size_t from = words->w[span.from].at, to = last->at + last->len;

	while (from > 0 && (unsigned char)words->text[from - 1] > ' ')
		from--;
	while (to < words->text_len && (unsigned char)words->text[to] > ' ')
		to++;
	if (json_array_append_new(f->missing, json_string(name)) < 0)
		return og_fail_nomem(err);
	return og_json_set(f->unread, name, json_stringn(words->text + from, to - from), err);
}

/* 1 bound, 0 not, -1. */
static int fill_slot(struct filling *f, const struct og_element *e, const json_t *decl,
		     struct og_span span, struct og_err *err)
{
	const struct og_words *words = &f->sentence->words;
	const struct og_word *first = span.from < span.to ? &words->w[span.from] : NULL;
	const char *type = og_json_str(decl, "type");
	json_t *value = value_of(f, e, decl, span);
	char *text;
	int rc;

	if (value != NULL)
		return og_slot_bind(f->slots, e->slot, decl, value, err) < 0 ? -1 : 1;
	text = og_words_text(words, span.from, span.to);
	if (text == NULL)
		return og_fail_nomem(err);
	rc = 0;
	if (first != NULL && f->form->unit[e - f->form->pattern->e].take == OG_TAKE_VALUE &&
	    !keeps_words(f, type))
		rc = note_unread(f, e->slot, span, err);
	else if (og_type_named(type))
		rc = fill_name(f, e->slot, decl, text, first, err);
	else if (f->form->unit[e - f->form->pattern->e].take == OG_TAKE_SPAN ||
		 keeps_words(f, type))
		rc = bind_text(f, e->slot, text, err);
	free(text);
	return rc;
}

/* The rest of the sentence may be longer than what was split in words. */
static int fill_text(struct filling *f, const struct og_element *e, struct og_span span,
		     struct og_err *err)
{
	const struct og_words *words = &f->sentence->words;
	const struct og_word *first = &words->w[span.from];

	if (span.from == span.to)
		return 0;
	if (span.to < OG_WORDS_MAX || first->kind == OG_QUOTED)
		return -2;
	if (og_text_hidden(words->text + first->at, words->text_len - first->at))
		return 0;
	return bind(f, e->slot, json_stringn(words->text + first->at, words->text_len - first->at),
		    err) < 0
		       ? -1
		       : 1;
}

static int fill_element(struct filling *f, const json_t *slots, size_t i, struct og_span span,
			struct og_err *err)
{
	const struct og_element *e = &f->form->pattern->e[i];
	const json_t *decl = json_object_get(slots, e->slot);
	json_t *value;
	int rc = -2;

	if (e->kind == OG_ELEMENT_CONST) {
		value = og_slot_value(decl, e->value, f->sentence->today);
		return value != NULL ? og_slot_bind(f->slots, e->slot, decl, value, err) : 0;
	}
	if (strcmp(og_json_str(decl, "type"), "text") == 0)
		rc = fill_text(f, e, span, err);
	if (rc == -2)
		rc = fill_slot(f, e, decl, span, err);
	return rc < 0 ? -1 : 0;
}

/* The default as it is today. */
static int bind_default(struct filling *f, const char *name, const json_t *decl, json_t *value,
			struct og_err *err)
{
	const char *type = og_json_str(decl, "type");

	if (!og_type_relative(type) || f->resolver == NULL)
		return bind(f, name, json_incref(value), err);
	value = og_slot_value(decl, json_string_value(value), f->sentence->today);
	return value != NULL ? og_slot_bind(f->slots, name, decl, value, err) : 0;
}

/* What was said about it cannot be read ("1.5" of what comes in pieces). */
static int is_missing(const struct filling *f, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(f->missing, i, one)
	{
		if (strcmp(json_string_value(one), name) == 0)
			return 1;
	}
	return 0;
}

/* Defaults for what nothing was said about; the rest is missing. */
static int fill_rest(struct filling *f, const json_t *slots, struct og_err *err)
{
	const char *name;
	json_t *decl;

	json_object_foreach((json_t *)slots, name, decl)
	{
		json_t *value = json_object_get(decl, "default");

		if (json_object_get(f->slots, name) != NULL || is_missing(f, name))
			continue;
		if (value != NULL && json_object_get(f->ambiguous, name) == NULL &&
		    json_object_get(f->unknown, name) == NULL) {
			if (bind_default(f, name, decl, value, err) < 0)
				return -1;
		} else if (json_array_append_new(f->missing, json_string(name)) < 0) {
			return og_fail_nomem(err);
		}
	}
	return 0;
}

static int put_members(struct filling *f, json_t *match, struct og_err *err)
{
	if (og_json_set(match, "slots", json_incref(f->slots), err) < 0 ||
	    og_json_set(match, "missing", json_incref(f->missing), err) < 0 ||
	    og_json_set(match, "ambiguous", json_incref(f->ambiguous), err) < 0 ||
	    og_json_set(match, "unknown", json_incref(f->unknown), err) < 0)
		return -1;
	if (json_object_size(f->near) > 0 &&
	    og_json_set(match, "near", json_incref(f->near), err) < 0)
		return -1;
	if (json_object_size(f->corrected) > 0 &&
	    og_json_set(match, "corrected", json_incref(f->corrected), err) < 0)
		return -1;
	if (json_object_size(f->unread) > 0 &&
	    og_json_set(match, "unread", json_incref(f->unread), err) < 0)
		return -1;
	return json_object_size(f->ids) == 0 ? 0
					     : og_json_set(match, "ids", json_incref(f->ids), err);
}

int og_fill(const struct og_form *form, const json_t *slots, const struct og_sentence *sentence,
	    const struct og_alignment *alignment, const struct og_resolver *resolver, json_t *match,
	    struct og_err *err)
{
	struct filling f = { .form = form,
			     .sentence = sentence,
			     .resolver = resolver,
			     .slots = json_object(),
			     .missing = json_array(),
			     .ambiguous = json_object(),
			     .unknown = json_object(),
			     .near = json_object(),
			     .ids = json_object(),
			     .corrected = json_object(),
			     .unread = json_object() };
	int rc = -1;

	for (size_t i = 0; i < form->pattern->n; i++) {
		if (form->pattern->e[i].slot != NULL &&
		    fill_element(&f, slots, i, alignment->span[i], err) < 0)
			goto out;
	}
	if (fill_rest(&f, slots, err) < 0 || put_members(&f, match, err) < 0)
		goto out;
	rc = 0;
out:
	json_decref(f.slots);
	json_decref(f.missing);
	json_decref(f.ambiguous);
	json_decref(f.unknown);
	json_decref(f.near);
	json_decref(f.ids);
	json_decref(f.corrected);
	json_decref(f.unread);
	return rc;
}
