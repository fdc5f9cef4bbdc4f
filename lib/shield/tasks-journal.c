/*
 * What was done and undone of a task: the rows of og_journal, see tasks.h.
 */
#include "lib/shield/tasks-internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const phase_name[] = { [OG_PHASE_DO] = "do", [OG_PHASE_UNDO] = "undo" };

void og_journal_release(struct og_journal *row)
{
	free(row->step);
	free(row->digest);
	free(row->reply);
	free(row->changes);
	free(row->vars);
	memset(row, 0, sizeof(*row));
}

static int journal_read(struct og_stmt *stmt, struct og_journal *row, struct og_err *err)
{
	row->ordinal = og_col_int(stmt, 0);
	row->seq = og_col_int(stmt, 6);
	if (og_tasks_column(stmt, 1, &row->step, err) < 0 ||
	    og_tasks_column(stmt, 2, &row->digest, err) < 0 ||
	    og_tasks_column(stmt, 3, &row->reply, err) < 0 ||
	    og_tasks_column(stmt, 4, &row->changes, err) < 0)
		return -1;
	return og_tasks_column(stmt, 5, &row->vars, err);
}

int og_journal_get(struct og_tasks *tasks, const char *task, enum og_phase phase, int64_t ordinal,
		   struct og_journal *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_JOURNAL_GET, err);
	struct og_journal row = { 0 };
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_text(stmt, 2, phase_name[phase]);
	og_bind_int(stmt, 3, ordinal);
	found = og_stmt_step(stmt, err);
	if (found == 1 && journal_read(stmt, &row, err) < 0)
		found = -1;
	og_stmt_reset(stmt);
	if (found == 1)
		*ret = row;
	else
		og_journal_release(&row);
	return found;
}

int og_journal_put(struct og_tasks *tasks, const char *task, enum og_phase phase,
		   const struct og_journal *row, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_JOURNAL_PUT, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_text(stmt, 2, phase_name[phase]);
	og_bind_int(stmt, 3, row->ordinal);
	og_bind_text(stmt, 4, row->step);
	og_bind_text(stmt, 5, row->digest);
	og_bind_text(stmt, 6, row->reply);
	og_bind_text(stmt, 7, row->changes);
	og_bind_text(stmt, 8, row->vars);
	og_tasks_bind_seq(stmt, 9, row->seq);
	return og_stmt_run(stmt, err);
}

void og_progress_release(struct og_progress *progress)
{
	json_decref(progress->done);
	json_decref(progress->undone);
	json_decref(progress->last_name);
	json_decref(progress->before_name);
	memset(progress, 0, sizeof(*progress));
}

/* One step of the journal: its ordinal and name, whether it wrote, whether
 * it was taken back. */
static int progress_add(struct og_stmt *stmt, struct og_progress *progress)
{
	json_t *name = json_string(og_col_text(stmt, 1));

	if (!og_col_null(stmt, 3)) {
		progress->undos++;
		json_array_append(progress->undone, name);
	} else {
		json_decref(progress->before_name);
		progress->before_name = progress->last_name;
		progress->last_name = json_incref(name);
		progress->last = og_col_int(stmt, 0);
		progress->standing++;
		progress->standing_writes += !og_col_null(stmt, 2);
	}
	if (og_col_int(stmt, 4)) {
		json_decref(name);
		return 0;
	}
	return json_array_append_new(progress->done, name);
}

int og_tasks_progress(struct og_tasks *tasks, const char *task, struct og_progress *ret,
		      struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_PROGRESS, err);
	struct og_progress progress = { .last = -1 };
	int more = -1;

	if (!stmt)
		return -1;
	progress.done = json_array();
	progress.undone = json_array();
	og_bind_text(stmt, 1, task);
	while ((more = og_stmt_step(stmt, err)) == 1) {
		if (progress_add(stmt, &progress) < 0) {
			og_stmt_reset(stmt);
			og_progress_release(&progress);
			return og_fail_nomem(err);
		}
	}
	if (more == 0)
		*ret = progress;
	else
		og_progress_release(&progress);
	return more;
}
