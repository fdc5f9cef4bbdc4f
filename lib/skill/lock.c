/* See lock.h. */
#include "lib/skill/lock.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

/* --- order --------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(og_json_str(*(json_t *const *)a, "name"),
		      og_json_str(*(json_t *const *)b, "name"));
}

/* A new list of the same in order of names. */
static json_t *sorted(const json_t *list)
{
	size_t n = json_array_size(list);
	json_t **items = calloc(n + 1, sizeof(*items)), *out = json_array();

	for (size_t i = 0; items && i < n; i++)
		items[i] = json_array_get(list, i);
	if (items)
		qsort(items, n, sizeof(*items), by_name);
	for (size_t i = 0; items && i < n; i++)
		json_array_append(out, items[i]);
	free(items);
	if (json_array_size(out) == n)
		return out;
	json_decref(out);
	return NULL;
}

static int sort_member(json_t *lock, const char *member, struct og_err *err)
{
	const json_t *list = json_object_get(lock, member);

	return list ? og_json_set(lock, member, sorted(list), err) : 0;
}

/* --- signing ------------------------------------------------------------- */

/* What is signed. */
static int signed_text(const json_t *lock, struct og_buf *buf, struct og_err *err)
{
	json_t *copy = json_copy((json_t *)lock);
	int rc;

	if (!copy)
		return og_fail_nomem(err);
	json_object_del(copy, "signature");
	rc = og_json_canon(copy, buf, err);
	json_decref(copy);
	return rc;
}

static int set_base64(json_t *lock, const char *member, const void *data, size_t len,
		      struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, 256);
	rc = og_base64_encode(&text, data, len) < 0
		     ? og_fail_nomem(err)
		     : og_json_set(lock, member, json_string(text.data), err);
	og_buf_release(&text);
	return rc;
}

int og_lock_sign(json_t *lock, const unsigned char seed[OG_KEY_SEED], struct og_err *err)
{
	unsigned char pub[OG_KEY_PUBLIC], sig[OG_SIGNATURE];
	struct og_buf text;
	int rc;

	og_buf_init(&text, OG_LOCK_MAX);
	rc = sort_member(lock, "skills", err);
	if (rc == 0)
		rc = sort_member(lock, "policies", err);
	if (rc == 0)
		rc = og_key_public(seed, pub, err);
	if (rc == 0)
		rc = set_base64(lock, "pubkey", pub, sizeof(pub), err);
	if (rc == 0)
		rc = signed_text(lock, &text, err);
	if (rc == 0)
		rc = og_sign(seed, text.data, text.len, sig, err);
	if (rc == 0)
		rc = set_base64(lock, "signature", sig, sizeof(sig), err);
	og_buf_release(&text);
	return rc;
}

/* --- reading ------------------------------------------------------------- */

static int bytes(const json_t *lock, const char *member, unsigned char *out, size_t len,
		 struct og_err *err)
{
	const char *text = og_json_str(lock, member);
	struct og_buf raw;
	int rc = -1;

	og_buf_init(&raw, 256);
	if (!text || og_base64_decode(&raw, text, strlen(text)) < 0 || raw.len != len)
		og_fail(err, OG_EDATA, "lock: '%s' is missing, or no base64 of %zu bytes", member,
			len);
	else {
		memcpy(out, raw.data, len);
		rc = 0;
	}
	og_buf_release(&raw);
	return rc;
}

static int is_hash(const char *hash)
{
	return hash && strlen(hash) == OG_HASH_HEX &&
	       strspn(hash, "0123456789abcdef") == OG_HASH_HEX;
}

static int check_entry(const json_t *entry, const char *before, struct og_err *err)
{
	const char *name = og_json_str(entry, "name"), *hash = og_json_str(entry, "hash");
	int64_t clearance = og_json_int(entry, "clearance", 0);

	if (!name || !is_hash(hash) || clearance < 1 || clearance > 3)
		return og_fail(err, OG_EDATA, "lock: an entry has no name, hash or clearance");
	if (before && strcmp(before, name) >= 0)
		return og_fail(err, OG_EDATA, "lock: its entries are not in order of names");
	return 0;
}

