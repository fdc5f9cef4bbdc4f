/*
 * Amounts of money: a number with what people put around it. Which currency
 * was said is kept, since an amount is not converted: 250 yen for a blank
 * that counts euros is another amount.
 */
#include "lib/skill/values-internal.h"

#include <string.h>
#include <strings.h>

#include "lib/skill/when-internal.h"

#define CODE_LEN 3

static const char *const iso[] = {
	"USD", "EUR", "GBP", "CHF", "JPY", "CNY", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK",
	"HUF", "RON", "BGN", "TRY", "UAH", "RUB", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD",
	"KRW", "THB", "IDR", "MYR", "PHP", "VND", "INR", "PKR", "AED", "SAR", "ILS", "EGP",
	"ZAR", "NGN", "KES", "BRL", "MXN", "ARS", "CLP", "COP", "BTC",
};

/* What currencies are called by, and which ones that may be. */
static const struct currency {
	const char *names, *sign, *codes;
} currencies[] = {
	{ "dollar dollars buck bucks", "$", "USD AUD CAD NZD HKD SGD TWD" },
	{ "euro euros", "\xe2\x82\xac", "EUR" },
	{ "pound pounds quid sterling", "\xc2\xa3", "GBP EGP" },
	{ "franc francs", NULL, "CHF" },
	{ "yen", "\xc2\xa5", "JPY CNY" },
	{ "yuan renminbi rmb", NULL, "CNY" },
	{ "rupee rupees", "\xe2\x82\xb9", "INR PKR" },
	{ "krona kronor krone kroner", NULL, "SEK NOK DKK ISK" },
	{ "zloty zlotys", NULL, "PLN" },
	{ "peso pesos", NULL, "MXN ARS CLP COP PHP" },
	{ "cent cents", NULL, "USD EUR AUD CAD NZD HKD SGD" },
	{ "pence penny", NULL, "GBP" },
};

#define CURRENCIES (sizeof(currencies) / sizeof(currencies[0]))
#define HUNDREDTHS "cent cents pence penny"
#define UNKNOWN	   "" /* a currency, and none that anybody wants */

static const char *iso_code(const char *code, size_t len)
{
	for (size_t k = 0; len == CODE_LEN && k < sizeof(iso) / sizeof(iso[0]); k++) {
		if (strncasecmp(iso[k], code, CODE_LEN) == 0)
			return iso[k];
	}
	return NULL;
}

int og_currency_known(const char *code)
{
	const char *known = iso_code(code, strlen(code));

	return known != NULL && strcmp(known, code) == 0;
}

/* Which ones word i may be, or NULL. A code in small letters is an ordinary
 * word ("try") unless it stands beside a number. */
static const char *said_at(const struct og_words *words, size_t i, int beside)
{
	const struct og_word *w = &words->w[i];
	const char *p = words->text + w->at, *code;

	if (i >= words->n || w->kind != OG_WORD)
		return NULL;
	for (size_t k = 0; k < CURRENCIES; k++) {
		if (og_when_word(words, i, currencies[k].names))
			return currencies[k].codes;
	}
	code = iso_code(p, w->len);
	return code != NULL && (beside || strncmp(p, code, CODE_LEN) == 0) ? code : NULL;
}

int og_currency_at(const struct og_words *words, size_t i)
{
	return !og_when_word(words, i, "pound pounds penny") && said_at(words, i, 0) != NULL;
}

/* --- signs --------------------------------------------------------------------------- */

/* Bytes of a currency's sign at p, with the ones it may be. */
static size_t sign_at(const char *p, size_t len, const char **ret)
{
	for (size_t k = 0; k < CURRENCIES; k++) {
		const char *sign = currencies[k].sign;
		size_t n = sign != NULL ? strlen(sign) : 0;

		if (n == 0 || n > len || memcmp(p, sign, n) != 0)
			continue;
		*ret = currencies[k].codes;
		return n;
	}
	*ret = UNKNOWN;
	/* U+20A0 to U+20CF, and the one sign for any currency */
	if (len >= 3 && memcmp(p, "\xe2\x82", 2) == 0 && (unsigned char)p[2] >= 0xa0)
		return 3;
	return len >= 2 && memcmp(p, "\xc2\xa4", 2) == 0 ? 2 : 0;
}

