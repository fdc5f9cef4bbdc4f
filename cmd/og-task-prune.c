/* og-task prune: finished tasks that are old enough leave the database. */
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-task.h"
#include "lib/base/clock.h"

/* One pass over what is older, step by step, so that no writer waits long:
 * how many went, or -1. */
static int64_t pass(struct og_channel *channel, const char *before, struct og_err *err)
{
	char after[OG_UUID_LEN + 1] = "";
	int64_t total = 0, pruned;

	do {
		json_t *request =
			json_pack("{s:s,s:s*}", "before", before, "after", after[0] ? after : NULL);
		json_t *reply = NULL;
		const char *last;

		if (og_channel_ask(channel, "task.prune", request, &reply, err) < 0)
			return -1;
		pruned = og_json_int(reply, "pruned", 0);
		last = og_json_str(reply, "last");
		if (last && og_uuid_valid(last))
			memcpy(after, last, OG_UUID_LEN + 1);
		json_decref(reply);
		total += pruned;
	} while (pruned > 0);
	return total;
}

static int report(const struct og_args *args, int64_t total, struct og_err *err)
{
	json_t *line;
	int rc;

	if (!og_arg_flag(args, "json"))
		return og_printf(err, "%lld pruned\n", (long long)total);
	line = json_pack("{s:i,s:I}", "v", 1, "pruned", (json_int_t)total);
	rc = line ? og_print_json(line, err) : og_fail_nomem(err);
	json_decref(line);
	return rc;
}

/* A task that others stand for goes after them: hence until nothing goes. */
static int prune(struct og_channel *channel, const struct og_args *args, int64_t span,
		 struct og_err *err)
{
	char before[OG_TIME_LEN + 1];
	int64_t total = 0, some;

	og_time_format(og_now_ms() - span, before);
	while ((some = pass(channel, before, err)) > 0)
		total += some;
	return some < 0 ? -1 : report(args, total, err);
}

int task_run_prune(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *older = og_arg_value(args, "older");
	struct og_channel *channel = NULL;
	struct og_conf *conf = NULL;
	int64_t span;
	int rc = -1;

	if (!older)
		return og_fail(err, OG_EUSAGE, "--older SPAN says what goes");
	if (og_span_parse(older, "--older", &span, err) < 0 ||
	    og_conf_from(ctx, args, &conf, err) < 0)
		return -1;
	if (og_give_up_network(conf, err) == 0 &&
	    og_session_open(ctx, args, conf, &channel, err) == 0)
		rc = prune(channel, args, span, err);
	og_channel_close(channel);
	og_conf_free(conf);
	return rc;
}
