/* See og-store.h. */
#include "cmd/og-store.h"

#include <string.h>

#include "lib/base/text.h"

/* Words of store.diff, for people. */
static const char *meaning(const char *why)
{
	static const char *const words[][2] = {
		{ "missing", "is not there" },
		{ "stale", "is there in another version" },
		{ "incomplete", "is there in part" },
		{ "vectors", "is there with other vectors" },
		{ "clearance", "is there with another clearance" },
		{ "text", "is there with another text" },
		{ "edges", "is there with other edges" },
		{ "unknown", "is there, and nothing here has that name" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (why && strcmp(words[i][0], why) == 0)
			return words[i][1];
	return why ? why : "differs";
}

static int print_line(const json_t *item, const char *store, int json, struct og_err *err)
{
	const char *name = og_json_str(item, "name");
	int due = og_json_bool(item, "due", 0), rc;
	struct og_buf safe;
	json_t *line;

	if (json) {
		line = json_pack("{s:i,s:s,s:O,s:O,s:b}", "v", 1, "store", store, "name",
				 json_object_get(item, "name"), "why", json_object_get(item, "why"),
				 "due", due);
		rc = line ? og_print_json(line, err) : og_fail_nomem(err);
		json_decref(line);
		return rc;
	}
	og_buf_init(&safe, 4096);
	og_text_safe(&safe, name ? name : "?", name ? strlen(name) : 1, 0);
	rc = og_printf(err, "%s: %s%s\n", safe.data ? safe.data : "?",
		       meaning(og_json_str(item, "why")), due ? ", and due" : "");
	og_buf_release(&safe);
	return rc;
}

static int print_end(const struct og_ctx *ctx, const json_t *reply, size_t n, struct og_err *err)
{
	const char *at = og_json_str(reply, "at"), *what = og_json_str(reply, "what");

	if (!at) {
		og_note(ctx, "og.conf keeps them here: there is nothing to compare with");
		return 0;
	}
	if (!og_json_bool(reply, "ready", 0)) {
		og_note(ctx, "%s: %s; og doctor --fix", at, what ? what : "not made ready");
		return 0;
	}
	if (og_json_int(reply, "hidden", 0) > 0)
		og_note(ctx, "%lld more differ, above this clearance",
			(long long)og_json_int(reply, "hidden", 0));
	if (n == 0)
		return og_printf(err, "all %lld agree with %s\n",
				 (long long)og_json_int(reply, "same", 0), at);
	return 0;
}

int og_store_diff(const struct og_ctx *ctx, const struct og_args *args, const char *store,
		  struct og_err *err)
{
	int json = og_arg_flag(args, "json"), rc, bad;
	json_t *reply = NULL, *item, *items;
	size_t i;

	if (og_session_ask(ctx, args, "store.diff", json_pack("{s:s}", "store", store), &reply,
			   err) < 0)
		return -1;
	items = json_object_get(reply, "differences");
	bad = json_array_size(items) > 0 || og_json_int(reply, "hidden", 0) > 0 ||
	      (og_json_str(reply, "at") && !og_json_bool(reply, "ready", 0));
	rc = 0;
	json_array_foreach(items, i, item)
	{
		if (rc == 0)
			rc = print_line(item, store, json, err);
	}
	if (rc == 0 && !json)
		rc = print_end(ctx, reply, (size_t)bad, err);
	json_decref(reply);
	return rc < 0 ? -1 : bad ? OG_NO : OG_OK;
}

void og_store_note(const struct og_ctx *ctx, const json_t *reply, const char *name)
{
	const char *why = og_json_str(reply, "why"), *store = og_json_str(reply, "store");
	int64_t mistrusted = og_json_int(reply, "mistrusted", 0);

	if (!og_json_bool(reply, "stored", 1)) {
		og_note(ctx, "%s%sin force; the store elsewhere has not taken it: %s",
			name ? name : "", name ? " is " : "it is ", why ? why : "?");
		og_note(ctx, "hint: og doctor --fix brings it there");
	}
	if (store && strcmp(store, "local") == 0)
		og_note(ctx, "the local copy answers, not the store elsewhere: %s",
			why ? why : "?");
	if (mistrusted > 0)
		og_note(ctx,
			"the store elsewhere gave %lld that are not as the ledger has them; "
			"og doctor",
			(long long)mistrusted);
}
