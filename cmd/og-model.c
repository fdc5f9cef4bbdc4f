/* See og-model.h. */
#include "cmd/og-model.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/og-call.h"
#include "cmd/og-main.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/net/net.h"

#define TRIES	    3
#define PAUSE_MS    500	 /* doubled with every try */
#define PATIENCE_MS 5000 /* what takes longer is the task's to wait for */
#define ENV	    "env:"

static const char *const variables[] = { "GEMINI_API_KEY", "OG_LLM_KEY", "OPENAI_API_KEY", NULL };

struct og_provider {
	struct og_net *net;
	const struct og_model *model;
	int64_t ms;
	int stop_fd, stopped;
};

int og_model_from(const char *line, struct og_model *ret, struct og_err *err)
{
	if (strcmp(line, "skill:") == 0 || strcmp(line, "none") == 0)
		return 0;
	return og_model_parse(line, ret, err) < 0 ? -1 : 1;
}

void og_provider_forget(void)
{
	for (size_t i = 0; variables[i]; i++)
		og_forget_variable(variables[i]);
}

/* --- its secrets -------------------------------------------------------------- */

/* "https://api.openai.com/v1": is its host that one? */
static int is_host(const char *url, const char *host)
{
	const char *at = strstr(url, "://") + 3;
	size_t len = strcspn(at, ":/");

	return strlen(host) == len && strncasecmp(at, host, len) == 0;
}

/* The variable with a secret for this place, or NULL. */
static const char *variable_for(const struct og_ctx *ctx, const struct og_model *model)
{
	if (model->dialect == OG_MODEL_GEMINI)
		return ctx->env("GEMINI_API_KEY") ? "GEMINI_API_KEY" : NULL;
	if (ctx->env("OG_LLM_KEY"))
		return "OG_LLM_KEY";
	if (is_host(model->url, "api.openai.com") && ctx->env("OPENAI_API_KEY"))
		return "OPENAI_API_KEY";
	return NULL;
}

/* Those who sell answers give none away. */
static int wants_key(const struct og_model *model)
{
	return is_host(model->url, "generativelanguage.googleapis.com") ||
	       is_host(model->url, "api.openai.com");
}

/* Does model_headers have it? Then it is that one. */
static int is_header(const struct og_conf *conf, const char *name)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_model_header header;

	for (size_t i = 0; og_conf_model_header(conf, i, &header, &ignored) == 1; i++)
		if (strcasecmp(header.name, name) == 0)
			return 1;
	return 0;
}

static int no_key(const struct og_model *model, struct og_err *err)
{
	int gemini = model->dialect == OG_MODEL_GEMINI;

	og_fail(err, OG_ECONF, "there is no key for model '%s'", model->name);
	return og_hint(err, "set %s, or name a file of mode 0600 with model_key in og.conf",
		       gemini ? "GEMINI_API_KEY" : "OPENAI_API_KEY");
}

int og_provider_key(const struct og_ctx *ctx, const struct og_conf *conf,
		    const struct og_provider_place *place, struct og_provider_key *ret,
		    struct og_err *err)
{
	const struct og_model *model = place->model;
	const char *variable = variable_for(ctx, model);
	int given = strcmp(place->key, "none") != 0;
	char *path = NULL;

	ret->header = model->dialect == OG_MODEL_GEMINI ? "x-goog-api-key" : "Authorization";
	ret->source[0] = '\0';
	if (is_header(conf, ret->header))
		return given ? og_fail(err, OG_ECONF, "model_key and model_headers both have '%s'",
				       ret->header)
			     : 0;
	if (given) {
		path = og_path_join(conf->home, place->key);
		if (!path)
			return og_fail_nomem(err);
		og_text_format(ret->source, sizeof(ret->source), "%s", path);
		free(path);
	} else if (variable) {
		og_text_format(ret->source, sizeof(ret->source), ENV "%s", variable);
	} else if (wants_key(model)) {
		return no_key(model, err);
	}
	return 0;
}

/* --- starting --------------------------------------------------------------------- */

/* What og-http is told: lists that end with NULL. */
struct told {
	char *allow[2];
	char *bearer[2];
	char *secrets[OG_MODEL_HEADERS_MAX + 2];
	char *ca;
};

static void told_release(struct told *told)
{
	free(told->allow[0]);
	free(told->bearer[0]);
	for (size_t i = 0; told->secrets[i]; i++)
		free(told->secrets[i]);
	free(told->ca);
}

