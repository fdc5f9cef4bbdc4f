/*
 * What og-amqp is asked: one JSON object per line, held against a table of
 * ops and their members. Nothing that is not in the table passes, so what
 * acts on a request need not doubt it.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-amqp-lib.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

enum type { NAME, TEXT, NUMBER, FLAG, TABLE };

static const struct member {
	enum amqp_op op;
	const char *name;
	enum type type;
	int needed;
} members[] = {
	{ AMQP_OPEN, "host", NAME, 1 },
	{ AMQP_OPEN, "port", NUMBER, 1 },
	{ AMQP_OPEN, "vhost", NAME, 1 },
	{ AMQP_OPEN, "user", NAME, 1 },
	{ AMQP_OPEN, "password", TEXT, 1 },
	{ AMQP_OPEN, "tls", FLAG, 0 },
	{ AMQP_OPEN, "ca", TEXT, 0 },
	{ AMQP_OPEN, "cert", TEXT, 0 },
	{ AMQP_OPEN, "key", TEXT, 0 },
	{ AMQP_OPEN, "heartbeat", NUMBER, 0 },
	{ AMQP_QUEUE, "queue", NAME, 1 },
	{ AMQP_QUEUE, "passive", FLAG, 0 },
	{ AMQP_QUEUE, "exclusive", FLAG, 0 },
	{ AMQP_QUEUE, "arguments", TABLE, 0 },
	{ AMQP_EXCHANGE, "exchange", NAME, 1 },
	{ AMQP_EXCHANGE, "type", NAME, 1 },
	{ AMQP_EXCHANGE, "passive", FLAG, 0 },
	{ AMQP_BIND, "queue", NAME, 1 },
	{ AMQP_BIND, "exchange", NAME, 1 },
	{ AMQP_BIND, "key", NAME, 1 },
	{ AMQP_BIND, "exclusive", FLAG, 0 },
	{ AMQP_PUBLISH, "exchange", NAME, 1 },
	{ AMQP_PUBLISH, "key", NAME, 1 },
	{ AMQP_PUBLISH, "body", TEXT, 1 },
	{ AMQP_PUBLISH, "message_id", NAME, 0 },
	{ AMQP_PUBLISH, "priority", NUMBER, 0 },
	{ AMQP_PUBLISH, "headers", TABLE, 0 },
	{ AMQP_PUBLISH, "hint", FLAG, 0 },
	{ AMQP_GET, "queue", NAME, 1 },
	{ AMQP_GET, "look", FLAG, 0 },
	{ AMQP_CONSUME, "queue", NAME, 1 },
	{ AMQP_CONSUME, "consumer", NAME, 1 },
	{ AMQP_CONSUME, "keep", FLAG, 0 },
	{ AMQP_CANCEL, "consumer", NAME, 1 },
	{ AMQP_CANCEL, "but", NUMBER, 0 },
	{ AMQP_ACK, "tag", NUMBER, 1 },
	{ AMQP_REJECT, "tag", NUMBER, 1 },
	{ AMQP_REQUEUE, "tag", NUMBER, 1 },

	{ AMQP_MOVE, "tag", NUMBER, 1 },
	{ AMQP_MOVE, "exchange", NAME, 1 },
	{ AMQP_MOVE, "key", NAME, 1 },
	{ AMQP_MOVE, "headers", TABLE, 0 },
};

static const char *const ops[] = {
	[AMQP_OPEN] = "open",	  [AMQP_QUEUE] = "queue",     [AMQP_EXCHANGE] = "exchange",
	[AMQP_BIND] = "bind",	  [AMQP_PUBLISH] = "publish", [AMQP_GET] = "get",
	[AMQP_FORGET] = "forget", [AMQP_CONSUME] = "consume", [AMQP_CANCEL] = "cancel",
	[AMQP_ACK] = "ack",	  [AMQP_REJECT] = "reject",   [AMQP_REQUEUE] = "requeue",
	[AMQP_MOVE] = "move",
};

const char *amqp_text(const struct amqp_request *request, const char *name, const char *fallback)
{
	const char *text = og_json_str(request->json, name);

	return text ? text : fallback;
}

/* A table goes to the broker as one of ours goes: flat, short, few. */
static int is_table(const json_t *value)
{
	const char *key;
	json_t *entry;

	if (!json_is_object(value) || json_object_size(value) > 32)
		return 0;
	json_object_foreach((json_t *)(uintptr_t)value, key, entry)
	{
		if (strlen(key) > AMQP_NAME_MAX)
			return 0;
		if (json_is_string(entry) ? json_string_length(entry) > 4096
					  : !json_is_integer(entry) && !json_is_boolean(entry))
			return 0;
	}
	return 1;
}

