/*
 * A store elsewhere held against what is here; see remote.h. Of each policy
 * here there are two tallies: of the points there should be, and of those
 * there are, which come page by page and are forgotten. So the memory this
 * takes is that of the policies here, however much the store holds; of names
 * that nobody here knows only so many are kept as are shown.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/policy/store-internal.h"

/* Of points: how many, and sums in which their order does not count. */
struct tally {
	int64_t points, clearances;
	uint64_t print;
};

struct pair {
	char hash[OG_HASH_HEX + 1];
	struct tally here, there;
	int64_t others; /* points there, of other versions */
};

struct comparison {
	struct og_policies *policies;
	json_t *names; /* name -> where in pairs */
	struct pair *pairs;
	size_t n, max;
	size_t limit;
	json_t *unknown; /* names that are there and not here, at most limit */
	json_t *list;	 /* name -> why */
	int64_t same;
};

/* NULL: there is none by that name. */
static struct pair *find(const struct comparison *all, const char *name)
{
	const json_t *at = json_object_get(all->names, name);

	return at ? &all->pairs[json_integer_value(at)] : NULL;
}

/* The pair of a policy here, made when it is its first point. */
static struct pair *pair_of(struct comparison *all, const char *name, const char *hash,
			    struct og_err *err)
{
	struct pair *pair = find(all, name);

	if (pair)
		return pair;
	if (all->n == all->max) {
		size_t max = all->max ? 2 * all->max : 64;
		struct pair *grown = realloc(all->pairs, max * sizeof(*grown));

		if (!grown) {
			og_fail_nomem(err);
			return NULL;
		}
		all->pairs = grown;
		all->max = max;
	}
	if (og_json_set(all->names, name, json_integer((json_int_t)all->n), err) < 0)
		return NULL;
	pair = &all->pairs[all->n++];
	memset(pair, 0, sizeof(*pair));
	og_text_format(pair->hash, sizeof(pair->hash), "%s", hash);
	return pair;
}

static void count(struct tally *tally, int64_t clearance, uint64_t print)
{
	tally->points++;
	tally->clearances += clearance;
	tally->print += print;
}

/* --- here ---------------------------------------------------------------------------- */

/* What send.c sends, of all policies. */
static const char here_sql[] =
	"SELECT p.name, p.hash, p.source, max(p.clearance, s.clearance), s.node, s.digest, "
	"v.vector FROM og_policy p JOIN og_passage s ON s.policy = p.id "
	"JOIN og_vector v ON v.model = ?1 AND v.dimension = ?2 AND v.task = 'document' "
	"AND v.digest = s.digest WHERE p.active = 1 AND length(v.vector) = ?3 AND NOT EXISTS "
	"(SELECT 1 FROM og_passage o WHERE o.digest = s.digest AND o.policy = s.policy "
	"AND o.id < s.id)";

static const char *text_of(struct og_stmt *row, int i)
{
	const char *text = og_col_text(row, i);

	return text ? text : "";
}

static int add_here(struct comparison *all, const struct og_made *made, struct og_stmt *row,
		    struct og_err *err)
{
	const struct og_qdrant_point point = { .policy = text_of(row, 0),
					       .hash = text_of(row, 1),
					       .source = text_of(row, 2),
					       .clearance = og_col_int(row, 3),
					       .node = text_of(row, 4),
					       .digest = text_of(row, 5),
					       .key = made->key,
					       .values = og_col_blob(row, 6),
					       .n = og_col_len(row, 6) / sizeof(float) };
	struct pair *pair = pair_of(all, point.policy, point.hash, err);
	char sum[OG_QDRANT_SUM + 1];

	if (!pair)
		return -1;
	og_qdrant_sum(&point, sum);
	count(&pair->here, point.clearance,
	      og_qdrant_print(og_qdrant_instance(all->policies->remote), &point, sum));
	return 0;
}

