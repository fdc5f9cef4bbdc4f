/*
 * Reading, page by page in the order of names, so that no answer has to be
 * large: where one was too large all the same, with fewer rows. A server
 * that never comes to an end is stopped by numbers, bytes and time.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/skill/neo4j-internal.h"

#define PAGE_ROWS     256
#define STRANGERS_MAX 100

struct reading {
	const struct og_neo4j_statement *statement;
	og_neo4j_judge_fn *judge;
	int clearance;
	json_t *parameters; /* a template for each page's; released by read_all() */
	json_t *list;	    /* what was good */
	json_t *seen;	    /* names */
	json_t *after;	    /* the last one */
	size_t rows;
	int left_out;
};

/* Takes what the judge returned. */
static int take(struct reading *reading, json_t *item, const char *name, struct og_err *err)
{
	int doubled = json_object_get(reading->seen, name) != NULL;

	if (item == NULL || doubled) {
		json_decref(item);
		reading->left_out++;
		return 0;
	}
	if (json_object_set_new(reading->seen, name, json_true()) < 0 ||
	    json_array_append_new(reading->list, item) < 0)
		return og_fail_nomem(err);
	return 0;
}

/* The last name is where the next page begins: it must be another. */
static int take_page(struct reading *reading, const json_t *rows, struct og_err *err)
{
	const json_t *last = json_array_get(json_array_get(rows, json_array_size(rows) - 1), 0);
	json_t *row;
	size_t i;

	reading->rows += json_array_size(rows);
	if (reading->rows > OG_NEO4J_SKILLS_MAX)
		return og_fail(err, OG_EUNAVAIL, "it has more than %d skills", OG_NEO4J_SKILLS_MAX);
	json_array_foreach(rows, i, row)
	{
		const char *name = json_string_value(json_array_get(row, 0));

		if (take(reading, name != NULL ? reading->judge(row, reading->clearance) : NULL,
			 name != NULL ? name : "", err) < 0)
			return -1;
	}
	if (!json_is_string(last) || json_equal(last, reading->after))
		return og_fail(err, OG_EUNAVAIL,
			       "its answer is none: a page begins where it ended");
	json_decref(reading->after);
	reading->after = json_incref((json_t *)last);
	return 0;
}

/* Fewer rows where they were too large together. */
static int read_page(struct og_neo4j *neo4j, const struct reading *reading, size_t *limit,
		     json_t **ret, struct og_err *err)
{
	for (;;) {
		json_t *parameters = json_copy(reading->parameters);

		if (parameters == NULL ||
		    json_object_set(parameters, "after", reading->after) < 0 ||
		    json_object_set_new(parameters, "limit", json_integer((json_int_t)*limit)) <
			    0) {
			json_decref(parameters);
			return og_fail_nomem(err);
		}
		if (og_neo4j_run(neo4j, reading->statement, parameters, *limit, ret, err) == 0)
			return 0;
		if (!neo4j->too_large || *limit == 1)
			return -1;
		*limit = *limit / 4 > 0 ? *limit / 4 : 1;
	}
}

static int read_pages(struct og_neo4j *neo4j, struct reading *reading, struct og_err *err)
{
	size_t limit = PAGE_ROWS, n;

	do {
		size_t asked;
		json_t *rows;
		int rc;

		if (read_page(neo4j, reading, &limit, &rows, err) < 0)
			return -1;
		asked = limit;
		n = json_array_size(rows);
		rc = n > 0 ? take_page(reading, rows, err) : 0;
		json_decref(rows);
		if (rc < 0)
			return -1;
		if (n < asked)
			return 0;
	} while (1);
}

/* Takes parameters. */
static int read_all(struct og_neo4j *neo4j, struct reading *reading, json_t *parameters,
		    json_t **ret, int *ret_left_out, struct og_err *err)
{
	int rc = -1;

	og_neo4j_begin(neo4j);
	reading->parameters = parameters;
	reading->list = json_array();
	reading->seen = json_object();
	reading->after = json_string("");
	if (parameters == NULL || reading->list == NULL || reading->seen == NULL ||
	    reading->after == NULL)
		og_fail_nomem(err);
	else
		rc = read_pages(neo4j, reading, err);
	if (rc == 0) {
		*ret = json_incref(reading->list);
		if (ret_left_out != NULL)
			*ret_left_out = reading->left_out;
	}
	json_decref(reading->parameters);
	json_decref(reading->list);
	json_decref(reading->seen);
	json_decref(reading->after);
	return rc < 0 ? og_neo4j_explain(neo4j, err) : 0;
}

struct numbered {
	int64_t id;
	size_t at;
};

static int compare_numbers(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id)
			      : (x->at > y->at) - (x->at < y->at);
}

