/* See price.h. */
#include "lib/budget/price.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

#define DIGITS	    "0123456789"
#define SPACES	    " \t"
#define FRACTION    9 /* digits behind the point */
#define WHOLE	    7 /* before it */
#define NANO	    INT64_C(1000000000)
#define SUM_MAX	    (1000000 * NANO)
#define MILLION	    1000000
#define ENTRIES_MAX 10000

/* --- money ------------------------------------------------------------------ */

/* The number at text, its end in *ret_end: 0, or -1 when there is none. */
static int read_sum(const char *text, const char **ret_end, int64_t *ret)
{
	size_t whole = strspn(text, DIGITS), part = 0;
	int64_t sum = 0;

	if (whole == 0 || whole > WHOLE)
		return -1;
	for (size_t i = 0; i < whole; i++)
		sum = 10 * sum + (text[i] - '0');
	text += whole;
	if (*text == '.') {
		part = strspn(++text, DIGITS);
		if (part == 0 || part > FRACTION)
			return -1;
	}
	for (size_t i = 0; i < FRACTION; i++)
		sum = 10 * sum + (i < part ? text[i] - '0' : 0);
	if (sum > SUM_MAX)
		return -1;
	*ret_end = text + part;
	*ret = sum;
	return 0;
}

int og_money_parse(const char *text, int64_t *ret, struct og_err *err)
{
	const char *end;
	int64_t sum;

	if (read_sum(text, &end, &sum) < 0 || *end)
		return og_fail(err, OG_ECONF, "'%s' is no sum in USD", text);
	*ret = sum;
	return 0;
}

void og_money_text(int64_t nanousd, char out[OG_MONEY_TEXT])
{
	uint64_t sum = nanousd < 0 ? 0 - (uint64_t)nanousd : (uint64_t)nanousd;
	size_t len;

	og_text_format(out, OG_MONEY_TEXT, "%s%llu.%09llu", nanousd < 0 ? "-" : "",
		       (unsigned long long)(sum / (uint64_t)NANO),
		       (unsigned long long)(sum % (uint64_t)NANO));
	for (len = strlen(out); out[len - 1] == '0' && out[len - 3] != '.'; len--)
		out[len - 1] = '\0';
}

/* --- prices ----------------------------------------------------------------- */

