/* The table of metrics. */
#include "lib/telemetry/names.h"

#include <string.h>

const struct og_metric_info og_metrics[OG_METRICS] = {
	[OG_METRIC_TASKS] = { "og.tasks", "{task}", "Deliveries that ended, by state and skill",
			      OG_COUNTER },
	[OG_METRIC_TASK_DURATION] = { "og.task.duration", "s",
				      "From claiming a task to its end, by state and skill",
				      OG_HISTOGRAM },
	[OG_METRIC_QUEUE_WAIT] = { "og.queue.wait", "s", "From being due to being claimed",
				   OG_HISTOGRAM },
	[OG_METRIC_QUEUE_DEPTH] = { "og.queue.depth", "{task}", "Tasks in the queue", OG_GAUGE },
	[OG_METRIC_QUEUE_AGE] = { "og.queue.age", "s", "Age of the oldest task that is due",
				  OG_GAUGE },
	[OG_METRIC_SHIELD_DURATION] = { "og.shield.request.duration", "s",
					"Requests to the shield, by verb and verdict",
					OG_HISTOGRAM },
	[OG_METRIC_REFUSALS] = { "og.shield.refusals", "{request}",
				 "Requests the shield refused, by rule", OG_COUNTER },
	[OG_METRIC_DROPPED] = { "og.telemetry.dropped", "{record}",
				"Spans, measurements and log records that were dropped, by reason",
				OG_COUNTER },
};

const double og_bounds[OG_BOUNDS] = { 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
				      0.005,   0.01,   0.025,	0.05,	0.1,   0.25,
				      0.5,     1,      2.5,	5,	10,    60 };

int og_metric_find(const char *name)
{
	for (int i = 0; i < OG_METRICS; i++)
		if (strcmp(og_metrics[i].name, name) == 0)
			return i;
	return -1;
}
