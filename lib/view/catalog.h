/*
 * The catalogue: every component a view may use, whether it may hold
 * children, and its properties with their types. It is one constant table;
 * the check of views, the parser of JSX, `og-render --catalog` and the
 * tests of the page's kit all read it. og-view(5) says what each draws.
 */
#ifndef OG_VIEW_CATALOG_H
#define OG_VIEW_CATALOG_H

#include "lib/base/err.h"
#include "lib/json/json.h"

enum og_prop_type {
	OG_PROP_TEXT,	 /* a string; a number that is bound becomes one */
	OG_PROP_NUMBER,	 /* finite */
	OG_PROP_INTEGER, /* from least on, and at most most when that is not 0 */
	OG_PROP_BOOL,
	OG_PROP_VALUE,	/* whatever a cell may hold: it is formatted */
	OG_PROP_CHOICE, /* one of words, or "" */
	OG_PROP_ROWS,	/* a list of objects with any members */
	OG_PROP_LIST,	/* a list of objects with the members of props */
	OG_PROP_OBJECT, /* an object with the members of props */
	OG_PROP_TEXTS,	/* a list of strings */
	OG_PROP_NUMBERS,
	OG_PROP_PARAMS, /* a flat object: values, or "$column" */
	OG_PROP_TONES,	/* an object: a value's text, and its tone */
};

struct og_prop {
	const char *name; /* NULL ends a table */
	enum og_prop_type type;
	int required;
	const struct og_prop *props; /* of a list's items, or of an object */
	const char *const *words;    /* of a choice; NULL ends them */
	int least, most;	     /* of an integer */
};

struct og_component {
	const char *name; /* NULL ends the table */
	int children;	  /* may hold other components */
	const struct og_prop *props;
};

extern const struct og_component og_view_components[];
extern const char *const og_view_tones[];
extern const char *const og_view_formats[];

/* NULL for a name that is not in the table. */
const struct og_component *og_component_find(const char *name);
const struct og_prop *og_prop_find(const struct og_prop *props, const char *name);
/* "text", "number", ...: the type as `og-render --catalog` says it. */
const char *og_prop_type_name(enum og_prop_type type);

/* The table as JSON: {NAME:{"children":BOOL,"props":{NAME:{"type":TYPE,
 * "required":true?,"values":[WORD]?,"minimum":N?,"maximum":N?,"items":{NAME:..}?
 * (of a list), "props":{..}? (of an object)}}}}. New reference. */
int og_view_catalog(json_t **ret, struct og_err *err);

#endif
