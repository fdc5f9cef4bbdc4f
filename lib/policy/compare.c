/* A store elsewhere held against what is here; see remote.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/policy/store-internal.h"

/* Versions here that have vectors of one width: name -> {"hash","clearance",
 * "points"}. */
static const char here_sql[] =
	"SELECT p.name, p.hash, max(p.clearance, max(s.clearance)), count(DISTINCT s.digest) "
	"FROM og_policy p JOIN og_passage s ON s.policy = p.id "
	"JOIN og_vector v ON v.model = ?1 AND v.dimension = ?2 AND v.task = 'document' "
	"AND v.digest = s.digest WHERE p.active = 1 AND length(v.vector) = ?3 GROUP BY p.id";

/* Adds the points of one more model. */
static int add_version(json_t *here, struct og_stmt *row, struct og_err *err)
{
	const char *name = og_col_text(row, 0);
	json_t *version = json_object_get(here, name ? name : "");
	int64_t points = og_json_int(version, "points", 0) + og_col_int(row, 3);

	if (version)
		return og_json_set(version, "points", json_integer(points), err);
	return og_json_set(here, name ? name : "",
			   json_pack("{s:s*,s:I,s:I}", "hash", og_col_text(row, 1), "clearance",
				     (json_int_t)og_col_int(row, 2), "points", (json_int_t)points),
			   err);
}

static int here_of(struct og_policies *policies, const struct og_made *made,
		   int (*add)(json_t *, struct og_stmt *, struct og_err *), json_t *here,
		   struct og_err *err)
{
	struct og_stmt *stmt;
	int more, rc = 0;

	if (og_stmt_new(policies->db, here_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, made->key.model);
	og_bind_int(stmt, 2, made->key.dimension);
	og_bind_int(stmt, 3, (int64_t)(made->width * sizeof(float)));
	while (rc == 0 && (more = og_stmt_step(stmt, err)) != 0)
		rc = more < 0 ? -1 : add(here, stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* Only vectors of another width: it is missing there, and cannot be sent. */
static int add_unfit(json_t *here, struct og_stmt *row, struct og_err *err)
{
	const char *name = og_col_text(row, 0);

	return json_object_get(here, name ? name : "") ? 0 : add_version(here, row, err);
}

/* width 0: there is no collection, and everything here is missing there. */
static int all_here(struct og_policies *policies, size_t width, int fit, json_t *here,
		    struct og_err *err)
{
	struct og_made made = { .model = "" };
	int found, rc = 0;

	while (rc == 0 && (found = og_made_next(policies->db, &made, err)) != 0)
		if (found < 0)
			rc = -1;
		else if (made.width && (width == 0 || made.width == width) == fit)
			rc = here_of(policies, &made, fit ? add_version : add_unfit, here, err);
	return rc;
}

/* --- what differs ----------------------------------------------------------------------- */

/* name -> its heads there, an array: more than one when old versions linger. */
static int by_name(const json_t *heads, json_t *there, struct og_err *err)
{
	json_t *head;
	size_t i;

	json_array_foreach(heads, i, head)
	{
		const char *name = og_json_str(head, "policy");
		json_t *list = json_object_get(there, name);

		if (!list && og_json_set(there, name, list = json_array(), err) < 0)
			return -1;
		if (json_array_append(list, head) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

/* Why they differ; NULL: they do not. Either may be NULL. */
static const char *difference(const json_t *here, const json_t *there)
{
	const json_t *head = json_array_get(there, 0);

	if (!there)
		return "missing";
	if (!here)
		return "unknown";
	if (json_array_size(there) > 1 ||
	    !json_equal(json_object_get(here, "hash"), json_object_get(head, "hash")) ||
	    !json_equal(json_object_get(here, "clearance"), json_object_get(head, "clearance")))
		return "stale";
	return json_equal(json_object_get(here, "points"), json_object_get(head, "points"))
		       ? NULL
		       : "incomplete";
}

struct differences {
	const json_t *here, *there;
	json_t *list; /* name -> why */
	int64_t same;
};

static int judge(struct differences *all, const char *name, struct og_err *err)
{
	const char *why =
		difference(json_object_get(all->here, name), json_object_get(all->there, name));

	all->same += why == NULL;
	return why ? og_json_set(all->list, name, json_string(why), err) : 0;
}

static int judge_all(struct differences *all, struct og_err *err)
{
	json_t *value;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)all->here, name, value)
	{
		if (judge(all, name, err) < 0)
			return -1;
	}
	json_object_foreach((json_t *)(uintptr_t)all->there, name, value)
	{
		if (!json_object_get(all->here, name) && judge(all, name, err) < 0)
			return -1;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds those that nobody here knows, or the others, of the names. */
static int add_some(const json_t *differences, const char *const *names, size_t limit, int unknown,
		    json_t *list)
{
	for (size_t i = 0; names[i] && json_array_size(list) < limit; i++) {
		json_t *why = json_object_get(differences, names[i]);

		if ((strcmp(json_string_value(why), "unknown") == 0) == unknown &&
		    json_array_append_new(list,
					  json_pack("{s:s,s:O}", "name", names[i], "why", why)) < 0)
			return -1;
	}
	return 0;
}

/* The first of them by name, as [{"name","why"}]; what is here before what
 * nobody here knows, so that a store full of that hides nothing. */
static int first_of(const json_t *differences, size_t limit, json_t **ret, struct og_err *err)
{
	size_t n = json_object_size(differences), i = 0;
	const char **names = calloc(n + 1, sizeof(*names)), *name;
	json_t *list = json_array(), *why;

	if (!names || !list)
		goto fail;
	json_object_foreach((json_t *)(uintptr_t)differences, name, why) names[i++] = name;
	qsort(names, n, sizeof(*names), by_text);
	if (add_some(differences, names, limit, 0, list) < 0 ||
	    add_some(differences, names, limit, 1, list) < 0)
		goto fail;
	free(names);
	*ret = list;
	return 0;
fail:
	free(names);
	json_decref(list);
	return og_fail_nomem(err);
}

/* *ret_width: 0 without a collection; heads stays empty then. */
static int look_there(struct og_policies *policies, size_t *ret_width, json_t **ret_heads,
		      struct og_err *err)
{
	struct og_qdrant_state state;
	int64_t foreign;
	int there = og_qdrant_look(policies->remote, &state, err);

	if (there < 0)
		return -1;
	*ret_width = there ? (size_t)state.width : 0;
	return there ? og_qdrant_heads(policies->remote, ret_heads, &foreign, err) : 0;
}

int og_policies_compare(struct og_policies *policies, size_t limit, json_t **ret, int64_t *ret_same,
			struct og_err *err)
{
	json_t *heads = NULL, *here = json_object(), *there = json_object();
	struct differences all = { here, there, json_object(), 0 };
	size_t width;
	int rc = -1;

	if (!policies->remote) {
		og_fail(err, OG_EBUG, "policies: no store elsewhere is attached");
		goto out;
	}
	if (!here || !there || !all.list) {
		og_fail_nomem(err);
		goto out;
	}
	if (look_there(policies, &width, &heads, err) < 0 ||
	    all_here(policies, width, 1, here, err) < 0 ||
	    all_here(policies, width, 0, here, err) < 0 || by_name(heads, there, err) < 0 ||
	    judge_all(&all, err) < 0 || first_of(all.list, limit, ret, err) < 0)
		goto out;
	*ret_same = all.same;
	rc = 0;
out:
	json_decref(heads);
	json_decref(here);
	json_decref(there);
	json_decref(all.list);
	return rc;
}
