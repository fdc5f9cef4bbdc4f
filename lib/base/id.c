/* Random bytes and UUIDv7 (RFC 9562 section 5.7). */
#include "lib/base/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/text.h"

int og_random(void *out, size_t len, struct og_err *err)
{
	unsigned char *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return og_fail(err, OG_EOS, "cannot get random bytes: %s", strerror(errno));
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int og_uuid7(char out[OG_UUID_LEN + 1], struct og_err *err)
{
	unsigned char b[16];
	char hex[33];
	uint64_t ms = (uint64_t)og_now_ms();

	if (og_random(b, sizeof(b), err) < 0)
		return -1;
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i) & 0xff);
	b[6] = (unsigned char)(0x70 | (b[6] & 0x0f));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	og_hex_encode(hex, b, sizeof(b));
	for (size_t i = 0, at = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			out[at++] = '-';
		out[at++] = hex[i];
	}
	out[OG_UUID_LEN] = '\0';
	return 0;
}

int og_uuid_valid(const char *text)
{
	if (strlen(text) != OG_UUID_LEN)
		return 0;
	for (size_t i = 0; i < OG_UUID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return 0;
		} else if (!strchr("0123456789abcdef", text[i])) {
			return 0;
		}
	}
	return 1;
}
