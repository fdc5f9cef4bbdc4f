/*
 * A payment service for the tests: charges and refunds that remember their
 * Idempotency-Key, on the loopback, at a port of its own which it prints.
 * It misbehaves as a file asks it to, keeps a log of what it really did,
 * and ends by itself.
 *
 *	payment --log FILE --behave FILE [--port N] [--seconds N]
 *
 *	POST /charges {"amount":N,...}	201 {"id":"pay_1","amount":N,...};
 *					402 when the amount is 10000 or more
 *	POST /charges/ID/refunds	201 {"id":"ref_1","charge":ID}
 *	GET /charges/ID			200, or 404
 *	anything to /echo		200, the request as text
 *
 * Without a log it has forgotten everything.
 * The log has a line per request: what was DONE (charge, refund, replay,
 * refused, nothing), what was ANSWERED, the key, the token and the path.
 * Each line of the behave file is for one request whose path begins so, and
 * is taken out by it; after "*" it is for all of them:
 *
 *	/charges 503		answer that, do nothing (with "503 2": Retry-After)
 *	/charges stall MS	do it, answer after so long
 *	/charges drop		close before doing it
 *	/charges lost		do it, close without an answer
 *	/charges short		do it, close in the middle of the answer
 *	/charges twice		do it, answer twice
 *	/charges garbage	do it, answer no HTTP
 *	/charges badjson deep huge empty	do it, answer such a body
 *	/charges redirect URL	do nothing, answer 302
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/json/json.h"
#include "tests/servers/listen.h"
#include "tests/servers/requests.h"

#define REQUEST_MAX ((size_t)1 << 20)
#define KEYS_MAX    10000
#define HUGE_BODY   ((size_t)10 << 20)
#define DEEP_BODY   100000

/* What was done under a key. */
struct deed {
	char key[256];
	int status;
	char body[512];
};

static struct {
	pthread_mutex_t lock;
	const char *log, *behave;
	struct deed deeds[KEYS_MAX];
	int n, charges, refunds;
} service = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct request {
	struct og_buf raw;
	char method[16], path[1024], key[256], token[256];
	const char *body;
	size_t body_len;
};

struct answer {
	int status;
	char body[512];
	const char *done;
};

