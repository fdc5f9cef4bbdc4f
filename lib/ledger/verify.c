/*
 * See verify.h. One scan, one prepared statement; the entry is read by a
 * scanner that knows its one canonical form, so a single pass over its
 * bytes both checks the form and finds the values.
 */
#include "lib/ledger/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/ledger/verify-internal.h"

int og_judgement_init(struct og_judgement *judgement, struct og_err *err)
{
	memset(judgement, 0, sizeof(*judgement));
	judgement->list = json_array();
	return judgement->list ? 0 : og_fail_nomem(err);
}

void og_judgement_release(struct og_judgement *judgement)
{
	json_decref(judgement->list);
	judgement->list = NULL;
}

void og_judgement_add(struct og_judgement *judgement, int64_t seq, const char *field,
		      const char *fmt, ...)
{
	char what[512];
	va_list args;

	if (++judgement->problems > OG_PROBLEMS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	json_array_append_new(judgement->list, json_pack("{s:o,s:s,s:s}", "seq",
							 seq > 0 ? json_integer(seq) : json_null(),
							 "field", field, "what", what));
}

/* A JSON string inside an entry, without its quotes, escapes as they are. */
struct span {
	const char *text;
	size_t len;
};

/* The values of an entry, in the order they stand there. */
struct entry {
	struct span action, agent, body_hash, node, prev_hash, principal, step, task, time;
	int64_t seq;
	int plain; /* nothing in it is escaped, as is nearly always so */
};

struct scanner {
	const char *at, *end;
	int plain;
};

/* Inline, so that the lengths of the constants are known where it is used. */
static inline int expect(struct scanner *s, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, text, len) != 0)
		return -1;
	s->at += len;
	return 0;
}

