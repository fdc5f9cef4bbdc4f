/*
 * og doctor: what runs, or would run: the queue and its dead letters, the
 * services of og up, the clock, settings that name them. What it mends: the
 * state of an og up that was killed, and dead letters past their days.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-ask.h"
#include "cmd/og-status.h"
#include "cmd/og-up.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/queue/bell.h"
#include "lib/telemetry/telemetry.h"

#define DAY_MS	 INT64_C(86400000)
#define SANE_MS	 INT64_C(1735689600000) /* 2025-01-01 */
#define AHEAD_MS INT64_C(300000)	/* what clocks may differ by */
#define LETTERS	 1000

/* --- the clock ------------------------------------------------------------------ */

/* When the newest entry was written; 0: nobody can tell. */
static int64_t newest_entry(const struct og_doctor *doctor)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL, *entry;
	const char *time;
	int64_t ms = 0;

	if (!doctor->books && !og_conf_remote(doctor->conf))
		return 0;
	if (og_ask_shield(doctor->ctx, doctor->conf, "ledger.read", json_pack("{s:i}", "limit", 1),
			  &reply, &ignored) < 0)
		return 0;
	entry = json_array_get(json_object_get(reply, "entries"), 0);
	time = og_json_str(json_object_get(entry, "entry"), "time");
	if (!time || og_time_parse(time, &ms) < 0)
		ms = 0;
	json_decref(reply);
	return ms;
}

/* Envelopes expire by it, and entries are in its order. */
int og_doctor_clock(struct og_doctor *doctor, struct og_err *err)
{
	int64_t now = og_now_ms(), newest = newest_entry(doctor);
	char time[OG_TIME_LEN + 1], behind[32];

	og_time_format(now, time);
	if (now < SANE_MS)
		return og_doctor_say(doctor, "clock", "bad", err, "it says %s; set it", time);
	if (newest > now + AHEAD_MS) {
		og_span_show(newest - now, behind);
		return og_doctor_say(doctor, "clock", "bad", err,
				     "it says %s, %s before the newest entry of the ledger; set it",
				     time, behind);
	}
	return og_doctor_say(doctor, "clock", "ok", err, "%s", time);
}

/* --- the queue -------------------------------------------------------------------- */

/* Letters that came into the queue before then, among the newest. */
static int64_t count_old(struct og_queue *queue, int64_t before)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *list = NULL, *letter;
	int64_t n = 0, queued;
	size_t i;

	if (og_queue_list(queue, OG_QUEUE_LETTERS, LETTERS, &list, &ignored) < 0)
		return 0;
	json_array_foreach(list, i, letter)
	{
		const char *text = og_json_str(letter, "queued");

		n += text && og_time_parse(text, &queued) == 0 && queued < before;
	}
	json_decref(list);
	return n;
}

/* As a worker would when it has nothing better to do. */
static int64_t sweep(struct og_queue *queue, int64_t before, int64_t dead)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_queue_counts n;
	int more;

	while ((more = og_queue_sweep(queue, before, &ignored)) > 0)
		;
	if (more < 0 || og_queue_count(queue, &n, &ignored) < 0)
		return 0;
	return dead - n.dead;
}

static int check_letters(struct og_doctor *doctor, struct og_queue *queue, int64_t dead,
			 struct og_err *err)
{
	int64_t before = og_now_ms() - doctor->conf->dead_days * DAY_MS, old;

	if (doctor->fix) {
		int64_t swept = sweep(queue, before, dead);

		if (swept > 0 && og_doctor_say(doctor, "dead", "fixed", err,
					       "removed %lld dead letters older than %ld days",
					       (long long)swept, doctor->conf->dead_days) < 0)
			return -1;
		dead -= swept;
	}
	if (dead <= 0)
		return 0;
	old = count_old(queue, before);
	return og_doctor_say(doctor, "dead", "warn", err,
			     "%lld dead letters, %lld of them from more than %ld days ago; "
			     "og-task list --state dead says why",
			     (long long)dead, (long long)old, doctor->conf->dead_days);
}

static int check_counts(struct og_doctor *doctor, const struct og_queue_counts *n,
			struct og_err *err)
{
	struct og_presence presence;

	og_presence_count(doctor->conf->run, &presence);
	if (presence.workers == 0)
		return og_doctor_say(doctor, "queue", n->ready > 0 ? "warn" : "ok", err,
				     "%lld ready; no worker of this machine serves it: og-worker, "
				     "or og up",
				     (long long)n->ready);
	return og_doctor_say(doctor, "queue", "ok", err,
			     "%lld ready; %d workers with %d jobs serve it", (long long)n->ready,
			     presence.workers, presence.jobs);
}

/* Opening it would make it, empty, and nobody would ever hear. */
static int is_gone(const struct og_doctor *doctor)
{
	const char *file = doctor->conf->queue + strlen("sqlite:");
	char *path;
	int gone;

	if (og_queue_is_remote(doctor->conf) || doctor->fix)
		return 0;
	path = og_path_join(doctor->conf->home, *file ? file : "queue.db");
	gone = path && access(path, F_OK) < 0 && errno == ENOENT;
	free(path);
	return gone;
}

