/*
 * /api/schema, /api/graph, /api/skills: what there is, as far as the caller
 * may know. Who may see the whole the shield decides (its verb schema with
 * detail); what is here only says it in other shapes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"

#define SCHEMA_TEXT_MAX ((size_t)1 << 20)
#define EXAMPLES	3

/* --- /api/schema ------------------------------------------------------------ */

static void add_columns(struct og_buf *text, const json_t *columns)
{
	json_t *column;
	size_t i;

	json_array_foreach(columns, i, column)
	{
		const char *type = og_json_str(column, "type");

		og_buf_addf(text, "%s%s", i ? ", " : "(", og_json_str(column, "name"));
		if (type && *type)
			og_buf_addf(text, " %s", type);
		if (og_json_bool(column, "pk", 0) || og_json_int(column, "pk", 0) > 0)
			og_buf_adds(text, " primary key");
		if (og_json_bool(column, "masked", 0))
			og_buf_adds(text, " masked");
	}
	og_buf_adds(text, json_array_size(columns) > 0 ? ")\n" : "\n");
}

/* Tables with their columns, nodes, and how much can be searched. */
static void describe(const json_t *reply, struct og_buf *text)
{
	json_t *table, *skill;
	size_t i;

	og_buf_adds(text, "Tables\n");
	json_array_foreach(json_object_get(reply, "tables"), i, table)
	{
		og_buf_addf(text, "  %s", og_json_str(table, "name"));
		add_columns(text, json_object_get(table, "columns"));
	}
	og_buf_adds(text, "Nodes\n");
	json_array_foreach(json_object_get(reply, "skills"), i, skill)
	{
		og_buf_addf(text, "  %lld %s (%s, clearance %lld)\n",
			    (long long)og_json_int(skill, "id", 0), og_json_str(skill, "name"),
			    og_json_str(skill, "kind"),
			    (long long)og_json_int(skill, "clearance", 0));
	}
	og_buf_addf(text, "Vectors\n  %lld passages of %zu policies\n",
		    (long long)og_json_int(reply, "passages", 0),
		    json_array_size(json_object_get(reply, "policies")));
}

static void answer_schema(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	struct og_buf text;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	og_buf_init(&text, SCHEMA_TEXT_MAX);
	describe(reply, &text);
	if (text.failed)
		og_reply_error(x, 500, "the schema is too large to be told");
	else
		og_reply_json(
			x, 200,
			json_pack("{s:s#,s:O?,s:O?,s:O?,s:{s:I,s:I}}", "schema", text.data,
				  (int)text.len, "tables", json_object_get(reply, "tables"),
				  "nodes", json_object_get(reply, "skills"), "policies",
				  json_object_get(reply, "policies"), "counts", "policies",
				  (json_int_t)json_array_size(json_object_get(reply, "policies")),
				  "passages", (json_int_t)og_json_int(reply, "passages", 0)));
	og_buf_release(&text);
}

static void schema(struct og_exchange *x)
{
	og_exchange_ask(x, "schema", json_pack("{s:b}", "detail", 1), answer_schema);
}

/* --- /api/graph ------------------------------------------------------------- */

static int64_t number_of(const json_t *skills, const char *name)
{
	json_t *skill;
	size_t i;

	json_array_foreach(skills, i, skill)
	{
		const char *own = og_json_str(skill, "name");

		if (own && name && strcmp(own, name) == 0)
			return og_json_int(skill, "id", 0);
	}
	return -1;
}

/* "workflow" is labelled Workflow, as in a graph database. */
static json_t *label_of(const json_t *skill)
{
	const char *kind = og_json_str(skill, "kind");
	char label[32];

	og_text_format(label, sizeof(label), "%s", kind && *kind ? kind : "skill");
	if (label[0] >= 'a' && label[0] <= 'z')
		label[0] = (char)(label[0] - 'a' + 'A');
	return json_string(label);
}

/* Edges between nodes go to edges; the tables one touches are its own. */
static void take_edges(const json_t *skill, const json_t *skills, json_t *edges, json_t *tables)
{
	int64_t source = og_json_int(skill, "id", 0);
	json_t *edge;
	size_t i;

	json_array_foreach(json_object_get(skill, "edges"), i, edge)
	{
		const char *type = og_json_str(edge, "type"), *target = og_json_str(edge, "target");
		int64_t to = number_of(skills, target);

		if (type && strcmp(type, "TOUCHES") == 0)
			json_array_append(tables, json_object_get(edge, "target"));
		else if (to >= 0)
			json_array_append_new(edges,
					      json_pack("{s:I,s:I,s:I,s:s}", "id",
							(json_int_t)json_array_size(edges) + 1,
							"source", (json_int_t)source, "target",
							(json_int_t)to, "type", type ? type : ""));
	}
}

static json_t *node_of(const json_t *skill, json_t *tables)
{
	return json_pack("{s:I,s:o,s:O?,s:O?,s:{s:O?,s:O?,s:O?,s:O}}", "id",
			 (json_int_t)og_json_int(skill, "id", 0), "label", label_of(skill), "name",
			 json_object_get(skill, "name"), "description",
			 json_object_get(skill, "description"), "properties", "clearance",
			 json_object_get(skill, "clearance"), "roles",
			 json_object_get(skill, "roles"), "hash", json_object_get(skill, "hash"),
			 "tables", tables);
}

