/*
 * A language model for the tests, on the loopback, at a port of its own
 * which it prints: Gemini's dialect and OpenAI's at once. It says what a
 * script tells it to, misbehaves when that says so, and refuses what a real
 * server would refuse. It ends by itself, and with its parent.
 *
 *	model [--script FILE] [--log FILE] [--port N] [--seconds N]
 *	      [--key SECRET] [--header NAME=VALUE]... [--old] [--refuse KEY]...
 *	      [--forget] [--dimension N] [--obey] [--finish JSON]
 *
 *	POST ANY/models/M:generateContent, :streamGenerateContent?alt=sse
 *	POST ANY/models/M:embedContent, :batchEmbedContents
 *	POST ANY/chat/completions, ANY/embeddings
 *	GET anything	200 {}
 *
 * --key: the secret that must come as x-goog-api-key or Authorization:
 * Bearer (401 otherwise); --header: one more that must come so (403). --old:
 * max_completion_tokens, stream_options and parallel_tool_calls are not
 * known (400 with the name); --refuse: nor is this key, wherever it stands.
 * --forget: turns of a model that it did not give itself are taken.
 *
 * The script has a JSON object per line, each for one request: the first
 * that is not used up and fits is taken; a request without one is refused
 * (400), but see --obey. The file is read anew for each request, so lines
 * may be added; a line that was changed is a new one. "#" begins a comment.
 *
 *	"when":TEXT	only for a request in which a user said so (embeddings:
 *			in whose texts it stands)
 *	"after":N	only after so many turns of a model, so that a turn that
 *			is asked for again is given again
 *	"repeat":N	for so many requests; "forever" for all
 *	"expect":TEXT, "forbid":TEXT	must, or must not, stand in the request
 *			(its strings decoded, and those inside JSON in
 *			strings); else 400, which the log calls a problem
 *	"text":TEXT, "calls":[{"name","args"?,"id"?}], "thought":TEXT
 *	"stop":HOW	end length refused blocked malformed other, or the
 *			provider's own word
 *	"usage":{"input"?,"cached"?,"output"?}, or "none"; else it counts
 *	"ids":BOOL	give the calls ids (OpenAI: true, Gemini: false)
 *	"signature":BOOL	give a signature (Gemini: true), which must come
 *			back: every turn of a model must, as it was given
 *	"bad_arguments":TEXT	OpenAI: of the first call; Gemini: the turn is
 *			a malformed call
 *	"empty":true	no candidates, no choices
 *	"old_call":true	OpenAI: the call as function_call
 *	"index":false	OpenAI's stream: calls whole, without an index
 *	"chunk":N	bytes of text in an event of a stream
 *	"status":N, "retry":"34s" or N, "quota":true	an error of the
 *			dialect's shape, "text" its message
 *	"body":TEXT or JSON	instead of all that
 *	"delay_ms":N	before answering
 *	"hold":FILE	until there is such a file
 *	"slow_ms":N	between 64 bytes of the body, or events of a stream
 *	"cut":N		close after so many bytes of the body
 *	"drop":true	close without an answer
 *	"embed":HOW	for a request of embeddings: ok short dimension order
 *			zero. Without such a line they are answered well.
 *
 * --obey plays a model that does what text says: the lines
 *	CALL name {arguments}
 * anywhere in a request, also in the middle of one, are its next calls, each
 * once; then the script goes on; when that has nothing, it calls finish with
 * the arguments of --finish, or says a fixed text.
 *
 * The log has a JSON object per request: n, path, dialect, model, line (of
 * the script, 0 for none), status, problem (what was wrong with the
 * request, or null), open (requests at this moment), request (its body).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/servers/listen.h"
#include "tests/servers/model-http.h"

#define NAMES_MAX 16

static struct {
	pthread_mutex_t lock;
	const char *log, *key;
	const char *headers[NAMES_MAX], *refused[NAMES_MAX]; /* NULL-terminated */
	unsigned port, seconds;
	int n, open;
} service = { .lock = PTHREAD_MUTEX_INITIALIZER, .seconds = 900 };

/* --- what is asked -------------------------------------------------------------------- */

/* ".../models/M:verb" */
static int gemini_path(struct request *request, const char *path)
{
	const char *model = strstr(path, "/models/"), *verb = strrchr(path, ':');

	if (!model || !verb || verb < model)
		return 0;
	model += strlen("/models/");
	snprintf(request->model, sizeof(request->model), "%.*s", (int)(verb - model), model);
	request->dialect = GEMINI;
	request->stream = strcmp(verb, ":streamGenerateContent?alt=sse") == 0;
	request->batch = strcmp(verb, ":batchEmbedContents") == 0;
	request->kind = request->batch || strcmp(verb, ":embedContent") == 0 ? EMBED : CHAT;
	return request->stream || request->kind == EMBED || strcmp(verb, ":generateContent") == 0;
}