int og_doctor_queue(struct og_doctor *doctor, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	struct og_queue *queue = NULL;
	struct og_queue_counts n;
	int rc = -1;

	if (!doctor->may_open)
		return 0;
	if (is_gone(doctor))
		return og_doctor_say(doctor, "queue", "warn", err,
				     "its file is not there: what waited in it is lost, unless you "
				     "bring it back; whoever submits next makes an empty one");
	if (og_queue_from(doctor->ctx, doctor->conf, &queue, &why) < 0 ||
	    og_queue_count(queue, &n, &why) < 0)
		rc = og_doctor_say(doctor, "queue", "bad", err, "%s%s%s", why.msg,
				   why.hint[0] ? "; " : "", why.hint);
	else if (check_counts(doctor, &n, err) == 0)
		rc = check_letters(doctor, queue, n.dead, err);
	og_queue_close(queue);
	return rc;
}

/* Whoever should answer or approve has perhaps not heard of it. */
int og_doctor_tasks(struct og_doctor *doctor, struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL;
	const char *oldest;
	int64_t since = 0;
	char span[32];
	int rc = 0;

	if (!doctor->books || og_ask_shield(doctor->ctx, doctor->conf, "task.stats", json_object(),
					    &reply, &ignored) < 0)
		return 0;
	oldest = og_json_str(reply, "oldest_waiting");
	if (oldest && og_time_parse(oldest, &since) == 0 && og_now_ms() - since > DAY_MS) {
		og_span_show(og_now_ms() - since, span);
		rc = og_doctor_say(doctor, "tasks", "warn", err,
				   "one waits for a person since %s: og-task list --state waiting",
				   span);
	}
	json_decref(reply);
	return rc;
}

/* --- services ----------------------------------------------------------------------- */

/* The lock says that nobody runs whose state it could be. */
static int forget_state(const struct og_conf *conf)
{
	char *path = og_path_join(conf->home, OG_UP_STATE);
	int rc = path && og_up_holder(conf) == 0 ? unlink(path) : -1;

	free(path);
	return rc;
}

static int check_killed(struct og_doctor *doctor, struct og_err *err)
{
	if (doctor->fix && forget_state(doctor->conf) == 0)
		return og_doctor_say(doctor, "services", "fixed", err,
				     "removed " OG_UP_STATE ", left by an og up that was killed");
	return og_doctor_say(doctor, "services", "warn", err,
			     OG_UP_STATE " was left by an og up that was killed; og up, or "
					 "og doctor --fix");
}

static int check_running(struct og_doctor *doctor, const json_t *services, struct og_err *err)
{
	json_t *service;
	int wrong = 0;
	size_t i;

	json_array_foreach(services, i, service)
	{
		const char *what = og_json_str(service, "problem");
		const char *name = og_json_str(service, "name");

		wrong += what != NULL;
		if (what && og_doctor_say(doctor, "services", "bad", err, "%s: %s; og logs %s",
					  name ? name : "?", what, name ? name : "") < 0)
			return -1;
	}
	return wrong ? 0
		     : og_doctor_say(doctor, "services", "ok", err, "all are as they should be");
}

int og_doctor_services(struct og_doctor *doctor, struct og_err *err)
{
	/* Looking makes run/up.lock where there is none. */
	json_t *up = doctor->may_open ? og_ask_up(doctor->conf) : NULL;
	const char *state = og_json_str(up, "state");
	int rc;

	if (!doctor->may_open)
		return 0;
	if (state && strcmp(state, "killed") == 0)
		rc = check_killed(doctor, err);
	else if (json_is_integer(json_object_get(up, "pid")))
		rc = check_running(doctor, json_object_get(up, "services"), err);
	else
		rc = og_doctor_say(doctor, "services", "ok", err, "og up does not run");
	json_decref(up);
	return rc;
}

/* --- settings ------------------------------------------------------------------------- */

static int check_setting(struct og_doctor *doctor, const char *what, int good,
			 const struct og_err *why, struct og_err *err)
{
	if (good)
		return 0;
	return og_doctor_say(doctor, what, "bad", err, "%s%s%s", why->msg, why->hint[0] ? "; " : "",
			     why->hint);
}

/* A URL that says otlp: and then nothing one could connect to. */
static int check_telemetry(struct og_doctor *doctor, struct og_err *err)
{
	const char *setting = doctor->conf->telemetry;
	enum og_telemetry_sink sink = OG_SINK_OFF;
	struct og_err why = OG_ERR_INIT;
	struct og_endpoint endpoint;
	int good = og_telemetry_setting(setting, &sink, NULL, &why) == 0;

	if (good && sink == OG_SINK_OTLP)
		good = og_endpoint_parse(setting, &endpoint, &why) == 1;
	return check_setting(doctor, "telemetry", good, &why, err);
}

int og_doctor_settings(struct og_doctor *doctor, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	int good = og_up_check(doctor->ctx, doctor->conf, &why) == 0;

	if (check_setting(doctor, "services", good, &why, err) < 0)
		return -1;
	return check_telemetry(doctor, err);
}
