/*
 * Appending. The entry is printed by hand with its keys in the one order
 * that is canonical, so that a scanner can check it without a JSON parser.
 * What actions there are stands in actions.c.
 */
#include "lib/ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define SALT_LEN  32
#define ENTRY_MAX ((size_t)8192)

struct og_ledger {
	struct og_db *db;
	struct og_stmt *head, *insert;
};

int og_ledger_open(struct og_db *db, struct og_ledger **ret, struct og_err *err)
{
	struct og_ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return og_fail_nomem(err);
	ledger->db = db;
	if (og_stmt_new(db, "SELECT seq, hash, time FROM audit_ledger ORDER BY seq DESC LIMIT 1",
			&ledger->head, err) < 0 ||
	    og_stmt_new(db,
			"INSERT INTO audit_ledger(seq, entry, hash, salt, body, time, principal, "
			"action, node, task) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
			&ledger->insert, err) < 0) {
		og_ledger_free(ledger);
		return -1;
	}
	*ret = ledger;
	return 0;
}

void og_ledger_free(struct og_ledger *ledger)
{
	if (!ledger)
		return;
	og_stmt_free(ledger->head);
	og_stmt_free(ledger->insert);
	free(ledger);
}

/* The last entry; time is "" when there is none. */
struct head {
	int64_t seq;
	char hash[OG_HASH_HEX + 1];
	char time[OG_TIME_LEN + 1];
};

static int read_head(struct og_ledger *ledger, struct head *ret, struct og_err *err)
{
	const char *hash, *time;
	int found = og_stmt_step(ledger->head, err);

	ret->seq = 0;
	ret->time[0] = '\0';
	memset(ret->hash, '0', OG_HASH_HEX);
	ret->hash[OG_HASH_HEX] = '\0';
	if (found <= 0)
		return found;
	ret->seq = og_col_int(ledger->head, 0);
	hash = og_col_text(ledger->head, 1);
	time = og_col_text(ledger->head, 2);
	if (hash && strlen(hash) == OG_HASH_HEX)
		memcpy(ret->hash, hash, OG_HASH_HEX);
	if (time && strlen(time) == OG_TIME_LEN)
		memcpy(ret->time, time, OG_TIME_LEN + 1);
	og_stmt_reset(ledger->head);
	return 0;
}

int og_ledger_head(struct og_ledger *ledger, int64_t *ret_seq, struct og_hash *ret_hash,
		   struct og_err *err)
{
	struct head head;

	if (read_head(ledger, &head, err) < 0)
		return -1;
	if (og_hash_unhex(head.hash, ret_hash) < 0)
		return og_fail(err, OG_EDATA, "the hash of ledger entry %lld is damaged",
			       (long long)head.seq);
	*ret_seq = head.seq;
	return 0;
}

int og_ledger_genesis(struct og_db *db, char ret[OG_HASH_HEX + 1], struct og_err *err)
{
	struct og_stmt *stmt;
	const char *hash;
	int found;

	if (og_stmt_new(db, "SELECT hash FROM main.audit_ledger WHERE seq = 1", &stmt, err) < 0)
		return -1;
	found = og_stmt_step(stmt, err);
	hash = found == 1 ? og_col_text(stmt, 0) : NULL;
	if (hash && strlen(hash) == OG_HASH_HEX)
		memcpy(ret, hash, OG_HASH_HEX + 1);
	else if (found == 0)
		found = og_fail(err, OG_NO, "the ledger has no entry");
	else if (found == 1)
		found = og_fail(err, OG_EDATA, "the hash of ledger entry 1 is damaged");
	og_stmt_free(stmt);
	return found == 1 ? 0 : -1;
}

/* Now, or the last entry's time when the clock was set back. */
static void entry_time(const struct head *head, char out[OG_TIME_LEN + 1])
{
	og_time_format(og_now_ms(), out);
	if (strcmp(out, head->time) < 0)
		memcpy(out, head->time, OG_TIME_LEN + 1);
}

static int check_record(const struct og_record *record, struct og_err *err)
{
	const char *fields[] = { record->principal, record->agent, record->action,
				 record->node,	    record->task,  record->step };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		size_t len = strlen(fields[i]);

		if (len > OG_RECORD_FIELD_MAX || !og_utf8_valid(fields[i], len))
			return og_fail(err, OG_EDATA,
				       "a field of a ledger entry is too long or not UTF-8");
	}
	return 0;
}

static void add_field(struct og_buf *out, const char *key, const char *value)
{
	og_buf_addf(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
	og_json_quote(out, value, strlen(value));
}

static int print_entry(const struct og_record *record, const struct head *head,
		       const char *body_hash, const struct og_receipt *receipt, struct og_buf *out,
		       struct og_err *err)
{
	og_buf_addc(out, '{');
	add_field(out, "action", record->action);
	add_field(out, "agent", record->agent);
	add_field(out, "body_hash", body_hash);
	add_field(out, "node", record->node);
	add_field(out, "prev_hash", head->hash);
	add_field(out, "principal", record->principal);
	og_buf_addf(out, ",\"seq\":%lld", (long long)receipt->seq);
	add_field(out, "step", record->step);
	add_field(out, "task", record->task);
	add_field(out, "time", receipt->time);
	og_buf_adds(out, ",\"v\":1}");
	return og_buf_check(out, "ledger entry", err);
}

/* body_hash = SHA-256(salt || body): the salt keeps a redacted body from
 * being guessed. */
static int salted_hash(const char *body, size_t len, unsigned char salt[SALT_LEN],
		       char out[OG_HASH_HEX + 1], struct og_err *err)
{
	struct og_slice pieces[] = { { salt, SALT_LEN }, { body, len } };
	struct og_hash hash;

	if (og_random(salt, SALT_LEN, err) < 0)
		return -1;
	og_sha256v(pieces, 2, &hash);
	og_hash_hex(&hash, out);
	return 0;
}

int og_ledger_append(struct og_ledger *ledger, const struct og_record *record, const char *body,
		     size_t len, struct og_receipt *ret, struct og_err *err)
{
	unsigned char salt[SALT_LEN];
	char hex[OG_HASH_HEX + 1];
	struct og_receipt receipt;
	struct og_stmt *insert = ledger->insert;
	struct og_buf entry;
	struct head head;
	int rc = -1;

	og_buf_init(&entry, ENTRY_MAX);
	if (check_record(record, err) < 0 || read_head(ledger, &head, err) < 0 ||
	    salted_hash(body, len, salt, hex, err) < 0)
		goto out;
	receipt.seq = head.seq + 1;
	entry_time(&head, receipt.time);
	if (print_entry(record, &head, hex, &receipt, &entry, err) < 0)
		goto out;
	og_merkle_leaf(entry.data, entry.len, &receipt.hash);
	og_hash_hex(&receipt.hash, hex);
	og_bind_int(insert, 1, receipt.seq);
	og_bind_textn(insert, 2, entry.data, entry.len);
	og_bind_text(insert, 3, hex);
	og_bind_blob(insert, 4, salt, SALT_LEN);
	og_bind_textn(insert, 5, body, len);
	og_bind_text(insert, 6, receipt.time);
	og_bind_text(insert, 7, record->principal);
	og_bind_text(insert, 8, record->action);
	og_bind_text(insert, 9, record->node);
	og_bind_text(insert, 10, record->task);
	if (og_stmt_run(insert, err) < 0)
		goto out;
	*ret = receipt;
	rc = 0;
out:
	og_buf_release(&entry);
	return rc;
}
