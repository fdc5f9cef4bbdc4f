/* See og-out.h. */
#include "cmd/og-out.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/json/table.h"

#define FIELDS_MAX 64
#define TEXT_MAX   ((size_t)64 << 20)
#define NARROW	   110 /* columns of a terminal that has no room for times */

/* A part of a template: words, or a field. */
struct part {
	const struct og_field *field; /* NULL: text */
	char *text;		      /* made safe */
};

struct og_out {
	const struct og_field *fields;
	og_record_fn *text;
	int json, null, template, verbatim, color;
	size_t width; /* of the terminal; 0: there is none */
	struct part *parts;
	size_t n_parts;
	json_t *rows; /* of the table */
};

/* --- templates ----------------------------------------------------------------- */

static const struct og_field *find_field(const struct og_field *fields, const char *name,
					 size_t len)
{
	for (; fields->name; fields++)
		if (strlen(fields->name) == len && memcmp(fields->name, name, len) == 0)
			return fields;
	return NULL;
}

/* "no field 'stat'", with the nearest and all there are. */
static int unknown_field(const struct og_field *fields, const char *name, size_t len,
			 struct og_err *err)
{
	const char *names[FIELDS_MAX + 1], *nearest;
	char word[64], all[OG_ERR_HINT_MAX] = "";
	size_t n = 0, used = 0;

	og_text_format(word, sizeof(word), "%.*s", (int)(len < 63 ? len : 63), name);
	for (; n < FIELDS_MAX && fields[n].name; n++) {
		names[n] = fields[n].name;
		/* The first may stand there again, as a column of its own. */
		if (n > 0 && find_field(fields, names[n], strlen(names[n])) != &fields[n])
			continue;
		og_text_format(all + used, sizeof(all) - used, "%s%s", n > 0 ? ", " : "", names[n]);
		used = strlen(all);
	}
	names[n] = NULL;
	nearest = og_nearest(word, names);
	og_fail(err, OG_EUSAGE, "--format: there is no field '%s'", word);
	return nearest ? og_hint(err, "did you mean {%s}? there are: %s", nearest, all)
		       : og_hint(err, "there are: %s", all);
}

/* "\n" and the like; what is escaped, or 0. */
static char unescape(char c)
{
	static const char from[] = "nt\\{}", to[] = "\n\t\\{}";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : 0;
}

static int add_text(struct og_out *out, struct og_buf *text, struct og_err *err)
{
	struct og_buf safe;

	if (text->len == 0)
		return 0;
	og_buf_init(&safe, TEXT_MAX);
	og_text_safe(&safe, text->data, text->len, 1);
	og_buf_clear(text);
	out->parts[out->n_parts].text = og_buf_take(&safe);
	og_buf_release(&safe);
	return out->parts[out->n_parts++].text ? 0 : og_fail_nomem(err);
}

/* At "{name}": how long that is, or 0 with err. */
static size_t add_field(struct og_out *out, const char *at, struct og_err *err)
{
	size_t len = strcspn(at + 1, "}");
	const struct og_field *field;

	if (at[1 + len] != '}') {
		og_fail(err, OG_EUSAGE, "--format: '{' without '}'");
		og_hint(err, "a brace of the text is written \\{");
		return 0;
	}
	field = find_field(out->fields, at + 1, len);
	if (!field) {
		unknown_field(out->fields, at + 1, len, err);
		return 0;
	}
	out->parts[out->n_parts++].field = field;
	return len + 2;
}

static int read_template(struct og_out *out, const char *text, struct og_err *err)
{
	struct og_buf words;
	int rc = -1;

	/* Each part takes a byte at least, and a field is between two texts. */
	out->parts = calloc(strlen(text) + 2, sizeof(*out->parts));
	if (!out->parts)
		return og_fail_nomem(err);
	og_buf_init(&words, TEXT_MAX);
	while (*text) {
		size_t n = 1;

		if (*text == '{') {
			if (add_text(out, &words, err) < 0 || (n = add_field(out, text, err)) == 0)
				goto out;
		} else if (*text == '\\') {
			char c = unescape(text[1]);

			if (!c) {
				og_fail(err, OG_EUSAGE, "--format: '\\%.1s' is no escape",
					text + 1);
				og_hint(err, "there are \\n \\t \\\\ \\{ \\}");
				goto out;
			}
			og_buf_addc(&words, c);
			n = 2;
		} else {
			og_buf_addc(&words, *text);
		}
		text += n;
	}
	rc = add_text(out, &words, err);
out:
	og_buf_release(&words);
	return rc;
}

