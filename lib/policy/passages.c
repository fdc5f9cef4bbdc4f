/* See passages.h. A line that starts with # opens a heading of its depth,
 * but not between fences; blank lines end a paragraph; that is all of
 * Markdown that matters here. */
#include "lib/policy/passages.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/policy/store.h"

#define DEPTH	    6
#define HEADING_MAX 200

struct splitter {
	json_t *passages;
	char headings[DEPTH][HEADING_MAX + 1];
	struct og_buf text;   /* the paragraph so far, one line */
	struct og_buf breaks; /* size_t: where in it each line after the first begins */
	int line, started;    /* now, and where the paragraph began */
	char fence;	      /* ` or ~: which character closes it; 0 outside */
};

static size_t cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	len = max;
	while (len > 0 && text[len] != ' ')
		len--;
	if (len > 0)
		return len;
	for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

static json_t *heading_path(const struct splitter *s)
{
	struct og_buf path;
	json_t *value;

	og_buf_init(&path, DEPTH * (HEADING_MAX + 4));
	for (int i = 0; i < DEPTH; i++)
		if (s->headings[i][0])
			og_buf_addf(&path, "%s%s", path.len ? " > " : "", s->headings[i]);
	value = json_stringn(path.data, path.len);
	og_buf_release(&path);
	return value;
}

/* The line that a byte of the paragraph is on: its lines follow each other. */
static int line_of(const struct splitter *s, size_t byte)
{
	const size_t *breaks = (const size_t *)(const void *)s->breaks.data;
	size_t n = s->breaks.len / sizeof(size_t), low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;

		if (breaks[middle] <= byte)
			low = middle + 1;
		else
			n = middle;
	}
	return s->started + (int)low;
}

/* Ends the paragraph: one passage, or several when it is long. */
static int flush(struct splitter *s, struct og_err *err)
{
	const char *text = s->text.data;
	size_t left = s->text.len;

	while (left > 0) {
		size_t len = cut(text, left, OG_PASSAGE_MAX), at = (size_t)(text - s->text.data);
		json_t *passage = json_pack("{s:o,s:i,s:i,s:o}", "heading", heading_path(s), "line",
					    line_of(s, at), "last", line_of(s, at + len - 1),
					    "text", json_stringn(text, len));

		if (!passage || json_array_append_new(s->passages, passage) < 0)
			return og_fail_nomem(err);
		if (json_array_size(s->passages) > OG_PASSAGES_MAX)
			return og_fail(err, OG_EDATA, "the document has more than %d passages",
				       OG_PASSAGES_MAX);
		text += len;
		left -= len;
		while (left > 0 && *text == ' ') {
			text++;
			left--;
		}
	}
	og_buf_clear(&s->text);
	og_buf_clear(&s->breaks);
	return 0;
}

/* Depth of a heading line, or 0. */
static size_t heading_depth(const char *line, size_t len)
{
	size_t depth = 0;

	while (depth < len && line[depth] == '#')
		depth++;
	return depth > 0 && depth <= DEPTH && depth < len && line[depth] == ' ' ? depth : 0;
}

static void set_heading(struct splitter *s, size_t depth, const char *text, size_t len)
{
	while (len > 0 && (*text == ' ' || *text == '#')) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" #\r", text[len - 1]))
		len--;
	len = cut(text, len, HEADING_MAX);
	memcpy(s->headings[depth - 1], text, len);
	s->headings[depth - 1][len] = '\0';
	for (size_t i = depth; i < DEPTH; i++)
		s->headings[i][0] = '\0';
}

static int add_text(struct splitter *s, const char *line, size_t len, struct og_err *err)
{
	if (s->text.len == 0)
		s->started = s->line;
	else {
		og_buf_addc(&s->text, ' ');
		og_buf_add(&s->breaks, &s->text.len, sizeof(s->text.len));
	}
	og_buf_add(&s->text, line, len);
	if (og_buf_check(&s->breaks, "paragraph", err) < 0)
		return -1;
	return og_buf_check(&s->text, "paragraph", err);
}

/* A line of three or more ` or ~ opens a fence, the same closes it. */
static void watch_fence(struct splitter *s, const char *line, size_t len)
{
	while (len > 0 && *line == ' ') {
		line++;
		len--;
	}
	if (len < 3 || (*line != '`' && *line != '~') || line[1] != *line || line[2] != *line)
		return;
	if (!s->fence)
		s->fence = *line;
	else if (s->fence == *line)
		s->fence = 0;
}

static int take_line(struct splitter *s, const char *line, size_t len, struct og_err *err)
{
	size_t depth = s->fence ? 0 : heading_depth(line, len);

	watch_fence(s, line, len);

	while (len > 0 && strchr(" \t\r", line[len - 1]))
		len--;
	if (depth > 0) {
		if (flush(s, err) < 0)
			return -1;
		set_heading(s, depth, line, len);
		return 0;
	}
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	return len > 0 ? add_text(s, line, len, err) : flush(s, err);
}

int og_passages_split(const char *text, size_t len, json_t **ret, struct og_err *err)
{
	struct splitter s = { .passages = json_array() };
	int rc = -1;

	og_buf_init(&s.text, OG_POLICY_BODY_MAX);
	og_buf_init(&s.breaks, OG_POLICY_BODY_MAX * sizeof(size_t));
	if (!s.passages) {
		og_fail_nomem(err);
		goto out;
	}
	if (len > OG_POLICY_BODY_MAX) {
		og_fail(err, OG_EDATA, "the document is larger than %zu bytes", OG_POLICY_BODY_MAX);
		goto out;
	}
	if (memchr(text, 0, len) || !og_utf8_valid(text, len)) {
		og_fail(err, OG_EDATA, "the document is not a UTF-8 text");
		goto out;
	}
	for (const char *end = text + len; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = newline ? (size_t)(newline - text) : (size_t)(end - text);

		s.line++;
		if (take_line(&s, text, n, err) < 0)
			goto out;
		text += n + (newline != NULL);
	}
	if (flush(&s, err) < 0)
		goto out;
	if (json_array_size(s.passages) == 0) {
		og_fail(err, OG_EDATA, "the document holds no text");
		goto out;
	}
	*ret = s.passages;
	s.passages = NULL;
	rc = 0;
out:
	json_decref(s.passages);
	og_buf_release(&s.text);
	og_buf_release(&s.breaks);
	return rc;
}
