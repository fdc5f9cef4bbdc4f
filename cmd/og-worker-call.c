/*
 * Calls to services outside, for the steps that ask for one: a name of
 * og.conf's http, a path behind its URL, and og-http, which was started
 * before the job gave up starting programs. What the job can reach is fixed
 * from then on. A service's token is read by og-http; it never gets here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-call.h"
#include "cmd/og-main.h"
#include "cmd/og-worker.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/net/net.h"

#define HEADERS_MAX 40 /* a skill's, at most 32, and ours */

struct og_caller {
	struct og_net *net;
	const struct og_conf *conf;
};

/* What og-http is told: lists that end with NULL. */
struct place_lists {
	char *allow[OG_HTTP_SERVICES_MAX + 1];
	char *bearer[OG_HTTP_SERVICES_MAX + 1];
	size_t n_bearer;
};

static void release(struct place_lists *lists)
{
	for (size_t i = 0; i <= OG_HTTP_SERVICES_MAX; i++) {
		free(lists->allow[i]);
		free(lists->bearer[i]);
	}
}

/* A service has a token when there is a file with its name. */
static int add_token(struct place_lists *lists, const struct og_conf *conf,
		     const struct og_http_service *service, struct og_err *err)
{
	struct og_buf path, pair;
	int rc = -1;

	og_buf_init(&path, 8192);
	og_buf_init(&pair, 16384);
	og_buf_addf(&path, "%s/secrets/%s", conf->home, service->name);
	og_buf_addf(&pair, "%s=%s", service->url, path.data);
	if (og_buf_check(&pair, "path", err) < 0)
		goto out;
	rc = 0;
	if (access(path.data, F_OK) == 0 &&
	    !(lists->bearer[lists->n_bearer++] = og_buf_take(&pair)))
		rc = og_fail_nomem(err);
out:
	og_buf_release(&path);
	og_buf_release(&pair);
	return rc;
}

static int list_services(struct place_lists *lists, const struct og_conf *conf, struct og_err *err)
{
	struct og_http_service service;

	for (size_t i = 0; i < OG_HTTP_SERVICES_MAX; i++) {
		int more = og_conf_http(conf, i, &service, err);

		if (more <= 0)
			return more;
		lists->allow[i] = og_call_origin(service.url);
		if (!lists->allow[i])
			return og_fail_nomem(err);
		if (add_token(lists, conf, &service, err) < 0)
			return -1;
	}
	return 0;
}

int og_caller_open(const struct og_ctx *ctx, const struct og_conf *conf, struct og_caller **ret,
		   struct og_err *err)
{
	char *program = og_libexec_path(ctx->exe_dir, "og-http");
	struct og_caller *caller = calloc(1, sizeof(*caller));
	struct place_lists lists = { .n_bearer = 0 };
	struct og_net_place place = { .program = program,
				      .allow = (const char *const *)lists.allow,
				      .bearer = (const char *const *)lists.bearer };
	char *ca =
		strcmp(conf->http_ca, "none") == 0 ? NULL : og_path_join(conf->home, conf->http_ca);
	int rc = -1;

	place.ca = ca;
	if (!program || !caller || (!ca && strcmp(conf->http_ca, "none") != 0))
		og_fail_nomem(err);
	else if (list_services(&lists, conf, err) == 0 &&
		 og_net_open(&place, &caller->net, err) == 0)
		rc = og_net_greet(caller->net, err);
	if (rc == 0) {
		caller->conf = conf;
		*ret = caller;
		caller = NULL;
	}
	release(&lists);
	og_caller_close(caller);
	free(program);
	free(ca);
	return rc;
}

void og_caller_close(struct og_caller *caller)
{
	if (!caller)
		return;
	og_net_close(caller->net);
	free(caller);
}

/* --- one call ---------------------------------------------------------------- */

static int find_service(const struct og_caller *caller, const char *name,
			struct og_http_service *ret)
{
	struct og_err ignored = OG_ERR_INIT;

	for (size_t i = 0; og_conf_http(caller->conf, i, ret, &ignored) == 1; i++)
		if (name && strcmp(ret->name, name) == 0)
			return 1;
	return 0;
}

