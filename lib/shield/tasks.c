/*
 * Task rows, see tasks.h. Every statement is prepared once, at its first
 * use, and kept: a task costs about a dozen of them.
 */
#include "lib/shield/tasks-internal.h"

#include <stdlib.h>
#include <string.h>

#define OG_TASK_COLUMNS                                                                            \
	"id, digest, principal, epoch, next_step, first_seq, last_seq, state, reason, "            \
	"text, key, submitted, begun, finished, skill, skill_hash, result, envelope, "             \
	"same_as, deadline, trace, waits, rights, effect, vars, reads"

#define OG_CONSENT_COLUMNS "id, hash, task, kind, said, digest, state, expires, principal, envelope"

#define OG_TURN_COLUMNS                                                                            \
	"turn, tokens, nanousd, seq, model, state, digest, answer, usage, time, day, skill"

/* Lists begin with the ids, each kind from the index that has them in their
 * order: the newest of a hundred thousand are found without the others. Of
 * one principal's tasks the done ones are the many. */
#define OG_TASK_LISTED                                                                             \
	"SELECT t.id, t.state, t.reason, t.skill, p.name, t.submitted, t.begun,"                   \
	" t.finished, t.epoch, t.text, t.deadline, t.waits, t.skill_hash FROM some"                \
	" JOIN main.og_task AS t ON t.id = some.id"                                                \
	" JOIN main.og_principal AS p ON p.id = t.principal ORDER BY t.id DESC LIMIT ?3"

