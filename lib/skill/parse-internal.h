/*
 * What reading the front matter and the body share: the text, the DOC
 * being made, and the notes about it. Shared inside lib/skill.
 */
#ifndef OG_SKILL_PARSE_INTERNAL_H
#define OG_SKILL_PARSE_INTERNAL_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_NOTES_MAX 200

struct og_reader {
	const char *file;
	const char *text; /* the whole SKILL.md */
	size_t len;
	size_t body;	  /* offset of the first byte after the front matter */
	size_t body_line; /* lines before it */
	json_t *doc;
	json_t *notes;
	int ours;   /* has og-* keys: its body is read for patterns and steps */
	int errors; /* notes of level error */
	int failed; /* no memory */
};

/* Notes something about a line (from 1). */
void og_note_error(struct og_reader *r, size_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void og_note_warning(struct og_reader *r, size_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes value in every case; notes failed when it is NULL. */
void og_reader_set(struct og_reader *r, json_t *obj, const char *key, json_t *value);
void og_reader_append(struct og_reader *r, json_t *list, json_t *value);

/* Each notes what it finds and goes on as far as that makes sense. */
void og_read_front(struct og_reader *r); /* sets body, body_line, ours */
void og_read_body(struct og_reader *r);
void og_read_hidden(struct og_reader *r);
void og_read_variables(struct og_reader *r);

/* items.c: a list of the body, of tests or of patterns. */
struct cmark_node;
void og_read_sentences(struct og_reader *r, struct cmark_node *list, const char *member,
		       size_t max);
void og_read_tests(struct og_reader *r, struct cmark_node *list);
/* Offset in the text of a line (from 1) of the whole file. */
size_t og_line_offset(const struct og_reader *r, size_t line);

#endif
