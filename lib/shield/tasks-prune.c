/*
 * Rows of tasks that nobody needs any more, see tasks.h. A step is short:
 * what it looks at ends with the ids that are older than the bound, since
 * ids are ordered in time.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/shield/tasks-internal.h"

/* An envelope is taken for a moment after its expiry, and clocks are set. */
#define MARGIN_MS ((int64_t)5 * 60000)

int og_journal_drop(struct og_tasks *tasks, const char *task, struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_JOURNAL_DROP, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, task);
	return og_stmt_run(stmt, err);
}

/* The first UUIDv7 of a millisecond, as far as its time goes. */
static void id_of_time(int64_t ms, char out[OG_UUID_LEN + 1])
{
	snprintf(out, OG_UUID_LEN + 1, "%08llx-%04llx", (unsigned long long)ms >> 16,
		 (unsigned long long)ms & 0xffff);
}

static int drop(struct og_tasks *tasks, const char *id, struct og_err *err)
{
	static const int which[] = { SQL_JOURNAL_DROP, SQL_CALL_DROP, SQL_TURN_DROP,
				     SQL_CONSENT_DROP, SQL_DROP };

	for (size_t i = 0; i < sizeof(which) / sizeof(*which); i++) {
		struct og_stmt *stmt = og_tasks_stmt(tasks, which[i], err);

		if (!stmt)
			return -1;
		og_bind_text(stmt, 1, id);
		if (og_stmt_run(stmt, err) < 0)
			return -1;
	}
	return 0;
}

/* The next one after a task: 1, 0, -1. */
static int next(struct og_tasks *tasks, const struct og_prune *prune, const char *after,
		char ret[OG_UUID_LEN + 1], struct og_err *err)
{
	struct og_stmt *stmt = og_tasks_stmt(tasks, SQL_OLD, err);
	char before[OG_TIME_LEN + 1], now[OG_TIME_LEN + 1], bound[OG_UUID_LEN + 1];
	int found;

	if (!stmt)
		return -1;
	og_time_format(prune->before, before);
	og_time_format(og_now_ms() - MARGIN_MS, now);
	id_of_time(prune->before, bound);
	og_bind_text(stmt, 1, after);
	og_bind_text(stmt, 2, bound);
	og_bind_text(stmt, 3, before);
	og_bind_text(stmt, 4, now);
	found = og_stmt_step(stmt, err);
	if (found == 1)
		og_tasks_fixed(stmt, 0, ret, OG_UUID_LEN + 1);
	og_stmt_reset(stmt);
	return found;
}

int og_tasks_prune(struct og_tasks *tasks, struct og_prune *prune, struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	int found = 1;

	for (prune->pruned = 0; prune->pruned < prune->limit; prune->pruned++) {
		found = next(tasks, prune, prune->last, id, err);
		if (found <= 0)
			break;
		if (drop(tasks, id, err) < 0)
			return -1;
		if (prune->pruned == 0)
			memcpy(prune->first, id, sizeof(id));
		memcpy(prune->last, id, sizeof(id));
	}
	return found < 0 ? -1 : 0;
}
