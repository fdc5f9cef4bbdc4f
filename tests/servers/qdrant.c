/*
 * A Qdrant server for the tests: collections, payload indexes and points in
 * memory, on the loopback, at a port of its own which it prints. It holds
 * every request, and its own answers, against the real one's OpenAPI where it
 * is given that; misbehaves as a file asks it to; logs what it was asked as a
 * line of JSON; and ends by itself.
 *
 *	qdrant --log FILE --behave FILE [--openapi FILE] [--key SECRET]
 *	       [--strict 1] [--port N] [--seconds N]
 *
 * --strict: filters may name only fields with an index. Each line of the
 * behave file is for one request, to what stands behind the collection in its
 * path ("/" where nothing does), and is taken out by it; after "*" it is for
 * all of them:
 *
 *	/points 503		answer that, do nothing (with "503 2": Retry-After)
 *	/points late		acknowledge it; it is done when the next change comes
 *	/points forget		say that it is done, do nothing
 *	/points hold		close without an answer, do it later: after
 *	/points/count deliver	a request that has this
 *	/ exists N		somebody else makes the collection, N wide, before it
 *	/points drop		close before doing it
 *	/points lost		do it, close without an answer
 *	/points short		do it, close in the middle of the answer
 *	/points stall MS	do it, answer after so long
 *	/points garbage badjson empty	do it, answer such a body
 *	/points/query lie WHAT	answer what is not so: see lie()
 *	/points/scroll endless	the same page again and again
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/policy/qdrant.h"
#include "tests/servers/listen.h"
#include "tests/servers/qdrant-do.h"
#include "tests/servers/qdrant-openapi.h"
#include "tests/servers/requests.h"

#define REQUEST_MAX ((size_t)32 << 20)
#define MANY	    100000

static struct {
	pthread_mutex_t lock;
	const char *log, *behave, *key;
	struct openapi api;
	struct service service;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int is(const char *how, const char *word)
{
	size_t len = strlen(word);

	return strncmp(how, word, len) == 0 && (how[len] == ' ' || how[len] == '\0');
}

/* Takes the first line for this path out of the behave file; "" if none. */
static void take_behaviour(const char *rest, char *out, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf old, left;
	char *line, *save = NULL;

	*out = '\0';
	og_buf_init(&old, REQUEST_MAX);
	og_buf_init(&left, REQUEST_MAX);
	if (!fake.behave || og_file_read(fake.behave, "behaviour", &old, &err) < 0 || old.len == 0)
		goto out;
	for (line = strtok_r(old.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *rule = line[0] == '*' ? line + 1 : line;
		size_t len = strcspn(rule, " ");

		if (!*out && strlen(*rest ? rest : "/") == len &&
		    strncmp(*rest ? rest : "/", rule, len) == 0) {
			snprintf(out, size, "%s", rule + len + strspn(rule + len, " "));
			if (rule == line)
				continue;
		}
		og_buf_addf(&left, "%s\n", line);
	}
	og_file_write(fake.behave, left.len ? left.data : "", left.len, 0600, &err);
out:
	og_buf_release(&old);
	og_buf_release(&left);
}

/* --- lies -------------------------------------------------------------------------- */

/* Of the instance that asks. */
static json_t *made_up(const char *instance)
{
	static const char digest[] =
		"00000000000000000000000000000000000000000000000000000000000000ff";
	const struct og_qdrant_point point = {
		.policy = "made-up", .hash = digest, .digest = digest, .key = { "embedding-1", 0 }
	};
	char id[OG_UUID_LEN + 1];

	og_qdrant_id(instance, &point, id);
	return json_pack("{s:s,s:i,s:f,s:{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s}}", "id", id, "version",
			 1, "score", 0.99, "payload", "instance", instance, "policy", "made-up",
			 "hash", digest, "digest", digest, "node", "inventory-report",
			 "source_type", "policy", "clearance_level", 1, "model", "embedding-1");
}

static void lie_in(json_t *hit, const char *what)
{
	json_t *payload = json_object_get(hit, "payload");
	double score = json_number_value(json_object_get(hit, "score"));

	if (is(what, "lower"))
		json_object_set_new(payload, "clearance_level", json_integer(1));
	else if (is(what, "unlabelled"))
		json_object_del(payload, "clearance_level");
	else if (is(what, "hash"))
		json_object_set_new(payload, "hash",
				    json_stringn("0000000000000000000000000000000"
						 "0000000000000000000000000000000"
						 "00",
						 64));
	else if (is(what, "policy"))
		json_object_set_new(payload, "policy", json_string("inventory-report"));
	else if (is(what, "nan"))
		json_object_set_new(hit, "score", json_string("NaN"));
	else if (is(what, "score"))
		json_object_set_new(hit, "score", json_real(score > 0.5 ? -score : 1 - score));
	else if (is(what, "shape"))
		json_object_set_new(hit, "payload", json_array());
}

/*
 *	clearance	points above the clearance that was asked for
 *	lower		the same, and that they are for everybody
 *	unlabelled	without their clearance
 *	hash, policy	of another version, of another policy
 *	unknown		a point that nobody put there comes first
 *	nan, score	a score that is no number, or is not so
 *	shape		a payload that is none
 *	many, twice	100,000 hits; every hit twice
 */
static void lie(struct answer *answer, const char *instance, const char *what)
{
	json_t *points = json_object_get(answer->result, "points"), *hit;
	size_t i, n = json_array_size(points);

	json_array_foreach(points, i, hit)
	{
		json_t *copy = json_deep_copy(hit); /* payloads are the points' own */

		lie_in(copy, what);
		json_array_set_new(points, i, copy);
	}
	if (is(what, "unknown"))
		json_array_insert_new(points, 0, made_up(instance));
	for (i = 0; n && is(what, "many") && i < MANY; i++)
		json_array_append(points, json_array_get(points, i % n));
	for (i = 0; is(what, "twice") && i < n; i++)
		json_array_append(points, json_array_get(points, i));
}

/* Whose points are asked for. */
static const char *asks(const struct request *request)
{
	json_t *must = json_object_get(json_object_get(request->body, "filter"), "must"), *one;
	size_t i;

	json_array_foreach(must, i, one)
	{
		const char *key = og_json_str(one, "key");

		if (key && strcmp(key, "instance") == 0)
			return og_json_str(json_object_get(one, "match"), "value");
	}
	return "?";
}

/* The clearance is not asked for, where that is the lie. */
static void forget_clearance(struct request *request)
{
	json_t *must = json_object_get(json_object_get(request->body, "filter"), "must"), *one;
	size_t i;

	json_array_foreach(must, i, one)
	{
		const char *key = og_json_str(one, "key");

		if (key && strcmp(key, "clearance_level") == 0) {
			json_array_remove(must, i);
			return;
		}
	}
}

/* --- one request ----------------------------------------------------------------------- */

static void write_log(const struct request *request, const struct answer *answer, const char *how,
		      int keyed, const char *odd)
{
	json_t *line =
		json_pack("{s:s,s:s,s:s,s:b,s:i,s:s,s:s,s:O?}", "method", request->method, "path",
			  request->path, "query", request->query, "key", keyed, "status",
			  answer->status, "how", how, "invalid", odd, "body", request->body);
	FILE *log = fake.log ? fopen(fake.log, "a") : NULL;

	if (log) {
		json_dumpf(line, log, JSON_COMPACT);
		fputc('\n', log);
		fclose(log);
	}
	json_decref(line);
}

/* The operation's name in the OpenAPI document. */
static void template_of(const struct request *request, char out[600])
{
	snprintf(out, 600, "/collections/{collection_name}%s", request->rest);
}

static json_t *envelope(const struct answer *answer)
{
	if (answer->result)
		return json_pack("{s:O,s:s,s:f}", "result", answer->result, "status", "ok", "time",
				 0.0001);
	return json_pack("{s:{s:s},s:f}", "status", "error", answer->why, "time", 0.0001);
}

static void behave(struct request *request, const char *how, struct answer *answer)
{
	const char *lying = is(how, "lie") && how[3] ? how + 4 : "";

	if (is(how, "exists")) {
		json_t *body = request->body;
		struct answer ignored = { 0 };

		request->body = json_pack("{s:{s:i,s:s}}", "vectors", "size",
					  (int)strtol(how + 7, NULL, 10), "distance", "Cosine");
		perform(&fake.service, request, 0, &ignored);
		json_decref(ignored.result);
		json_decref(request->body);
		request->body = body;
	}
	if (is(lying, "clearance") || is(lying, "lower"))
		forget_clearance(request);
	perform(&fake.service, request,
		is(how, "forget") ? FORGET
		: is(how, "hold") ? HOLD
				  : is(how, "late"),
		answer);
	if (is(how, "deliver"))
		deliver(&fake.service);
	if (answer->result && *lying)
		lie(answer, asks(request), lying);
	if (answer->result && is(how, "endless") && json_object_get(request->body, "limit"))
		json_object_set_new(answer->result, "next_page_offset", json_integer(0));
}

/* What was asked is judged, done, and written down. Under the lock. */
static void serve_request(struct request *request, const char *how, struct answer *answer)
{
	char path[600];
	json_t *whole;

	template_of(request, path);
	if (!valid_request(&fake.api, path, request->method, request->query, request->body)) {
		refuse(answer, 400, "Format error in JSON body: %s", fake.api.why);
		return;
	}
	fake.api.why[0] = '\0'; /* alternatives that it is not */
	if (how[0] >= '0' && how[0] <= '9') {
		refuse(answer, (int)strtol(how, NULL, 10), "%s", "as asked");
		return;
	}
	if (is(how, "drop"))
		return;
	behave(request, how, answer);
	whole = envelope(answer);
	if (!answer->result || is(how, "lie") || is(how, "endless") ||
	    valid_response(&fake.api, path, request->method, whole))
		fake.api.why[0] = '\0';
	json_decref(whole);
}

/* --- HTTP --------------------------------------------------------------------------------- */

/* 0: it is none that this server knows. */
static int parse(const char *raw, size_t head, size_t len, struct request *ret)
{
	struct og_err err = OG_ERR_INIT;
	char target[700];
	char *query;

	memset(ret, 0, sizeof(*ret));
	ret->rest = "";
	if (sscanf(raw, "%15s %699s", ret->method, target) != 2)
		return 0;
	query = strchr(target, '?');
	if (query) {
		snprintf(ret->query, sizeof(ret->query), "%.255s", query + 1);
		*query = '\0';
	}
	snprintf(ret->path, sizeof(ret->path), "%.511s", target);
	if (len && og_json_parse(raw + head, len, REQUEST_MAX, "body", &ret->body, &err) < 0)
		return 0;
	if (sscanf(ret->path, "/collections/%255[^/]", ret->collection) != 1)
		return 0;
	ret->rest = ret->path + strlen("/collections/") + strlen(ret->collection);
	return 1;
}

static int keyed(const char *raw, size_t head)
{
	char wanted[400];
	const char *at;

	if (!fake.key)
		return 1;
	snprintf(wanted, sizeof(wanted), "\r\napi-key: %s\r\n", fake.key);
	at = strcasestr(raw, wanted);
	return at && at < raw + head;
}

static int respond(int fd, int status, const char *more, const char *body, size_t len)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %d Something\r\nContent-Type: application/json\r\n%s"
			 "Content-Length: %zu\r\n\r\n",
			 status, more, len);

	return og_write_all(fd, head, (size_t)n) == 0 && og_write_all(fd, body, len) == 0;
}

