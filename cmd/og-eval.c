/*
 * og-eval: scenarios, run and judged. A scenario never touches the instance
 * that is in use: each has one of its own, made for it and removed after
 * it, and everything in it is done by our own programs.
 */
#include "cmd/og-eval.h"
#include "cmd/og-out.h"

#define COMMON                                                                                     \
	{ "from-instance", 0, OG_OPT_FLAG, NULL, "in copies of this instance, not of the demo" },  \
	{                                                                                          \
		"set", 0, OG_OPT_LIST, "KEY=VALUE", "a line of og.conf for the scratch instances"  \
	}
#define JSON                                                                                       \
	{                                                                                          \
		"json", 0, OG_OPT_FLAG, NULL, "one JSON object per line"                           \
	}
#define TIMEOUT                                                                                    \
	{                                                                                          \
		"timeout", 0, OG_OPT_VALUE, "SPAN", "what a scenario may take (default: 2m)"       \
	}
#define PROGRAMS                                                                                   \
	{ "model-server", 0, OG_OPT_VALUE, "FILE", "a program that plays a scenario's script" },   \
		{ "judge", 0, OG_OPT_VALUE, "MODEL", "a model that gives a second opinion" },      \
	{                                                                                          \
		"judge-command", 0, OG_OPT_VALUE, "FILE", "a program that gives a second opinion"  \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, 0, OG_OPT_FLAG, NULL, NULL                                                   \
	}

static const struct og_opt run_options[] = {
	COMMON,
	{ "model", 0, OG_OPT_VALUE, "MODEL", "with this model, as og.conf names one" },
	{ "add", 0, OG_OPT_LIST, "FILE", "a SKILL.md, or a folder of them, that is added first" },
	{ "as", 0, OG_OPT_VALUE, "NAME", "who adds them (default: OG_AS)" },
	{ "only", 0, OG_OPT_LIST, "NAME", "only the scenario of that name" },
	{ "jobs", 'j', OG_OPT_VALUE, "N", "scenarios at the same time (default: one per CPU)" },
	{ "repeat", 0, OG_OPT_VALUE, "N", "each so often (default: 1)" },
	{ "at-least", 0, OG_OPT_VALUE, "PERCENT", "of its runs have to pass (default: 100)" },
	TIMEOUT,
	PROGRAMS,
	JSON,
	END,
};

static const struct og_opt one_options[] = { COMMON, TIMEOUT, PROGRAMS, END };

static const struct og_opt compare_options[] = { JSON, END };

static const struct og_opt judge_options[] = {
	{ "as", 0, OG_OPT_VALUE, "NAME", "who judges (default: OG_AS)" },
	{ "verdict", 0, OG_OPT_VALUE, "WORD", "good or bad", "good | bad" },
	{ "note", 0, OG_OPT_VALUE, "TEXT", "why" },
	OG_OUT_OPTIONS,
	END,
};

static const struct og_opt suggest_options[] = {
	{ "from-instance", 0, OG_OPT_FLAG, NULL,
	  "tried in a copy of this instance, not of the demo" },
	{ "out", 0, OG_OPT_VALUE, "DIR", "where patches are written (default: suggestions)" },
	OG_OUT_OPTIONS,
	END,
};

static const struct og_command commands[] = {
	{ NULL, "[FILE]...", "run scenarios; without a file those that came with the program",
	  run_options, 0, -1, eval_run },
	{ "one", "", "run the scenario on standard input, print its line", one_options, 0, 0,
	  eval_one },
	{ "compare", "BEFORE AFTER",
	  "what changed between two runs; status 1 when something is worse", compare_options, 2, 2,
	  eval_compare, "FILE FILE" },
	{ "judge", "RUN [SCENARIO]", "add a person's verdict to a run; without one, list them",
	  judge_options, 1, 2, eval_judge, "FILE [SCENARIO]" },
	{ "suggest", "RUN", "patterns that might help what was not understood; status 1 for none",
	  suggest_options, 1, 1, eval_suggest, "FILE" },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-eval",
	"run scenarios in scratch instances, judge them, compare runs",
	commands,
};