static const char *const sql_text[SQL_COUNT] = {
	[SQL_GET] = "SELECT " OG_TASK_COLUMNS " FROM main.og_task WHERE id = ?1",
	[SQL_BY_KEY] = "SELECT id FROM main.og_task WHERE principal = ?1 AND key = ?2",
	[SQL_INSERT] = "INSERT INTO main.og_task(" OG_TASK_COLUMNS ") VALUES"
		       "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,"
		       "?20,?21,?22,?23,?24,?25,?26)",
	[SQL_SAVE] = "UPDATE main.og_task SET epoch = ?2, next_step = ?3, first_seq = ?4,"
		     " last_seq = ?5, reason = ?6, skill = ?7, skill_hash = ?8, vars = ?9,"
		     " reads = ?10, waits = ?11, rights = ?12, effect = ?13 WHERE id = ?1",
	/* Apart: setting a column that is indexed writes its index, even to
	 * the same, and from step to step a task stays what it is. */
	[SQL_STATE] = "UPDATE main.og_task SET state = ?2 WHERE id = ?1 AND state <> ?2",
	[SQL_ENTRY] = "UPDATE main.og_task SET first_seq = coalesce(first_seq, ?2), last_seq = ?2"
		      " WHERE id = ?1",
	[SQL_FINISH] = "UPDATE main.og_task SET state = ?2, reason = ?3, finished = ?4,"
		       " result = ?5, first_seq = ?6, last_seq = ?7, effect = ?8,"
		       " waits = NULL WHERE id = ?1",
	[SQL_REOPEN] = "UPDATE main.og_task SET state = ?2, reason = ?3, effect = ?4,"
		       " finished = NULL, result = NULL WHERE id = ?1",
	[SQL_LIST_ALL] = "WITH some(id) AS (SELECT id FROM main.og_task WHERE same_as IS NULL"
			 " ORDER BY id DESC LIMIT ?3) " OG_TASK_LISTED,
	[SQL_LIST_STATE] = "WITH some(id) AS (SELECT id FROM main.og_task WHERE state = ?2"
			   " ORDER BY id DESC LIMIT ?3) " OG_TASK_LISTED,
	[SQL_LIST_OWN] = "WITH some(id) AS (SELECT id FROM (SELECT id FROM main.og_task"
			 " WHERE principal = ?1 AND (?2 IS NULL OR (?2 = 'done' AND +state = ?2))"
			 " AND same_as IS NULL ORDER BY id DESC LIMIT ?3)"
			 " UNION SELECT id FROM (SELECT id FROM main.og_task WHERE state = ?2"
			 " AND ?2 <> 'done' AND +principal = ?1 ORDER BY id DESC LIMIT ?3)"
			 " UNION SELECT id FROM (SELECT id FROM main.og_task"
			 " WHERE state = 'waiting' AND ?4 > 0 AND (?2 IS NULL OR ?2 = 'waiting')"
			 " AND json_extract(waits, '$.clearance') <= ?4"
			 " ORDER BY id DESC LIMIT ?3)) " OG_TASK_LISTED,
	[SQL_JOURNAL_GET] = "SELECT ordinal, step, digest, reply, changes, vars, seq"
			    " FROM main.og_journal WHERE task = ?1 AND phase = ?2"
			    " AND ordinal = ?3",
	[SQL_JOURNAL_PUT] =
		"INSERT INTO main.og_journal(task, phase, ordinal, step, digest,"
		" reply, changes, vars, seq, rank) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,"
		" (SELECT count(*) FROM main.og_journal WHERE task = ?1 AND phase = ?2))",
	[SQL_PROGRESS] = "SELECT d.ordinal, d.step, d.seq, u.ordinal,"
			 " d.digest = '" OG_JOURNAL_FAILED "' FROM main.og_journal AS d"
			 " LEFT JOIN main.og_journal AS u ON u.task = d.task"
			 " AND u.phase = 'undo' AND u.ordinal = d.ordinal"
			 " WHERE d.task = ?1 AND d.phase = 'do' ORDER BY d.rank",
	[SQL_CONSENT_PUT] = "INSERT INTO main.og_consent(" OG_CONSENT_COLUMNS ") VALUES"
			    "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
	[SQL_CONSENT_GET] = "SELECT " OG_CONSENT_COLUMNS " FROM main.og_consent WHERE id = ?1",
	[SQL_CONSENT_GIVEN] = "SELECT " OG_CONSENT_COLUMNS " FROM main.og_consent"
			      " WHERE task = ?1 AND kind = ?3 AND digest = ?2"
			      " AND state = 'given' ORDER BY said = 'rejected' DESC, id DESC"
			      " LIMIT 1",
	[SQL_CONSENT_RESOLVED] = "SELECT p.name, c.said, c.envelope FROM main.og_consent AS c"
				 " JOIN main.og_principal AS p ON p.id = c.principal"
				 " WHERE c.task = ?1 AND c.kind = 'resolve' ORDER BY c.id",
	[SQL_CONSENT_STATE] = "UPDATE main.og_consent SET state = ?2 WHERE id = ?1",
	[SQL_CANCELLED] = "SELECT 1 FROM main.og_consent AS c"
			  " JOIN main.og_principal AS p ON p.id = c.principal"
			  " JOIN main.og_role AS r ON r.name = p.role"
			  " WHERE c.task = ?1 AND c.kind = 'cancel' AND (c.principal = ?2"
			  " OR EXISTS (SELECT 1 FROM json_each(r.rights) WHERE value = 'tasks'))",
	[SQL_CALL_GET] = "SELECT digest, reply FROM main.og_call WHERE task = ?1 AND call = ?2",
	[SQL_CALL_PUT] = "INSERT INTO main.og_call(task, call, verb, digest, size, reply)"
			 " VALUES(?1,?2,?3,?4,?5,?6)",
	[SQL_RECORDS_SIZE] = "SELECT coalesce((SELECT sum(size) FROM main.og_call"
			     " WHERE task = ?1), 0) + coalesce((SELECT sum(CASE state"
			     " WHEN 'reserved' THEN ?2 ELSE size END)"
			     " FROM main.og_turn WHERE task = ?1 AND turn <> ?3), 0)",
	[SQL_RECORDS] = "SELECT 1, turn, model, digest, answer, state, usage, nanousd, time, size"
			" FROM main.og_turn WHERE task = ?1 UNION ALL"
			" SELECT 0, call, verb, digest, reply, NULL, NULL, NULL, NULL, size"
			" FROM main.og_call WHERE task = ?1 ORDER BY 1 DESC, 2"
			" LIMIT ?2 OFFSET ?3",
	[SQL_TURN_GET] = "SELECT " OG_TURN_COLUMNS " FROM main.og_turn WHERE task = ?1"
			 " AND turn = ?2",
	[SQL_TURN_OPEN] = "SELECT " OG_TURN_COLUMNS " FROM main.og_turn WHERE task = ?1"
			  " AND state = 'reserved' ORDER BY turn LIMIT 1",
	[SQL_TURN_PUT] = "INSERT OR REPLACE INTO main.og_turn(task, " OG_TURN_COLUMNS
			 ", size) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
	[SQL_TURNS_SUM] = "SELECT count(*), count(*) FILTER (WHERE state = 'answered'),"
			  " total(usage ->> 'input'), total(usage ->> 'cached'),"
			  " total(usage ->> 'output'),"
			  " sum(nanousd) FILTER (WHERE state = 'answered')"
			  " FROM main.og_turn WHERE task = ?1",
	[SQL_SPEND_ADD] = "INSERT INTO main.og_spend(day, scope, name, calls, tokens, nanousd)"
			  " VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT DO UPDATE SET"
			  " calls = calls + ?4, tokens = tokens + ?5, nanousd = nanousd + ?6",
	[SQL_SPEND_OF] = "SELECT sum(calls), sum(tokens), sum(nanousd) FROM main.og_spend"
			 " WHERE scope = ?2 AND name = ?3 AND (?1 IS NULL OR day = ?1)",
	[SQL_PROVIDER_GET] = "SELECT state, failures, until, probe, why FROM main.og_provider"
			     " WHERE name = ?1",
	[SQL_PROVIDER_PUT] = "INSERT OR REPLACE INTO main.og_provider(name, state, failures,"
			     " until, probe, why) VALUES(?1,?2,?3,?4,?5,?6)",
	[SQL_CALL_DROP] = "DELETE FROM main.og_call WHERE task = ?1",
	[SQL_TURN_DROP] = "DELETE FROM main.og_turn WHERE task = ?1",
	[SQL_JOURNAL_DROP] = "DELETE FROM main.og_journal WHERE task = ?1",
	[SQL_CONSENT_DROP] = "DELETE FROM main.og_consent WHERE task = ?1",
	[SQL_DROP] = "DELETE FROM main.og_task WHERE id = ?1",
	[SQL_OLD] = "SELECT id FROM main.og_task AS t WHERE id > ?1 AND id < ?2"
		    " AND (finished < ?3 OR same_as IS NOT NULL)"
		    " AND state NOT IN ('compensation_failed', 'in_doubt')"
		    " AND json_extract(envelope, '$.expires') < ?4 AND NOT EXISTS"
		    " (SELECT 1 FROM main.og_task AS d WHERE d.same_as = t.id) ORDER BY id LIMIT 1",
};

