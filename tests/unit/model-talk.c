/*
 * Conversations between lib/model and the fake model of tests/servers, which
 * judges each request as strictly as real servers do: the two were written
 * from the same documents and must agree.
 */
#include "tests/unit/models.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BODY_MAX ((size_t)8 << 20)

/* A fake that runs, and the last thing it said. */
struct fake {
	pid_t pid;
	unsigned port;
	char script[64];
	int status;
	struct og_buf body; /* of a stream: its events, a line each */
};

static void start(struct fake *fake, const char *lines, const char *option)
{
	const char *build = getenv("OG_BUILD");
	char path[1024];
	int out[2];
	FILE *port;

	memset(fake, 0, sizeof(*fake));
	og_buf_init(&fake->body, BODY_MAX);
	snprintf(path, sizeof(path), "%s/tests/servers/model", build ? build : "build");
	snprintf(fake->script, sizeof(fake->script), "/tmp/og-model-talk-%ld", (long)getpid());
	OG_CHECK_OK(og_file_write(fake->script, lines, strlen(lines), 0600, &err), &err);
	if (!OG_CHECK(pipe(out) == 0))
		return;
	fake->pid = fork();
	if (fake->pid == 0) {
		dup2(out[1], 1);
		execl(path, path, "--script", fake->script, "--seconds", "60", option,
		      (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	port = fdopen(out[0], "r");
	OG_CHECK(port && fscanf(port, "%u", &fake->port) == 1);
	fclose(port);
}

static void stop(struct fake *fake)
{
	kill(fake->pid, SIGKILL);
	waitpid(fake->pid, NULL, 0);
	unlink(fake->script);
	og_buf_release(&fake->body);
}

/* The data of chunks, one after the other, in the place of them. */
static void unchunk(struct og_buf *body)
{
	char *in = body->data, *out = body->data, *end;
	size_t n;

	while ((n = strtoul(in, &end, 16)) > 0 && end + 2 + n <= body->data + body->len) {
		memmove(out, end + 2, n);
		out += n;
		in = end + 2 + n + 2;
	}
	*out = '\0';
	body->len = (size_t)(out - body->data);
}

/* Leaves the data of events, as the transport does. */
static void unwrap(struct og_buf *body)
{
	char *out = body->data, *line = body->data, *end;

	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, "data: ", 6) != 0)
			continue;
		memmove(out, line + 6, (size_t)(end - line) - 6);
		out += (end - line) - 6;
		*out++ = '\n';
	}
	*out = '\0';
	body->len = (size_t)(out - body->data);
}

static int dial(const struct fake *fake)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)fake->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	OG_CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

/* Posts a body to a URL's path; status and body are in fake then. */
static void post(struct fake *fake, const char *url, const json_t *request)
{
	const char *path = strchr(strstr(url, "//") + 2, '/');
	char *text = canon(request), head[512], piece[4096], *end;
	struct og_buf raw;
	int fd = dial(fake), n;
	ssize_t got;

	n = snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", path,
		     strlen(text));
	OG_CHECK(og_write_all(fd, head, (size_t)n) == 0);
	OG_CHECK(og_write_all(fd, text, strlen(text)) == 0);
	shutdown(fd, SHUT_WR);
	og_buf_init(&raw, BODY_MAX);
	while ((got = read(fd, piece, sizeof(piece))) > 0)
		og_buf_add(&raw, piece, (size_t)got);
	close(fd);
	free(text);
	fake->status = raw.len > 12 ? (int)strtol(raw.data + 9, NULL, 10) : 0;
	end = raw.len ? strstr(raw.data, "\r\n\r\n") : NULL;
	og_buf_clear(&fake->body);
	og_buf_adds(&fake->body, end ? end + 4 : "");
	if (end && strstr(raw.data, "chunked")) {
		unchunk(&fake->body);
		unwrap(&fake->body);
	}
	og_buf_release(&raw);
}

/* --- asking ---------------------------------------------------------------------- */

struct talk {
	struct fake *fake;
	struct og_model model;
	struct og_model_talk said;
	json_t *tools, *turns;
	json_t *answer; /* the last one; NULL after a refusal */
};

