/*
 * The words of SQL text, as SQLite's tokenizer cuts them. For two uses only:
 * to find where one statement of a script ends, and to say what a misspelt
 * word may have meant. What a statement does is never judged by its words;
 * that is the database's to say.
 */
#ifndef OG_BASE_SQL_H
#define OG_BASE_SQL_H

#include <stddef.h>

enum og_sql_kind {
	OG_SQL_WORD,  /* a keyword, or a name without quotes */
	OG_SQL_NAME,  /* a name in ", ` or [] */
	OG_SQL_TEXT,  /* 'text' */
	OG_SQL_OTHER, /* a number, a variable, one other character */
	OG_SQL_END,   /* ; */
	OG_SQL_OPEN,  /* quotes or a comment that the text ends in */
};

struct og_sql_token {
	enum og_sql_kind kind;
	const char *start; /* quotes included */
	size_t len;
};

/* Takes the next token of [*at, end), blanks and comments left out: 1, or 0
 * at the end. */
int og_sql_token(const char **at, const char *end, struct og_sql_token *ret);

/* Is the token this word or name, case folded? Quotes are looked through
 * where none stands inside. */
int og_sql_is(const struct og_sql_token *token, const char *name);

/* The next statement of [*at, end): 1, with *ret from its first token to
 * before its semicolon, *at behind that; 2: the same without a semicolon
 * before the end; 3: it ends in open quotes or an open comment; 0: nothing
 * but blanks, comments and semicolons is left. */
int og_sql_statement(const char **at, const char *end, struct og_sql_token *ret);

#endif
