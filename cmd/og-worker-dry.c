/*
 * og-worker --dry-run: what the model would be asked next, and nothing else.
 * No provider is started, so there is nobody it could be sent to; the task
 * stays in the queue as it is, also for the count of its deliveries.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-worker.h"
#include "lib/net/net.h"

/* A task that is looked at: claimed, or, when it is named, only found. */
struct look {
	const struct worker *worker;
	struct og_queue *queue;
	struct og_channel *channel;
	struct og_delivery delivery;
	int claimed;
};

/* One that somebody works on is left to him: to begin it is to take it over. */
static int find(struct look *look, const char *id, struct og_err *err)
{
	json_t *letter = NULL;
	int found = og_queue_find(look->queue, id, &letter, err), rc = -1;
	const char *state = og_json_str(letter, "state"), *text = og_json_str(letter, "envelope");

	if (found == 0)
		og_fail(err, OG_NO, "task '%s' is not in the queue", id);
	else if (found > 0 && state && strcmp(state, "claimed") == 0)
		og_fail(err, OG_ETEMP, "a worker has task '%s' in hand", id);
	else if (found > 0 && !(look->delivery.envelope = strdup(text ? text : "")))
		og_fail_nomem(err);
	else if (found > 0)
		rc = 0;
	json_decref(letter);
	return rc;
}

static int claim(struct look *look, struct og_err *err)
{
	int claimed = og_queue_claim(look->queue, &look->delivery, err);

	look->claimed = claimed > 0;
	if (claimed == 0)
		return og_fail(err, OG_NO, "nothing is queued that is due");
	return claimed < 0 ? -1 : 0;
}

static int open_look(struct look *look, const char *id, struct og_err *err)
{
	const struct worker *worker = look->worker;

	og_provider_forget();
	if (og_channel_from(worker->ctx, worker->conf, &look->channel, err) < 0 ||
	    og_queue_from(worker->ctx, worker->conf, &look->queue, err) < 0 ||
	    worker_seal(worker, err) < 0)
		return -1;
	return id ? find(look, id, err) : claim(look, err);
}

static int close_look(struct look *look, struct og_err *err)
{
	int rc = look->claimed ? og_queue_release(look->queue, look->delivery.ticket, 0,
						  OG_QUEUE_UNTRIED, err)
			       : 0;

	og_delivery_release(&look->delivery);
	og_queue_close(look->queue);
	og_channel_close(look->channel);
	return rc;
}

/* Names alone: what stands behind them is og-http's to know. */
static json_t *headers(const struct worker *worker, struct og_err *err)
{
	const struct og_conf *conf = worker->conf;
	struct og_provider_place place = { .model = &worker->model, .key = conf->model_key };
	json_t *list = json_pack("[s]", "Content-Type");
	struct og_model_header header;
	struct og_provider_key key;

	if (og_provider_key(worker->ctx, conf, &place, &key, err) == 0 && key.source[0])
		json_array_append_new(list, json_string(key.header));
	for (size_t i = 0; og_conf_model_header(conf, i, &header, err) == 1; i++)
		json_array_append_new(list, json_string(header.name));
	return list;
}

static int print_request(const struct worker *worker, const struct og_agent_report *report,
			 json_t *names, struct og_err *err)
{
	const char *text = og_json_str(report->dry, "body");
	json_t *body = NULL, *line;
	int rc = -1;

	if (!text || og_json_parse(text, strlen(text), OG_NET_BODY_MAX, "request", &body, err) < 0)
		return text ? -1 : og_fail(err, OG_EBUG, "a request without a body");
	line = json_pack("{s:i,s:s,s:s,s:O?,s:O?,s:o,s:{s:O?,s:O?}}", "v", 1, "task", report->task,
			 "model", worker->model.name, "url", json_object_get(report->dry, "url"),
			 "headers", names, "body", body, "reserve", "input",
			 json_object_get(report->dry, "input"), "output",
			 json_object_get(report->dry, "output"));
	rc = line ? og_print_json(line, err) : og_fail_nomem(err);
	json_decref(line);
	return rc;
}

static int look_at(struct look *look, json_t *names, struct og_err *err)
{
	struct og_reasoning reasoning;
	struct og_agent_means means = { .channel = look->channel,
					.limits = &look->worker->limits,
					.reasoning = &reasoning,
					.dry = 1 };
	const char *envelope = look->delivery.envelope;
	struct og_agent_report report;
	int rc;

	worker_reasoning(look->worker, &reasoning);
	og_agent_run(&means, envelope, strlen(envelope), &report);
	rc = report.dry ? print_request(look->worker, &report, names, err)
			: og_fail(err, OG_NO, "%s: nothing to ask the model: %s",
				  report.task[0] ? report.task : "a task", report.why);
	og_agent_report_release(&report);
	return rc;
}

int worker_dry(const struct worker *worker, const char *id, struct og_err *err)
{
	struct look look = { .worker = worker };
	struct og_err later = OG_ERR_INIT;
	json_t *names;
	int rc = -1;

	if (!worker->thinks) {
		og_fail(err, OG_ECONF, "model = %s asks no model", worker->conf->model);
		return og_hint(err, "name one with model in og.conf, or OG_MODEL");
	}
	names = headers(worker, err);
	if (!names)
		return og_fail_nomem(err);
	if (open_look(&look, id, err) == 0)
		rc = look_at(&look, names, err);
	if (close_look(&look, &later) < 0 && rc == 0) {
		*err = later;
		rc = -1;
	}
	json_decref(names);
	return rc;
}
