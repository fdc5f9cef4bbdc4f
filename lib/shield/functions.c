/*
 * Functions hostile SQL may call. What is not listed does not exist:
 * printf and format can run for seconds in one opcode, randomblob and
 * zeroblob make memory, load_extension and the fts functions make worse.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

static const char *const allowed[] = {
	"->",
	"->>",
	"abs",
	"avg",
	"cast",
	"ceil",
	"ceiling",
	"coalesce",
	"count",
	"cume_dist",
	"current_date",
	"current_time",
	"current_timestamp",
	"date",
	"datetime",
	"dense_rank",
	"first_value",
	"floor",
	"glob",
	"group_concat",
	"hex",
	"ifnull",
	"iif",
	"instr",
	"json_array",
	"json_array_length",
	"json_each",
	"json_extract",
	"json_group_array",
	"json_group_object",
	"json_object",
	"json_type",
	"json_valid",
	"julianday",
	"lag",
	"last_value",
	"lead",
	"length",
	"like",
	"lower",
	"ltrim",
	"max",
	"min",
	"mod",
	"nth_value",
	"ntile",
	"nullif",
	"og_limit",
	"percent_rank",
	"pow",
	"power",
	"quote",
	"rank",
	"replace",
	"round",
	"row_number",
	"rtrim",
	"sign",
	"sqrt",
	"strftime",
	"substr",
	"substring",
	"sum",
	"time",
	"total",
	"trim",
	"trunc",
	"typeof",
	"unicode",
	"upper",
	NULL,
};

const char *const *og_gate_functions(void)
{
	return allowed;
}

int og_gate_function_allowed(const char *name)
{
	for (size_t i = 0; allowed[i]; i++)
		if (og_ascii_casecmp(allowed[i], name) == 0)
			return 1;
	return 0;
}

#define MAX_LIMITS 32

/* For who asks why: which limits of policies a statement went by. */
static void note_limit(struct og_gate *gate, const char *node, const char *name, double value)
{
	json_t *list = gate->result ? gate->result->limits : NULL, *known, *made;
	size_t i;

	if (!list || json_array_size(list) >= MAX_LIMITS)
		return;
	made = json_pack("{s:s,s:s,s:f}", "node", node, "name", name, "value", value);
	json_array_foreach(list, i, known)
	{
		if (json_equal(known, made)) {
			json_decref(made);
			return;
		}
	}
	json_array_append_new(list, made);
}

/* og_limit(node, name): a policy's named limit. No limit fails the
 * statement: what is to be checked against nothing must not pass. */
static void limit_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct og_gate *gate = sqlite3_user_data(context);
	const char *node = (const char *)sqlite3_value_text(argv[0]);
	const char *name = (const char *)sqlite3_value_text(argv[1]);
	struct og_err err = OG_ERR_INIT;
	double value;
	int found = 0;

	(void)argc;
	if (node && name && gate->hooks.limit)
		found = gate->hooks.limit(gate->hooks.arg, node, name, &value, &err);
	if (found > 0) {
		note_limit(gate, node, name, value);
		sqlite3_result_double(context, value);
		return;
	}
	og_gate_refuse(gate, OG_REFUSED, "no-limit", "no policy of '%s' sets a limit '%s'%s%s",
		       node ? node : "", name ? name : "", found < 0 ? ": " : "",
		       found < 0 ? err.msg : "");
	og_gate_fix(gate, "add a policy to '%s' with the limit '%s'", node ? node : "",
		    name ? name : "");
	sqlite3_result_error(context, "no such limit", -1);
}

int og_gate_register_functions(struct og_gate *gate)
{
	return sqlite3_create_function_v2(gate->agent, "og_limit", 2,
					  SQLITE_UTF8 | SQLITE_INNOCUOUS, gate, limit_function,
					  NULL, NULL, NULL);
}
