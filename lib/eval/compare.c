/*
 * Two runs side by side. A scenario that ran several times counts by how
 * many of them passed, and costs what they cost on the average.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/eval/eval.h"

/* {name: {"pass","runs","ms","nanousd","state"}}, sums so far. */
static int add_line(json_t *sums, const json_t *line)
{
	const char *name = og_json_str(line, "scenario"), *state = og_json_str(line, "state");
	json_t *sum = name ? json_object_get(sums, name) : NULL;

	if (!name || json_object_get(line, "skipped"))
		return 0;
	if (!sum) {
		sum = json_pack("{s:i, s:i, s:i, s:i, s:s}", "pass", 0, "runs", 0, "ms", 0,
				"nanousd", 0, "state", state ? state : "");
		if (json_object_set_new(sums, name, sum) < 0)
			return -1;
	}
	json_object_set_new(sum, "runs", json_integer(og_json_int(sum, "runs", 0) + 1));
	json_object_set_new(
		sum, "pass",
		json_integer(og_json_int(sum, "pass", 0) + og_json_bool(line, "ok", 0)));
	json_object_set_new(sum, "ms",
			    json_integer(og_json_int(sum, "ms", 0) + og_json_int(line, "ms", 0)));
	return json_object_set_new(
		sum, "nanousd",
		json_integer(og_json_int(sum, "nanousd", 0) +
			     og_json_int(json_object_get(line, "cost"), "nanousd", 0)));
}

static json_t *sums_of(const json_t *run)
{
	json_t *sums = json_object(), *sum;
	const char *name;

	for (size_t i = 0; sums && i < json_array_size(run); i++)
		if (add_line(sums, json_array_get(run, i)) < 0) {
			json_decref(sums);
			return NULL;
		}
	json_object_foreach(sums, name, sum)
	{
		int64_t runs = og_json_int(sum, "runs", 1);

		json_object_set_new(sum, "ms", json_integer(og_json_int(sum, "ms", 0) / runs));
		json_object_set_new(sum, "nanousd",
				    json_integer(og_json_int(sum, "nanousd", 0) / runs));
	}
	return sums;
}

static const char *change_of(const json_t *before, const json_t *after)
{
	int64_t was, is;

	if (!before || !after)
		return before ? "gone" : "added";
	was = og_json_int(before, "pass", 0) * og_json_int(after, "runs", 1);
	is = og_json_int(after, "pass", 0) * og_json_int(before, "runs", 1);
	if (was != is)
		return is < was ? "worse" : "better";
	return json_equal(json_object_get(before, "state"), json_object_get(after, "state"))
		       ? "same"
		       : "changed";
}

struct comparison {
	json_t *scenarios, *counts;
	int64_t ms[2], nanousd[2]; /* of scenarios that are in both */
};

static int add_pair(struct comparison *c, const char *name, json_t *before, json_t *after)
{
	const char *change = change_of(before, after);
	json_t *pair = json_pack("{s:s, s:s}", "scenario", name, "change", change);
	json_t *both[2] = { before, after };

	for (size_t i = 0; pair && i < 2; i++) {
		if (both[i])
			json_object_set(pair, i == 0 ? "before" : "after", both[i]);
		c->ms[i] += before && after ? og_json_int(both[i], "ms", 0) : 0;
		c->nanousd[i] += before && after ? og_json_int(both[i], "nanousd", 0) : 0;
	}
	json_object_set_new(c->counts, change, json_integer(og_json_int(c->counts, change, 0) + 1));
	return json_array_append_new(c->scenarios, pair);
}

static int add_pairs(struct comparison *c, json_t *before, json_t *after)
{
	const char *name;
	json_t *sum;

	json_object_foreach(before, name, sum)
	{
		if (add_pair(c, name, sum, json_object_get(after, name)) < 0)
			return -1;
	}
	json_object_foreach(after, name, sum)
	{
		if (!json_object_get(before, name) && add_pair(c, name, NULL, sum) < 0)
			return -1;
	}
	return 0;
}

int og_runs_compare(const json_t *before, const json_t *after, json_t **ret, struct og_err *err)
{
	struct comparison c = { json_array(),
				json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "worse", 0, "better", 0,
					  "same", 0, "changed", 0, "added", 0, "gone", 0),
				{ 0, 0 },
				{ 0, 0 } };
	json_t *sums[2] = { sums_of(before), sums_of(after) };
	int rc = -1;

	if (c.scenarios && c.counts && sums[0] && sums[1] && add_pairs(&c, sums[0], sums[1]) == 0) {
		json_object_set(c.counts, "scenarios", c.scenarios);
		json_object_set_new(c.counts, "ms",
				    json_pack("[I, I]", (json_int_t)c.ms[0], (json_int_t)c.ms[1]));
		json_object_set_new(
			c.counts, "nanousd",
			json_pack("[I, I]", (json_int_t)c.nanousd[0], (json_int_t)c.nanousd[1]));
		*ret = json_incref(c.counts);
		rc = 0;
	}
	json_decref(c.scenarios);
	json_decref(c.counts);
	json_decref(sums[0]);
	json_decref(sums[1]);
	return rc == 0 ? 0 : og_fail_nomem(err);
}
