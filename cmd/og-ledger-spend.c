/*
 * og-ledger spend: what models came to, by the ledger and nothing else. An
 * answer is an entry with its cost (model.answer), and so is a question that
 * was paid for in vain (model.lost); counters elsewhere only save adding
 * these up. A redacted entry has its cost no more, which is said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-ledger.h"
#include "cmd/og-out.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/budget/price.h"

#define BODY_MAX   ((size_t)1 << 20)
#define GROUPS_MAX 100000

/* A day, or a moment, as the ledger has times: "2026-11-26". */
static int check_day(const char *option, const char *text, struct og_err *err)
{
	char time[OG_TIME_LEN + 1];
	int64_t ms;

	if (!text)
		return 0;
	snprintf(time, sizeof(time), "%.10sT00:00:00.000Z", text);
	if (strlen(text) == 10 && og_time_parse(time, &ms) == 0)
		return 0;
	og_fail(err, OG_EUSAGE, "%s: '%s' is no day", option, text);
	return og_hint(err, "a day in UTC is written 2026-01-31");
}

/* --- adding up --------------------------------------------------------------- */

enum { TIME, PRINCIPAL, NODE, TASK, ACTION, BODY, SEQ };

static const char spend_sql[] =
	"SELECT time, principal, node, task, action, body, seq FROM audit_ledger "
	"WHERE action IN ('model.answer', 'model.lost') AND (?1 IS NULL OR time >= ?1) "
	"AND (?2 IS NULL OR time < ?2) AND (?3 IS NULL OR principal = ?3) ORDER BY seq";

struct spending {
	const char *by;
	json_t *groups; /* name -> {"calls","lost","tokens","input","cached","output","nanousd"} */
	json_t *total;
	int64_t redacted;
};

static json_t *new_sums(void)
{
	return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "calls", 0, "lost", 0, "tokens", 0,
			 "input", 0, "cached", 0, "output", 0, "nanousd", 0);
}

static void count(json_t *sums, const char *name, int64_t more)
{
	int64_t sum = og_json_int(sums, name, 0);

	if (__builtin_add_overflow(sum, more, &sum))
		sum = INT64_MAX;
	json_object_set_new(sums, name, json_integer(sum));
}

static void add_entry(json_t *sums, const char *action, const json_t *body)
{
	static const char *const tokens[] = { "input", "cached", "output" };
	const json_t *usage = json_object_get(body, "usage");

	count(sums, "calls", 1);
	count(sums, "lost", strcmp(action, "model.lost") == 0);
	count(sums, "tokens", og_json_int(body, "tokens", 0));
	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
		count(sums, tokens[i], og_json_int(usage, tokens[i], 0));
	count(sums, "nanousd", og_json_int(body, "nanousd", 0));
}

/* What the entry counts for; room for the one that is made here. */
static const char *group_of(const struct spending *spending, struct og_stmt *row,
			    const json_t *body, char room[80])
{
	const char *node = og_col_text(row, NODE), *model = og_json_str(body, "model");
	const char *day = og_json_str(body, "day"); /* it was reserved on */

	if (strcmp(spending->by, "principal") == 0)
		return og_col_text(row, PRINCIPAL);
	if (strcmp(spending->by, "task") == 0)
		return og_col_text(row, TASK);
	if (strcmp(spending->by, "model") == 0)
		return model ? model : "unknown";
	if (strcmp(spending->by, "day") == 0)
		snprintf(room, 80, "%.10s", day ? day : og_col_text(row, TIME));
	else
		snprintf(room, 80, "%.*s", node ? (int)strcspn(node, "@") : 0, node ? node : "");
	return *room ? room : "none";
}

static int take_row(struct spending *spending, struct og_stmt *row, struct og_err *err)
{
	const char *text = og_col_text(row, BODY), *name;
	json_t *body = NULL, *sums;
	char room[80] = "";

	if (!text) {
		spending->redacted++;
		return 0;
	}
	if (og_json_parse(text, og_col_len(row, BODY), BODY_MAX, "body", &body, err) < 0)
		return og_wrap(err, "entry %lld", (long long)og_col_int(row, SEQ));
	name = group_of(spending, row, body, room);
	sums = json_object_get(spending->groups, name);
	if (!sums && json_object_size(spending->groups) < GROUPS_MAX) {
		sums = new_sums();
		json_object_set_new(spending->groups, name, sums);
	}
	add_entry(sums, og_col_text(row, ACTION), body);
	add_entry(spending->total, og_col_text(row, ACTION), body);
	json_decref(body);
	return 0;
}