static void header(const struct request *request, const char *name, char *out, size_t size)
{
	const char *at = strcasestr(request->raw.data, name);

	snprintf(out, size, "-");
	if (!at || at > request->body)
		return;
	at += strlen(name);
	at += strspn(at, " ");
	snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

/* One request from the connection; 0 when there is none. */
static int read_request(int fd, struct request *request)
{
	size_t head = 0, body = 0;

	if (!request_read(fd, &request->raw, &head, &body))
		return 0;
	request->body = request->raw.data + head;
	request->body_len = body;
	header(request, "\r\nidempotency-key:", request->key, sizeof(request->key));
	header(request, "\r\nauthorization:", request->token, sizeof(request->token));
	return sscanf(request->raw.data, "%15s %1023s", request->method, request->path) == 2;
}

static void write_log(const struct request *request, const struct answer *answer, const char *how)
{
	FILE *log = fopen(service.log, "a");

	if (!log)
		return;
	fprintf(log, "%s %d %s key=%s token=%s %s %s\n", answer->done, answer->status, how,
		request->key, request->token, request->method, request->path);
	fclose(log);
}

static void refuse(struct answer *answer, int status, const char *why)
{
	answer->done = "refused";
	answer->status = status;
	snprintf(answer->body, sizeof(answer->body), "{\"error\":\"%s\"}", why);
}

static void charge(const struct request *request, struct answer *answer)
{
	struct og_err err = OG_ERR_INIT;
	json_t *order = NULL;
	double amount = 0;

	if (og_json_parse(request->body, request->body_len, REQUEST_MAX, "charge", &order, &err) ==
	    0)
		amount = json_number_value(json_object_get(order, "amount"));
	json_decref(order);
	if (amount <= 0) {
		refuse(answer, 400, "no amount");
		return;
	}
	if (amount >= 10000) {
		refuse(answer, 402, "card declined");
		return;
	}
	answer->done = "charge";
	answer->status = 201;
	snprintf(answer->body, sizeof(answer->body),
		 "{\"id\":\"pay_%d\",\"amount\":%.2f,\"card\":{\"last4\":\"4242\"},"
		 "\"tags\":[\"test\",7]}",
		 ++service.charges, amount);
}

static void refund(const char *path, struct answer *answer)
{
	char id[64];

	if (sscanf(path, "/charges/%63[a-z0-9_]/refunds", id) != 1) {
		refuse(answer, 404, "no such charge");
		return;
	}
	answer->done = "refund";
	answer->status = 201;
	snprintf(answer->body, sizeof(answer->body), "{\"id\":\"ref_%d\",\"charge\":\"%s\"}",
		 ++service.refunds, id);
}

/* The same key again is answered as the first time, and does nothing. */
static const struct deed *known(const char *key)
{
	for (int i = 0; i < service.n; i++)
		if (strcmp(service.deeds[i].key, key) == 0)
			return &service.deeds[i];
	return NULL;
}

static void remember(const char *key, const struct answer *answer)
{
	struct deed *deed = &service.deeds[service.n];

	if (strcmp(key, "-") == 0 || service.n == KEYS_MAX)
		return;
	snprintf(deed->key, sizeof(deed->key), "%s", key);
	snprintf(deed->body, sizeof(deed->body), "%s", answer->body);
	deed->status = answer->status;
	service.n++;
}

static void look_up(const char *path, struct answer *answer)
{
	int number = 0;

	answer->done = "nothing";
	answer->status = 404;
	if (sscanf(path, "/charges/pay_%d", &number) == 1 && number > 0 &&
	    number <= service.charges)
		answer->status = 200;
	snprintf(answer->body, sizeof(answer->body), "{\"id\":\"pay_%d\"}", number);
}

static void perform(const struct request *request, struct answer *answer)
{
	const struct deed *deed = known(request->key);

	if (strcmp(request->method, "GET") == 0) {
		look_up(request->path, answer);
	} else if (deed) {
		answer->done = "replay";
		answer->status = deed->status;
		memcpy(answer->body, deed->body, sizeof(answer->body));
	} else {
		if (strcmp(request->path, "/charges") == 0)
			charge(request, answer);
		else
			refund(request->path, answer);
		remember(request->key, answer);
	}
}

/* Takes the first line for this path out of the behave file; "" if none. */
static void take_behaviour(const char *path, char *out, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf old, rest;
	char *line, *save = NULL;

	*out = '\0';
	og_buf_init(&old, REQUEST_MAX);
	og_buf_init(&rest, REQUEST_MAX);
	if (og_file_read(service.behave, "behaviour", &old, &err) < 0 || old.len == 0)
		goto out;
	for (line = strtok_r(old.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *rule = line[0] == '*' ? line + 1 : line;
		size_t len = strcspn(rule, " ");

		if (!*out && strncmp(path, rule, len) == 0) {
			snprintf(out, size, "%s", rule + len + strspn(rule + len, " "));
			if (rule == line)
				continue;
		}
		og_buf_addf(&rest, "%s\n", line);
	}
	og_file_write(service.behave, rest.len ? rest.data : "", rest.len, 0600, &err);
out:
	og_buf_release(&old);
	og_buf_release(&rest);
}

static int is(const char *how, const char *word)
{
	size_t len = strlen(word);

	return strncmp(how, word, len) == 0 && (how[len] == ' ' || how[len] == '\0');
}

static void respond_head(int fd, int status, const char *more, size_t len)
{
	char head[1024];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %d Something\r\nContent-Type: application/json\r\n%s"
			 "Content-Length: %zu\r\n\r\n",
			 status, more, len);

	if (og_write_all(fd, head, (size_t)n) < 0)
		return;
}

static void respond(int fd, int status, const char *more, const char *body, size_t len)
{
	respond_head(fd, status, more, len);
	if (og_write_all(fd, body, len) < 0)
		return;
}

static void fill_body(struct og_buf *body, const char *how)
{
	if (is(how, "badjson"))
		og_buf_adds(body, "{\"id\":\"pay_1\",");
	for (int i = 0; is(how, "deep") && i < DEEP_BODY; i++)
		og_buf_addc(body, '[');
	if (is(how, "huge")) {
		og_buf_adds(body, "{\"id\":\"");
		memset(og_buf_room(body, HUGE_BODY), 'x', HUGE_BODY);
		body->len += HUGE_BODY;
		og_buf_adds(body, "\"}");
	}
}

static void respond_oddly(int fd, const char *how)
{
	struct og_buf body;

	og_buf_init(&body, HUGE_BODY + 64);
	fill_body(&body, how);
	respond(fd, 201, "", body.len ? body.data : "", body.len);
	og_buf_release(&body);
}

/* What was done is answered as was asked. 0: close the connection. */
static int say(int fd, const struct answer *answer, const char *how)
{
	size_t len = strlen(answer->body);

	if (is(how, "lost"))
		return 0;
	if (is(how, "short")) {
		respond_head(fd, answer->status, "", len);
		return og_write_all(fd, answer->body, len / 2) == 0 && 0;
	}
	if (is(how, "garbage"))
		return og_write_all(fd, "\x16\x03\x01 what?\r\n\r\n", 14) == 0 && 0;
	if (is(how, "badjson") || is(how, "deep") || is(how, "huge") || is(how, "empty")) {
		respond_oddly(fd, how);
		return 1;
	}
	if (is(how, "stall"))
		usleep((useconds_t)strtoul(how + 6, NULL, 10) * 1000);
	respond(fd, answer->status, "", answer->body, len);
	if (is(how, "twice"))
		respond(fd, answer->status, "", answer->body, len);
	return 1;
}

/* Refused before anything was done. */
static void decline(int fd, const char *how)
{
	const char *space = strchr(how, ' ');
	char more[512] = "";
	int status = is(how, "redirect") ? 302 : (int)strtol(how, NULL, 10);

	if (space)
		snprintf(more, sizeof(more), "%s: %s\r\n",
			 status == 302 ? "Location" : "Retry-After", space + 1);
	respond(fd, status, more, "{\"error\":\"as asked\"}", 20);
}

static int serve_one(int fd, const struct request *request)
{
	struct answer answer = { 0, "", "nothing" };
	char how[256];

	if (strncmp(request->path, "/echo", 5) == 0) {
		respond(fd, 200, "X-Odd: \xff\r\n", request->raw.data, request->raw.len);
		return 1;
	}
	pthread_mutex_lock(&service.lock);
	if (access(service.log, F_OK) < 0)
		service.n = service.charges = service.refunds = 0;
	take_behaviour(request->path, how, sizeof(how));
	if (!is(how, "drop") && !is(how, "redirect") && !(how[0] >= '0' && how[0] <= '9'))
		perform(request, &answer);
	write_log(request, &answer, how[0] ? how : "well");
	pthread_mutex_unlock(&service.lock);
	if (strcmp(answer.done, "nothing") != 0 || answer.status)
		return say(fd, &answer, how);
	if (is(how, "drop"))
		return 0;
	decline(fd, how);
	return 1;
}

static void *serve(void *arg)
{
	int fd = (int)(long)arg;
	struct request request;

	og_buf_init(&request.raw, REQUEST_MAX);
	while (read_request(fd, &request) && serve_one(fd, &request))
		continue;
	og_buf_release(&request.raw);
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned port = 0, seconds = 900;
	int fd;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--log") == 0)
			service.log = argv[i + 1];
		else if (strcmp(argv[i], "--behave") == 0)
			service.behave = argv[i + 1];
		else if (strcmp(argv[i], "--port") == 0)
			port = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0)
			seconds = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	if (!service.log || !service.behave)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	alarm(seconds);
	fd = listen_at(port, "payment");
	serve_all(fd, serve);
}
