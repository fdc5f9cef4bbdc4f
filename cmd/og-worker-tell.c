/* What a worker tells besides the agent's spans: see og-worker.h. */
#include "cmd/og-worker.h"

#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/task/state.h"

#define QUEUE_MS 5000 /* between two looks at the queue */

static enum og_severity severity(const struct og_agent_report *report)
{
	int state = og_state_parse(report->state);

	switch (report->outcome) {
	case OG_OUTCOME_DEAD:
		return OG_ERROR;
	case OG_OUTCOME_WAITING:
		return OG_INFO;
	case OG_OUTCOME_ACK:
		break;
	default:
		return OG_WARN;
	}
	if (state == OG_TASK_COMPENSATION_FAILED || state == OG_TASK_IN_DOUBT)
		return OG_ERROR;
	return state < 0 || state == OG_TASK_DONE ? OG_INFO : OG_WARN;
}

/* The state where there is one, else what becomes of the delivery. */
static const char *end_of(const struct og_agent_report *report)
{
	return report->state[0] ? report->state : og_outcome_name(report->outcome);
}

static void tell_log(struct og_telemetry *to, const struct og_agent_report *report, int64_t ms)
{
	const struct og_attr attrs[] = {
		OG_STR(OG_ATTR_TASK, report->task),
		OG_STR(OG_ATTR_STATE, end_of(report)),
		OG_STR(OG_ATTR_SKILL, report->skill[0] ? report->skill : NULL),
		OG_STR(OG_ATTR_OUTCOME, og_outcome_name(report->outcome)),
	};
	char body[256], content[1024];
	struct og_log log = { severity(report), body, content,
			      report->trace[0] ? report->trace : NULL };

	og_text_format(body, sizeof(body), "%s %s%s%s, %lld ms", report->task, end_of(report),
		       report->skill[0] ? " " : "", report->skill, (long long)ms);
	og_text_format(content, sizeof(content), "%s for %s%s%s", body, report->principal,
		       report->why[0] ? ": " : "", report->why);
	og_tell(to, &log, attrs, sizeof(attrs) / sizeof(*attrs));
}

void og_worker_tell(struct og_telemetry *to, const struct og_agent_report *report, int64_t ms)
{
	const struct og_attr which[] = {
		OG_STR(OG_ATTR_STATE, end_of(report)),
		OG_STR(OG_ATTR_SKILL, report->skill[0] ? report->skill : NULL),
	};

	if (!to)
		return;
	og_measure(to, OG_METRIC_TASKS, 1, which, 2);
	og_measure(to, OG_METRIC_TASK_DURATION, (double)ms / 1e3, which, 2);
	tell_log(to, report, ms);
	og_telemetry_flush(to);
}

/* An error's words may be about a statement or a file of somebody's. */
void og_worker_tell_error(struct og_telemetry *to, const struct og_err *err)
{
	char body[64];
	struct og_log log = { OG_ERROR, body, err->msg, NULL };

	snprintf(body, sizeof(body), "a job ended with status %d", err->code);
	og_tell(to, &log, NULL, 0);
	og_telemetry_flush(to);
}

static void tell_depth(struct og_telemetry *to, const char *which, int64_t n)
{
	const struct og_attr attrs[] = { OG_STR(OG_ATTR_DELIVERY, which) };

	if (n >= 0)
		og_measure(to, OG_METRIC_QUEUE_DEPTH, (double)n, attrs, 1);
}

void og_worker_tell_queue(struct og_telemetry *to, struct og_queue *queue, int64_t *due)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_queue_counts counts;
	int64_t now = og_now_ms();

	if (!to || og_mono_ms() < *due)
		return;
	*due = og_mono_ms() + QUEUE_MS;
	if (og_queue_count(queue, &counts, &ignored) < 0)
		return;
	tell_depth(to, "ready", counts.ready);
	tell_depth(to, "claimed", counts.claimed);
	tell_depth(to, "delayed", counts.delayed);
	tell_depth(to, "dead", counts.dead);
	og_measure(to, OG_METRIC_QUEUE_AGE,
		   counts.oldest > 0 && now > counts.oldest ? (double)(now - counts.oldest) / 1e3
							    : 0,
		   NULL, 0);
	og_telemetry_flush(to);
}
