/*
 * UUIDv5 (RFC 9562 section 5.5). SHA-1 is what that format is made of: it
 * names things here and vouches for nothing.
 */
#include "lib/hash/hash.h"

#include <nettle/sha1.h>

#include "lib/base/text.h"

void og_uuid5(const unsigned char space[OG_UUID_BYTES], const struct og_slice *pieces, size_t n,
	      char out[OG_UUID_LEN + 1])
{
	static const size_t bytes[] = { 4, 2, 2, 2, 6 };
	unsigned char b[SHA1_DIGEST_SIZE];
	const unsigned char *from = b;
	struct sha1_ctx state;

	sha1_init(&state);
	sha1_update(&state, OG_UUID_BYTES, space);
	for (size_t i = 0; i < n; i++)
		sha1_update(&state, pieces[i].len, pieces[i].data);
	sha1_digest(&state, SHA1_DIGEST_SIZE, b);
	b[6] = (unsigned char)(0x50 | (b[6] & 0x0f));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	for (size_t i = 0; i < 5; i++) {
		og_hex_encode(out, from, bytes[i]);
		from += bytes[i];
		out += 2 * bytes[i];
		*out++ = '-';
	}
	out[-1] = '\0';
}
