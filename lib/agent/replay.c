/* See thinking.h. */
#include "lib/agent/thinking.h"

#include <string.h>

#include "lib/base/clock.h"

void og_records_init(struct og_records *records, const struct og_job *job)
{
	const char *submitted = og_json_str(job->begun, "submitted");

	memset(records, 0, sizeof(*records));
	records->turns = json_object();
	records->calls = json_object();
	if (!submitted || og_time_parse(submitted, &records->time) < 0)
		records->time = 0;
}

void og_records_release(struct og_records *records)
{
	json_decref(records->turns);
	json_decref(records->calls);
	records->turns = records->calls = NULL;
}

int64_t og_job_time(const struct og_job *job)
{
	return job->records ? job->records->time : og_now_ms();
}
