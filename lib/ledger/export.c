/* See export.h. Nothing of a file is believed before the line that holds it
 * has been taken apart; after a bad line the next one is held against what
 * the bad one said, so that one edit is named once. */
#include "lib/ledger/export.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/ledger/checkpoint.h"
#include "lib/ledger/gone.h"
#include "lib/ledger/proof.h"

#define SALT_LEN    32
#define WHOLE_KEYS  6
#define HASH_KEYS   3
#define ENTRY_KEYS  11
#define MISSING_MAX 1000000 /* redacted entries that are kept in mind unexplained */
#define SIGNER_MAX  512
#define NAME_DIGITS 12
#define NAME_PREFIX "omnigate/"

/* --- writing ------------------------------------------------------------------ */

static void add_string(struct og_buf *buf, const char *before, const struct og_slice *text)
{
	og_buf_adds(buf, before);
	if (text->data)
		og_json_quote(buf, text->data, text->len);
	else
		og_buf_adds(buf, "null");
}

int og_export_print(const struct og_export_entry *entry, struct og_buf *ret, struct og_err *err)
{
	char hex[2 * SALT_LEN + 1];
	struct og_slice salt = { NULL, 0 };

	if (entry->salt.data && entry->salt.len == SALT_LEN) {
		og_hex_encode(hex, entry->salt.data, SALT_LEN);
		salt = (struct og_slice){ hex, 2 * SALT_LEN };
	}
	og_buf_addf(ret, "{\"v\":1,\"seq\":%lld", (long long)entry->seq);
	add_string(ret, ",\"entry\":", &entry->entry);
	add_string(ret, ",\"hash\":", &entry->hash);
	add_string(ret, ",\"salt\":", &salt);
	add_string(ret, ",\"body\":", &entry->body);
	og_buf_adds(ret, "}\n");
	return og_buf_check(ret, "export", err);
}

int og_export_print_hash(const struct og_export_entry *entry, struct og_buf *ret,
			 struct og_err *err)
{
	og_buf_addf(ret, "{\"v\":1,\"seq\":%lld", (long long)entry->seq);
	add_string(ret, ",\"hash\":", &entry->hash);
	og_buf_adds(ret, "}\n");
	return og_buf_check(ret, "export", err);
}

int og_export_print_end(int64_t entries, const char *note, const char *key, struct og_buf *ret,
			struct og_err *err)
{
	struct og_slice texts[2] = { { note, note ? strlen(note) : 0 },
				     { key, key ? strlen(key) : 0 } };

	og_buf_addf(ret, "{\"v\":1,\"entries\":%lld", (long long)entries);
	add_string(ret, ",\"checkpoint\":", &texts[0]);
	add_string(ret, ",\"key\":", &texts[1]);
	og_buf_adds(ret, "}\n");
	return og_buf_check(ret, "export", err);
}

/* --- judging ------------------------------------------------------------------- */

struct og_export_check {
	struct og_judgement *j;
	struct og_note_key key; /* name "": the export's own */
	struct og_tree tree;	/* over the hashes that the entries have */
	int64_t line, whole;
	char prev[OG_HASH_HEX + 1]; /* hash of the entry before */
	char first[OG_HASH_HEX + 1];
	char time[OG_TIME_LEN + 1];
	struct og_gone gone; /* by line */
	int ended;
	char signer[SIGNER_MAX];
};

int og_export_check_new(const struct og_note_key *key, struct og_judgement *judgement,
			struct og_export_check **ret, struct og_err *err)
{
	struct og_export_check *check = calloc(1, sizeof(*check));

	if (!check)
		return og_fail_nomem(err);
	check->j = judgement;
	if (key)
		check->key = *key;
	og_tree_init(&check->tree);
	og_gone_init(&check->gone, MISSING_MAX, 0);
	memset(check->prev, '0', OG_HASH_HEX);
	*ret = check;
	return 0;
}

void og_export_check_free(struct og_export_check *check)
{
	if (!check)
		return;
	og_gone_release(&check->gone);
	free(check);
}

int64_t og_export_check_at(const struct og_export_check *check)
{
	return check->line;
}

