/*
 * See channel-grants.h.
 */
#include "lib/shield/channel-grants.h"

#include <string.h>

#include "lib/access/access.h"
#include "lib/base/text.h"

#define KEY_MAX ((size_t)1 << 20)

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

/* Grants by what makes one of them that one; or (whole 0) by subject. */
static int add_key(const json_t *grant, int whole, struct og_buf *out)
{
	const char *effect = og_json_str(grant, "effect");

	og_buf_clear(out);
	og_buf_adds(out, og_json_str(grant, "subject"));
	if (whole)
		og_buf_addf(out, "\n%s\n%s", effect ? effect : "", og_json_str(grant, "tbl"));
	return out->failed ? -1 : 0;
}

static json_t *find(const json_t *index, const json_t *grant, int whole)
{
	struct og_buf key;
	json_t *found = NULL;

	og_buf_init(&key, KEY_MAX);
	if (add_key(grant, whole, &key) == 0)
		found = json_object_get(index, key.data);
	og_buf_release(&key);
	return found;
}

/* Object of grants; borrows nothing. Of equal keys the first; *ret_twice: the
 * place, from 1, of one that says something else than that, or 0. */
static json_t *make_index(const json_t *grants, int whole, size_t *ret_twice, struct og_err *err)
{
	json_t *index = json_object(), *grant, *before;
	struct og_buf key;
	int rc = index ? 0 : -1;
	size_t i;

	*ret_twice = 0;
	og_buf_init(&key, KEY_MAX);
	json_array_foreach(grants, i, grant)
	{
		if (rc == 0 && (rc = add_key(grant, whole, &key)) < 0)
			break;
		before = json_object_get(index, key.data);
		if (!before)
			rc = json_object_set(index, key.data, grant);
		else if (!*ret_twice && !json_equal(before, grant))
			*ret_twice = i + 1;
	}
	og_buf_release(&key);
	if (rc == 0)
		return index;
	json_decref(index);
	og_fail_nomem(err);
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

/* Of the subjects that are named, what is not wanted. */
static int add_drops(const json_t *subjects, const json_t *wanted, const json_t *present,
		     json_t *out)
{
	size_t i;
	json_t *grant;

	json_array_foreach(present, i, grant)
	{
		if (!find(subjects, grant, 0) || find(wanted, grant, 1))
			continue;
		if (json_array_append_new(out, json_pack("{s:O}", "drop", grant)) < 0)
			return -1;
	}
	return 0;
}

int og_grants_diff(const json_t *wanted, const json_t *present, json_t **ret, struct og_err *err)
{
	json_t *want = NULL, *have = NULL, *by_key = NULL, *subjects = NULL, *there = NULL;
	json_t *out = NULL;
	size_t twice = 0, ignored;
	int rc = -1;

	if (!(want = plain_list(wanted, err)) || !(have = plain_list(present, err)) ||
	    !(by_key = make_index(want, 1, &twice, err)) ||
	    !(subjects = make_index(want, 0, &ignored, err)) ||
	    !(there = make_index(have, 1, &ignored, err)))
		goto out;
	out = json_array();
	if (twice) {
		og_fail(err, OG_EDATA,
			"grants: item %zu says something else of '%s' than one before", twice,
			og_json_str(json_array_get(want, twice - 1), "tbl"));
	} else if (!out || add_puts(want, there, out) < 0 ||
		   add_drops(subjects, by_key, have, out) < 0) {
		og_fail_nomem(err);
	} else {
		*ret = json_incref(out);
		rc = 0;
	}
out:
	json_decref(want);
	json_decref(have);
	json_decref(by_key);
	json_decref(subjects);
	json_decref(there);
	json_decref(out);
	return rc;
}
