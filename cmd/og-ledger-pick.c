/* See og-ledger-pick.h. */
#include "cmd/og-ledger-pick.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/ledger/ledger.h"
#include "lib/task/schedule.h"

#define SQL_MAX	    ((size_t)65536)
#define FIRST_VALUE 3 /* ?1 and ?2 are the bounds */

/* --- what may be meant ------------------------------------------------------ */

static int check_principal(const char *value, struct og_err *err)
{
	if (og_principal_name_valid(value) || strcmp(value, "system") == 0)
		return 0;
	og_fail(err, OG_EUSAGE, "--principal: '%s' is no name of a principal", value);
	return og_hint(err, "og-shield principal list shows them");
}

static int check_action(const char *value, struct og_err *err)
{
	for (size_t i = 0; og_ledger_actions[i]; i++)
		if (strcmp(value, og_ledger_actions[i]) == 0)
			return 0;
	og_fail(err, OG_EUSAGE, "--action: there is no '%s'", value);
	og_hint(err, "og-ledger-entry(5) lists them: step, sql.write, refuse, grant, ...");
	return og_hint_near(value, og_ledger_actions, err);
}

static int check_task(const char *value, struct og_err *err)
{
	if (og_uuid_valid(value))
		return 0;
	og_fail(err, OG_EUSAGE, "--task: '%s' is no id of a task", value);
	return og_hint(err, "og-task list shows them; an id has 36 characters");
}

static int check_text(const char *value, struct og_err *err)
{
	size_t len = strlen(value);

	if (len > 0 && len <= OG_RECORD_FIELD_MAX && og_utf8_valid(value, len))
		return 0;
	return og_fail(err, OG_EUSAGE, "'%s' is no name that an entry can hold", value);
}

/* An option, and when an entry has its value; % stands for the parameter. */
static const struct kind {
	const char *option;
	int (*check)(const char *value, struct og_err *err);
	const char *sql;
	const char *there; /* the names there are now, or NULL */
} kinds[] = {
	{ "principal", check_principal, "principal = %",
	  "SELECT name FROM og_principal UNION VALUES('system')" },
	/* The second part lets the partial index be used. */
	{ "task", check_task, "(task = % AND task <> '')", NULL },
	{ "action", check_action, "action = %", NULL },
	{ "node", check_text, "(node = % OR substr(node, 1, length(%) + 1) = % || '@')",
	  "SELECT DISTINCT name FROM og_skill" },
	{ "agent", check_text,
	  "(json_extract(entry, '$.agent') = % OR "
	  "substr(json_extract(entry, '$.agent'), 1, length(%) + 1) = % || '/')",
	  NULL },
	/* The plain search spares most bodies the parser. */
	{ "table", check_text,
	  "(instr(body, '\"table\":' || json_quote(%)) AND "
	  "(EXISTS (SELECT 1 FROM json_each(body, '$.changes') WHERE value ->> 'table' = %) OR "
	  "EXISTS (SELECT 1 FROM json_each(body, '$.ddl') WHERE value ->> 'table' = %)))",
	  "SELECT name FROM sqlite_schema WHERE type = 'table'" },
};

static void add_condition(struct og_buf *where, const char *sql, size_t parameter)
{
	for (; *sql; sql++)
		if (*sql == '%')
			og_buf_addf(where, "?%zu", parameter);
		else
			og_buf_addc(where, *sql);
}

static int add_kind(struct ledger_pick *pick, const struct og_args *args, const struct kind *kind,
		    struct og_err *err)
{
	const char *value;
	size_t i;

	for (i = 0; (value = og_arg_list(args, kind->option, i)); i++) {
		if (kind->check(value, err) < 0)
			return -1;
		if (pick->n == LEDGER_PICK_MAX)
			return og_fail(err, OG_EUSAGE, "more than %d values to look for",
				       LEDGER_PICK_MAX);
		og_buf_adds(&pick->where, i ? " OR " : " AND (");
		add_condition(&pick->where, kind->sql, FIRST_VALUE + pick->n);
		pick->values[pick->n++] = value;
	}
	if (i)
		og_buf_addc(&pick->where, ')');
	return 0;
}