static int64_t add(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t times(int64_t a, int64_t b)
{
	int64_t product;

	return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

/* tokens * price / a million, rounded up. The whole product has no room for
 * a thousand million tokens at 10 USD; its parts have, at any price. */
static int64_t part_cost(int64_t tokens, int64_t price)
{
	int64_t millions = tokens / MILLION, rest = tokens % MILLION;

	if (tokens <= 0 || price <= 0)
		return 0;
	return add(add(times(millions, price), times(rest, price / MILLION)),
		   (rest * (price % MILLION) + MILLION - 1) / MILLION);
}

int64_t og_price_cost(const struct og_price *price, const struct og_usage *usage)
{
	int64_t cached = usage->cached < 0		? 0
			 : usage->cached > usage->input ? usage->input
							: usage->cached;

	return add(add(part_cost(usage->input - cached, price->input),
		       part_cost(cached, price->cached)),
		   part_cost(usage->output, price->output));
}

static int count_of(const json_t *value, const char *key, int64_t *ret)
{
	const json_t *member = json_object_get(value, key);

	*ret = 0;
	if (!member)
		return 0;
	*ret = json_is_integer(member) ? json_integer_value(member) : -1;
	return *ret < 0 || *ret > OG_USAGE_MAX ? -1 : 0;
}

int og_usage_read(const json_t *value, struct og_usage *ret)
{
	if (count_of(value, "input", &ret->input) < 0 ||
	    count_of(value, "cached", &ret->cached) < 0 ||
	    count_of(value, "output", &ret->output) < 0)
		return -1;
	if (ret->cached > ret->input)
		ret->cached = ret->input;
	return 0;
}

int og_price_parse(const char *text, int least, struct og_price *ret, struct og_err *err)
{
	int64_t sums[3] = { 0 };
	const char *at = text;
	int n = 0;

	for (at += strspn(at, SPACES); *at; at += strspn(at, SPACES)) {
		if (n == 3 || read_sum(at, &at, &sums[n]) < 0 || (*at && !strchr(SPACES, *at)))
			return og_fail(err, OG_ECONF, "'%s' is no price in USD per million tokens",
				       text);
		n++;
	}
	if (n < least)
		return og_fail(err, OG_ECONF, "a price is missing");
	*ret = (struct og_price){ sums[0], sums[1], n == 3 ? sums[2] : sums[0] };
	return 0;
}

void og_price_provider(const char *name, char provider[OG_PROVIDER_MAX], const char **ret_model)
{
	static const struct {
		const char *place, *provider;
	} known[] = {
		{ "gemini:https://generativelanguage.googleapis.com/v1beta", "gemini" },
		{ "openai:https://api.openai.com/v1", "openai" },
	};
	const char *hash = strchr(name, '#'), *colon = strchr(name, ':');
	const char *end = hash ? hash : colon ? colon : name;

	og_text_format(provider, OG_PROVIDER_MAX, "%.*s", (int)(end - name), name);
	*ret_model = end == name ? name : end + 1;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(provider, known[i].place) == 0)
			og_text_format(provider, OG_PROVIDER_MAX, "%s", known[i].provider);
}

/* --- tables ------------------------------------------------------------------- */

/* A JSON number as nanousd; -1: it is no sum. */
static int64_t sum_of(const json_t *value)
{
	double usd = json_is_number(value) ? json_number_value(value) : -1;

	return usd >= 0 && usd <= MILLION ? llround(usd * (double)NANO) : -1;
}

/* "2026-01-01" as its first moment; -1: it is no day. */
static int64_t day_of(const char *text)
{
	char time[OG_TIME_LEN + 1];
	int64_t ms;

	if (!text || strlen(text) != 10)
		return -1;
	og_text_format(time, sizeof(time), "%sT00:00:00.000Z", text);
	return og_time_parse(time, &ms) < 0 ? -1 : ms;
}

static int bad(size_t i, const char *what, struct og_err *err)
{
	return og_fail(err, OG_EDATA, "prices: entry %zu: %s", i + 1, what);
}

static int check_entry(const json_t *entry, size_t i, struct og_err *err)
{
	static const char *const keys[] = { "provider", "model",  "from",   "input",
					    "output",	"cached", "source", NULL };
	const char *model = og_json_str(entry, "model");
	const char *provider = og_json_str(entry, "provider");
	const json_t *cached = json_object_get(entry, "cached");

	if (og_json_only(entry, "prices", keys, err) < 0)
		return og_wrap(err, "entry %zu", i + 1);
	if (!provider || !*provider || !model || !*model)
		return bad(i, "'provider' or 'model' is missing", err);
	if (strchr(model, '*') && strchr(model, '*')[1])
		return bad(i, "'*' stands at the end of a model only", err);
	if (day_of(og_json_str(entry, "from")) < 0)
		return bad(i, "'from' is no day, such as 2026-01-31", err);
	if (sum_of(json_object_get(entry, "input")) < 0 ||
	    sum_of(json_object_get(entry, "output")) < 0 || (cached && sum_of(cached) < 0))
		return bad(i, "'input', 'output' or 'cached' is no price", err);
	return 0;
}

int og_prices_check(const json_t *table, struct og_err *err)
{
	static const char *const keys[] = { "v", "currency", "per", "prices", NULL };
	const json_t *prices = json_object_get(table, "prices"), *entry;
	const char *currency = og_json_str(table, "currency");
	size_t i;

	if (og_json_only(table, "prices", keys, err) < 0)
		return -1;
	if (og_json_int(table, "v", 0) != 1 || og_json_int(table, "per", 0) != MILLION ||
	    !currency || strcmp(currency, "USD") != 0)
		return og_fail(err, OG_EDATA,
			       "prices: not version 1, or not in USD per million tokens");
	if (!json_is_array(prices) || json_array_size(prices) > ENTRIES_MAX)
		return og_fail(err, OG_EDATA, "prices: 'prices' is no list, or too long");
	json_array_foreach(prices, i, entry)
	{
		if (check_entry(entry, i, err) < 0)
			return -1;
	}
	return 0;
}

/* How well an entry's model names this one: its length, more when it is all
 * of it; 0: it does not. */
static size_t fits(const char *pattern, const char *model)
{
	size_t len = strcspn(pattern, "*");

	if (!pattern[len])
		return strcmp(pattern, model) == 0 ? SIZE_MAX : 0;
	return strncmp(pattern, model, len) == 0 ? len + 1 : 0;
}

static void take_price(const json_t *entry, struct og_price *ret)
{
	const json_t *cached = json_object_get(entry, "cached");

	ret->input = sum_of(json_object_get(entry, "input"));
	ret->output = sum_of(json_object_get(entry, "output"));
	ret->cached = cached ? sum_of(cached) : ret->input;
}

int og_prices_find(const json_t *table, const char *name, int64_t now_ms, struct og_price *ret)
{
	char provider[OG_PROVIDER_MAX];
	const json_t *entry, *best = NULL;
	size_t i, best_fit = 0;
	int64_t best_day = -1;
	const char *model;

	og_price_provider(name, provider, &model);
	json_array_foreach(json_object_get(table, "prices"), i, entry)
	{
		const char *whose = og_json_str(entry, "provider");
		int64_t day = day_of(og_json_str(entry, "from"));
		size_t fit = fits(og_json_str(entry, "model"), model);

		if (fit == 0 || day > now_ms || strcmp(whose, provider) != 0)
			continue;
		if (fit > best_fit || (fit == best_fit && day > best_day)) {
			best = entry;
			best_fit = fit;
			best_day = day;
		}
	}
	if (best)
		take_price(best, ret);
	return best != NULL;
}
