/*
 * What is known of the tables of a schema before anything is proposed:
 * what kind each is of, where its keys lead, and along which of them a
 * principal's own rows are found. Inside lib/access, for propose.c.
 */
#ifndef OG_ACCESS_FACTS_H
#define OG_ACCESS_FACTS_H

#include <stddef.h>

#include "lib/access/names.h"
#include "lib/access/propose.h"

struct og_fact_ref {
	size_t table;		 /* index of the parent */
	const json_t *from, *to; /* names; to may be empty: its primary key */
	const char *suspected;	 /* no declared key: only this column's name says so */
};

struct og_fact {
	const json_t *table, *columns;
	const char *name;
	const char *unfit; /* why no grant can be made, or NULL */
	enum og_table_sort sort;
	int person; /* some word of its name is of people */
	int about;  /* it leads to people, dealings or what is guarded */
	int known;  /* it, or what it hangs together with, is recognised */
	struct og_fact_ref *refs;
	size_t n_refs;
	/* A principal's own rows: how many tables away, -1 for never. */
	int own;
	const char *own_column;		    /* own 0: this holds the principal's number */
	const struct og_fact_ref *own_up;   /* else: by way of its parent */
	int links;			    /* it only says which row of people a principal is */
	const struct og_fact_ref *own_link; /* or of a table that links to it, */
	size_t own_linker;		    /* which is this one */
};

struct og_facts {
	struct og_fact *tables;
	size_t n;
};

/* shape: of og_access_shape(); it has to stay as long. */
int og_facts_new(const json_t *shape, struct og_facts **ret, struct og_err *err);
void og_facts_free(struct og_facts *facts);

/* The condition for which rows of t are a principal's own, as a predicate.
 * Appends; the table's own is not -1. */
void og_facts_own(const struct og_facts *facts, const struct og_fact *fact, struct og_buf *out);

/* The reference that leaves by this column alone or with others; NULL. */
const struct og_fact_ref *og_fact_ref(const struct og_fact *fact, const char *column);

#endif
