/*
 * Turns of a model and what they cost: the rows of og_turn, og_spend and
 * og_provider, see tasks.h.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/shield/tasks-internal.h"

void og_turn_row_release(struct og_turn_row *row)
{
	char *const texts[] = { row->model, row->state, row->digest, row->answer,
				row->usage, row->time,	row->day,    row->skill };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	memset(row, 0, sizeof(*row));
}

static int row_read(struct og_stmt *stmt, struct og_turn_row *row, struct og_err *err)
{
	char **const texts[] = { &row->model, &row->state, &row->digest, &row->answer,
				 &row->usage, &row->time,  &row->day,	 &row->skill };

	row->turn = og_col_int(stmt, 0);
	row->tokens = og_col_int(stmt, 1);
	row->nanousd = og_col_int(stmt, 2);
	row->seq = og_col_int(stmt, 3);
	for (int i = 0; i < 8; i++)
		if (og_tasks_column(stmt, 4 + i, texts[i], err) < 0)
			return -1;
	return 0;
}

/* Steps a statement that is bound to one row at the most. */
static int fetch(struct og_stmt *stmt, struct og_turn_row *ret, struct og_err *err)
{
	struct og_turn_row row = { 0 };
	int found = og_stmt_step(stmt, err);

	if (found == 1 && row_read(stmt, &row, err) < 0)
		found = -1;
	og_stmt_reset(stmt);
	if (found == 1)
		*ret = row;
	else
		og_turn_row_release(&row);
	return found;
}

int og_turn_row_get(struct og_tasks *tasks, const char *task, int64_t turn, struct og_turn_row *ret,
		    struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_TURN_GET, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_int(stmt, 2, turn);
	return fetch(stmt, ret, err);
}

int og_turn_row_open(struct og_tasks *tasks, const char *task, struct og_turn_row *ret,
		     struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_TURN_OPEN, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	return fetch(stmt, ret, err);
}

int og_turn_row_put(struct og_tasks *tasks, const char *task, const struct og_turn_row *row,
		    struct og_err *err)
{
	const char *const texts[] = { row->model, row->state, row->digest, row->answer,
				      row->usage, row->time,  row->day,	   row->skill };
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_TURN_PUT, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_int(stmt, 2, row->turn);
	og_bind_int(stmt, 3, row->tokens);
	og_bind_int(stmt, 4, row->nanousd);
	og_tasks_bind_seq(stmt, 5, row->seq);
	for (int i = 0; i < 8; i++)
		og_bind_text(stmt, 6 + i, texts[i]);
	og_bind_int(stmt, 14, row->answer ? (int64_t)strlen(row->answer) : 0);
	return og_stmt_run(stmt, err);
}

int og_turns_sum(struct og_tasks *tasks, const char *task, struct og_turns_sum *ret,
		 struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_TURNS_SUM, err);
	int found;

	memset(ret, 0, sizeof(*ret));
	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	found = og_stmt_step(stmt, err);
	if (found == 1) {
		ret->turns = og_col_int(stmt, 0);
		ret->calls = og_col_int(stmt, 1);
		ret->input = og_col_int(stmt, 2);
		ret->cached = og_col_int(stmt, 3);
		ret->output = og_col_int(stmt, 4);
		ret->nanousd = og_col_int(stmt, 5);
	}
	og_stmt_reset(stmt);
	return found < 0 ? -1 : 0;
}

/* --- what is spent ------------------------------------------------------------- */

int og_spend_add(struct og_tasks *tasks, const struct og_spend *spend, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_SPEND_ADD, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, spend->day);
	og_bind_text(stmt, 2, spend->scope);
	og_bind_text(stmt, 3, spend->name);
	og_bind_int(stmt, 4, spend->calls);
	og_bind_int(stmt, 5, spend->tokens);
	og_bind_int(stmt, 6, spend->nanousd);
	return og_stmt_run(stmt, err);
}

int og_spend_of(struct og_tasks *tasks, struct og_spend *spend, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_SPEND_OF, err);
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, spend->day);
	og_bind_text(stmt, 2, spend->scope);
	og_bind_text(stmt, 3, spend->name);
	found = og_stmt_step(stmt, err);
	if (found == 1) {
		spend->calls = og_col_int(stmt, 0);
		spend->tokens = og_col_int(stmt, 1);
		spend->nanousd = og_col_int(stmt, 2);
	}
	og_stmt_reset(stmt);
	return found < 0 ? -1 : 0;
}

/* --- providers ------------------------------------------------------------------ */

static int64_t time_of(const char *text)
{
	int64_t ms;

	return text && og_time_parse(text, &ms) == 0 ? ms : 0;
}

int og_provider_get(struct og_tasks *tasks, const char *name, struct og_breaker *ret,
		    char why[OG_PROVIDER_WHY], struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_PROVIDER_GET, err);
	int found;

	memset(ret, 0, sizeof(*ret));
	why[0] = '\0';
	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, name);
	found = og_stmt_step(stmt, err);
	if (found == 1) {
		ret->state = og_breaker_parse(og_col_text(stmt, 0));
		ret->failures = og_col_int(stmt, 1);
		ret->until = time_of(og_col_text(stmt, 2));
		og_tasks_fixed(stmt, 3, ret->probe, sizeof(ret->probe));
		og_tasks_fixed(stmt, 4, why, OG_PROVIDER_WHY);
	}
	og_stmt_reset(stmt);
	return found < 0 ? -1 : 0;
}

int og_provider_put(struct og_tasks *tasks, const char *name, const struct og_breaker *breaker,
		    const char *why, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_PROVIDER_PUT, err);
	char until[OG_TIME_LEN + 1];

	if (!stmt)
		return -1;
	og_time_format(breaker->until, until);
	og_bind_text(stmt, 1, name);
	og_bind_text(stmt, 2, og_breaker_name(breaker->state));
	og_bind_int(stmt, 3, breaker->failures);
	og_bind_text(stmt, 4, breaker->until > 0 ? until : NULL);
	og_bind_text(stmt, 5, breaker->probe[0] ? breaker->probe : NULL);
	og_bind_text(stmt, 6, why);
	return og_stmt_run(stmt, err);
}
