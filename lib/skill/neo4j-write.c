/*
 * Writing: constraints, skills in bundles that are statements of their own,
 * and taking one out.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/skill/neo4j-internal.h"

#define BUNDLE_BYTES ((size_t)3 << 20) /* of DOCs in one statement */
#define BUNDLE_NODES 256

static const char *const constraints[] = { "og_skill_name", "og_skill_id", "og_table_name",
					   "og_store_name" };
#define N_CONSTRAINTS (sizeof(constraints) / sizeof(constraints[0]))

/* Runs a statement of which only that it worked is of interest, or how many
 * rows it has. */
static int run_for_count(struct og_neo4j *neo4j, const struct og_neo4j_statement *statement,
			 json_t *parameters, size_t max, size_t *ret, struct og_err *err)
{
	json_t *rows;

	if (og_neo4j_run(neo4j, statement, parameters, max, &rows, err) < 0)
		return -1;
	*ret = json_array_size(rows);
	json_decref(rows);
	return 0;
}

/* --- whose it is ------------------------------------------------------------------- */

/* *ret_other: does another instance write there? *ret_seq: its number, 0
 * when nobody has written. */
static int read_owner(struct og_neo4j *neo4j, int *ret_other, int64_t *ret_seq, struct og_err *err)
{
	const json_t *row;
	const char *owner;
	json_t *rows;

	if (og_neo4j_run(neo4j, &og_neo4j_owner_st, json_object(), 1, &rows, err) < 0)
		return -1;
	row = json_array_get(rows, 0);
	owner = json_string_value(json_array_get(row, 0));
	*ret_other = row && (!owner || (*owner && strcmp(owner, neo4j->instance) != 0));
	*ret_seq = json_integer_value(json_array_get(row, 1));
	json_decref(rows);
	return 0;
}

static int anothers(struct og_err *err)
{
	og_fail(err, OG_ECONF, "the database is another instance's");
	return og_hint(err, "name another one in og.conf");
}

/* Nothing was written: was that because it may not be? -1, else 0. */
static int check_guard(struct og_neo4j *neo4j, struct og_err *err)
{
	int64_t seq;
	int other;

	if (read_owner(neo4j, &other, &seq, err) < 0)
		return -1;
	if (other)
		return anothers(err);
	if (seq <= neo4j->seq)
		return 0;
	og_fail(err, OG_ECONF,
		"it was told of entry %lld of the ledger, and this ledger is at %lld",
		(long long)seq, (long long)neo4j->seq);
	return og_hint(err, "'og doctor --fix' takes it for this ledger, if the other one is gone");
}

int og_neo4j_is_anothers(struct og_neo4j *neo4j, struct og_err *err)
{
	int64_t seq;
	int other;

	og_neo4j_begin(neo4j);
	return read_owner(neo4j, &other, &seq, err) < 0 ? og_neo4j_explain(neo4j, err) : other;
}

/* The parameters of what is written: members, which are taken, and those of
 * the guard. */
static json_t *guarded(const struct og_neo4j *neo4j, json_t *members)
{
	if (members &&
	    json_object_set_new(members, "instance", json_string(neo4j->instance)) == 0 &&
	    json_object_set_new(members, "seq", json_integer(neo4j->seq)) == 0)
		return members;
	json_decref(members);
	return NULL;
}

static int claim(struct og_neo4j *neo4j, struct og_err *err)
{
	size_t n;

	if (run_for_count(neo4j, &og_neo4j_claim_st, guarded(neo4j, json_object()), 1, &n, err) < 0)
		return -1;
	return n == 1 ? 0 : anothers(err);
}

/* --- constraints -------------------------------------------------------------------- */

static int count_missing(struct og_neo4j *neo4j, int *ret, struct og_err *err)
{
	json_t *names = json_array();
	size_t n;

	for (size_t i = 0; i < N_CONSTRAINTS; i++)
		json_array_append_new(names, json_string(constraints[i]));
	if (run_for_count(neo4j, &og_neo4j_constraints_st, json_pack("{s:o}", "names", names),
			  N_CONSTRAINTS, &n, err) < 0)
		return -1;
	*ret = (int)(N_CONSTRAINTS - n);
	return 0;
}

