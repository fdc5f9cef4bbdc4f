/* Waiting for work without polling, and showing what is there. */
#include "lib/queue/sqlite-internal.h"

#include "lib/base/clock.h"

/* The wall clock says when something is due, and a sleeper's timer does not
 * follow it when it is set, nor while the machine itself sleeps. */
#define LOOK_MS 15000

/* When the next delayed task is due, as a deadline, or may have become so. */
static int next_due(struct og_sqlite_queue *q, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt(q, DUE, err);
	int64_t now = og_now_ms(), due = OG_FOREVER;
	int found = stmt ? og_stmt_step(stmt, err) : -1;

	if (found > 0) {
		due = og_col_int(stmt, 0);
		due = due > now ? due - now : 0;
		due = og_deadline(due < LOOK_MS ? due : LOOK_MS);
		og_stmt_reset(stmt);
	}
	*ret = due;
	return found < 0 ? -1 : 0;
}

static int start_watching(struct og_sqlite_queue *q, struct og_err *err)
{
	if (og_bell_watch(q->run, OG_BELL_QUEUE, &q->bell, err) < 0)
		return -1;
	if (og_bell_also(&q->bell, q->run, OG_QUEUE_CLAIMS, err) == 0)
		return 1;
	og_bell_close(&q->bell);
	return -1;
}

int og_sqlite_wait(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;
	int64_t due;
	int rc;

	/* The first wait only starts to watch: what was queued before it is
	 * found by the claim that follows. */
	if (q->bell.fd < 0)
		return start_watching(q, err);
	if (next_due(q, &due, err) < 0)
		return -1;
	rc = og_bell_wait(&q->bell, due < deadline ? due : deadline, wake_fd, err);
	return rc == 0 && due < deadline ? 1 : rc;
}

/* Who listens looks at the shield anyway: which task it was is not told. */
int og_sqlite_tell(struct og_queue *base, const char *task, const char *state, struct og_err *err)
{
	(void)task;
	(void)state;
	return og_bell_ring(((struct og_sqlite_queue *)base)->run, OG_BELL_DONE, err);
}

int og_sqlite_listen(struct og_queue *base, struct og_err *err)
{
	struct og_sqlite_queue *q = (struct og_sqlite_queue *)base;

	return q->told.fd >= 0 ? 0 : og_bell_watch(q->run, OG_BELL_DONE, &q->told, err);
}

int og_sqlite_hear(struct og_queue *base, int64_t deadline, int wake_fd, struct og_err *err)
{
	return og_bell_wait(&((struct og_sqlite_queue *)base)->told, deadline, wake_fd, err);
}

int og_sqlite_count(struct og_queue *base, struct og_queue_counts *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt((struct og_sqlite_queue *)base, COUNT, err);

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, og_now_ms());
	if (og_stmt_step(stmt, err) <= 0)
		return -1;
	ret->ready = og_col_int(stmt, 0);
	ret->claimed = og_col_int(stmt, 1);
	ret->delayed = og_col_int(stmt, 2);
	ret->dead = og_col_int(stmt, 3);
	ret->oldest = og_col_int(stmt, 4);
	ret->due = og_col_int(stmt, 5);
	og_stmt_reset(stmt);
	return 0;
}

int og_sqlite_bound(struct og_queue *base, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt((struct og_sqlite_queue *)base, BOUND, err);

	if (!stmt || og_stmt_step(stmt, err) <= 0)
		return -1;
	*ret = og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return 0;
}

static json_t *task_json(struct og_stmt *row)
{
	static const char *const states[] = { "queued", "claimed", "dead", "queued" };
	char queued[OG_TIME_LEN + 1], due[OG_TIME_LEN + 1];
	int64_t state = og_col_int(row, 1);

	og_time_format(og_col_int(row, 3), queued);
	og_time_format(og_col_int(row, 6), due);
	return json_pack("{s:s*,s:s,s:I,s:s,s:s*,s:s*,s:s*}", "id", og_col_text(row, 0), "state",
			 states[state >= READY && state <= DELAYED ? state : BURIED], "attempts",
			 (json_int_t)og_col_int(row, 2), "queued", queued, "due",
			 state == DELAYED ? due : NULL, "reason", og_col_text(row, 4), "envelope",
			 og_col_text(row, 5));
}

int og_sqlite_find(struct og_queue *base, const char *id, json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt((struct og_sqlite_queue *)base, FIND, err);
	json_t *task = NULL;
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, id);
	found = og_stmt_step(stmt, err);
	if (found > 0 && !(task = task_json(stmt)))
		found = og_fail_nomem(err);
	og_stmt_reset(stmt);
	if (found > 0)
		*ret = task;
	return found;
}

int og_sqlite_list(struct og_queue *base, enum og_queue_which which, size_t limit, json_t **ret,
		   struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt((struct og_sqlite_queue *)base,
					      which == OG_QUEUE_LETTERS ? LETTERS : LIST, err);
	json_t *list = json_array();
	int more = -1;

	if (!stmt || !list) {
		json_decref(list);
		return list ? -1 : og_fail_nomem(err);
	}
	og_bind_int(stmt, 1, (int64_t)limit);
	while ((more = og_stmt_step(stmt, err)) > 0)
		if (json_array_append_new(list, task_json(stmt)) < 0) {
			more = og_fail_nomem(err);
			break;
		}
	og_stmt_reset(stmt);
	if (more < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}
