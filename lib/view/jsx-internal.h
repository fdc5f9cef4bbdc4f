/*
 * What the files of the JSX parser share. The parser is one pass over the
 * text by recursive descent; its depth is bounded, every byte is looked at
 * through jsx_peek(), and the first error ends it.
 */
#ifndef OG_VIEW_JSX_INTERNAL_H
#define OG_VIEW_JSX_INTERNAL_H

#include "lib/view/conform-internal.h"

struct jsx {
	struct og_conform c; /* c.text is the text; c.at is moved to where an error is */
	const char *text;
	size_t len, at;
	size_t depth;	   /* levels of JSON the tree has here */
	struct og_buf buf; /* of the text or string at hand */
};

/* The byte ahead by n, 0 at the end (the text holds no NUL). */
static inline char jsx_peek(const struct jsx *j, size_t n)
{
	return n < j->len - j->at ? j->text[j->at + n] : '\0';
}

static inline int jsx_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline int og_jsx_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$' || c == '-';
}

/* White space and comments. */
int og_jsx_space(struct jsx *j);
/* Is this word here, and not a longer one? Moves behind it. */
int og_jsx_word(struct jsx *j, const char *word);
/* A name at this place: its length, 0 for none. */
size_t og_jsx_name(const struct jsx *j);

/* Errors at this place. code: what it is that would need code. -1. */
int og_jsx_fail(struct jsx *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int og_jsx_code(struct jsx *j, const char *what);
int og_jsx_expect(struct jsx *j, char c, const char *after);

/* One level deeper; og_jsx_up() takes it back. */
int og_jsx_down(struct jsx *j, size_t levels);
void og_jsx_up(struct jsx *j, size_t levels);

/* A value between braces: literal or path, behind it nothing of an
 * expression. A path is {"$":"/pointer"}. New reference. */
int og_jsx_value(struct jsx *j, json_t **ret);
/* A string in quotes as JavaScript has it, into j->buf. */
int og_jsx_string(struct jsx *j);
/* Appends a character to j->buf. */
int og_jsx_add_rune(struct jsx *j, uint32_t rune);
/* The digit's value, -1 for none. */
int og_jsx_digit(char c, int base);
/* A string in quotes as an attribute has it: entities, no escapes. */
int og_jsx_attribute_string(struct jsx *j, json_t **ret);
/* Text up to the next tag or brace, as JSX joins lines; *ret NULL when it
 * is nothing but the layout of the source. */
int og_jsx_text(struct jsx *j, json_t **ret);
int og_jsx_element(struct jsx *j, json_t **ret);

#endif
