/*
 * The table of components. Its order is that of og-view(5). What is not
 * here cannot be written in a view; what built pages use (tree.c and the
 * parts) is all here, which a test holds.
 */
#include "lib/view/catalog.h"

#include <string.h>

#define COUNT(words) (sizeof(words) / sizeof(*(words)))

const char *const og_view_tones[] = { "ok", "warn", "bad", "info", NULL };
const char *const og_view_formats[] = { "text", "id",	"number", "money", "level", "percent",
					"date", "time", "status", "bool",  "hash",  NULL };
static const char *const directions[] = { "asc", "desc", NULL };
static const char *const alignments[] = { "left", "right", NULL };
static const char *const effects[] = { "read", "write", NULL };
static const char *const roles[] = { "lead", NULL };
static const char *const kinds[] = { "primary", "danger", "link", "plain", NULL };
static const char *const verdicts[] = { "ok", "broken", "suspect", NULL };

#define NEED .required = 1
#define TEXT(n)                                                                                    \
	{                                                                                          \
		.name = n, .type = OG_PROP_TEXT                                                    \
	}
#define NUMBER(n)                                                                                  \
	{                                                                                          \
		.name = n, .type = OG_PROP_NUMBER                                                  \
	}
#define WHOLE(n, ...)                                                                              \
	{                                                                                          \
		.name = n, .type = OG_PROP_INTEGER, __VA_ARGS__                                    \
	}
#define BOOL(n)                                                                                    \
	{                                                                                          \
		.name = n, .type = OG_PROP_BOOL                                                    \
	}
#define VALUE(n)                                                                                   \
	{                                                                                          \
		.name = n, .type = OG_PROP_VALUE                                                   \
	}
#define CHOICE(n, w)                                                                               \
	{                                                                                          \
		.name = n, .type = OG_PROP_CHOICE, .words = w                                      \
	}
#define LIST(n, p)                                                                                 \
	{                                                                                          \
		.name = n, .type = OG_PROP_LIST, .props = p, NEED                                  \
	}
#define OBJECT(n, p)                                                                               \
	{                                                                                          \
		.name = n, .type = OG_PROP_OBJECT, .props = p                                      \
	}
#define TONE   CHOICE("tone", og_view_tones)
#define FORMAT CHOICE("format", og_view_formats)
#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/* state to render say what the document says; a view cannot set them. */
static const struct og_prop page[] = {
	TEXT("title"),	   TEXT("subtitle"), TEXT("state"),   TONE,
	TEXT("principal"), TEXT("task"),     TEXT("planner"), TEXT("finished"),
	WHOLE("last"),	   TEXT("head"),     TEXT("render"),  END
};
static const struct og_prop nothing[] = { END };
static const struct og_prop stack[] = { WHOLE("span", .least = 1, .most = 12), END };
static const struct og_prop section[] = { TEXT("title"), TEXT("hint"), END };
static const struct og_prop tabs[] = { { .name = "labels", .type = OG_PROP_TEXTS, NEED }, END };

static const struct og_prop alert[] = {
	TONE, { .name = "title", .type = OG_PROP_TEXT, NEED }, TEXT("text"), TEXT("fix"), END
};
static const struct og_prop metric[] = { { .name = "label", .type = OG_PROP_TEXT, NEED },
					 VALUE("value"),
					 FORMAT,
					 TONE,
					 TEXT("unit"),
					 { .name = "trend", .type = OG_PROP_NUMBERS },
					 VALUE("delta"),
					 TEXT("hint"),
					 END };
static const struct og_prop metrics[] = { LIST("items", metric), TEXT("currency"), END };

static const struct og_prop column[] = { { .name = "key", .type = OG_PROP_TEXT, NEED },
					 TEXT("label"),
					 FORMAT,
					 NUMBER("max"),
					 TEXT("target"),
					 { .name = "tones", .type = OG_PROP_TONES },
					 CHOICE("align", alignments),
					 BOOL("strong"),
					 BOOL("wrap"),
					 END };
static const struct og_prop sort[] = { { .name = "key", .type = OG_PROP_TEXT, NEED },
				       CHOICE("dir", directions),
				       END };
static const struct og_prop row_action[] = { { .name = "action", .type = OG_PROP_TEXT, NEED },
					     TEXT("label"),
					     { .name = "params", .type = OG_PROP_PARAMS },
					     TEXT("when"),
					     END };
static const struct og_prop table[] = {
	TEXT("title"),
	{ .name = "rows", .type = OG_PROP_ROWS, NEED },
	{ .name = "columns", .type = OG_PROP_LIST, .props = column },
	TEXT("currency"),
	BOOL("folded"),
	TEXT("note"),
	TEXT("facet"),
	OBJECT("sort", sort),
	WHOLE("page", .least = 1, .most = 5000),
	TEXT("empty"),
	BOOL("search"),
	OBJECT("row_action", row_action),
	END
};