/* "URL=SOURCE" or "URL=HEADER=SOURCE". Heap, or NULL. */
static char *secret(const struct og_model *model, const char *header, const char *source)
{
	struct og_buf text;

	og_buf_init(&text, 16384);
	og_buf_addf(&text, "%s=%s%s%s", model->url, header ? header : "", header ? "=" : "",
		    source);
	return og_buf_take(&text);
}

static int tell_key(struct told *told, const struct og_ctx *ctx, const struct og_conf *conf,
		    const struct og_provider_place *place, struct og_err *err)
{
	int gemini = place->model->dialect == OG_MODEL_GEMINI;
	struct og_provider_key key;
	char *text;

	if (og_provider_key(ctx, conf, place, &key, err) < 0)
		return -1;
	if (!key.source[0])
		return 0;
	text = secret(place->model, gemini ? key.header : NULL, key.source);
	if (!text)
		return og_fail_nomem(err);
	if (gemini)
		told->secrets[0] = text;
	else
		told->bearer[0] = text;
	return 0;
}

static int tell_headers(struct told *told, const struct og_conf *conf, const struct og_model *model,
			struct og_err *err)
{
	size_t n = told->secrets[0] ? 1 : 0;
	struct og_model_header header;
	int more;

	for (size_t i = 0; (more = og_conf_model_header(conf, i, &header, err)) == 1; i++) {
		char *path = og_path_join(conf->home, header.file);

		told->secrets[n] = path ? secret(model, header.name, path) : NULL;
		free(path);
		if (!told->secrets[n++])
			return og_fail_nomem(err);
	}
	return more;
}

static int tell_place(struct told *told, const struct og_conf *conf, const struct og_model *model,
		      struct og_err *err)
{
	int ca = strcmp(conf->model_ca, "none") != 0;

	told->allow[0] = og_call_origin(model->url);
	told->ca = ca ? og_path_join(conf->home, conf->model_ca) : NULL;
	return !told->allow[0] || (ca && !told->ca) ? og_fail_nomem(err) : 0;
}

static int start(const struct og_ctx *ctx, struct told *told, struct og_net **ret,
		 struct og_err *err)
{
	char *program = og_libexec_path(ctx->exe_dir, "og-http");
	struct og_net_place place = { .program = program,
				      .allow = (const char *const *)told->allow,
				      .bearer = (const char *const *)told->bearer,
				      .secrets = (const char *const *)told->secrets,
				      .ca = told->ca };
	int rc = program ? og_net_open(&place, ret, err) : og_fail_nomem(err);

	free(program);
	return rc < 0 ? -1 : og_net_greet(*ret, err);
}

int og_provider_open(const struct og_ctx *ctx, const struct og_conf *conf,
		     const struct og_provider_place *place, struct og_provider **ret,
		     struct og_err *err)
{
	struct og_provider *provider = calloc(1, sizeof(*provider));
	struct told told = { .ca = NULL };
	int rc = -1;

	if (!provider)
		return og_fail_nomem(err);
	provider->model = place->model;
	provider->ms = place->seconds * 1000;
	provider->stop_fd = place->stop_fd;
	if (tell_place(&told, conf, place->model, err) == 0 &&
	    tell_key(&told, ctx, conf, place, err) == 0 &&
	    tell_headers(&told, conf, place->model, err) == 0)
		rc = start(ctx, &told, &provider->net, err);
	told_release(&told);
	if (rc == 0)
		*ret = provider;
	else
		og_provider_close(provider);
	return rc;
}

void og_provider_close(struct og_provider *provider)
{
	if (!provider)
		return;
	og_net_close(provider->net);
	free(provider);
}

int og_provider_stopped(const struct og_provider *provider)
{
	return provider->stopped;
}

/* --- asking --------------------------------------------------------------------------- */

static void stopped(struct og_provider *provider, struct og_call_answer *ret)
{
	provider->stopped = 1;
	og_call_fail(ret, OG_CALL_BROKEN, "told to stop while the model was asked");
}