static int openai_path(struct request *request, const char *path)
{
	const char *last = strrchr(path, '/');
	int embed = last && strcmp(last, "/embeddings") == 0;

	request->dialect = OPENAI;
	request->kind = embed ? EMBED : CHAT;
	return embed || (last && last - path >= 5 && strcmp(last - 5, "/chat/completions") == 0);
}

static int take_request(struct request *request, const struct incoming *in, struct verdict *verdict)
{
	struct og_err err = OG_ERR_INIT;
	const char *model;

	if (!gemini_path(request, in->path) && !openai_path(request, in->path))
		return bad(verdict, "no such path");
	if (og_json_parse(in->body, in->body_len, REQUEST_MAX, "the request", &request->body,
			  &err) < 0)
		return bad(verdict, "%s", err.msg);
	if (request->dialect == OPENAI) {
		model = og_json_str(request->body, "model");
		snprintf(request->model, sizeof(request->model), "%s", model ? model : "");
		request->stream = og_json_bool(request->body, "stream", 0);
	}
	gather(request->body, &request->strings);
	gather_user(request->body, &request->user);
	return 0;
}

static int check_request(const struct request *request, struct verdict *verdict)
{
	for (int i = 0; service.refused[i]; i++)
		if (has_key(request->body, service.refused[i]))
			return bad(verdict, "Unsupported parameter: '%s' is not known",
				   service.refused[i]);
	if (request->kind == EMBED)
		return check_embed(request, verdict);
	return request->dialect == GEMINI ? check_gemini(request->body, verdict)
					  : check_openai(request->body, verdict);
}

/* 0, or the status to refuse with. */
static int check_secrets(const struct incoming *in)
{
	char key[600], bearer[600], name[128], value[512];

	header(in, "x-goog-api-key", key, sizeof(key));
	if (!*key) {
		header(in, "authorization", bearer, sizeof(bearer));
		snprintf(key, sizeof(key), "%s",
			 strncmp(bearer, "Bearer ", 7) == 0 ? bearer + 7 : "");
	}
	if (service.key && strcmp(key, service.key) != 0)
		return 401;
	for (int i = 0; service.headers[i]; i++) {
		const char *equals = strchr(service.headers[i], '=');

		snprintf(name, sizeof(name), "%.*s", (int)(equals - service.headers[i]),
			 service.headers[i]);
		header(in, name, value, sizeof(value));
		if (strcmp(value, equals + 1) != 0)
			return 403;
	}
	return 0;
}

/* --- what is answered ------------------------------------------------------------------- */

static int check_words(const json_t *line, const struct request *request, const struct incoming *in,
		       struct verdict *verdict)
{
	const char *expect = og_json_str(line, "expect"), *forbid = og_json_str(line, "forbid");

	if (expect && !holds(&request->strings, expect) && !strstr(in->body, expect))
		return bad(verdict, "the script expects '%s'", expect);
	if (forbid && (holds(&request->strings, forbid) || strstr(in->body, forbid)))
		return bad(verdict, "the script forbids '%s'", forbid);
	return 0;
}

static void choose_line(struct reply *reply, const struct request *request, size_t *ret_number)
{
	*ret_number = 0;
	reply->line = obey(request);
	if (!reply->line)
		reply->line = take_line(request, ret_number);
	if (!reply->line && obedience.on && request->kind == CHAT)
		reply->line = finish_line(request);
}

/* The answer to a request that is a good one. */
static void answer(struct reply *reply, const struct request *request, const struct incoming *in,
		   struct verdict *verdict)
{
	if (check_words(reply->line, request, in, verdict) < 0)
		say_error(reply, request->dialect, 400, verdict->why);
	else if (request->kind == EMBED && og_json_int(reply->line, "status", 200) == 200 &&
		 !json_object_get(reply->line, "body"))
		say_embeddings(reply, request);
	else if (reply->line)
		say_line(reply, request);
	else if (bad(verdict, "the script has no line for this request") < 0)
		say_error(reply, request->dialect, 400, verdict->why);
}

static size_t decide(struct reply *reply, struct request *request, const struct incoming *in,
		     struct verdict *verdict)
{
	int status = check_secrets(in);
	size_t number = 0;

	if (take_request(request, in, verdict) < 0) {
		say_error(reply, request->dialect, request->body ? 400 : 404, verdict->why);
	} else if (status != 0) {
		bad(verdict, "the secret is missing or wrong");
		say_error(reply, request->dialect, status, verdict->why);
	} else if (check_request(request, verdict) < 0) {
		say_error(reply, request->dialect, 400, verdict->why);
	} else {
		choose_line(reply, request, &number);
		answer(reply, request, in, verdict);
	}
	return number;
}

