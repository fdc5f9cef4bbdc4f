/* SHA-256 through Nettle, which takes the processor's own instructions. */
#include "lib/hash/hash.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"

void og_sha256(const void *data, size_t len, struct og_hash *ret)
{
	struct og_slice piece = { data, len };

	og_sha256v(&piece, 1, ret);
}

void og_sha256v(const struct og_slice *pieces, size_t n, struct og_hash *ret)
{
	struct sha256_ctx state;

	sha256_init(&state);
	for (size_t i = 0; i < n; i++)
		sha256_update(&state, pieces[i].len, pieces[i].data);
	sha256_digest(&state, OG_HASH_LEN, ret->b);
}

int og_sha256_fd(int fd, struct og_hash *ret, struct og_err *err)
{
	unsigned char piece[65536];
	struct sha256_ctx state;
	ssize_t n;

	sha256_init(&state);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n > 0)
			sha256_update(&state, (size_t)n, piece);
		else if (errno != EINTR)
			return og_fail(err, OG_EIO, "cannot read: %s", strerror(errno));
	}
	sha256_digest(&state, OG_HASH_LEN, ret->b);
	return 0;
}

int og_hash_equal(const struct og_hash *a, const struct og_hash *b)
{
	return sodium_memcmp(a->b, b->b, OG_HASH_LEN) == 0;
}

void og_hash_hex(const struct og_hash *hash, char out[OG_HASH_HEX + 1])
{
	og_hex_encode(out, hash->b, OG_HASH_LEN);
}

int og_hash_unhex(const char *text, struct og_hash *ret)
{
	return og_hex_decode(ret->b, OG_HASH_LEN, text);
}

void og_merkle_leaf(const void *entry, size_t len, struct og_hash *ret)
{
	struct og_slice pieces[] = { { "\0", 1 }, { entry, len } };

	og_sha256v(pieces, 2, ret);
}

void og_merkle_node(const struct og_hash *left, const struct og_hash *right, struct og_hash *ret)
{
	struct og_slice pieces[] = { { "\1", 1 },
				     { left->b, OG_HASH_LEN },
				     { right->b, OG_HASH_LEN } };

	og_sha256v(pieces, 3, ret);
}