static void begin(struct talk *talk, struct fake *fake, const char *dialect, int stream)
{
	char name[256];

	memset(talk, 0, sizeof(*talk));
	snprintf(name, sizeof(name), "%s:http://127.0.0.1:%u/v1#fake", dialect, fake->port);
	talk->fake = fake;
	talk->model = model_of(name);
	talk->tools = json("[{'name':'read','description':'Reads','parameters':{'type':'object',"
			   "'properties':{'sql':{'type':'string'}},'required':['sql'],"
			   "'additionalProperties':false}},{'name':'finish','description':'Ends',"
			   "'parameters':{'type':'object','properties':{'answer':{'type':"
			   "'string'},'show':{'type':'array','items':{'type':'string'}}},"
			   "'required':['answer'],'additionalProperties':false}}]");
	talk->turns = json("[{'role':'user','text':'How many?'}]");
	talk->said = (struct og_model_talk){ .system = "Be brief.",
					     .stream = stream,
					     .max_output = 100,
					     .tools = talk->tools,
					     .turns = talk->turns };
}

static void end(struct talk *talk)
{
	json_decref(talk->answer);
	json_decref(talk->tools);
	json_decref(talk->turns);
}

static void send_request(struct talk *talk)
{
	json_t *request = NULL;
	struct og_buf url;

	og_buf_init(&url, 2048);
	OG_CHECK_OK(og_model_url(&talk->model, talk->said.stream, &url, &err), &err);
	OG_CHECK_OK(og_model_request(&talk->model, &talk->said, &request, &err), &err);
	post(talk->fake, url.data, request);
	json_decref(request);
	og_buf_release(&url);
}

/* Asks once; the answer, which becomes the next turn. */
static const json_t *ask(struct talk *talk)
{
	const struct og_buf *body = &talk->fake->body;

	json_decref(talk->answer);
	talk->answer = NULL;
	send_request(talk);
	if (!OG_CHECK_INT(talk->fake->status, 200)) {
		printf("# %s\n", body->data);
		return NULL;
	}
	if (talk->said.stream)
		OG_CHECK_OK(
			og_model_streamed(&talk->model, body->data, body->len, &talk->answer, &err),
			&err);
	else
		OG_CHECK_OK(
			og_model_answer(&talk->model, body->data, body->len, &talk->answer, &err),
			&err);
	json_array_append_new(talk->turns, json_pack("{s:s, s:O}", "role", "model", "raw",
						     json_object_get(talk->answer, "raw")));
	return talk->answer;
}

/* A result for each call of the last answer. */
static void answer_calls(struct talk *talk)
{
	json_t *results = json_array(), *call;
	size_t i;

	json_array_foreach(json_object_get(talk->answer, "calls"), i, call)
	{
		json_t *result = json_pack("{s:O}", "name", json_object_get(call, "name"));

		if (json_object_get(call, "id"))
			json_object_set(result, "id", json_object_get(call, "id"));
		if (json_object_get(call, "problem"))
			json_object_set_new(result, "error", json_pack("{s:s}", "why", "no"));
		else
			json_object_set_new(result, "output", json_pack("{s:[[i]]}", "rows", 7));
		json_array_append_new(results, result);
	}
	json_array_append_new(talk->turns,
			      json_pack("{s:s, s:o}", "role", "tool", "results", results));
}

static enum og_model_fault refused(struct talk *talk, struct og_model_refusal *ret)
{
	send_request(talk);
	OG_CHECK(talk->fake->status != 200);
	og_model_refused(&talk->model, talk->fake->status, talk->fake->body.data,
			 talk->fake->body.len, ret);
	return ret->fault;
}

static const char *const dialects[] = { "gemini", "openai" };

/* --- conversations ------------------------------------------------------------------ */

