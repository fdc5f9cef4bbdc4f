/* Buffers, text, numbers, time, files, options: the floor everything stands on. */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/opt.h"
#include "lib/base/text.h"

#define NUMBERS "../shared/data/jcs/es6numbers_1000.txt"

static void buffers(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf buf;
	char *text;

	og_buf_init(&buf, 10);
	OG_CHECK_STR(buf.data, "");
	OG_CHECK_INT(og_buf_adds(&buf, "12345"), 0);
	OG_CHECK_INT(og_buf_addf(&buf, "%d", 67890), 0);
	OG_CHECK_STR(buf.data, "1234567890");
	/* Full: nothing of what does not fit, and nothing after it. */
	OG_CHECK(og_buf_addc(&buf, 'x') < 0);
	OG_CHECK_STR(buf.data, "1234567890");
	OG_CHECK(og_buf_adds(&buf, "") < 0);
	OG_CHECK(og_buf_check(&buf, "result", &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	OG_CHECK_STR(err.msg, "result is larger than 10 bytes");
	OG_CHECK(og_buf_take(&buf) == NULL);
	og_buf_clear(&buf);
	OG_CHECK_INT(og_buf_add(&buf, "a\0b", 3), 0);
	OG_CHECK_INT(buf.len, 3);
	text = og_buf_take(&buf);
	OG_CHECK(text && memcmp(text, "a\0b", 4) == 0);
	OG_CHECK_INT(buf.len, 0);
	free(text);
	text = og_buf_take(&buf);
	OG_CHECK_STR(text, "");
	free(text);
	og_buf_release(&buf);
}

static void errors(void)
{
	struct og_err err = OG_ERR_INIT;
	char long_text[2 * OG_ERR_MSG_MAX];

	OG_CHECK_INT(og_fail(&err, OG_ENOINPUT, "cannot open '%s'", "x"), -1);
	og_hint(&err, "look %s", "there");
	og_wrap(&err, "line %d", 7);
	OG_CHECK_INT(err.code, OG_ENOINPUT);
	OG_CHECK_STR(err.msg, "line 7: cannot open 'x'");
	OG_CHECK_STR(err.hint, "look there");
	og_fail(&err, OG_NO, "other");
	OG_CHECK_STR(err.hint, "");
	OG_CHECK_INT(og_fail(NULL, OG_NO, "nobody listens"), -1);
	/* A message that is cut ends with a whole character. */
	for (size_t i = 0; i + 2 < sizeof(long_text); i += 3)
		memcpy(long_text + i, "\xe2\x82\xac", 4);
	og_fail(&err, OG_NO, "x%s", long_text);
	OG_CHECK(og_utf8_valid(err.msg, strlen(err.msg)));
	OG_CHECK(strlen(err.msg) > OG_ERR_MSG_MAX - 8);
}

#define FFFD "\xef\xbf\xbd"

/* The examples are of the Unicode Standard, section 3.9, tables 3-8 to 3-11. */
static void repair(void)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "h\xc3\xa4", "h\xc3\xa4" },
		{ "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82"
		  "A",
		  FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A" },
		{ "\xed\xa0\x80\xed\xbf\xbf\xed\xaf"
		  "A",
		  FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A" },
		{ "\xf4\x91\x92\x93\xff"
		  "A\x80\xbf"
		  "B",
		  FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B" },
		{ "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
		  "A",
		  FFFD FFFD FFFD FFFD "A" },
		{ "\xf0\x9f\x98", FFFD },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct og_buf out;

		og_buf_init(&out, 64);
		OG_CHECK_INT(og_utf8_repair(&out, cases[i][0], strlen(cases[i][0])), 0);
		OG_CHECK_STR(out.data, cases[i][1]);
		og_buf_release(&out);
	}
}

static void utf8(void)
{
	static const struct {
		const char *text;
		int good;
	} cases[] = {
		{ "plain", 1 },
		{ "\xc3\xa9", 1 },
		{ "\xe2\x82\xac", 1 },
		{ "\xf0\x9f\x98\x80", 1 },
		{ "\xf4\x8f\xbf\xbf", 1 },
		{ "\xc0\x80", 0 },	   /* overlong NUL */
		{ "\xe0\x80\xaf", 0 },	   /* overlong slash */
		{ "\xed\xa0\x80", 0 },	   /* surrogate */
		{ "\xf4\x90\x80\x80", 0 }, /* above U+10FFFF */
		{ "\xe2\x82", 0 },	   /* cut */
		{ "\x80", 0 },
		{ "\xff", 0 },
	};
	uint32_t c = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		OG_CHECK_INT(og_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].good);
	OG_CHECK_INT(og_utf8_decode("\xf0\x9f\x98\x80", 4, &c), 4);
	OG_CHECK_INT(c, 0x1f600);
	OG_CHECK_INT(og_utf8_width("\xe6\xbc\xa2 e\xcc\x81", 7), 4);
}

static void check_safe(const char *raw, const char *want, int keep_lines)
{
	struct og_buf buf;

	og_buf_init(&buf, 256);
	og_text_safe(&buf, raw, strlen(raw), keep_lines);
	OG_CHECK_STR(buf.data, want);
	og_buf_release(&buf);
}

static void safe_text(void)
{
	check_safe("plain \xe2\x82\xac", "plain \xe2\x82\xac", 0);
	check_safe("\x1b[2Jx\x7f", "\\x1B[2Jx\\x7F", 0);
	check_safe("a\nb\tc\r", "a\nb\tc\\x0D", 1);
	check_safe("a\nb", "a\\x0Ab", 0);
	check_safe("\xe2\x80\xae"
		   "evil",
		   "U+202Eevil", 0);
	check_safe("a\xe2\x80\x8b"
		   "b",
		   "aU+200Bb", 0);
	check_safe("\xc2\x9b"
		   "x",
		   "U+009Bx", 0);
	check_safe("\xff", "\\xFF", 0);
	check_safe("a\xe3\x85\xa4"
		   "b",
		   "aU+3164b", 0);
}

static void check_visible(const char *raw, const char *want)
{
	struct og_buf buf;

	og_buf_init(&buf, 256);
	og_text_visible(&buf, raw, strlen(raw));
	OG_CHECK_STR(buf.data, want);
	og_buf_release(&buf);
}

static void hidden_text(void)
{
	check_visible("plain \xe2\x82\xac\n\ttext\r", "plain \xe2\x82\xac\n\ttext\r");
	check_visible("a\xe2\x80\x8b"
		      "b\x1b[",
		      "a<U+200B>b<U+001B>[");
	check_visible("\xf3\xa0\x81\x81"
		      "\xe2\x80\xae\xff",
		      "<U+E0041><U+202E><0xFF>");
	OG_CHECK(!og_text_hidden("plain\n\ttext", 11));
	OG_CHECK(og_text_hidden("a\xef\xbb\xbf", 4));
	/* The joiner is seen between symbols, and nowhere else. */
	OG_CHECK(!og_text_hidden("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", 11));
	OG_CHECK(og_text_hidden("a\xe2\x80\x8d", 4));
}

/* Every kind of what is not seen, one by one; and what only looks like it. */
static void hidden_kinds(void)
{
	static const char *const hidden[] = {
		"\xc2\xad",	    /* soft hyphen */
		"\xcd\x8f",	    /* grapheme joiner */
		"\xd8\x9c",	    /* Arabic letter mark */
		"\xe2\x80\x8b",	    /* zero width space */
		"\xe2\x80\x8c",	    /* zero width non-joiner */
		"\xe2\x80\x8f",	    /* right-to-left mark */
		"\xe2\x80\xa8",	    /* line separator */
		"\xe2\x80\xae",	    /* right-to-left override */
		"\xe2\x81\xa0",	    /* word joiner */
		"\xe2\x81\xa6",	    /* isolate */
		"\xe3\x85\xa4",	    /* Hangul filler */
		"\xef\xb8\x80",	    /* variation selector 1 */
		"\xef\xbb\xbf",	    /* byte order mark */
		"\xef\xbe\xa0",	    /* half width filler */
		"\xf0\x9b\xb2\xa0", /* shorthand control */
		"\xf0\x9d\x85\xb3", /* musical control */
		"\xf3\xa0\x80\x81", /* language tag */
		"\xf3\xa0\x81\x81", /* tag A */
		"\xf3\xa0\x84\x80", /* variation selector 17 */
		"\xc2\x85",	    /* next line, a control */
		"\x7f",
		"\x1b",
	};
	static const char *const seen[] = {
		"\xc3\xa4",		     /* a letter */
		"\xe2\x80\x94",		     /* a dash */
		"\xc2\xa0",		     /* a blank that does not break */
		"\xe2\x9d\xa4\xef\xb8\x8f",  /* a heart in colour */
		"\xe2\x84\xb9\xef\xb8\x8f",  /* information */
		"1\xef\xb8\x8f\xe2\x83\xa3", /* a keycap */
		"\xc2\xa9\xef\xb8\x8f",	     /* copyright */
	};
	char text[32];

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		snprintf(text, sizeof(text), "a%sb", hidden[i]);
		if (!OG_CHECK(og_text_hidden(text, strlen(text))))
			printf("# hidden %zu\n", i);
	}
	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		snprintf(text, sizeof(text), "a%sb", seen[i]);
		if (!OG_CHECK(!og_text_hidden(text, strlen(text))))
			printf("# seen %zu\n", i);
	}
	/* a selector after a letter, or a second one, says what nobody sees */
	OG_CHECK(og_text_hidden("a\xef\xb8\x8f", 4));
	OG_CHECK(og_text_hidden("\xe2\x9d\xa4\xef\xb8\x8f\xef\xb8\x8f", 9));
}

