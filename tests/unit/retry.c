/* When servers ask to be asked again. */
#include "tests/unit/unit.h"

#include "lib/net/retry.h"

#define NOW INT64_C(1800000000000) /* Fri, 15 Jan 2027 08:00:00 GMT */

static int64_t date(const char *text)
{
	int64_t ms;

	return og_net_date_parse(text, NOW, &ms) == 0 ? ms : -1;
}

static void dates(void)
{
	static const char *const none[] = { "",
					    "Sun, 06 Nov 1994 08:49:37",
					    "Sun, 06 Nov 1994 08:49:37 CET",
					    "Sun, 06 Nov 1994 08:49:37 GMT.",
					    "Sun, 31 Jun 1994 08:49:37 GMT",
					    "Sun, 06 Nov 1994 24:00:00 GMT",
					    "Sun, 06 ovD 1994 08:49:37 GMT",
					    "Sun, 06 Nov 1932 08:49:37 GMT",
					    "06 Nov 1994 08:49:37 GMT",
					    "Sun, -6 Nov 1994 08:49:37 GMT",
					    "2026-01-01T00:00:00Z" };

	/* The example of RFC 9110 in its three forms. */
	OG_CHECK_INT(date("Sun, 06 Nov 1994 08:49:37 GMT"), INT64_C(784111777000));
	OG_CHECK_INT(date("Sunday, 06-Nov-94 08:49:37 GMT"), INT64_C(784111777000));
	OG_CHECK_INT(date("Sun Nov  6 08:49:37 1994"), INT64_C(784111777000));
	OG_CHECK_INT(date("Fri, 15 Jan 2027 08:00:00 GMT"), NOW);
	OG_CHECK_INT(date("Friday, 15-Jan-27 08:00:00 GMT"), NOW);
	/* More than 50 years from now is the past: RFC 9110, section 5.6.7. */
	OG_CHECK_INT(date("Friday, 15-Jan-78 08:00:00 GMT"), INT64_C(253699200000));
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		if (!OG_CHECK_INT(date(none[i]), -1))
			printf("# %s\n", none[i]);
}

static int64_t headers_ask(const char *one, const char *two)
{
	struct og_net_advice advice;
	json_t *headers = json_pack("[s, s, s]", "content-type: text/plain", one, two);

	og_net_advise(503, headers, NULL, 0, NOW, &advice);
	json_decref(headers);
	OG_CHECK(!advice.final);
	return advice.retry_ms;
}

static void headers(void)
{
	OG_CHECK_INT(headers_ask("a: b", "c: d"), 0);
	OG_CHECK_INT(headers_ask("retry-after: 5", "c: d"), 5000);
	OG_CHECK_INT(headers_ask("retry-after:5", "c: d"), 5000);
	OG_CHECK_INT(headers_ask("retry-after: 0", "c: d"), 0);
	OG_CHECK_INT(headers_ask("retry-after: 0.5", "c: d"), 500);
	OG_CHECK_INT(headers_ask("retry-after: -5", "c: d"), 0);
	OG_CHECK_INT(headers_ask("retry-after: 5 s", "c: d"), 0);
	OG_CHECK_INT(headers_ask("retry-after: ", "c: d"), 0);
	OG_CHECK_INT(headers_ask("retry-after-ms: 1500", "retry-after: 1"), 1500);
	OG_CHECK_INT(headers_ask("retry-after: 7", "retry-after: 3"), 7000);
	OG_CHECK_INT(headers_ask("retry-after: 99999999999999999999", "c: d"), OG_NET_RETRY_MAX_MS);
	OG_CHECK_INT(headers_ask("retry-after: Fri, 15 Jan 2027 08:00:30 GMT", "c: d"), 30000);
	OG_CHECK_INT(headers_ask("retry-after: Fri, 15 Jan 2027 07:00:00 GMT", "c: d"), 0);
	OG_CHECK_INT(headers_ask("retry-after: Fri, 15 Jan 2100 07:00:00 GMT", "c: d"),
		     OG_NET_RETRY_MAX_MS);
	/* A server whose clock is an hour behind means its own hour. */
	OG_CHECK_INT(headers_ask("retry-after: Fri, 15 Jan 2027 07:00:30 GMT",
				 "date: Fri, 15 Jan 2027 07:00:00 GMT"),
		     30000);
	OG_CHECK_INT(headers_ask("retry-after: Fri, 15 Jan 2027 08:00:30 GMT", "date: today"),
		     30000);
}

