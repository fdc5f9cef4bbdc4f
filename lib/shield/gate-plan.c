/*
 * How a statement would run, in words. SQLite's own plan is asked for on
 * the agent's connection, where a table is a barrier; how that is read on
 * the real file is said from what the principal knows anyway: the columns
 * that are compared, and whether those lead an index. Neither the number of
 * rows in the file nor an index that only the row predicate uses shows: a
 * plan that changes with hidden rows tells of them.
 *
 * Who may see every grant is also told the statements on the real file, and
 * SQLite's plan of each (og_gate_inside()).
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/gate-internal.h"

#define MAX_LINES 200
#define MAX_DEPTH 20

/* One comparison of a barrier's plan, "3 >=,". */
struct term {
	long shown;
	const char *op;
	int op_len;
};

static int take_term(const char **at, struct term *ret)
{
	char *rest;

	if (!**at || **at == '|')
		return 0;
	ret->shown = strtol(*at, &rest, 10);
	ret->op = rest + 1;
	ret->op_len = (int)strcspn(rest + 1, ",");
	*at = ret->op + ret->op_len + 1;
	return 1;
}

static const char *column_name(const struct og_barrier *barrier, long shown)
{
	return shown < 0 ? "rowid" : og_barrier_column(barrier, (int)shown)->name;
}

static int is_equal(const struct term *term)
{
	return (term->op_len == 1 && *term->op == '=') || *term->op == 'I';
}

/* 3: a key alone; 2: it leads an index or the key; 0: nothing finds it. */
static int finds(const struct og_barrier *barrier, const struct term *term)
{
	const struct og_column *column =
		term->shown < 0 ? NULL : og_barrier_column(barrier, (int)term->shown);

	if (!column || column->is_unique)
		return is_equal(term) ? 3 : 2;
	return column->leads || column->pk == 1 ? 2 : 0;
}

/* " for price >, which has no index": all comparisons that go down. How well
 * they find a row, as of finds(). */
static int add_terms(const struct og_barrier *barrier, const char *at, sqlite3_str *line)
{
	struct term term, best = { .op = NULL };
	const char *again = at;
	int found = -1, n = 0;

	while (take_term(&at, &term))
		if (finds(barrier, &term) > found) {
			found = finds(barrier, &term);
			best = term;
		}
	if (found < 0) {
		sqlite3_str_appendall(line, "read through");
		return found;
	}
	sqlite3_str_appendf(line, found ? "found by %s" : "read through for %s",
			    column_name(barrier, best.shown));
	if (!is_equal(&best))
		sqlite3_str_appendf(line, " %.*s", best.op_len, best.op);
	sqlite3_str_appendall(line, found == 3	 ? ", a key: one row at most"
				    : found == 2 ? ", which has an index"
						 : ", which has no index");
	while (take_term(&again, &term))
		if (term.shown != best.shown)
			sqlite3_str_appendf(line, "%s%s", n++ ? ", " : "; compared there too: ",
					    column_name(barrier, term.shown));
	return found;
}

static void add_order(const struct og_barrier *barrier, const char *plan, sqlite3_str *line)
{
	const char *order = strrchr(plan, '|');
	char *rest;
	long shown;

	if (!order || !order[1])
		return;
	shown = strtol(order + 1, &rest, 10);
	sqlite3_str_appendf(line, "; in the order of %s%s", column_name(barrier, shown),
			    *rest ? ", backwards" : "");
}

/* What stands behind the last " VIRTUAL TABLE INDEX ": only what we wrote
 * there; before it the statement's own alias stands. */
static const char *index_part(const char *detail)
{
	static const char mark[] = " VIRTUAL TABLE INDEX ";
	const char *found = NULL, *at = detail;

	while ((at = strstr(at, mark)))
		found = at += sizeof(mark) - 1;
	return found;
}

/* "SCAN p VIRTUAL TABLE INDEX 2:3|0 =,|": barrier, columns used, terms, order. */
static int barrier_line(const struct og_gate *gate, const char *detail, sqlite3_str *line)
{
	const char *part = index_part(detail), *terms;
	const struct og_barrier *barrier;
	char *plan;
	long number;

	if (!part)
		return 0;
	number = strtol(part, &plan, 10);
	terms = strchr(plan, '|');
	if (*plan != ':' || !terms || number < 0 || (size_t)number >= gate->n_barriers)
		return 0;
	barrier = &gate->barriers[number];
	sqlite3_str_appendf(line, "%s: ", barrier->rights->table);
	if (add_terms(barrier, terms + 1, line) < 3)
		add_order(barrier, terms, line);
	return 1;
}