int og_neo4j_lacks(struct og_neo4j *neo4j, int *ret, struct og_err *err)
{
	og_neo4j_begin(neo4j);
	return count_missing(neo4j, ret, err) < 0 ? og_neo4j_explain(neo4j, err) : 0;
}

int og_neo4j_setup(struct og_neo4j *neo4j, int *ret_made, struct og_err *err)
{
	int missing;
	size_t n;

	og_neo4j_begin(neo4j);
	if (count_missing(neo4j, &missing, err) < 0)
		return og_neo4j_explain(neo4j, err);
	for (size_t i = 0; missing > 0 && i < N_CONSTRAINTS; i++)
		if (run_for_count(neo4j, &og_neo4j_setup_st[i], json_object(), 0, &n, err) < 0)
			return og_neo4j_explain(neo4j, err);
	if (claim(neo4j, err) < 0)
		return og_neo4j_explain(neo4j, err);
	if (ret_made != NULL)
		*ret_made = missing;
	return 0;
}

static int put_bundle(struct og_neo4j *neo4j, json_t *bundle, struct og_err *err)
{
	size_t wanted = json_array_size(bundle), n;

	if (run_for_count(neo4j, &og_neo4j_put_st,
			  guarded(neo4j, json_pack("{s:O}", "nodes", bundle)), wanted, &n,
			  err) < 0 ||
	    (n == 0 && check_guard(neo4j, err) < 0))
		return -1;
	return n == wanted ? 0
			   : og_fail(err, OG_EUNAVAIL, "it has put %zu of %zu skills", n, wanted);
}

static size_t size_of(const json_t *node)
{
	return json_string_length(json_object_get(json_object_get(node, "properties"), "doc"));
}

/* Nodes from *at on, as many as fit one statement. Moves *at. */
static int next_bundle(const json_t *nodes, size_t *at, json_t **ret, struct og_err *err)
{
	json_t *bundle = json_array(), *node;
	size_t bytes = 0;
	int rc = bundle != NULL ? 0 : og_fail_nomem(err);

	while (rc == 0 && *at < json_array_size(nodes) && json_array_size(bundle) < BUNDLE_NODES) {
		rc = og_neo4j_node(json_array_get(nodes, *at), &node, err);
		if (rc < 0)
			break;
		bytes += size_of(node);
		if (bytes > BUNDLE_BYTES && json_array_size(bundle) > 0) {
			json_decref(node);
			break;
		}
		rc = json_array_append_new(bundle, node) == 0 ? 0 : og_fail_nomem(err);
		(*at)++;
	}
	if (rc < 0)
		json_decref(bundle);
	else
		*ret = bundle;
	return rc;
}

int og_neo4j_put(struct og_neo4j *neo4j, const json_t *nodes, size_t *ret_put, struct og_err *err)
{
	size_t at = 0, put = 0;
	json_t *bundle;
	int rc = 0;

	og_neo4j_begin(neo4j);
	while (rc == 0 && at < json_array_size(nodes)) {
		neo4j->deadline = og_deadline(neo4j->timeout_ms);
		rc = next_bundle(nodes, &at, &bundle, err);
		if (rc < 0)
			break;
		rc = put_bundle(neo4j, bundle, err);
		json_decref(bundle);
		if (rc == 0)
			put = at;
	}
	if (ret_put != NULL)
		*ret_put = put;
	return rc < 0 ? og_neo4j_explain(neo4j, err) : 0;
}

int og_neo4j_drop(struct og_neo4j *neo4j, const char *name, struct og_err *err)
{
	size_t n;

	og_neo4j_begin(neo4j);
	if (run_for_count(neo4j, &og_neo4j_drop_st,
			  guarded(neo4j, json_pack("{s:s}", "name", name)), 1, &n, err) < 0 ||
	    (n == 0 && check_guard(neo4j, err) < 0))
		return og_neo4j_explain(neo4j, err);
	return n > 0;
}
