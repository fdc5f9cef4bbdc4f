/*
 * og-task journal: what the models said for a task and what its numbered
 * requests were answered, as the shield has it on record: one JSON object,
 * put together from as many pages as it takes. og-worker --rerun reads it.
 */
#include <string.h>

#include "cmd/og-task.h"

#define PAGES_MAX 100000

/* The members of lists in page go to the end of those in whole; others are
 * taken over when they are not there yet. */
static int add_page(json_t *whole, json_t *page, struct og_err *err)
{
	static const char *const own[] = { "v", "id", "ok", "more", "next" };
	const char *name;
	json_t *value, *there;

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		json_object_del(page, own[i]);
	json_object_foreach(page, name, value)
	{
		there = json_object_get(whole, name);
		if (!there ? json_object_set(whole, name, value) < 0
			   : json_is_array(there) && json_is_array(value) &&
				     json_array_extend(there, value) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

/* 1: there is more, after *after; 0: that was all; -1. */
static int read_page(struct task_session *s, const char *id, int64_t *after, json_t *whole,
		     struct og_err *err)
{
	json_t *request = json_pack("{s:s}", "task", id), *page = NULL;
	int more = -1;

	if (!request)
		return og_fail_nomem(err);
	if (*after >= 0)
		json_object_set_new(request, "after", json_integer(*after));
	if (og_channel_ask(s->channel, "journal.get", request, &page, err) < 0)
		return -1;
	more = og_json_bool(page, "more", 0);
	*after = og_json_int(page, "next", -1);
	if (more && *after < 0)
		more = og_fail(err, OG_EDATA, "the shield says there is more, and not where");
	if (add_page(whole, page, err) < 0)
		more = -1;
	json_decref(page);
	return more;
}

static int read_all(struct task_session *s, const char *id, json_t *whole, struct og_err *err)
{
	int64_t after = -1;
	int more = 1;

	for (int i = 0; more > 0 && i < PAGES_MAX; i++)
		more = read_page(s, id, &after, whole, err);
	return more > 0 ? og_fail(err, OG_EDATA, "the journal does not end") : more;
}

int task_run_journal(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char id[OG_UUID_LEN + 1];
	json_t *whole = json_pack("{s:i}", "v", 1);
	struct task_session s;
	int rc = -1;

	if (!whole)
		return og_fail_nomem(err);
	if (task_open(&s, ctx, args, err) == 0 &&
	    task_whole_id(&s, og_arg(args, 0), id, err) == 0 && read_all(&s, id, whole, err) == 0)
		rc = og_print_json(whole, err);
	json_decref(whole);
	task_close(&s);
	return rc;
}
