/*
 * What it takes to make the system prompt of a task: with the shield, which
 * matches, searches and shows; and without the time its answers took (the
 * linker puts our own around og_channel_call()). Medians, in microseconds.
 *
 *	prompt SHIELD HOME SENTENCE	in an instance with alice's key
 */
#include "tests/bench/bench.h"

#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/task/envelope.h"

#define ROUNDS 101

static int64_t waited; /* for the shield, in microseconds */

int __real_og_channel_call(struct og_channel *channel, const char *verb, json_t *request,
			   json_t **ret_reply, struct og_err *err);
int __wrap_og_channel_call(struct og_channel *channel, const char *verb, json_t *request,
			   json_t **ret_reply, struct og_err *err);

int __wrap_og_channel_call(struct og_channel *channel, const char *verb, json_t *request,
			   json_t **ret_reply, struct og_err *err)
{
	int64_t start = og_mono_us();
	int rc = __real_og_channel_call(channel, verb, request, ret_reply, err);

	waited += og_mono_us() - start;
	return rc;
}

static void envelope_of(const char *home, const char *text, struct og_buf *out)
{
	struct og_envelope_draft draft = {
		.kind = "task", .principal = "alice", .text = text, .lifetime_ms = 3600000
	};
	unsigned char seed[OG_KEY_SEED];
	char id[OG_UUID_LEN + 1], path[4096];
	struct og_err err = OG_ERR_INIT;

	snprintf(path, sizeof(path), "%s/keys/alice.key", home);
	must(og_key_read(path, seed, &err), &err);
	must(og_envelope_make(&draft, seed, out, id, &err), &err);
}

static void begin(struct og_job *job, const struct og_buf *envelope)
{
	json_t *parsed = json_loadb(envelope->data, envelope->len, 0, NULL);
	struct og_err err = OG_ERR_INIT;

	must(og_channel_call(job->channel, "task.begin",
			     json_pack("{s:o,s:s}", "envelope", parsed, "agent", "og-worker/model"),
			     &job->begun, &err),
	     &err);
	job->task = og_json_str(job->begun, "task");
	job->epoch = og_json_int(job->begun, "epoch", 0);
}

/* As the loop does it: who it is for, then all the rest. The time of the
 * rest, and the bytes it came to. */
static int64_t prepare(struct og_job *job, struct og_reasoning *with, size_t *ret_bytes)
{
	struct og_thinking t;
	json_t *reply = NULL;
	int64_t start, took;

	if (og_think_init(&t, job, with) < 0 ||
	    og_job_ask(job, "schema", json_object(), &reply) != OG_TURN_OK)
		exit(70);
	json_decref(t.schema);
	t.schema = json_incref(json_object_get(reply, "tables"));
	json_decref(reply);
	waited = 0;
	start = og_mono_us();
	if (og_think_prepare(&t) != OG_TURN_OK) {
		fprintf(stderr, "%s\n", job->report->why);
		exit(70);
	}
	took = og_mono_us() - start;
	*ret_bytes = t.system.len;
	og_think_release(&t);
	return took;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	struct og_agent_report report = { 0 };
	struct og_agent_means means = { 0 };
	struct og_reasoning with = { .writes = 1 };
	struct og_job job = { .means = &means, .planner = &og_planner_model, .report = &report };
	int64_t all[ROUNDS], alone[ROUNDS];
	struct og_err err = OG_ERR_INIT;
	struct og_buf envelope;
	size_t bytes = 0;

	if (argc != 4)
		return 64;
	og_buf_init(&envelope, 1 << 20);
	must(og_channel_open(&(struct og_shield_place){ "local:", argv[1], argv[2], NULL },
			     &job.channel, &err),
	     &err);
	envelope_of(argv[2], argv[3], &envelope);
	begin(&job, &envelope);
	for (int i = 0; i < ROUNDS; i++) {
		all[i] = prepare(&job, &with, &bytes);
		alone[i] = all[i] - waited;
	}
	qsort(all, ROUNDS, sizeof(*all), by_size);
	qsort(alone, ROUNDS, sizeof(*alone), by_size);
	printf("{\"with_shield_us\":%lld,\"alone_us\":%lld,\"bytes\":%zu}\n",
	       (long long)all[ROUNDS / 2], (long long)alone[ROUNDS / 2], bytes);
	og_channel_close(job.channel);
	json_decref(job.begun);
	og_buf_release(&envelope);
	return 0;
}
