/*
 * Statements on the real file. They are ours: table and column names come
 * from the catalog and are quoted, values are bound, and the row predicate
 * stands in every one of them. Prepared once per plan and kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shield/gate-internal.h"

void og_barrier_predicate(const struct og_barrier *barrier, sqlite3_str *sql)
{
	const char *predicate = barrier->rights->predicate;

	sqlite3_str_appendf(sql, "(%s)", predicate ? predicate : "1");
}

static void number_args(struct og_inner *inner)
{
	char name[16];

	for (inner->n_args = 0; inner->n_args < 256; inner->n_args++) {
		int number;

		snprintf(name, sizeof(name), ":og%d", inner->n_args + 1);
		number = sqlite3_bind_parameter_index(inner->stmt, name);
		if (number == 0)
			return;
		inner->args[inner->n_args] = number;
	}
}

static struct og_inner *prepare(struct og_barrier *barrier, const char *key, og_inner_sql_fn *make)
{
	struct og_inner *inner = calloc(1, sizeof(*inner));
	sqlite3_str *text = sqlite3_str_new(barrier->gate->inner);
	char *sql;

	make(barrier, key, text);
	sql = sqlite3_str_finish(text);
	if (inner)
		inner->key = strdup(key);
	if (!inner || !inner->key || !sql ||
	    sqlite3_prepare_v3(barrier->gate->inner, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &inner->stmt, NULL) != SQLITE_OK) {
		og_gate_refuse(barrier->gate, OG_REFUSED, "bad-grant",
			       "the grant on '%s' cannot be used: %s", barrier->rights->table,
			       sqlite3_errmsg(barrier->gate->inner));
		if (inner)
			free(inner->key);
		free(inner);
		inner = NULL;
	}
	sqlite3_free(sql);
	if (!inner)
		return NULL;
	number_args(inner);
	inner->next = barrier->statements;
	barrier->statements = inner;
	return inner;
}

#define MAX_KEPT 48 /* plans of one table; hostile SQL can think of any number */

static void free_inner(struct og_inner *inner)
{
	sqlite3_finalize(inner->stmt);
	free(inner->key);
	free(inner);
}

/* The newest stand first; of those behind, the idle ones go. */
static void forget_old(struct og_barrier *barrier)
{
	struct og_inner **place = &barrier->statements;

	for (int i = 0; *place; i++) {
		struct og_inner *inner = *place;

		if (i < MAX_KEPT || inner->busy) {
			place = &inner->next;
			continue;
		}
		*place = inner->next;
		free_inner(inner);
	}
}

#define MAX_WATCHED 64

/* Notes what runs on the real file, each text once. */
static void watch(struct og_gate *gate, sqlite3_stmt *stmt)
{
	const char *sql = sqlite3_sql(stmt);
	json_t *known;
	size_t i;

	if (!gate->watched || json_array_size(gate->watched) >= MAX_WATCHED)
		return;
	json_array_foreach(gate->watched, i, known)
	{
		if (strcmp(json_string_value(known), sql) == 0)
			return;
	}
	json_array_append_new(gate->watched, json_string(sql));
}

struct og_inner *og_inner_get(struct og_barrier *barrier, const char *key, og_inner_sql_fn *make)
{
	struct og_inner *inner;

	for (inner = barrier->statements; inner; inner = inner->next)
		if (!inner->busy && strcmp(inner->key, key) == 0)
			break;
	if (!inner) {
		forget_old(barrier);
		inner = prepare(barrier, key, make);
	}
	if (!inner)
		return NULL;
	inner->busy = 1;
	watch(barrier->gate, inner->stmt);
	og_gate_bind_principal(barrier->gate, inner->stmt);
	return inner;
}

void og_inner_put(struct og_inner *inner)
{
	if (!inner)
		return;
	sqlite3_reset(inner->stmt);
	sqlite3_clear_bindings(inner->stmt);
	inner->busy = 0;
}

void og_inner_free_all(struct og_barrier *barrier)
{
	while (barrier->statements) {
		struct og_inner *inner = barrier->statements;

		barrier->statements = inner->next;
		free_inner(inner);
	}
}