/* 0: close the connection. */
static int say(int fd, const struct answer *answer, const char *how)
{
	json_t *body = envelope(answer);
	char *text = json_dumps(body, JSON_COMPACT), more[200] = "";
	const char *space = strchr(how, ' ');
	size_t len = strlen(text);
	int rc = 1;

	if (space && how[0] >= '0' && how[0] <= '9')
		snprintf(more, sizeof(more), "Retry-After: %s\r\n", space + 1);
	if (is(how, "stall"))
		usleep((useconds_t)strtoul(how + 6, NULL, 10) * 1000);
	if (is(how, "lost") || is(how, "drop") || is(how, "hold"))
		rc = 0;
	else if (is(how, "garbage"))
		rc = og_write_all(fd, "\x16\x03\x01 what?\r\n\r\n", 14) == 0 && 0;
	else if (is(how, "badjson"))
		rc = respond(fd, 200, "", text, len / 2);
	else if (is(how, "empty"))
		rc = respond(fd, 200, "", "", 0);
	else
		rc = respond(fd, answer->status, more, text, len);
	free(text);
	json_decref(body);
	return rc;
}

/* The head promises more than comes. */
static int say_short(int fd, const struct answer *answer)
{
	char head[200];
	int n = snprintf(
		head, sizeof(head),
		"HTTP/1.1 %d OK\r\nContent-Length: 1000\r\n\r\n{\"result\":", answer->status);

	return og_write_all(fd, head, (size_t)n) == 0 && 0;
}

