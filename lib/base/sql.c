/* See sql.h. Tokens: SQLite's src/tokenize.c says what they are. */
#include "lib/base/sql.h"

#include <string.h>

#include "lib/base/text.h"

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int in_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '$' || (unsigned char)c >= 0x80;
}

/* Past blanks and comments. 1: the text ends in an open comment. */
static int skip(const char **at, const char *end)
{
	const char *p = *at;

	for (;;) {
		while (p < end && is_blank(*p))
			p++;
		*at = p;
		if (end - p >= 2 && p[0] == '-' && p[1] == '-') {
			while (p < end && *p != '\n')
				p++;
		} else if (end - p >= 2 && p[0] == '/' && p[1] == '*') {
			for (p += 2; end - p >= 2 && (p[0] != '*' || p[1] != '/'); p++)
				;
			if (end - p < 2)
				return 1;
			p += 2;
		} else {
			return 0;
		}
	}
}

/* Behind the closing quote of what begins at p; NULL: there is none. */
static const char *close_quote(const char *p, const char *end)
{
	char quote = *p == '[' ? ']' : *p;

	for (p++; p < end; p++) {
		if (*p != quote)
			continue;
		if (quote == ']' || p + 1 == end || p[1] != quote)
			return p + 1;
		p++;
	}
	return NULL;
}

int og_sql_token(const char **at, const char *end, struct og_sql_token *ret)
{
	const char *p, *after;
	int open = skip(at, end);

	ret->start = p = *at;
	if (p >= end)
		return 0;
	ret->kind = OG_SQL_OTHER;
	after = p + 1;
	if (open) {
		ret->kind = OG_SQL_OPEN;
		after = end;
	} else if (strchr("'\"`[", *p) && *p) {
		after = close_quote(p, end);
		ret->kind = !after ? OG_SQL_OPEN : *p == '\'' ? OG_SQL_TEXT : OG_SQL_NAME;
		after = after ? after : end;
	} else if (*p == ';') {
		ret->kind = OG_SQL_END;
	} else if (in_word(*p) || (*p && strchr(":@#?", *p))) {
		ret->kind = in_word(*p) && !is_digit(*p) && *p != '$' ? OG_SQL_WORD : OG_SQL_OTHER;
		while (after < end && in_word(*after))
			after++;
	}
	ret->len = (size_t)(after - p);
	*at = after;
	return 1;
}

int og_sql_is(const struct og_sql_token *token, const char *name)
{
	const char *start = token->start;
	size_t len = token->len;

	if (token->kind == OG_SQL_NAME) {
		start++;
		len -= 2;
	} else if (token->kind != OG_SQL_WORD) {
		return 0;
	}
	if (strlen(name) != len)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (og_ascii_lower((unsigned char)start[i]) !=
		    og_ascii_lower((unsigned char)name[i]))
			return 0;
	return 1;
}

int og_sql_statement(const char **at, const char *end, struct og_sql_token *ret)
{
	struct og_sql_token token;

	do {
		if (!og_sql_token(at, end, &token))
			return 0;
	} while (token.kind == OG_SQL_END);
	*ret = token;
	do {
		if (token.kind == OG_SQL_END)
			return 1;
		ret->len = (size_t)(token.start + token.len - ret->start);
		if (token.kind == OG_SQL_OPEN)
			return 3;
	} while (og_sql_token(at, end, &token));
	return 2;
}