/* The published vectors of RFC 8785's appendix B, extended. */
static void shortest_numbers(void)
{
	FILE *file = fopen(NUMBERS, "r");
	char line[128], want[64], got[OG_DOUBLE_MAX];
	unsigned long long bits;
	int seen = 0, bad = 0;

	if (!file) {
		OG_SKIP("no " NUMBERS);
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		double value;

		if (!OG_CHECK_INT(sscanf(line, "%llx,%63s", &bits, want), 2))
			break;
		memcpy(&value, &bits, sizeof(value));
		og_double_format(value, got);
		if (strcmp(got, want) != 0 && bad++ < 10)
			OG_CHECK_STR(got, want);
		seen++;
	}
	fclose(file);
	OG_CHECK_INT(bad, 0);
	OG_CHECK(seen >= 1000);
}

static void check_int(const char *text, int good, int64_t want)
{
	struct og_err err = OG_ERR_INIT;
	int64_t value = -7;

	OG_CHECK_INT(og_int_parse(text, -100, INT64_MAX, "--n", &value, &err) == 0, good);
	OG_CHECK_INT(value, good ? want : -7);
	if (!good)
		OG_CHECK_INT(err.code, OG_EUSAGE);
}

static void numbers(void)
{
	struct og_err err = OG_ERR_INIT;
	double real = 0;

	check_int("0", 1, 0);
	check_int("-100", 1, -100);
	check_int("9223372036854775807", 1, INT64_MAX);
	check_int("9223372036854775808", 0, 0);
	check_int("-101", 0, 0);
	check_int("", 0, 0);
	check_int("-", 0, 0);
	check_int("+1", 0, 0);
	check_int("01", 0, 0);
	check_int(" 1", 0, 0);
	check_int("1 ", 0, 0);
	check_int("1e3", 0, 0);
	check_int("0x10", 0, 0);
	OG_CHECK_OK(og_double_parse("-1.5e-3", "x", &real, &err), &err);
	OG_CHECK(real < -0.00149 && real > -0.00151);
	OG_CHECK(og_double_parse("1.", "x", &real, &err) < 0);
	OG_CHECK(og_double_parse(".5", "x", &real, &err) < 0);
	OG_CHECK(og_double_parse("1e999", "x", &real, &err) < 0);
	OG_CHECK(og_double_parse("nan", "x", &real, &err) < 0);
	OG_CHECK(og_double_parse("0x1p3", "x", &real, &err) < 0);
}