static const struct og_prop series[] = { { .name = "key", .type = OG_PROP_TEXT, NEED },
					 TEXT("label"),
					 WHOLE("color", .least = 1, .most = 6),
					 END };
static const struct og_prop reference[] = { TEXT("label"), NUMBER("value"), END };
#define CHART                                                                                      \
	{ .name = "rows", .type = OG_PROP_ROWS, NEED },                                            \
		{ .name = "x", .type = OG_PROP_TEXT, NEED }, LIST("series", series), FORMAT,       \
		TEXT("currency"), NUMBER("max"), TEXT("prefix"), OBJECT("reference", reference),   \
		WHOLE("height", .least = 80, .most = 800), TEXT("label")
static const struct og_prop stacked_chart[] = { CHART, BOOL("stacked"), END };
static const struct og_prop chart[] = { CHART, END };
static const struct og_prop sparkline[] = {
	{ .name = "values", .type = OG_PROP_NUMBERS, NEED }, TEXT("label"), TONE, END
};
static const struct og_prop share[] = { { .name = "label", .type = OG_PROP_TEXT, NEED },
					NUMBER("value"),
					END };
static const struct og_prop share_bar[] = { TEXT("by"), FORMAT, TEXT("currency"),
					    LIST("items", share), END };
static const struct og_prop meter[] = { { .name = "label", .type = OG_PROP_TEXT, NEED },
					NUMBER("value"),
					NUMBER("max"),
					TEXT("unit"),
					END };
static const struct og_prop meters[] = { LIST("items", meter), END };

static const struct og_prop undo[] = { TEXT("title"), TEXT("state"), TEXT("detail"),
				       TEXT("note"),  WHOLE("turn"), END };
static const struct og_prop step[] = { { .name = "title", .type = OG_PROP_TEXT, NEED },
				       TEXT("state"),
				       TEXT("detail"),
				       TEXT("note"),
				       TEXT("gap"),
				       OBJECT("undo", undo),
				       END };
static const struct og_prop rail[] = { WHOLE("lanes", .least = 1, .most = 2), LIST("steps", step),
				       END };
static const struct og_prop event[] = { { .name = "title", .type = OG_PROP_TEXT, NEED },
					TEXT("time"),
					TEXT("detail"),
					TEXT("agent"),
					TONE,
					END };
static const struct og_prop timeline[] = { LIST("items", event), END };
static const struct og_prop span[] = { { .name = "title", .type = OG_PROP_TEXT, NEED },
				       NUMBER("start"),
				       NUMBER("ms"),
				       TONE,
				       WHOLE("depth", .least = 0, .most = 32),
				       END };
static const struct og_prop waterfall[] = { LIST("items", span), END };

static const struct og_prop entry[] = {
	WHOLE("seq"),	   TEXT("title"),      TEXT("what"),	  CHOICE("state", verdicts),
	TEXT("time"),	   TEXT("agent"),      TEXT("principal"), TEXT("detail"),
	TEXT("node"),	   TEXT("prev"),       TEXT("hash"),	  TEXT("stored"),
	TEXT("witnessed"), TEXT("recomputed"), TEXT("problem"),	  END
};
static const struct og_prop chain[] = {
	WHOLE("first"), WHOLE("last"),
	TEXT("head"),	{ .name = "entries", .type = OG_PROP_LIST, .props = entry },
	TEXT("check"),	END
};
static const struct og_prop integrity[] = { { .name = "states", .type = OG_PROP_TEXT, NEED },
					    WHOLE("from"),
					    END };
static const struct og_prop diff[] = { TEXT("before"), TEXT("after"), TEXT("before_label"),
				       TEXT("after_label"), END };
static const struct og_prop graph_node[] = {
	{ .name = "id", .type = OG_PROP_TEXT, NEED }, TEXT("label"), TEXT("kind"), TONE, END
};
static const struct og_prop edge[] = { { .name = "from", .type = OG_PROP_TEXT, NEED },
				       { .name = "to", .type = OG_PROP_TEXT, NEED },
				       TEXT("type"),
				       END };
static const struct og_prop graph[] = { LIST("nodes", graph_node),
					{ .name = "edges", .type = OG_PROP_LIST, .props = edge },
					TEXT("title"),
					END };
static const struct og_prop citation[] = { TEXT("policy"), TEXT("title"), WHOLE("line"),
					   TEXT("text"), END };
static const struct og_prop command[] = { TEXT("title"), CHOICE("effect", effects), TEXT("text"),
					  END };
