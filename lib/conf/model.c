/*
 * What og.conf says of models beside their names: words of a fixed choice,
 * sums of money, and files with secrets. The line that names a model is
 * lib/model's to read; what is a sum says lib/budget, which counts with it.
 */
#include "lib/conf/conf.h"

#include <string.h>
#include <strings.h>

#include "lib/budget/price.h"
#include "lib/conf/conf-internal.h"

/* RFC 9110, 5.6.2: tokens. */
#define TOKEN                                                                                      \
	"!#$%&'*+-.^_`|~0123456789"                                                                \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* --- words -------------------------------------------------------------------- */

static int check_word(const char *key, const char *value, const char *const *words,
		      struct og_err *err)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(value, words[i]) == 0)
			return 0;
	og_fail(err, OG_ECONF, "%s: '%s' is not one of its words", key, value);
	return words[2] ? og_hint(err, "%s, %s or %s", words[0], words[1], words[2])
			: og_hint(err, "%s or %s", words[0], words[1]);
}

static int check_words(const struct og_conf *conf, struct og_err *err)
{
	static const char *const stream[] = { "off", "on", NULL };
	static const char *const writes[] = { "granted", "approved", "none", NULL };
	static const char *const fallback[] = { "none", "skill", NULL };
	static const char *const ask[] = { "wait", "fail", NULL };

	if (check_word("model_stream", conf->model_stream, stream, err) < 0 ||
	    check_word("model_writes", conf->model_writes, writes, err) < 0 ||
	    check_word("ask", conf->ask, ask, err) < 0)
		return -1;
	return check_word("fallback", conf->fallback, fallback, err);
}

/* --- money -------------------------------------------------------------------- */

static int check_cost(const char *key, const char *value, struct og_err *err)
{
	int64_t sum;

	if (og_money_parse(value, &sum, NULL) == 0)
		return 0;
	og_fail(err, OG_ECONF, "%s: '%s' is no sum in USD", key, value);
	return og_hint(err, "%s = 2.50, 1000000 at most; 0 is no limit", key);
}

static int check_price(const char *key, const char *value, int least, struct og_err *err)
{
	struct og_price price;

	if (strcmp(value, "none") == 0 || og_price_parse(value, least, &price, NULL) == 0)
		return 0;
	og_fail(err, OG_ECONF, "%s: '%s' is no price in USD per million tokens", key, value);
	return least == 1 ? og_hint(err, "%s = 0.15", key)
			  : og_hint(err, "%s = INPUT OUTPUT [CACHED], as in 0.30 2.50 0.075", key);
}

static int check_sums(const struct og_conf *conf, struct og_err *err)
{
	if (check_price("model_price", conf->model_price, 2, err) < 0 ||
	    check_price("embed_price", conf->embed_price, 1, err) < 0 ||
	    check_cost("task_cost", conf->task_cost, err) < 0 ||
	    check_cost("principal_cost", conf->principal_cost, err) < 0 ||
	    check_cost("skill_cost", conf->skill_cost, err) < 0)
		return -1;
	return check_cost("day_cost", conf->day_cost, err);
}

/* --- headers ------------------------------------------------------------------ */

static int split(const char *word, size_t len, struct og_model_header *ret, struct og_err *err)
{
	const char *equals = memchr(word, '=', len);
	size_t name = equals ? (size_t)(equals - word) : len;
	size_t file = equals ? len - name - 1 : 0;

	if (name == 0 || name >= sizeof(ret->name) || file == 0 || file >= sizeof(ret->file)) {
		og_fail(err, OG_ECONF, "model_headers: '%.*s' is not NAME=FILE", (int)len, word);
		return og_hint(err, "model_headers = X-Client-Id=secrets/client-id");
	}
	memcpy(ret->name, word, name);
	ret->name[name] = '\0';
	memcpy(ret->file, equals + 1, file);
	ret->file[file] = '\0';
	if (ret->name[strspn(ret->name, TOKEN)])
		return og_fail(err, OG_ECONF, "model_headers: '%s' is no name of a header",
			       ret->name);
	return 0;
}

int og_conf_model_header(const struct og_conf *conf, size_t i, struct og_model_header *ret,
			 struct og_err *err)
{
	size_t len;
	const char *word = og_conf_word(conf->model_headers, i, &len);

	return !word ? 0 : split(word, len, ret, err) < 0 ? -1 : 1;
}

static int check_headers(const struct og_conf *conf, struct og_err *err)
{
	struct og_model_header header, other;
	size_t n = 0;
	int more;

	while ((more = og_conf_model_header(conf, n, &header, err)) == 1) {
		if (n == OG_MODEL_HEADERS_MAX)
			return og_fail(err, OG_ECONF, "model_headers: more than %d headers",
				       OG_MODEL_HEADERS_MAX);
		for (size_t i = 0; i < n; i++)
			if (og_conf_model_header(conf, i, &other, err) == 1 &&
			    strcasecmp(other.name, header.name) == 0)
				return og_fail(err, OG_ECONF, "model_headers: '%s' is given twice",
					       header.name);
		n++;
	}
	return more;
}

int og_conf_model_check(const struct og_conf *conf, struct og_err *err)
{
	if (check_words(conf, err) < 0 || check_sums(conf, err) < 0)
		return -1;
	return check_headers(conf, err);
}
