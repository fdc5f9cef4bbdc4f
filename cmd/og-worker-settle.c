/*
 * What becomes of a delivery once the agent is through with it, and the line
 * that says so.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-worker.h"

#define RETRY_MIN_MS 250 /* times four with every delivery */

/* Somebody reads these lines to know what happened, so a line that cannot
 * be written is no detail. */
static int print_json(const struct og_agent_report *report, int64_t ms, struct og_err *err)
{
	json_t *line = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "v", 1, "task", report->task,
				 "outcome", og_outcome_name(report->outcome), "state",
				 report->state, "skill", report->skill, "principal",
				 report->principal, "reason", report->why, "ms", (json_int_t)ms);
	int rc = line ? og_print_json(line, err) : og_fail_nomem(err);

	json_decref(line);
	if (rc == 0 && fflush(stdout) != 0)
		rc = og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
	return rc;
}

static const char *fate(enum og_outcome outcome)
{
	switch (outcome) {
	case OG_OUTCOME_DEAD:
		return "is a dead letter";
	case OG_OUTCOME_LOST:
		return "was taken over";
	case OG_OUTCOME_WAITING:
		return "waits";
	default:
		return "will be tried again";
	}
}

/* Did it go as it should? */
int job_as_usual(const struct og_agent_report *report)
{
	return report->outcome == OG_OUTCOME_ACK || report->outcome == OG_OUTCOME_WAITING;
}

/* A task that was put back because the worker is to end. */
static int was_interrupted(const struct og_agent_report *report)
{
	return report->outcome == OG_OUTCOME_TROUBLE && og_crew_stopping();
}

int job_say(const struct job *job, const struct og_agent_report *report, int64_t ms,
	    struct og_err *err)
{
	const struct worker *worker = job->worker;

	if (og_arg_flag(worker->args, "json"))
		return print_json(report, ms, err);
	if (report->skew_ms)
		og_note(worker->ctx, "%s was submitted %.1f s in the future: two clocks disagree",
			report->task, (double)report->skew_ms / 1000);
	if (og_arg_flag(worker->args, "quiet") && (job_as_usual(report) || was_interrupted(report)))
		return 0;
	if (report->outcome == OG_OUTCOME_ACK && report->said[0])
		og_note(worker->ctx, "%s: '%s' of %s is applied, %lld ms%s%s", report->task,
			report->said, report->principal, (long long)ms, report->why[0] ? ": " : "",
			report->why);
	else if (report->outcome == OG_OUTCOME_ACK)
		og_note(worker->ctx, "%s %s%s%s for %s, %lld ms%s%s", report->task, report->state,
			report->skill[0] ? " " : "", report->skill, report->principal,
			(long long)ms, report->why[0] ? ": " : "", report->why);
	else
		og_note(worker->ctx, "%s %s: %s", report->task[0] ? report->task : "a task",
			fate(report->outcome), report->why);
	return 0;
}

/* The task that was spoken of goes on; into the queue before the word that
 * did it leaves that. */
static int revive(const struct job *job, const char *id, struct og_err *err)
{
	struct og_parcel parcel = { .id = id };
	json_t *letter = NULL;
	int found = og_queue_find(job->queue, id, &letter, err), rc = 0;
	const char *state = og_json_str(letter, "state");

	parcel.envelope = og_json_str(letter, "envelope");
	if (found > 0 && parcel.envelope && state && strcmp(state, "dead") == 0)
		rc = og_queue_put(job->queue, &parcel, 1, err);
	json_decref(letter);
	return found < 0 ? -1 : rc;
}

static int resume(const struct job *job, const struct og_agent_report *report, struct og_err *err)
{
	struct og_parcel parcel = { .id = report->resume_id, .envelope = report->resume };

	if (report->revive_id[0])
		return revive(job, report->revive_id, err);
	return report->resume ? og_queue_put(job->queue, &parcel, 1, err) : 0;
}

/* Whoever waits for the task hears of it. */
static int forget(const struct job *job, const struct og_delivery *delivery,
		  const struct og_agent_report *report, struct og_err *err)
{
	int rc;

	if (resume(job, report, err) < 0)
		return -1;
	rc = report->outcome == OG_OUTCOME_ACK
		     ? og_queue_ack(job->queue, delivery->ticket, err)
		     : og_queue_dead(job->queue, delivery->ticket, report->why, err);

	return rc < 0 ? -1 : og_queue_tell(job->queue, report->task, report->state, err);
}

/* It is not forgotten, but nobody needs to look before its time. */
static int keep(const struct job *job, const struct og_delivery *delivery,
		const struct og_agent_report *report, struct og_err *err)
{
	if (og_queue_release(job->queue, delivery->ticket, report->delay_ms, OG_QUEUE_UNTRIED,
			     err) < 0)
		return -1;
	return report->task[0] ? og_queue_tell(job->queue, report->task, report->state, err) : 0;
}

/* 250 ms, 1 s, 4 s, 16 s: what died of bad luck is back at once, what
 * kills its shield does not keep everybody busy. */
static int64_t retry_delay(int attempts)
{
	int64_t delay = RETRY_MIN_MS;

	while (--attempts > 0 && delay < 64 * RETRY_MIN_MS)
		delay *= 4;
	return delay;
}

/* The delivery's fate. */
int job_settle(const struct job *job, const struct og_delivery *delivery,
	       const struct og_agent_report *report, struct og_err *err)
{
	switch (report->outcome) {
	case OG_OUTCOME_ACK:
	case OG_OUTCOME_DEAD:
		return forget(job, delivery, report, err);
	case OG_OUTCOME_WAITING:
		return keep(job, delivery, report, err);
	case OG_OUTCOME_LOST:
		return 0; /* our claim ends with us */
	case OG_OUTCOME_TROUBLE:
		/* Not the task's fault: it keeps its deliveries. */
		if (og_queue_release(job->queue, delivery->ticket, 0, OG_QUEUE_UNTRIED, err) < 0)
			return -1;
		return job->worker->mode == SERVE || was_interrupted(report)
			       ? 0
			       : og_fail(err, report->code, "%s", report->why);
	default:
		return og_queue_release(job->queue, delivery->ticket,
					retry_delay(delivery->attempts), OG_QUEUE_TRIED, err);
	}
}