/* --- opening ------------------------------------------------------------------- */

static int read_options(struct og_out *out, const struct og_args *args, struct og_err *err)
{
	const char *format = og_arg_value(args, "format");

	out->json = og_arg_flag(args, "json");
	out->null = og_arg_flag(args, "null");
	out->template = format != NULL;
	if (out->json && (format || out->null)) {
		og_fail(err, OG_EUSAGE, "--json and --%s do not go together",
			format ? "format" : "null");
		return og_hint(err, "with --json a record is a line; jq -j can end it with a NUL");
	}
	return format ? read_template(out, format, err) : 0;
}

int og_out_new(const struct og_ctx *ctx, const struct og_args *args, const struct og_field *fields,
	       og_record_fn *text, struct og_out **ret, struct og_err *err)
{
	struct og_out *out = calloc(1, sizeof(*out));

	if (!out)
		return og_fail_nomem(err);
	out->fields = fields;
	out->text = text;
	out->width = og_print_width(ctx);
	out->color = og_color_on(ctx, 1);
	out->rows = json_array();
	if (!out->rows) {
		og_out_free(out);
		return og_fail_nomem(err);
	}
	if (read_options(out, args, err) < 0) {
		og_out_free(out);
		return -1;
	}
	out->verbatim = out->null && !og_print_is_terminal();
	*ret = out;
	return 0;
}

void og_out_free(struct og_out *out)
{
	if (!out)
		return;
	for (size_t i = 0; i < out->n_parts; i++)
		free(out->parts[i].text);
	free(out->parts);
	json_decref(out->rows);
	free(out);
}

/* --- records ------------------------------------------------------------------- */

/* The field's value as it is: a string's text, else JSON; nothing for null. */
static int value_raw(const struct og_field *field, const json_t *record, struct og_buf *out,
		     struct og_err *err)
{
	const json_t *value = json_object_get(record, field->name);

	if (field->write)
		return field->write(record, out, err);
	if (!value || json_is_null(value))
		return 0;
	if (json_is_string(value))
		return og_buf_add(out, json_string_value(value), json_string_length(value));
	return og_json_dump(value, out, err);
}

static int add_value(const struct og_out *out, const struct og_field *field, const json_t *record,
		     struct og_buf *line, struct og_err *err)
{
	struct og_buf raw;
	int rc = -1;

	og_buf_init(&raw, TEXT_MAX);
	if (value_raw(field, record, &raw, err) < 0 || og_buf_check(&raw, "output", err) < 0)
		goto out;
	/* A NUL of the data would end the record too soon. */
	if (out->verbatim && raw.len > 0 && !memchr(raw.data, '\0', raw.len))
		rc = og_buf_add(line, raw.data, raw.len);
	else
		rc = og_text_safe(line, raw.data ? raw.data : "", raw.len, 0);
	rc = og_buf_check(line, "output", err);
out:
	og_buf_release(&raw);
	return rc;
}

static int print_parts(const struct og_out *out, const json_t *record, struct og_err *err)
{
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, TEXT_MAX);
	if (!out->template && add_value(out, &out->fields[0], record, &line, err) < 0)
		goto out;
	for (size_t i = 0; i < out->n_parts; i++) {
		if (!out->parts[i].field)
			og_buf_adds(&line, out->parts[i].text);
		else if (add_value(out, out->parts[i].field, record, &line, err) < 0)
			goto out;
	}
	if (out->null)
		og_buf_add(&line, "", 1);
	if (og_buf_check(&line, "output", err) < 0)
		goto out;
	rc = out->null ? og_print_bytes(line.data, line.len, err)
		       : og_print(line.data ? line.data : "", line.len, err);
out:
	og_buf_release(&line);
	return rc;
}

