/* See og-otlp.h. */
#include "cmd/og-otlp.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/net/net.h"
#include "lib/telemetry/spill.h"

#define SPILL_NAME   "telemetry.spill"
#define SPILL_MAX    ((size_t)32 << 20)
#define TIMEOUT_MS   10000
#define ANSWER_MAX   ((size_t)64 << 10)
#define AGAIN_MS     1000 /* doubled with every failure in a row */
#define AGAIN_MAX    30000
#define AFTER_MAX_MS 300000 /* whatever the receiver asks for */
/* Requests that a spill may hold from a larger one, and room to read on. */
#define CURRENT_MAX (2 * OG_REQUEST_MAX)

/* IDLE: nothing to do. BUSY: a request is under way. AWAY: the receiver
 * cannot be reached, everything goes to the file until again. */
enum state { IDLE, BUSY, AWAY, DEAD };

struct exporter {
	const struct og_ctx *ctx;
	struct og_collect *collect;
	const char *url;
	struct og_net *net;
	struct og_spill spill;
	enum state state;
	struct og_buf current; /* the request under way */
	int spilled;	       /* and it is the file's first */
	int64_t again;
	int failures;		   /* in a row */
	char said[OG_ERR_MSG_MAX]; /* the last complaint: once is enough */
};

static void complain(struct exporter *exporter, const char *what)
{
	if (strcmp(exporter->said, what) == 0)
		return;
	og_text_format(exporter->said, sizeof(exporter->said), "%s", what);
	og_note(exporter->ctx, "%s", what);
}

static void drop(struct exporter *exporter, const char *reason)
{
	og_collect_dropped(exporter->collect, reason,
			   og_request_records(exporter->current.data, exporter->current.len));
}

/* --- opening --------------------------------------------------------------- */

/* "http://host:4318/base" -> "http://host:4318" */
static char *origin_of(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return strndup(url, (size_t)(host - url) + strcspn(host, "/?#"));
}

static int start(struct exporter *exporter, const struct og_conf *conf, struct og_err *err)
{
	char *program = og_program_path(exporter->ctx->exe_dir, "og-http");
	char *origin = origin_of(exporter->url);
	char *file = og_path_join(conf->home, conf->telemetry_token);
	const char *allow[] = { origin, NULL }, *bearer[] = { NULL, NULL };
	struct og_net_place place = { .program = program, .allow = allow };
	struct og_buf token;
	int rc = -1;

	og_buf_init(&token, 8192);
	if (!program || !origin || !file) {
		og_fail_nomem(err);
		goto out;
	}
	if (strcmp(conf->telemetry_token, "none") != 0) {
		og_buf_addf(&token, "%s=%s", origin, file);
		if (og_buf_check(&token, "token", err) < 0)
			goto out;
		bearer[0] = token.data;
		place.bearer = bearer;
	}
	rc = og_net_open(&place, &exporter->net, err);
out:
	og_buf_release(&token);
	free(program);
	free(origin);
	free(file);
	return rc;
}

static int open_spill(struct exporter *exporter, const struct og_conf *conf, struct og_err *err)
{
	char *path = og_path_join(conf->run, SPILL_NAME);
	int rc = path ? og_spill_open(&exporter->spill, path, SPILL_MAX, err) : og_fail_nomem(err);

	free(path);
	return rc;
}

int exporter_open(const struct og_ctx *ctx, const struct og_conf *conf, const char *url,
		  struct og_collect *collect, struct exporter **ret, struct og_err *err)
{
	struct exporter *exporter = calloc(1, sizeof(*exporter));

	if (!exporter)
		return og_fail_nomem(err);
	exporter->ctx = ctx;
	exporter->collect = collect;
	exporter->url = url;
	exporter->spill.fd = -1;
	og_buf_init(&exporter->current, CURRENT_MAX);
	/* What was left over is sent first, at once. */
	exporter->state = AWAY;
	if (open_spill(exporter, conf, err) < 0 || start(exporter, conf, err) < 0) {
		exporter_close(exporter);
		return -1;
	}
	*ret = exporter;
	return 0;
}

/* --- the file --------------------------------------------------------------- */

static void spill(struct exporter *exporter, const struct og_buf *request)
{
	struct og_err err = OG_ERR_INIT;
	int64_t lost = 0;

	if (og_spill_add(&exporter->spill, request->data, request->len, &lost, &err) < 0) {
		lost += og_request_records(request->data, request->len);
		complain(exporter, err.msg);
	}
	og_collect_dropped(exporter->collect, "spill", lost);
}

/* --- one request --------------------------------------------------------------- */

/* Not now: what is under way waits in the file, before all that follows. */
static void later(struct exporter *exporter, int64_t ms)
{
	if (!exporter->spilled)
		spill(exporter, &exporter->current);
	exporter->state = AWAY;
	exporter->again = og_deadline(ms);
}

static void die(struct exporter *exporter, const char *why)
{
	complain(exporter, why);
	if (exporter->state == BUSY && !exporter->spilled)
		spill(exporter, &exporter->current);
	exporter->state = DEAD;
}

/* Each pause is between half and all of twice the one before, so that many
 * collectors do not come back together. */
static int64_t pause_after(int failures)
{
	struct og_err ignored = OG_ERR_INIT;
	int64_t pause = AGAIN_MS;
	unsigned char byte = 0;

	while (--failures > 0 && pause < AGAIN_MAX)
		pause *= 2;
	if (pause > AGAIN_MAX)
		pause = AGAIN_MAX;
	(void)og_random(&byte, 1, &ignored);
	return pause / 2 + pause / 2 * byte / 255;
}