/* RFC 4648 section 10, and what a strict reader refuses. */
static void base64(void)
{
	static const char *const pairs[][2] = {
		{ "", "" },	   { "f", "Zg==" },	   { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "foobar", "Zm9vYmFy" }
	};
	static const char *const bad[] = { "Zg=",  "Zg",     "Zh==", "Zm9=",	 "Z===",
					   "====", "Zm9v\n", "Zm 9", "Zg==Zg==", "Zm-v" };
	struct og_buf buf;

	og_buf_init(&buf, 64);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		og_buf_clear(&buf);
		OG_CHECK_INT(og_base64_encode(&buf, pairs[i][0], strlen(pairs[i][0])), 0);
		OG_CHECK_STR(buf.data, pairs[i][1]);
		og_buf_clear(&buf);
		OG_CHECK_INT(og_base64_decode(&buf, pairs[i][1], strlen(pairs[i][1])), 0);
		OG_CHECK_STR(buf.data, pairs[i][0]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		og_buf_clear(&buf);
		if (!OG_CHECK(og_base64_decode(&buf, bad[i], strlen(bad[i])) < 0))
			printf("# %s\n", bad[i]);
	}
	og_buf_release(&buf);
}

static void hexadecimal(void)
{
	unsigned char raw[3] = { 0, 0xab, 0xff }, back[3] = { 1, 1, 1 };
	char hex[7];

	og_hex_encode(hex, raw, 3);
	OG_CHECK_STR(hex, "00abff");
	OG_CHECK_INT(og_hex_decode(back, 3, hex), 0);
	OG_CHECK(memcmp(raw, back, 3) == 0);
	OG_CHECK(og_hex_decode(back, 3, "00ABFF") < 0);
	OG_CHECK(og_hex_decode(back, 3, "00abf") < 0);
	OG_CHECK(og_hex_decode(back, 3, "00abfff") < 0);
}

