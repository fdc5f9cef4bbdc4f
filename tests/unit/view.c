/* Views: formats, profiles, the tree, and what the drawers must never do. */
#include "lib/view/view.h"

#include "lib/base/text.h"
#include "lib/view/format-internal.h"
#include "lib/view/profile-internal.h"
#include "tests/unit/unit.h"

static json_t *parse(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *value = NULL;

	if (og_json_parse(text, strlen(text), 1 << 20, "test", &value, &err) < 0)
		printf("# %s\n", err.msg);
	return value;
}

static void check_format(const char *json, const char *format, const char *currency,
			 const char *want)
{
	json_t *value = parse(json);
	struct og_buf buf;

	og_buf_init(&buf, 1 << 20);
	og_format(&buf, value, format, currency);
	OG_CHECK_STR(buf.data, want);
	og_buf_release(&buf);
	json_decref(value);
}

static void numbers(void)
{
	check_format("1234567", "number", NULL, "1,234,567");
	check_format("-1234", "number", NULL, "\u22121,234");
	check_format("999", "number", NULL, "999");
	check_format("1234", "id", NULL, "1234");
	check_format("0.5", "number", NULL, "0.50");
	check_format("3.0", "number", NULL, "3");
	check_format("299.99", "money", NULL, "299.99");
	check_format("8999", "money", "USD", "$8,999.00");
	check_format("-12.5", "money", "EUR", "\u2212\u20ac12.50");
	check_format("12.5", "money", "SEK", "12.50 SEK");
	check_format("0.125", "number", NULL, "0.125");
	check_format("0.125", "money", NULL, "0.125");
	check_format("1e300", "money", NULL, "1e+300");
	check_format("5e-324", "number", NULL, "5e-324");
	check_format("0.0", "money", NULL, "0.00");
	check_format("0.1", "number", NULL, "0.10");
	check_format("0.21", "percent", NULL, "21 %");
	check_format("1", "percent", NULL, "100 %");
}

static void values(void)
{
	check_format("null", "text", NULL, "\u2014");
	check_format("true", "bool", NULL, "yes");
	check_format("\"2026-11-24T09:02:11.125Z\"", "date", NULL, "2026-11-24 09:02:11");
	check_format("\"2026-11-24 09:02:00\"", "date", NULL, "2026-11-24 09:02");
	check_format("\"2026-11-24\"", "date", NULL, "2026-11-24");
	check_format("\"2026-11-24T09:02:11.125Z\"", "time", NULL, "09:02:11");
	check_format("\"yesterday\"", "date", NULL, "yesterday");
	check_format("{\"i\":\"9007199254740993\"}", "number", NULL, "9007199254740993");
	check_format("{\"b\":\"AAE=\"}", "text", NULL, "base64:AAE=");
}

static void roles(void)
{
	json_t *rows = parse("[{\"id\":1,\"name\":\"a\",\"stock_quantity\":4,\"price\":1.5,"
			     "\"reorder_point\":5,\"status\":\"low\",\"made\":\"2026-11-24\"},"
			     "{\"id\":2,\"name\":\"b\",\"stock_quantity\":9,\"price\":2,"
			     "\"reorder_point\":5,\"status\":\"low\",\"made\":\"2026-11-25\"}]");
	struct profile profile;

	og_profile(rows, &profile);
	OG_CHECK_INT(profile.n_columns, 7);
	OG_CHECK_INT(profile.columns[0].role, ROLE_ID);
	OG_CHECK_STR(og_profile_name(&profile)->key, "name");
	OG_CHECK_STR(og_profile_role(&profile, ROLE_STOCK)->key, "stock_quantity");
	OG_CHECK_STR(og_profile_role(&profile, ROLE_MONEY)->key, "price");
	OG_CHECK_STR(og_profile_role(&profile, ROLE_REORDER)->key, "reorder_point");
	OG_CHECK_STR(og_profile_role(&profile, ROLE_STATUS)->key, "status");
	OG_CHECK_STR(og_profile_role(&profile, ROLE_DATE)->key, "made");
	OG_CHECK(og_profile_role(&profile, ROLE_LIMIT) == NULL);
	json_decref(rows);
}

static void ragged_rows(void)
{
	json_t *rows = parse("[{\"a\":1},{\"b\":\"x\"},{\"a\":\"mixed\",\"c\":null},7]");
	struct profile profile;

	og_profile(rows, &profile);
	OG_CHECK_INT(profile.n_rows, 4);
	OG_CHECK_INT(profile.n_columns, 3);
	OG_CHECK_INT(profile.columns[0].role, ROLE_TEXT);
	json_decref(rows);
}