int og_tasks_open(struct og_db *db, struct og_tasks **ret, struct og_err *err)
{
	struct og_tasks *tasks = calloc(1, sizeof(*tasks));

	if (!tasks)
		return og_fail_nomem(err);
	tasks->db = db;
	*ret = tasks;
	return 0;
}

void og_tasks_free(struct og_tasks *tasks)
{
	if (!tasks)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		og_stmt_free(tasks->stmt[i]);
	free(tasks);
}

struct og_stmt *og_tasks_stmt(struct og_tasks *tasks, int which, struct og_err *err)
{
	if (!tasks->stmt[which] &&
	    og_stmt_new(tasks->db, sql_text[which], &tasks->stmt[which], err) < 0)
		return NULL;
	return tasks->stmt[which];
}

/* Copies a column; *ret stays NULL for NULL. */
int og_tasks_column(struct og_stmt *stmt, int i, char **ret, struct og_err *err)
{
	const char *text = og_col_text(stmt, i);

	if (text && !(*ret = strdup(text)))
		return og_fail_nomem(err);
	return 0;
}

void og_tasks_fixed(struct og_stmt *stmt, int i, char *out, size_t size)
{
	const char *text = og_col_text(stmt, i);
	size_t len = text ? strnlen(text, size - 1) : 0;

	if (len > 0)
		memcpy(out, text, len);
	out[len] = '\0';
}

static int column_json(struct og_stmt *stmt, int i, json_t **ret, struct og_err *err)
{
	const char *text = og_col_text(stmt, i);

	*ret = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	if (!*ret)
		return og_fail(err, OG_EDATA, "og_task holds something that is not JSON");
	return 0;
}

/* jansson's own text and not the canonical one: 5.0 must come back as a
 * real number, or :price / 2 would turn into a division of integers. */