static void write_log(const struct request *request, const struct reply *reply, const char *path,
		      const char *problem, size_t number)
{
	FILE *log = service.log ? fopen(service.log, "a") : NULL;
	json_t *entry;
	struct og_buf text;

	if (!log)
		return;
	entry = json_pack("{s:i, s:s, s:s, s:s, s:I, s:i, s:s?, s:i, s:O?}", "n", service.n, "path",
			  path, "dialect", request->dialect == GEMINI ? "gemini" : "openai",
			  "model", request->model, "line", (json_int_t)number, "status",
			  reply->status, "problem", *problem ? problem : NULL, "open", service.open,
			  "request", request->body);
	og_buf_init(&text, REQUEST_MAX * 2);
	if (og_json_dump(entry, &text, NULL) == 0)
		fprintf(log, "%s\n", text.data);
	og_buf_release(&text);
	json_decref(entry);
	fclose(log);
}

static int serve_one(int fd, const struct incoming *in)
{
	struct request request = { .dialect = OPENAI };
	struct reply reply = { .status = 200, .type = "application/json" };
	struct verdict verdict = { "" };
	const char *hold;
	size_t number;
	int rc = 0;

	og_buf_init(&request.strings, REQUEST_MAX);
	og_buf_init(&request.user, REQUEST_MAX);
	og_buf_init(&reply.body, REQUEST_MAX);
	pthread_mutex_lock(&service.lock);
	service.n++;
	service.open++;
	number = decide(&reply, &request, in, &verdict);
	write_log(&request, &reply, in->path, verdict.why, number);
	pthread_mutex_unlock(&service.lock);
	usleep((useconds_t)og_json_int(reply.line, "delay_ms", 0) * 1000);
	hold = og_json_str(reply.line, "hold");
	while (hold && access(hold, F_OK) < 0)
		usleep(50000);
	if (!og_json_bool(reply.line, "drop", 0))
		rc = put_reply(fd, &reply);
	pthread_mutex_lock(&service.lock);
	service.open--;
	json_decref(request.body);
	json_decref(reply.line);
	pthread_mutex_unlock(&service.lock);
	og_buf_release(&request.strings);
	og_buf_release(&request.user);
	og_buf_release(&reply.body);
	return rc;
}

/* Somebody looks whether it is there. */
static int serve_get(int fd)
{
	static const char found[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				    "Content-Length: 2\r\n\r\n{}";

	return og_write_all(fd, found, strlen(found)) == 0;
}

static void *serve(void *arg)
{
	int fd = (int)(long)arg;
	struct incoming in;

	og_buf_init(&in.raw, REQUEST_MAX);
	while (read_request(fd, &in) &&
	       (strcmp(in.method, "GET") == 0 ? serve_get(fd) : serve_one(fd, &in)))
		continue;
	og_buf_release(&in.raw);
	close(fd);
	return NULL;
}

/* --- the beginning ------------------------------------------------------------------------- */

static void add_name(const char **names, const char *name)
{
	size_t n = 0;

	while (names[n])
		n++;
	if (n + 1 < NAMES_MAX)
		names[n] = name;
}

/* An option without a value: 1 when it was one. */
static int take_flag(const char *name)
{
	if (strcmp(name, "--obey") == 0)
		return obedience.on = 1;
	if (strcmp(name, "--forget") == 0)
		return given.forget = 1;
	if (strcmp(name, "--old") != 0)
		return 0;
	add_name(service.refused, "max_completion_tokens");
	add_name(service.refused, "stream_options");
	add_name(service.refused, "parallel_tool_calls");
	return 1;
}

static int take_option(const char *name, const char *value)
{
	if (!value)
		return 0;
	if (strcmp(name, "--script") == 0)
		script.path = value;
	else if (strcmp(name, "--log") == 0)
		service.log = value;
	else if (strcmp(name, "--key") == 0)
		service.key = value;
	else if (strcmp(name, "--header") == 0 && strchr(value, '='))
		add_name(service.headers, value);
	else if (strcmp(name, "--refuse") == 0)
		add_name(service.refused, value);
	else if (strcmp(name, "--port") == 0)
		service.port = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--seconds") == 0)
		service.seconds = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--dimension") == 0)
		own_dimension = strtol(value, NULL, 10);
	else if (strcmp(name, "--finish") == 0)
		obedience.finish = value;
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	int fd;

	for (int i = 1; i < argc; i++) {
		if (take_flag(argv[i]))
			continue;
		if (!take_option(argv[i], argv[i + 1])) {
			fprintf(stderr, "model: '%s' is no option, or has no value\n", argv[i]);
			return 64;
		}
		i++;
	}
	given.turns = json_array();
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(service.seconds);
	fd = listen_at(service.port, "model");
	for (;;) {
		int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (connection >= 0 &&
		    pthread_create(&thread, NULL, serve, (void *)(long)connection) == 0)
			pthread_detach(thread);
	}
}
