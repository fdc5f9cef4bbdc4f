/*
 * What SQLite said about a statement, for a person: the message, where it
 * is about, and for a misspelt word the nearest one. The names it is held
 * against are those the principal is shown anyway (og_gate_schema()) and
 * SQL's own words; how near anything hidden is is never even asked.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/sql.h"
#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

#define MAX_NAMES 512
#define MAX_WORD  64

static const char *const keywords[] = {
	"SELECT", "FROM",      "WHERE",	    "GROUP",	 "ORDER",    "BY",     "HAVING",  "LIMIT",
	"OFFSET", "INSERT",    "INTO",	    "VALUES",	 "UPDATE",   "SET",    "JOIN",	  "LEFT",
	"INNER",  "OUTER",     "CROSS",	    "NATURAL",	 "USING",    "AND",    "NOT",	  "NULL",
	"LIKE",	  "BETWEEN",   "EXISTS",    "CASE",	 "WHEN",     "THEN",   "ELSE",	  "END",
	"UNION",  "ALL",       "EXCEPT",    "INTERSECT", "DISTINCT", "WITH",   "COLLATE", "CAST",
	"OVER",	  "PARTITION", "RECURSIVE", "DEFAULT",	 "DESC",     "FILTER", "AS",	  "ON",
	"OR",	  "IS",	       "IN",	    "ASC",	 NULL,
};

static const char *behind(const char *message, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(message, prefix, len) == 0 ? message + len : NULL;
}

struct names {
	const char *list[MAX_NAMES + 1];
	size_t n;
};

static void add_name(struct names *names, const char *name)
{
	if (names->n < MAX_NAMES)
		names->list[names->n++] = name;
	names->list[names->n] = NULL;
}

static const char *nearest(struct names *names, const char *word)
{
	names->list[names->n] = NULL;
	return og_nearest(word, names->list);
}

static void add_tables(const struct og_gate *gate, struct names *names)
{
	for (size_t i = 0; i < gate->n_barriers; i++)
		if (gate->barriers[i].rights->verbs)
			add_name(names, gate->barriers[i].rights->table);
}

static void add_columns(const struct og_barrier *barrier, struct names *names)
{
	for (int i = 0; barrier->table && i < barrier->n_shown; i++)
		add_name(names, og_barrier_column(barrier, i)->name);
}

/* The tables that the statement names: their columns are meant first. */
static void add_named_columns(const struct og_gate *gate, struct names *names)
{
	const char *at = gate->text, *end = at + strlen(at);
	struct og_sql_token token;

	while (og_sql_token(&at, end, &token))
		for (size_t i = 0; i < gate->n_barriers; i++)
			if (og_sql_is(&token, gate->barriers[i].rights->table))
				add_columns(&gate->barriers[i], names);
}

static const struct og_barrier *barrier_of(const struct og_gate *gate,
					   const struct og_sql_token *token)
{
	for (size_t i = 0; i < gate->n_barriers; i++)
		if (gate->barriers[i].rights->verbs &&
		    og_sql_is(token, gate->barriers[i].rights->table))
			return &gate->barriers[i];
	return NULL;
}

/* What "p" stands for: a table's name, or "products p", "products AS p". */
static const struct og_barrier *qualified(const struct og_gate *gate, const char *qualifier)
{
	const char *at = gate->text, *end = at + strlen(at);
	const struct og_barrier *before = NULL, *found = NULL;
	struct og_sql_token token;

	while (!found && og_sql_token(&at, end, &token)) {
		if (before && og_sql_is(&token, "AS"))
			continue;
		if (before && og_sql_is(&token, qualifier))
			found = before;
		before = barrier_of(gate, &token);
		if (!found && before && og_sql_is(&token, qualifier))
			found = before;
	}
	return found;
}

static void suggest_table(struct og_gate *gate, const char *word)
{
	struct names names = { .n = 0 };
	const char *dot = strrchr(word, '.'), *found;

	add_tables(gate, &names);
	found = nearest(&names, dot ? dot + 1 : word);
	if (found)
		og_gate_fix(gate, "did you mean '%s'?", found);
	else
		og_gate_fix(gate, "`og-shield schema` lists the tables you can see");
}

/* Text in double quotes is a name to SQL. */
static int was_quoted(const struct og_gate *gate, const char *word)
{
	const char *at = gate->text, *end = at + strlen(at);
	struct og_sql_token token;

	while (og_sql_token(&at, end, &token))
		if (token.kind == OG_SQL_NAME && *token.start == '"' && og_sql_is(&token, word))
			return 1;
	return 0;
}

static void suggest_plain_column(struct og_gate *gate, const char *word)
{
	struct names names = { .n = 0 };
	const char *found;

	add_named_columns(gate, &names);
	found = nearest(&names, word);
	for (size_t i = 0; !found && names.n == 0 && i < gate->n_barriers; i++)
		add_columns(&gate->barriers[i], &names);
	if (!found)
		found = nearest(&names, word);
	if (found)
		og_gate_fix(gate, "did you mean '%s'?", found);
	else if (was_quoted(gate, word))
		og_gate_fix(gate, "text stands in single quotes; double quotes are for names");
}

