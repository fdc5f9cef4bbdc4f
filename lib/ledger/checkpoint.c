/* See checkpoint.h. Files come from outside: lines are taken one by one
 * from a slice, never past its end. */
#include "lib/ledger/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define RECEIPT_MAGIC "c2sp.org/tlog-proof@v1"
#define NAME_DIGITS   12
#define LINE_LONGEST  8192

int og_ledger_name(struct og_db *db, char out[OG_NOTE_NAME_MAX + 1], struct og_err *err)
{
	char hex[OG_HASH_HEX + 1];
	struct og_hash hash;

	/* The tree of one leaf is that leaf. */
	if (og_ledger_root(db, 0, 1, &hash, err) < 0)
		return -1;
	og_hash_hex(&hash, hex);
	memcpy(out, "omnigate/", 9);
	memcpy(out + 9, hex, NAME_DIGITS);
	out[9 + NAME_DIGITS] = '\0';
	return 0;
}

int og_ledger_checkpoint(struct og_db *db, struct og_checkpoint *ret, struct og_err *err)
{
	int64_t last = 0;

	if (og_db_int(db, "SELECT max(seq) FROM audit_ledger", &last, err) < 0 ||
	    og_ledger_name(db, ret->origin, err) < 0 ||
	    og_ledger_root(db, 0, last, &ret->root, err) < 0)
		return -1;
	ret->size = (uint64_t)last;
	return 0;
}

int og_checkpoint_print(const struct og_checkpoint *checkpoint,
			const unsigned char seed[OG_KEY_SEED], struct og_buf *ret,
			struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, OG_NOTE_MAX);
	og_buf_addf(&text, "%s\n%llu\n", checkpoint->origin, (unsigned long long)checkpoint->size);
	og_base64_encode(&text, checkpoint->root.b, OG_HASH_LEN);
	og_buf_addc(&text, '\n');
	rc = og_buf_check(&text, "checkpoint", err);
	if (rc == 0)
		rc = og_note_sign(&(struct og_slice){ text.data, text.len }, checkpoint->origin,
				  seed, ret, err);
	og_buf_release(&text);
	return rc;
}

/* Takes the next line off the slice, as a string; -1 when there is none or
 * it is longer than any that has a meaning here. */
static int take_line(struct og_slice *rest, char out[LINE_LONGEST])
{
	const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
	size_t len = end ? (size_t)(end - (const char *)rest->data) : LINE_LONGEST;

	if (len >= LINE_LONGEST || memchr(rest->data, '\0', len))
		return -1;
	memcpy(out, rest->data, len);
	out[len] = '\0';
	rest->data = end + 1;
	rest->len -= len + 1;
	return 0;
}

static int parse_count(const char *line, uint64_t *ret)
{
	int64_t value;

	if (og_int_parse(line, 0, INT64_MAX, "number", &value, NULL) < 0)
		return -1;
	*ret = (uint64_t)value;
	return 0;
}

static int parse_hash(const char *line, struct og_hash *ret)
{
	struct og_buf raw;
	int rc = -1;

	og_buf_init(&raw, OG_HASH_LEN);
	if (og_base64_decode(&raw, line, strlen(line)) == 0 && raw.len == OG_HASH_LEN) {
		memcpy(ret->b, raw.data, OG_HASH_LEN);
		rc = 0;
	}
	og_buf_release(&raw);
	return rc;
}

int og_checkpoint_origin(const struct og_slice *note, char out[OG_NOTE_NAME_MAX + 1],
			 struct og_err *err)
{
	struct og_slice rest = *note;
	char line[LINE_LONGEST];
	size_t len;

	if (take_line(&rest, line) < 0 || (len = strlen(line)) == 0 || len > OG_NOTE_NAME_MAX)
		return og_fail(err, OG_EDATA, "this is not a checkpoint");
	memcpy(out, line, len + 1);
	return 0;
}

int og_checkpoint_read(const struct og_slice *note, const struct og_note_key *key,
		       struct og_checkpoint *ret, struct og_err *err)
{
	struct og_slice rest = *note;
	struct og_checkpoint checkpoint;
	char line[LINE_LONGEST];

