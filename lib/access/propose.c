/*
 * From facts to grants. Three kinds of roles are told by their rights: who
 * may grant runs the instance, who has another right works here, who has
 * none and is called so is a customer. See propose.h.
 */
#include "lib/access/propose.h"

#include <string.h>

#include "lib/access/facts.h"
#include "lib/base/text.h"

#define COLUMNS_MAX   1000 /* what a grant can list, see grants.c */
#define PREDICATE_MAX 8192 /* the same */
#define NAMES_SHOWN   20
#define NAME_SHOWN    200
#define WHY_MAX	      ((size_t)4 << 20)

struct proposal {
	const json_t *known;
	struct og_facts *facts;
	json_t *grants, *questions;
	struct og_err *err;
};

enum kind { RUNS, WORKS, BUYS, UNCLEAR };

struct role {
	const char *name;
	char subject[OG_SUBJECT_MAX + 1];
	enum kind kind;
	json_t *fresh; /* grants proposed for it */
};

static enum kind kind_of(const json_t *role)
{
	const json_t *rights = json_object_get(role, "rights");
	enum og_table_sort sort;
	json_t *right;
	size_t i;
	int person;

	json_array_foreach(rights, i, right)
	{
		if (strcmp(json_string_value(right), "grant") == 0)
			return RUNS;
	}
	if (json_array_size(rights) > 0)
		return WORKS;
	sort = og_table_sort(og_json_str(role, "name"), &person);
	return sort == OG_TABLE_STAFF ? WORKS : sort == OG_TABLE_PEOPLE ? BUYS : UNCLEAR;
}

/* --- questions -------------------------------------------------------------- */

/* A name between quotation marks, and an argument as the shell takes it. */
static void add_argument(struct og_buf *out, const char *text)
{
	og_buf_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			og_buf_adds(out, "'\\'");
		og_buf_addc(out, *text);
	}
	og_buf_addc(out, '\'');
}

/* Takes both buffers' text; answer may be empty. */
static int ask(struct proposal *p, const char *about, struct og_buf *question,
	       struct og_buf *answer)
{
	json_t *item = NULL;
	int rc = -1;

	if (og_buf_check(question, "question", p->err) == 0 &&
	    og_buf_check(answer, "answer", p->err) == 0) {
		item = json_pack("{s:s,s:s}", "about", about, "question", question->data);
		rc = item ? 0 : og_fail_nomem(p->err);
	}
	if (rc == 0 && answer->len)
		rc = og_json_set(item, "answer", json_string(answer->data), p->err);
	if (rc == 0 && json_array_append(p->questions, item) < 0)
		rc = og_fail_nomem(p->err);
	json_decref(item);
	og_buf_release(question);
	og_buf_release(answer);
	return rc;
}

/* A few of them; a text is for people. */
static void add_names(struct og_buf *out, const json_t *names)
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

/* May the role see these columns, too? */
static int ask_columns(struct proposal *p, const struct role *role, const char *table,
		       const json_t *columns, const char *what)
{
	struct og_buf question, answer;

	if (json_array_size(columns) == 0)
		return 0;
	og_buf_init(&question, WHY_MAX);
	og_buf_init(&answer, WHY_MAX);
	og_buf_addf(&question, "may %s see %s: ", role->name, what);
	add_names(&question, columns);
	og_buf_adds(&question, "? then add them to \"visible\"");
	return ask(p, table, &question, &answer);
}

/* --- one grant ---------------------------------------------------------------- */

/* The columns of a table as a role gets them. */
struct view {
	json_t *visible, *masked, *settable;
	json_t *hidden[2]; /* what the house pays, what is its own business */
	size_t n;	   /* of the table */
	int secret;	   /* some are shown to nobody */
};

static void view_release(struct view *view)
{
	json_decref(view->visible);
	json_decref(view->masked);
	json_decref(view->settable);
	json_decref(view->hidden[0]);
	json_decref(view->hidden[1]);
}

static int view_init(struct view *view)
{
	*view = (struct view){ .visible = json_array(),
			       .masked = json_array(),
			       .settable = json_array(),
			       .hidden = { json_array(), json_array() } };
	return view->visible && view->masked && view->settable && view->hidden[0] &&
	       view->hidden[1];
}

enum fate { SEEN, MASKED, HIDDEN_COST, HIDDEN_INNER, HIDDEN };

