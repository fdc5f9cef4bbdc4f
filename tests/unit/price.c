/*
 * Money and prices: sums to the last digit, what a usage comes to, and which
 * entry of a table goes for a model.
 */
#include "lib/budget/price.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "tests/unit/unit.h"

static int64_t money(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	int64_t sum = -1;

	og_money_parse(text, &sum, &err);
	OG_CHECK(sum >= 0 || err.code == OG_ECONF);
	return sum;
}

static void sums_are_exact(void)
{
	OG_CHECK_INT(money("0"), 0);
	OG_CHECK_INT(money("1"), 1000000000);
	OG_CHECK_INT(money("1.00"), 1000000000);
	OG_CHECK_INT(money("0.075"), 75000000);
	OG_CHECK_INT(money("0.000000001"), 1);
	OG_CHECK_INT(money("1000000"), INT64_C(1000000000000000));
}

static void what_is_no_sum_is_refused(void)
{
	static const char *const texts[] = { "",     ".5",	"1.",  "-1",	       "1e3",
					     "1,00", "1000001", "1 2", "0.0000000001", "12345678",
					     "$1",   "nan" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		OG_CHECK_INT(money(texts[i]), -1);
}

static void check_text(int64_t sum, const char *want)
{
	char text[OG_MONEY_TEXT];

	og_money_text(sum, text);
	OG_CHECK_STR(text, want);
}

static void sums_are_printed_in_full(void)
{
	check_text(0, "0.00");
	check_text(500000000, "0.50");
	check_text(1, "0.000000001");
	check_text(123456789012, "123.456789012");
	check_text(-250000000, "-0.25");
	check_text(INT64_MAX, "9223372036.854775807");
	check_text(INT64_MIN, "-9223372036.854775808");
}

static int64_t cost(int64_t input, int64_t cached, int64_t output)
{
	const struct og_price price = { 300000000, 2500000000, 75000000 };
	const struct og_usage usage = { input, cached, output };

	return og_price_cost(&price, &usage);
}

static void a_usage_is_rounded_up(void)
{
	OG_CHECK_INT(cost(0, 0, 0), 0);
	OG_CHECK_INT(cost(1, 0, 0), 300);
	OG_CHECK_INT(cost(1000000, 0, 1000000), 2800000000);
	OG_CHECK_INT(cost(1000000, 1000000, 0), 75000000);
	OG_CHECK_INT(cost(10, 20, 0), 750); /* no more can be cached than was said */
	OG_CHECK_INT(cost(-5, -5, -5), 0);
	OG_CHECK_INT(cost(INT64_MAX, 0, INT64_MAX), INT64_MAX);
	/* As many tokens as a usage may have, at 2.50 USD, and at the dearest. */
	OG_CHECK_INT(cost(0, 0, OG_USAGE_MAX - 1), INT64_C(2499999997500));
	OG_CHECK_INT(cost(0, 0, OG_USAGE_MAX) * 4, INT64_C(10000000000000));
	OG_CHECK_INT(og_price_cost(&(struct og_price){ 0, INT64_C(10000000001), 0 },
				   &(struct og_usage){ 0, 0, OG_USAGE_MAX - 1 }),
		     INT64_C(9999999991000));
	OG_CHECK_INT(og_price_cost(&(struct og_price){ 0, INT64_C(1000000000000000), 0 },
				   &(struct og_usage){ 0, 0, OG_USAGE_MAX }),
		     INT64_C(1000000000000000000));
	OG_CHECK_INT(og_price_cost(&(struct og_price){ 1, 1, 1 }, &(struct og_usage){ 1, 0, 1 }),
		     2);
}

static void prices_of_the_configuration(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_price price;

	OG_CHECK_OK(og_price_parse("0.30 2.50", 1, &price, &err), &err);
	OG_CHECK_INT(price.input, 300000000);
	OG_CHECK_INT(price.cached, 300000000);
	OG_CHECK_OK(og_price_parse(" 0.30\t2.50 0.075 ", 1, &price, &err), &err);
	OG_CHECK_INT(price.cached, 75000000);
	OG_CHECK_OK(og_price_parse("0.02", 1, &price, &err), &err);
	OG_CHECK_INT(price.output, 0);
	OG_CHECK(og_price_parse("0.30", 2, &price, &err) < 0);
	OG_CHECK(og_price_parse("", 1, &price, &err) < 0);
	OG_CHECK(og_price_parse("1 2 3 4", 1, &price, &err) < 0);
	OG_CHECK(og_price_parse("1 two", 1, &price, &err) < 0);
}

static void check_provider(const char *name, const char *provider, const char *model)
{
	char whose[OG_PROVIDER_MAX];
	const char *which;

	og_price_provider(name, whose, &which);
	OG_CHECK_STR(whose, provider);
	OG_CHECK_STR(which, model);
}

static void nobody_pays_anothers_prices(void)
{
	check_provider("gemini:gemini-2.5-flash", "gemini", "gemini-2.5-flash");
	check_provider("openai:https://api.openai.com/v1#gpt-4.1", "openai", "gpt-4.1");
	check_provider("openai:http://127.0.0.1:11434/v1#qwen2.5:7b",
		       "openai:http://127.0.0.1:11434/v1", "qwen2.5:7b");
	check_provider("gemini:https://proxy.example/g#gemini-2.5-flash",
		       "gemini:https://proxy.example/g", "gemini-2.5-flash");
	check_provider("nothing", "", "nothing");
}

static json_t *table(const char *entries)
{
	struct og_err err = OG_ERR_INIT;
	json_t *made = NULL;
	struct og_buf text;

	og_buf_init(&text, 65536);
	og_buf_addf(&text, "{\"v\":1,\"currency\":\"USD\",\"per\":1000000,\"prices\":[%s]}",
		    entries);
	OG_CHECK_OK(og_json_parse(text.data, text.len, text.len + 1, "table", &made, &err), &err);
	og_buf_release(&text);
	return made;
}

#define ENTRY(model, from, input)                                                                  \
	"{\"provider\":\"gemini\",\"model\":\"" model "\",\"from\":\"" from "\",\"input\":" input  \
	",\"output\":1}"

static int64_t input_of(const json_t *prices, const char *name, const char *now)
{
	struct og_price price = { -1, -1, -1 };
	int64_t ms = 0;

	OG_CHECK(og_time_parse(now, &ms) == 0);
	return og_prices_find(prices, name, ms, &price) ? price.input : -1;
}

static void the_newest_in_force_of_the_best_name_counts(void)
{
	json_t *prices = table(
		ENTRY("m*", "2026-01-01", "1") "," ENTRY("m-pro*", "2026-01-01", "2") "," ENTRY(
			"m-pro", "2026-01-01", "3") "," ENTRY("m-pro", "2026-06-01",
							      "4") "," ENTRY("m-pro", "2027-01-01",
									     "5"));

	OG_CHECK_INT(input_of(prices, "gemini:m-lite", "2026-07-01T00:00:00.000Z"), 1000000000);
	OG_CHECK_INT(input_of(prices, "gemini:m-pro-002", "2026-07-01T00:00:00.000Z"), 2000000000);
	OG_CHECK_INT(input_of(prices, "gemini:m-pro", "2026-05-31T23:59:59.999Z"), 3000000000);
	OG_CHECK_INT(input_of(prices, "gemini:m-pro", "2026-06-01T00:00:00.000Z"), 4000000000);
	OG_CHECK_INT(input_of(prices, "gemini:m-pro", "2025-12-31T00:00:00.000Z"), -1);
	OG_CHECK_INT(input_of(prices, "gemini:other", "2026-07-01T00:00:00.000Z"), -1);
	OG_CHECK_INT(
		input_of(prices, "gemini:https://proxy.example#m-pro", "2026-07-01T00:00:00.000Z"),
		-1);
	json_decref(prices);
}

static void a_wrong_table_is_refused(void)
{
	static const char *const entries[] = {
		"1",
		"{}",
		ENTRY("m", "2026-13-01", "1"),
		ENTRY("m", "yesterday", "1"),
		ENTRY("m", "2026-01-01", "-1"),
		ENTRY("m", "2026-01-01", "\"1\""),
		ENTRY("m*n", "2026-01-01", "1"),
		ENTRY("", "2026-01-01", "1"),
		"{\"provider\":\"p\",\"model\":\"m\",\"from\":\"2026-01-01\",\"input\":1,"
		"\"output\":1,\"more\":1}",
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		struct og_err err = OG_ERR_INIT;
		json_t *prices = table(entries[i]);

		OG_CHECK(og_prices_check(prices, &err) < 0);
		OG_CHECK(err.code == OG_EDATA);
		json_decref(prices);
	}
}

static void our_own_table_is_one(void)
{
	struct og_err err = OG_ERR_INIT;
	json_t *prices = NULL;
	struct og_buf text;

	og_buf_init(&text, OG_PRICES_MAX);
	if (OG_CHECK_OK(og_file_read("share/models/prices.json", "prices", &text, &err), &err) &&
	    OG_CHECK_OK(og_json_parse(text.data, text.len, OG_PRICES_MAX, "prices", &prices, &err),
			&err)) {
		OG_CHECK_OK(og_prices_check(prices, &err), &err);
		OG_CHECK(input_of(prices, "gemini:gemini-2.5-flash", "2026-11-26T00:00:00.000Z") >
			 0);
		OG_CHECK(input_of(prices, "openai:http://127.0.0.1:1/v1#gpt-4.1",
				  "2026-11-26T00:00:00.000Z") == -1);
	}
	json_decref(prices);
	og_buf_release(&text);
}

int main(void)
{
	OG_RUN(sums_are_exact);
	OG_RUN(what_is_no_sum_is_refused);
	OG_RUN(sums_are_printed_in_full);
	OG_RUN(a_usage_is_rounded_up);
	OG_RUN(prices_of_the_configuration);
	OG_RUN(nobody_pays_anothers_prices);
	OG_RUN(the_newest_in_force_of_the_best_name_counts);
	OG_RUN(a_wrong_table_is_refused);
	OG_RUN(our_own_table_is_one);
	return og_done();
}