/* 1: told to stop; 0: not until the deadline. */
static int told_to_stop(const struct og_provider *provider, int64_t deadline)
{
	struct pollfd p = { provider->stop_fd, POLLIN, 0 };
	int n;

	do
		n = poll(&p, 1, og_deadline_left(deadline));
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/* Events go into the body as they come. */
static int take_event(void *arg, const char *data, size_t len)
{
	struct og_call_answer *answer = arg;

	og_buf_add(&answer->body, data, len);
	return og_buf_addc(&answer->body, '\n') < 0;
}

static void take_reply(const struct og_net_reply *reply, struct og_call_answer *ret)
{
	const char *data = reply->body.len > 0 ? reply->body.data : "";

	ret->outcome = OG_CALL_ANSWERED;
	ret->status = reply->status;
	ret->retry_ms = reply->retry_ms;
	if (og_buf_add(&ret->body, data, reply->body.len) < 0)
		og_call_fail(ret, OG_CALL_UNKNOWN, "the answer is too large");
}

static void take_failure(const struct og_provider *provider, const struct og_net_reply *reply,
			 const struct og_err *err, struct og_call_answer *ret)
{
	enum og_called outcome = !og_net_alive(provider->net) ? OG_CALL_BROKEN
				 : reply->sent		      ? OG_CALL_UNKNOWN
							      : OG_CALL_UNSENT;

	og_call_fail(ret, outcome, err->msg);
	ret->status = reply->status;
}

static void ask_once(struct og_provider *provider, const struct og_net_request *request,
		     struct og_call_answer *ret)
{
	struct og_err err = OG_ERR_INIT;
	struct og_net_reply reply;

	og_net_reply_init(&reply);
	if (told_to_stop(provider, og_mono_ms()))
		stopped(provider, ret);
	else if (og_net_call(provider->net, request, &reply, &err) == 0)
		take_reply(&reply, ret);
	else if (told_to_stop(provider, og_mono_ms()))
		stopped(provider, ret);
	else
		take_failure(provider, &reply, &err, ret);
	og_net_reply_release(&reply);
}

/* Later and later, with jitter. */
static int64_t pause_after(int attempts)
{
	int64_t most = (int64_t)PAUSE_MS << (attempts - 1);
	uint32_t random = 0;

	og_random(&random, sizeof(random), NULL);
	return most / 2 + random % (most / 2 + 1);
}

/* When to ask again, in ms; -1: not here. A cut connection may have cost
 * something already: that is for the budget to know before it is repeated. */
static int64_t again_after(const struct og_provider *provider, const struct og_call_answer *answer,
			   int attempts)
{
	int64_t pause = pause_after(attempts);
	struct og_model_refusal refusal;

	if (answer->outcome != OG_CALL_ANSWERED || answer->status == 200 || attempts >= TRIES)
		return -1;
	og_model_refused(provider->model, answer->status, answer->body.len ? answer->body.data : "",
			 answer->body.len, &refusal);
	if (refusal.fault != OG_FAULT_THROTTLED && refusal.fault != OG_FAULT_DOWN)
		return -1;
	if (answer->retry_ms > pause)
		pause = answer->retry_ms;
	if (refusal.retry_ms > pause)
		pause = refusal.retry_ms;
	return pause <= PATIENCE_MS ? pause : -1;
}

/* 1 when there is time for another try, after the pause. */
static int pause_for(struct og_provider *provider, int64_t pause, int64_t deadline,
		     struct og_call_answer *ret)
{
	if (pause < 0 || og_deadline_left(deadline) <= pause)
		return 0;
	if (told_to_stop(provider, og_deadline(pause))) {
		stopped(provider, ret);
		return 0;
	}
	og_buf_clear(&ret->body);
	ret->retry_ms = 0;
	return 1;
}

void og_provider_ask(void *arg, const char *url, const char *body, size_t len, int stream,
		     struct og_call_answer *ret)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	struct og_provider *provider = arg;
	int64_t deadline = og_deadline(provider->ms);
	struct og_net_request request = { .method = "POST",
					  .url = url,
					  .headers = headers,
					  .body = body,
					  .len = len,
					  .max_bytes =
						  stream ? OG_NET_BODY_MAX : OG_MODEL_ANSWER_MAX,
					  .tries = TRIES,
					  .on_event = stream ? take_event : NULL,
					  .event_arg = ret,
					  .stop_fd =
						  provider->stop_fd < 0 ? 0 : provider->stop_fd };
	int attempts = 0;

	provider->stopped = 0;
	og_call_place(url, ret);
	do {
		request.timeout_ms = og_deadline_left(deadline);
		ask_once(provider, &request, ret);
		attempts++;
	} while (pause_for(provider, again_after(provider, ret, attempts), deadline, ret));
}
