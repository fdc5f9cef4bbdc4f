/*
 * SHA-256, Merkle tree hashing (RFC 6962 section 2.1), Ed25519 (RFC 8032)
 * and UUIDs made of names. The only module that knows whose code does it:
 * Nettle hashes, libsodium signs. libcrypto would do both, and cost every
 * program that starts 2 ms for its relocations and each that signs 2.6 ms
 * more before the first signature.
 */
#ifndef OG_HASH_HASH_H
#define OG_HASH_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

#define OG_HASH_LEN 32
#define OG_HASH_HEX 64 /* without the NUL */

struct og_hash {
	unsigned char b[OG_HASH_LEN];
};

/* One piece of what is hashed; pieces are concatenated. */
struct og_slice {
	const void *data;
	size_t len;
};

void og_sha256(const void *data, size_t len, struct og_hash *ret);
void og_sha256v(const struct og_slice *pieces, size_t n, struct og_hash *ret);
/* Of everything that fd still gives; OG_EIO when reading fails. */
int og_sha256_fd(int fd, struct og_hash *ret, struct og_err *err);
int og_hash_equal(const struct og_hash *a, const struct og_hash *b);
void og_hash_hex(const struct og_hash *hash, char out[OG_HASH_HEX + 1]);
int og_hash_unhex(const char *text, struct og_hash *ret); /* 0 or -1 */

/* SHA-256(0x00 || entry) and SHA-256(0x01 || left || right). */
void og_merkle_leaf(const void *entry, size_t len, struct og_hash *ret);
void og_merkle_node(const struct og_hash *left, const struct og_hash *right, struct og_hash *ret);

/* UUIDv5 (RFC 9562 section 5.5): the same for the same name in the same
 * space; lower case. Who chooses the name can make two that collide. */
#define OG_UUID_BYTES 16
void og_uuid5(const unsigned char space[OG_UUID_BYTES], const struct og_slice *pieces, size_t n,
	      char out[OG_UUID_LEN + 1]);

#define OG_KEY_SEED   32
#define OG_KEY_PUBLIC 32
#define OG_SIGNATURE  64

/* Keys are raw bytes: a 32-byte seed and the public key made from it. The
 * same key and bytes give the same signature. */
int og_key_new(unsigned char seed[OG_KEY_SEED], unsigned char pub[OG_KEY_PUBLIC],
	       struct og_err *err);
int og_key_public(const unsigned char seed[OG_KEY_SEED], unsigned char pub[OG_KEY_PUBLIC],
		  struct og_err *err);
int og_sign(const unsigned char seed[OG_KEY_SEED], const void *data, size_t len,
	    unsigned char sig[OG_SIGNATURE], struct og_err *err);
/* 0 when the signature is good; OG_EPERM when it is not, which includes those
 * that are not in canonical form and keys of small order, for which anything
 * would be signed. */
int og_verify(const unsigned char pub[OG_KEY_PUBLIC], const void *data, size_t len,
	      const unsigned char sig[OG_SIGNATURE], struct og_err *err);

/* A key file holds one line: "og-key-v1 " and the seed in base64; mode
 * 0600, refused when others may read it (OG_EPERM). */
int og_key_write(const char *path, const unsigned char seed[OG_KEY_SEED], struct og_err *err);
int og_key_read(const char *path, unsigned char seed[OG_KEY_SEED], struct og_err *err);

#endif