static int add_up(struct spending *spending, const struct ledger_session *s, struct og_err *err)
{
	const char *principal = og_arg_value(s->args, "principal");
	struct og_stmt *stmt;
	int more = 1;

	if (og_stmt_new(s->db, spend_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, og_arg_value(s->args, "since"));
	og_bind_text(stmt, 2, og_arg_value(s->args, "until"));
	og_bind_text(stmt, 3, principal);
	while (more > 0 && (more = og_stmt_step(stmt, err)) > 0)
		if (take_row(spending, stmt, err) < 0)
			more = -1;
	og_stmt_free(stmt);
	return more;
}

/* --- the counters --------------------------------------------------------------- */

/* What is counted beside what the ledger has and what is reserved still. */
static const char counted_sql[] =
	"SELECT (SELECT coalesce(sum(nanousd), 0) FROM og_spend WHERE scope = 'all') - "
	"(SELECT coalesce(sum(nanousd), 0) FROM og_turn WHERE state = 'reserved')";

static int check_counters(const struct spending *spending, const struct ledger_session *s,
			  struct og_err *err)
{
	int64_t counted = 0, entered = og_json_int(spending->total, "nanousd", 0);
	char left[OG_MONEY_TEXT], right[OG_MONEY_TEXT];

	if (og_db_int(s->db, counted_sql, &counted, err) < 0)
		return -1;
	if (counted == entered)
		return 0;
	og_money_text(counted, left);
	og_money_text(entered, right);
	og_fail(err, OG_NO, "the counters say %s USD, the ledger %s", left, right);
	return og_hint(err,
		       "limits are judged by the counters; og-ledger verify judges the ledger");
}

/* --- telling ----------------------------------------------------------------- */

static int tell(struct og_out *out, const char *by, const char *name, json_t *sums,
		struct og_err *err)
{
	json_t *record = json_pack("{s:i,s:s,s:s}", "v", 1, "by", by, "name", name);
	char usd[OG_MONEY_TEXT];
	int rc;

	og_money_text(og_json_int(sums, "nanousd", 0), usd);
	if (!record || json_object_update(record, sums) < 0 ||
	    json_object_set_new(record, "usd", json_string(usd)) < 0)
		rc = og_fail_nomem(err);
	else
		rc = og_out_add(out, record, err);
	json_decref(record);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each group by name. Heap array of borrowed names, NULL without memory. */
static const char **sorted(const json_t *groups, size_t *ret_n)
{
	size_t n = json_object_size(groups), i = 0;
	const char **names = calloc(n + 1, sizeof(*names)), *name;
	json_t *sums;

	if (!names)
		return NULL;
	json_object_foreach((json_t *)(uintptr_t)groups, name, sums)
	{
		(void)sums;
		names[i++] = name;
	}
	qsort(names, n, sizeof(*names), by_name);
	*ret_n = n;
	return names;
}

/* The title of the names is what they are names of. */
static int tell_all(const struct spending *spending, const struct ledger_session *s,
		    struct og_err *err)
{
	const struct og_field fields[] = {
		{ "name", spending->by, OG_FIELD_KEY, NULL },
		{ "calls", "calls", OG_FIELD_TEXT, NULL },
		{ "tokens", "tokens", OG_FIELD_TEXT, NULL },
		{ "usd", "USD", OG_FIELD_SUM, NULL },
		{ "by", NULL, OG_FIELD_TEXT, NULL },
		{ "lost", NULL, OG_FIELD_TEXT, NULL },
		{ "input", NULL, OG_FIELD_TEXT, NULL },
		{ "cached", NULL, OG_FIELD_TEXT, NULL },
		{ "output", NULL, OG_FIELD_TEXT, NULL },
		{ "nanousd", NULL, OG_FIELD_TEXT, NULL },
		{ NULL, NULL, OG_FIELD_TEXT, NULL },
	};
	size_t n = 0;
	const char **names = sorted(spending->groups, &n);
	struct og_out *out = NULL;
	int rc = names ? og_out_new(s->ctx, s->args, fields, NULL, &out, err) : og_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = tell(out, spending->by, names[i], json_object_get(spending->groups, names[i]),
			  err);
	if (rc == 0)
		rc = tell(out, "total", "total", spending->total, err);
	if (rc == 0)
		rc = og_out_end(out, err);
	og_out_free(out);
	free(names);
	return rc;
}

static int read_by(const struct og_args *args, const char **ret, struct og_err *err)
{
	static const char *const known[] = { "principal", "skill", "model", "day", "task", NULL };
	const char *by = og_arg_value(args, "by");

	*ret = by ? by : "principal";
	for (size_t i = 0; known[i]; i++)
		if (strcmp(*ret, known[i]) == 0)
			return 0;
	og_fail(err, OG_EUSAGE, "--by: nothing is summed by '%s'", by);
	og_hint(err, "principal, skill, model, day or task");
	return og_hint_near(*ret, known, err);
}

int ledger_run_spend(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct spending spending = { .groups = json_object(), .total = new_sums() };
	struct ledger_session s = { .conf = NULL };
	int rc = -1;

	if (!spending.groups || !spending.total) {
		og_fail_nomem(err);
		goto out;
	}
	if (og_arg_flag(args, "check") &&
	    (og_arg_value(args, "since") || og_arg_value(args, "until") ||
	     og_arg_value(args, "principal"))) {
		og_fail(err, OG_EUSAGE, "--check goes with all entries, not with some of them");
		goto out;
	}
	if (read_by(args, &spending.by, err) < 0 ||
	    check_day("--since", og_arg_value(args, "since"), err) < 0 ||
	    check_day("--until", og_arg_value(args, "until"), err) < 0 ||
	    ledger_open(&s, ctx, args, err) < 0 || ledger_may(&s, "ledger", "read", err) < 0 ||
	    add_up(&spending, &s, err) < 0)
		goto out;
	if (spending.redacted > 0)
		og_note(ctx, "%lld entries were redacted: what they came to is not counted",
			(long long)spending.redacted);
	rc = tell_all(&spending, &s, err);
	if (rc == 0 && og_arg_flag(args, "check"))
		rc = check_counters(&spending, &s, err);
out:
	ledger_close(&s);
	json_decref(spending.groups);
	json_decref(spending.total);
	return rc;
}
