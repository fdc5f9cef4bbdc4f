/*
 * Fuzz target: what og-amqp is asked, a line of any bytes. A request that
 * passes has the members its op needs, of their types; every refusal says
 * why. The same bytes are tried as a queue's URL.
 *
 * Built with clang -fsanitize=fuzzer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/queue/amqp-internal.h"

/* The program's other files want a broker; this one wants only bytes. */
#include "cmd/og-amqp-request.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_request(const struct amqp_request *request)
{
	static const char *const needed[] = { "host", "queue", "exchange", "consumer", "body" };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		n += strlen(amqp_text(request, needed[i], ""));
	if (request->op == AMQP_PUBLISH &&
	    (!og_json_str(request->json, "body") || request->size > n))
		abort();
	if (request->op == AMQP_MOVE && !json_is_integer(json_object_get(request->json, "tag")))
		abort();
}

static void try_url(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	struct og_amqp_url url;
	char *text = malloc(size + 8);
	size_t begin;

	if (!text)
		return;
	/* Sometimes whole, sometimes only what follows the scheme. */
	begin = size > 0 && data[0] == 'a' ? 0 : 7;
	memcpy(text, "amqp://", 7);
	memcpy(text + begin, data, size);
	text[begin + size] = '\0';
	if (og_amqp_url_parse(text, &url, &err) == 0) {
		if (!*url.host || !*url.prefix || url.port < 1 || url.port > 65535)
			abort();
		og_amqp_url_release(&url);
	} else if (err.code != OG_ECONF) {
		abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	struct amqp_request *request = NULL;

	if (amqp_request_parse((const char *)data, size, &request, &err) == 0) {
		use_request(request);
		amqp_request_free(request);
	} else if (err.code != OG_EDATA || !err.msg[0]) {
		abort();
	}
	try_url(data, size);
	return 0;
}