static enum fate fate_of(const struct role *role, const struct og_fact *fact, int own,
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
static int leads_outside(const struct proposal *p, const struct og_fact *fact, const char *column)
{
	const struct og_fact_ref *ref = og_fact_ref(fact, column);

	return ref && p->facts->tables[ref->table].sort != OG_TABLE_LISTING;
}

static int sort_columns(const struct proposal *p, const struct role *role,
			const struct og_fact *fact, int own, struct view *view)
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
		view->n++;
		view->secret |= sort == OG_COLUMN_SECRET;
		list = fate == SEEN	      ? view->visible
		       : fate == MASKED	      ? view->masked
		       : fate == HIDDEN_COST  ? view->hidden[0]
		       : fate == HIDDEN_INNER ? view->hidden[1]
					      : NULL;
		if (list && json_array_append(list, name) < 0)
			return og_fail_nomem(p->err);
		if (fate == SEEN && role->kind == RUNS && is_settable(fact, column, sort) &&
		    json_array_append(view->settable, name) < 0)
			return og_fail_nomem(p->err);
	}
	return 0;
}

static int writes(const struct role *role, const struct og_fact *fact, const struct view *view)
{
	return role->kind == RUNS && json_array_size(view->settable) > 0 &&
	       (fact->sort == OG_TABLE_LISTING || fact->sort == OG_TABLE_PARTNER);
}

static const char *reason(const struct role *role, const struct og_fact *fact, int own)
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

static void explain(const struct role *role, const struct og_fact *fact, int own,
		    const struct view *view, struct og_buf *out)
{
	size_t shown = json_array_size(view->visible), masked = json_array_size(view->masked);

	og_buf_adds(out, reason(role, fact, own));
	if (masked) {
		og_buf_adds(out, "; personal, read as NULL: ");
		add_names(out, view->masked);
	}
	if (shown + masked < view->n)
		og_buf_addf(out, "; %zu of %zu columns", shown + masked, view->n);
	if (view->secret)
		og_buf_adds(out, "; secrets are shown to nobody");
	if (writes(role, fact, view))
		og_buf_adds(out, "; may correct what is no key");
}

/* "visible" closes the list only when something is left out. */
static int add_lists(struct proposal *p, json_t *grant, const struct view *view, int may_write)
{
	size_t shown = json_array_size(view->visible) + json_array_size(view->masked);

	if (shown < view->n &&
	    og_json_set(grant, "visible", json_incref(view->visible), p->err) < 0)
		return -1;
	if (json_array_size(view->masked) > 0 &&
	    og_json_set(grant, "masked", json_incref(view->masked), p->err) < 0)
		return -1;
	return may_write ? og_json_set(grant, "settable", json_incref(view->settable), p->err) : 0;
}