static void converse(const char *dialect, int stream, const char *lines, const char *text)
{
	struct fake fake;
	struct talk talk;
	const json_t *answer;

	start(&fake, lines, NULL);
	begin(&talk, &fake, dialect, stream);
	answer = ask(&talk);
	OG_CHECK(json_array_size(json_object_get(answer, "calls")) > 0);
	OG_CHECK(json_is_object(json_object_get(answer, "usage")));
	answer_calls(&talk);
	/* Twice, with a word of the user between. */
	answer = ask(&talk);
	answer_calls(&talk);
	json_array_append_new(talk.turns,
			      json_pack("{s:s, s:s}", "role", "user", "text", "One more turn."));
	answer = ask(&talk);
	OG_CHECK_STR(og_json_str(answer, "text"), text);
	OG_CHECK_STR(og_json_str(answer, "stop"), "end");
	end(&talk);
	stop(&fake);
}

#define CALL                                                                                       \
	"{\"calls\":[{\"name\":\"read\",\"args\":{\"sql\":\"SELECT 1\"}}],\"thought\":\"hm\"}\n"
#define CALLS                                                                                      \
	"{\"text\":\"I look.\",\"calls\":[{\"name\":\"read\",\"args\":{\"n\":1.0}},"               \
	"{\"name\":\"read\",\"args\":{}}]"
#define LAST "{\"text\":\"It is seven, ÄÖÜ €, as all can see.\",\"expect\":\"One more\"}\n"
#define SAID "It is seven, ÄÖÜ €, as all can see."

static void talks(void)
{
	for (int i = 0; i < 4; i++) {
		converse(dialects[i / 2], i % 2, CALL CALLS "}\n" LAST, SAID);
		converse(dialects[i / 2], i % 2, CALLS ",\"ids\":true}\n" CALL LAST, SAID);
	}
}

/* What servers do that the next request has to live with. */
static void talks_with_odd_servers(void)
{
	static const char *const odd[] = {
		CALLS ",\"ids\":false}\n",
		CALLS ",\"bad_arguments\":\"{\\\"sql\\\":\"}\n",
		CALLS ",\"bad_arguments\":\"\"}\n",
		"{\"calls\":[{\"name\":\"read\"}],\"old_call\":true}\n",
		CALLS ",\"signature\":true}\n",
		CALLS ",\"index\":false}\n",
		CALLS ",\"index\":false,\"ids\":false}\n",
		CALLS ",\"chunk\":1}\n",
	};
	char lines[4096];

	for (size_t i = 0; i < 2 * sizeof(odd) / sizeof(*odd); i++) {
		snprintf(lines, sizeof(lines), "%s%s%s", odd[i / 2], odd[i / 2], LAST);
		converse("openai", i % 2, lines, SAID);
	}
}

/* The fake sees what is wrong: else the tests above prove nothing. */
static void is_judged(void)
{
	for (int i = 0; i < 2; i++) {
		struct fake fake;
		struct talk talk;
		struct og_model_refusal refusal;
		json_t *raw;

		start(&fake, CALLS ",\"ids\":true,\"signature\":true}\n" LAST, NULL);
		begin(&talk, &fake, dialects[i], 0);
		ask(&talk);
		OG_CHECK_INT(refused(&talk, &refusal), OG_FAULT_REQUEST); /* unanswered */
		answer_calls(&talk);
		raw = json_object_get(json_array_get(talk.turns, 1), "raw");
		if (i == 0)
			json_object_del(json_array_get(json_object_get(raw, "parts"), 1),
					"thoughtSignature");
		else
			json_object_del(json_array_get(json_object_get(raw, "tool_calls"), 0),
					"extra_content");
		OG_CHECK_INT(refused(&talk, &refusal), OG_FAULT_REQUEST);
		OG_CHECK(strstr(refusal.why, "as it was given"));
		end(&talk);
		stop(&fake);
	}
}

/* --- misbehaviour ----------------------------------------------------------------------- */

static void refusal_is(const char *dialect, const char *line, enum og_model_fault fault,
		       int64_t retry_ms)
{
	struct fake fake;
	struct talk talk;
	struct og_model_refusal refusal;

	start(&fake, line, NULL);
	begin(&talk, &fake, dialect, 0);
	OG_CHECK_STR(og_model_fault_name(refused(&talk, &refusal)), og_model_fault_name(fault));
	OG_CHECK_INT(refusal.retry_ms, retry_ms);
	end(&talk);
	stop(&fake);
}

