/*
 * Reading patterns. Hand-written: the grammar is five forms long, and each
 * error names the column's text.
 */
#include "lib/skill/pattern-internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/skill/skill.h"

void og_pattern_free(struct og_pattern *pattern)
{
	if (pattern == NULL)
		return;
	for (size_t i = 0; i < pattern->n; i++) {
		free(pattern->e[i].stems);
		free(pattern->e[i].slot);
		free(pattern->e[i].type);
		free(pattern->e[i].value);
	}
	free(pattern);
}

static struct og_element *new_element(struct og_pattern *pattern, enum og_element_kind kind,
				      struct og_err *err)
{
	struct og_element *e = &pattern->e[pattern->n];

	if (pattern->n == OG_ELEMENTS_MAX) {
		og_fail(err, OG_EDATA, "a pattern has at most %d words", OG_ELEMENTS_MAX);
		return NULL;
	}
	*e = (struct og_element){ .kind = kind };
	pattern->n++;
	return e;
}

/* The words of text, each an element of its own. */
static int add_words(struct og_pattern *pattern, const char *text, size_t len, int optional,
		     struct og_err *err)
{
	struct og_words *words = malloc(sizeof(*words));
	int rc = -1;

	if (words == NULL)
		return og_fail_nomem(err);
	og_words_split(text, len, words);
	for (size_t i = 0; i < words->n; i++) {
		struct og_element *e = new_element(pattern, OG_ELEMENT_WORD, err);
		const struct og_word *w = &words->w[i];

		if (e == NULL)
			goto out;
		e->optional = optional;
		e->stems = calloc(1, sizeof(*e->stems));
		if (e->stems == NULL) {
			og_fail_nomem(err);
			goto out;
		}
		e->n_stems = 1;
		if (w->kind == OG_WORD)
			memcpy(e->stems[0], w->stem, sizeof(w->stem));
		else
			og_stem(text + w->at, w->len, e->stems[0]);
	}
	rc = 0;
out:
	free(words);
	return rc;
}

/* The inside of ( ): single words between bars. */
static int add_alternatives(struct og_pattern *pattern, const char *text, size_t len,
			    struct og_err *err)
{
	struct og_element *e = new_element(pattern, OG_ELEMENT_WORD, err);
	size_t n;

	if (e == NULL)
		return -1;
	e->stems = calloc(OG_ALTERNATIVES_MAX, sizeof(*e->stems));
	if (e->stems == NULL)
		return og_fail_nomem(err);
	for (size_t i = 0; i <= len; i += n + 1) {
		const char *bar = memchr(text + i, '|', len - i);

		n = bar != NULL ? (size_t)(bar - (text + i)) : len - i;
		if (n == 0 || memchr(text + i, ' ', n) != NULL || memchr(text + i, '-', n) != NULL)
			return og_fail(err, OG_EDATA, "'(%.*s)': each choice is one word", (int)len,
				       text);
		if (e->n_stems == OG_ALTERNATIVES_MAX)
			return og_fail(err, OG_EDATA, "'(%.*s)': at most %d choices", (int)len,
				       text, OG_ALTERNATIVES_MAX);
		og_stem(text + i, n, e->stems[e->n_stems++]);
	}
	return 0;
}

/* The inside of { }: NAME, NAME:TYPE, NAME:TYPE=VALUE or NAME=VALUE. */
static int add_slot(struct og_pattern *pattern, const char *text, size_t len, struct og_err *err)
{
	const char *equals = memchr(text, '=', len);
	const char *colon = memchr(text, ':', equals != NULL ? (size_t)(equals - text) : len);
	size_t head = equals != NULL ? (size_t)(equals - text) : len;
	size_t name = colon != NULL ? (size_t)(colon - text) : head;
	struct og_element *e = new_element(pattern, OG_ELEMENT_SLOT, err);

	if (e == NULL)
		return -1;
	if (colon == NULL && equals != NULL)
		e->kind = OG_ELEMENT_CONST;
	e->slot = strndup(text, name);
	e->type = colon != NULL ? strndup(colon + 1, head - name - 1) : strdup("");
	if (equals != NULL)
		e->value = strndup(equals + 1, len - head - 1);
	if (e->slot == NULL || e->type == NULL || (equals != NULL && e->value == NULL))
		return og_fail_nomem(err);
	if (!og_ident_valid(e->slot))
		return og_fail(err, OG_EDATA, "'{%.*s}': a slot's name is a-z, 0-9 and _, not '%s'",
			       (int)len, text, e->slot);
	e->optional = equals != NULL;
	return 0;
}

/* One bracketed form at p; *ret_len is its length with the brackets. */
static int add_form(struct og_pattern *pattern, const char *p, size_t *ret_len, struct og_err *err)
{
	static const char opening[] = "{([", closing[] = "})]";
	char close = closing[strchr(opening, *p) - opening];
	const char *end = strchr(p, close);
	size_t len;

	if (end == NULL)
		return og_fail(err, OG_EDATA, "'%c' without '%c'", *p, close);
	len = (size_t)(end - p) - 1;
	*ret_len = len + 2;
	if (*p == '{')
		return add_slot(pattern, p + 1, len, err);
	if (*p == '(')
		return add_alternatives(pattern, p + 1, len, err);
	return add_words(pattern, p + 1, len, 1, err);
}

static int read_pattern(struct og_pattern *pattern, const char *text, struct og_err *err)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "{([");

		if (memchr(text, '}', len) != NULL)
			return og_fail(err, OG_EDATA, "'}' without '{'");
		if (len > 0 && add_words(pattern, text, len, 0, err) < 0)
			return -1;
		text += len;
		if (*text == '\0')
			break;
		if (add_form(pattern, text, &len, err) < 0)
			return -1;
		text += len;
	}
	return 0;
}

/* Without a word that must be there a pattern would fit everything. */
static int has_anchor(const struct og_pattern *pattern)
{
	for (size_t i = 0; i < pattern->n; i++) {
		const struct og_element *e = &pattern->e[i];

		if (e->kind == OG_ELEMENT_WORD && !e->optional && !og_stem_stop(e->stems[0]))
			return 1;
	}
	return 0;
}

/* Gives back the room of the elements that did not come. */
static struct og_pattern *fitted(struct og_pattern *pattern)
{
	struct og_pattern *less =
		realloc(pattern, sizeof(*pattern) + pattern->n * sizeof(pattern->e[0]));

	if (less == NULL)
		return pattern;
	return less;
}

int og_pattern_parse(const char *text, struct og_pattern **ret, struct og_err *err)
{
	struct og_pattern *pattern;

	if (strlen(text) > OG_SKILL_PATTERN_MAX)
		return og_fail(err, OG_EDATA, "a pattern has at most %d bytes",
			       OG_SKILL_PATTERN_MAX);
	pattern = calloc(1, sizeof(*pattern) + OG_ELEMENTS_MAX * sizeof(pattern->e[0]));
	if (pattern == NULL)
		return og_fail_nomem(err);
	if (read_pattern(pattern, text, err) < 0) {
		og_pattern_free(pattern);
		return -1;
	}
	if (!has_anchor(pattern)) {
		og_pattern_free(pattern);
		return og_fail(err, OG_EDATA, "'%.200s' has no word of its own to be known by",
			       text);
	}
	*ret = fitted(pattern);
	return 0;
}
