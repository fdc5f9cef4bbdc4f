/* An answer that may ask to be asked again: a header a line, an empty one,
 * then the body. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;
	json_t *headers = json_array();
	struct og_net_advice advice;

	while (text < end && *text != '\n') {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		json_t *header = json_stringn(text, (size_t)((line ? line : end) - text));

		if (header)
			json_array_append_new(headers, header);
		text = line ? line + 1 : end;
	}
	og_net_advise(429, headers, text, (size_t)(end - text), INT64_C(1800000000000), &advice);
	if (advice.retry_ms < 0 || advice.retry_ms > OG_NET_RETRY_MAX_MS)
		abort();
	json_decref(headers);
	return 0;
}