/* A cell: numbers stay numbers, which stand at the right. */
static json_t *cell(const struct og_field *field, const json_t *record, struct og_err *err)
{
	struct og_buf text;
	json_t *value = NULL;

	if (!field->write) {
		value = json_incref(json_object_get(record, field->name));
		return value ? value : json_null();
	}
	og_buf_init(&text, TEXT_MAX);
	if (field->write(record, &text, err) == 0 && og_buf_check(&text, "output", err) == 0) {
		value = json_stringn(text.data ? text.data : "", text.len);
		if (!value)
			og_fail_nomem(err);
	}
	og_buf_release(&text);
	return value;
}

static int is_column(const struct og_out *out, const struct og_field *field)
{
	return field->column &&
	       !(field->kind == OG_FIELD_TIME && out->width > 0 && out->width < NARROW);
}

static int keep_row(struct og_out *out, const json_t *record, struct og_err *err)
{
	json_t *row = json_array(), *value;

	for (const struct og_field *f = out->fields; row && f->name; f++) {
		if (!is_column(out, f))
			continue;
		value = cell(f, record, err);
		if (!value || json_array_append_new(row, value) < 0) {
			json_decref(row);
			return value ? og_fail_nomem(err) : -1;
		}
	}
	return row && json_array_append_new(out->rows, row) == 0 ? 0 : og_fail_nomem(err);
}

int og_out_add(struct og_out *out, json_t *record, struct og_err *err)
{
	if (out->json)
		return og_print_json(record, err);
	if (out->null || out->template)
		return print_parts(out, record, err);
	return out->text ? out->text(record, out->color, err) : keep_row(out, record, err);
}

/* --- the table ----------------------------------------------------------------- */

static const char *paint(void *arg, size_t column, const json_t *value)
{
	const struct og_out *out = arg;
	const struct og_field *f = out->fields;

	if (!value)
		return og_tone_begin(OG_TONE_DIM);
	while (!is_column(out, f) || column-- > 0)
		f++;
	if (f->kind == OG_FIELD_STATE)
		return og_tone_begin(og_tone_of(json_string_value(value)));
	return og_tone_begin(f->kind == OG_FIELD_TIME ? OG_TONE_DIM : OG_TONE_PLAIN);
}

/* The titles; what the columns are in shape. NULL without memory. */
static json_t *titles(const struct og_out *out, struct og_table_shape *shape)
{
	json_t *names = json_array();
	uint64_t bit = 1;

	for (const struct og_field *f = out->fields; f->name; f++) {
		if (!is_column(out, f))
			continue;
		if (f->kind == OG_FIELD_KEY || f->kind == OG_FIELD_SUM)
			shape->keep |= bit;
		if (f->kind == OG_FIELD_SUM)
			shape->right |= bit;
		bit <<= 1;
		if (json_array_append_new(names, json_string(f->column)) < 0) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

int og_out_end(struct og_out *out, struct og_err *err)
{
	struct og_table_shape shape = { .width = out->width,
					.header = out->width > 0,
					.paint = out->color ? paint : NULL,
					.arg = out };
	json_t *names = titles(out, &shape);
	struct og_buf text;
	int rc = 0;

	og_buf_init(&text, 4 * TEXT_MAX);
	if (!names)
		rc = og_fail_nomem(err);
	else if (json_array_size(out->rows) > 0)
		rc = og_table_print(names, out->rows, &shape, &text, err);
	if (rc == 0 && text.len > 0)
		rc = og_print(text.data, text.len, err);
	og_buf_release(&text);
	json_decref(names);
	return rc;
}

int og_out_list(const struct og_ctx *ctx, const struct og_args *args, const struct og_field *fields,
		const json_t *list, struct og_err *err)
{
	struct og_out *out = NULL;
	json_t *record;
	size_t i;
	int rc = og_out_new(ctx, args, fields, NULL, &out, err);

	json_array_foreach(list, i, record)
	{
		if (rc == 0)
			rc = og_out_add(out, record, err);
	}
	if (rc == 0)
		rc = og_out_end(out, err);
	og_out_free(out);
	return rc;
}
