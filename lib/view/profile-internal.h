/*
 * What a row set is like: its columns in order, what each holds and what
 * role it plays. Roles come from the values first and from the words of
 * the column's name second; they choose formats, charts and totals.
 */
#ifndef OG_VIEW_PROFILE_INTERNAL_H
#define OG_VIEW_PROFILE_INTERNAL_H

#include <stddef.h>

#include "lib/view/view.h"

enum role {
	ROLE_TEXT,
	ROLE_ID,
	ROLE_NUMBER,
	ROLE_MONEY,
	ROLE_STOCK,   /* a level that a reorder point belongs to */
	ROLE_REORDER, /* that point */
	ROLE_LIMIT,   /* an amount that others are held against */
	ROLE_DATE,
	ROLE_STATUS,
	ROLE_BOOL,
	ROLE_HASH,
};

struct column {
	const char *key; /* borrowed from the rows */
	enum role role;
	size_t values;	/* rows with a value that is not null */
	size_t numbers; /* of these, numbers */
	size_t bools, dates, hashes;
	double min, max, sum; /* of the numbers */
};

struct profile {
	const json_t *rows;
	size_t n_rows;
	size_t n_columns;
	size_t left_out; /* columns beyond OG_VIEW_COLUMNS */
	struct column columns[OG_VIEW_COLUMNS];
};

/* rows: array of objects, borrowed for as long as profile is used. */
void og_profile(const json_t *rows, struct profile *ret);

/* The first column of a role, or NULL. */
const struct column *og_profile_role(const struct profile *profile, enum role role);
/* The first column that names its row: text, every row its own. Or NULL. */
const struct column *og_profile_name(const struct profile *profile);
/* The first text column with fewer different values than rows. Or NULL. */
const struct column *og_profile_group(const struct profile *profile);
/* The column most worth drawing against others, or NULL. */
const struct column *og_profile_measure(const struct profile *profile);
/* Does adding up this column mean something? */
int og_column_adds(const struct column *column);
int og_column_numeric(const struct column *column);
/* The name the tree uses: "money", "number", "status", ... */
const char *og_role_format(enum role role);
/* Every value the same number? */
int og_column_constant(const struct column *column);

#endif