static void too_many_columns(void)
{
	json_t *row = json_object(), *rows = json_pack("[o]", row);
	struct profile profile;
	char key[16];

	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "c%d", i);
		json_object_set_new(row, key, json_integer(i));
	}
	og_profile(rows, &profile);
	OG_CHECK_INT(profile.n_columns, OG_VIEW_COLUMNS);
	OG_CHECK_INT(profile.left_out, 100 - OG_VIEW_COLUMNS);
	json_decref(rows);
}

/* Draws a document both ways; the caller releases the buffers. */
static int draw(const char *text, struct og_buf *plain, struct og_buf *page)
{
	static const char css[] = "b{}";
	struct og_text_style style = { 80, 0 };
	struct og_err err = OG_ERR_INIT;
	json_t *result = parse(text), *tree = NULL;
	int good;

	og_buf_init(plain, OG_VIEW_MAX);
	og_buf_init(page, OG_VIEW_MAX);
	good = OG_CHECK_OK(og_view_tree(result, "r", &tree, &err), &err) &&
	       OG_CHECK_OK(og_view_text(tree, &style, plain, &err), &err) &&
	       OG_CHECK_OK(og_view_html(tree, css, strlen(css), page, &err), &err);
	json_decref(tree);
	json_decref(result);
	return good;
}

/* A document of the wrong shapes everywhere gives a page, not a crash. */
static void wrong_shapes(void)
{
	static const char *const documents[] = {
		"{}",
		"[]",
		"{\"state\":\"done\",\"data\":[1],\"steps\":{},\"trace\":7,\"view\":[],\"ledger\":["
		"]}",
		"{\"state\":\"done\",\"data\":{\"a\":[1,null,[],\"x\"],\"b\":{},\"c\":[{\"d\":{"
		"\"e\":[]}}]}}",
		"{\"state\":\"interrupted\",\"diagnostic\":{\"limits\":[1,{\"value\":\"x\"}],"
		"\"repeated\":[]}}",
		"{\"state\":\"denied\",\"candidates\":[1,[],{}],\"refusal\":\"no\"}",
		"{\"state\":\"compensated\",\"steps\":[1,{\"name\":7}],\"compensation\":[{\"step\":"
		"[]}]}",
		"{\"state\":\"done\",\"data\":{\"a\":[{\"day\":\"2026-01-01\",\"n\":1e308},{"
		"\"day\":\"2026-01-02\","
		"\"n\":-1e308},{\"day\":\"2026-01-03\",\"n\":0},{\"day\":\"2026-01-04\",\"n\":5e-"
		"324}]}}",
		"{\"state\":\"done\",\"data\":{\"a\":[{\"amount\":1e308,\"stock\":9,\"price\":"
		"1e308},"
		"{\"amount\":1e308,\"stock\":9,\"price\":1}]}}",
		"{\"state\":\"done\",\"ledger\":{\"first\":1,\"last\":9223372036854775807}}",
	};
	struct og_buf plain, page;

	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
		draw(documents[i], &plain, &page);
		OG_CHECK(page.len > 0 && strstr(page.data, "</html>") != NULL);
		OG_CHECK(!strstr(page.data, "nan") && !strstr(page.data, "inf%"));
		og_buf_release(&plain);
		og_buf_release(&page);
	}
}

static void markup_stays_text(void)
{
	struct og_buf plain, page;

	draw("{\"state\":\"failed\",\"answer\":\"</h2><script>x</script>\\u001b[2J\\u202e\","
	     "\"data\":{\"<b>\":[{\"<i>\":\"a\\\"'&\"},{\"<i>\":2}]}}",
	     &plain, &page);
	OG_CHECK(!strstr(page.data, "<script") && !strstr(page.data, "<i>a"));
	OG_CHECK(strstr(page.data, "&lt;script&gt;x") != NULL);
	OG_CHECK(strstr(page.data, "a&quot;&#39;&amp;") != NULL);
	OG_CHECK(!strchr(page.data, 0x1b) && !strstr(page.data, "\u202e"));
	OG_CHECK(!strchr(plain.data, 0x1b) && !strstr(plain.data, "\u202e"));
	og_buf_release(&plain);
	og_buf_release(&page);
}

