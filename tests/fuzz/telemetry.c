/*
 * Hostile bytes on the telemetry socket: whatever comes, requests are JSON
 * of the form that receivers expect, or there are none. The input is what
 * follows a good head, so that records are reached.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/json.h"
#include "lib/telemetry/collect.h"

#define HEAD                                                                                       \
	"{\"v\":1,\"service\":\"og-worker\",\"version\":\"0.1.0\","                                \
	"\"instance\":\"01a2145f-f8f3-7d0e-8861-f8e357d869d1\",\"dropped\":0}\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(struct og_collect *collect, enum og_signal signal)
{
	struct og_buf out;
	json_t *json = NULL;

	og_buf_init(&out, OG_REQUEST_MAX);
	if (og_collect_request(collect, signal, &out) > 0 &&
	    (out.failed || memchr(out.data, '\n', out.len) ||
	     og_signal_of(out.data, out.len) != (int)signal ||
	     og_json_parse(out.data, out.len, OG_REQUEST_MAX, "request", &json, NULL) < 0))
		abort();
	json_decref(json);
	og_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_collect *collect = NULL;

	if (og_collect_new("0.1.0", &collect, NULL) < 0)
		return 0;
	og_collect_take(collect, HEAD, strlen(HEAD));
	og_collect_take(collect, (const char *)data, size);
	for (int signal = 0; signal < OG_SIGNALS; signal++)
		check_request(collect, (enum og_signal)signal);
	og_collect_free(collect);
	return 0;
}
