/* The calling side of og-http: the lines, and a helper that misbehaves. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/net/net.h"
#include "lib/net/wire.h"

#define EVENT(text) "echo '{\"v\":1,\"id\":1,\"event\":\"" text "\"}';"
#define GOOD_END                                                                                   \
	"echo "                                                                                    \
	"'{\"v\":1,\"id\":1,\"ok\":true,\"status\":200,\"headers\":[],\"body\":\"\",\"events\":2}" \
	"';"
#define CANCELLED                                                                                  \
	"echo '{\"v\":1,\"id\":1,\"ok\":false,\"code\":75,\"why\":\"cancelled\",\"sent\":true}' ;"

/* A helper that is a shell script. */
static int open_fake(const char *script, char path[64], struct og_net **ret)
{
	struct og_net_place place = { .program = path };
	struct og_err err = OG_ERR_INIT;
	char text[2048];
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
		"read line; " EVENT("nobody asked") GOOD_END,
		"read line; echo '{\"v\":1,\"id\":1}'",
	};
	struct og_net_reply reply;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		OG_CHECK(call(scripts[i], &reply) > 0);
		OG_CHECK_INT(reply.sent, 1);
		og_net_reply_release(&reply);
	}
}

/* --- events, and ends before the end ------------------------------------------ */

struct stream {
	struct og_buf text;
	int n, enough;
};

static int take_event(void *arg, const char *data, size_t len)
{
	struct stream *stream = arg;

	og_buf_add(&stream->text, data, len);
	og_buf_addc(&stream->text, '|');
	return ++stream->n == stream->enough;
}

/* A request whose events are collected; the error's code. */
static int call_stream(const char *script, struct stream *stream, int stop_fd,
		       struct og_net_reply *reply)
{
	struct og_net_request request = { .url = "http://127.0.0.1/",
					  .timeout_ms = 60000,
					  .on_event = take_event,
					  .event_arg = stream,
					  .stop_fd = stop_fd };
	struct og_err err = OG_ERR_INIT;
	struct og_net *net = NULL;
	char path[64];
	int code = -1;

	og_net_reply_init(reply);
	og_buf_init(&stream->text, 1000);
	if (open_fake(script, path, &net))
		code = og_net_call(net, &request, reply, &err) < 0 ? err.code : 0;
	og_net_close(net);
	unlink(path);
	return code;
}

static void events(void)
{
	struct stream stream = { .n = 0 };
	struct og_net_reply reply;

	OG_CHECK_INT(
		call_stream("read line; " EVENT("a") EVENT("b\\\\n") GOOD_END, &stream, 0, &reply),
		0);
	OG_CHECK_STR(stream.text.data, "a|b\n|");
	OG_CHECK_INT(reply.events, 2);
	OG_CHECK_INT((intmax_t)reply.body.len, 0);
	og_net_reply_release(&reply);
	og_buf_release(&stream.text);
	stream.n = 0;
	OG_CHECK_INT(
		call_stream(
			"read line; echo '{\"v\":1,\"id\":1,\"event_base64\":\"AAE=\"}';" GOOD_END,
			&stream, 0, &reply),
		0);
	OG_CHECK_INT((intmax_t)stream.text.len, 3);
	og_net_reply_release(&reply);
	og_buf_release(&stream.text);
}

/* Who has had enough gets no more, and the helper is told. */
static void refused_event(void)
{
	struct stream stream = { .enough = 2 };
	struct og_net_reply reply;

	OG_CHECK_INT(call_stream("read line; " EVENT("a") EVENT("b") EVENT(
					 "c") "read line; case $line in "
					      "*'\"cancel\":1'*) " CANCELLED "; *) echo x;; esac",
				 &stream, 0, &reply),
		     OG_ETEMP);
	OG_CHECK_STR(stream.text.data, "a|b|");
	OG_CHECK_INT(reply.sent, 1);
	og_net_reply_release(&reply);
	og_buf_release(&stream.text);
	stream.n = 0;
	/* The stream was faster: it is refused all the same. */
	OG_CHECK_INT(call_stream("read line; " EVENT("a") EVENT("b") GOOD_END, &stream, 0, &reply),
		     OG_ETEMP);
	og_net_reply_release(&reply);
	og_buf_release(&stream.text);
}

