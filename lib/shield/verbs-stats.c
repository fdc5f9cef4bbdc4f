/*
 * task.stats: tasks as monitoring counts them. Every figure comes from an
 * index, so that asking costs little however many tasks there are: the
 * states by og_task_state, what was finished lately by og_task_finished.
 */
#include "lib/shield/channel-internal.h"
#include "lib/shield/verbs.h"
#include "lib/task/state.h"

#define MINUTE_MS 60000

static int prepared(struct og_request *rq, const char *sql, struct og_stmt **ret,
		    struct og_err *err)
{
	return og_stmt_new(rq->shield->db, sql, ret, err);
}

/* A second envelope with a known key is no task of its own. */
static int count_states(struct og_request *rq, struct og_err *err)
{
	json_t *states = json_object();
	struct og_stmt *stmt = NULL;
	int more = -1;

	if (og_json_set(rq->reply, "states", states, err) < 0 ||
	    prepared(rq, "SELECT state, count(*) FROM main.og_task GROUP BY state", &stmt, err) < 0)
		return -1;
	while ((more = og_stmt_step(stmt, err)) == 1) {
		const char *state = og_col_text(stmt, 0);

		if (!state || og_state_parse(state) < 0)
			continue;
		more = og_json_set(states, state, json_integer(og_col_int(stmt, 1)), err);
		if (more < 0)
			break;
	}
	og_stmt_free(stmt);
	return more;
}

static void bind_ago(struct og_stmt *stmt, int i, int64_t now, int minutes)
{
	char time[OG_TIME_LEN + 1];

	og_time_format(now - (int64_t)minutes * MINUTE_MS, time);
	og_bind_text(stmt, i, time);
}

static int count_lately(struct og_request *rq, struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	int64_t now = og_now_ms();
	json_t *finished, *interrupted;
	int rc = -1;

	if (prepared(rq,
		     "SELECT count(*) FILTER (WHERE finished > ?1),"
		     " count(*) FILTER (WHERE finished > ?2), count(*),"
		     " count(*) FILTER (WHERE finished > ?2 AND state = 'interrupted'),"
		     " count(*) FILTER (WHERE state = 'interrupted')"
		     " FROM main.og_task WHERE finished > ?3",
		     &stmt, err) < 0)
		return -1;
	bind_ago(stmt, 1, now, 1);
	bind_ago(stmt, 2, now, 5);
	bind_ago(stmt, 3, now, 15);
	if (og_stmt_step(stmt, err) == 1) {
		finished = json_pack("{s:I,s:I,s:I}", "1m", (json_int_t)og_col_int(stmt, 0), "5m",
				     (json_int_t)og_col_int(stmt, 1), "15m",
				     (json_int_t)og_col_int(stmt, 2));
		interrupted = json_pack("{s:I,s:I}", "5m", (json_int_t)og_col_int(stmt, 3), "15m",
					(json_int_t)og_col_int(stmt, 4));
		rc = og_json_set(rq->reply, "finished", finished, err);
		if (og_json_set(rq->reply, "interrupted", interrupted, err) < 0)
			rc = -1;
	}
	og_stmt_free(stmt);
	return rc;
}

/* Ids are in the order of submission. */
static int find_waiting(struct og_request *rq, struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	int found, rc = -1;

	if (prepared(rq,
		     "SELECT submitted FROM main.og_task WHERE state = 'waiting'"
		     " ORDER BY id LIMIT 1",
		     &stmt, err) < 0)
		return -1;
	found = og_stmt_step(stmt, err);
	if (found >= 0)
		rc = og_json_set(rq->reply, "oldest_waiting",
				 found ? json_string(og_col_text(stmt, 0)) : json_null(), err);
	og_stmt_free(stmt);
	return rc;
}

/* What models cost today (UTC), as their limits count it. */
static int count_spent(struct og_request *rq, struct og_err *err)
{
	char day[OG_TIME_LEN + 1];
	struct og_spend all = { .day = day, .scope = "all", .name = "" };

	og_time_format(og_now_ms(), day);
	day[10] = '\0';
	if (og_spend_of(rq->shield->tasks, &all, err) < 0)
		return -1;
	return og_json_set(rq->reply, "models",
			   json_pack("{s:s,s:I,s:I,s:I}", "day", day, "calls",
				     (json_int_t)all.calls, "tokens", (json_int_t)all.tokens,
				     "nanousd", (json_int_t)all.nanousd),
			   err);
}

/* Those of which there is something to say. */
static int tell_providers(struct og_request *rq, struct og_err *err)
{
	json_t *list = json_array();
	struct og_stmt *stmt = NULL;
	int more = -1;

	if (og_json_set(rq->reply, "providers", list, err) < 0 ||
	    prepared(rq,
		     "SELECT name, state, until, why FROM main.og_provider"
		     " WHERE state <> 'closed' ORDER BY name LIMIT 20",
		     &stmt, err) < 0)
		return -1;
	while ((more = og_stmt_step(stmt, err)) == 1)
		json_array_append_new(
			list, json_pack("{s:s*,s:s*,s:s*,s:s*}", "name", og_col_text(stmt, 0),
					"state", og_col_text(stmt, 1), "until",
					og_col_text(stmt, 2), "why", og_col_text(stmt, 3)));
	og_stmt_free(stmt);
	return more;
}

int og_verb_task_stats(struct og_request *rq, struct og_err *err)
{
	if (count_states(rq, err) < 0 || count_lately(rq, err) < 0 || count_spent(rq, err) < 0 ||
	    tell_providers(rq, err) < 0)
		return -1;
	return find_waiting(rq, err);
}