static void near_words(void)
{
	static const char *const names[] = { "wait", "batch", "timeout", NULL };

	OG_CHECK_INT(og_edit_distance("wiat", "wait"), 1);
	OG_CHECK_INT(og_edit_distance("", "abc"), 3);
	OG_CHECK_INT(og_edit_distance("Chair", "chairs"), 1);
	OG_CHECK_STR(og_nearest("wiat", names), "wait");
	OG_CHECK_STR(og_nearest("timout", names), "timeout");
	OG_CHECK(og_nearest("zebra", names) == NULL);
}

static void check_time(const char *text, int good, int64_t want)
{
	int64_t ms = -1;
	char back[OG_TIME_LEN + 1];

	if (!OG_CHECK_INT(og_time_parse(text, &ms) == 0, good)) {
		printf("# %s\n", text);
		return;
	}
	if (!good)
		return;
	OG_CHECK_INT(ms, want);
	og_time_format(ms, back);
	OG_CHECK_STR(back, text);
}

static void days(void)
{
	static const char *const good[] = { "2024-02-29", "0001-01-01", "1868-07-09",
					    "9999-12-31" };
	static const char *const bad[] = { "",		 "2023-02-29", "2026-13-01", "2026-00-10",
					   "2026-01-00", "0000-01-01", "2026-1-01",  "2026-01-011",
					   "2026/01/01", " 026-01-01", "20260101" };
	char day[OG_DAY_LEN + 1];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		OG_CHECK(og_day_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!OG_CHECK(!og_day_valid(bad[i])))
			printf("# %s\n", bad[i]);
	og_day_format(1709251199999, day);
	OG_CHECK_STR(day, "2024-02-29");
}

static void times(void)
{
	check_time("1970-01-01T00:00:00.000Z", 1, 0);
	check_time("2026-01-31T09:30:00.125Z", 1, 1769851800125);
	check_time("2024-02-29T23:59:59.999Z", 1, 1709251199999);
	check_time("2000-03-01T00:00:00.000Z", 1, 951868800000);
	check_time("9999-12-31T23:59:59.999Z", 1, 253402300799999);
	check_time("2023-02-29T00:00:00.000Z", 0, 0);
	check_time("1900-01-01T00:00:00.000Z", 0, 0);
	check_time("2026-13-01T00:00:00.000Z", 0, 0);
	check_time("2026-00-01T00:00:00.000Z", 0, 0);
	check_time("2026-01-01T24:00:00.000Z", 0, 0);
	check_time("2026-01-01T00:00:60.000Z", 0, 0);
	check_time("2026-01-01 00:00:00.000Z", 0, 0);
	check_time("2026-01-01T00:00:00Z", 0, 0);
	check_time("2026-01-01T00:00:00.000+", 0, 0);
	check_time("", 0, 0);
}

