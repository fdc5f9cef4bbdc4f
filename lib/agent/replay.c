/*
 * Numbered requests. What a task asks the shield has numbers from 0 on, and
 * the shield keeps each answer with what it did. So going on after a crash
 * and doing all of it again from the records are the same: the planner runs
 * from the start, and what is on record is not asked.
 *
 * That a record is of the very request is seen by its digest, which is made
 * as the shield makes it (og-channel(5)). One that does not fit ends the
 * task; to guess what was meant would be to do something that nobody saw.
 */
#include "lib/agent/thinking.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

#define PAGES_MAX 100000

/* begun without what the records tell anew. */
static json_t *bare_of(json_t *begun)
{
	static const char *const told[] = { "skill", "skill_hash", "vars", NULL };
	json_t *bare = json_copy(begun);

	for (size_t i = 0; bare && told[i]; i++)
		json_object_del(bare, told[i]);
	if (bare)
		json_object_set_new(bare, "done", json_array());
	if (bare)
		json_object_set_new(bare, "undone", json_array());
	return bare;
}

int og_records_rebase(struct og_job *job, json_t *begun)
{
	json_t *bare = bare_of(begun);

	if (!bare) {
		json_decref(begun);
		return -1;
	}
	json_decref(job->records->begun);
	json_decref(job->begun);
	job->records->begun = begun;
	job->begun = bare;
	job->task = og_json_str(bare, "task");
	return 0;
}

struct og_records *og_records_new(struct og_job *job)
{
	const char *submitted = og_json_str(job->begun, "submitted");
	struct og_records *records = calloc(1, sizeof(*records));

	if (!records)
		return NULL;
	records->turns = json_object();
	records->calls = json_object();
	if (!submitted || og_time_parse(submitted, &records->time) < 0)
		records->time = 0;
	job->records = records;
	if (records->turns && records->calls &&
	    og_records_rebase(job, json_incref(job->begun)) == 0)
		return records;
	job->records = NULL;
	og_records_free(records);
	return NULL;
}

void og_records_free(struct og_records *records)
{
	if (!records)
		return;
	json_decref(records->turns);
	json_decref(records->calls);
	json_decref(records->begun);
	free(records);
}

/* --- taking them up --------------------------------------------------------- */

static void name_of(int64_t number, char out[24])
{
	og_text_format(out, 24, "%lld", (long long)number);
}

static int take(json_t *into, const json_t *list, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)list, i, item)
	{
		char name[24];

		name_of(og_json_int(item, key, -1), name);
		if (json_object_set(into, name, item) < 0)
			return -1;
	}
	return 0;
}

int og_records_add(struct og_records *records, const json_t *page)
{
	return take(records->turns, json_object_get(page, "turns"), "turn") < 0 ||
			       take(records->calls, json_object_get(page, "calls"), "call") < 0
		       ? -1
		       : 0;
}

static enum og_turn load_page(struct og_job *job, int64_t *after, int *more)
{
	json_t *reply = NULL;
	enum og_turn turn =
		og_job_must(job, "journal.get", json_pack("{s:I}", "after", *after), &reply);

	if (turn == OG_TURN_OK && og_records_add(job->records, reply) < 0) {
		og_job_broken(job, "out of memory");
		turn = OG_TURN_BROKEN;
	} else if (turn == OG_TURN_REFUSED) {
		og_job_broken(job, og_json_str(reply, "why") ? og_json_str(reply, "why")
							     : "the journal is refused");
		turn = OG_TURN_BROKEN;
	}
	*more = og_json_bool(reply, "more", 0);
	*after = og_json_int(reply, "next", *after);
	json_decref(reply);
	return turn;
}

enum og_turn og_records_load(struct og_job *job)
{
	enum og_turn turn = OG_TURN_OK;
	int64_t after = 0, before = -1;
	int more = 1;

	while (turn == OG_TURN_OK && more && after > before) {
		before = after;
		turn = load_page(job, &after, &more);
	}
	return turn;
}

/* --- requests ----------------------------------------------------------------- */

/* What the tools of a model come to, and what is done about it. */
static int is_numbered(const char *verb)
{
	static const char *const verbs[] = {
		"schema",      "skill.match", "skill.get", "skill.list", "policy.search",
		"policy.list", "sql.read",    "sql.write", "ddl",	 "skill.put",
		"policy.put",  "step.run",    "ask",	   "query.run",	 "effect.begin",
		"effect.end",  "saga.undo",   NULL,
	};

	for (size_t i = 0; verbs[i]; i++)
		if (strcmp(verb, verbs[i]) == 0)
			return 1;
	return 0;
}

