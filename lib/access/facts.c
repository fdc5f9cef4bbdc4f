/* See facts.h. */
#include "lib/access/facts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define CHAIN_MAX 4 /* tables between a row and its principal */
#define LOWER_MAX 512

/* --- where keys lead ------------------------------------------------------- */

/* Lower case, as SQLite compares names. 0: too long to be one of ours. */
static int lower(const char *name, char out[LOWER_MAX])
{
	size_t len = strlen(name);

	if (len >= LOWER_MAX)
		return 0;
	for (size_t i = 0; i <= len; i++)
		out[i] = (char)og_ascii_lower((unsigned char)name[i]);
	return 1;
}

static json_t *index_names(const struct og_facts *facts)
{
	json_t *index = json_object();
	char name[LOWER_MAX];

	for (size_t i = 0; index && i < facts->n; i++)
		if (lower(facts->tables[i].name, name) &&
		    json_object_set_new(index, name, json_integer((json_int_t)i)) < 0) {
			json_decref(index);
			return NULL;
		}
	return index;
}

static const json_t *find_name(const json_t *index, const char *stem, const char *ending)
{
	char name[LOWER_MAX + 8];

	og_text_format(name, sizeof(name), "%s%s", stem, ending);
	return json_object_get(index, name);
}

/* The table that a column customer_id, CustomerID or customer seems to
 * mean; NULL. */
static const json_t *suspect(const json_t *index, const char *column)
{
	static const char *const endings[] = { "", "s", "es" };
	char stem[LOWER_MAX];
	const json_t *found = NULL;
	size_t len;

	if (!lower(column, stem))
		return NULL;
	len = strlen(stem);
	if (len > 2 && strcmp(stem + len - 2, "id") == 0)
		len -= 2;
	else if (len > 2 && strcmp(stem + len - 2, "no") == 0)
		len -= 2;
	while (len > 0 && (stem[len - 1] == '_' || stem[len - 1] == ' '))
		len--;
	stem[len] = '\0';
	for (size_t i = 0; len > 2 && !found && i < sizeof(endings) / sizeof(*endings); i++)
		found = find_name(index, stem, endings[i]);
	if (!found && len > 2 && stem[len - 1] == 'y') {
		stem[len - 1] = '\0';
		found = find_name(index, stem, "ies");
	}
	return found;
}

const struct og_fact_ref *og_fact_ref(const struct og_fact *fact, const char *column)
{
	size_t k;
	json_t *from;

	for (size_t i = 0; i < fact->n_refs; i++) {
		const struct og_fact_ref *ref = &fact->refs[i];

		if (ref->suspected && strcmp(ref->suspected, column) == 0)
			return ref;
		json_array_foreach(ref->from, k, from)
		{
			if (og_ascii_casecmp(json_string_value(from), column) == 0)
				return ref;
		}
	}
	return NULL;
}

static struct og_fact_ref *add_ref(struct og_fact *fact, const json_t *table)
{
	struct og_fact_ref *ref = &fact->refs[fact->n_refs++];

	ref->table = (size_t)json_integer_value(table);
	return ref;
}

/* Declared keys first; then columns whose name is that of a table. */
static int find_refs(struct og_facts *facts, size_t self, const json_t *index, struct og_err *err)
{
	struct og_fact *fact = &facts->tables[self];
	const json_t *keys = json_object_get(fact->table, "keys");
	json_t *item;
	size_t i, room = json_array_size(keys) + json_array_size(fact->columns);
	char name[LOWER_MAX];

	fact->refs = calloc(room + 1, sizeof(*fact->refs));
	if (!fact->refs)
		return og_fail_nomem(err);
	json_array_foreach(keys, i, item)
	{
		const char *parent = og_json_str(item, "table");
		const json_t *at =
			parent && lower(parent, name) ? json_object_get(index, name) : NULL;
		struct og_fact_ref *ref = at ? add_ref(fact, at) : NULL;

		if (ref) {
			ref->from = json_object_get(item, "from");
			ref->to = json_object_get(item, "to");
		}
	}
	json_array_foreach(fact->columns, i, item)
	{
		const char *column = og_json_str(item, "name");
		const json_t *at = og_fact_ref(fact, column) ? NULL : suspect(index, column);

		if (at && (size_t)json_integer_value(at) != self)
			add_ref(fact, at)->suspected = column;
	}
	return 0;
}

