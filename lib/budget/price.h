/*
 * What models cost. Money is counted in billionths of a US dollar (nanousd),
 * whole ones, so that no sum ever drifts: 0.075 USD for a million tokens is
 * 75,000,000 nanousd for a million. What a usage comes to is rounded up.
 *
 * Prices are data (og-prices(5)): dated entries of a table, of which the
 * newest that is in force counts. What has no price is never taken for free.
 */
#ifndef OG_BUDGET_PRICE_H
#define OG_BUDGET_PRICE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_MONEY_TEXT	24
#define OG_PRICES_MAX	((size_t)1 << 20) /* bytes of a table */
#define OG_PROVIDER_MAX 1100

/* "1", "0.50": a sum in USD, at most nine digits behind the point and
 * 1,000,000 USD. OG_ECONF. */
int og_money_parse(const char *text, int64_t *ret, struct og_err *err);
/* "0.50", "0.000000075": two digits behind the point, more where they are
 * not 0. */
void og_money_text(int64_t nanousd, char out[OG_MONEY_TEXT]);

/* nanousd for a million tokens. */
struct og_price {
	int64_t input, output, cached;
};

struct og_usage {
	int64_t input, cached, output; /* tokens; input includes cached */
};

/* Of {"input","cached"?,"output"}, whole numbers up to OG_USAGE_MAX each;
 * more than input is never cached. 0 or -1. */
#define OG_USAGE_MAX INT64_C(1000000000)
int og_usage_read(const json_t *value, struct og_usage *ret);

/* Saturates at INT64_MAX; numbers below 0 count as 0. */
int64_t og_price_cost(const struct og_price *price, const struct og_usage *usage);

/* "INPUT OUTPUT [CACHED]" or "INPUT", as model_price and embed_price of
 * og.conf have it; least: so many numbers are needed. OG_ECONF. */
int og_price_parse(const char *text, int least, struct og_price *ret, struct og_err *err);

/* Whose prices go for a model of og.conf, and its name there: "gemini" for
 * gemini:MODEL, "openai" at api.openai.com; of any other place what stands
 * before its '#', for nobody else's prices go for it. *ret_model points into
 * name. */
void og_price_provider(const char *name, char provider[OG_PROVIDER_MAX], const char **ret_model);

/* Is this a table (og-prices(5))? OG_EDATA says which entry is wrong. */
int og_prices_check(const json_t *table, struct og_err *err);

/* The price of a model of og.conf at that time, from a table that was
 * checked: an entry of its very name goes before one that ends in '*', a
 * longer one of these before a shorter, a newer one before an older. 1; 0
 * when the table has none. */
int og_prices_find(const json_t *table, const char *name, int64_t now_ms, struct og_price *ret);

#endif
