/* Statements too long or too dull to write down: "NAME N" in attacks.tsv. */
#ifndef OG_TESTS_BOMBS_H
#define OG_TESTS_BOMBS_H

#include "lib/base/buf.h"
#include "tests/unit/unit.h"

#define BOMB_MAX ((size_t)400000)

static inline void bomb_repeat(struct og_buf *sql, const char *text, int n)
{
	while (n-- > 0)
		og_buf_adds(sql, text);
}

/* head, then n parts made of up to four numbers, joined, then tail. */
static inline void bomb_list(struct og_buf *sql, int n, const char *joint, const char *format)
{
	for (int i = 0; i < n; i++) {
		if (i)
			og_buf_adds(sql, joint);
		for (const char *p = format; *p; p++)
			if (*p == '#')
				og_buf_addf(sql, "%d", i);
			else if (*p == '^')
				og_buf_addf(sql, "%d", i + 1);
			else
				og_buf_addc(sql, *p);
	}
}

/* A chain of CTEs that each name the one before: "#" this, "^" next. */
static inline void bomb_chain(struct og_buf *sql, int n, const char *first, const char *link,
			      const char *last)
{
	og_buf_addf(sql, "WITH a0 AS (%s), ", first);
	bomb_list(sql, n, ", ", link);
	og_buf_addf(sql, " SELECT %s FROM a%d", last, n);
}

/* A long text, made without a function, against a pattern. */
static inline void bomb_pattern(struct og_buf *sql, const char *operator, const char * part, int n,
				const char *tail)
{
	og_buf_adds(sql, "SELECT count(*) FROM (WITH RECURSIVE c(x,z) AS (SELECT 1,'");
	bomb_repeat(sql, "a", 2000);
	og_buf_addf(sql,
		    "' UNION ALL SELECT x+1,z||z FROM c WHERE x<9) SELECT z FROM c WHERE x=9)"
		    " WHERE z %s '",
		    operator);
	bomb_repeat(sql, part, n);
	og_buf_addf(sql, "%s'", tail);
}

static inline void bomb_wrapped(struct og_buf *sql, const char *head, const char *tail)
{
	struct og_buf inner;

	og_buf_init(&inner, BOMB_MAX);
	og_buf_add(&inner, sql->data, sql->len);
	og_buf_clear(sql);
	og_buf_addf(sql, "%s%s%s", head, inner.data, tail);
	og_buf_release(&inner);
}

static inline int bomb_nested(struct og_buf *sql, const char *name, int n)
{
	if (strcmp(name, "depth") == 0) {
		og_buf_adds(sql, "SELECT ");
		bomb_repeat(sql, "(", n);
		og_buf_adds(sql, "1");
		bomb_repeat(sql, ")", n);
	} else if (strcmp(name, "neg") == 0) {
		og_buf_adds(sql, "SELECT ");
		bomb_repeat(sql, "NOT ", n);
		og_buf_adds(sql, "1");
	} else if (strcmp(name, "subq") == 0) {
		og_buf_adds(sql, "SELECT ");
		bomb_repeat(sql, "(SELECT count(*) FROM orders WHERE id>", n);
		og_buf_adds(sql, "0");
		bomb_repeat(sql, ")", n);
	} else if (strcmp(name, "json") == 0) {
		og_buf_adds(sql, "SELECT json_array_length('");
		bomb_repeat(sql, "[", n);
		bomb_repeat(sql, "]", n);
		og_buf_adds(sql, "')");
	} else {
		return 0;
	}
	return 1;
}

static inline int bomb_wide(struct og_buf *sql, const char *name, int n)
{
	static const struct {
		const char *name, *joint, *part, *head, *tail;
	} lists[] = {
		{ "or", " OR ", "(id=# AND amount=#)", "SELECT count(*) FROM orders WHERE ", "" },
		{ "in", ",", "#", "SELECT count(*) FROM orders WHERE id IN (", ")" },
		{ "join", ",", "orders t#", "SELECT count(*) FROM ", "" },
		{ "union", " UNION ALL ", "SELECT 1", "", "" },
		{ "cols", ",", "1", "SELECT ", "" },
		{ "values", ",", "(1)", "VALUES ", "" },
		{ "case", " ", "WHEN amount=# THEN #", "SELECT count(*) FROM orders WHERE CASE ",
		  " END" },
		{ "window", ",",
		  "sum(amount) OVER (ORDER BY id ROWS BETWEEN # PRECEDING AND CURRENT ROW)",
		  "SELECT ", " FROM orders" },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (strcmp(lists[i].name, name) != 0)
			continue;
		bomb_list(sql, n, lists[i].joint, lists[i].part);
		bomb_wrapped(sql, lists[i].head, lists[i].tail);
		return 1;
	}
	return 0;
}

static inline int bomb_text(struct og_buf *sql, const char *name, int n)
{
	if (strcmp(name, "long") == 0) {
		og_buf_adds(sql, "SELECT '");
		bomb_repeat(sql, "x", n);
		og_buf_adds(sql, "'");
	} else if (strcmp(name, "like") == 0) {
		og_buf_adds(sql, "SELECT count(*) FROM products WHERE '");
		bomb_repeat(sql, "a", n);
		og_buf_adds(sql, "' LIKE '");
		bomb_repeat(sql, "%a", 20);
		og_buf_adds(sql, "%b'");
	} else if (strcmp(name, "like2") == 0) {
		bomb_pattern(sql, "LIKE", "%a", 60, "%b");
	} else if (strcmp(name, "like3") == 0) {
		bomb_pattern(sql, "LIKE", "%_a", 40, "b");
	} else if (strcmp(name, "glob") == 0) {
		bomb_pattern(sql, "GLOB", "*a", 60, "*b");
	} else if (strcmp(name, "glob2") == 0) {
		bomb_pattern(sql, "GLOB", "*[ab]?", 25, "*c");
	} else {
		return 0;
	}
	return 1;
}

static inline int bomb_joined(struct og_buf *sql, const char *name, int n)
{
	if (strcmp(name, "cte") == 0) {
		bomb_chain(sql, n, "SELECT 1 AS x", "a^ AS (SELECT 1 AS x FROM a# p, a# q)",
			   "count(*)");
	} else if (strcmp(name, "cte2") == 0) {
		bomb_chain(sql, n, "SELECT 1 AS x",
			   "a^ AS (SELECT (SELECT x FROM a#)+(SELECT x FROM a#) AS x)", "x");
	} else if (strcmp(name, "ctecol") == 0) {
		bomb_chain(sql, n, "SELECT 1 AS x, 2 AS y", "a^ AS (SELECT * FROM a# p, a# q)",
			   "*");
	} else if (strcmp(name, "joinon") == 0) {
		og_buf_adds(sql, "SELECT count(*) FROM ");
		bomb_list(sql, n, ",", "orders t#");
		og_buf_adds(sql, " WHERE ");
		bomb_list(sql, n - 1, " AND ", "t#.id=t^.user_id");
	} else {
		return 0;
	}
	return 1;
}

/* Appends the statement that what names; 0 when there is none. */
static inline int bomb(const char *what, struct og_buf *sql)
{
	char name[16];
	int n = 0;

	return sscanf(what, "%15s %d", name, &n) >= 1 &&
	       (bomb_nested(sql, name, n) || bomb_wide(sql, name, n) || bomb_text(sql, name, n) ||
		bomb_joined(sql, name, n));
}

#endif