static int serve_one(int fd, const char *raw, size_t head, size_t len)
{
	struct answer answer = { 0, NULL, "" };
	struct request request;
	char how[256] = "";
	int known = parse(raw, head, len, &request), has_key = keyed(raw, head), rc;

	pthread_mutex_lock(&fake.lock);
	fake.api.why[0] = '\0';
	if (!has_key)
		refuse(&answer, 401, "%s", "Invalid API key or JWT");
	else if (!known)
		refuse(&answer, 404, "%s", "no such thing");
	else
		take_behaviour(request.rest, how, sizeof(how));
	if (is(how, "hold") && is_call(&request, "POST", "/points"))
		how[0] = '\0'; /* it asks, and changes nothing */
	if (answer.status == 0)
		serve_request(&request, how, &answer);
	write_log(&request, &answer, how, has_key, fake.api.why);
	pthread_mutex_unlock(&fake.lock);
	rc = is(how, "short") ? say_short(fd, &answer) : say(fd, &answer, how);
	json_decref(answer.result);
	json_decref(request.body);
	return rc;
}

static void *serve(void *arg)
{
	int fd = (int)(long)arg;
	size_t head, len;
	struct og_buf raw;

	og_buf_init(&raw, REQUEST_MAX);
	while (request_read(fd, &raw, &head, &len) && serve_one(fd, raw.data, head, len))
		continue;
	og_buf_release(&raw);
	close(fd);
	return NULL;
}

static void read_openapi(const char *path)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, REQUEST_MAX);
	if (og_file_read(path, "OpenAPI document", &text, &err) < 0 ||
	    og_json_parse(text.data, text.len, REQUEST_MAX, path, &fake.api.document, &err) < 0) {
		fprintf(stderr, "qdrant: %s\n", err.msg);
		exit(1);
	}
	og_buf_release(&text);
}

int main(int argc, char **argv)
{
	unsigned port = 0, seconds = 900;
	int fd;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--log") == 0)
			fake.log = argv[i + 1];
		else if (strcmp(argv[i], "--behave") == 0)
			fake.behave = argv[i + 1];
		else if (strcmp(argv[i], "--key") == 0)
			fake.key = argv[i + 1];
		else if (strcmp(argv[i], "--openapi") == 0)
			read_openapi(argv[i + 1]);
		else if (strcmp(argv[i], "--strict") == 0)
			fake.service.strict = 1;
		else if (strcmp(argv[i], "--port") == 0)
			port = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0)
			seconds = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	signal(SIGPIPE, SIG_IGN);
	alarm(seconds);
	fd = listen_at(port, "qdrant");
	serve_all(fd, serve);
}
