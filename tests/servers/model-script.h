/*
 * The fake model's script: which line is for a request, and what the
 * request says that lines are chosen by. Part of model.c.
 */
#ifndef OG_TESTS_SERVERS_MODEL_SCRIPT_H
#define OG_TESTS_SERVERS_MODEL_SCRIPT_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/json/json.h"

#define TEXT_MAX  ((size_t)16 << 20)
#define LINES_MAX 4096

enum dialect { GEMINI, OPENAI };
enum kind { CHAT, EMBED };

/* One request, as far as it is understood. */
struct request {
	enum dialect dialect;
	enum kind kind;
	int stream, batch;
	char model[160];
	json_t *body;
	struct og_buf strings; /* every string in it, decoded, one after the other */
	struct og_buf user;    /* what users said in it */
};

/* --- the strings of a request -------------------------------------------------- */

/* Every string, and those inside strings that are JSON themselves. */
static void gather(const json_t *value, struct og_buf *out)
{
	json_t *member, *inner = NULL;
	const char *key, *text = json_string_value(value);
	size_t i, len = json_string_length(value);

	json_object_foreach((json_t *)(uintptr_t)value, key, member) gather(member, out);
	json_array_foreach((json_t *)(uintptr_t)value, i, member) gather(member, out);
	if (!text)
		return;
	if ((text[0] == '{' || text[0] == '[') && (inner = json_loadb(text, len, 0, NULL)))
		gather(inner, out);
	else
		og_buf_add(out, text, len);
	og_buf_addc(out, '\n');
	json_decref(inner);
}

static void gather_user(const json_t *body, struct og_buf *out)
{
	const json_t *turns = json_object_get(body, "contents");
	size_t i, j;
	json_t *turn, *part;

	if (!turns)
		turns = json_object_get(body, "messages");
	json_array_foreach(turns, i, turn)
	{
		const char *role = og_json_str(turn, "role");

		if (!role || strcmp(role, "user") != 0)
			continue;
		gather(json_object_get(turn, "content"), out);
		json_array_foreach(json_object_get(turn, "parts"), j, part)
			gather(json_object_get(part, "text"), out);
	}
}

static int holds(const struct og_buf *text, const char *word)
{
	return text->len > 0 && strstr(text->data, word) != NULL;
}

/* --- lines ----------------------------------------------------------------------- */

static struct {
	const char *path;
	char *lines[LINES_MAX]; /* as they were read last */
	int64_t used[LINES_MAX];
} script;

static int usable(const json_t *line, int64_t used)
{
	const json_t *repeat = json_object_get(line, "repeat");

	if (json_is_string(repeat))
		return 1; /* forever */
	return used < (json_is_integer(repeat) ? json_integer_value(repeat) : 1);
}

/* How many turns of a model a conversation has. */
static int64_t turns_in(const struct request *request)
{
	const char *list = request->dialect == GEMINI ? "contents" : "messages";
	json_t *turn;
	int64_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(request->body, list), i, turn)
	{
		const char *role = og_json_str(turn, "role");

		n += role && (strcmp(role, "model") == 0 || strcmp(role, "assistant") == 0);
	}
	return n;
}

static int fits(const json_t *line, const struct request *request)
{
	const char *when = og_json_str(line, "when");
	int embeds = json_object_get(line, "embed") != NULL;
	int64_t after = og_json_int(line, "after", -1);

	if (after >= 0 && after != turns_in(request))
		return 0;

	if (embeds != (request->kind == EMBED))
		return 0;
	return !when || holds(request->kind == EMBED ? &request->strings : &request->user, when);
}

/* The line as it stands now; one that was changed has not been used. */
static json_t *line_at(size_t i, const char *text)
{
	json_error_t why;
	json_t *line;

	if (!script.lines[i] || strcmp(script.lines[i], text) != 0) {
		free(script.lines[i]);
		script.lines[i] = strdup(text);
		script.used[i] = 0;
	}
	line = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	if (!line && *text && *text != '#')
		fprintf(stderr, "model: line %zu of the script: %s\n", i + 1, why.text);
	return line;
}

/* The first line for a request that is not used up; a new reference, or NULL. */
static json_t *take_line(const struct request *request, size_t *ret_number)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;
	json_t *found = NULL;
	size_t i = 0;

	og_buf_init(&text, TEXT_MAX);
	if (!script.path || og_file_read(script.path, "script", &text, &err) < 0)
		og_buf_clear(&text);
	for (char *at = text.len ? text.data : NULL, *end; at && *at && !found && i < LINES_MAX;
	     at = end, i++) {
		json_t *line;

		end = at + strcspn(at, "\n");
		if (*end)
			*end++ = '\0';
		line = line_at(i, at);
		if (line && usable(line, script.used[i]) && fits(line, request)) {
			found = json_incref(line);
			script.used[i]++;
			*ret_number = i + 1;
		}
		json_decref(line);
	}
	og_buf_release(&text);
	return found;
}

#endif
