/*
 * Evaluation: a scenario says what somebody asks and what must come of it;
 * a run is what came of it; the judge holds one against the other. Nothing
 * here runs a program or reads a file: og-eval does, and hands in what it
 * observed. The same observation is always judged the same way.
 *
 * The format of a scenario is og-scenario(5). Effects are not what a result
 * claims but what the ledger says was changed, row by row, folded to the
 * difference between before and after; that the ledger leaves out nothing is
 * shown by `og-ledger verify --state`, which every observation includes.
 */
#ifndef OG_EVAL_EVAL_H
#define OG_EVAL_EVAL_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_SCENARIO_MAX	     ((size_t)1 << 20) /* bytes of a file of scenarios */
#define OG_SCENARIOS_MAX     1000	       /* scenarios of one file */
#define OG_SCENARIO_NAME_MAX 64

/* A file of scenarios: one object or an array of them, as a new array.
 * what names the file. OG_EDATA says scenario and member, with the nearest
 * known name for an unknown one. */
int og_scenarios_parse(const char *text, size_t len, const char *what, json_t **ret,
		       struct og_err *err);
/* One scenario; what names where it stands. */
int og_scenario_check(const json_t *scenario, const char *what, struct og_err *err);

/* What an act of a scenario is: the name of its one member that says what
 * is done ("say", "sql", ...), or NULL when there is none, or more. */
const char *og_act_kind(const json_t *act);
/* A text that may be written as a list of its lines. Heap string, NULL
 * without memory. */
char *og_act_text(const json_t *value);

/* What entries of the ledger changed, as `og-ledger log --json` prints them,
 * oldest first:
 *	{"tables":{"orders":{"insert":1,"update":0,"delete":0}},
 *	 "touched":["orders","products"], "schema":0, "actions":["step",...]}
 * tables: the difference before and after; a row that was changed and
 * changed back, or inserted and taken away, is not in it. touched: every
 * table of which a row was changed at any time, sorted. schema: additions to
 * the schema. New reference. OG_EDATA when an entry is not of that form. */
int og_effects_of(const json_t *entries, json_t **ret, struct og_err *err);

/* Judges. expect: the scenario's. seen:
 *	state, reason	as the result has them
 *	result		the result document ({} for an act that is no task)
 *	text		what og-render makes of it
 *	effects		of og_effects_of()
 *	sql		for each of expect.sql {"rows":[[..]]} or {"refused":WHY}
 *	forbid		for each of expect.forbid that reads {"before","after"}
 *			of that form; null for one that names a table
 *	acts		failures that happened on the way, taken over as they are
 *	verify		{"ok","problems"} of og-ledger verify --state
 * *ret: an array of {"rule","want","got","at"?}, empty when all is as it was
 * expected. New reference. */
int og_judge(const json_t *expect, const json_t *seen, json_t **ret, struct og_err *err);
/* Appends a failure to an array of them. Takes want and got. */
int og_judge_add(json_t *failures, const char *rule, const char *at, json_t *want, json_t *got,
		 struct og_err *err);
/* One line for people. */
void og_judge_say(const json_t *failure, struct og_buf *out);

/* Values as a judge compares them: 999 and 999.0 are the same number. */
int og_value_same(const json_t *a, const json_t *b);

/* Compares two runs: arrays of a run's lines (og-eval(1), OUTPUT), several
 * per scenario when it was repeated. *ret:
 *	{"scenarios":[{"scenario","change","before":{"pass","runs","ms","nanousd",
 *	  "state"},"after":{..}}], "worse","better","same","added","gone",
 *	  "ms":[before,after],"nanousd":[before,after]}
 * change: worse, better, same, changed (another state, the same verdict),
 * added or gone. */
int og_runs_compare(const json_t *before, const json_t *after, json_t **ret, struct og_err *err);

#endif