/* A number is an entry's, everything else a time. */
static int read_bound(const struct og_args *args, const char *option, int64_t *ret_seq,
		      int64_t *ret_ms, struct og_err *err)
{
	const char *text = og_arg_value(args, option);
	char what[16] = "--";

	if (!text)
		return 0;
	memcpy(what + 2, option, strlen(option) + 1);
	if (*text && strspn(text, "0123456789") == strlen(text))
		return og_int_parse(text, 0, OG_JSON_INT_MAX, what, ret_seq, err);
	if (og_past_parse(text, what, og_now_ms(), ret_ms, err) < 0)
		return og_hint(err, "write an entry's number, or 2026-01-31T09:30:00Z, 2026-01-31, "
				    "yesterday, 09:30 (UTC), 2h");
	return 0;
}

int ledger_pick_init(struct ledger_pick *pick, const struct og_args *args, struct og_err *err)
{
	memset(pick, 0, sizeof(*pick));
	pick->until = OG_JSON_INT_MAX;
	pick->from_ms = pick->to_ms = -1;
	pick->since = og_arg_value(args, "since") != NULL;
	og_buf_init(&pick->where, SQL_MAX);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (add_kind(pick, args, &kinds[i], err) < 0)
			return -1;
	if (og_arg_flag(args, "refused"))
		og_buf_adds(&pick->where, " AND action = 'refuse'");
	if (read_bound(args, "since", &pick->after, &pick->from_ms, err) < 0 ||
	    read_bound(args, "until", &pick->until, &pick->to_ms, err) < 0)
		return -1;
	return og_buf_check(&pick->where, "what to look for", err);
}

void ledger_pick_release(struct ledger_pick *pick)
{
	og_buf_release(&pick->where);
}

/* --- a name that is none ------------------------------------------------------- */

static int names_there(struct og_db *db, const char *sql, json_t **ret, struct og_err *err)
{
	json_t *names = json_array();
	struct og_stmt *stmt;
	int more;

	if (!names || og_stmt_new(db, sql, &stmt, err) < 0) {
		json_decref(names);
		return names ? -1 : og_fail_nomem(err);
	}
	while ((more = og_stmt_step(stmt, err)) > 0)
		json_array_append_new(names, json_string(og_col_text(stmt, 0)));
	og_stmt_free(stmt);
	if (more < 0)
		json_decref(names);
	else
		*ret = names;
	return more;
}

/* Up to the version of a skill. */
static void doubt(const struct og_ctx *ctx, const char *option, const char *value,
		  const json_t *names)
{
	struct og_err near = OG_ERR_INIT;
	char word[OG_RECORD_FIELD_MAX + 1];
	json_t *name;
	size_t i;

	og_text_format(word, sizeof(word), "%.*s", (int)strcspn(value, "@"), value);
	json_array_foreach(names, i, name)
	{
		if (strcmp(json_string_value(name), word) == 0)
			return;
	}
	og_json_hint_near(word, names, NULL, &near);
	og_note(ctx, "--%s: there is no '%s' now%s%s", option, word, near.hint[0] ? "; " : "",
		near.hint);
}

int ledger_pick_doubt(const struct og_ctx *ctx, const struct og_args *args, struct og_db *db,
		      struct og_err *err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		json_t *names = NULL;
		const char *value;

		if (!kinds[i].there || !og_arg_list(args, kinds[i].option, 0))
			continue;
		if (names_there(db, kinds[i].there, &names, err) < 0)
			return -1;
		for (size_t k = 0; (value = og_arg_list(args, kinds[i].option, k)); k++)
			doubt(ctx, kinds[i].option, value, names);
		json_decref(names);
	}
	return 0;
}

