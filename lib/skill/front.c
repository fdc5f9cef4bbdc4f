/*
 * The front matter: YAML events, of which only a flat map of scalars and
 * one map of scalars under "metadata" are let through.
 */
#include "lib/skill/parse-internal.h"

#include <string.h>
#include <yaml.h>

#include "lib/base/text.h"
#include "lib/skill/skill.h"

struct front {
	struct og_reader *r;
	yaml_parser_t yaml;
	size_t offset; /* lines before the YAML text */
};

static size_t line_of(const struct front *f, const yaml_event_t *event)
{
	return f->offset + event->start_mark.line + 1;
}

/* 0 at a YAML error, which is noted. */
static int next_event(struct front *f, yaml_event_t *event)
{
	if (yaml_parser_parse(&f->yaml, event))
		return 1;
	og_note_error(f->r, f->offset + f->yaml.problem_mark.line + 1, "front matter: %s",
		      f->yaml.problem != NULL ? f->yaml.problem : "not YAML");
	return 0;
}

static int plain_scalar(struct front *f, const yaml_event_t *event, const char *what)
{
	const char *text;

	if (event->type != YAML_SCALAR_EVENT) {
		og_note_error(f->r, line_of(f, event), "front matter: %s is not one plain value",
			      what);
		return 0;
	}
	if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL) {
		og_note_error(f->r, line_of(f, event), "front matter: %s has an anchor or a tag",
			      what);
		return 0;
	}
	text = (const char *)event->data.scalar.value;
	if (og_text_hidden(text, event->data.scalar.length) ||
	    !og_utf8_valid(text, event->data.scalar.length)) {
		og_note_error(f->r, line_of(f, event),
			      "front matter: %s holds an invisible character", what);
		return 0;
	}
	return 1;
}

static json_t *scalar_text(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	return json_stringn(text, len);
}

static const char *const og_keys[] = { "og-kind",	"og-clearance", "og-roles",
				       "og-depends-on", "og-governs",	"og-next",
				       "og-touches",	"og-id",	NULL };

static void check_og_key(struct front *f, const char *key, size_t line)
{
	const char *near;

	if (strncmp(key, "og-", 3) != 0)
		return;
	f->r->ours = 1;
	for (size_t i = 0; og_keys[i] != NULL; i++) {
		if (strcmp(og_keys[i], key) == 0)
			return;
	}
	near = og_nearest(key, og_keys);
	og_note_error(f->r, line, "metadata: there is no key '%s'%s%s%s", key,
		      near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
		      near != NULL ? "'?" : "");
}

static void store(struct front *f, const char *key, const yaml_event_t *value, json_t *map)
{
	if (json_object_get(map, key) != NULL)
		og_note_error(f->r, line_of(f, value), "front matter: '%s' is there twice", key);
	else
		og_reader_set(f->r, map, key, scalar_text(value));
}

/* One key of metadata and its value; 0 ends the reading. */
static int read_metadata_pair(struct front *f, yaml_event_t *key, json_t *map)
{
	yaml_event_t value;
	const char *name = (const char *)key->data.scalar.value;
	int ok;

	if (!plain_scalar(f, key, "a key of metadata") || !next_event(f, &value))
		return 0;
	ok = plain_scalar(f, &value, "a value of metadata");
	if (ok) {
		check_og_key(f, name, line_of(f, key));
		store(f, name, &value, map);
	}
	yaml_event_delete(&value);
	return ok;
}

static int read_metadata(struct front *f, const yaml_event_t *start)
{
	json_t *map = json_object_get(f->r->doc, "metadata");
	yaml_event_t event;
	int more = 1;

	if (start->type == YAML_SCALAR_EVENT && start->data.scalar.length == 0)
		return 1; /* "metadata:" with nothing after it */
	if (start->type != YAML_MAPPING_START_EVENT || start->data.mapping_start.anchor != NULL ||
	    start->data.mapping_start.tag != NULL || json_object_size(map) > 0) {
		og_note_error(f->r, line_of(f, start),
			      "front matter: metadata is not one plain map");
		return 0;
	}
	while (more) {
		if (!next_event(f, &event))
			return 0;
		if (event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			return 1;
		}
		more = read_metadata_pair(f, &event, map);
		yaml_event_delete(&event);
	}
	return 0;
}