static void told_to_stop(void)
{
	struct stream stream = { .n = 0 };
	struct og_net_reply reply;
	int fds[2];

	if (!OG_CHECK(pipe(fds) == 0))
		return;
	close(fds[1]);
	OG_CHECK_INT(call_stream("read line; " EVENT("a") "read line; " CANCELLED, &stream, fds[0],
				 &reply),
		     OG_ETEMP);
	og_net_reply_release(&reply);
	og_buf_release(&stream.text);
	/* An answer that is there already counts. */
	OG_CHECK_INT(
		call_stream("read line; " EVENT("a") GOOD_END "read line", &stream, fds[0], &reply),
		0);
	og_net_reply_release(&reply);
	og_buf_release(&stream.text);
	close(fds[0]);
}

/* After a request that was cancelled the next is made as ever. */
static void cancelled(void)
{
	struct og_net_request request = { .url = "http://127.0.0.1/" };
	struct og_err err = OG_ERR_INIT;
	struct og_net_reply reply;
	struct og_net *net = NULL;
	char path[64];

	og_net_reply_init(&reply);
	if (!open_fake("read line; read line; " CANCELLED
		       "read line; echo '{\"v\":1,\"id\":2,\"ok\":true,"
		       "\"status\":204,\"headers\":[],\"body\":\"\"}'; cat >/dev/null",
		       path, &net))
		return;
	OG_CHECK_OK(og_net_begin(net, &request, &err), &err);
	og_net_cancel(net);
	og_net_cancel(net);
	OG_CHECK(og_net_end(net, &reply, &err) < 0);
	OG_CHECK_INT(err.code, OG_ETEMP);
	OG_CHECK_STR(err.msg, "cancelled");
	OG_CHECK_INT(reply.sent, 1);
	OG_CHECK(og_net_alive(net));
	OG_CHECK_OK(og_net_call(net, &request, &reply, &err), &err);
	OG_CHECK_INT(reply.status, 204);
	og_net_reply_release(&reply);
	og_net_close(net);
	unlink(path);
}

/* 1 while the process of that number runs; one that nobody has reaped yet
 * does not. */
static int runs(const char *pid)
{
	char path[64], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	stat = fopen(path, "r");
	if (!stat)
		return 0;
	if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(stat);
	return state != 0 && state != 'Z';
}

/* Starts the helper, writes its id into the pipe, and waits to be killed. */
static void be_parent(int out)
{
	struct og_net_request request = { .url = "http://127.0.0.1/" };
	struct og_err err = OG_ERR_INIT;
	struct og_net_reply reply;
	struct og_net *net = NULL;
	char path[64];

	og_net_reply_init(&reply);
	if (open_fake("echo \"{\\\"v\\\":1,\\\"id\\\":1,\\\"ok\\\":true,\\\"status\\\":200,"
		      "\\\"headers\\\":[],\\\"body\\\":\\\"$$\\\"}\"; exec sleep 600",
		      path, &net) &&
	    og_net_call(net, &request, &reply, &err) == 0)
		og_write_all(out, reply.body.data, reply.body.len);
	unlink(path);
	close(out);
	pause();
	_exit(1);
}

/* Whoever started the helper was killed: it does not stay. */
static void orphan(void)
{
	char pid[16] = "";
	int fds[2], tries = 0;
	pid_t parent;

	if (!OG_CHECK(pipe(fds) == 0))
		return;
	fflush(stdout);
	parent = fork();
	if (parent == 0)
		be_parent(fds[1]);
	close(fds[1]);
	OG_CHECK(read(fds[0], pid, sizeof(pid) - 1) > 0);
	close(fds[0]);
	OG_CHECK(runs(pid));
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	while (runs(pid) && tries++ < 1000)
		usleep(10000);
	OG_CHECK(!runs(pid));
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
					  .idempotent = 1,
					  .idle_ms = 8,
					  .on_event = take_event };
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
	OG_CHECK_INT(in.request.idle_ms, 8);
	OG_CHECK(in.events && !in.cancel);
	og_net_incoming_release(&in);
	og_buf_release(&line);
	json_decref(json);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	OG_RUN(answers);
	OG_RUN(refusals);
	OG_RUN(broken);
	OG_RUN(events);
	OG_RUN(refused_event);
	OG_RUN(told_to_stop);
	OG_RUN(cancelled);
	OG_RUN(orphan);
	OG_RUN(dead);
	OG_RUN(no_helper);
	OG_RUN(there_and_back);
	return og_done();
}
