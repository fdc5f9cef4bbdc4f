/* Which tools a model is offered; see thinking.h. */
#include "lib/agent/thinking.h"

#include <string.h>

#define SYSTEM_MAX ((size_t)64 << 10)

int og_think_init(struct og_thinking *t, struct og_job *job, struct og_reasoning *with)
{
	memset(t, 0, sizeof(*t));
	t->job = job;
	t->with = with;
	og_buf_init(&t->system, SYSTEM_MAX);
	t->tools = json_array();
	t->turns = json_array();
	t->sets = json_object();
	t->passages = json_array();
	t->entries = json_array();
	t->sources = json_array();
	t->schema = json_array();
	t->ran = json_array();
	t->said = json_object();
	if (t->tools && t->turns && t->sets && t->passages && t->entries && t->sources &&
	    t->schema && t->ran && t->said)
		return 0;
	og_think_release(t);
	return -1;
}

void og_think_release(struct og_thinking *t)
{
	og_buf_release(&t->system);
	json_decref(t->tools);
	json_decref(t->turns);
	json_decref(t->sets);
	json_decref(t->passages);
	json_decref(t->entries);
	json_decref(t->sources);
	json_decref(t->schema);
	json_decref(t->ran);
	json_decref(t->said);
	memset(t, 0, sizeof(*t));
}

enum og_turn og_think_offer(struct og_thinking *t)
{
	(void)t;
	return OG_TURN_OK;
}
