/*
 * A second opinion: a program, perhaps one that asks a model, is shown what
 * was asked and what came of it. What it says is told beside the judge's
 * verdict and changes nothing about it.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-eval.h"

/* {"verdict":"good"|"bad","why":TEXT}, whatever else it says. */
static json_t *opinion_of(struct call *call, const char *by)
{
	struct og_err why = OG_ERR_INIT;
	const char *verdict;
	json_t *said = NULL, *opinion;

	if (call->status != 0 || call_json(call, &said, &why) < 0)
		return json_pack("{s:s, s:s, s:s}", "by", by, "verdict", "none", "why",
				 call->status != 0 ? call_said(call) : why.msg);
	verdict = og_json_str(said, "verdict");
	if (!verdict || (strcmp(verdict, "good") != 0 && strcmp(verdict, "bad") != 0))
		verdict = "none";
	opinion = json_pack("{s:s, s:s, s:s}", "by", by, "verdict", verdict, "why",
			    og_json_str(said, "why") ? og_json_str(said, "why") : "");
	json_decref(said);
	return opinion;
}

int opinion_ask(const char *program, int64_t deadline, const json_t *scenario, json_t *line,
		struct og_err *err)
{
	json_t *shown = json_pack("{s:i, s:O, s:O}", "v", 1, "scenario", scenario, "line", line);
	char *input = shown ? json_dumps(shown, JSON_COMPACT) : NULL;
	struct og_err why = OG_ERR_INIT;
	json_t *opinion;
	struct call call;

	call_init(&call, program, NULL);
	call.input = input;
	if (!input)
		opinion = NULL;
	else if (call_run_path(&call, program, deadline, &why) < 0)
		opinion = json_pack("{s:s, s:s, s:s}", "by", program, "verdict", "none", "why",
				    why.msg);
	else
		opinion = opinion_of(&call, program);
	call_release(&call);
	free(input);
	json_decref(shown);
	return opinion ? og_json_set(line, "opinion", opinion, err) : og_fail_nomem(err);
}
