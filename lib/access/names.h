/*
 * What the names of tables and columns say about what is in them. English,
 * and some German. Guessing here is done on the safe side: a name that is
 * taken for more than it is costs somebody a question, one that is taken
 * for less costs somebody their address.
 */
#ifndef OG_ACCESS_NAMES_H
#define OG_ACCESS_NAMES_H

enum og_column_sort {
	OG_COLUMN_PLAIN,
	OG_COLUMN_SECRET,  /* password, token */
	OG_COLUMN_PRIVATE, /* birth, salary */
	OG_COLUMN_IMAGE,   /* of a person, where the table is of persons */
	OG_COLUMN_NOTE,	   /* what is written about somebody */
	OG_COLUMN_CONTACT, /* email, phone, address */
	OG_COLUMN_COST,	   /* what the house pays */
	OG_COLUMN_INNER,   /* stock, reorder level: the house's own business */
	OG_COLUMN_PERSON,  /* a person's name */
};

enum og_table_sort {
	OG_TABLE_UNKNOWN,
	OG_TABLE_GUARDED, /* salaries, sessions, audits */
	OG_TABLE_STAFF,
	OG_TABLE_PEOPLE,  /* customers, members, users */
	OG_TABLE_PARTNER, /* suppliers, shippers */
	OG_TABLE_DEALING, /* orders, payments */
	OG_TABLE_LISTING, /* products, categories, regions */
};

enum og_column_sort og_column_sort(const char *name);
/* ret_person: some word of the name is of people, wherever it stands. */
enum og_table_sort og_table_sort(const char *name, int *ret_person);

/* True for principal, principal_id, PrincipalID: the documented name of a
 * column that holds a principal's number. */
int og_column_principal(const char *name);

#endif