/* The closing quote from here on, or NULL. */
static inline const char *closing_quote(const struct scanner *s)
{
	const char *at = s->at;

	if (s->plain)
		return memchr(at, '"', (size_t)(s->end - at));
	while (at < s->end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return at < s->end ? at : NULL;
}

/* `"key":"value"` with the text before it ("{" or ","). */
static inline int scan_string(struct scanner *s, const char *before, struct span *ret)
{
	const char *quote;

	if (expect(s, before) < 0)
		return -1;
	quote = closing_quote(s);
	if (!quote)
		return -1;
	ret->text = s->at;
	ret->len = (size_t)(quote - s->at);
	s->at = quote + 1;
	return 0;
}

static inline int scan_number(struct scanner *s, const char *before, int64_t *ret)
{
	int64_t value = 0;
	const char *start;

	if (expect(s, before) < 0)
		return -1;
	for (start = s->at; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
		if (value > OG_JSON_INT_MAX / 10)
			return -1;
		value = value * 10 + (*s->at - '0');
	}
	*ret = value;
	return s->at > start && *start != '0' ? 0 : -1;
}

/* The one form an entry has: these keys, this order, nothing else. */
static int scan_entry(const char *text, size_t len, struct entry *ret)
{
	struct scanner s = { text, text + len, !memchr(text, '\\', len) };

	if (scan_string(&s, "{\"action\":\"", &ret->action) < 0 ||
	    scan_string(&s, ",\"agent\":\"", &ret->agent) < 0 ||
	    scan_string(&s, ",\"body_hash\":\"", &ret->body_hash) < 0 ||
	    scan_string(&s, ",\"node\":\"", &ret->node) < 0 ||
	    scan_string(&s, ",\"prev_hash\":\"", &ret->prev_hash) < 0 ||
	    scan_string(&s, ",\"principal\":\"", &ret->principal) < 0 ||
	    scan_number(&s, ",\"seq\":", &ret->seq) < 0 ||
	    scan_string(&s, ",\"step\":\"", &ret->step) < 0 ||
	    scan_string(&s, ",\"task\":\"", &ret->task) < 0 ||
	    scan_string(&s, ",\"time\":\"", &ret->time) < 0 || expect(&s, ",\"v\":1}") < 0)
		return -1;
	ret->plain = s.plain;
	return s.at == s.end ? 0 : -1;
}

enum column { SEQ, ENTRY, HASH, SALT, BODY, TIME, PRINCIPAL, ACTION, NODE, TASK };

struct verifier {
	struct og_judgement *j;
	struct og_stmt *stmt;
	char prev[OG_HASH_HEX + 1];	/* hash column of the entry before */
	char computed[OG_HASH_HEX + 1]; /* what it should have been */
	char here[OG_HASH_HEX + 1];	/* what this entry's should be */
	char time[OG_TIME_LEN + 1];	/* its time */
	struct og_gone *gone;		/* entries without a body, and why */
};

/* A column's bytes as they lie in the page: og_col_text() would copy each
 * to end it with a NUL. */
static struct span bytes_of(struct og_stmt *stmt, int column)
{
	const char *text = og_col_blob(stmt, column);

	return (struct span){ text, text ? og_col_len(stmt, column) : 0 };
}

/* Is the span the JSON form of what the column holds? */
static int same_text(struct span span, int plain, struct og_stmt *stmt, int column)
{
	struct span stored = bytes_of(stmt, column);
	const char *text = stored.text ? stored.text : "";
	size_t len = stored.len;
	struct og_buf quoted;
	int same;

	if (!stored.text && og_col_null(stmt, column))
		return 0;
	/* What needs an escape (a quote, a control byte) cannot equal a plain span
	 * byte for byte, but in an entry that was never canonical. */
	if (plain && len == span.len && memcmp(text, span.text, len) == 0)
		return 1;
	og_buf_init(&quoted, 8192);
	og_json_quote(&quoted, text, len);
	same = !quoted.failed && quoted.len == span.len + 2 &&
	       memcmp(quoted.data + 1, span.text, span.len) == 0;
	og_buf_release(&quoted);
	return same;
}

static void check_columns(struct verifier *v, int64_t seq, const struct entry *e)
{
	static const char *const names[] = { "time", "principal", "action", "node", "task" };
	const struct span spans[] = { e->time, e->principal, e->action, e->node, e->task };

	for (int i = 0; i < 5; i++)
		if (!same_text(spans[i], e->plain, v->stmt, TIME + i))
			og_judgement_add(v->j, seq, names[i], "column '%s' differs from the entry",
					 names[i]);
}

static int is_hex(struct span span, const char *hex)
{
	return span.len == OG_HASH_HEX && memcmp(span.text, hex, OG_HASH_HEX) == 0;
}

static void check_hash(struct verifier *v, int64_t seq, struct span entry)
{
	struct span stored = bytes_of(v->stmt, HASH);
	struct og_hash hash;

	og_merkle_leaf(entry.text ? entry.text : "", entry.len, &hash);
	og_hash_hex(&hash, v->here);
	if (!is_hex(stored, v->here))
		og_judgement_add(v->j, seq, "hash", "the hash is not that of the entry");
}

static int check_body(struct verifier *v, int64_t seq, const struct entry *e, struct og_err *err)
{
	struct og_slice pieces[2];
	char hex[OG_HASH_HEX + 1];
	struct og_hash hash;

	pieces[0] = (struct og_slice){ og_col_blob(v->stmt, SALT), og_col_len(v->stmt, SALT) };
	pieces[1] = (struct og_slice){ og_col_blob(v->stmt, BODY), og_col_len(v->stmt, BODY) };
	if (!pieces[0].data && !pieces[1].data && og_col_null(v->stmt, BODY) &&
	    og_col_null(v->stmt, SALT))
		return og_gone_note(v->gone, seq, v->j->checked + 1, err);
	if (!pieces[1].data || pieces[0].len != 32) {
		og_judgement_add(v->j, seq, "salt", "salt or body is missing or damaged");
		return 0;
	}
	og_sha256v(pieces, 2, &hash);
	og_hash_hex(&hash, hex);
	if (!is_hex(e->body_hash, hex))
		og_judgement_add(v->j, seq, "body",
				 "the body is not the one the entry was made for");
	return 0;
}

/* A `redact` entry explains the entry it names. */
static int explain(struct verifier *v, const struct entry *e, struct og_err *err)
{
	const char *body, *at;

	if (e->action.len != 6 || memcmp(e->action.text, "redact", 6) != 0)
		return 0;
	body = og_col_text(v->stmt, BODY);
	at = body ? strstr(body, "\"redacted\":") : NULL;
	return at ? og_gone_explain(v->gone, strtoll(at + 11, NULL, 10), v->j->checked + 1, err)
		  : 0;
}

static void check_chain(struct verifier *v, int64_t seq, const struct entry *e)
{
	if (e->seq != seq)
		og_judgement_add(v->j, seq, "seq", "the entry says it is number %lld",
				 (long long)e->seq);
	/* Whichever of the two was edited before us, it was named there. */
	if (!is_hex(e->prev_hash, v->prev) && !is_hex(e->prev_hash, v->computed))
		og_judgement_add(v->j, seq, "prev_hash", "it does not follow the entry before it");
	if (e->time.len != OG_TIME_LEN || memcmp(e->time.text, v->time, OG_TIME_LEN) < 0)
		og_judgement_add(v->j, seq, "time", "it is older than the entry before it");
}

/* What the next entry must follow: the stored hash or the computed one, so
 * that one edited entry does not make the next look edited too. */
static void remember(struct verifier *v)
{
	struct span stored = bytes_of(v->stmt, HASH);

	if (stored.len == OG_HASH_HEX)
		memcpy(v->prev, stored.text, OG_HASH_HEX);
	memcpy(v->computed, v->here, sizeof(v->computed));
}

static int check_row(struct verifier *v, struct og_err *err)
{
	struct span text = bytes_of(v->stmt, ENTRY);
	int64_t seq = og_col_int(v->stmt, SEQ), before = v->j->problems;
	struct entry e;
	int rc = 0;

	if (seq != v->j->last + 1)
		og_judgement_add(v->j, seq, "seq", "entries %lld to %lld are missing",
				 (long long)(v->j->last + 1), (long long)(seq - 1));
	check_hash(v, seq, text);
	if (!text.text || scan_entry(text.text, text.len, &e) < 0) {
		og_judgement_add(v->j, seq, "entry", "it has not the form of an entry");
	} else {
		check_chain(v, seq, &e);
		check_columns(v, seq, &e);
		rc = check_body(v, seq, &e, err);
		if (rc == 0)
			rc = explain(v, &e, err);
		/* An edited time is no measure for the entries after it. */
		if (v->j->problems == before)
			memcpy(v->time, e.time.text, OG_TIME_LEN);
	}
	remember(v);
	v->j->last = seq;
	v->j->checked++;
	return rc;
}

static void verifier_init(struct verifier *v, struct og_gone *gone, struct og_judgement *j)
{
	*v = (struct verifier){ .j = j, .gone = gone };
	memset(v->prev, '0', OG_HASH_HEX);
	memset(v->computed, '0', OG_HASH_HEX);
	memset(v->time, '0', OG_TIME_LEN);
}

/* What would be in mind after entry last, were it and all before in order. */
static int take_up(struct verifier *v, struct og_db *db, int64_t last, struct og_err *err)
{
	struct span text;
	struct entry e;
	int rc;

	if (og_stmt_new(db, "SELECT seq, entry, hash FROM audit_ledger WHERE seq = ?1", &v->stmt,
			err) < 0)
		return -1;
	og_bind_int(v->stmt, 1, last);
	rc = og_stmt_step(v->stmt, err);
	text = rc > 0 ? bytes_of(v->stmt, ENTRY) : (struct span){ NULL, 0 };
	if (rc >= 0 && (!text.text || scan_entry(text.text, text.len, &e) < 0 ||
			e.time.len != OG_TIME_LEN || bytes_of(v->stmt, HASH).len != OG_HASH_HEX))
		rc = og_fail(err, OG_EDATA, "entry %lld is not in order", (long long)last);
	if (rc > 0) {
		memcpy(v->here, bytes_of(v->stmt, HASH).text, OG_HASH_HEX);
		memcpy(v->time, e.time.text, OG_TIME_LEN);
		remember(v);
		v->j->last = v->j->checked = last;
	}
	og_stmt_free(v->stmt);
	v->stmt = NULL;
	return rc > 0 ? 0 : -1;
}

static int check_rows(struct verifier *v, struct og_err *err)
{
	int more;

	while ((more = og_stmt_step(v->stmt, err)) > 0) {
		og_meter_add(v->j->meter, 1);
		if (check_row(v, err) < 0)
			return -1;
	}
	return more;
}

int og_verify_range(struct og_db *db, int64_t from, int64_t to, struct og_gone *gone,
		    struct og_judgement *judgement, struct og_err *err)
{
	struct verifier v;
	int rc = -1;

	verifier_init(&v, gone, judgement);
	if ((from <= 1 || take_up(&v, db, from - 1, err) == 0) &&
	    og_stmt_new(db,
			"SELECT seq, entry, hash, salt, body, time, principal, action, node, task "
			"FROM audit_ledger WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq",
			&v.stmt, err) == 0) {
		og_bind_int(v.stmt, 1, from <= 1 ? INT64_MIN : from);
		og_bind_int(v.stmt, 2, to);
		rc = check_rows(&v, err);
	}
	og_hash_unhex(v.prev, &judgement->head);
	og_stmt_free(v.stmt);
	return rc;
}

void og_verify_end(struct og_gone *gone, struct og_judgement *judgement)
{
	og_gone_settle(gone);
	for (size_t i = 0; i < gone->n; i++)
		og_judgement_add(judgement, gone->marks[i].seq, "body",
				 "the body is gone and no later entry says why");
	if (judgement->checked == 0)
		og_judgement_add(judgement, 0, "seq", "the ledger is empty");
}

int og_ledger_verify(struct og_db *db, struct og_judgement *judgement, struct og_err *err)
{
	return og_ledger_verify_many(&db, 1, judgement, err);
}
