/*
 * SHA-256 through OpenSSL's low-level calls: deprecated upstream, chosen
 * here on purpose. The EVP way reads a configuration file and fetches a
 * provider first, which costs a short-lived program half its life.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "lib/hash/hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
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
	SHA256_CTX state;

	SHA256_Init(&state);
	for (size_t i = 0; i < n; i++)
		SHA256_Update(&state, pieces[i].data, pieces[i].len);
	SHA256_Final(ret->b, &state);
}

int og_sha256_fd(int fd, struct og_hash *ret, struct og_err *err)
{
	unsigned char piece[65536];
	SHA256_CTX state;
	ssize_t n;

	SHA256_Init(&state);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n > 0)
			SHA256_Update(&state, piece, (size_t)n);
		else if (errno != EINTR)
			return og_fail(err, OG_EIO, "cannot read: %s", strerror(errno));
	}
	SHA256_Final(ret->b, &state);
	return 0;
}

int og_hash_equal(const struct og_hash *a, const struct og_hash *b)
{
	return CRYPTO_memcmp(a->b, b->b, OG_HASH_LEN) == 0;
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
