/*
 * One row set as CSV, RFC 4180. Spreadsheets run what looks like a formula
 * even inside quotes, so such a text gets an apostrophe in front; numbers
 * stay numbers. NULL is nothing at all and an empty text is "", as
 * PostgreSQL's COPY tells the two apart.
 */
#include "lib/view/view.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/profile-internal.h"

/* Would a spreadsheet run it? Leading blanks do not stop one; neither do
 * the wide forms of the same characters. */
static int is_formula(const char *text, size_t len)
{
	static const char *const wide[] = { "\uff1d", "\uff0b", "\uff0d", "\uff20" };
	struct og_err err = OG_ERR_INIT;
	double number;

	if (len > 0 && strchr("\t\r\n", text[0]))
		return 1;
	while (len > 0 && *text == ' ') {
		text++;
		len--;
	}
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (strncmp(text, wide[i], strlen(wide[i])) == 0)
			return 1;
	if (len == 0 || !strchr("=+-@\t\r", text[0]))
		return 0;
	return strlen(text) != len || og_double_parse(text, "cell", &number, &err) < 0;
}

static void add_quoted(struct og_buf *buf, const char *text, size_t len)
{
	og_buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			og_buf_addc(buf, '"');
		og_buf_addc(buf, text[i]);
	}
	og_buf_addc(buf, '"');
}

/* Control bytes no table needs: they could only steer a terminal. */
static int has_controls(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && !strchr("\t\r\n", text[i])) ||
		    text[i] == '\0' || text[i] == 0x7f)
			return 1;
	return 0;
}

static void add_text(struct og_buf *buf, const char *text, size_t len)
{
	int formula = is_formula(text, len);
	struct og_buf safe;

	if (!formula && !has_controls(text, len)) {
		if (len == 0 || strcspn(text, "\",\r\n\t") < len)
			add_quoted(buf, text, len);
		else
			og_buf_add(buf, text, len);
		return;
	}
	og_buf_init(&safe, OG_VIEW_MAX);
	og_buf_adds(&safe, formula ? "'" : "");
	if (has_controls(text, len))
		og_text_safe(&safe, text, len, 1);
	else
		og_buf_add(&safe, text, len);
	if (safe.failed)
		buf->failed = safe.failed;
	else
		add_quoted(buf, safe.data, safe.len);
	og_buf_release(&safe);
}

/* Values as they are in the document; nothing grouped or rounded. */
static int add_value(struct og_buf *buf, const json_t *value, struct og_err *err)
{
	struct og_buf text;
	int rc;

	if (!value || json_is_null(value))
		return 0;
	if (json_is_string(value)) {
		add_text(buf, json_string_value(value), json_string_length(value));
		return 0;
	}
	og_buf_init(&text, OG_VIEW_MAX);
	if (json_is_object(value)) {
		og_format(&text, value, "text", NULL);
		rc = og_buf_check(&text, "cell", err);
	} else {
		rc = og_json_dump(value, &text, err);
	}
	if (rc == 0)
		add_text(buf, text.len > 0 ? text.data : "", text.len);
	og_buf_release(&text);
	return rc;
}

static int find_set(const json_t *result, const char *set, json_t **ret, struct og_err *err)
{
	json_t *data = json_object_get(result, "data"), *rows;
	const char *name;
	struct og_buf names;

	og_buf_init(&names, OG_ERR_HINT_MAX);
	json_object_foreach(data, name, rows)
	{
		if (!set || strcmp(set, name) == 0) {
			*ret = rows;
			og_buf_release(&names);
			return 0;
		}
		if (!names.failed)
			og_buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", name);
	}
	if (set)
		og_fail(err, OG_NO, "the result has no row set '%s'", set);
	else
		og_fail(err, OG_NO, "the result has no row sets");
	if (names.len > 0)
		og_hint(err, "it has: %s", names.data);
	og_buf_release(&names);
	return -1;
}

int og_view_csv_rows(const json_t *columns, const json_t *rows, struct og_buf *buf,
		     struct og_err *err)
{
	json_t *row, *value;
	size_t i, c;

	json_array_foreach(columns, c, value)
	{
		og_buf_adds(buf, c > 0 ? "," : "");
		add_text(buf, json_string_value(value), json_string_length(value));
	}
	og_buf_adds(buf, "\r\n");
	json_array_foreach(rows, i, row)
	{
		json_array_foreach(row, c, value)
		{
			og_buf_adds(buf, c > 0 ? "," : "");
			if (add_value(buf, value, err) < 0)
				return -1;
		}
		og_buf_adds(buf, "\r\n");
	}
	return og_buf_check(buf, "CSV", err);
}

int og_view_csv(const json_t *result, const char *set, struct og_buf *buf, struct og_err *err)
{
	struct profile profile;
	json_t *rows, *row;
	size_t i;

	if (find_set(result, set, &rows, err) < 0)
		return -1;
	og_profile(rows, &profile);
	if (profile.left_out > 0)
		return og_fail(err, OG_EDATA, "the row set has more than %d columns",
			       OG_VIEW_COLUMNS);
	for (i = 0; i < profile.n_columns; i++) {
		og_buf_adds(buf, i > 0 ? "," : "");
		add_text(buf, profile.columns[i].key, strlen(profile.columns[i].key));
	}
	og_buf_adds(buf, profile.n_columns > 0 ? "\r\n" : "");
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < profile.n_columns; c++) {
			og_buf_adds(buf, c > 0 ? "," : "");
			if (add_value(buf, json_object_get(row, profile.columns[c].key), err) < 0)
				return -1;
		}
		og_buf_adds(buf, "\r\n");
	}
	return og_buf_check(buf, "CSV", err);
}