static char *json_text(const json_t *value)
{
	return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

void og_task_row_init(struct og_task_row *row)
{
	memset(row, 0, sizeof(*row));
}

enum { TEXTS = 17 };

/* The row's texts, in the order of OG_TASK_COLUMNS. */
static void texts_of(struct og_task_row *row, char **ret[TEXTS])
{
	char **const texts[TEXTS] = { &row->state,	&row->reason, &row->text,     &row->key,
				      &row->submitted,	&row->begun,  &row->finished, &row->skill,
				      &row->skill_hash, &row->result, &row->envelope, &row->same_as,
				      &row->deadline,	&row->trace,  &row->waits,    &row->rights,
				      &row->effect };

	memcpy(ret, texts, sizeof(texts));
}

void og_task_row_release(struct og_task_row *row)
{
	char **strings[TEXTS];

	texts_of(row, strings);
	for (size_t i = 0; i < TEXTS; i++)
		free(*strings[i]);
	json_decref(row->vars);
	json_decref(row->reads);
	og_task_row_init(row);
}

int og_task_row_set(char **field, const char *value, struct og_err *err)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return og_fail_nomem(err);
	free(*field);
	*field = copy;
	return 0;
}

static int row_read(struct og_stmt *stmt, struct og_task_row *row, struct og_err *err)
{
	char **strings[TEXTS];

	texts_of(row, strings);
	og_tasks_fixed(stmt, 0, row->id, sizeof(row->id));
	og_tasks_fixed(stmt, 1, row->digest, sizeof(row->digest));
	row->principal = og_col_int(stmt, 2);
	row->epoch = og_col_int(stmt, 3);
	row->next_step = og_col_int(stmt, 4);
	row->first_seq = og_col_int(stmt, 5);
	row->last_seq = og_col_int(stmt, 6);
	for (int i = 0; i < TEXTS; i++)
		if (og_tasks_column(stmt, 7 + i, strings[i], err) < 0)
			return -1;
	if (column_json(stmt, 7 + TEXTS, &row->vars, err) < 0)
		return -1;
	return column_json(stmt, 8 + TEXTS, &row->reads, err);
}

int og_tasks_get(struct og_tasks *tasks, const char *id, struct og_task_row *ret,
		 struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_GET, err);
	struct og_task_row row;
	int found;

	if (!stmt)
		return -1;
	og_task_row_init(&row);
	og_bind_text(stmt, 1, id);
	found = og_stmt_step(stmt, err);
	if (found == 1 && row_read(stmt, &row, err) < 0)
		found = -1;
	og_stmt_reset(stmt);
	if (found == 1)
		*ret = row;
	else
		og_task_row_release(&row);
	return found;
}

int og_tasks_by_key(struct og_tasks *tasks, int64_t principal, const char *key,
		    char ret[OG_UUID_LEN + 1], struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_BY_KEY, err);
	int found;

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, principal);
	og_bind_text(stmt, 2, key);
	found = og_stmt_step(stmt, err);
	if (found == 1)
		og_tasks_fixed(stmt, 0, ret, OG_UUID_LEN + 1);
	og_stmt_reset(stmt);
	return found;
}

/* Sequence numbers start at 1; 0 stands for "none" and is stored as NULL. */
void og_tasks_bind_seq(struct og_stmt *stmt, int i, int64_t seq)
{
	if (seq > 0)
		og_bind_int(stmt, i, seq);
	else
		og_bind_null(stmt, i);
}

static int bind_json(struct og_stmt *stmt, int i, const json_t *value, struct og_err *err)
{
	char *text = json_text(value);

	if (!text)
		return og_fail_nomem(err);
	og_bind_text(stmt, i, text);
	free(text);
	return 0;
}

int og_tasks_insert(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_INSERT, err);
	char **strings[TEXTS];

	if (!stmt)
		return -1;
	texts_of((struct og_task_row *)(uintptr_t)row, strings);
	og_bind_text(stmt, 1, row->id);
	og_bind_text(stmt, 2, row->digest);
	og_bind_int(stmt, 3, row->principal);
	og_bind_int(stmt, 4, row->epoch);
	og_bind_int(stmt, 5, row->next_step);
	og_tasks_bind_seq(stmt, 6, row->first_seq);
	og_tasks_bind_seq(stmt, 7, row->last_seq);
	for (int i = 0; i < TEXTS; i++)
		og_bind_text(stmt, 8 + i, *strings[i]);
	if (bind_json(stmt, 8 + TEXTS, row->vars, err) < 0 ||
	    bind_json(stmt, 9 + TEXTS, row->reads, err) < 0) {
		og_stmt_reset(stmt);
		return -1;
	}
	return og_stmt_run(stmt, err);
}

static int save_state(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_STATE, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, row->id);
	og_bind_text(stmt, 2, row->state);
	return og_stmt_run(stmt, err);
}