/* --- where ------------------------------------------------------------------ */

/* The last entry before that time: by halving, a row at a time. */
static int last_before(struct og_db *db, int64_t ms, int64_t *ret, struct og_err *err)
{
	int64_t low = 0, high = 0; /* entry low is before it, entry high + 1 is not */
	char wanted[OG_TIME_LEN + 1];
	struct og_stmt *stmt;
	int rc = 0;

	og_time_format(ms, wanted);
	if (og_db_int(db, "SELECT max(seq) FROM audit_ledger", &high, err) < 0 ||
	    og_stmt_new(db, "SELECT time FROM audit_ledger WHERE seq >= ?1 ORDER BY seq LIMIT 1",
			&stmt, err) < 0)
		return -1;
	while (rc >= 0 && low < high) {
		int64_t middle = low + (high - low + 1) / 2;
		const char *time;

		og_bind_int(stmt, 1, middle);
		rc = og_stmt_step(stmt, err);
		time = rc > 0 ? og_col_text(stmt, 0) : NULL;
		if (time && strcmp(time, wanted) < 0)
			low = middle;
		else
			high = middle - 1;
		og_stmt_reset(stmt);
	}
	og_stmt_free(stmt);
	*ret = low;
	return rc < 0 ? -1 : 0;
}

static void bind(const struct ledger_pick *pick, struct og_stmt *stmt)
{
	og_bind_int(stmt, 1, pick->after);
	og_bind_int(stmt, 2, pick->until);
	for (size_t i = 0; i < pick->n; i++)
		og_bind_text(stmt, FIRST_VALUE + (int)i, pick->values[i]);
}

static int prepare(const struct ledger_pick *pick, struct og_db *db, const char *head,
		   const char *tail, struct og_stmt **ret, struct og_err *err)
{
	struct og_buf sql;
	int rc = -1;

	og_buf_init(&sql, 2 * SQL_MAX);
	og_buf_addf(&sql, "%s FROM audit_ledger WHERE seq > ?1 AND seq <= ?2%s %s", head,
		    pick->where.len ? pick->where.data : "", tail);
	if (og_buf_check(&sql, "query", err) == 0)
		rc = og_stmt_new(db, sql.data, ret, err);
	og_buf_release(&sql);
	return rc;
}

/* Looks for the oldest of the newest first, so that the bodies of a million
 * entries are read in order, one at a time. */
static int leave_newest(struct ledger_pick *pick, struct og_db *db, int64_t newest,
			struct og_err *err)
{
	struct og_stmt *stmt;
	int64_t first = 0;
	int more;

	if (prepare(pick, db, "SELECT seq", "ORDER BY seq DESC", &stmt, err) < 0)
		return -1;
	bind(pick, stmt);
	while (newest-- > 0 && (more = og_stmt_step(stmt, err)) > 0)
		first = og_col_int(stmt, 0);
	og_stmt_free(stmt);
	if (first)
		pick->after = first - 1;
	return more < 0 ? -1 : 0;
}

int ledger_pick_place(struct ledger_pick *pick, struct og_db *db, int64_t newest,
		      struct og_err *err)
{
	if ((pick->from_ms >= 0 && last_before(db, pick->from_ms, &pick->after, err) < 0) ||
	    (pick->to_ms >= 0 && last_before(db, pick->to_ms, &pick->until, err) < 0))
		return -1;
	return newest > 0 ? leave_newest(pick, db, newest, err) : 0;
}

int ledger_pick_stmt(const struct ledger_pick *pick, struct og_db *db, struct og_stmt **ret,
		     struct og_err *err)
{
	if (prepare(pick, db, "SELECT seq, entry, hash, body, salt, time", "ORDER BY seq", ret,
		    err) < 0)
		return -1;
	bind(pick, *ret);
	return 0;
}
