/* What the columns of a row set hold; see the header. */
#include "lib/view/profile-internal.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"

#define DISTINCT_ROWS 200 /* rows looked at when asking whether values differ */
#define WORD_MAX      32

/* Words of a column's name that say what its numbers are. */
static const char *const money_words[] = { "price",   "amount", "cost",	    "revenue",
					   "sales",   "spend",	"spending", "value",
					   "balance", "paid",	NULL };
static const char *const additive_words[] = { "amount",	  "cost",  "revenue", "sales", "spend",
					      "spending", "value", "total",   "units", NULL };
static const char *const stock_words[] = { "stock", "inventory", "hand", NULL };
static const char *const reorder_words[] = { "reorder", "minimum", "threshold", NULL };
static const char *const limit_words[] = { "limit", "ceiling", NULL };
static const char *const status_words[] = {
	"status", "state", "verdict", "flag", "severity", NULL
};

static int listed(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (og_ascii_casecmp(word, *words) == 0)
			return 1;
	return 0;
}

static int is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* How long the first word of name is: up to a gap, or to a capital behind a
 * small letter (UnitPrice). */
static size_t word_length(const char *name)
{
	size_t gap = strcspn(name, "_- ."), len = gap ? 1 : 0;

	while (len < gap && !(is_upper(name[len]) && !is_upper(name[len - 1])))
		len++;
	return len;
}

/* Is one of the words of name in words? */
static int says(const char *name, const char *const *words)
{
	while (*name) {
		char word[WORD_MAX];
		size_t len = word_length(name);

		if (len > 0 && len < WORD_MAX) {
			memcpy(word, name, len);
			word[len] = '\0';
			if (listed(word, words))
				return 1;
		}
		name += len;
		name += *name && strchr("_- .", *name) ? 1 : 0;
	}
	return 0;
}

static const char *last_word(const char *name)
{
	const char *last = name;

	for (const char *at = name; *at; at++)
		if (*at == '_' || *at == ' ' || *at == '-')
			last = at + 1;
		else if (at > name && is_upper(*at) && !is_upper(at[-1]))
			last = at;
	return last;
}

static int is_hash(const char *text, size_t len)
{
	return len == 64 && strspn(text, "0123456789abcdef") == 64;
}

static void look(struct column *column, const json_t *value)
{
	if (!value || json_is_null(value))
		return;
	column->values++;
	if (json_is_number(value)) {
		double number = og_value_number(value);

		if (column->numbers == 0 || number < column->min)
			column->min = number;
		if (column->numbers == 0 || number > column->max)
			column->max = number;
		column->sum += number;
		column->numbers++;
	} else if (json_is_boolean(value)) {
		column->bools++;
	} else if (json_is_string(value)) {
		const char *text = json_string_value(value);
		size_t len = json_string_length(value);

		column->dates += (size_t)og_is_date(text, len);
		column->hashes += (size_t)is_hash(text, len);
	}
}

/* The column called key; next is where it is expected. */
static struct column *find(struct profile *profile, const char *key, size_t next)
{
	if (next < profile->n_columns && strcmp(profile->columns[next].key, key) == 0)
		return &profile->columns[next];
	for (size_t i = 0; i < profile->n_columns; i++)
		if (strcmp(profile->columns[i].key, key) == 0)
			return &profile->columns[i];
	if (profile->n_columns == OG_VIEW_COLUMNS) {
		profile->left_out++;
		return NULL;
	}
	profile->columns[profile->n_columns].key = key;
	return &profile->columns[profile->n_columns++];
}

static enum role number_role(const struct column *column)
{
	const char *last = last_word(column->key);

	if (og_ascii_casecmp(last, "id") == 0)
		return ROLE_ID;
	if (says(column->key, reorder_words))
		return ROLE_REORDER;
	if (says(column->key, limit_words))
		return ROLE_LIMIT;
	if (says(column->key, money_words) || og_ascii_casecmp(last, "total") == 0)
		return ROLE_MONEY;
	if (says(column->key, stock_words))
		return ROLE_STOCK;
	return ROLE_NUMBER;
}

static enum role role_of(const struct column *column)
{
	if (column->values == 0)
		return ROLE_TEXT;
	if (column->numbers == column->values)
		return number_role(column);
	if (column->bools == column->values)
		return ROLE_BOOL;
	if (column->dates == column->values)
		return ROLE_DATE;
	if (column->hashes == column->values)
		return ROLE_HASH;
	return says(column->key, status_words) ? ROLE_STATUS : ROLE_TEXT;
}

void og_profile(const json_t *rows, struct profile *ret)
{
	const char *key;
	json_t *row, *value;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->rows = rows;
	ret->n_rows = json_array_size(rows);
	json_array_foreach(rows, i, row)
	{
		size_t next = 0;

		json_object_foreach(row, key, value)
		{
			struct column *column = find(ret, key, next++);

			if (column)
				look(column, value);
		}
	}
	for (i = 0; i < ret->n_columns; i++)
		ret->columns[i].role = role_of(&ret->columns[i]);
}

const struct column *og_profile_role(const struct profile *profile, enum role role)
{
	for (size_t i = 0; i < profile->n_columns; i++)
		if (profile->columns[i].role == role)
			return &profile->columns[i];
	return NULL;
}

/* Does any value come twice among the first rows? */
static int repeats(const struct profile *profile, const char *key)
{
	size_t n = profile->n_rows < DISTINCT_ROWS ? profile->n_rows : DISTINCT_ROWS;
	const char *seen[DISTINCT_ROWS];

	for (size_t i = 0; i < n; i++) {
		seen[i] = og_text_of(json_array_get(profile->rows, i), key);
		for (size_t j = 0; j < i; j++)
			if (strcmp(seen[i], seen[j]) == 0)
				return 1;
	}
	return 0;
}

const struct column *og_profile_name(const struct profile *profile)
{
	for (size_t i = 0; i < profile->n_columns; i++) {
		const struct column *column = &profile->columns[i];

		if (column->role == ROLE_TEXT && column->values == profile->n_rows &&
		    column->numbers == 0 && !repeats(profile, column->key))
			return column;
	}
	return NULL;
}

const struct column *og_profile_group(const struct profile *profile)
{
	for (size_t i = 0; i < profile->n_columns; i++) {
		const struct column *column = &profile->columns[i];

		if (column->role == ROLE_TEXT && column->values == profile->n_rows &&
		    column->numbers == 0 && repeats(profile, column->key))
			return column;
	}
	return NULL;
}

int og_column_numeric(const struct column *column)
{
	return column->role == ROLE_NUMBER || column->role == ROLE_MONEY ||
	       column->role == ROLE_STOCK;
}

int og_column_adds(const struct column *column)
{
	if (column->role == ROLE_STOCK)
		return 1;
	return og_column_numeric(column) && says(column->key, additive_words) &&
	       !says(column->key, (const char *const[]){ "unit", NULL });
}

const struct column *og_profile_measure(const struct profile *profile)
{
	const struct column *best = NULL;

	for (size_t i = 0; i < profile->n_columns; i++) {
		const struct column *column = &profile->columns[i];

		if (!og_column_numeric(column) || column->values != profile->n_rows)
			continue;
		if (og_column_adds(column))
			return column;
		if (!best)
			best = column;
	}
	return best;
}

const char *og_role_format(enum role role)
{
	static const char *const formats[] = { "text",	 "id",	   "number", "money",
					       "number", "number", "money",  "date",
					       "status", "bool",   "hash" };

	return formats[role];
}

int og_column_constant(const struct column *column)
{
	return column->numbers > 0 && column->numbers == column->values &&
	       !(column->min < column->max);
}