/* 1: names so long that no predicate can hold them. */
static int add_predicate(struct proposal *p, json_t *grant, const struct role *role,
			 const struct og_fact *fact, int own)
{
	struct og_buf sql;
	int rc = 0;

	og_buf_init(&sql, WHY_MAX);
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

static int add_grant(struct proposal *p, const struct role *role, const struct og_fact *fact,
		     int own, const struct view *view)
{
	int may_write = writes(role, fact, view), rc = -1, fits = 0;
	json_t *grant = json_pack("{s:s,s:s,s:[s]}", "subject", role->subject, "tbl", fact->name,
				  "verbs", "select");
	struct og_buf why;

	og_buf_init(&why, WHY_MAX);
	explain(role, fact, own, view, &why);
	if (!grant || (may_write && json_array_append_new(json_object_get(grant, "verbs"),
							  json_string("update")) < 0))
		og_fail_nomem(p->err);
	else if (og_buf_check(&why, "reason", p->err) == 0 &&
		 add_lists(p, grant, view, may_write) == 0 &&
		 (fits = add_predicate(p, grant, role, fact, own)) >= 0 &&
		 og_json_set(grant, "why", json_string(why.data), p->err) == 0)
		rc = fits == 0 && json_array_append(role->fresh, grant) < 0 ? og_fail_nomem(p->err)
									    : 0;
	json_decref(grant);
	og_buf_release(&why);
	return rc;
}

/* --- one table for one role ------------------------------------------------- */

static int granted(const struct proposal *p, const struct role *role, const char *table)
{
	json_t *grant;
	size_t i;

	json_array_foreach(json_object_get(p->known, "grants"), i, grant)
	{
		const char *subject = og_json_str(grant, "subject");
		const char *tbl = og_json_str(grant, "tbl");

		if (subject && tbl && strcmp(subject, role->subject) == 0 &&
		    og_ascii_casecmp(tbl, table) == 0)
			return 1;
	}
	return 0;
}

/* Whether the role gets anything at all, and whether only rows of its own. */
static int decide(const struct role *role, const struct og_fact *fact, int *own)
{
	*own = 0;
	if (role->kind == RUNS)
		return 1;
	if (fact->sort == OG_TABLE_GUARDED)
		return 0;
	if (role->kind == WORKS)
		return fact->known;
	if (fact->sort == OG_TABLE_LISTING && !fact->about)
		return 1;
	*own = fact->own >= 0 && fact->sort != OG_TABLE_STAFF && !fact->links;
	return *own;
}

static int propose_one(struct proposal *p, const struct role *role, const struct og_fact *fact,
		       int own)
{
	struct view view;
	int rc = -1;

	if (!view_init(&view))
		og_fail_nomem(p->err);
	else if (sort_columns(p, role, fact, own, &view) == 0) {
		rc = 0;
		if (json_array_size(view.visible) > 0)
			rc = add_grant(p, role, fact, own, &view);
		if (rc == 0)
			rc = ask_columns(p, role, fact->name, view.hidden[0],
					 "what the house pays");
		if (rc == 0)
			rc = ask_columns(p, role, fact->name, view.hidden[1],
					 "what is the house's own business");
	}
	view_release(&view);
	return rc;
}

/* Tables left out for a role, in one question. */
static int ask_tables(struct proposal *p, const struct role *role, const json_t *names)
{
	const char *first = json_string_value(json_array_get(names, 0));
	struct og_buf question, answer;

	if (!first)
		return 0;
	og_buf_init(&question, WHY_MAX);
	og_buf_init(&answer, WHY_MAX);
	og_buf_addf(&question, "nothing is proposed to %s for these; may they see any? ",
		    role->name);
	add_names(&question, names);
	og_buf_addf(&answer, "og-shield grant --as owner %s", *first == '-' ? "-- " : "");
	add_argument(&answer, role->subject);
	og_buf_addc(&answer, ' ');
	add_argument(&answer, first);
	og_buf_adds(&answer, " select");
	return ask(p, role->subject, &question, &answer);
}

static int propose_role(struct proposal *p, const struct role *role)
{
	json_t *left_out = json_array();
	int rc = left_out ? 0 : og_fail_nomem(p->err), own;

	for (size_t i = 0; rc == 0 && i < p->facts->n; i++) {
		const struct og_fact *fact = &p->facts->tables[i];

		if (fact->unfit || json_array_size(fact->columns) > COLUMNS_MAX ||
		    granted(p, role, fact->name))
			continue;
		if (decide(role, fact, &own))
			rc = propose_one(p, role, fact, own);
		else if (json_array_append_new(left_out, json_string(fact->name)) < 0)
			rc = og_fail_nomem(p->err);
	}
	if (rc == 0)
		rc = ask_tables(p, role, left_out);
	json_decref(left_out);
	return rc;
}

/* --- what no role is asked for ------------------------------------------------ */

static int ask_unclear(struct proposal *p, const struct role *role)
{
	struct og_buf question, answer;

	og_buf_init(&question, WHY_MAX);
	og_buf_init(&answer, WHY_MAX);
	og_buf_addf(&question,
		    "what may %s see? neither its name nor its rights say; nothing is "
		    "proposed",
		    role->name);
	return ask(p, role->subject, &question, &answer);
}

static int ask_unfit(struct proposal *p, const struct og_fact *fact)
{
	struct og_buf question, answer;

	og_buf_init(&question, WHY_MAX);
	og_buf_init(&answer, WHY_MAX);
	if (fact->unfit)
		og_buf_addf(&question, "nobody can see it: %s", fact->unfit);
	else
		og_buf_addf(&question, "no grant can list its %zu columns; split it",
			    json_array_size(fact->columns));
	return ask(p, fact->name, &question, &answer);
}

/* The table of one row per principal that would say who is who. */
static void add_link_table(const struct og_fact *fact, const char *key, const char *type,
			   struct og_buf *answer)
{
	struct og_buf sql;

	og_buf_init(&sql, WHY_MAX);
	og_buf_addf(&sql,
		    "CREATE TABLE \"%s_principal\" (principal_id INT NOT NULL PRIMARY KEY, "
		    "\"%s\" %s REFERENCES \"%s\" (\"%s\"))",
		    fact->name, key, type, fact->name, key);
	og_buf_adds(answer, "og-shield ddl --as owner ");
	add_argument(answer, sql.data ? sql.data : "");
	og_buf_release(&sql);
}

/* People whom no row leads to: which of them is a principal? */
static int ask_who(struct proposal *p, const struct og_fact *fact)
{
	const char *key = NULL, *type = NULL;
	struct og_buf question, answer;
	json_t *column;
	size_t i;
	int n = 0;

	json_array_foreach(fact->columns, i, column)
	{
		if (og_json_int(column, "pk", 0) > 0 && ++n) {
			key = og_json_str(column, "name");
			type = og_json_str(column, "type");
		}
	}
	og_buf_init(&question, WHY_MAX);
	og_buf_init(&answer, WHY_MAX);
	og_buf_addf(
		&question,
		"which row of '%s' is a principal? nothing here says it, so nobody gets rows of "
		"their own; make a table of principal_id and its key, fill it, and propose "
		"again",
		fact->name);
	if (n == 1 && !strpbrk(fact->name, "\"\n\r") && !strpbrk(key, "\"\n\r"))
		add_link_table(fact, key, type ? type : "", &answer);
	return ask(p, fact->name, &question, &answer);
}

static int ask_rest(struct proposal *p)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->facts->n; i++) {
		const struct og_fact *fact = &p->facts->tables[i];

		if (fact->unfit || json_array_size(fact->columns) > COLUMNS_MAX)
			rc = ask_unfit(p, fact);
		else if (fact->sort == OG_TABLE_PEOPLE && fact->own < 0)
			rc = ask_who(p, fact);
	}
	return rc;
}