static int here_of(struct comparison *all, const struct og_made *made, struct og_err *err)
{
	struct og_stmt *stmt;
	int more, rc = 0;

	if (og_stmt_new(all->policies->db, here_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, made->key.model);
	og_bind_int(stmt, 2, made->key.dimension);
	og_bind_int(stmt, 3, (int64_t)(made->width * sizeof(float)));
	while (rc == 0 && (more = og_stmt_step(stmt, err)) != 0)
		rc = more < 0 ? -1 : add_here(all, made, stmt, err);
	og_stmt_free(stmt);
	return rc;
}

static const char unfit_sql[] =
	"SELECT DISTINCT p.name, p.hash FROM og_policy p JOIN og_passage s ON s.policy = p.id "
	"JOIN og_vector v ON v.task = 'document' AND v.digest = s.digest "
	"WHERE p.active = 1 AND length(v.vector) <> ?1";

/* Only vectors of another width: it is missing there, and cannot be sent. */
static int here_unfit(struct comparison *all, size_t width, struct og_err *err)
{
	struct og_stmt *stmt;
	int more, rc = 0;

	if (og_stmt_new(all->policies->db, unfit_sql, &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, (int64_t)(width * sizeof(float)));
	while (rc == 0 && (more = og_stmt_step(stmt, err)) != 0) {
		struct pair *pair =
			more < 0 ? NULL : pair_of(all, text_of(stmt, 0), text_of(stmt, 1), err);

		rc = pair ? 0 : -1;
		if (pair && pair->here.points == 0)
			count(&pair->here, 0, 0);
	}
	og_stmt_free(stmt);
	return rc;
}

/* width 0: there is no collection, and everything here is missing there. */
static int all_here(struct comparison *all, size_t width, struct og_err *err)
{
	struct og_made made = { .model = "" };
	int found, rc = 0;

	while (rc == 0 && (found = og_made_next(all->policies->db, &made, err)) != 0)
		if (found < 0)
			rc = -1;
		else if (made.width && made.width == width)
			rc = here_of(all, &made, err);
	return rc < 0 ? -1 : here_unfit(all, width, err);
}

/* --- there --------------------------------------------------------------------------- */

static int take_there(void *arg, const struct og_qdrant_point *point, uint64_t print,
		      struct og_err *err)
{
	struct comparison *all = arg;
	struct pair *pair = find(all, point->policy);

	if (pair && strcmp(pair->hash, point->hash) == 0)
		count(&pair->there, point->clearance, print);
	else if (pair)
		pair->others++;
	else if (json_object_size(all->unknown) < all->limit)
		return og_json_set(all->unknown, point->policy, json_true(), err);
	return 0;
}

/* --- what differs ----------------------------------------------------------------------- */

/* Why they differ; NULL: they do not. */
static const char *difference(const struct pair *pair)
{
	const struct tally *here = &pair->here, *there = &pair->there;

	if (pair->others > 0)
		return "stale";
	if (there->points == 0)
		return "missing";
	if (there->points != here->points)
		return "incomplete";
	if (there->clearances != here->clearances)
		return "stale";
	return there->print == here->print ? NULL : "vectors";
}

static int judge_all(struct comparison *all, struct og_err *err)
{
	json_t *value;
	const char *name;

	json_object_foreach(all->names, name, value)
	{
		const char *why = difference(find(all, name));

		all->same += why == NULL;
		if (why && og_json_set(all->list, name, json_string(why), err) < 0)
			return -1;
	}
	json_object_foreach(all->unknown, name, value)
	{
		if (og_json_set(all->list, name, json_string("unknown"), err) < 0)
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

/* Without a collection nothing is there. */
static int compare(struct comparison *all, struct og_err *err)
{
	struct og_qdrant *remote = all->policies->remote;
	struct og_qdrant_state state = { .width = 0 };
	int64_t foreign;
	int there = og_qdrant_look(remote, &state, err);

	if (there < 0 || all_here(all, there ? (size_t)state.width : 0, err) < 0 ||
	    (there && og_qdrant_each(remote, take_there, all, &foreign, err) < 0))
		return -1;
	return judge_all(all, err);
}

int og_policies_compare(struct og_policies *policies, size_t limit, json_t **ret, int64_t *ret_same,
			struct og_err *err)
{
	struct comparison all = { .policies = policies,
				  .limit = limit,
				  .names = json_object(),
				  .unknown = json_object(),
				  .list = json_object() };
	int rc = -1;

	if (!policies->remote)
		og_fail(err, OG_EBUG, "policies: no store elsewhere is attached");
	else if (!all.names || !all.unknown || !all.list)
		og_fail_nomem(err);
	else if (compare(&all, err) == 0 && first_of(all.list, limit, ret, err) == 0)
		rc = 0;
	if (rc == 0)
		*ret_same = all.same;
	json_decref(all.names);
	json_decref(all.unknown);
	json_decref(all.list);
	free(all.pairs);
	return rc;
}
