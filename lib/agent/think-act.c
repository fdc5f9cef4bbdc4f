/* See thinking.h. */
#include "lib/agent/thinking.h"

enum og_turn og_think_act(struct og_thinking *t, const json_t *call, json_t **ret, int *ret_over)
{
	(void)t;
	*ret_over = 0;
	*ret = json_pack("{s:s*,s:s,s:{s:s,s:s,s:s}}", "id", og_json_str(call, "id"), "name",
			 og_json_str(call, "name"), "error", "rule", "no-tool", "why",
			 "there is no such tool", "fix", "answer in words");
	return *ret ? OG_TURN_OK : OG_TURN_BROKEN;
}
