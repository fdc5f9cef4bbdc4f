/*
 * Every name that leaves in telemetry, in one place: spans, attributes and
 * metrics. Names that OpenTelemetry's semantic conventions have are theirs
 * (those for generative AI are still in development there, so expect this
 * list to move); ours begin with "og.".
 */
#ifndef OG_TELEMETRY_NAMES_H
#define OG_TELEMETRY_NAMES_H

/* Spans. A subject follows where {} stands: "invoke_workflow procure-to-pay". */
#define OG_SPAN_SUBMIT	 "submit"	   /* producer: a command was queued */
#define OG_SPAN_QUEUE	 "queue"	   /* internal: from submitted to claimed */
#define OG_SPAN_WORKFLOW "invoke_workflow" /* consumer: a delivery; {} is the skill */
#define OG_SPAN_PLAN	 "plan"		   /* internal: finding skill and slots */
#define OG_SPAN_CHAT	 "chat"		   /* client: a model is asked; {} is the model */
#define OG_SPAN_TOOL	 "execute_tool"	   /* internal: a call of a model; {} is the tool */
#define OG_SPAN_HTTP	 "HTTP" /* client: an effect outside, else its method; {} is the service */
/* client and server: a request on a channel is named after its verb; {} is the step */

/* Events within a span. */
#define OG_EVENT_RETRY	  "retry"      /* the delivery will be tried again */
#define OG_EVENT_WAIT	  "wait"       /* it waits for somebody's consent */
#define OG_EVENT_RESUME	  "resume"     /* a task that was begun before */
#define OG_EVENT_DECISION "og.refused" /* a step was refused */

/* Attributes of the resource: who speaks. */
#define OG_ATTR_SERVICE	  "service.name" /* the program */
#define OG_ATTR_NAMESPACE "service.namespace"
#define OG_ATTR_VERSION	  "service.version"
#define OG_ATTR_INSTANCE  "service.instance.id" /* of the process */

/* Attributes of spans, events, logs and metrics. */
#define OG_ATTR_OPERATION  "gen_ai.operation.name"
#define OG_ATTR_WORKFLOW   "gen_ai.workflow.name"
#define OG_ATTR_PROVIDER   "gen_ai.provider.name"
#define OG_ATTR_MODEL	   "gen_ai.request.model"
#define OG_ATTR_MAX_OUTPUT "gen_ai.request.max_tokens"
#define OG_ATTR_ANSWERED   "gen_ai.response.model"
#define OG_ATTR_ANSWER_ID  "gen_ai.response.id"
#define OG_ATTR_INPUT	   "gen_ai.usage.input_tokens"
#define OG_ATTR_CACHED	   "gen_ai.usage.cache_read.input_tokens"
#define OG_ATTR_OUTPUT	   "gen_ai.usage.output_tokens"
#define OG_ATTR_TOOL	   "gen_ai.tool.name"
#define OG_ATTR_TOOL_TYPE  "gen_ai.tool.type"
#define OG_ATTR_TOOL_CALL  "gen_ai.tool.call.id"
#define OG_ATTR_HOST	   "server.address"
#define OG_ATTR_PORT	   "server.port"
#define OG_ATTR_METHOD	   "http.request.method"
#define OG_ATTR_STATUS	   "http.response.status_code"
#define OG_ATTR_RESENT	   "http.request.resend_count"
#define OG_ATTR_ERROR	   "error.type"
#define OG_ATTR_TASK	   "og.task"
#define OG_ATTR_STATE	   "og.state"
#define OG_ATTR_SKILL	   "og.skill"
#define OG_ATTR_STEP	   "og.step"
#define OG_ATTR_EPOCH	   "og.epoch"
#define OG_ATTR_ATTEMPT	   "og.attempt"
#define OG_ATTR_OUTCOME	   "og.outcome" /* of a delivery */
#define OG_ATTR_VERB	   "og.verb"
#define OG_ATTR_VERDICT	   "og.verdict" /* allow, deny, error, ... */
#define OG_ATTR_RULE	   "og.rule"
#define OG_ATTR_DENIED	   "og.denied"
#define OG_ATTR_REPLAYED   "og.replayed"
#define OG_ATTR_COUNT	   "og.count"
#define OG_ATTR_SERVICE_ID "og.http.service"
#define OG_ATTR_STOP	   "og.stop"   /* why a model's answer ended */
#define OG_ATTR_REASON	   "og.reason" /* why telemetry was dropped */
#define OG_ATTR_OVERFLOW   "otel.metric.overflow"
#define OG_ATTR_DELIVERY   "og.queue.delivery" /* ready, claimed, delayed, dead */
/* with telemetry_content = on only */
#define OG_ATTR_TEXT	  "og.text"
#define OG_ATTR_PRINCIPAL "og.principal"
#define OG_ATTR_ARGUMENTS "gen_ai.tool.call.arguments"

/* Metrics: og_metrics[] says what each one is. */
enum og_metric {
	OG_METRIC_TASKS,
	OG_METRIC_TASK_DURATION,
	OG_METRIC_QUEUE_WAIT,
	OG_METRIC_QUEUE_DEPTH,
	OG_METRIC_QUEUE_AGE,
	OG_METRIC_SHIELD_DURATION,
	OG_METRIC_REFUSALS,
	OG_METRIC_DROPPED,
	OG_METRICS /* how many there are */
};

enum og_metric_kind { OG_COUNTER, OG_GAUGE, OG_HISTOGRAM };

struct og_metric_info {
	const char *name, *unit, *what;
	enum og_metric_kind kind;
};

extern const struct og_metric_info og_metrics[OG_METRICS];
/* -1 for a name that is none. */
int og_metric_find(const char *name);

/* Upper bounds of the histograms' buckets, in seconds; one bucket more. */
#define OG_BOUNDS 18
extern const double og_bounds[OG_BOUNDS];

#endif