static void spans(void)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} cases[] = { { "500ms", 500 },
		      { "30s", 30000 },
		      { "5m", 300000 },
		      { "2h", 7200000 },
		      { "1d", 86400000 },
		      { "7", 7000 },
		      { "0", 0 },
		      { "", -1 },
		      { "s", -1 },
		      { "-1s", -1 },
		      { "1w", -1 },
		      { "1.5s", -1 },
		      { "99999999999999999999s", -1 },
		      { "1s ", -1 } };
	struct og_err err = OG_ERR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t ms = -1;

		og_span_parse(cases[i].text, "--timeout", &ms, &err);
		if (!OG_CHECK_INT(ms, cases[i].ms))
			printf("# %s\n", cases[i].text);
	}
	OG_CHECK_INT(og_deadline_left(OG_FOREVER), -1);
	OG_CHECK_INT(og_deadline(INT64_MAX), OG_FOREVER);
	OG_CHECK_INT(og_deadline_left(og_mono_ms() - 5), 0);
	OG_CHECK(og_deadline_left(og_deadline(60000)) > 50000);
}

static void identifiers(void)
{
	struct og_err err = OG_ERR_INIT;
	char a[OG_UUID_LEN + 1], b[OG_UUID_LEN + 1];

	OG_CHECK_OK(og_uuid7(a, &err), &err);
	OG_CHECK_OK(og_uuid7(b, &err), &err);
	OG_CHECK(og_uuid_valid(a));
	OG_CHECK_INT(a[14], '7');
	OG_CHECK(strchr("89ab", a[19]) != NULL);
	OG_CHECK(strcmp(a, b) != 0);
	OG_CHECK(strncmp(a, b, 8) <= 0); /* ordered by time */
	a[0] = 'G';
	OG_CHECK(!og_uuid_valid(a));
	OG_CHECK(!og_uuid_valid(""));
	OG_CHECK(!og_uuid_valid("01a20df5-ab82-7316-b3fe-5f3b7c6a5c0e "));
	OG_CHECK(!og_uuid_valid("01A20DF5-ab82-7316-b3fe-5f3b7c6a5c0e"));
}

static void files(void)
{
	struct og_err err = OG_ERR_INIT;
	char dir[] = "/tmp/og-base-XXXXXX";
	struct og_buf buf;
	struct stat st;
	char *path;

	if (!OG_CHECK(mkdtemp(dir) != NULL))
		return;
	path = og_path_join(dir, "file");
	og_buf_init(&buf, 5);
	OG_CHECK_OK(og_file_write(path, "old", 3, 0600, &err), &err);
	OG_CHECK_OK(og_file_write(path, "hello", 5, 0640, &err), &err);
	OG_CHECK_INT(stat(path, &st), 0);
	OG_CHECK_INT(st.st_mode & 0777, 0640);
	OG_CHECK_OK(og_file_read(path, "greeting", &buf, &err), &err);
	OG_CHECK_STR(buf.data, "hello");
	/* One byte more than it may hold: an error, not a part. */
	OG_CHECK_OK(og_file_write(path, "hello!", 6, 0600, &err), &err);
	og_buf_clear(&buf);
	OG_CHECK(og_file_read(path, "greeting", &buf, &err) < 0);
	OG_CHECK_INT(err.code, OG_EDATA);
	unlink(path);
	og_buf_clear(&buf);
	OG_CHECK(og_file_read(path, "greeting", &buf, &err) < 0);
	OG_CHECK_INT(err.code, OG_ENOINPUT);
	OG_CHECK(og_file_read(dir, "greeting", &buf, &err) < 0);
	OG_CHECK_INT(err.code, OG_ENOINPUT);
	/* A FIFO without a writer must not hang. */
	OG_CHECK_INT(mkfifo(path, 0600), 0);
	OG_CHECK(og_file_read(path, "greeting", &buf, &err) < 0);
	unlink(path);
	OG_CHECK(og_file_write("/nonexistent/file", "x", 1, 0600, &err) < 0);
	OG_CHECK_INT(err.code, OG_EIO);
	/* Nothing half written is left behind. */
	OG_CHECK_INT(rmdir(dir), 0);
	og_buf_release(&buf);
	free(path);
}