static const struct og_prop pair[] = {
	{ .name = "label", .type = OG_PROP_TEXT, NEED }, VALUE("value"), FORMAT, END
};
static const struct og_prop pairs[] = { LIST("items", pair), TEXT("currency"), END };
static const struct og_prop text[] = { TEXT("text"), CHOICE("role", roles), END };
static const struct og_prop code[] = { TEXT("text"), END };
static const struct og_prop badge[] = { TEXT("text"), TONE, END };
static const struct og_prop empty[] = { TEXT("title"), TEXT("text"), END };

static const struct og_prop button[] = { { .name = "action", .type = OG_PROP_TEXT, NEED },
					 TEXT("label"),
					 { .name = "params", .type = OG_PROP_PARAMS },
					 CHOICE("kind", kinds),
					 END };
static const struct og_prop field[] = { { .name = "name", .type = OG_PROP_TEXT, NEED },
					TEXT("label"),
					TEXT("help"),
					VALUE("value"),
					END };
static const struct og_prop form[] = { { .name = "action", .type = OG_PROP_TEXT, NEED },
				       TEXT("title"),
				       TEXT("submit"),
				       { .name = "fields", .type = OG_PROP_LIST, .props = field },
				       END };

const struct og_component og_view_components[] = {
	{ "Page", 1, page },
	{ "Grid", 1, nothing },
	{ "Stack", 1, stack },
	{ "Section", 1, section },
	{ "Tabs", 1, tabs },
	{ "Alert", 0, alert },
	{ "Metrics", 0, metrics },
	{ "Table", 0, table },
	{ "BarChart", 0, stacked_chart },
	{ "LineChart", 0, chart },
	{ "AreaChart", 0, stacked_chart },
	{ "Sparkline", 0, sparkline },
	{ "ShareBar", 0, share_bar },
	{ "Meters", 0, meters },
	{ "SagaRail", 0, rail },
	{ "Timeline", 0, timeline },
	{ "Waterfall", 0, waterfall },
	{ "Chain", 0, chain },
	{ "Integrity", 0, integrity },
	{ "Diff", 0, diff },
	{ "Graph", 0, graph },
	{ "Citation", 0, citation },
	{ "Command", 0, command },
	{ "KeyValue", 0, pairs },
	{ "Text", 0, text },
	{ "Code", 0, code },
	{ "Badge", 0, badge },
	{ "Empty", 0, empty },
	{ "ActionButton", 1, button },
	{ "ActionForm", 1, form },
	{ NULL, 0, NULL },
};

const struct og_component *og_component_find(const char *name)
{
	for (const struct og_component *c = og_view_components; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const struct og_prop *og_prop_find(const struct og_prop *props, const char *name)
{
	for (; props->name; props++)
		if (strcmp(props->name, name) == 0)
			return props;
	return NULL;
}

const char *og_prop_type_name(enum og_prop_type type)
{
	static const char *const names[] = { "text",	"number", "integer", "bool",   "value",
					     "choice",	"rows",	  "list",    "object", "texts",
					     "numbers", "params", "tones" };

	return (size_t)type < COUNT(names) ? names[type] : "";
}

/* Sticky, like a buffer: *failed says once that memory ran out. */
static void put(json_t *object, const char *key, json_t *value, int *failed)
{
	if (json_object_set_new(object, key, value) < 0)
		*failed = 1;
}

static json_t *words_json(const char *const *words, int *failed)
{
	json_t *list = json_array();

	for (; *words; words++)
		if (json_array_append_new(list, json_string(*words)) < 0)
			*failed = 1;
	return list;
}

static json_t *props_json(const struct og_prop *props, int *failed);

static json_t *prop_json(const struct og_prop *prop, int *failed)
{
	json_t *object = json_object();

	put(object, "type", json_string(og_prop_type_name(prop->type)), failed);
	if (prop->required)
		put(object, "required", json_true(), failed);
	if (prop->words)
		put(object, "values", words_json(prop->words, failed), failed);
	if (prop->most > 0) {
		put(object, "minimum", json_integer(prop->least), failed);
		put(object, "maximum", json_integer(prop->most), failed);
	}
	if (prop->props) /* our own table: a few levels */
		put(object, prop->type == OG_PROP_LIST ? "items" : "props",
		    props_json(prop->props, failed), failed);
	return object;
}

static json_t *props_json(const struct og_prop *props, int *failed)
{
	json_t *object = json_object();

	for (; props->name; props++)
		put(object, props->name, prop_json(props, failed), failed);
	return object;
}

int og_view_catalog(json_t **ret, struct og_err *err)
{
	json_t *all = json_object(), *one;
	int failed = 0;

	for (const struct og_component *c = og_view_components; c->name; c++) {
		one = json_object();
		put(one, "children", json_boolean(c->children), &failed);
		put(one, "props", props_json(c->props, &failed), &failed);
		put(all, c->name, one, &failed);
	}
	if (failed || !all) {
		json_decref(all);
		return og_fail_nomem(err);
	}
	*ret = all;
	return 0;
}