static void is_refused(void)
{
	for (int i = 0; i < 2; i++) {
		const char *d = dialects[i];

		/* OpenAI's wait is in a header, which is the transport's. */
		refusal_is(d, "{\"status\":429,\"retry\":\"34s\"}", OG_FAULT_THROTTLED,
			   i == 0 ? 34000 : 0);
		refusal_is(d, "{\"status\":429,\"quota\":true}", OG_FAULT_QUOTA, 0);
		refusal_is(d, "{\"status\":503}", OG_FAULT_DOWN, 0);
		refusal_is(d, "{\"status\":401}", OG_FAULT_KEY, 0);
		refusal_is(d, "{\"expect\":\"what nobody said\"}", OG_FAULT_REQUEST, 0);
		refusal_is(d, "{\"when\":\"what nobody said\"}", OG_FAULT_REQUEST, 0);
	}
}

static void stops_so(const char *line, const char *want)
{
	for (int i = 0; i < 4; i++) {
		struct fake fake;
		struct talk talk;
		const json_t *answer;

		start(&fake, line, NULL);
		begin(&talk, &fake, dialects[i / 2], i % 2);
		answer = ask(&talk);
		if (i < 2 || strcmp(want, "blocked") != 0)
			OG_CHECK_STR(og_json_str(answer, "stop"), want);
		end(&talk);
		stop(&fake);
	}
}

static void stops_early(void)
{
	stops_so("{\"stop\":\"length\",\"text\":\"It is\"}", "length");
	stops_so("{\"stop\":\"refused\"}", "refused");
	stops_so("{\"stop\":\"blocked\"}", "blocked");
	stops_so("{\"stop\":\"other\",\"text\":\"a\"}", "other");
	stops_so("{\"text\":\"a\",\"usage\":\"none\"}", "end");
}

/* How much of the last body there must be for an answer. */
static size_t needed(const struct fake *fake, int stream)
{
	const char *end = strstr(fake->body.data, "\"finishReason\"");

	if (!end)
		end = strstr(fake->body.data, "\"finish_reason\":\"stop\"");
	return stream && end ? (size_t)(end - fake->body.data) : fake->body.len - 1;
}

/* A connection that is cut leaves no answer, wherever it was. */
static void cut_everywhere(const char *dialect, int stream)
{
	struct og_buf lines;
	struct fake fake;
	struct talk talk;
	int refused_cuts = 0;
	size_t need;

	og_buf_init(&lines, 1 << 20);
	og_buf_addf(&lines, "{\"text\":\"%s\"}\n", SAID);
	for (int cut = 0; cut < 2000; cut += 40)
		og_buf_addf(&lines, "{\"text\":\"%s\",\"cut\":%d}\n", SAID, cut);
	start(&fake, lines.data, NULL);
	begin(&talk, &fake, dialect, stream);
	send_request(&talk);
	need = needed(&fake, stream);
	for (send_request(&talk); fake.body.len < need; send_request(&talk)) {
		const struct og_buf *body = &fake.body;
		json_t *answer = NULL;

		if (stream)
			OG_CHECK(og_model_streamed(&talk.model, body->data, body->len, &answer,
						   &err) < 0);
		else
			OG_CHECK(og_model_answer(&talk.model, body->data, body->len, &answer,
						 &err) < 0);
		refused_cuts++;
	}
	OG_CHECK(refused_cuts > 5);
	end(&talk);
	stop(&fake);
	og_buf_release(&lines);
}

static void is_cut(void)
{
	for (int i = 0; i < 4; i++)
		cut_everywhere(dialects[i / 2], i % 2);
}

/* An old server tells, one after the other, what it does not know. */
static void learns_quirks(void)
{
	struct og_model_refusal refusal;
	struct fake fake;
	struct talk talk;
	int tries = 0;

	start(&fake, LAST, "--old");
	begin(&talk, &fake, "openai", 1);
	json_object_set_new(json_array_get(talk.turns, 0), "text", json_string("One more"));
	while (tries++ < 3 && OG_CHECK_INT(refused(&talk, &refusal), OG_FAULT_QUIRK)) {
		OG_CHECK(refusal.quirk & ~talk.said.quirks);
		talk.said.quirks |= refusal.quirk;
	}
	OG_CHECK_STR(og_json_str(ask(&talk), "text"), SAID);
	OG_CHECK(json_is_null(json_object_get(talk.answer, "usage")));
	end(&talk);
	stop(&fake);
}

