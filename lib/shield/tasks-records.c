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

int og_records_size(struct og_tasks *tasks, const char *task, int64_t turn, int64_t *ret,
		    struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_RECORDS_SIZE, err);
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	og_bind_int(stmt, 2, OG_RECORD_MAX);
	og_bind_int(stmt, 3, turn);
	found = og_stmt_step(stmt, err);
	if (found == 1)
		*ret = og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return found < 0 ? -1 : 0;
}

/* --- pages -------------------------------------------------------------------- */

static json_t *text_or_null(struct og_stmt *stmt, int i)
{
	const char *text = og_col_text(stmt, i);

	return text ? json_string(text) : json_null();
}

/* A redacted answer is null, and so is what nobody knows. */
static json_t *json_or_null(struct og_stmt *stmt, int i)
{
	const char *text = og_col_text(stmt, i);
	struct og_err quiet = OG_ERR_INIT;
	json_t *value = NULL;

	if (text && og_json_parse(text, og_col_len(stmt, i), (size_t)16 << 20, "record", &value,
				  &quiet) == 0)
		return value;
	return json_null();
}

enum { TURN, NUMBER, NAME, DIGEST, VALUE, STATE, USAGE, NANOUSD, TIME, SIZE };

static int add_item(struct og_stmt *stmt, struct og_page *page)
{
	json_int_t number = (json_int_t)og_col_int(stmt, NUMBER);

	if (!og_col_int(stmt, TURN))
		return json_array_append_new(page->calls,
					     json_pack("{s:I,s:o,s:o,s:o}", "call", number, "verb",
						       text_or_null(stmt, NAME), "digest",
						       text_or_null(stmt, DIGEST), "reply",
						       json_or_null(stmt, VALUE)));
	return json_array_append_new(
		page->turns,
		json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:I,s:o}", "turn", number, "model",
			  text_or_null(stmt, NAME), "state", text_or_null(stmt, STATE), "digest",
			  text_or_null(stmt, DIGEST), "answer", json_or_null(stmt, VALUE), "usage",
			  json_or_null(stmt, USAGE), "nanousd",
			  (json_int_t)og_col_int(stmt, NANOUSD), "time", text_or_null(stmt, TIME)));
}

int og_records_page(struct og_tasks *tasks, const char *task, struct og_page *page,
		    struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_RECORDS, err);
	int64_t size = 0;
	int more = 0;

	if (!stmt)
		return -1;
	page->next = page->after;
	og_bind_text(stmt, 1, task);
	og_bind_int(stmt, 2, page->limit + 1);
	og_bind_int(stmt, 3, page->after);
	while ((more = og_stmt_step(stmt, err)) == 1) {
		if (page->next - page->after == page->limit || size > page->bytes)
			break;
		if (add_item(stmt, page) < 0) {
			og_stmt_reset(stmt);
			return og_fail_nomem(err);
		}
		size += og_col_int(stmt, SIZE);
		page->next++;
	}
	og_stmt_reset(stmt);
	page->more = more == 1;
	return more < 0 ? -1 : 0;
}
