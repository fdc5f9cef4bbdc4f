/* See thinking.h. */
#include "lib/agent/thinking.h"

enum og_turn og_think_prepare(struct og_thinking *t)
{
	const char *text = og_json_str(t->job->begun, "text");

	og_buf_adds(&t->system, "You are the agent of a company.");
	json_array_append_new(t->turns,
			      json_pack("{s:s,s:s}", "role", "user", "text", text ? text : ""));
	return OG_TURN_OK;
}
