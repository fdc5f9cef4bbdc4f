/*
 * One proposed grant: which columns of a table a role sees, which read as
 * NULL, which it may set, and the reason. See propose.h.
 */
#include "lib/access/propose-internal.h"

#include <string.h>

#include "lib/base/text.h"

#define PREDICATE_MAX 8192 /* what a grant can hold, see grants.c */
#define NAMES_SHOWN   20
#define NAME_SHOWN    200

void og_proposal_names(struct og_buf *out, const json_t *names)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		size_t len = json_string_length(name);

		if (i == NAMES_SHOWN && json_array_size(names) > NAMES_SHOWN + 1) {
			og_buf_addf(out, " and %zu more", json_array_size(names) - i);
			return;
		}
		og_buf_adds(out, i ? ", " : "");
		og_utf8_repair(out, json_string_value(name), len < NAME_SHOWN ? len : NAME_SHOWN);
	}
}

void og_portion_release(struct og_portion *portion)
{
	json_decref(portion->visible);
	json_decref(portion->masked);
	json_decref(portion->settable);
	json_decref(portion->hidden[0]);
	json_decref(portion->hidden[1]);
}

int og_portion_init(struct og_portion *portion)
{
	*portion = (struct og_portion){ .visible = json_array(),
					.masked = json_array(),
					.settable = json_array(),
					.hidden = { json_array(), json_array() } };
	return portion->visible && portion->masked && portion->settable && portion->hidden[0] &&
	       portion->hidden[1];
}

enum fate { SEEN, MASKED, HIDDEN_COST, HIDDEN_INNER, HIDDEN };

static enum fate fate_of(const struct og_proposal_role *role, const struct og_fact *fact, int own,
			 enum og_column_sort sort)
{
	int of_persons = fact->sort == OG_TABLE_STAFF || fact->sort == OG_TABLE_PEOPLE;

	if (sort == OG_COLUMN_IMAGE)
		sort = of_persons ? OG_COLUMN_PRIVATE : OG_COLUMN_PLAIN;
	if (sort == OG_COLUMN_SECRET)
		return HIDDEN;
	if (role->kind == RUNS)
		return SEEN;
	if (sort == OG_COLUMN_COST)
		return HIDDEN_COST;
	if (role->kind == WORKS)
		return sort == OG_COLUMN_PRIVATE || (sort == OG_COLUMN_NOTE && of_persons) ||
				       (sort == OG_COLUMN_CONTACT && fact->sort == OG_TABLE_STAFF)
			       ? MASKED
			       : SEEN;
	if (sort == OG_COLUMN_INNER || sort == OG_COLUMN_NOTE)
		return HIDDEN_INNER;
	return own || sort == OG_COLUMN_PLAIN ? SEEN : HIDDEN;
}

static int is_settable(const struct og_fact *fact, const json_t *column, enum og_column_sort sort)
{
	const char *type = og_json_str(column, "type");

	return sort != OG_COLUMN_SECRET && sort != OG_COLUMN_PRIVATE &&
	       !og_json_int(column, "pk", 0) && !json_object_get(column, "generated") &&
	       og_ascii_casecmp(type ? type : "", "blob") != 0 &&
	       !og_fact_ref(fact, og_json_str(column, "name"));
}

/* Of a listing, customers see no reference to what they do not see. */
static int leads_outside(const struct og_proposal *p, const struct og_fact *fact,
			 const char *column)
{
	const struct og_fact_ref *ref = og_fact_ref(fact, column);

	return ref && p->facts->tables[ref->table].sort != OG_TABLE_LISTING;
}

int og_portion_sort(const struct og_proposal *p, const struct og_proposal_role *role,
		    const struct og_fact *fact, int own, struct og_portion *portion)
{
	json_t *column, *name;
	size_t i;

	json_array_foreach(fact->columns, i, column)
	{
		enum og_column_sort sort = og_column_sort(og_json_str(column, "name"));
		enum fate fate = fate_of(role, fact, own, sort);
		json_t *list = NULL;

		name = json_object_get(column, "name");
		if (fate == SEEN && role->kind == BUYS && !own &&
		    leads_outside(p, fact, json_string_value(name)))
			fate = HIDDEN;
		portion->n++;
		portion->secret |= sort == OG_COLUMN_SECRET;
		list = fate == SEEN	      ? portion->visible
		       : fate == MASKED	      ? portion->masked
		       : fate == HIDDEN_COST  ? portion->hidden[0]
		       : fate == HIDDEN_INNER ? portion->hidden[1]
					      : NULL;
		if (list && json_array_append(list, name) < 0)
			return og_fail_nomem(p->err);
		if (fate == SEEN && role->kind == RUNS && is_settable(fact, column, sort) &&
		    json_array_append(portion->settable, name) < 0)
			return og_fail_nomem(p->err);
	}
	return 0;
}

