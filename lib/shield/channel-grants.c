/*
 * See channel-grants.h.
 */
#include "lib/shield/channel-grants.h"

#include <string.h>

#include "lib/base/text.h"

json_t *og_grant_plain(const json_t *grant)
{
	static const char *const keys[] = { "subject", "tbl",	 "effect",   "verbs",
					    "visible", "masked", "settable", "predicate" };
	json_t *plain = json_object();

	for (size_t i = 0; plain && i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(grant, keys[i]);

		if (value && !json_is_null(value))
			json_object_set(plain, keys[i], value);
	}
	if (plain && !json_object_get(plain, "effect"))
		json_object_set_new(plain, "effect", json_string("permit"));
	return plain;
}

static int same_text(const json_t *a, const json_t *b, const char *key)
{
	const char *left = og_json_str(a, key), *right = og_json_str(b, key);

	return left && right && strcmp(left, right) == 0;
}

/* The grant of the same subject, or (exact) also of the same table and effect. */
static const json_t *find(const json_t *grants, const json_t *like, int exact)
{
	size_t i;
	json_t *grant;

	json_array_foreach(grants, i, grant)
	{
		if (!same_text(grant, like, "subject"))
			continue;
		if (!exact || (same_text(grant, like, "tbl") && same_text(grant, like, "effect")))
			return grant;
	}
	return NULL;
}

/* A misspelt member would be a condition that is not there. "why" is for
 * whoever reads the file, "v" is what og-shield grants begins a line with. */
static int check_members(const json_t *grant, size_t i, struct og_err *err)
{
	static const char *const keys[] = { "v",	 "subject", "tbl",    "effect",
					    "verbs",	 "visible", "masked", "settable",
					    "predicate", "why",	    NULL };
	char what[48];

	og_text_format(what, sizeof(what), "grants: item %zu", i + 1);
	return og_json_only(grant, what, keys, err);
}

static json_t *plain_list(const json_t *grants, struct og_err *err)
{
	json_t *list = json_array(), *grant;
	size_t i;

	json_array_foreach(grants, i, grant)
	{
		if (!json_is_object(grant) || !og_json_str(grant, "subject") ||
		    !og_json_str(grant, "tbl")) {
			og_fail(err, OG_EDATA, "grants: item %zu has no subject or tbl", i + 1);
			json_decref(list);
			return NULL;
		}
		if (check_members(grant, i, err) < 0) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, og_grant_plain(grant));
	}
	if (!list || json_array_size(list) != json_array_size(grants)) {
		og_fail_nomem(err);
		json_decref(list);
		return NULL;
	}
	return list;
}

static int add_puts(const json_t *wanted, const json_t *present, json_t *out)
{
	size_t i;
	json_t *grant;

	json_array_foreach(wanted, i, grant)
	{
		const json_t *old = find(present, grant, 1);
		json_t *item;

		if (old && json_equal(old, grant))
			continue;
		item = old ? json_pack("{s:O,s:O}", "put", grant, "old", old)
			   : json_pack("{s:O}", "put", grant);
		if (json_array_append_new(out, item) < 0)
			return -1;
	}
	return 0;
}

static int add_drops(const json_t *wanted, const json_t *present, json_t *out)
{
	size_t i;
	json_t *grant;

	json_array_foreach(present, i, grant)
	{
		if (!find(wanted, grant, 0) || find(wanted, grant, 1))
			continue;
		if (json_array_append_new(out, json_pack("{s:O}", "drop", grant)) < 0)
			return -1;
	}
	return 0;
}

int og_grants_diff(const json_t *wanted, const json_t *present, json_t **ret, struct og_err *err)
{
	json_t *want = plain_list(wanted, err), *have = NULL, *out = NULL;
	int rc = -1;

	if (!want)
		return -1;
	have = plain_list(present, err);
	if (!have)
		goto out;
	out = json_array();
	if (!out || add_puts(want, have, out) < 0 || add_drops(want, have, out) < 0) {
		og_fail_nomem(err);
		goto out;
	}
	*ret = json_incref(out);
	rc = 0;
out:
	json_decref(want);
	json_decref(have);
	json_decref(out);
	return rc;
}
