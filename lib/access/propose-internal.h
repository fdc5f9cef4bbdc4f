/*
 * Shared inside the proposal of grants: propose.c decides which role gets
 * which tables and asks what is left, propose-grant.c makes one grant.
 */
#ifndef OG_ACCESS_PROPOSE_INTERNAL_H
#define OG_ACCESS_PROPOSE_INTERNAL_H

#include <stddef.h>

#include "lib/access/access.h"
#include "lib/access/facts.h"
#include "lib/base/buf.h"

#define OG_PROPOSAL_TEXT_MAX ((size_t)4 << 20) /* of a reason, a question, an answer */

struct og_proposal {
	const json_t *known;
	struct og_facts *facts;
	json_t *grants, *questions;
	struct og_err *err;
};

enum og_proposal_kind { RUNS, WORKS, BUYS, UNCLEAR };

struct og_proposal_role {
	const char *name;
	char subject[OG_SUBJECT_MAX + 1];
	enum og_proposal_kind kind;
	json_t *fresh; /* grants proposed for it */
};

/* The columns of a table as a role gets them. */
struct og_portion {
	json_t *visible, *masked, *settable;
	json_t *hidden[2]; /* what the house pays, what is its own business */
	size_t n;	   /* of the table */
	int secret;	   /* some are shown to nobody */
};

/* 0 without memory, else 1; to be released in any case. */
int og_portion_init(struct og_portion *portion);
void og_portion_release(struct og_portion *portion);
/* own: of rows that are the role's own. -1 with p->err. */
int og_portion_sort(const struct og_proposal *p, const struct og_proposal_role *role,
		    const struct og_fact *fact, int own, struct og_portion *portion);

/* Adds the grant with its reason to role->fresh, unless its names are so
 * long that no predicate holds them. -1 with p->err. */
int og_propose_grant(struct og_proposal *p, const struct og_proposal_role *role,
		     const struct og_fact *fact, int own, const struct og_portion *portion);

/* A few of the names, for people. */
void og_proposal_names(struct og_buf *out, const json_t *names);

#endif