static int check_list(const json_t *lock, const char *member, struct og_err *err)
{
	const json_t *list = json_object_get(lock, member);
	const char *before = NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		if (check_entry(json_array_get(list, i), before, err) < 0)
			return -1;
		before = og_json_str(json_array_get(list, i), "name");
	}
	return 0;
}

static int check_form(const json_t *lock, struct og_err *err)
{
	static const char *const keys[] = { "v",      "kind",	"time",	    "principal", "genesis",
					    "pubkey", "skills", "policies", "signature", NULL };
	const char *kind = og_json_str(lock, "kind");

	if (!kind || strcmp(kind, OG_LOCK_KIND) != 0 || og_json_int(lock, "v", 0) != 1 ||
	    !json_is_array(json_object_get(lock, "skills")))
		return og_fail(err, OG_EDATA, "that is no lock of skills");
	if (og_json_only(lock, "lock", keys, err) < 0 || check_list(lock, "skills", err) < 0)
		return -1;
	if (!is_hash(og_json_str(lock, "genesis")))
		return og_fail(err, OG_EDATA,
			       "lock: 'genesis' says of no instance that it is of it");
	return check_list(lock, "policies", err);
}

static int check_signature(const json_t *lock, const unsigned char *wanted, struct og_err *err)
{
	unsigned char pub[OG_KEY_PUBLIC], sig[OG_SIGNATURE];
	struct og_buf text;
	int rc;

	if (bytes(lock, "pubkey", pub, sizeof(pub), err) < 0 ||
	    bytes(lock, "signature", sig, sizeof(sig), err) < 0)
		return -1;
	if (wanted && memcmp(wanted, pub, sizeof(pub)) != 0)
		return og_fail(err, OG_EPERM, "the lock is signed with another key");
	og_buf_init(&text, OG_LOCK_MAX);
	rc = signed_text(lock, &text, err);
	if (rc == 0 && og_verify(pub, text.data, text.len, sig, err) < 0)
		rc = og_fail(err, OG_EPERM, "the lock was changed after it was signed");
	og_buf_release(&text);
	return rc;
}

int og_lock_read(const char *text, size_t len, const unsigned char *pub, json_t **ret,
		 struct og_err *err)
{
	json_t *lock = NULL;

	if (og_json_parse(text, len, OG_LOCK_MAX, "lock", &lock, err) < 0)
		return -1;
	if (check_form(lock, err) < 0 || check_signature(lock, pub, err) < 0) {
		json_decref(lock);
		return -1;
	}
	*ret = lock;
	return 0;
}

/* --- comparing ----------------------------------------------------------- */

static int add(json_t *list, const char *what, const json_t *locked, const json_t *is)
{
	return json_array_append_new(list, json_pack("{s:s,s:s,s:s*,s:s*}", "what", what, "name",
						     og_json_str(locked ? locked : is, "name"),
						     "locked", og_json_str(locked, "hash"), "is",
						     og_json_str(is, "hash")));
}

/* Both in order: one walk. */
static int merge(const json_t *locked, const json_t *there, json_t *list)
{
	size_t i = 0, k = 0;
	int rc = 0;

	while (rc == 0 && (i < json_array_size(locked) || k < json_array_size(there))) {
		const json_t *a = json_array_get(locked, i), *b = json_array_get(there, k);
		int order = !a	 ? 1
			    : !b ? -1
				 : strcmp(og_json_str(a, "name"), og_json_str(b, "name"));

		if (order < 0)
			rc = add(list, "missing", a, NULL);
		else if (order > 0)
			rc = add(list, "added", NULL, b);
		else if (strcmp(og_json_str(a, "hash"), og_json_str(b, "hash")) != 0)
			rc = add(list, "changed", a, b);
		i += order <= 0;
		k += order >= 0;
	}
	return rc;
}

int og_lock_compare(const json_t *locked, const json_t *there, json_t **ret, struct og_err *err)
{
	json_t *a = sorted(locked), *b = sorted(there), *list = json_array();
	int rc = a && b && list ? merge(a, b, list) : -1;

	json_decref(a);
	json_decref(b);
	if (rc == 0) {
		*ret = list;
		return 0;
	}
	json_decref(list);
	return og_fail_nomem(err);
}