static int writes(const struct og_proposal_role *role, const struct og_fact *fact,
		  const struct og_portion *portion)
{
	return role->kind == RUNS && json_array_size(portion->settable) > 0 &&
	       (fact->sort == OG_TABLE_LISTING || fact->sort == OG_TABLE_PARTNER);
}

static const char *reason(const struct og_proposal_role *role, const struct og_fact *fact, int own)
{
	if (role->kind == RUNS)
		return fact->sort == OG_TABLE_GUARDED ? "confidential by its name: clearance 3"
						      : "who may grant sees everything";
	if (own)
		return "rows of one's own, by way of declared keys";
	if (role->kind == BUYS)
		return "a list to look things up in";
	switch (fact->sort) {
	case OG_TABLE_STAFF:
		return "colleagues";
	case OG_TABLE_PEOPLE:
		return "people one works for";
	case OG_TABLE_PARTNER:
		return "companies one works with";
	case OG_TABLE_LISTING:
		return "a list to look things up in";
	default:
		return "daily business";
	}
}

static void explain(const struct og_proposal_role *role, const struct og_fact *fact, int own,
		    const struct og_portion *portion, struct og_buf *out)
{
	size_t shown = json_array_size(portion->visible), masked = json_array_size(portion->masked);

	og_buf_adds(out, reason(role, fact, own));
	if (masked) {
		og_buf_adds(out, "; personal, read as NULL: ");
		og_proposal_names(out, portion->masked);
	}
	if (shown + masked < portion->n)
		og_buf_addf(out, "; %zu of %zu columns", shown + masked, portion->n);
	if (portion->secret)
		og_buf_adds(out, "; secrets are shown to nobody");
	if (writes(role, fact, portion))
		og_buf_adds(out, "; may correct what is no key");
}

/* "visible" closes the list only when something is left out. */
static int add_lists(struct og_proposal *p, json_t *grant, const struct og_portion *portion,
		     int may_write)
{
	size_t shown = json_array_size(portion->visible) + json_array_size(portion->masked);

	if (shown < portion->n &&
	    og_json_set(grant, "visible", json_incref(portion->visible), p->err) < 0)
		return -1;
	if (json_array_size(portion->masked) > 0 &&
	    og_json_set(grant, "masked", json_incref(portion->masked), p->err) < 0)
		return -1;
	return may_write ? og_json_set(grant, "settable", json_incref(portion->settable), p->err)
			 : 0;
}

/* 1: names so long that no predicate can hold them. */
static int add_predicate(struct og_proposal *p, json_t *grant, const struct og_proposal_role *role,
			 const struct og_fact *fact, int own)
{
	struct og_buf sql;
	int rc = 0;

	og_buf_init(&sql, OG_PROPOSAL_TEXT_MAX);
	if (own)
		og_facts_own(p->facts, fact, &sql);
	else if (role->kind == RUNS && fact->sort == OG_TABLE_GUARDED)
		og_buf_adds(&sql, ":clearance >= 3");
	if (og_buf_check(&sql, "predicate", p->err) < 0)
		rc = -1;
	else if (sql.len > PREDICATE_MAX)
		rc = 1;
	else if (sql.len)
		rc = og_json_set(grant, "predicate", json_string(sql.data), p->err);
	og_buf_release(&sql);
	return rc;
}

int og_propose_grant(struct og_proposal *p, const struct og_proposal_role *role,
		     const struct og_fact *fact, int own, const struct og_portion *portion)
{
	int may_write = writes(role, fact, portion), rc = -1, fits = 0;
	json_t *grant = json_pack("{s:s,s:s,s:[s]}", "subject", role->subject, "tbl", fact->name,
				  "verbs", "select");
	struct og_buf why;

	og_buf_init(&why, OG_PROPOSAL_TEXT_MAX);
	explain(role, fact, own, portion, &why);
	if (!grant || (may_write && json_array_append_new(json_object_get(grant, "verbs"),
							  json_string("update")) < 0))
		og_fail_nomem(p->err);
	else if (og_buf_check(&why, "reason", p->err) == 0 &&
		 add_lists(p, grant, portion, may_write) == 0 &&
		 (fits = add_predicate(p, grant, role, fact, own)) >= 0 &&
		 og_json_set(grant, "why", json_string(why.data), p->err) == 0)
		rc = fits == 0 && json_array_append(role->fresh, grant) < 0 ? og_fail_nomem(p->err)
									    : 0;
	json_decref(grant);
	og_buf_release(&why);
	return rc;
}
