/*
 * What a shield tells of a request: its own span when the request belongs
 * to a trace, and measurements in any case. Verbs, steps, verdicts and
 * rules; never a statement, a parameter, a row, or a refusal's words.
 */
#include <string.h>

#include "lib/shield/channel-internal.h"

#define FINISH "task.finish"

void og_shield_telemetry(struct og_shield *shield, struct og_telemetry *to)
{
	shield->telemetry = to;
}

void og_request_tell_begin(struct og_request *rq, struct og_span *span)
{
	const char *verb = og_json_str(rq->body, "verb"), *step = og_json_str(rq->body, "step");

	og_span_begin(span, rq->shield->telemetry, OG_SERVER, verb ? verb : "request",
		      og_json_str(rq->body, "trace"));
	if (step && span->to)
		og_span_subject(span, step);
}

static void measure(struct og_telemetry *to, const struct og_span *span, const char *verdict,
		    const char *rule)
{
	const struct og_attr which[] = { OG_STR(OG_ATTR_VERB, span->name),
					 OG_STR(OG_ATTR_VERDICT, verdict) };
	const struct og_attr why[] = { OG_STR(OG_ATTR_RULE, rule) };

	og_measure(to, OG_METRIC_SHIELD_DURATION, (double)og_span_us(span) / 1e6, which, 2);
	if (rule)
		og_measure(to, OG_METRIC_REFUSALS, 1, why, 1);
}

static void tell_span(struct og_request *rq, struct og_span *span, const char *verdict,
		      const char *rule)
{
	const char *undone = og_json_str(rq->reply, "undone");
	const char *task = rq->has_task ? rq->task.id : og_json_str(rq->reply, "task");
	const char *step = rq->step ? rq->step : undone;

	if (step) {
		og_span_subject(span, step);
		og_span_str(span, OG_ATTR_STEP, step);
	}
	og_span_str(span, OG_ATTR_TASK, task);
	og_span_str(span, OG_ATTR_VERDICT, verdict);
	og_span_str(span, OG_ATTR_RULE, rule);
	og_span_bool(span, OG_ATTR_DENIED, strcmp(verdict, "deny") == 0);
	if (rule)
		og_span_status(span, OG_SPAN_ERROR, rule, NULL);
	og_span_end(span);
}

/* verb is one of the table's: what a peer calls it otherwise is its own. */
void og_request_tell_end(struct og_request *rq, struct og_span *span, const char *verb,
			 const json_t *reply)
{
	struct og_telemetry *to = span->to;
	const char *verdict = og_json_str(reply, "verdict"), *rule = og_json_str(reply, "rule");

	if (!to)
		return;
	span->name = verb ? verb : "illegal";
	if (!verb || og_json_bool(reply, "ok", 0))
		rule = NULL;
	if (!verdict || og_json_bool(reply, "ok", 0))
		verdict = og_json_bool(reply, "ok", 0) ? "allow" : "error";
	measure(to, span, verdict, rule);
	if (og_json_str(rq->body, "trace"))
		tell_span(rq, span, verdict, rule);
	span->to = NULL;
	/* The end of a piece of work; what belongs to none does not wait. */
	if (!verb || strcmp(verb, FINISH) == 0 || !og_json_str(rq->body, "trace"))
		og_telemetry_flush(to);
}
