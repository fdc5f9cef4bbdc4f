/*
 * From facts to grants. Three kinds of roles are told by their rights: who
 * may grant runs the instance, who has another right works here, who has
 * none and is called so is a customer. See propose.h.
 */
#include "lib/access/propose.h"

#include <string.h>

#include "lib/access/propose-internal.h"
#include "lib/base/text.h"

#define COLUMNS_MAX 1000 /* what a grant can list, see grants.c */

static enum og_proposal_kind kind_of(const json_t *role)
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
static int ask(struct og_proposal *p, const char *about, struct og_buf *question,
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

/* May the role see these columns, too? */
static int ask_columns(struct og_proposal *p, const struct og_proposal_role *role,
		       const char *table, const json_t *columns, const char *what)
{
	struct og_buf question, answer;

	if (json_array_size(columns) == 0)
		return 0;
	og_buf_init(&question, OG_PROPOSAL_TEXT_MAX);
	og_buf_init(&answer, OG_PROPOSAL_TEXT_MAX);
	og_buf_addf(&question, "may %s see %s: ", role->name, what);
	og_proposal_names(&question, columns);
	og_buf_adds(&question, "? then add them to \"visible\"");
	return ask(p, table, &question, &answer);
}

/* --- one table for one role ------------------------------------------------- */

static int granted(const struct og_proposal *p, const struct og_proposal_role *role,
		   const char *table)
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
static int decide(const struct og_proposal_role *role, const struct og_fact *fact, int *own)
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

static int propose_one(struct og_proposal *p, const struct og_proposal_role *role,
		       const struct og_fact *fact, int own)
{
	struct og_portion view;
	int rc = -1;

	if (!og_portion_init(&view))
		og_fail_nomem(p->err);
	else if (og_portion_sort(p, role, fact, own, &view) == 0) {
		rc = 0;
		if (json_array_size(view.visible) > 0)
			rc = og_propose_grant(p, role, fact, own, &view);
		if (rc == 0)
			rc = ask_columns(p, role, fact->name, view.hidden[0],
					 "what the house pays");
		if (rc == 0)
			rc = ask_columns(p, role, fact->name, view.hidden[1],
					 "what is the house's own business");
	}
	og_portion_release(&view);
	return rc;
}

/* Tables left out for a role, in one question. */
static int ask_tables(struct og_proposal *p, const struct og_proposal_role *role,
		      const json_t *names)
{
	const char *first = json_string_value(json_array_get(names, 0));
	struct og_buf question, answer;

	if (!first)
		return 0;
	og_buf_init(&question, OG_PROPOSAL_TEXT_MAX);
	og_buf_init(&answer, OG_PROPOSAL_TEXT_MAX);
	og_buf_addf(&question, "nothing is proposed to %s for these; may they see any? ",
		    role->name);
	og_proposal_names(&question, names);
	og_buf_addf(&answer, "og-shield grant --as owner %s", *first == '-' ? "-- " : "");
	add_argument(&answer, role->subject);
	og_buf_addc(&answer, ' ');
	add_argument(&answer, first);
	og_buf_adds(&answer, " select");
	return ask(p, role->subject, &question, &answer);
}

static int propose_role(struct og_proposal *p, const struct og_proposal_role *role)
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

static int ask_unclear(struct og_proposal *p, const struct og_proposal_role *role)
{
	struct og_buf question, answer;

	og_buf_init(&question, OG_PROPOSAL_TEXT_MAX);
	og_buf_init(&answer, OG_PROPOSAL_TEXT_MAX);
	og_buf_addf(&question,
		    "what may %s see? neither its name nor its rights say; nothing is "
		    "proposed",
		    role->name);
	return ask(p, role->subject, &question, &answer);
}

static int ask_unfit(struct og_proposal *p, const struct og_fact *fact)
{
	struct og_buf question, answer;

	og_buf_init(&question, OG_PROPOSAL_TEXT_MAX);
	og_buf_init(&answer, OG_PROPOSAL_TEXT_MAX);
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

	og_buf_init(&sql, OG_PROPOSAL_TEXT_MAX);
	og_buf_addf(&sql,
		    "CREATE TABLE \"%s_principal\" (principal_id INT NOT NULL PRIMARY KEY, "
		    "\"%s\" %s REFERENCES \"%s\" (\"%s\"))",
		    fact->name, key, type, fact->name, key);
	og_buf_adds(answer, "og-shield ddl --as owner ");
	add_argument(answer, sql.data ? sql.data : "");
	og_buf_release(&sql);
}

/* People whom no row leads to: which of them is a principal? */
static int ask_who(struct og_proposal *p, const struct og_fact *fact)
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
	og_buf_init(&question, OG_PROPOSAL_TEXT_MAX);
	og_buf_init(&answer, OG_PROPOSAL_TEXT_MAX);
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

static int ask_rest(struct og_proposal *p)
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
static int put_together(struct og_proposal *p, const struct og_proposal_role *role)
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

static int propose_any(struct og_proposal *p, const json_t *item)
{
	struct og_proposal_role role = { .name = og_json_str(item, "name"), .fresh = json_array() };
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
	struct og_proposal p = {
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