int og_tasks_save(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_SAVE, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, row->id);
	og_bind_int(stmt, 2, row->epoch);
	og_bind_int(stmt, 3, row->next_step);
	og_tasks_bind_seq(stmt, 4, row->first_seq);
	og_tasks_bind_seq(stmt, 5, row->last_seq);
	og_bind_text(stmt, 6, row->reason);
	og_bind_text(stmt, 7, row->skill);
	og_bind_text(stmt, 8, row->skill_hash);
	if (bind_json(stmt, 9, row->vars, err) < 0 || bind_json(stmt, 10, row->reads, err) < 0) {
		og_stmt_reset(stmt);
		return -1;
	}
	og_bind_text(stmt, 11, row->waits);
	og_bind_text(stmt, 12, row->rights);
	og_bind_text(stmt, 13, row->effect);
	return og_stmt_run(stmt, err) < 0 ? -1 : save_state(tasks, row, err);
}

int og_tasks_entry(struct og_tasks *tasks, const char *id, int64_t seq, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_ENTRY, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, id);
	og_bind_int(stmt, 2, seq);
	return og_stmt_run(stmt, err);
}

int og_tasks_finish(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_FINISH, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, row->id);
	og_bind_text(stmt, 2, row->state);
	og_bind_text(stmt, 3, row->reason);
	og_bind_text(stmt, 4, row->finished);
	og_bind_text(stmt, 5, row->result);
	og_tasks_bind_seq(stmt, 6, row->first_seq);
	og_tasks_bind_seq(stmt, 7, row->last_seq);
	og_bind_text(stmt, 8, row->effect);
	return og_stmt_run(stmt, err);
}

int og_tasks_reopen(struct og_tasks *tasks, const struct og_task_row *row, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_REOPEN, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, row->id);
	og_bind_text(stmt, 2, row->state);
	og_bind_text(stmt, 3, row->reason);
	og_bind_text(stmt, 4, row->effect);
	return og_stmt_run(stmt, err);
}

/* Strings that are NULL in the database are null in JSON. */
static json_t *text_or_null(struct og_stmt *stmt, int i)
{
	const char *text = og_col_text(stmt, i);

	return text ? json_string(text) : json_null();
}

static json_t *some_text(struct og_stmt *stmt, int i)
{
	return og_col_null(stmt, i) ? NULL : json_string(og_col_text(stmt, i));
}

/* Only of a task that waits now; what it waited for before is no news. */
static json_t *waits_of(struct og_stmt *stmt)
{
	const char *state = og_col_text(stmt, 1), *waits = og_col_text(stmt, 11);

	return waits && state && strcmp(state, "waiting") == 0 ? json_loads(waits, 0, NULL) : NULL;
}

static json_t *list_item(struct og_stmt *stmt)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:o,s:o*,s:o*,s:o*}", "task",
			 text_or_null(stmt, 0), "state", text_or_null(stmt, 1), "reason",
			 text_or_null(stmt, 2), "skill", text_or_null(stmt, 3), "principal",
			 text_or_null(stmt, 4), "submitted", text_or_null(stmt, 5), "begun",
			 text_or_null(stmt, 6), "finished", text_or_null(stmt, 7), "epoch",
			 (json_int_t)og_col_int(stmt, 8), "text", text_or_null(stmt, 9), "deadline",
			 some_text(stmt, 10), "waits", waits_of(stmt), "skill_hash",
			 some_text(stmt, 12));
}

int og_tasks_list(struct og_tasks *tasks, const struct og_task_query *query, json_t *array,
		  struct og_err *err)
{
	int which = query->principal != 0 ? SQL_LIST_OWN
		    : query->state	  ? SQL_LIST_STATE
					  : SQL_LIST_ALL;
	int more;
	struct og_stmt *stmt = og_tasks_stmt(tasks, which, err);

	if (!stmt)
		return -1;
	if (which != SQL_LIST_ALL)
		og_bind_text(stmt, 2, query->state);
	og_bind_int(stmt, 3, query->limit);
	if (which == SQL_LIST_OWN) {
		og_bind_int(stmt, 1, query->principal);
		og_bind_int(stmt, 4, query->approver);
	}
	while ((more = og_stmt_step(stmt, err)) == 1) {
		if (json_array_append_new(array, list_item(stmt)) < 0) {
			og_stmt_reset(stmt);
			return og_fail_nomem(err);
		}
	}
	return more;
}