/* --- what follows from them ------------------------------------------------- */

static int of_people(const struct og_fact *fact)
{
	return fact->person || fact->sort == OG_TABLE_GUARDED || fact->sort == OG_TABLE_STAFF ||
	       fact->sort == OG_TABLE_PEOPLE || fact->sort == OG_TABLE_DEALING;
}

/* Both spread along the keys until nothing changes. */
static void spread(struct og_facts *facts)
{
	int changed = 1;

	while (changed) {
		changed = 0;
		for (size_t i = 0; i < facts->n; i++) {
			struct og_fact *fact = &facts->tables[i];

			for (size_t k = 0; k < fact->n_refs; k++) {
				struct og_fact *parent = &facts->tables[fact->refs[k].table];

				if (!fact->about && parent->about)
					changed = fact->about = 1;
				if (!fact->refs[k].suspected && fact->known != parent->known)
					changed = fact->known = parent->known = 1;
			}
		}
	}
}

static const char *single_key(const struct og_fact *fact)
{
	const char *key = NULL;
	json_t *column;
	size_t i;
	int n = 0;

	json_array_foreach(fact->columns, i, column)
	{
		if (og_json_int(column, "pk", 0) > 0) {
			key = og_json_str(column, "name");
			n++;
		}
	}
	return n == 1 ? key : NULL;
}

/* Where a principal's number stands: a column named so, or the id of a
 * table users. */
static void find_anchor(struct og_fact *fact)
{
	json_t *column;
	size_t i;

	json_array_foreach(fact->columns, i, column)
	{
		const char *name = og_json_str(column, "name");
		int users = og_ascii_casecmp(fact->name, "users") == 0 &&
			    og_ascii_casecmp(name, "id") == 0 && og_json_int(column, "pk", 0) == 1;

		if (!fact->unfit && (users || og_column_principal(name)) && fact->own < 0) {
			fact->own = 0;
			fact->own_column = name;
		}
	}
}

/* A table of one row per principal that says which row of people is them. */
static void follow_link(struct og_facts *facts, size_t self)
{
	struct og_fact *fact = &facts->tables[self];
	const char *key = single_key(fact);

	if (fact->own != 0 || !key || strcmp(key, fact->own_column) != 0)
		return;
	for (size_t k = 0; k < fact->n_refs; k++) {
		const struct og_fact_ref *ref = &fact->refs[k];
		struct og_fact *parent = &facts->tables[ref->table];

		if (ref->suspected || parent->own >= 0 || parent->unfit ||
		    (parent->sort != OG_TABLE_PEOPLE && parent->sort != OG_TABLE_STAFF))
			continue;
		fact->links = 1;
		parent->own = 1;
		parent->own_link = ref;
		parent->own_linker = self;
	}
}

static void find_own(struct og_facts *facts)
{
	for (size_t i = 0; i < facts->n; i++)
		find_anchor(&facts->tables[i]);
	for (size_t i = 0; i < facts->n; i++)
		follow_link(facts, i);
	for (int far = 0; far < CHAIN_MAX; far++)
		for (size_t i = 0; i < facts->n; i++) {
			struct og_fact *fact = &facts->tables[i];

			for (size_t k = 0; k < fact->n_refs && fact->own < 0 && !fact->unfit; k++)
				if (!fact->refs[k].suspected &&
				    facts->tables[fact->refs[k].table].own == far) {
					fact->own = far + 1;
					fact->own_up = &fact->refs[k];
				}
		}
}

/* --- their own rows, as SQL -------------------------------------------------- */

static void add_quoted(struct og_buf *out, const char *name)
{
	og_buf_addc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			og_buf_addc(out, '"');
		og_buf_addc(out, *name);
	}
	og_buf_addc(out, '"');
}