static void check_join(const char *a, const char *b, const char *want)
{
	char *path = og_path_join(a, b);

	OG_CHECK_STR(path, want);
	free(path);
}

static void paths(void)
{
	check_join("a", "b", "a/b");
	check_join("a//", "b/c", "a/b/c");
	check_join("/", "b", "//b");
	check_join("a", "/b", "/b");
}

static int nothing(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	(void)ctx;
	(void)args;
	(void)err;
	return 0;
}

static const struct og_opt options[] = {
	{ "as", 0, OG_OPT_VALUE, "NAME", "who" },
	{ "param", 'p', OG_OPT_LIST, "K=V", "what" },
	{ "json", 0, OG_OPT_FLAG, NULL, "how" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ "list", "[WHAT]", "list things", options, 0, 1, nothing },
	{ "show", "WHAT", "show one", options, 1, 1, nothing },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

static const struct og_program program = { "og-x", "does things", commands };

#define WORDS_MAX 12

/* Parses "og-x" and a line of words. */
static int parse(char *line, struct og_args **ret, struct og_err *err)
{
	static char name[] = "og-x";
	char *argv[WORDS_MAX + 1] = { name }, *save = NULL;
	int argc = 1;

	for (char *word = strtok_r(line, " ", &save); word && argc < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	*ret = NULL;
	return og_args_parse(&program, argc, argv, ret, err);
}

static void good_options(void)
{
	char line[] = "list --as=bob -p a=1 thing -p b=2 --json";
	char dashes[] = "list -- --json", dash[] = "show -", help[] = "show --help", all[] = "-h";
	struct og_err err = OG_ERR_INIT;
	struct og_args *args;

	if (OG_CHECK_OK(parse(line, &args, &err), &err)) {
		OG_CHECK_STR(og_args_command(args)->name, "list");
		OG_CHECK_STR(og_arg_value(args, "as"), "bob");
		OG_CHECK_STR(og_arg_list(args, "param", 0), "a=1");
		OG_CHECK_STR(og_arg_list(args, "param", 1), "b=2");
		OG_CHECK(og_arg_list(args, "param", 2) == NULL);
		OG_CHECK(og_arg_flag(args, "json"));
		OG_CHECK(og_arg_value(args, "home") == NULL);
		OG_CHECK_STR(og_arg(args, 0), "thing");
		OG_CHECK(og_arg(args, 1) == NULL);
	}
	og_args_free(args);
	if (OG_CHECK_OK(parse(dashes, &args, &err), &err))
		OG_CHECK_STR(og_arg(args, 0), "--json");
	og_args_free(args);
	if (OG_CHECK_OK(parse(dash, &args, &err), &err))
		OG_CHECK_STR(og_arg(args, 0), "-");
	og_args_free(args);
	/* Help is asked of one command without its arguments, or of all. */
	if (OG_CHECK_OK(parse(help, &args, &err), &err))
		OG_CHECK_INT(og_args_help(args), 1);
	og_args_free(args);
	if (OG_CHECK_OK(parse(all, &args, &err), &err))
		OG_CHECK_INT(og_args_help(args), 2);
	og_args_free(args);
}

static void check_misuse(const char *words, const char *msg, const char *hint)
{
	struct og_err err = OG_ERR_INIT;
	struct og_args *args;
	char line[128];

	og_text_format(line, sizeof(line), "%s", words);
	OG_CHECK(parse(line, &args, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUSAGE);
	OG_CHECK_STR(err.msg, msg);
	OG_CHECK_STR(err.hint, hint);
	og_args_free(args);
}

static void bad_options(void)
{
	check_misuse("", "no command given", "og-x -h lists the commands");
	check_misuse("lits", "unknown command 'lits'", "did you mean 'list'?");
	check_misuse("list --jsno", "unknown option '--jsno'", "did you mean --json?");
	check_misuse("list -z", "unknown option '-z'", "");
	check_misuse("list --as", "option --as needs a value (NAME)", "");
	check_misuse("list --as a --as b", "option --as is given twice", "");
	check_misuse("list --json=1", "option --json takes no value", "");
	check_misuse("show", "missing argument: WHAT", "og-x show -h shows the usage");
	check_misuse("show a b", "unexpected argument 'b'", "og-x show -h shows the usage");
}

/* A first command without a name is meant by what names no other. */
static void first_without_name(void)
{
	static const struct og_command some[] = {
		{ NULL, "[FILE]...", "run them", options, 0, -1, nothing },
		{ "show", "WHAT", "show one", options, 1, 1, nothing },
		{ NULL, NULL, NULL, NULL, 0, 0, NULL },
	};
	static const struct og_program many = { "og-x", "does things", some };
	char name[] = "og-x", show[] = "show", file[] = "a.json", json[] = "--json", help[] = "-h";
	char *plain[] = { name, file, show, NULL }, *named[] = { name, show, file, NULL };
	char *option[] = { name, json, NULL }, *all[] = { name, help, NULL };
	struct og_err err = OG_ERR_INIT;
	struct og_args *args = NULL;

	if (OG_CHECK_OK(og_args_parse(&many, 3, plain, &args, &err), &err)) {
		OG_CHECK(og_args_command(args)->name == NULL);
		OG_CHECK_STR(og_arg(args, 0), "a.json");
		OG_CHECK_STR(og_arg(args, 1), "show");
	}
	og_args_free(args);
	if (OG_CHECK_OK(og_args_parse(&many, 3, named, &args, &err), &err)) {
		OG_CHECK_STR(og_args_command(args)->name, "show");
		OG_CHECK_STR(og_arg(args, 0), "a.json");
	}
	og_args_free(args);
	if (OG_CHECK_OK(og_args_parse(&many, 2, option, &args, &err), &err))
		OG_CHECK(og_arg_flag(args, "json"));
	og_args_free(args);
	if (OG_CHECK_OK(og_args_parse(&many, 2, all, &args, &err), &err))
		OG_CHECK_INT(og_args_help(args), 2);
	og_args_free(args);
}

static void help_text(void)
{
	struct og_buf buf;

	og_buf_init(&buf, 4096);
	OG_CHECK_INT(og_program_help(&program, NULL, &buf), 0);
	OG_CHECK(strstr(buf.data, "usage: og-x list [--as NAME] [--param K=V]... [--json] "
				  "[WHAT]\n       og-x show ") == buf.data);
	OG_CHECK(strstr(buf.data, "\n  -p, --param K=V") != NULL);
	OG_CHECK(strstr(buf.data, "\n  --home DIR") != NULL);
	og_buf_release(&buf);
}

static void letters_without_marks(void)
{
	OG_CHECK_STR(og_letter_plain(0xf4), "o");  /* o with a circumflex */
	OG_CHECK_STR(og_letter_plain(0xc9), "e");  /* E with an acute */
	OG_CHECK_STR(og_letter_plain(0xdf), "ss"); /* sharp s */
	OG_CHECK_STR(og_letter_plain(0x142), "l"); /* l with a stroke */
	OG_CHECK_STR(og_letter_plain(0x17f), "s"); /* the last of them */
	OG_CHECK_STR(og_letter_plain(0x301), "");  /* an acute of its own */
	OG_CHECK_STR(og_letter_plain(0xd7), NULL); /* times is no letter */
	OG_CHECK_STR(og_letter_plain('e'), NULL);
	OG_CHECK_STR(og_letter_plain(0x180), NULL);
	OG_CHECK_STR(og_letter_plain(0x4e00), NULL);
}

int main(void)
{
	OG_RUN(buffers);
	OG_RUN(errors);
	OG_RUN(utf8);
	OG_RUN(repair);
	OG_RUN(safe_text);
	OG_RUN(hidden_text);
	OG_RUN(hidden_kinds);
	OG_RUN(shortest_numbers);
	OG_RUN(numbers);
	OG_RUN(base64);
	OG_RUN(hexadecimal);
	OG_RUN(near_words);
	OG_RUN(times);
	OG_RUN(days);
	OG_RUN(spans);
	OG_RUN(identifiers);
	OG_RUN(files);
	OG_RUN(paths);
	OG_RUN(good_options);
	OG_RUN(bad_options);
	OG_RUN(first_without_name);
	OG_RUN(help_text);
	OG_RUN(letters_without_marks);
	return og_done();
}