/* --- all of it ---------------------------------------------------------------- */

/* What the subject has stays; then what is new. */
static int put_together(struct proposal *p, const struct role *role)
{
	json_t *grant;
	size_t i;

	if (json_array_size(role->fresh) == 0)
		return 0;
	json_array_foreach(json_object_get(p->known, "grants"), i, grant)
	{
		const char *subject = og_json_str(grant, "subject");

		if (subject && strcmp(subject, role->subject) == 0 &&
		    json_array_append(p->grants, grant) < 0)
			return og_fail_nomem(p->err);
	}
	return json_array_extend(p->grants, role->fresh) < 0 ? og_fail_nomem(p->err) : 0;
}

static int propose_any(struct proposal *p, const json_t *item)
{
	struct role role = { .name = og_json_str(item, "name"), .fresh = json_array() };
	int rc = -1;

	if (!role.name || !role.fresh) {
		og_fail_nomem(p->err);
	} else {
		og_text_format(role.subject, sizeof(role.subject), "role:%s", role.name);
		role.kind = kind_of(item);
		rc = role.kind == UNCLEAR ? ask_unclear(p, &role) : propose_role(p, &role);
	}
	if (rc == 0)
		rc = put_together(p, &role);
	json_decref(role.fresh);
	return rc;
}

int og_grants_propose(const json_t *known, json_t **ret, struct og_err *err)
{
	struct proposal p = {
		.known = known, .grants = json_array(), .questions = json_array(), .err = err
	};
	json_t *role;
	size_t i;
	int rc = p.grants && p.questions ? 0 : og_fail_nomem(err);

	if (rc == 0)
		rc = og_facts_new(json_object_get(known, "tables"), &p.facts, err);
	json_array_foreach(json_object_get(known, "roles"), i, role)
	{
		if (rc == 0)
			rc = propose_any(&p, role);
	}
	if (rc == 0)
		rc = ask_rest(&p);
	if (rc == 0) {
		*ret = json_pack("{s:O,s:O}", "grants", p.grants, "questions", p.questions);
		rc = *ret ? 0 : og_fail_nomem(err);
	}
	og_facts_free(p.facts);
	json_decref(p.grants);
	json_decref(p.questions);
	return rc;
}