static void add_column(struct og_buf *out, int alias, const char *name)
{
	if (alias)
		og_buf_addf(out, "o%d.", alias);
	else
		og_buf_adds(out, "t.");
	add_quoted(out, name);
}

/* The k-th column of the parent that a key names, or of its primary key. */
static const char *parent_column(const struct og_fact *parent, const json_t *to, size_t k)
{
	const char *name = json_string_value(json_array_get(to, k));
	json_t *column;
	size_t i;

	json_array_foreach(parent->columns, i, column)
	{
		if (!name && og_json_int(column, "pk", 0) == (int64_t)k + 1)
			name = og_json_str(column, "name");
	}
	return name ? name : "rowid";
}

static void add_join(struct og_buf *out, const struct og_fact_ref *ref,
		     const struct og_fact *parent, int child_alias, int parent_alias)
{
	json_t *from;
	size_t k;

	json_array_foreach(ref->from, k, from)
	{
		og_buf_adds(out, k ? " AND " : "");
		add_column(out, parent_alias, parent_column(parent, ref->to, k));
		og_buf_adds(out, " = ");
		add_column(out, child_alias, json_string_value(from));
	}
}

/* One EXISTS inside the other. */
static void add_own(const struct og_facts *facts, const struct og_fact *fact, int alias,
		    struct og_buf *out)
{
	const struct og_fact *next;

	if (fact->own_column) {
		add_column(out, alias, fact->own_column);
		og_buf_adds(out, " = :principal_id");
		return;
	}
	next = &facts->tables[fact->own_link ? fact->own_linker : fact->own_up->table];
	og_buf_adds(out, "EXISTS (SELECT 1 FROM ");
	add_quoted(out, next->name);
	og_buf_addf(out, " o%d WHERE ", alias + 1);
	if (fact->own_link)
		add_join(out, fact->own_link, fact, alias + 1, alias);
	else
		add_join(out, fact->own_up, next, alias, alias + 1);
	og_buf_adds(out, " AND ");
	add_own(facts, next, alias + 1, out);
	og_buf_addc(out, ')');
}

void og_facts_own(const struct og_facts *facts, const struct og_fact *fact, struct og_buf *out)
{
	add_own(facts, fact, 0, out);
}

/* --- all of it ---------------------------------------------------------------- */

static void read_table(struct og_fact *fact, const json_t *table)
{
	fact->table = table;
	fact->columns = json_object_get(table, "columns");
	fact->name = og_json_str(table, "name");
	fact->unfit = og_json_str(table, "unfit");
	fact->own = -1;
	fact->sort = og_table_sort(fact->name, &fact->person);
	fact->about = of_people(fact);
	fact->known = fact->sort != OG_TABLE_UNKNOWN;
}

static int fill(struct og_facts *facts, const json_t *shape, struct og_err *err)
{
	json_t *table, *index;
	size_t i;
	int rc = 0;

	json_array_foreach(shape, i, table)
	{
		if (!og_json_str(table, "name"))
			return og_fail(err, OG_EDATA, "schema: table %zu has no name", i + 1);
		read_table(&facts->tables[i], table);
		facts->n++;
	}
	index = index_names(facts);
	if (!index)
		return og_fail_nomem(err);
	for (i = 0; rc == 0 && i < facts->n; i++)
		rc = find_refs(facts, i, index, err);
	json_decref(index);
	if (rc < 0)
		return -1;
	spread(facts);
	find_own(facts);
	return 0;
}

int og_facts_new(const json_t *shape, struct og_facts **ret, struct og_err *err)
{
	struct og_facts *facts = calloc(1, sizeof(*facts));

	if (facts)
		facts->tables = calloc(json_array_size(shape) + 1, sizeof(*facts->tables));
	if (!facts || !facts->tables) {
		og_facts_free(facts);
		return og_fail_nomem(err);
	}
	if (fill(facts, shape, err) < 0) {
		og_facts_free(facts);
		return -1;
	}
	*ret = facts;
	return 0;
}

void og_facts_free(struct og_facts *facts)
{
	if (!facts)
		return;
	for (size_t i = 0; i < facts->n; i++)
		free(facts->tables[i].refs);
	free(facts->tables);
	free(facts);
}