/* The service's URL and the path, which begins with one '/'. */
static int make_url(const struct og_http_service *service, const json_t *send, struct og_buf *url)
{
	const char *path = og_json_str(send, "path");
	size_t len = strlen(service->url);

	if (!path || path[0] != '/' || path[1] == '/')
		return -1;
	while (len > 0 && service->url[len - 1] == '/')
		len--;
	og_buf_add(url, service->url, len);
	return og_buf_adds(url, path);
}

/* own: ours, ends with NULL. */
static int list_headers(const json_t *send, const char *const *own,
			const char *headers[HEADERS_MAX])
{
	json_t *list = json_object_get(send, "headers"), *header;
	size_t i, n = 0;

	while (own[n]) {
		headers[n] = own[n];
		n++;
	}
	json_array_foreach(list, i, header)
	{
		if (n == HEADERS_MAX - 1 || !json_is_string(header))
			return -1;
		headers[n++] = json_string_value(header);
	}
	headers[n] = NULL;
	return 0;
}

static void take_reply(struct og_net_reply *reply, struct og_call_answer *ret)
{
	ret->outcome = OG_CALL_ANSWERED;
	ret->status = reply->status;
	ret->retry_ms = reply->retry_ms;
	if (og_buf_add(&ret->body, reply->body.len > 0 ? reply->body.data : "", reply->body.len) <
	    0)
		og_text_format(ret->why, sizeof(ret->why), "it is too large");
}

/* An answer that began and was too large to be read has its status. */
static void take_failure(const struct og_caller *caller, const struct og_net_reply *reply,
			 const struct og_err *err, struct og_call_answer *ret)
{
	if (!og_net_alive(caller->net)) {
		og_call_fail(ret, OG_CALL_BROKEN, err->msg);
	} else if (reply->status > 0 && err->code == OG_EDATA) {
		og_call_fail(ret, OG_CALL_ANSWERED, "it is too large");
		ret->status = reply->status;
	} else {
		og_call_fail(ret, reply->sent ? OG_CALL_UNKNOWN : OG_CALL_UNSENT, err->msg);
	}
}

static void send_request(struct og_caller *caller, const struct og_net_request *request,
			 struct og_call_answer *ret)
{
	struct og_err err = OG_ERR_INIT;
	struct og_net_reply reply;

	og_net_reply_init(&reply);
	if (og_net_call(caller->net, request, &reply, &err) == 0)
		take_reply(&reply, ret);
	else
		take_failure(caller, &reply, &err, ret);
	og_net_reply_release(&reply);
}

/* Repeating is the agent's business, which tells the shield of every try. */
void og_caller_call(void *arg, const json_t *send, const char *key, struct og_call_answer *ret)
{
	struct og_caller *caller = arg;
	const json_t *body = json_object_get(send, "body");
	const char *headers[HEADERS_MAX], *service = og_json_str(send, "service");
	struct og_net_request request = { .method = og_json_str(send, "method"),
					  .headers = headers,
					  .body = json_string_value(body),
					  .len = json_string_length(body),
					  .timeout_ms = og_json_int(send, "timeout_ms", 0),
					  .max_bytes = (size_t)og_json_int(send, "max_bytes", 0),
					  .tries = 1 };
	const char *trace = og_json_str(send, "trace"), *own[3] = { NULL };
	char key_header[128], trace_header[128];
	struct og_http_service found;
	struct og_buf url;

	if (!find_service(caller, service, &found)) {
		og_call_fail(ret, OG_CALL_UNSENT, "og.conf's http names no such service");
		return;
	}
	og_buf_init(&url, OG_NET_URL_MAX);
	snprintf(key_header, sizeof(key_header), "Idempotency-Key: %s", key ? key : "");
	own[0] = key_header;
	if (trace) {
		snprintf(trace_header, sizeof(trace_header), "traceparent: %s", trace);
		own[1] = trace_header;
	}
	og_call_place(found.url, ret);
	if (!key || make_url(&found, send, &url) < 0 || list_headers(send, own, headers) < 0) {
		og_call_fail(ret, OG_CALL_UNSENT, "the shield asks for a call that cannot be made");
	} else {
		request.url = url.data;
		send_request(caller, &request, ret);
	}
	og_buf_release(&url);
}
