/* A task done again from its journal, see agent.h. */
#include "lib/agent/thinking.h"

#include <string.h>

#include "lib/base/text.h"

int og_agent_rerun(const struct og_agent_means *means, const json_t *journal, json_t **ret_result,
		   struct og_agent_report *ret)
{
	(void)means;
	(void)journal;
	memset(ret, 0, sizeof(*ret));
	*ret_result = NULL;
	ret->outcome = OG_OUTCOME_DEAD;
	og_text_format(ret->why, sizeof(ret->why), "reruns are not in this version");
	return -1;
}