static void plain_line(const char *detail, sqlite3_str *line)
{
	static const char *const words[][2] = {
		{ "USE TEMP B-TREE FOR ORDER BY", "sorted" },
		{ "USE TEMP B-TREE FOR GROUP BY", "grouped by sorting" },
		{ "USE TEMP B-TREE FOR DISTINCT", "doubles left out by sorting" },
		{ "SCAN CONSTANT ROW", "one row that is computed" },
		{ "COMPOUND QUERY", "queries put together" },
		{ "LEFT-MOST SUBQUERY", "the first query" },
		{ "UNION ALL", "and all of the next" },
		{ "UNION USING TEMP B-TREE", "and the next, doubles left out by sorting" },
		{ "EXCEPT USING TEMP B-TREE", "without what is in the next" },
		{ "INTERSECT USING TEMP B-TREE", "only what is in the next too" },
		{ "SETUP", "it starts with" },
		{ "RECURSIVE STEP", "and is repeated with" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i][0], detail) == 0)
			detail = words[i][1];
	sqlite3_str_appendall(line, detail);
}

static int depth_of(const int *ids, const int *depths, size_t n, int parent)
{
	while (n-- > 0)
		if (ids[n] == parent)
			return depths[n] < MAX_DEPTH ? depths[n] + 1 : MAX_DEPTH;
	return 0;
}

static json_t *make_line(const struct og_gate *gate, sqlite3_stmt *stmt, int depth)
{
	const char *detail = (const char *)sqlite3_column_text(stmt, 3);
	sqlite3_str *line = sqlite3_str_new(NULL);
	json_t *made;
	char *text;

	sqlite3_str_appendchar(line, 2 * depth, ' ');
	if (detail && (!gate || !barrier_line(gate, detail, line)))
		plain_line(detail, line);
	text = sqlite3_str_finish(line);
	made = text ? json_string(text) : NULL;
	sqlite3_free(text);
	return made;
}

/* The lines of a plan; gate NULL: as SQLite words them. */
static json_t *lines_of(const struct og_gate *gate, sqlite3_stmt *stmt)
{
	int ids[MAX_LINES], depths[MAX_LINES];
	json_t *lines = json_array();

	for (size_t n = 0; lines && n < MAX_LINES && sqlite3_step(stmt) == SQLITE_ROW; n++) {
		ids[n] = sqlite3_column_int(stmt, 0);
		depths[n] = depth_of(ids, depths, n, sqlite3_column_int(stmt, 1));
		json_array_append_new(lines, make_line(gate, stmt, depths[n]));
	}
	return lines;
}

static sqlite3_stmt *explained(sqlite3 *handle, const char *sql)
{
	char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *stmt = NULL;

	if (text)
		sqlite3_prepare_v2(handle, text, -1, &stmt, NULL);
	sqlite3_free(text);
	return stmt;
}

json_t *og_gate_plan(struct og_gate *gate, const char *sql)
{
	struct og_gate_result *result = gate->result;
	sqlite3_stmt *stmt;
	json_t *lines;

	gate->result = NULL; /* the statement is judged already */
	gate->neutral = 1;
	stmt = explained(gate->agent, sql);
	gate->neutral = 0;
	lines = stmt ? lines_of(gate, stmt) : NULL;
	sqlite3_finalize(stmt);
	gate->result = result;
	return lines;
}

json_t *og_gate_inside(struct og_gate *gate)
{
	json_t *list = json_array(), *sql;
	size_t i;

	json_array_foreach(gate->watched, i, sql)
	{
		sqlite3_stmt *stmt = explained(gate->inner, json_string_value(sql));
		json_t *lines = stmt ? lines_of(NULL, stmt) : json_array();

		sqlite3_finalize(stmt);
		json_array_append_new(list, json_pack("{s:O,s:o}", "sql", sql, "plan", lines));
	}
	return list;
}
