/* The stream is looked at line by line; only the last, unfinished line and
 * the event it belongs to are kept. */
#include "lib/net/events.h"

#include <string.h>

#include "lib/base/text.h"

#define BOM "\xef\xbb\xbf"

void og_events_init(struct og_events *events, size_t max, og_event_fn *fn, void *arg)
{
	memset(events, 0, sizeof(*events));
	og_buf_init(&events->line, max);
	og_buf_init(&events->data, max);
	events->left = max;
	events->fn = fn;
	events->arg = arg;
}

void og_events_release(struct og_events *events)
{
	og_buf_release(&events->line);
	og_buf_release(&events->data);
}

static int hand_out(struct og_events *events, const char *data, size_t len, struct og_err *err)
{
	events->count++;
	return events->fn(events->arg, data, len) != 0
		       ? og_fail(err, OG_NO, "the stream is not wanted any more")
		       : 0;
}

/* U+FFFD takes three bytes, in place of one at least. */
static int hand_out_repaired(struct og_events *events, struct og_err *err)
{
	const struct og_buf *data = &events->data;
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, 3 * data->len);
	og_utf8_repair(&text, data->data, data->len - 1);
	if (og_buf_check(&text, "event", err) == 0)
		rc = hand_out(events, text.data, text.len, err);
	og_buf_release(&text);
	return rc;
}

/* An empty line: the event is complete, if there is one. */
static int end_event(struct og_events *events, struct og_err *err)
{
	struct og_buf *data = &events->data;
	int rc;

	if (data->len == 0)
		return 0;
	data->data[data->len - 1] = '\0';
	rc = og_utf8_valid(data->data, data->len - 1)
		     ? hand_out(events, data->data, data->len - 1, err)
		     : hand_out_repaired(events, err);
	og_buf_clear(data);
	return rc;
}

static int take_field(struct og_events *events, const char *line, size_t len, struct og_err *err)
{
	const char *colon = memchr(line, ':', len), *value = line + len;

	if ((colon ? (size_t)(colon - line) : len) != 4 || memcmp(line, "data", 4) != 0)
		return 0;
	if (colon)
		value = colon + 1 + (colon + 1 < line + len && colon[1] == ' ');
	og_buf_add(&events->data, value, (size_t)(line + len - value));
	og_buf_addc(&events->data, '\n');
	return og_buf_check(&events->data, "event", err);
}

static int end_line(struct og_events *events, struct og_err *err)
{
	struct og_buf *line = &events->line;
	size_t bom = 0;
	int rc;

	if (!events->lines && line->len >= 3 && memcmp(line->data, BOM, 3) == 0)
		bom = 3;
	events->lines = 1;
	rc = line->len == bom ? end_event(events, err)
			      : take_field(events, line->data + bom, line->len - bom, err);
	og_buf_clear(line);
	return rc;
}

/* Bytes up to the end of a line, or all. */
static size_t until_end(const char *piece, size_t len)
{
	size_t n = 0;

	while (n < len && piece[n] != '\n' && piece[n] != '\r')
		n++;
	return n;
}

static int take_piece(struct og_events *events, const char *piece, size_t len, struct og_err *err)
{
	while (len > 0) {
		size_t n;

		if (events->cr && *piece == '\n') {
			events->cr = 0;
			piece++;
			len--;
			continue;
		}
		n = until_end(piece, len);
		if (og_buf_add(&events->line, piece, n) < 0)
			return og_buf_check(&events->line, "event", err);
		events->cr = n < len && piece[n] == '\r';
		if (n < len && end_line(events, err) < 0)
			return -1;
		n += n < len;
		piece += n;
		len -= n;
	}
	return 0;
}

/* However it is cut, the same part of a stream that is too large is taken. */
int og_events_add(struct og_events *events, const char *piece, size_t len, struct og_err *err)
{
	size_t n = len < events->left ? len : events->left;

	events->left -= n;
	if (take_piece(events, piece, n, err) < 0)
		return -1;
	return n < len ? og_fail(err, OG_EDATA, "the stream is too large") : 0;
}

int og_events_pending(const struct og_events *events)
{
	const struct og_buf *line = &events->line;

	return events->data.len > 0 || (line->len > 0 && line->data[0] != ':');
}