/* "p.nmae": a column of what p is; or p is none of the statement's names. */
static void suggest_column(struct og_gate *gate, const char *word)
{
	const char *dot = strrchr(word, '.'), *found;
	const struct og_barrier *barrier;
	struct names names = { .n = 0 };
	char qualifier[MAX_WORD];

	if (!dot || (size_t)(dot - word) >= sizeof(qualifier)) {
		suggest_plain_column(gate, dot ? dot + 1 : word);
		return;
	}
	memcpy(qualifier, word, (size_t)(dot - word));
	qualifier[dot - word] = '\0';
	barrier = qualified(gate, qualifier);
	if (barrier)
		add_columns(barrier, &names);
	else
		add_tables(gate, &names);
	found = nearest(&names, barrier ? dot + 1 : qualifier);
	if (found && barrier)
		og_gate_fix(gate, "did you mean '%s.%s'?", qualifier, found);
	else if (found)
		og_gate_fix(gate, "did you mean '%s.%s'?", found, dot + 1);
	else
		suggest_plain_column(gate, dot + 1);
}

/* "table products has no column named nmae" */
static void suggest_insert_column(struct og_gate *gate, const char *rest)
{
	static const char middle[] = " has no column named ";
	const char *at = strstr(rest, middle);
	struct names names = { .n = 0 };
	const char *found;

	for (size_t i = 0; at && i < gate->n_barriers; i++)
		if (strlen(gate->barriers[i].rights->table) == (size_t)(at - rest) &&
		    strncmp(gate->barriers[i].rights->table, rest, (size_t)(at - rest)) == 0)
			add_columns(&gate->barriers[i], &names);
	found = at ? nearest(&names, at + sizeof(middle) - 1) : NULL;
	if (found)
		og_gate_fix(gate, "did you mean '%s'?", found);
}

static void suggest_function(struct og_gate *gate, const char *word)
{
	const char *found = og_nearest(word, og_gate_functions());

	if (found)
		og_gate_fix(gate, "did you mean %s()?", found);
}

/* A keyword that the word is a slip of: shorter words bear fewer slips. */
static const char *near_keyword(const char *word)
{
	size_t best = strlen(word) <= 4 ? 2 : 3;
	const char *found = NULL;

	for (size_t i = 0; keywords[i]; i++) {
		size_t distance = og_edit_distance(word, keywords[i]);

		if (distance == 0)
			return NULL;
		if (distance < best && strlen(word) > 2) {
			best = distance;
			found = keywords[i];
		}
	}
	return found;
}

/* The word the parser stumbled over, and the one before: `SELECT name FORM
 * products` makes sense up to its last word. */
static void words_at(const struct og_gate *gate, int offset, char word[MAX_WORD],
		     char before[MAX_WORD])
{
	const char *at = gate->text, *end = at + strlen(at);
	struct og_sql_token token;

	word[0] = before[0] = '\0';
	while (og_sql_token(&at, end, &token)) {
		memcpy(before, word, MAX_WORD);
		word[0] = '\0';
		if (token.kind == OG_SQL_WORD && token.len < MAX_WORD) {
			memcpy(word, token.start, token.len);
			word[token.len] = '\0';
		}
		if (token.start >= gate->text + offset)
			return;
	}
}

static int is_shown_name(const struct og_gate *gate, const char *word)
{
	struct names names = { .n = 0 };

	add_tables(gate, &names);
	add_named_columns(gate, &names);
	for (size_t i = 0; i < names.n; i++)
		if (og_ascii_casecmp(names.list[i], word) == 0)
			return 1;
	return 0;
}

static void suggest_keyword(struct og_gate *gate, int offset)
{
	char word[MAX_WORD], before[MAX_WORD];
	const char *found = NULL;

	if (offset < 0)
		return;
	words_at(gate, offset, word, before);
	if (!is_shown_name(gate, word))
		found = near_keyword(word);
	if (!found && !is_shown_name(gate, before))
		found = near_keyword(before);
	if (found)
		og_gate_fix(gate, "did you mean %s?", found);
}

void og_gate_hint(struct og_gate *gate, const char *message)
{
	int offset = sqlite3_error_offset(gate->agent);
	const char *name;

	if (gate->result && gate->result->verdict == OG_ALLOW)
		gate->result->offset = offset;
	og_gate_refuse(gate, OG_BAD_SQL, "sql", "%s", message);
	if ((name = behind(message, "no such table: ")))
		suggest_table(gate, name);
	else if ((name = behind(message, "no such column: ")))
		suggest_column(gate, name);
	else if ((name = behind(message, "table ")))
		suggest_insert_column(gate, name);
	else if ((name = behind(message, "no such function: ")))
		suggest_function(gate, name);
	else if (behind(message, "near \""))
		suggest_keyword(gate, offset);
	else if (behind(message, "incomplete input"))
		og_gate_fix(gate, "the statement is not complete");
}
