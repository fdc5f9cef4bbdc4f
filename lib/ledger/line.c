/* See line.h. */
#include "lib/ledger/line.h"

#include "lib/base/text.h"

#define LINE_WIDTH 79

/* The step, how the task ended, the first row changed, how many more, and why not. */
static void describe(const json_t *row, struct og_buf *line)
{
	const json_t *body = json_object_get(row, "body");
	const json_t *changes = json_object_get(body, "changes"), *first;
	const char *why = og_json_str(body, "why"), *step = og_json_str(row, "step");
	const char *state = og_json_str(body, "state"), *text = og_json_str(body, "text");

	if (json_object_get(body, "redacted"))
		og_buf_addf(line, " entry %lld: %s", (long long)og_json_int(body, "redacted", 0),
			    og_json_str(body, "reason"));
	if (step && *step)
		og_buf_addf(line, " %s", step);
	if (state)
		og_buf_addf(line, " %s: %s", state, text ? text : "");
	first = json_array_get(changes, 0);
	if (first)
		og_buf_addf(line, " %s %s", og_json_str(first, "op"), og_json_str(first, "table"));
	if (json_array_size(changes) > 1)
		og_buf_addf(line, " and %zu more", json_array_size(changes) - 1);
	if (why)
		og_buf_addf(line, " %s", why);
	if (json_is_null(body))
		og_buf_adds(line, " (redacted)");
}

/* The longest beginning that fits. */
static size_t cut_at(const struct og_buf *text)
{
	size_t cut = 0, width = 0;
	uint32_t c;

	while (cut < text->len) {
		size_t len = og_utf8_decode(text->data + cut, text->len - cut, &c);

		width += og_utf8_width(text->data + cut, len);
		if (width > LINE_WIDTH)
			break;
		cut += len;
	}
	return cut;
}

int og_entry_line(const json_t *row, struct og_buf *ret, struct og_err *err)
{
	struct og_buf raw, safe;
	int rc = -1;

	og_buf_init(&raw, OG_ENTRY_LINE_MAX / 4);
	og_buf_init(&safe, OG_ENTRY_LINE_MAX);
	og_buf_addf(&raw, "%5lld  %.19s  %-9s %-11s", (long long)og_json_int(row, "seq", 0),
		    og_json_str(row, "time"), og_json_str(row, "principal"),
		    og_json_str(row, "action"));
	describe(row, &raw);
	og_text_safe(&safe, raw.data, raw.len, 0);
	if (og_buf_check(&safe, "line", err) == 0) {
		og_buf_add(ret, safe.data, cut_at(&safe));
		rc = og_buf_check(ret, "line", err);
	}
	og_buf_release(&raw);
	og_buf_release(&safe);
	return rc;
}