static void lines_fit(void)
{
	struct og_text_style style = { 40, 0 };
	struct og_err err = OG_ERR_INIT;
	json_t *result = parse(
		"{\"state\":\"done\",\"answer\":\"\u6f22\u5b57 \u6f22\u5b57 \u6f22\u5b57 "
		"\u6f22\u5b57 "
		"\u6f22\u5b57 \u6f22\u5b57 \u6f22\u5b57 \u6f22\u5b57 \u6f22\u5b57 \u6f22\u5b57\","
		"\"data\":{\"t\":[{\"n\":1,\"text\":\"a long text of several words, e\u0301 and "
		"\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57 more than "
		"fits\"},{\"n\":22,\"text\":\"b\"}]}}");
	struct og_buf buf;
	json_t *tree = NULL;

	og_buf_init(&buf, 1 << 20);
	OG_CHECK_OK(og_view_tree(result, "", &tree, &err), &err);
	OG_CHECK_OK(og_view_text(tree, &style, &buf, &err), &err);
	for (const char *line = buf.data; *line;) {
		size_t n = strcspn(line, "\n");

		OG_CHECK(og_utf8_width(line, n) <= style.width);
		line += n + (line[n] ? 1 : 0);
	}
	og_buf_release(&buf);
	json_decref(tree);
	json_decref(result);
}

static void check_csv(const char *cell, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	json_t *result = json_pack("{s:{s:[{s:o}]}}", "data", "t", "c", parse(cell));
	struct og_buf buf;

	og_buf_init(&buf, 1 << 20);
	OG_CHECK_OK(og_view_csv(result, NULL, &buf, &err), &err);
	OG_CHECK(strncmp(buf.data, "c\r\n", 3) == 0);
	OG_CHECK_STR(buf.data + 3, want);
	og_buf_release(&buf);
	json_decref(result);
}

static void csv_cells(void)
{
	check_csv("\"plain\"", "plain\r\n");
	check_csv("\"a,b\"", "\"a,b\"\r\n");
	check_csv("\"a\\\"b\\nc\"", "\"a\"\"b\nc\"\r\n");
	check_csv("null", "\r\n");
	check_csv("\"\"", "\"\"\r\n");
	check_csv("-1.5", "-1.5\r\n");
	check_csv("\"-1.5\"", "-1.5\r\n");
	check_csv("\"=1+1\"", "\"'=1+1\"\r\n");
	check_csv("\"  =1+1\"", "\"'  =1+1\"\r\n");
	check_csv("\"+cmd\"", "\"'+cmd\"\r\n");
	check_csv("\"@SUM(A1)\"", "\"'@SUM(A1)\"\r\n");
	check_csv("\"\\t=1\"", "\"'\t=1\"\r\n");
	check_csv("\"\uff1d1\"", "\"'\uff1d1\"\r\n");
	check_csv("\"a\\u001b[31m\"", "\"a\\x1B[31m\"\r\n");
	check_csv("{\"i\":\"9007199254740993\"}", "9007199254740993\r\n");
	check_csv("{\"i\":\"=1\"}", "\"'=1\"\r\n");
}

static void csv_sets(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *result = parse("{\"data\":{\"a\":[{\"x\":1}],\"b\":[{\"y\":2}]}}");
	struct og_buf buf;

	og_buf_init(&buf, 1 << 20);
	OG_CHECK_INT(og_view_csv(result, "c", &buf, &err), -1);
	OG_CHECK_INT(err.code, OG_NO);
	OG_CHECK_STR(err.hint, "it has: a, b");
	OG_CHECK_OK(og_view_csv(result, "b", &buf, &err), &err);
	OG_CHECK_STR(buf.data, "y\r\n2\r\n");
	og_buf_release(&buf);
	json_decref(result);
}

static void bad_style_sheet(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *tree = parse("{\"c\":\"Page\",\"p\":{},\"k\":[]}");
	struct og_buf buf;

	og_buf_init(&buf, 1 << 20);
	OG_CHECK_INT(og_view_html(tree, "a</style>", 9, &buf, &err), -1);
	OG_CHECK_INT(err.code, OG_ECONF);
	OG_CHECK_INT(buf.len, 0);
	og_buf_release(&buf);
	json_decref(tree);
}

int main(void)
{
	OG_RUN(numbers);
	OG_RUN(values);
	OG_RUN(roles);
	OG_RUN(ragged_rows);
	OG_RUN(too_many_columns);
	OG_RUN(wrong_shapes);
	OG_RUN(markup_stays_text);
	OG_RUN(lines_fit);
	OG_RUN(csv_cells);
	OG_RUN(csv_sets);
	OG_RUN(bad_style_sheet);
	return og_done();
}
