/* An event stream, whole and cut where the first bytes say: the events must
 * be the same, UTF-8, and no more than the stream can hold. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/net/events.h"

#define MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int collect(void *arg, const char *data, size_t len)
{
	if (!og_utf8_valid(data, len) || data[len] != '\0')
		abort();
	og_buf_add(arg, data, len);
	return og_buf_addc(arg, '\xff');
}

static int64_t read_in(const char *text, size_t len, size_t piece, struct og_buf *out)
{
	struct og_events events;
	int64_t count;

	og_buf_init(out, 4 * MAX);
	og_events_init(&events, MAX, collect, out);
	for (size_t i = 0; i < len; i += piece)
		if (og_events_add(&events, text + i, len - i < piece ? len - i : piece, NULL) < 0)
			abort();
	og_events_pending(&events);
	count = events.count;
	og_events_release(&events);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_buf whole, cut;
	const char *text;
	size_t len;

	if (size < 1 || size > MAX)
		return 0;
	text = (const char *)data + 1;
	len = size - 1;
	if (read_in(text, len, len + 1, &whole) != read_in(text, len, 1 + data[0] % 16, &cut) ||
	    whole.len != cut.len || memcmp(whole.data, cut.data, whole.len) != 0)
		abort();
	og_buf_release(&whole);
	og_buf_release(&cut);
	return 0;
}