static void problem(struct og_export_check *check, int64_t seq, const char *field, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));
static void problem(struct og_export_check *check, int64_t seq, const char *field, const char *fmt,
		    ...)
{
	char what[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	og_judgement_add(check->j, seq, field, "line %lld: %s", (long long)check->line, what);
}

/* The entry's text as a value: exactly its keys, in their one form. */
static json_t *parse_entry(const char *text, size_t len)
{
	static const char *const keys[] = { "action",	 "agent", "body_hash", "node", "prev_hash",
					    "principal", "step",  "task",      "time" };
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf canon;
	json_t *json = NULL;
	int good;

	if (og_json_parse(text, len, OG_EXPORT_LINE_MAX, "entry", &json, &ignored) < 0)
		return NULL;
	og_buf_init(&canon, OG_EXPORT_LINE_MAX);
	good = json_object_size(json) == ENTRY_KEYS && og_json_int(json, "v", 0) == 1 &&
	       og_json_canon(json, &canon, &ignored) == 0 && canon.len == len &&
	       memcmp(canon.data, text, len) == 0;
	for (size_t i = 0; good && i < sizeof(keys) / sizeof(*keys); i++)
		good = og_json_str(json, keys[i]) != NULL;
	og_buf_release(&canon);
	if (!good) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* A `redact` entry explains the entry it names. */
static int explain(struct og_export_check *check, const json_t *entry, const char *body, size_t len,
		   struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *json = NULL;
	int rc;

	if (strcmp(og_json_str(entry, "action"), "redact") != 0 ||
	    og_json_parse(body, len, OG_EXPORT_LINE_MAX, "body", &json, &ignored) < 0)
		return 0;
	rc = og_gone_explain(&check->gone, og_json_int(json, "redacted", 0), check->line, err);
	json_decref(json);
	return rc;
}

static int check_body(struct og_export_check *check, int64_t seq, const json_t *entry,
		      const json_t *line, struct og_err *err)
{
	const json_t *salt = json_object_get(line, "salt"), *body = json_object_get(line, "body");
	unsigned char bytes[SALT_LEN];
	char hex[OG_HASH_HEX + 1];
	struct og_hash hash;

	if (json_is_null(salt) && json_is_null(body))
		return og_gone_note(&check->gone, seq, check->line, err);
	if (!json_is_string(body) || json_string_length(salt) != 2 * SALT_LEN ||
	    og_hex_decode(bytes, SALT_LEN, json_string_value(salt)) < 0) {
		problem(check, seq, "salt", "salt or body is missing or damaged");
		return 0;
	}
	og_sha256v((struct og_slice[]){ { bytes, SALT_LEN },
					{ json_string_value(body), json_string_length(body) } },
		   2, &hash);
	og_hash_hex(&hash, hex);
	if (strcmp(og_json_str(entry, "body_hash"), hex) != 0)
		problem(check, seq, "body", "the body is not the one the entry was made for");
	else
		return explain(check, entry, json_string_value(body), json_string_length(body),
			       err);
	return 0;
}

static void check_chain(struct og_export_check *check, int64_t seq, const json_t *entry)
{
	const char *time = og_json_str(entry, "time");

	if (og_json_int(entry, "seq", 0) != seq)
		problem(check, seq, "seq", "the entry says it is number %lld",
			(long long)og_json_int(entry, "seq", 0));
	if (strcmp(og_json_str(entry, "prev_hash"), check->prev) != 0)
		problem(check, seq, "prev_hash", "it does not follow the entry before it");
	if (strlen(time) != OG_TIME_LEN || strcmp(time, check->time) < 0)
		problem(check, seq, "time", "it is older than the entry before it");
	else
		memcpy(check->time, time, OG_TIME_LEN + 1);
}

static int check_whole(struct og_export_check *check, int64_t seq, const json_t *line,
		       const char *hash, struct og_err *err)
{
	const json_t *text = json_object_get(line, "entry");
	char hex[OG_HASH_HEX + 1];
	struct og_hash leaf;
	json_t *entry;
	int rc;

	check->whole++;
	/* What stands beside is covered by no hash. */
	if (json_object_size(line) != WHOLE_KEYS)
		problem(check, seq, "line", "it has other members than an export's");
	og_merkle_leaf(json_string_value(text), json_string_length(text), &leaf);
	og_hash_hex(&leaf, hex);
	if (strcmp(hex, hash) != 0) {
		problem(check, seq, "hash", "the hash is not that of the entry");
		return 0;
	}
	entry = parse_entry(json_string_value(text), json_string_length(text));
	if (!entry) {
		problem(check, seq, "entry", "it has not the form of an entry");
		return 0;
	}
	check_chain(check, seq, entry);
	rc = check_body(check, seq, entry, line, err);
	json_decref(entry);
	return rc;
}

/* An entry, or what stands for one that is left out. */
static int check_entry(struct og_export_check *check, const json_t *line, struct og_err *err)
{
	int64_t seq = og_json_int(line, "seq", 0);
	const char *hash = og_json_str(line, "hash");
	struct og_hash leaf;
	int rc = 0;

	if (seq < 1 || seq > OG_JSON_INT_MAX || !hash || og_hash_unhex(hash, &leaf) < 0 ||
	    strlen(hash) != OG_HASH_HEX) {
		problem(check, 0, "line", "it is neither an entry nor the end of an export");
		return 0;
	}
	if (seq != check->j->last + 1)
		problem(check, seq, "seq", "entry %lld stands where %lld is expected",
			(long long)seq, (long long)check->j->last + 1);
	if (json_is_string(json_object_get(line, "entry")))
		rc = check_whole(check, seq, line, hash, err);
	else if (json_object_size(line) != HASH_KEYS)
		problem(check, seq, "entry", "its text is missing");
	og_tree_add(&check->tree, &leaf);
	memcpy(check->prev, hash, OG_HASH_HEX + 1);
	if (check->j->checked++ == 0)
		memcpy(check->first, hash, OG_HASH_HEX + 1);
	check->j->last = seq;
	check->j->head = leaf;
	return rc;
}

/* The key that is believed: the caller's, else the one that stands there. */
static int find_key(const struct og_export_check *check, const json_t *line,
		    struct og_note_key *ret, struct og_err *err)
{
	const char *text = og_json_str(line, "key");

	if (*check->key.name) {
		*ret = check->key;
		return 0;
	}
	return text ? og_note_key_parse(text, ret, err)
		    : og_fail(err, OG_EDATA, "the key is missing");
}

static void hold_against(struct og_export_check *check, const struct og_checkpoint *checkpoint,
			 const struct og_note_key *key)
{
	char name[sizeof(NAME_PREFIX) + NAME_DIGITS];
	struct og_buf text;
	struct og_hash root;

	og_tree_root(&check->tree, &root);
	snprintf(name, sizeof(name), NAME_PREFIX "%.*s", NAME_DIGITS, check->first);
	if (strcmp(checkpoint->origin, name) != 0)
		problem(check, 0, "checkpoint", "it is of '%s', this ledger is '%s'",
			checkpoint->origin, name);
	else if (checkpoint->size != check->tree.size)
		problem(check, 0, "checkpoint", "%llu entries were signed, here are %llu",
			(unsigned long long)checkpoint->size, (unsigned long long)check->tree.size);
	else if (!og_hash_equal(&checkpoint->root, &root))
		problem(check, 0, "checkpoint", "these are not the entries that were signed");
	og_buf_init(&text, SIGNER_MAX - 1);
	if (og_note_key_print(key, &text, NULL) == 0)
		memcpy(check->signer, text.data, text.len + 1);
	og_buf_release(&text);
}

static void check_end(struct og_export_check *check, const json_t *line)
{
	const char *note = og_json_str(line, "checkpoint");
	struct og_err why = OG_ERR_INIT;
	struct og_checkpoint checkpoint;
	struct og_note_key key;

	check->ended = 1;
	if (og_json_int(line, "entries", -1) != (int64_t)check->tree.size)
		problem(check, 0, "entries", "%lld entries are said to be here, there are %llu",
			(long long)og_json_int(line, "entries", -1),
			(unsigned long long)check->tree.size);
	if (!note && *check->key.name)
		problem(check, 0, "checkpoint", "it is not signed");
	if (!note)
		return;
	if (find_key(check, line, &key, &why) < 0 ||
	    og_checkpoint_read(&(struct og_slice){ note, strlen(note) }, &key, &checkpoint, &why) <
		    0)
		problem(check, 0, "checkpoint", "%s", why.msg);
	else
		hold_against(check, &checkpoint, &key);
}

int og_export_check_line(struct og_export_check *check, const char *line, size_t len,
			 struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *json = NULL;
	int rc = 0;

	check->line++;
	if (check->ended == 1) {
		problem(check, 0, "line", "something stands behind the end");
		check->ended = 2; /* is said once */
	}
	if (check->ended)
		return 0;
	if (og_json_parse(line, len, OG_EXPORT_LINE_MAX, "line", &json, &why) < 0)
		problem(check, 0, "line", "%s", why.msg);
	else if (og_json_int(json, "v", 0) != 1)
		problem(check, 0, "line", "it is not of an export of format 1");
	else if (json_object_get(json, "entries"))
		check_end(check, json);
	else
		rc = check_entry(check, json, err);
	json_decref(json);
	return rc;
}

int og_export_check_end(struct og_export_check *check, int64_t *ret_whole, const char **ret_signer,
			struct og_err *err)
{
	(void)err;
	if (!check->ended) {
		check->line++;
		problem(check, 0, "line", "the end is missing: the file was cut");
	}
	og_gone_settle(&check->gone);
	for (size_t i = 0; i < check->gone.n; i++) {
		check->line = check->gone.marks[i].at;
		problem(check, check->gone.marks[i].seq, "body",
			"the body is gone and no later entry says why");
	}
	*ret_whole = check->whole;
	*ret_signer = check->signer;
	return 0;
}
