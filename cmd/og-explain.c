/*
 * The reply of sql.explain for a person. One fact per
 * line, its name in front, so that grep finds it; --json has it all.
 */
#include "cmd/og-explain.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/text.h"

#define TEXT_MAX ((size_t)1 << 20)

/* "name     text", control bytes made visible. */
static int line(struct og_err *err, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int line(struct og_err *err, const char *name, const char *fmt, ...)
{
	char text[4096];
	struct og_buf safe;
	va_list args;
	int rc;

	va_start(args, fmt);
	og_text_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	og_buf_init(&safe, TEXT_MAX);
	og_text_safe(&safe, text, strlen(text), 0);
	rc = og_buf_check(&safe, "explanation", err);
	if (rc == 0)
		rc = og_printf(err, "%-8s %s\n", name, safe.len > 0 ? safe.data : "");
	og_buf_release(&safe);
	return rc;
}

static void add_word(struct og_buf *buf, const char *word)
{
	og_buf_addf(buf, "%s%s", buf->len > 0 ? ", " : "", word);
}

static const char *text_of(const struct og_buf *buf)
{
	return buf->len > 0 && !buf->failed ? buf->data : "";
}

/* Which columns the statement touches; and what of the others is there. */
static int columns(const json_t *table, int touched, struct og_buf *out)
{
	json_t *column;
	size_t i;

	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		if (og_json_bool(column, "touched", 0) != touched)
			continue;
		add_word(out, og_json_str(column, "name"));
		if (og_json_bool(column, "masked", 0))
			og_buf_adds(out, " (masked: reads as NULL)");
	}
	return out->failed;
}

static int settable(const json_t *table, struct og_buf *out)
{
	json_t *column;
	size_t i;

	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		if (og_json_bool(column, "settable", 0))
			add_word(out, og_json_str(column, "name"));
	}
	return out->failed;
}

static int can_write(const json_t *table)
{
	json_t *verb;
	size_t i;

	json_array_foreach(json_object_get(table, "verbs"), i, verb)
	{
		if (strcmp(json_string_value(verb), "select") != 0)
			return 1;
	}
	return 0;
}

/* A line whose text is a list that fill makes; nothing when it is empty. */
static int list_line(const char *name, const char *intro, const json_t *table,
		     int (*fill)(const json_t *, struct og_buf *), struct og_err *err)
{
	struct og_buf text;
	int rc = 0;

	og_buf_init(&text, TEXT_MAX);
	fill(table, &text);
	if (text.len > 0)
		rc = line(err, name, "%s%s", intro, text_of(&text));
	og_buf_release(&text);
	return rc;
}

static int fill_touched(const json_t *table, struct og_buf *out)
{
	return columns(table, 1, out);
}

static int fill_others(const json_t *table, struct og_buf *out)
{
	return columns(table, 0, out);
}

static int fill_verbs(const json_t *table, struct og_buf *out)
{
	json_t *verb;
	size_t i;

	json_array_foreach(json_object_get(table, "verbs"), i, verb)
	{
		add_word(out, json_string_value(verb));
	}
	return out->failed;
}

static int show_predicate(const json_t *table, struct og_err *err)
{
	const json_t *predicate = json_object_get(table, "predicate");

	if (!predicate)
		return line(err, "", "rows: those the grant is about");
	if (json_is_null(predicate))
		return line(err, "", "rows: all");
	return line(err, "", "rows: %s", json_string_value(predicate));
}

static int show_grant(const json_t *table, const char *subject, struct og_err *err)
{
	struct og_buf verbs;
	int rc;

	og_buf_init(&verbs, 64);
	fill_verbs(table, &verbs);
	rc = line(err, "table", "%s: %s may %s", og_json_str(table, "name"), subject,
		  text_of(&verbs));
	og_buf_release(&verbs);
	if (rc < 0 || list_line("", "touched: ", table, fill_touched, err) < 0 ||
	    list_line("", "also there: ", table, fill_others, err) < 0 ||
	    (can_write(table) && list_line("", "may be set: ", table, settable, err) < 0))
		return -1;
	return show_predicate(table, err);
}