static struct og_net_advice body_asks(int status, const char *body)
{
	struct og_net_advice advice;

	og_net_advise(status, NULL, body, strlen(body), NOW, &advice);
	return advice;
}

#define GOOGLE(details) "{\"error\":{\"code\":429,\"message\":\"no\",\"details\":[" details "]}}"
#define INFO(delay)                                                                                \
	"{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":" delay "}"

static void bodies(void)
{
	OG_CHECK_INT(body_asks(429, GOOGLE(INFO("\"34s\""))).retry_ms, 34000);
	OG_CHECK_INT(body_asks(503, GOOGLE("{\"@type\":\"x\"}," INFO("\"34.0741s\""))).retry_ms,
		     34075);
	OG_CHECK_INT(body_asks(429, "[" GOOGLE(INFO("\"2s\"")) "]").retry_ms, 2000);
	OG_CHECK_INT(body_asks(429, GOOGLE(INFO("\"34\""))).retry_ms, 0);
	OG_CHECK_INT(body_asks(429, GOOGLE(INFO("\"s\""))).retry_ms, 0);
	OG_CHECK_INT(body_asks(429, GOOGLE(INFO("\"-1s\""))).retry_ms, 0);
	OG_CHECK_INT(body_asks(429, GOOGLE(INFO("34"))).retry_ms, 0);
	OG_CHECK_INT(body_asks(429, GOOGLE(INFO("\"1234567890123456789012345678901234567890s\"")))
			     .retry_ms,
		     0);
	OG_CHECK_INT(body_asks(429, GOOGLE("7,null,[],\"x\"")).retry_ms, 0);
	OG_CHECK_INT(body_asks(429, "{\"error\":\"no\"}").retry_ms, 0);
	OG_CHECK_INT(body_asks(429, "[]").retry_ms, 0);
	OG_CHECK_INT(body_asks(429, "no").retry_ms, 0);
	OG_CHECK_INT(body_asks(200, GOOGLE(INFO("\"34s\""))).retry_ms, 0);
}

/* The longest of all is meant. */
static void both(void)
{
	static const char body[] = GOOGLE(INFO("\"34s\""));
	json_t *list = json_pack("[s]", "retry-after: 60");
	struct og_net_advice advice;

	og_net_advise(429, list, body, sizeof(body) - 1, NOW, &advice);
	OG_CHECK_INT(advice.retry_ms, 60000);
	json_array_clear(list);
	json_array_append_new(list, json_string("retry-after: 1"));
	og_net_advise(429, list, body, sizeof(body) - 1, NOW, &advice);
	OG_CHECK_INT(advice.retry_ms, 34000);
	json_decref(list);
}

static void spent(void)
{
	OG_CHECK(body_asks(429, "{\"error\":{\"code\":\"insufficient_quota\"}}").final);
	OG_CHECK(body_asks(429, "{\"error\":{\"type\":\"insufficient_quota\",\"code\":null}}")
			 .final);
	OG_CHECK(!body_asks(500, "{\"error\":{\"code\":\"insufficient_quota\"}}").final);
	OG_CHECK(!body_asks(429, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}").final);
	OG_CHECK(!body_asks(429, "{\"error\":{\"message\":\"insufficient_quota\"}}").final);
	OG_CHECK(!body_asks(429, "insufficient_quota").final);
}

int main(void)
{
	OG_RUN(dates);
	OG_RUN(headers);
	OG_RUN(bodies);
	OG_RUN(both);
	OG_RUN(spent);
	return og_done();
}
