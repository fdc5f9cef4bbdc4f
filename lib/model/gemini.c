/*
 * What is said to Gemini (REST, v1beta; shapes of @google/genai 2.32.0): a
 * conversation as contents, tools as function declarations with plain JSON
 * Schema. A turn of the model goes back as it came, signatures included.
 */
#include <stdio.h>
#include <string.h>

#include "lib/model/model-internal.h"

/* Takes part, which may be NULL for no memory. */
static int add_part(json_t *parts, json_t *part, struct og_err *err)
{
	if (!part || json_array_append_new(parts, part) < 0)
		return og_fail_nomem(err);
	return 0;
}

/* A new content at the end; *ret_parts is borrowed. */
static int add_user(json_t *contents, json_t **ret_parts, struct og_err *err)
{
	json_t *parts = json_array();
	json_t *content = json_pack("{s:s, s:o}", "role", "user", "parts", parts);

	if (!content || json_array_append_new(contents, content) < 0)
		return og_fail_nomem(err);
	*ret_parts = parts;
	return 0;
}

/* The parts of the last content if a user's text stands there, else NULL. */
static json_t *open_user(const json_t *contents)
{
	size_t n = json_array_size(contents);
	const json_t *last = n > 0 ? json_array_get(contents, n - 1) : NULL;
	json_t *parts = json_object_get(last, "parts");
	const char *role = og_json_str(last, "role");

	if (!role || strcmp(role, "user") != 0 ||
	    !json_object_get(json_array_get(parts, 0), "text"))
		return NULL;
	return parts;
}

static int user_turn(json_t *contents, const json_t *turn, struct og_err *err)
{
	const json_t *text = json_object_get(turn, "text");
	json_t *parts = open_user(contents);

	if (!json_is_string(text))
		return og_model_bug("a user's turn without a text", err);
	if (!parts && add_user(contents, &parts, err) < 0)
		return -1;
	return add_part(parts, json_pack("{s:o}", "text", og_model_share(text)), err);
}

/* A function's response has the output or the error under that name. */
static json_t *response_part(const json_t *result, struct og_err *err)
{
	const json_t *id = json_object_get(result, "id"), *name = json_object_get(result, "name");
	const json_t *error = json_object_get(result, "error");
	const json_t *what = error ? error : json_object_get(result, "output");
	json_t *response;

	if (!json_is_string(name) || !what) {
		og_model_bug("a result without a name or an output", err);
		return NULL;
	}
	response = json_pack("{s:{s:o, s:{s:o}}}", "functionResponse", "name", og_model_share(name),
			     "response", error ? "error" : "output", og_model_share(what));
	if (response && id &&
	    og_json_set(json_object_get(response, "functionResponse"), "id", og_model_share(id),
			err) < 0) {
		json_decref(response);
		return NULL;
	}
	if (!response)
		og_fail_nomem(err);
	return response;
}

static int tool_turn(json_t *contents, const json_t *turn, struct og_err *err)
{
	const json_t *results = json_object_get(turn, "results");
	json_t *parts;

	if (add_user(contents, &parts, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(results); i++) {
		json_t *part = response_part(json_array_get(results, i), err);

		if (!part || add_part(parts, part, err) < 0)
			return -1;
	}
	return 0;
}

static int add_turn(json_t *contents, const json_t *turn, struct og_err *err)
{
	switch (og_model_said(turn, err)) {
	case OG_SAID_USER:
		return user_turn(contents, turn, err);
	case OG_SAID_TOOL:
		return tool_turn(contents, turn, err);
	case OG_SAID_MODEL:
		return json_array_append_new(contents,
					     og_model_share(json_object_get(turn, "raw"))) < 0
			       ? og_fail_nomem(err)
			       : 0;
	case OG_SAID_NOTHING:
		return 0;
	default:
		return -1;
	}
}

static int add_contents(json_t *body, const json_t *turns, struct og_err *err)
{
	json_t *contents = json_array();

	if (og_json_set(body, "contents", contents, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(turns); i++)
		if (add_turn(contents, json_array_get(turns, i), err) < 0)
			return -1;
	return 0;
}

static json_t *declaration(const json_t *tool)
{
	const json_t *name = json_object_get(tool, "name");
	const json_t *description = json_object_get(tool, "description");
	const json_t *schema = json_object_get(tool, "parameters");

	if (!name || !description || !schema)
		return NULL;
	return json_pack("{s:o, s:o, s:o}", "name", og_model_share(name), "description",
			 og_model_share(description), "parametersJsonSchema",
			 og_model_share(schema));
}

static json_t *tool_config(const char *choice)
{
	const char *mode = !choice || strcmp(choice, "auto") == 0 ? "AUTO"
			   : strcmp(choice, "none") == 0	  ? "NONE"
								  : "ANY";

	if (strcmp(mode, "ANY") != 0)
		return json_pack("{s:{s:s}}", "functionCallingConfig", "mode", mode);
	return json_pack("{s:{s:s, s:[s]}}", "functionCallingConfig", "mode", mode,
			 "allowedFunctionNames", choice);
}

static int add_tools(json_t *body, const struct og_model_talk *talk, struct og_err *err)
{
	json_t *declarations;

	if (json_array_size(talk->tools) == 0)
		return 0;
	declarations = json_array();
	if (og_json_set(body, "tools", json_pack("[{s:o}]", "functionDeclarations", declarations),
			err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(talk->tools); i++) {
		json_t *made = declaration(json_array_get(talk->tools, i));

		if (!made)
			return og_model_bug("a tool without name, description or parameters", err);
		if (json_array_append_new(declarations, made) < 0)
			return og_fail_nomem(err);
	}
	return og_json_set(body, "toolConfig", tool_config(talk->choice), err);
}

static int add_settings(json_t *body, const struct og_model_talk *talk, struct og_err *err)
{
	json_t *settings = json_object();

	if (og_json_set(body, "generationConfig", settings, err) < 0)
		return -1;
	if (!(talk->quirks & OG_QUIRK_NO_TEMPERATURE) &&
	    og_json_set(settings, "temperature", json_integer(0), err) < 0)
		return -1;
	return talk->max_output <= 0 ? 0
				     : og_json_set(settings, "maxOutputTokens",
						   json_integer(talk->max_output), err);
}

int og_gemini_request(const struct og_model_talk *talk, json_t **ret, struct og_err *err)
{
	json_t *body = json_object();

	if (!body)
		return og_fail_nomem(err);
	if ((talk->system && talk->system[0] &&
	     og_json_set(body, "systemInstruction",
			 json_pack("{s:[{s:s}]}", "parts", "text", talk->system), err) < 0) ||
	    add_contents(body, talk->turns, err) < 0 || add_tools(body, talk, err) < 0 ||
	    add_settings(body, talk, err) < 0) {
		json_decref(body);
		return -1;
	}
	*ret = body;
	return 0;
}

void og_gemini_path(const struct og_model *model, struct og_buf *url)
{
	if (!strchr(model->model, '/'))
		og_buf_adds(url, "models/");
	for (const char *p = model->model; *p; p++)
		if (strchr(":@+,=", *p))
			og_buf_addf(url, "%%%02X", (unsigned)*p);
		else
			og_buf_addc(url, *p);
}