static int fits(const json_t *value, enum type type)
{
	switch (type) {
	case NAME:
		return json_is_string(value) && json_string_length(value) <= AMQP_NAME_MAX;
	case TEXT:
		return json_is_string(value) && json_string_length(value) <= AMQP_BODY_MAX;
	case NUMBER:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case FLAG:
		return json_is_boolean(value);
	default:
		return is_table(value);
	}
}

static const struct member *find_member(enum amqp_op op, const char *name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (members[i].op == op && strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static int check_members(const struct amqp_request *request, struct og_err *err)
{
	const char *op = ops[request->op], *name;
	json_t *value;

	json_object_foreach(request->json, name, value)
	{
		const struct member *member = find_member(request->op, name);

		if (strcmp(name, "v") == 0 || strcmp(name, "id") == 0 || strcmp(name, "op") == 0)
			continue;
		if (!member)
			return og_fail(err, OG_EDATA, "%s: '%s' is no member of it", op, name);
		if (!fits(value, member->type))
			return og_fail(err, OG_EDATA, "%s: '%s' is not as it should be", op, name);
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (members[i].op == request->op && members[i].needed &&
		    !json_object_get(request->json, members[i].name))
			return og_fail(err, OG_EDATA, "%s: '%s' is missing", op, members[i].name);
	return 0;
}

static int read_op(struct amqp_request *request, struct og_err *err)
{
	const char *op = og_json_str(request->json, "op");

	request->id = og_json_int(request->json, "id", 0);
	if (og_json_int(request->json, "v", 1) != 1 || request->id < 0)
		return og_fail(err, OG_EDATA, "a request of another version, or without an id");
	for (size_t i = 0; op && i < sizeof(ops) / sizeof(*ops); i++)
		if (strcmp(ops[i], op) == 0) {
			request->op = (enum amqp_op)i;
			return check_members(request, err);
		}
	return og_fail(err, OG_EDATA, "'%s' is no op", op ? op : "");
}

int amqp_request_parse(const char *line, size_t len, struct amqp_request **ret, struct og_err *err)
{
	struct amqp_request *request = calloc(1, sizeof(*request));
	const char *body;

	if (!request)
		return og_fail_nomem(err);
	if (og_json_parse(line, len, AMQP_LINE_MAX, "request", &request->json, err) < 0 ||
	    read_op(request, err) < 0) {
		amqp_request_free(request);
		return -1;
	}
	body = og_json_str(request->json, "body");
	request->size = body ? strlen(body) : 0;
	request->deadline = og_deadline(AMQP_REQUEST_MS);
	*ret = request;
	return 0;
}

void amqp_request_free(struct amqp_request *request)
{
	if (!request)
		return;
	json_decref(request->json);
	free(request);
}

static void entry_of(amqp_table_entry_t *entry, const char *key, const json_t *value)
{
	entry->key = amqp_cstring_bytes(key);
	if (json_is_string(value)) {
		entry->value.kind = AMQP_FIELD_KIND_UTF8;
		entry->value.value.bytes = amqp_cstring_bytes(json_string_value(value));
	} else if (json_is_integer(value)) {
		entry->value.kind = AMQP_FIELD_KIND_I64;
		entry->value.value.i64 = json_integer_value(value);
	} else {
		entry->value.kind = AMQP_FIELD_KIND_BOOLEAN;
		entry->value.value.boolean = json_is_true(value);
	}
}

amqp_table_t amqp_table_of(json_t *json, amqp_table_entry_t entries[AMQP_TABLE_MAX])
{
	amqp_table_t table = { 0, entries };
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value) entry_of(&entries[table.num_entries++], key, value);
	return table;
}

amqp_bytes_t amqp_bytes_of(const struct amqp_request *request, const char *name)
{
	return amqp_cstring_bytes(amqp_text(request, name, ""));
}
