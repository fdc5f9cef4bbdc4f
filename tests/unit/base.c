/* Options, buffers, text, numbers, time: what every program stands on. */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/opt.h"
#include "lib/base/text.h"

static int nothing(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	(void)ctx;
	(void)args;
	(void)err;
	return 0;
}

static const struct og_opt opts[] = {
	{ "wait", 'w', OG_OPT_FLAG, NULL, "wait" },
	{ "as", 0, OG_OPT_VALUE, "NAME", "who" },
	{ "param", 0, OG_OPT_LIST, "K=V", "values" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};
static const struct og_command plain[] = {
	{ NULL, "[TEXT]", "test", opts, 0, 1, nothing },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
static const struct og_command several[] = {
	{ "query", "SQL", "read", opts, 1, 1, nothing },
	{ "--channel", "", "serve", NULL, 0, 0, nothing },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
static const struct og_program one = { "og-test", "tests", plain };
static const struct og_program many = { "og-tests", "tests", several };

#define ARGS(...) (char *[]){ (char *)(uintptr_t)"og-test", __VA_ARGS__, NULL }
#define W(text)	  (char *)(uintptr_t)(text)

static struct og_args *parse(const struct og_program *program, char **argv, struct og_err *err)
{
	struct og_args *args = NULL;
	int argc = 0;

	while (argv[argc])
		argc++;
	og_args_parse(program, argc, argv, &args, err);
	return args;
}

static void refused(const struct og_program *program, char **argv, const char *what,
		    const char *hint)
{
	struct og_err err = OG_ERR_INIT;
	struct og_args *args = parse(program, argv, &err);

	OG_CHECK(args == NULL);
	OG_CHECK_INT(err.code, OG_EUSAGE);
	if (!OG_CHECK(strstr(err.msg, what) != NULL))
		printf("# %s\n", err.msg);
	OG_CHECK_STR(err.hint, hint);
	og_args_free(args);
}

static void options(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_args *args = parse(&one, ARGS(W("--as=bob"), W("-w"), W("--param"), W("a=1"),
						W("--param"), W("b=2"), W("--"), W("-x")), &err);

	if (!OG_CHECK(args != NULL))
		return;
	OG_CHECK_STR(og_arg_value(args, "as"), "bob");
	OG_CHECK(og_arg_flag(args, "wait"));
	OG_CHECK_STR(og_arg_list(args, "param", 1), "b=2");
	OG_CHECK(og_arg_list(args, "param", 2) == NULL);
	OG_CHECK_STR(og_arg(args, 0), "-x");
	OG_CHECK(og_arg_value(args, "home") == NULL);
	og_args_free(args);
	args = parse(&many, ARGS(W("--channel"), W("--home"), W("/x")), &err);
	OG_CHECK(args && strcmp(og_args_command(args)->name, "--channel") == 0);
	og_args_free(args);
	args = parse(&many, ARGS(W("query"), W("-h")), &err);
	OG_CHECK(args && og_args_help(args) == 1);
	og_args_free(args);
}

static void misuse(void)
{
	refused(&one, ARGS(W("--wiat")), "unknown option '--wiat'", "did you mean --wait?");
	refused(&one, ARGS(W("--as")), "needs a value", "");
	refused(&one, ARGS(W("--as"), W("a"), W("--as=b")), "given twice", "");
	refused(&one, ARGS(W("--wait=1")), "takes no value", "");
	refused(&one, ARGS(W("a"), W("b")), "unexpected argument 'b'", "og-test -h shows the usage");
	refused(&one, ARGS(W("-q")), "unknown option '-q'", "");
	refused(&many, ARGS(W("qurey"), W("x")), "unknown command", "did you mean 'query'?");
	refused(&many, ARGS(W("query")), "missing argument: SQL", "og-tests query -h shows the usage");
}

static void buffers(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf buf;
	char *text;

	og_buf_init(&buf, 10);
	OG_CHECK_STR(buf.data, "");
	OG_CHECK_INT(og_buf_addf(&buf, "%d-%s", 12, "abc"), 0);
	OG_CHECK_INT(og_buf_adds(&buf, "12345"), -1);
	OG_CHECK_STR(buf.data, "12-abc");
	OG_CHECK_INT(og_buf_addc(&buf, 'x'), -1); /* sticky */
	OG_CHECK(og_buf_check(&buf, "line", &err) < 0);
	OG_CHECK_STR(err.msg, "line is larger than 10 bytes");
	og_buf_clear(&buf);
	OG_CHECK_INT(og_buf_adds(&buf, "0123456789"), 0);
	text = og_buf_take(&buf);
	OG_CHECK_STR(text, "0123456789");
	OG_CHECK_INT(buf.len, 0);
	free(text);
	og_buf_release(&buf);
}

static void utf8(void)
{
	static const char *const good[] = { "", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
					    "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
					   "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82",
					   "\xff", "a\xfe" };
	struct og_buf out;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		OG_CHECK(og_utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		OG_CHECK(!og_utf8_valid(bad[i], strlen(bad[i])));
	OG_CHECK_INT(og_utf8_width("a\xcc\x81\xe4\xb8\xad", 6), 3);
	og_buf_init(&out, 200);
	og_text_safe(&out, "a\x1b[2J\xe2\x80\xae\xff\n", 10, 0);
	OG_CHECK_STR(out.data, "a\\x1B[2JU+202E\\xFF\\x0A");
	og_buf_release(&out);
}

static void numbers(void)
{
	static const char *const bad[] = { "", "-", "01", "1 ", "+1", "0x1", "1.0", "9223372036854775808" };
	struct og_err err = OG_ERR_INIT;
	int64_t n;
	double d;

	OG_CHECK_OK(og_int_parse("-42", -100, 100, "n", &n, &err), &err);
	OG_CHECK_INT(n, -42);
	OG_CHECK_OK(og_int_parse("9223372036854775807", 0, INT64_MAX, "n", &n, &err), &err);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		OG_CHECK(og_int_parse(bad[i], INT64_MIN, INT64_MAX, "n", &n, &err) < 0);
	OG_CHECK(og_int_parse("101", 0, 100, "n", &n, &err) < 0);
	OG_CHECK_OK(og_double_parse("-1.5e3", "d", &d, &err), &err);
	OG_CHECK(d == -1500);
	OG_CHECK(og_double_parse("1e999", "d", &d, &err) < 0);
	OG_CHECK(og_double_parse("nan", "d", &d, &err) < 0);
	OG_CHECK(og_double_parse(".5", "d", &d, &err) < 0);
}

static void base64(void)
{
	static const char *const bad[] = { "A", "AA", "AAA", "A===", "AB==", "AAB=", "A A=", "AA=A", "====" };
	struct og_buf text, back;

	for (size_t len = 0; len < 40; len++) {
		char data[40];

		memset(data, (int)(len * 7 + 1), sizeof(data));
		og_buf_init(&text, 100);
		og_buf_init(&back, 100);
		og_base64_encode(&text, data, len);
		OG_CHECK_INT(og_base64_decode(&back, text.data, text.len), 0);
		OG_CHECK(back.len == len && memcmp(back.data, data, len) == 0);
		og_buf_release(&text);
		og_buf_release(&back);
	}
	og_buf_init(&back, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		OG_CHECK(og_base64_decode(&back, bad[i], strlen(bad[i])) < 0);
	og_buf_release(&back);
}

static void times(void)
{
	static const char *const bad[] = { "2026-02-30T00:00:00.000Z", "2026-01-01T24:00:00.000Z",
					   "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:00Z",
					   "2026-13-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z" };
	char text[OG_TIME_LEN + 1];
	struct og_err err = OG_ERR_INIT;
	int64_t ms;

	og_time_format(1767225600125, text);
	OG_CHECK_STR(text, "2026-01-01T00:00:00.125Z");
	OG_CHECK_INT(og_time_parse("2024-02-29T12:30:45.678Z", &ms), 0);
	og_time_format(ms, text);
	OG_CHECK_STR(text, "2024-02-29T12:30:45.678Z");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		OG_CHECK(og_time_parse(bad[i], &ms) < 0);
	OG_CHECK_OK(og_span_parse("90s", "t", &ms, &err), &err);
	OG_CHECK_INT(ms, 90000);
	OG_CHECK_OK(og_span_parse("2d", "t", &ms, &err), &err);
	OG_CHECK_INT(ms, 172800000);
	OG_CHECK(og_span_parse("soon", "t", &ms, &err) < 0);
	OG_CHECK(og_span_parse("5w", "t", &ms, &err) < 0);
}

static void ids(void)
{
	char a[OG_UUID_LEN + 1], b[OG_UUID_LEN + 1];
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_uuid7(a, &err), &err);
	OG_CHECK_OK(og_uuid7(b, &err), &err);
	OG_CHECK(og_uuid_valid(a) && strcmp(a, b) != 0 && a[14] == '7');
	OG_CHECK(!og_uuid_valid("01A20dcf-9268-7ce1-9c8e-c2a7c98b3768"));
	OG_CHECK(!og_uuid_valid("01a20dcf92687ce19c8ec2a7c98b3768"));
}

static void nearest(void)
{
	static const char *const names[] = { "products", "orders", "users", NULL };

	OG_CHECK_STR(og_nearest("prodcuts", names), "products");
	OG_CHECK_STR(og_nearest("Order", names), "orders");
	OG_CHECK(og_nearest("warehouse", names) == NULL);
	OG_CHECK_INT(og_edit_distance("abcd", "acbd"), 1);
}

int main(void)
{
	OG_RUN(options);
	OG_RUN(misuse);
	OG_RUN(buffers);
	OG_RUN(utf8);
	OG_RUN(numbers);
	OG_RUN(base64);
	OG_RUN(times);
	OG_RUN(ids);
	OG_RUN(nearest);
	return og_done();
}