/* The same in front of byte at, spaces between allowed. */
static size_t sign_before(const struct og_words *words, size_t at, const char **ret)
{
	size_t end = at;

	while (end > 0 && words->text[end - 1] == ' ')
		end--;
	for (size_t n = 1; n <= 3 && n <= end; n++) {
		if (sign_at(words->text + end - n, n, ret) == n)
			return at - end + n;
	}
	return 0;
}

static size_t sign_behind(const struct og_words *words, size_t at, const char **ret)
{
	size_t from = at;

	while (from < words->text_len && words->text[from] == ' ')
		from++;
	if (words->text_len - from >= 2 && memcmp(words->text + from, "\xc2\xa0", 2) == 0)
		from += 2;
	return sign_at(words->text + from, words->text_len - from, ret);
}

int og_currency_signed(const struct og_words *words, size_t from, size_t to)
{
	const struct og_word *last = &words->w[to - 1];
	const char *codes;

	return sign_before(words, words->w[from].at, &codes) > 0 ||
	       sign_behind(words, last->at + last->len, &codes) > 0;
}

int og_currency_fits(const char *said, const char *wanted)
{
	if (said == NULL)
		return 1;
	if (wanted == NULL || *said == '\0')
		return 0;
	for (const char *p = said; *p != '\0'; p += CODE_LEN + (p[CODE_LEN] == ' ')) {
		if (strncmp(p, wanted, CODE_LEN) == 0)
			return 1;
	}
	return 0;
}

/* --- amounts --------------------------------------------------------------------------- */

/* What is in front of the number's word and its sign: the minus of "-$5", the
 * parenthesis of an amount that is owed. */
static char mark_before(const struct og_words *words, size_t i)
{
	const char *codes;
	size_t at = words->w[i].at, sign = sign_before(words, at, &codes);

	if (sign + 1 > at)
		return '\0';
	at -= sign + 1;
	if (words->text[at] == '-' && sign > 0 && (at == 0 || words->text[at - 1] == ' '))
		return '-';
	return words->text[at] == '(' ? '(' : '\0';
}

/* "k" is part of the number; "m" right behind it is a million of money only. */
static int is_million(const struct og_words *words, size_t i)
{
	return i > 0 && og_when_word(words, i, "m") && words->w[i - 1].kind == OG_NUMBER &&
	       words->w[i].at == words->w[i - 1].at + words->w[i - 1].len;
}

/* "and 50 cents" */
static size_t cents(const struct og_words *words, size_t i, double *value)
{
	size_t n = og_when_word(words, i, "and") > 0, m;
	int64_t count = 0;

	m = og_when_count(words, i + n, 0, 99, &count);
	if (m == 0 || !og_when_word(words, i + n + m, HUNDREDTHS))
		return 0;
	*value += (double)count / 100;
	return n + m + 1;
}

/* Two currencies for one amount are none; "$5 USD" says one of them twice. */
static void agree(const char **currency, const char *said)
{
	if (*currency == NULL || og_currency_fits(*currency, said))
		*currency = said;
	else if (!og_currency_fits(said, *currency))
		*currency = UNKNOWN;
}

static void add_signs(const struct og_words *words, size_t from, size_t to, const char **currency)
{
	const struct og_word *last = &words->w[to - 1];
	const char *codes;

	if (sign_before(words, words->w[from].at, &codes) > 0)
		agree(currency, codes);
	if (sign_behind(words, last->at + last->len, &codes) > 0)
		agree(currency, codes);
}

size_t og_money_at(const struct og_words *words, size_t i, double *ret, const char **ret_currency)
{
	const char *currency = said_at(words, i, 1);
	size_t at = i + (currency != NULL), number = at;
	char mark;

	if (at >= words->n || words->w[at].number_words == 0)
		return 0;
	mark = mark_before(words, at);
	if (mark == '(')
		return 0;
	*ret = words->w[at].value * (mark == '-' ? -1 : 1);
	at += words->w[at].number_words;
	if (is_million(words, at)) {
		*ret *= 1e6;
		at++;
	}
	add_signs(words, number, at, &currency);
	if (og_when_word(words, at, HUNDREDTHS)) {
		agree(&currency, said_at(words, at++, 1));
		*ret /= 100;
	} else if (said_at(words, at, 1) != NULL) {
		agree(&currency, said_at(words, at++, 1));
		at += cents(words, at, ret);
	}
	*ret_currency = currency;
	return at - i;
}
