/*
 * What a turn costs beside the model: reserving, making the request,
 * recording the answer, and one call of a tool through the shield. The model
 * is a function that answers at once, the shield a real one. One task of many
 * turns; what a turn takes is the median of the times between two questions.
 *
 *	think SHIELD HOME	in an instance with a demo company and
 *				"model_price" for the model "fake"
 */
#include "tests/bench/bench.h"

#include <string.h>

#include "lib/agent/agent.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/task/envelope.h"

#define TURNS 200

struct course {
	int64_t asked[TURNS + 1];
	int64_t bytes; /* of the last request */
	int n;
};

/* Each read differs, so that nothing repeats. */
static void answer(void *arg, const char *url, const char *body, size_t len, int stream,
		   struct og_call_answer *ret)
{
	struct course *course = arg;
	int n = course->n;

	(void)url;
	(void)body;
	(void)stream;
	course->asked[course->n++] = og_mono_us();
	course->bytes = (int64_t)len;
	ret->outcome = OG_CALL_ANSWERED;
	ret->status = 200;
	og_buf_addf(&ret->body,
		    "{\"choices\":[{\"index\":0,\"finish_reason\":\"%s\",\"message\":"
		    "{\"role\":\"assistant\",",
		    n < TURNS ? "tool_calls" : "stop");
	if (n < TURNS)
		og_buf_addf(&ret->body,
			    "\"tool_calls\":[{\"id\":\"call%05d\",\"type\":\"function\","
			    "\"function\":{\"name\":\"read\",\"arguments\":\"{\\\"sql\\\":"
			    "\\\"SELECT name FROM products WHERE id <= %d LIMIT 5\\\"}\"}}]}}],",
			    n, n + 1);
	else
		og_buf_adds(&ret->body, "\"content\":\"That is all.\"}}],");
	og_buf_adds(&ret->body, "\"usage\":{\"prompt_tokens\":900,\"completion_tokens\":40}}");
}

static void envelope_of(const char *home, struct og_buf *out)
{
	struct og_envelope_draft draft = { .kind = "task",
					   .principal = "alice",
					   .text = "what is there?",
					   .lifetime_ms = 3600000 };
	unsigned char seed[OG_KEY_SEED];
	char id[OG_UUID_LEN + 1], path[4096];
	struct og_err err = OG_ERR_INIT;

	snprintf(path, sizeof(path), "%s/keys/alice.key", home);
	must(og_key_read(path, seed, &err), &err);
	must(og_envelope_make(&draft, seed, out, id, &err), &err);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The median of turns from on. */
static int64_t median(const struct course *course, int from, int to)
{
	int64_t times[TURNS];
	int n = 0;

	for (int i = from; i < to; i++)
		times[n++] = course->asked[i + 1] - course->asked[i];
	qsort(times, (size_t)n, sizeof(*times), by_size);
	return times[n / 2];
}

int main(int argc, char **argv)
{
	struct og_budget_limits limits = { 10 * TURNS, 60, 3600 };
	struct course course = { 0 };
	struct og_model model;
	struct og_reasoning with = { .model = &model,
				     .ask = answer,
				     .arg = &course,
				     .max_output = 1024,
				     .patience_ms = 1000 };
	struct og_agent_means means = { .limits = &limits, .reasoning = &with };
	struct og_agent_report report;
	struct og_err err = OG_ERR_INIT;
	struct og_buf envelope;
	int64_t begun;

	if (argc != 3)
		return 64;
	og_buf_init(&envelope, 1 << 20);
	must(og_model_parse("openai:http://127.0.0.1:9#fake", &model, &err), &err);
	must(og_channel_open(&(struct og_shield_place){ "local:", argv[1], argv[2], NULL },
			     &means.channel, &err),
	     &err);
	envelope_of(argv[2], &envelope);
	begun = og_mono_us();
	og_agent_run(&means, envelope.data, envelope.len, &report);
	og_channel_close(means.channel);
	if (report.outcome != OG_OUTCOME_ACK || course.n != TURNS + 1) {
		fprintf(stderr, "%s %s after %d turns\n", report.state, report.why, course.n);
		return 70;
	}
	printf("{\"prepare_us\":%lld,\"turn_us\":%lld,\"late_turn_us\":%lld,\"request_bytes\":%lld}"
	       "\n",
	       (long long)(course.asked[0] - begun), (long long)median(&course, 0, 20),
	       (long long)median(&course, TURNS - 20, TURNS), (long long)course.bytes);
	og_agent_report_release(&report);
	og_buf_release(&envelope);
	return 0;
}