static void answer_graph(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	json_t *skills, *skill, *nodes, *edges;
	size_t i;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	skills = json_object_get(reply, "skills");
	nodes = json_array();
	edges = json_array();
	json_array_foreach(skills, i, skill)
	{
		json_t *tables = json_array();

		take_edges(skill, skills, edges, tables);
		json_array_append_new(nodes, node_of(skill, tables));
		json_decref(tables);
	}
	og_reply_json(x, 200, json_pack("{s:o,s:o}", "nodes", nodes, "edges", edges));
}

static void graph(struct og_exchange *x)
{
	og_exchange_ask(x, "schema", json_pack("{s:b}", "detail", 1), answer_graph);
}

/* --- /api/skills ------------------------------------------------------------ */

/* The skills a caller can name, while what each says is asked for. */
struct listing {
	json_t *skills; /* the answer's */
	char role[33];
	size_t told;
};

static void free_listing(void *data)
{
	struct listing *listing = data;

	json_decref(listing->skills);
	free(listing);
}

/* Appends unless it would be a second space, or a first. */
static void add_char(struct og_buf *text, char c)
{
	if (c != ' ' || (text->len > 0 && text->data[text->len - 1] != ' '))
		og_buf_addc(text, c);
}

/* A pattern of og-skill(5) as somebody would say it: the first of
 * alternatives, nothing optional, slots as "[product]". */
static void say_pattern(const char *pattern, struct og_buf *text)
{
	for (const char *p = pattern; *p; p++) {
		if (*p == '[') {
			p += strcspn(p, "]");
		} else if (*p == '|') {
			p += strcspn(p, ")");
		} else if (*p == '{') {
			og_buf_addf(text, "[%.*s]", (int)strcspn(p + 1, ":}"), p + 1);
			p += strcspn(p, "}");
		} else if (*p != '(' && *p != ')') {
			add_char(text, *p);
		}
		if (!*p)
			break;
	}
	while (text->len > 0 && text->data[text->len - 1] == ' ')
		text->len--;
}

static json_t *examples_of(const json_t *doc)
{
	json_t *patterns = json_object_get(doc, "patterns"), *list = json_array(), *pattern;
	size_t i;

	json_array_foreach(patterns, i, pattern)
	{
		const char *source = og_json_str(pattern, "text");
		struct og_buf text;

		if (!source || i == EXAMPLES)
			break;
		og_buf_init(&text, 1024);
		say_pattern(source, &text);
		if (!text.failed && text.len > 0)
			json_array_append_new(list, json_stringn(text.data, text.len));
		og_buf_release(&text);
	}
	return list;
}

static void ask_next(struct og_exchange *x, struct listing *listing);

static void answer_text(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	struct listing *listing = og_exchange_kept(x);
	json_t *skill = json_array_get(listing->skills, listing->told++);

	json_object_set_new(skill, "examples",
			    err->code ? json_array()
				      : examples_of(json_object_get(reply, "skill")));
	ask_next(x, listing);
}

/* One after the other, so that an answer is known for whose it is. */
static void ask_next(struct og_exchange *x, struct listing *listing)
{
	json_t *skill = json_array_get(listing->skills, listing->told);

	if (skill)
		og_exchange_ask(x, "skill.get",
				json_pack("{s:O}", "skill", json_object_get(skill, "name")),
				answer_text);
	else
		og_reply_json(x, 200, json_pack("{s:O}", "skills", listing->skills));
}

static int may_run(const json_t *skill, const char *role)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(skill, "roles"), i, name)
	{
		if (strcmp(json_string_value(name), role) == 0)
			return 1;
	}
	return 0;
}

static void answer_list(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	struct listing *listing = og_exchange_kept(x);
	json_t *list = json_object_get(reply, "skills"), *skill;
	size_t i;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	json_array_foreach(list, i, skill)
	{
		json_array_append_new(listing->skills,
				      json_pack("{s:O?,s:O?,s:O?,s:b}", "name",
						json_object_get(skill, "name"), "kind",
						json_object_get(skill, "kind"), "description",
						json_object_get(skill, "description"), "may",
						may_run(skill, listing->role)));
	}
	ask_next(x, listing);
}

static void known(void *arg, const json_t *who, const struct og_err *err)
{
	struct og_exchange *x = arg;
	struct listing *listing;
	const char *role = og_json_str(who, "role");

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	listing = calloc(1, sizeof(*listing));
	if (!listing) {
		og_reply_error(x, 500, "out of memory");
		return;
	}
	listing->skills = json_array();
	og_text_format(listing->role, sizeof(listing->role), "%s", role ? role : "");
	og_exchange_keep(x, listing, free_listing);
	og_exchange_ask(x, "skill.list", json_object(), answer_list);
}

static void skills(struct og_exchange *x)
{
	og_desk_who(x->serve->desk, og_exchange_principal(x), known, x);
}

static const struct og_route routes[] = {
	{ "GET", "/api/schema", 0, schema },
	{ "GET", "/api/graph", 0, graph },
	{ "GET", "/api/skills", 0, skills },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_explore = { routes, NULL, NULL, NULL };
