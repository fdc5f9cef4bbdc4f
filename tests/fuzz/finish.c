/*
 * Fuzz target: the bytes as what a model hands in at the end: an answer, its
 * citations and a view. Whatever it is, the task comes to an end in at most
 * three tries, with an answer that a person can see, and every number that
 * is in a model's own answer is supported.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rows[] =
	"[{\"id\":1,\"name\":\"Desk v2\",\"price\":1299.5,\"day\":\"2026-01-31\"},"
	"{\"id\":2,\"name\":\"\\u202eX\",\"price\":-4.25,\"day\":null}]";

static void check(const struct og_thinking *t, json_t *result)
{
	const char *answer = og_json_str(result, "answer"), *by = og_json_str(result, "answer_by");
	struct og_err err = OG_ERR_INIT;
	json_t *bad;

	if (!answer || !*answer || !by || !og_json_str(result, "view_by"))
		abort();
	if (og_result_check(result, &err) < 0)
		abort();
	if (strcmp(by, "model") != 0)
		return;
	bad = og_numbers_unsupported(t, json_object_get(result, "citations"), answer);
	if (og_text_hidden(answer, strlen(answer)) || json_array_size(bad) > 0)
		abort();
	json_decref(bad);
}

static void finish(const json_t *arguments)
{
	struct og_agent_report report = { 0 };
	struct og_reasoning with = { 0 };
	struct og_agent_means means = { .reasoning = &with };
	struct og_job job = {
		.means = &means, .planner = &og_planner_model, .report = &report, .task = "T"
	};
	struct og_thinking t;
	json_t *read = json_loads(rows, 0, NULL), *error = NULL;
	int over = 0;

	job.begun = json_object();
	job.result = og_result_new("T", "alice", "buy 2 desks");
	if (og_think_init(&t, &job, &with) < 0)
		abort();
	og_sets_keep(&t, "top", read);
	og_source_text(&t, "buy 2 desks");
	for (int i = 0; i < 3 && !over; i++) {
		over = og_think_finish(&t, arguments, 0, &error);
		if (over != (error == NULL))
			abort();
		json_decref(error);
		error = NULL;
	}
	if (!over)
		abort();
	check(&t, job.result);
	og_think_release(&t);
	json_decref(read);
	json_decref(job.begun);
	json_decref(job.result);
}

/* The answer up to a NUL, then the view, then a key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	json_t *parts = json_array(), *arguments;

	for (size_t at = 0; at <= size && json_array_size(parts) < 3;) {
		const char *end = memchr(text + at, '\0', size - at);
		size_t n = end ? (size_t)(end - (text + at)) : size - at;
		json_t *part = n ? json_stringn(text + at, n) : json_string("");

		json_array_append_new(parts, part ? part : json_string("?"));
		at += n + 1;
	}
	while (json_array_size(parts) < 3)
		json_array_append_new(parts, json_string(""));
	arguments = json_pack("{s:O,s:O,s:[O]}", "answer", json_array_get(parts, 0), "view",
			      json_array_get(parts, 1), "cites", json_array_get(parts, 2));
	if (*json_string_value(json_array_get(parts, 2)) == '\0')
		json_object_del(arguments, "cites");
	finish(arguments);
	json_decref(arguments);
	json_decref(parts);
	return 0;
}