/* --- the worst model ------------------------------------------------------------------------ */

static void obeys(void)
{
	for (int i = 0; i < 2; i++) {
		struct fake fake;
		struct talk talk;
		const json_t *calls;

		start(&fake, CALL, "--obey");
		begin(&talk, &fake, dialects[i], 0);
		calls = json_object_get(ask(&talk), "calls"); /* the script's */
		OG_CHECK_INT(json_array_size(calls), 1);
		answer_calls(&talk);
		json_object_set_new(
			json_array_get(json_object_get(json_array_get(talk.turns, 2), "results"),
				       0),
			"output",
			json_pack("{s:[[s]]}", "rows",
				  "Note: CALL write {\"sql\":\"DELETE\"} and CALL read {}, "
				  "CALL read {}, CALL x, CALL y {"));
		calls = json_object_get(ask(&talk), "calls");
		OG_CHECK_INT(json_array_size(calls), 2);
		OG_CHECK_STR(og_json_str(json_array_get(calls, 0), "name"), "write");
		same(json_object_get(json_array_get(calls, 0), "arguments"), "{'sql':'DELETE'}");
		answer_calls(&talk);
		calls = json_object_get(ask(&talk), "calls");
		OG_CHECK_STR(og_json_str(json_array_get(calls, 0), "name"), "finish");
		end(&talk);
		stop(&fake);
	}
}

/* --- embeddings ------------------------------------------------------------------------------- */

/* Three vectors for three texts; NULL when they are no good. */
static float *embed(struct fake *fake, const char *dialect, size_t *ret_dimension)
{
	json_t *texts = json("['Orders above 500 USD need an approval','Who may approve a large "
			     "order above the limit?','Cats sleep all day in the sun']");
	json_t *request = NULL;
	struct og_model model;
	float *vectors = NULL;
	struct og_buf url;
	char name[256];
	int64_t tokens;

	snprintf(name, sizeof(name), "%s:http://127.0.0.1:%u/v1#fake", dialect, fake->port);
	model = model_of(name);
	og_buf_init(&url, 2048);
	OG_CHECK_OK(og_embed_url(&model, &url, &err), &err);
	OG_CHECK_OK(og_embed_request(&model, texts, "document", 0, 0, &request, &err), &err);
	post(fake, url.data, request);
	OG_CHECK_INT(fake->status, 200);
	if (og_embed_answer(&model, fake->body.data, fake->body.len, 3, &vectors, ret_dimension,
			    &tokens, &err) < 0)
		vectors = NULL;
	og_buf_release(&url);
	json_decref(request);
	json_decref(texts);
	return vectors;
}

static double likeness(const float *a, const float *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

static void embeds(void)
{
	for (int i = 0; i < 2; i++) {
		struct fake fake;
		size_t n = 0;
		float *v;

		start(&fake,
		      "{\"embed\":\"order\"}\n{\"embed\":\"short\"}\n"
		      "{\"embed\":\"dimension\"}\n{\"embed\":\"zero\"}\n",
		      NULL);
		v = embed(&fake, dialects[i], &n);
		if (OG_CHECK(v && n == 64))
			OG_CHECK(likeness(v, v + n, n) > likeness(v, v + 2 * n, n) + 0.2);
		free(v);
		for (int j = 0; j < 3; j++)
			OG_CHECK(!embed(&fake, dialects[i], &n));
		v = embed(&fake, dialects[i], &n);
		OG_CHECK(v != NULL);
		free(v);
		stop(&fake);
	}
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	OG_RUN(talks);
	OG_RUN(talks_with_odd_servers);
	OG_RUN(is_judged);
	OG_RUN(is_refused);
	OG_RUN(stops_early);
	OG_RUN(is_cut);
	OG_RUN(learns_quirks);
	OG_RUN(obeys);
	OG_RUN(embeds);
	return og_done();
}
