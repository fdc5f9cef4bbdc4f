/*
 * JSON: a strict, bounded parser and the canonical printer of RFC 8785.
 * This header is the one place that includes jansson; values are jansson's
 * json_t and its calls (json_object_get, json_pack, ...) are used as they
 * are. Ownership follows jansson: a returned new reference is released
 * with json_decref().
 *
 * Numbers: integers outside +-(2^53 - 1) do not survive other readers, so
 * the printer refuses them; records carry them tagged (og-ledger-entry(5)).
 */
#ifndef OG_JSON_JSON_H
#define OG_JSON_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define OG_JSON_DEPTH	64
#define OG_JSON_INT_MAX 9007199254740991LL

/* Parses exactly one JSON text (RFC 8259): valid UTF-8, no duplicate keys,
 * no NUL in strings' place, at most max_len bytes and OG_JSON_DEPTH deep.
 * what names the text in the error, which gives line and column. */
int og_json_parse(const char *text, size_t len, size_t max_len, const char *what, json_t **ret,
		  struct og_err *err);

/* Appends the canonical form (RFC 8785): keys sorted by UTF-16 code units,
 * no white space, shortest numbers. */
int og_json_canon(const json_t *value, struct og_buf *buf, struct og_err *err);

/* The order of keys in it, like strcmp(3); both are valid UTF-8. */
int og_json_key_compare(const char *a, const char *b);

/* Appends a compact form with keys in insertion order, for records people
 * read; no newline. */
int og_json_dump(const json_t *value, struct og_buf *buf, struct og_err *err);

/* Appends text as a JSON string with quotes, escaped as RFC 8785 demands.
 * text must be valid UTF-8. */
int og_json_quote(struct og_buf *buf, const char *text, size_t len);

/* Members of an object. NULL / fallback when absent or of another type. */
const char *og_json_str(const json_t *obj, const char *key);
int64_t og_json_int(const json_t *obj, const char *key, int64_t fallback);
int og_json_bool(const json_t *obj, const char *key, int fallback);

/* The same, demanded: OG_EDATA "envelope: 'principal' is missing or not a
 * string" when not there. The string is borrowed from obj. */
int og_json_need_str(const json_t *obj, const char *what, const char *key, const char **ret,
		     struct og_err *err);
int og_json_need_int(const json_t *obj, const char *what, const char *key, int64_t *ret,
		     struct og_err *err);

/* Refuses an object with a key that is not in keys (NULL-terminated), with
 * the nearest known key as a hint. */
int og_json_only(const json_t *obj, const char *what, const char *const *keys, struct og_err *err);

/* og_hint_near() of a list: of texts, or of objects with such a member. */
int og_json_hint_near(const char *word, const json_t *list, const char *member, struct og_err *err);

/* The value a JSON pointer (RFC 6901) leads to, borrowed; NULL for none.
 * The pointer's form is og_json_pointer_valid(). */
const json_t *og_json_pointer(const json_t *value, const char *pointer);
int og_json_pointer_valid(const char *pointer);

/* json_object_set_new with the check for memory that everybody forgets:
 * takes value in every case; -1 when value is NULL or memory is out. */
int og_json_set(json_t *obj, const char *key, json_t *value, struct og_err *err);

#endif
