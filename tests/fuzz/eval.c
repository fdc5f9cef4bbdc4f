/*
 * Fuzz target: files of scenarios, and entries of a ledger as og-eval reads
 * them. A scenario that passes says what is done, by whom and what is
 * expected, and can be judged; whatever the entries say, the effects are
 * counts.
 *
 * Built with clang -fsanitize=fuzzer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/eval/eval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing was seen: the state at least cannot be as expected. */
static void judge_one(const json_t *scenario)
{
	json_t *seen = json_object(), *failures = NULL;
	struct og_err err = OG_ERR_INIT;
	struct og_buf line;

	if (!og_act_kind(scenario) || !og_json_str(scenario, "as"))
		abort();
	if (og_judge(json_object_get(scenario, "expect"), seen, &failures, &err) < 0)
		abort();
	if (json_array_size(failures) == 0)
		abort();
	og_buf_init(&line, OG_SCENARIO_MAX);
	for (size_t i = 0; i < json_array_size(failures); i++)
		og_judge_say(json_array_get(failures, i), &line);
	og_buf_release(&line);
	json_decref(failures);
	json_decref(seen);
}

static void try_entries(const char *text, size_t size)
{
	json_t *entries = NULL, *effects = NULL, *counts;
	struct og_err err = OG_ERR_INIT;
	const char *table;

	if (og_json_parse(text, size, OG_SCENARIO_MAX, "entries", &entries, &err) == 0 &&
	    og_effects_of(entries, &effects, &err) == 0) {
		json_object_foreach(json_object_get(effects, "tables"), table, counts)
		{
			if (og_json_int(counts, "insert", 0) + og_json_int(counts, "update", 0) +
				    og_json_int(counts, "delete", 0) <=
			    0)
				abort();
		}
	}
	json_decref(entries);
	json_decref(effects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (og_scenarios_parse(text, size, "f", &list, &err) == 0) {
		for (size_t i = 0; i < json_array_size(list); i++)
			judge_one(json_array_get(list, i));
	} else if (!err.msg[0]) {
		abort();
	}
	json_decref(list);
	try_entries(text, size);
	free(text);
	return 0;
}