static int digest_of(const char *verb, const json_t *request, char out[OG_HASH_HEX + 1])
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *whole = json_copy((json_t *)(uintptr_t)request);
	int rc = -1;

	if (whole && json_object_set_new(whole, "verb", json_string(verb)) == 0)
		rc = og_channel_digest(whole, out, &ignored);
	json_decref(whole);
	return rc;
}

static int is_verb(const json_t *record, const char *verb)
{
	const char *its = og_json_str(record, "verb");

	return its && strcmp(its, verb) == 0;
}

/* A call outside is begun, and what came of it is on record as its end. */
static int ends_it(const json_t *record, const char *verb, const json_t *request)
{
	const char *step = og_json_str(request, "step");
	const char *its = og_json_str(json_object_get(record, "reply"), "step");

	if (!is_verb(record, "effect.end"))
		return 0;
	return strcmp(verb, "saga.undo") == 0 ||
	       (strcmp(verb, "effect.begin") == 0 && (!its || !step || strcmp(its, step) == 0));
}

static int fits(const json_t *record, const char *verb, const json_t *request)
{
	const char *its = og_json_str(record, "digest");
	char digest[OG_HASH_HEX + 1];

	if (ends_it(record, verb, request))
		return 1;
	return is_verb(record, verb) && its && digest_of(verb, request, digest) == 0 &&
	       strcmp(digest, its) == 0;
}

static const json_t *next_record(const struct og_job *job)
{
	char name[24];

	name_of(job->records->next, name);
	return json_object_get(job->records->calls, name);
}

int og_records_turned_back(const struct og_job *job)
{
	const json_t *record = next_record(job);

	return is_verb(record, "saga.undo") || is_verb(record, "effect.end");
}

int og_records_went_on(const struct og_job *job)
{
	return next_record(job) != NULL;
}

/* The greatest number among them, or -1. */
static int64_t greatest(const json_t *records)
{
	int64_t most = -1;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)records, name, value)
	{
		int64_t number = strtoll(name, NULL, 10);

		most = number > most ? number : most;
	}
	return most;
}

int og_records_gap(const struct og_job *job, int64_t turn)
{
	const struct og_records *records = job->records;

	return (!next_record(job) && greatest(records->calls) > records->next) ||
	       greatest(records->turns) > turn;
}

static int lacks_request(struct og_records *records, const char *verb)
{
	records->missing = 1;
	og_text_format(records->lacks, sizeof(records->lacks), "request %lld (%s)",
		       (long long)records->next, verb);
	return -1;
}

static int gone_astray(struct og_records *records, const char *verb, const json_t *record)
{
	og_text_format(records->astray, sizeof(records->astray),
		       "journal: request %lld (%s) is another than the one on record (%s)",
		       (long long)records->next, verb, og_json_str(record, "verb"));
	return -1;
}

int og_records_answer(struct og_job *job, const char *verb, json_t *request, json_t **ret)
{
	struct og_records *records = job->records;
	int counts = records && !records->off && is_numbered(verb);
	const json_t *record = counts ? next_record(job) : NULL;

	if (record && fits(record, verb, request)) {
		*ret = json_incref(json_object_get(record, "reply"));
		records->next++;
		return 1;
	}
	if ((record && og_records_turned_back(job) && strcmp(verb, "saga.undo") != 0) ||
	    (!record && records && records->only))
		return lacks_request(records, verb);
	if (record)
		return gone_astray(records, verb, record);
	if (counts && !records->look)
		json_object_set_new(request, "call", json_integer(records->next));
	if (counts)
		records->next++;
	return 0;
}

void og_records_heard(struct og_job *job, const char *verb, const json_t *reply)
{
	const char *at = og_json_str(reply, "at");
	int kept = is_numbered(verb) || strcmp(verb, "journal.put") == 0;
	int64_t ms;

	if (job->records && kept && at && og_time_parse(at, &ms) == 0)
		job->records->time = ms;
}

const json_t *og_records_turn(const struct og_job *job, int64_t turn)
{
	char name[24];

	name_of(turn, name);
	return job->records ? json_object_get(job->records->turns, name) : NULL;
}

int64_t og_records_hold(const struct og_job *job)
{
	return job->records ? job->records->next : 0;
}

void og_records_again(struct og_job *job, int64_t number)
{
	if (job->records)
		job->records->next = number;
}

int64_t og_job_time(const struct og_job *job)
{
	return job->records ? job->records->time : og_now_ms();
}
