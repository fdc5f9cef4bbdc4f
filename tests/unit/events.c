/* Server-sent events, cut in every way there is. */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/net/events.h"

#define MAX ((size_t)65536)

/* Each event's data in brackets. */
static int collect(void *arg, const char *data, size_t len)
{
	struct og_buf *out = arg;

	og_buf_addc(out, '[');
	og_buf_add(out, data, len);
	og_buf_addc(out, ']');
	return 0;
}

/* Reads it in pieces of so many bytes; '!' follows what was not ended. */
static void read_in(const char *text, size_t len, size_t piece, struct og_buf *out)
{
	struct og_err err = OG_ERR_INIT;
	struct og_events events;

	og_buf_init(out, MAX);
	og_events_init(&events, MAX, collect, out);
	for (size_t i = 0; i < len; i += piece)
		OG_CHECK_OK(
			og_events_add(&events, text + i, len - i < piece ? len - i : piece, &err),
			&err);
	if (og_events_pending(&events))
		og_buf_addc(out, '!');
	og_events_release(&events);
}

static void check(const char *text, size_t len, const char *want, size_t want_len, int line)
{
	for (size_t piece = 1; piece <= len + 1; piece++) {
		struct og_buf out;

		read_in(text, len, piece, &out);
		if (out.len != want_len || memcmp(out.data, want, want_len) != 0)
			og_check(0, __FILE__, line, out.data);
		og_buf_release(&out);
	}
}

#define CHECK(text, want) check(text, sizeof(text) - 1, want, sizeof(want) - 1, __LINE__)

static void lines(void)
{
	CHECK("data: a\n\n", "[a]");
	CHECK("data: a\r\n\r\n", "[a]");
	CHECK("data: a\r\r", "[a]");
	CHECK("data: a\r\n\ndata: b\n\r\n", "[a][b]");
	CHECK("data: a\r\rdata: b\n\n", "[a][b]");
	CHECK("data: a\n\r\rdata: b\r\n\r\n\r\n", "[a][b]");
	CHECK("\n\n\r\r\n", "");
}

static void fields(void)
{
	CHECK("data: a\ndata: b\n\n", "[a\nb]");
	CHECK("data:a\ndata:  b\ndata:\tc\n\n", "[a\n b\n\tc]");
	CHECK("data\n\n", "[]");
	CHECK("data\ndata\n\n", "[\n]");
	CHECK("data:\n\n", "[]");
	CHECK("data: \n\n", "[]");
	CHECK(": note\ndata: a\n:data: b\n\n", "[a]");
	CHECK("event: x\nid: 1\nretry: 5\ndata: a\n\nevent: y\n\n", "[a]");
	CHECK("dat: a\ndatas: b\nDATA: c\n data: d\ndata : e\n\n", "");
	CHECK("data: a: b\n\n", "[a: b]");
	CHECK("data: {\"x\":1}\n\ndata: [DONE]\n\n", "[{\"x\":1}][[DONE]]");
}

static void bytes(void)
{
	CHECK("\xef\xbb\xbf"
	      "data: a\n\n",
	      "[a]");
	CHECK("\xef\xbb\xbf\n"
	      "data: a\n\n",
	      "[a]");
	CHECK("\n\xef\xbb\xbf"
	      "data: a\n\n",
	      "");
	CHECK("\xef\xbb\xbf\xef\xbb\xbf"
	      "data: a\n\n",
	      "");
	CHECK("data: \xef\xbb\xbf"
	      "a\n\n",
	      "[\xef\xbb\xbf"
	      "a]");
	CHECK("data: a\0b\n\n", "[a\0b]");
	CHECK("da\0ta: a\n\n", "");
	CHECK("data: h\xc3\xa4llo\n\n", "[h\xc3\xa4llo]");
	CHECK("data: a\xff"
	      "b\n\n",
	      "[a\xef\xbf\xbd"
	      "b]");
	CHECK("data: \xe2\x82\ndata: \xac\n\n", "[\xef\xbf\xbd\n\xef\xbf\xbd]");
}

static void unended(void)
{
	CHECK("data: a\n", "!");
	CHECK("data: a\n\ndata", "[a]!");
	CHECK("data: a\n\ndata: b\nid: 1\n", "[a]!");
	CHECK("data: a\n\n: note", "[a]");
	CHECK("data: a\n\n\n", "[a]");
	CHECK("", "");
}

static void limits(void)
{
	static const char text[] = "data: 0123456789\n\n";
	struct og_err err = OG_ERR_INIT;
	struct og_events events;
	struct og_buf out;

	og_buf_init(&out, MAX);
	og_events_init(&events, sizeof(text) - 1, collect, &out);
	OG_CHECK_OK(og_events_add(&events, text, sizeof(text) - 1, &err), &err);
	OG_CHECK_STR(out.data, "[0123456789]");
	OG_CHECK(og_events_add(&events, ":", 1, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	og_events_release(&events);
	og_events_init(&events, sizeof(text) - 2, collect, &out);
	OG_CHECK(og_events_add(&events, text, sizeof(text) - 1, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	OG_CHECK_STR(out.data, "[0123456789]");
	og_events_release(&events);
	og_buf_release(&out);
}

static int refuse_second(void *arg, const char *data, size_t len)
{
	int *n = arg;

	(void)data;
	(void)len;
	return ++*n == 2;
}

static void enough(void)
{
	static const char text[] = "data: a\n\ndata: b\n\ndata: c\n\n";
	struct og_err err = OG_ERR_INIT;
	struct og_events events;
	int n = 0;

	og_events_init(&events, MAX, refuse_second, &n);
	OG_CHECK(og_events_add(&events, text, sizeof(text) - 1, &err) < 0);
	OG_CHECK_INT(err.code, OG_NO);
	OG_CHECK_INT(n, 2);
	OG_CHECK_INT(events.count, 2);
	og_events_release(&events);
}

int main(void)
{
	OG_RUN(lines);
	OG_RUN(fields);
	OG_RUN(bytes);
	OG_RUN(unended);
	OG_RUN(limits);
	OG_RUN(enough);
	return og_done();
}