	if (og_checkpoint_origin(note, checkpoint.origin, err) < 0 ||
	    og_note_check(note, key, &rest.len, err) < 0)
		return -1;
	if (strcmp(checkpoint.origin, key->name) != 0)
		return og_fail(err, OG_NO, "the checkpoint is of '%s', not of '%s'",
			       checkpoint.origin, key->name);
	/* NOLINTNEXTLINE(misc-redundant-expression): each call takes another line */
	if (take_line(&rest, line) < 0 || take_line(&rest, line) < 0 ||
	    parse_count(line, &checkpoint.size) < 0 || take_line(&rest, line) < 0 ||
	    parse_hash(line, &checkpoint.root) < 0)
		return og_fail(err, OG_EDATA, "checkpoint: size or root is malformed");
	*ret = checkpoint;
	return 0;
}

int og_checkpoint_judge(struct og_db *db, const struct og_checkpoint *checkpoint,
			struct og_judgement *judgement, struct og_err *err)
{
	unsigned long long size = checkpoint->size;
	struct og_err why = OG_ERR_INIT;
	struct og_hash root;
	int64_t last = 0;

	if (og_db_int(db, "SELECT max(seq) FROM audit_ledger", &last, err) < 0)
		return -1;
	if (size > (unsigned long long)last) {
		og_judgement_add(judgement, 0, "checkpoint",
				 "the ledger was cut: it had %llu entries, now the last is %lld",
				 size, (long long)last);
	} else if (og_ledger_root(db, 0, (int64_t)size, &root, &why) < 0) {
		if (why.code != OG_NO)
			return og_fail(err, why.code, "%s", why.msg);
		og_judgement_add(judgement, 0, "checkpoint", "%s", why.msg);
	} else if (!og_hash_equal(&root, &checkpoint->root)) {
		og_judgement_add(judgement, 0, "checkpoint",
				 "history was rewritten: entries 1 to %llu are not those that were "
				 "signed",
				 size);
	}
	return 0;
}

int og_receipt_print(struct og_db *db, int64_t seq, const struct og_checkpoint *checkpoint,
		     struct og_buf *ret, struct og_err *err)
{
	struct og_path path;

	if (seq < 1 || (uint64_t)seq > checkpoint->size)
		return og_fail(err, OG_NO, "no entry %lld", (long long)seq);
	if (og_ledger_path(db, seq, (int64_t)checkpoint->size, &path, err) < 0)
		return -1;
	og_buf_addf(ret, RECEIPT_MAGIC "\nindex %lld\n", (long long)(seq - 1));
	for (size_t i = 0; i < path.n; i++) {
		og_base64_encode(ret, path.hash[i].b, OG_HASH_LEN);
		og_buf_addc(ret, '\n');
	}
	og_buf_addc(ret, '\n');
	return og_buf_check(ret, "receipt", err);
}

/* Lines of hashes up to the blank one. */
static int parse_path(struct og_slice *rest, struct og_path *ret)
{
	char line[LINE_LONGEST];

	for (ret->n = 0; take_line(rest, line) == 0; ret->n++) {
		if (!*line)
			return 0;
		if (ret->n == OG_PATH_MAX || parse_hash(line, &ret->hash[ret->n]) < 0)
			return -1;
	}
	return -1;
}

int og_receipt_parse(const struct og_slice *text, struct og_receipt_file *ret, struct og_err *err)
{
	struct og_slice rest = *text;
	char line[LINE_LONGEST];

	if (take_line(&rest, line) < 0 || strcmp(line, RECEIPT_MAGIC) != 0)
		return og_fail(err, OG_EDATA, "this is not a receipt (%s)", RECEIPT_MAGIC);
	/* What "extra" says is proved by nothing. */
	if (take_line(&rest, line) == 0 && strncmp(line, "extra ", 6) == 0)
		(void)take_line(&rest, line);
	if (strncmp(line, "index ", 6) != 0 || parse_count(line + 6, &ret->index) < 0 ||
	    parse_path(&rest, &ret->path) < 0)
		return og_fail(err, OG_EDATA, "receipt: index or proof is malformed");
	ret->note = rest;
	return 0;
}