/* Sorts by node number, as the embedded graph does. list is taken. */
static int by_number(json_t *list, json_t **ret, struct og_err *err)
{
	size_t n = json_array_size(list), i;
	struct numbered *order = calloc(n + 1, sizeof(*order));
	json_t *sorted = json_array(), *item;
	int rc = order != NULL && sorted != NULL ? 0 : -1;

	json_array_foreach(list, i, item)
	{
		if (rc == 0)
			order[i] = (struct numbered){ og_json_int(item, "id", 0), i };
	}
	if (rc == 0)
		qsort(order, n, sizeof(*order), compare_numbers);
	for (i = 0; rc == 0 && i < n; i++)
		rc = json_array_append(sorted, json_array_get(list, order[i].at));
	json_decref(list);
	free(order);
	if (rc < 0) {
		json_decref(sorted);
		return og_fail_nomem(err);
	}
	*ret = sorted;
	return 0;
}

static int read_cleared(struct og_neo4j *neo4j, struct reading *reading, json_t **ret,
			int *ret_left_out, struct og_err *err)
{
	json_t *list;

	if (read_all(neo4j, reading, json_pack("{s:i}", "clearance", reading->clearance), &list,
		     ret_left_out, err) < 0)
		return -1;
	return by_number(list, ret, err);
}

int og_neo4j_list(struct og_neo4j *neo4j, int clearance, json_t **ret, int *ret_left_out,
		  struct og_err *err)
{
	struct reading reading = { .statement = &og_neo4j_list_st,
				   .judge = og_neo4j_list_row,
				   .clearance = clearance };

	return read_cleared(neo4j, &reading, ret, ret_left_out, err);
}

int og_neo4j_docs(struct og_neo4j *neo4j, int clearance, json_t **ret, int *ret_left_out,
		  struct og_err *err)
{
	struct reading reading = { .statement = &og_neo4j_docs_st,
				   .judge = og_neo4j_doc_row,
				   .clearance = clearance };

	return read_cleared(neo4j, &reading, ret, ret_left_out, err);
}

int og_neo4j_heads(struct og_neo4j *neo4j, json_t **ret, int *ret_left_out, struct og_err *err)
{
	struct reading reading = { .statement = &og_neo4j_heads_st, .judge = og_neo4j_head_row };

	return read_all(neo4j, &reading, json_object(), ret, ret_left_out, err);
}

int og_neo4j_governors(struct og_neo4j *neo4j, const char *name, json_t **ret, struct og_err *err)
{
	struct reading reading = { .statement = &og_neo4j_governors_st,
				   .judge = og_neo4j_name_row };

	return read_all(neo4j, &reading, json_pack("{s:s}", "name", name), ret, NULL, err);
}

/* --- what is not ours ----------------------------------------------------------------- */

static json_t *ours(size_t which)
{
	return which == 0 ? json_pack("[s,s,s,s,s,s,s]", "Skill", "Workflow", "Regulation", "Agent",
				      "Missing", "Table", "OmniGate")
	       : which == 1 ? json_pack("[s,s,s,s]", "GOVERNS", "DEPENDS_ON", "NEXT", "TOUCHES")
			    : json_pack("[s,s,s,s,s,s,s,s]", "name", "id", "hash", "clearance",
					"roles", "description", "doc", "active");
}

static int add_strangers(struct og_neo4j *neo4j, size_t which, json_t *list, struct og_err *err)
{
	static const char *const kinds[] = { "label", "edge", "property" };
	json_t *rows, *row;
	size_t i;
	int rc = 0;

	if (og_neo4j_run(neo4j, &og_neo4j_strangers_st[which],
			 json_pack("{s:o,s:i}", "ours", ours(which), "limit", STRANGERS_MAX),
			 STRANGERS_MAX, &rows, err) < 0)
		return -1;
	json_array_foreach(rows, i, row)
	{
		json_t *item = og_neo4j_stranger_row(row, 0);

		if (rc == 0 && item != NULL)
			rc = og_json_set(item, "what", json_string(kinds[which]), err);
		if (rc == 0 && item != NULL && json_array_append(list, item) < 0)
			rc = og_fail_nomem(err);
		json_decref(item);
	}
	json_decref(rows);
	return rc;
}

int og_neo4j_strangers(struct og_neo4j *neo4j, json_t **ret, struct og_err *err)
{
	json_t *list = json_array();
	int rc = list != NULL ? 0 : og_fail_nomem(err);

	og_neo4j_begin(neo4j);
	for (size_t i = 0; i < 3 && rc == 0; i++)
		rc = add_strangers(neo4j, i, list, err);
	if (rc < 0) {
		json_decref(list);
		return og_neo4j_explain(neo4j, err);
	}
	*ret = list;
	return 0;
}