static void send_current(struct exporter *exporter)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	int signal = og_signal_of(exporter->current.data, exporter->current.len);
	struct og_net_request request = { .method = "POST",
					  .headers = headers,
					  .body = exporter->current.data,
					  .len = exporter->current.len,
					  .timeout_ms = TIMEOUT_MS,
					  .max_bytes = ANSWER_MAX,
					  .tries = 1 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf url;
	size_t base = strlen(exporter->url);

	while (base > 0 && exporter->url[base - 1] == '/')
		base--;
	og_buf_init(&url, OG_NET_URL_MAX);
	og_buf_add(&url, exporter->url, base);
	og_buf_adds(&url, og_signal_path((enum og_signal)signal));
	request.url = url.data;
	exporter->state = BUSY;
	if (og_buf_check(&url, "URL", &err) < 0 || og_net_begin(exporter->net, &request, &err) < 0)
		die(exporter, err.msg);
	og_buf_release(&url);
}

/* The file's first line, if there is one. Whatever in it is no request is
 * no telemetry of ours. */
static void send_next(struct exporter *exporter)
{
	struct og_err err = OG_ERR_INIT;
	int got;

	exporter->state = IDLE;
	exporter->spilled = 1;
	while (og_spill_any(&exporter->spill)) {
		og_buf_clear(&exporter->current);
		got = og_spill_next(&exporter->spill, &exporter->current, &err);
		if (got < 0)
			complain(exporter, err.msg);
		if (got <= 0)
			return;
		if (og_signal_of(exporter->current.data, exporter->current.len) >= 0) {
			send_current(exporter);
			return;
		}
		og_spill_done(&exporter->spill);
	}
}

void exporter_put(struct exporter *exporter, const struct og_buf *request)
{
	if (exporter->state != IDLE) {
		spill(exporter, request);
		return;
	}
	og_buf_clear(&exporter->current);
	exporter->spilled = 0;
	if (og_buf_add(&exporter->current, request->data, request->len) < 0)
		og_collect_dropped(exporter->collect, "size",
				   og_request_records(request->data, request->len));
	else
		send_current(exporter);
}

/* --- the answer ----------------------------------------------------------------- */

/* {"partialSuccess":{"rejectedSpans":"3","errorMessage":"..."}}: what was
 * rejected is not to be sent again. Anything else is success too. */
static void take_answer(struct exporter *exporter, const struct og_net_reply *reply)
{
	static const char *const counts[] = { "rejectedSpans", "rejectedLogRecords",
					      "rejectedDataPoints" };
	struct og_err err = OG_ERR_INIT;
	json_t *answer = NULL;
	const json_t *partial;

	if (reply->body.len == 0 || og_json_parse(reply->body.data, reply->body.len, ANSWER_MAX,
						  "answer", &answer, &err) < 0)
		return;
	partial = json_object_get(answer, "partialSuccess");
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		const char *text = og_json_str(partial, counts[i]);
		int64_t n = og_json_int(partial, counts[i], 0);

		if (text && og_int_parse(text, 0, INT64_MAX, "", &n, NULL) < 0)
			n = 0;
		og_collect_dropped(exporter->collect, "rejected", n);
	}
	if (og_json_str(partial, "errorMessage"))
		complain(exporter, og_json_str(partial, "errorMessage"));
	json_decref(answer);
}

/* Only these say "later"; every other answer would be the same again. */
static int is_later(int status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static void put_off(struct exporter *exporter, int64_t wanted, const char *why)
{
	int64_t pause = pause_after(++exporter->failures);

	complain(exporter, why);
	later(exporter, wanted > pause ? wanted : pause);
}

static void answered(struct exporter *exporter, const struct og_net_reply *reply)
{
	char why[80];

	og_text_format(why, sizeof(why), "the receiver answered %d", reply->status);
	if (is_later(reply->status)) {
		put_off(exporter, reply->retry_ms < AFTER_MAX_MS ? reply->retry_ms : AFTER_MAX_MS,
			why);
		return;
	}
	if (reply->status >= 200 && reply->status < 300) {
		if (exporter->failures > 0)
			complain(exporter, "the receiver is back");
		take_answer(exporter, reply);
	} else {
		complain(exporter, why);
		drop(exporter, "refused");
	}
	exporter->failures = 0;
	if (exporter->spilled)
		og_spill_done(&exporter->spill);
	send_next(exporter);
}

void exporter_hear(struct exporter *exporter)
{
	struct og_net_reply reply;
	struct og_err err = OG_ERR_INIT;

	og_net_reply_init(&reply);
	if (og_net_end(exporter->net, &reply, &err) == 0)
		answered(exporter, &reply);
	else if (!og_net_alive(exporter->net))
		die(exporter, err.msg);
	else if (reply.status > 0)
		answered(exporter, &reply); /* its body was no use, its status is */
	else
		put_off(exporter, -1, err.msg);
	og_net_reply_release(&reply);
}

int exporter_fd(const struct exporter *exporter)
{
	return exporter->state == BUSY ? og_net_fd(exporter->net) : -1;
}

int64_t exporter_due(const struct exporter *exporter)
{
	return exporter->state == AWAY ? exporter->again : OG_FOREVER;
}

void exporter_do_due(struct exporter *exporter)
{
	if (exporter->state == AWAY && og_deadline_left(exporter->again) == 0)
		send_next(exporter);
}

int exporter_dead(const struct exporter *exporter)
{
	return exporter->state == DEAD;
}

void exporter_close(struct exporter *exporter)
{
	if (!exporter)
		return;
	/* It may have arrived; twice is better than never. */
	if (exporter->state == BUSY && !exporter->spilled)
		spill(exporter, &exporter->current);
	og_net_close(exporter->net);
	og_spill_close(&exporter->spill);
	og_buf_release(&exporter->current);
	free(exporter);
}
