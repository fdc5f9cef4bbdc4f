/* The calling side of og-http: the lines, and a helper that misbehaves. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/net/net.h"
#include "lib/net/wire.h"

/* A helper that is a shell script. */
static int open_fake(const char *script, char path[64], struct og_net **ret)
{
	struct og_net_place place = { .program = path };
	struct og_err err = OG_ERR_INIT;
	char text[1024];
	int len = snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);

	snprintf(path, 64, "/tmp/og-net-%d", (int)getpid());
	return OG_CHECK_OK(og_file_write(path, text, (size_t)len, 0700, &err), &err) &&
	       OG_CHECK_OK(og_net_open(&place, ret, &err), &err);
}

/* One call to it; the error's code, 0 when all is well. */
static int call(const char *script, struct og_net_reply *reply)
{
	static const char *const headers[] = { "X-A: b", NULL };
	struct og_net_request request = { .method = "POST",
					  .url = "http://127.0.0.1/",
					  .headers = headers,
					  .body = "a\0b",
					  .len = 3,
					  .timeout_ms = 100 };
	struct og_err err = OG_ERR_INIT;
	struct og_net *net = NULL;
	char path[64];
	int code = -1;

	og_net_reply_init(reply);
	if (open_fake(script, path, &net))
		code = og_net_call(net, &request, reply, &err) < 0 ? err.code : 0;
	og_net_close(net);
	unlink(path);
	return code;
}

static void answers(void)
{
	struct og_net_reply reply;

	OG_CHECK_INT(call("read line; echo '{\"v\":1,\"id\":1,\"ok\":true,\"status\":201,"
			  "\"headers\":[\"a: b\"],\"body_base64\":\"AAE=\",\"attempts\":2}'",
			  &reply),
		     0);
	OG_CHECK_INT(reply.status, 201);
	OG_CHECK_INT(reply.sent, 1);
	OG_CHECK_INT(reply.attempts, 2);
	OG_CHECK_INT((intmax_t)reply.body.len, 2);
	og_net_reply_release(&reply);
}

static void refusals(void)
{
	struct og_net_reply reply;

	OG_CHECK_INT(call("read line; echo '{\"v\":1,\"id\":1,\"ok\":false,\"code\":77,"
			  "\"why\":\"no\",\"sent\":false}'",
			  &reply),
		     OG_EPERM);
	OG_CHECK_INT(reply.sent, 0);
	og_net_reply_release(&reply);
}

/* Whatever goes wrong with the helper, the request may have been made. */
static void broken(void)
{
	static const char *const scripts[] = {
		"read line; exit 0",
		"read line; echo nonsense",
		"read line; echo '{\"v\":1,\"id\":2,\"ok\":true}'",
		"read line; echo '{\"v\":1,\"id\":1,\"ok\":true,\"status\":200}'",
		"read line; printf '{\"v\":1,\"id\":1'",
		"read line; kill -9 $$",
	};
	struct og_net_reply reply;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		OG_CHECK(call(scripts[i], &reply) > 0);
		OG_CHECK_INT(reply.sent, 1);
		og_net_reply_release(&reply);
	}
}

/* Once broken, it stays so. */
static void dead(void)
{
	struct og_net_request request = { .url = "http://127.0.0.1/" };
	struct og_err err = OG_ERR_INIT;
	struct og_net_reply reply;
	struct og_net *net = NULL;
	char path[64];

	og_net_reply_init(&reply);
	if (!open_fake("read line; echo x; cat >/dev/null", path, &net))
		return;
	OG_CHECK(og_net_call(net, &request, &reply, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK(og_net_call(net, &request, &reply, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK_INT(reply.sent, 0);
	og_net_close(net);
	unlink(path);
}

static void no_helper(void)
{
	struct og_net_place place = { .program = "/nowhere/og-http" };
	struct og_err err = OG_ERR_INIT;
	struct og_net *net = NULL;

	OG_CHECK(og_net_open(&place, &net, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
}

/* What one side writes the other reads. */
static void there_and_back(void)
{
	static const char *const headers[] = { "X-A: b", "X-B:", NULL };
	struct og_net_request request = { .method = "PUT",
					  .url = "http://127.0.0.1/x",
					  .headers = headers,
					  .body = "a\nb",
					  .len = 3,
					  .timeout_ms = 7,
					  .max_bytes = 9,
					  .tries = 4,
					  .idempotent = 1 };
	struct og_err err = OG_ERR_INIT;
	struct og_net_incoming in;
	struct og_buf line;
	json_t *json = og_net_request_json(&request, 12);

	og_buf_init(&line, OG_NET_LINE_MAX);
	OG_CHECK_OK(og_json_dump(json, &line, &err), &err);
	OG_CHECK_OK(og_net_request_parse(line.data, line.len, &in, &err), &err);
	OG_CHECK_INT(json_integer_value(in.id), 12);
	OG_CHECK_STR(in.request.method, "PUT");
	OG_CHECK_STR(in.request.url, request.url);
	OG_CHECK_STR(in.request.headers[1], "X-B:");
	OG_CHECK(!in.request.headers[2]);
	OG_CHECK(in.request.len == 3 && memcmp(in.request.body, "a\nb", 3) == 0);
	OG_CHECK_INT(in.request.timeout_ms, 7);
	OG_CHECK_INT((intmax_t)in.request.max_bytes, 9);
	OG_CHECK_INT(in.request.tries, 4);
	OG_CHECK_INT(in.request.idempotent, 1);
	og_net_incoming_release(&in);
	og_buf_release(&line);
	json_decref(json);
}

int main(void)
{
	OG_RUN(answers);
	OG_RUN(refusals);
	OG_RUN(broken);
	OG_RUN(dead);
	OG_RUN(no_helper);
	OG_RUN(there_and_back);
	return og_done();
}