static void keep_unknown(struct front *f, const char *key, const yaml_event_t *value)
{
	json_t *extra = json_object_get(f->r->doc, "extra");

	if (extra == NULL) {
		og_reader_set(f->r, f->r->doc, "extra", json_object());
		extra = json_object_get(f->r->doc, "extra");
	}
	og_note_warning(f->r, line_of(f, value),
			"front matter: '%s' is not a key of the format; it is kept and not used",
			key);
	store(f, key, value, extra);
}

static int read_value(struct front *f, const char *key, const yaml_event_t *value)
{
	static const char *const keys[][2] = { { "name", "name" },
					       { "description", "description" },
					       { "license", "license" },
					       { "compatibility", "compatibility" },
					       { "allowed-tools", "allowed_tools" } };

	if (strcmp(key, "metadata") == 0)
		return read_metadata(f, value);
	if (!plain_scalar(f, value, key))
		return 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i][0]) == 0) {
			store(f, keys[i][1], value, f->r->doc);
			return 1;
		}
	}
	keep_unknown(f, key, value);
	return 1;
}

static int read_pair(struct front *f, const yaml_event_t *key)
{
	yaml_event_t value;
	int ok;

	if (!plain_scalar(f, key, "a key") || !next_event(f, &value))
		return 0;
	ok = read_value(f, (const char *)key->data.scalar.value, &value);
	yaml_event_delete(&value);
	return ok;
}

/* Reads up to the map's first key. */
static int open_map(struct front *f)
{
	yaml_event_t event;
	int type, plain = 1;

	for (;;) {
		if (!next_event(f, &event))
			return 0;
		type = event.type;
		if (type == YAML_MAPPING_START_EVENT)
			plain = event.data.mapping_start.anchor == NULL &&
				event.data.mapping_start.tag == NULL;
		yaml_event_delete(&event);
		if (type == YAML_MAPPING_START_EVENT && plain)
			return 1;
		if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT)
			break;
	}
	og_note_error(f->r, f->offset + 1,
		      "front matter: it is not a plain map of keys and values");
	return 0;
}

static void read_map(struct front *f)
{
	yaml_event_t event;
	int more = open_map(f);

	while (more) {
		if (!next_event(f, &event))
			return;
		more = event.type != YAML_MAPPING_END_EVENT && read_pair(f, &event);
		yaml_event_delete(&event);
	}
}

/* Length of the line at p without its end, and with it in *ret_next. */
static size_t line_length(const char *p, size_t len, size_t *ret_next)
{
	const char *end = memchr(p, '\n', len);
	size_t n = end != NULL ? (size_t)(end - p) : len;

	*ret_next = end != NULL ? n + 1 : n;
	return n > 0 && p[n - 1] == '\r' ? n - 1 : n;
}

static int is_fence(const char *p, size_t len)
{
	size_t next;

	return line_length(p, len, &next) == 3 && memcmp(p, "---", 3) == 0;
}

/* Finds the YAML text between the two fences; 0 when it is not there. */
static int find_front(struct og_reader *r, size_t *ret_from, size_t *ret_to)
{
	size_t at, next;

	if (!is_fence(r->text, r->len))
		return 0;
	line_length(r->text, r->len, &next);
	*ret_from = at = next;
	for (r->body_line = 1; at < r->len; r->body_line++) {
		line_length(r->text + at, r->len - at, &next);
		if (is_fence(r->text + at, r->len - at)) {
			*ret_to = at;
			r->body = at + next;
			r->body_line++;
			return 1;
		}
		at += next;
	}
	return 0;
}

void og_read_front(struct og_reader *r)
{
	struct front f = { .r = r, .offset = 1 };
	size_t from, to;

	if (!find_front(r, &from, &to)) {
		og_note_error(r, 1, "a skill begins with front matter between two lines of '---'");
		return;
	}
	if (!yaml_parser_initialize(&f.yaml)) {
		r->failed = 1;
		return;
	}
	yaml_parser_set_encoding(&f.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&f.yaml, (const unsigned char *)r->text + from, to - from);
	read_map(&f);
	yaml_parser_delete(&f.yaml);
}
