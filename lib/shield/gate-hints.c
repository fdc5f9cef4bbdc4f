/*
 * What SQLite said about a statement, for a person: the message, and for a
 * misspelt table or column the nearest name. Only names that are visible
 * anyway are suggested.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

static const char *behind(const char *message, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(message, prefix, len) == 0 ? message + len : NULL;
}

/* Without "main." or a table's name in front. */
static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static void suggest(struct og_gate *gate, const char *word, const char **names, size_t n)
{
	const char *nearest;

	names[n] = NULL;
	nearest = og_nearest(last_part(word), names);
	if (nearest)
		og_gate_fix(gate, "did you mean '%s'?", nearest);
}

static void suggest_table(struct og_gate *gate, const char *word)
{
	const char **names = calloc(gate->n_barriers + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && i < gate->n_barriers; i++)
		if (gate->barriers[i].rights->verbs & OG_SELECT)
			names[n++] = gate->barriers[i].rights->table;
	if (names)
		suggest(gate, word, names, n);
	free(names);
}

#define MAX_NAMES 512

static void suggest_column(struct og_gate *gate, const char *word)
{
	const char **names = calloc(MAX_NAMES + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && i < gate->n_barriers; i++) {
		const struct og_barrier *barrier = &gate->barriers[i];

		for (int k = 0; barrier->table && k < barrier->n_shown && n < MAX_NAMES; k++)
			names[n++] = barrier->table->columns[barrier->shown[k].column].name;
	}
	if (names)
		suggest(gate, word, names, n);
	free(names);
}

void og_gate_explain(struct og_gate *gate, const char *message)
{
	const char *name;

	og_gate_refuse(gate, OG_BAD_SQL, "sql", "%s", message);
	if ((name = behind(message, "no such table: ")))
		suggest_table(gate, name);
	else if ((name = behind(message, "no such column: ")))
		suggest_column(gate, name);
}
