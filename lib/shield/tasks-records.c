/*
 * What is on record of a task beside its saga: numbered requests with their
 * replies, and turns of a model; see tasks.h.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/tasks-internal.h"

void og_call_row_release(struct og_call_row *row)
{
	free(row->verb);
	free(row->digest);
	free(row->reply);
	memset(row, 0, sizeof(*row));
}

int og_call_row_get(struct og_tasks *tasks, const char *task, int64_t call, struct og_call_row *ret,
		    struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CALL_GET, err);
	struct og_call_row row = { .call = call };
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_int(stmt, 2, call);
	found = og_stmt_step(stmt, err);
	if (found == 1 && (og_tasks_column(stmt, 0, &row.digest, err) < 0 ||
			   og_tasks_column(stmt, 1, &row.reply, err) < 0))
		found = -1;
	og_stmt_reset(stmt);
	if (found == 1)
		*ret = row;
	else
		og_call_row_release(&row);
	return found;
}

int og_call_row_put(struct og_tasks *tasks, const char *task, const struct og_call_row *row,
		    struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_CALL_PUT, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_int(stmt, 2, row->call);
	og_bind_text(stmt, 3, row->verb);
	og_bind_text(stmt, 4, row->digest);
	og_bind_int(stmt, 5, (int64_t)strlen(row->reply));
	og_bind_text(stmt, 6, row->reply);
	return og_stmt_run(stmt, err);
}

int og_records_size(struct og_tasks *tasks, const char *task, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_RECORDS_SIZE, err);
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	found = og_stmt_step(stmt, err);
	if (found == 1)
		*ret = og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return found < 0 ? -1 : 0;
}