static int show_grants(const json_t *reply, struct og_err *err)
{
	json_t *table;
	size_t i;

	json_array_foreach(json_object_get(reply, "grants"), i, table)
	{
		if (show_grant(table, og_json_str(reply, "subject"), err) < 0)
			return -1;
	}
	return 0;
}

static int show_verdict(const json_t *reply, int allowed, struct og_err *err)
{
	const char *fix = og_json_str(reply, "fix");

	if (allowed)
		return line(err, "verdict", "allow: %s may %s this",
			    og_json_str(reply, "principal"),
			    og_json_bool(reply, "writes", 0) ? "write" : "read");
	if (line(err, "verdict", "%s, by the rule %s", og_json_str(reply, "verdict"),
		 og_json_str(reply, "rule")) < 0 ||
	    line(err, "why", "%s", og_json_str(reply, "why")) < 0)
		return -1;
	return fix && *fix ? line(err, "fix", "%s", fix) : 0;
}

static int show_count(const json_t *reply, struct og_err *err)
{
	const char *why = og_json_str(reply, "uncounted");
	long long n = og_json_int(reply, "count", -1);
	int writes = og_json_bool(reply, "writes", 0);

	if (why && *why)
		return line(err, "rows", "not counted: %s", why);
	if (n < 0)
		return 0;
	if (line(err, "rows", "%lld would be %s", n, writes ? "written; none was" : "answered") < 0)
		return -1;
	return writes ? line(err, "",
			     "what each row would break (its predicate, a constraint) shows when "
			     "it "
			     "is written")
		      : 0;
}

static int show_limits(const json_t *reply, struct og_err *err)
{
	const json_t *budget = json_object_get(reply, "budget");
	json_t *limit;
	size_t i;

	json_array_foreach(json_object_get(reply, "limits"), i, limit)
	{
		if (line(err, "policy", "%s of %s: %.15g", og_json_str(limit, "name"),
			 og_json_str(limit, "node"),
			 json_number_value(json_object_get(limit, "value"))) < 0)
			return -1;
	}
	return line(err, "limits", "%lld %s, %lld steps, %lld ms",
		    (long long)og_json_int(
			    budget, og_json_bool(reply, "writes", 0) ? "affected" : "rows", 0),
		    og_json_bool(reply, "writes", 0) ? "rows written" : "rows",
		    (long long)og_json_int(budget, "steps", 0),
		    (long long)og_json_int(budget, "ms", 0));
}

static int show_lines(const char *name, const json_t *lines, struct og_err *err)
{
	json_t *text;
	size_t i;

	json_array_foreach(lines, i, text)
	{
		if (line(err, i == 0 ? name : "", "%s", json_string_value(text)) < 0)
			return -1;
	}
	return 0;
}

static int show_plan(const json_t *reply, struct og_err *err)
{
	json_t *inner;
	size_t i;

	if (show_lines("plan", json_object_get(reply, "plan"), err) < 0)
		return -1;
	json_array_foreach(json_object_get(reply, "inside"), i, inner)
	{
		if (line(err, "inside", "%s", og_json_str(inner, "sql")) < 0 ||
		    show_lines("", json_object_get(inner, "plan"), err) < 0)
			return -1;
	}
	return 0;
}

int og_explain_print(const json_t *reply, struct og_err *err)
{
	const char *verdict = og_json_str(reply, "verdict");
	int allowed = verdict && strcmp(verdict, "allow") == 0;

	if (show_verdict(reply, allowed, err) < 0 || show_grants(reply, err) < 0 ||
	    show_count(reply, err) < 0 || show_plan(reply, err) < 0 || show_limits(reply, err) < 0)
		return -1;
	return allowed;
}
