/*
 * /api/ledger: entries as the reference system told them, and with them the
 * verdict on the whole ledger as it is now. Who may read it the shield says
 * first; nothing is verified for anybody else.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"
#include "lib/serve/verify.h"

#define LIMIT_DEFAULT 200
#define LIMIT_MAX     1000
#define DETAILS_MAX   ((size_t)256 << 10)

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = og_json_str(object, key);

	return text ? text : "";
}

static void add_changes(struct og_buf *text, const json_t *body)
{
	size_t n = json_array_size(json_object_get(body, "changes"));

	if (n > 0)
		og_buf_addf(text, "%s%zu row%s changed", text->len > 0 ? "; " : "", n,
			    n == 1 ? "" : "s");
}

/* One line that says what was done. */
static json_t *details_of(const json_t *entry, const json_t *body)
{
	const char *step = text_of(entry, "step"), *why = text_of(body, "why");
	const char *sql = text_of(body, "sql"), *about = text_of(body, "about");
	struct og_buf text;
	json_t *said;

	if (!json_is_object(body))
		return json_string("redacted");
	og_buf_init(&text, DETAILS_MAX);
	if (*step)
		og_buf_addf(&text, "step %s", step);
	if (*about)
		og_buf_addf(&text, "%stask %s", text.len > 0 ? ", " : "", about);
	if (*why)
		og_buf_addf(&text, "%s%s", text.len > 0 ? ": " : "", why);
	if (*sql)
		og_buf_addf(&text, "%s%s", text.len > 0 ? ": " : "", sql);
	add_changes(&text, body);
	said = text.failed    ? json_string("too long to be told in a line")
	       : text.len > 0 ? json_stringn(text.data, text.len)
			      : json_string("");
	og_buf_release(&text);
	return said;
}

static json_t *event_of(const json_t *item)
{
	const json_t *entry = json_object_get(item, "entry");
	json_t *body = json_object_get(item, "body");

	return json_pack("{s:O?,s:s,s:s,s:s,s:o,s:s,s:s,s:O?,s:s,s:s,s:s,s:O?}", "id",
			 json_object_get(item, "seq"), "timestamp", text_of(entry, "time"),
			 "agent_name", text_of(entry, "agent"), "action_type",
			 text_of(entry, "action"), "action_details", details_of(entry, body),
			 "governing_node_id", text_of(entry, "node"), "prev_hash",
			 text_of(entry, "prev_hash"), "row_hash", json_object_get(item, "hash"),
			 "principal", text_of(entry, "principal"), "task", text_of(entry, "task"),
			 "step", text_of(entry, "step"), "body", body);
}

static json_t *tampered_of(const json_t *verdict)
{
	json_t *list = json_array(), *problem;
	int64_t last = -1;
	size_t i;

	json_array_foreach(json_object_get(verdict, "problems"), i, problem)
	{
		int64_t seq = og_json_int(problem, "seq", -1);

		if (seq >= 0 && seq != last)
			json_array_append_new(list, json_integer(seq));
		last = seq;
	}
	return list;
}

static void judged(void *arg, const json_t *verdict, const struct og_err *err)
{
	struct og_exchange *x = arg;

	if (!verdict)
		og_reply_refusal(x, err);
	else
		og_reply_json(x, 200,
			      json_pack("{s:b,s:o,s:O,s:O?,s:O?,s:O?}", "is_verified",
					og_json_bool(verdict, "ok", 0), "tampered_indices",
					tampered_of(verdict), "events", og_exchange_kept(x),
					"checked", json_object_get(verdict, "checked"), "problems",
					json_object_get(verdict, "problems"), "head",
					json_object_get(verdict, "head")));
}

static void free_events(void *data)
{
	json_decref(data);
}

static void read_entries(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	json_t *events, *item;
	size_t i;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	events = json_array();
	json_array_foreach(json_object_get(reply, "entries"), i, item)
	{
		json_array_append_new(events, event_of(item));
	}
	og_exchange_keep(x, events, free_events);
	og_verify_ask(x->serve->verify, judged, x);
}

static void ledger(struct og_exchange *x)
{
	int64_t limit, before;
	json_t *request;

	if (og_exchange_number(x, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit) < 0 ||
	    og_exchange_number(x, "before", 1, INT64_MAX, 0, &before) < 0)
		return;
	request = json_pack("{s:I}", "limit", (json_int_t)limit);
	if (before > 0)
		json_object_set_new(request, "before", json_integer(before));
	og_exchange_ask(x, "ledger.read", request, read_entries);
}

static const struct og_route routes[] = {
	{ "GET", "/api/ledger", 0, ledger },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_ledger = { routes, NULL, NULL, NULL };
