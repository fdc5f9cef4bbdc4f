/*
 * What signed envelopes said about tasks: the rows of og_consent, see
 * tasks.h.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/tasks-internal.h"

void og_consent_release(struct og_consent *row)
{
	free(row->envelope);
	memset(row, 0, sizeof(*row));
}

int og_consent_put(struct og_tasks *tasks, const struct og_consent *row, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CONSENT_PUT, err);
	const char *const texts[] = { row->id,	 row->hash,   row->task,  row->kind,
				      row->said, row->digest, row->state, row->expires };

	if (!stmt)
		return -1;
	for (int i = 0; i < 8; i++)
		og_bind_text(stmt, i + 1, texts[i]);
	og_bind_int(stmt, 9, row->principal);
	og_bind_text(stmt, 10, row->envelope);
	return og_stmt_run(stmt, err);
}

static int row_read(struct og_stmt *stmt, struct og_consent *row, struct og_err *err)
{
	og_tasks_fixed(stmt, 0, row->id, sizeof(row->id));
	og_tasks_fixed(stmt, 1, row->hash, sizeof(row->hash));
	og_tasks_fixed(stmt, 2, row->task, sizeof(row->task));
	og_tasks_fixed(stmt, 3, row->kind, sizeof(row->kind));
	og_tasks_fixed(stmt, 4, row->said, sizeof(row->said));
	og_tasks_fixed(stmt, 5, row->digest, sizeof(row->digest));
	og_tasks_fixed(stmt, 6, row->state, sizeof(row->state));
	og_tasks_fixed(stmt, 7, row->expires, sizeof(row->expires));
	row->principal = og_col_int(stmt, 8);
	return og_tasks_column(stmt, 9, &row->envelope, err);
}

/* Steps a statement that is bound to its one row. */
static int fetch(struct og_stmt *stmt, struct og_consent *ret, struct og_err *err)
{
	struct og_consent row = { .principal = 0 };
	int found = og_stmt_step(stmt, err);

	if (found == 1 && row_read(stmt, &row, err) < 0)
		found = -1;
	og_stmt_reset(stmt);
	if (found == 1)
		*ret = row;
	else
		og_consent_release(&row);
	return found;
}

int og_consent_get(struct og_tasks *tasks, const char *id, struct og_consent *ret,
		   struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CONSENT_GET, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, id);
	return fetch(stmt, ret, err);
}

int og_consent_given(struct og_tasks *tasks, const char *task, const char *kind, const char *digest,
		     struct og_consent *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CONSENT_GIVEN, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_text(stmt, 2, digest);
	og_bind_text(stmt, 3, kind);
	return fetch(stmt, ret, err);
}

int og_consent_state(struct og_tasks *tasks, const char *id, const char *state, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CONSENT_STATE, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, id);
	og_bind_text(stmt, 2, state);
	return og_stmt_run(stmt, err);
}

int og_consent_cancelled(struct og_tasks *tasks, const char *task, int64_t principal,
			 struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CANCELLED, err);
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_int(stmt, 2, principal);
	found = og_stmt_step(stmt, err);
	og_stmt_reset(stmt);
	return found;
}

/* One thing that was said; of a redacted envelope only that it was. */
static json_t *resolved_item(struct og_stmt *stmt)
{
	const char *by = og_col_text(stmt, 0), *said = og_col_text(stmt, 1);
	const char *text = og_col_text(stmt, 2);
	json_t *envelope = text ? json_loads(text, 0, NULL) : NULL;
	json_t *item = json_pack("{s:s,s:s,s:s*,s:s*}", "by", by ? by : "", "state",
				 said ? said : "", "note", og_json_str(envelope, "note"), "time",
				 og_json_str(envelope, "submitted"));

	json_decref(envelope);
	return item;
}

int og_consent_resolved(struct og_tasks *tasks, const char *task, json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CONSENT_RESOLVED, err);
	json_t *list = json_array();
	int more = -1;

	if (!stmt || !list) {
		json_decref(list);
		return stmt ? og_fail_nomem(err) : -1;
	}
	og_bind_text(stmt, 1, task);
	while ((more = og_stmt_step(stmt, err)) == 1)
		if (json_array_append_new(list, resolved_item(stmt)) < 0) {
			og_stmt_reset(stmt);
			more = og_fail_nomem(err);
			break;
		}
	if (more == 0)
		*ret = list;
	else
		json_decref(list);
	return more;
}
