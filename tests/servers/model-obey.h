/*
 * The fake model as the worst one there is: it does what any text it is
 * shown says. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_OBEY_H
#define OG_TESTS_SERVERS_MODEL_OBEY_H

#include "tests/servers/model-embed.h"

#define ORDER	   "CALL "
#define ORDERS_MAX 16 /* obeyed in one turn */

static struct {
	int on;
	const char *finish; /* arguments of finish, at the end */
} obedience = { 0, "{\"answer\":\"As it was said.\"}" };

static int known_order(const json_t *orders, const json_t *order)
{
	json_t *other;
	size_t i;

	json_array_foreach(orders, i, other)
	{
		if (json_equal(other, order))
			return 1;
	}
	return 0;
}

/* "CALL name {json}", wherever it stands. */
static json_t *orders_in(const struct og_buf *text)
{
	json_t *orders = json_array();

	for (const char *at = text->len ? strstr(text->data, ORDER) : NULL; at;
	     at = strstr(at, ORDER)) {
		size_t name, gap;
		json_t *args, *order;

		at += strlen(ORDER);
		name = strspn(at,
			      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
		gap = strspn(at + name, " ");
		if (name == 0 || at[name + gap] != '{')
			continue;
		args = json_loads(at + name + gap, JSON_DISABLE_EOF_CHECK, NULL);
		if (!args)
			continue;
		order = json_pack("{s:s%, s:o}", "name", at, name, "args", args);
		if (!known_order(orders, order))
			json_array_append(orders, order);
		json_decref(order);
	}
	return orders;
}

static void note_call(json_t *made, const json_t *name, json_t *args)
{
	json_array_append_new(
		made, json_pack("{s:O, s:o}", "name", name, "args", args ? args : json_object()));
}

/* The calls that the model's turns in a request have made already. */
static json_t *calls_made(const struct request *request)
{
	const json_t *turns = json_object_get(request->body,
					      request->dialect == GEMINI ? "contents" : "messages");
	json_t *made = json_array(), *turn, *part, *call;
	size_t i, j;

	json_array_foreach((json_t *)(uintptr_t)turns, i, turn)
	{
		json_array_foreach(json_object_get(turn, "parts"), j, part)
		{
			call = json_object_get(part, "functionCall");
			if (call)
				note_call(made, json_object_get(call, "name"),
					  json_incref(json_object_get(call, "args")));
		}
		json_array_foreach(json_object_get(turn, "tool_calls"), j, part)
		{
			const char *text;

			call = json_object_get(part, "function");
			text = og_json_str(call, "arguments");
			note_call(made, json_object_get(call, "name"),
				  text ? json_loads(text, 0, NULL) : NULL);
		}
	}
	return made;
}

/* A line of the script with the orders that were not obeyed yet; NULL when
 * there are none. */
static json_t *obey(const struct request *request)
{
	json_t *orders, *made, *left = json_array(), *order;
	size_t i;

	if (!obedience.on || request->kind != CHAT) {
		json_decref(left);
		return NULL;
	}
	orders = orders_in(&request->strings);
	made = calls_made(request);
	json_array_foreach(orders, i, order)
	{
		if (!known_order(made, order) && json_array_size(left) < ORDERS_MAX)
			json_array_append(left, order);
	}
	json_decref(orders);
	json_decref(made);
	if (json_array_size(left) == 0) {
		json_decref(left);
		return NULL;
	}
	return json_pack("{s:o}", "calls", left);
}

/* The end, when neither text nor script wants more. */
static json_t *finish_line(const struct request *request)
{
	const json_t *tools = json_object_get(request->body, "tools");
	const json_t *list = request->dialect == OPENAI ? tools
							: json_object_get(json_array_get(tools, 0),
									  "functionDeclarations");
	json_t *args = json_loads(obedience.finish, 0, NULL);

	if (declared(list, "finish"))
		return json_pack("{s:[{s:s, s:o}]}", "calls", "name", "finish", "args", args);
	json_decref(args);
	return json_pack("{s:s}", "text", "As it was said.");
}

#endif
