/* RFC 6962's tree, an Ed25519 and a UUIDv5 vector; key files that others may read. */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/hash/hash.h"

static void tree(void)
{
	struct og_hash a, b, root;
	char hex[OG_HASH_HEX + 1];

	og_merkle_leaf("", 0, &a);
	og_hash_hex(&a, hex);
	OG_CHECK_STR(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	og_merkle_leaf("\0", 1, &b);
	og_merkle_node(&a, &b, &root);
	og_hash_hex(&root, hex);
	OG_CHECK_STR(hex, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

static void signatures(void)
{
	unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC], sig[OG_SIGNATURE];
	struct og_err err = OG_ERR_INIT;
	char hex[2 * OG_KEY_PUBLIC + 1];

	for (unsigned char i = 0; i < OG_KEY_SEED; i++)
		seed[i] = i;
	OG_CHECK_OK(og_key_public(seed, pub, &err), &err);
	og_hex_encode(hex, pub, sizeof(pub));
	OG_CHECK_STR(hex, "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
	OG_CHECK_OK(og_sign(seed, "text", 4, sig, &err), &err);
	OG_CHECK_OK(og_verify(pub, "text", 4, sig, &err), &err);
	OG_CHECK(og_verify(pub, "texT", 4, sig, &err) < 0);
	OG_CHECK_INT(err.code, OG_EPERM);
	sig[0] ^= 1;
	OG_CHECK(og_verify(pub, "text", 4, sig, &err) < 0);
}

static void key_files(void)
{
	unsigned char seed[OG_KEY_SEED], back[OG_KEY_SEED], pub[OG_KEY_PUBLIC];
	struct og_err err = OG_ERR_INIT;
	char path[] = "/tmp/og-key-XXXXXX";
	int fd = mkstemp(path);

	OG_CHECK(fd >= 0);
	close(fd);
	OG_CHECK_OK(og_key_new(seed, pub, &err), &err);
	OG_CHECK_OK(og_key_write(path, seed, &err), &err);
	OG_CHECK_OK(og_key_read(path, back, &err), &err);
	OG_CHECK(memcmp(seed, back, sizeof(seed)) == 0);
	OG_CHECK(chmod(path, 0644) == 0);
	OG_CHECK(og_key_read(path, back, &err) < 0);
	OG_CHECK_INT(err.code, OG_EPERM);
	unlink(path);
	OG_CHECK(og_key_read(path, back, &err) < 0);
	OG_CHECK_INT(err.code, OG_EPERM);
}

/* RFC 9562, appendix A.4: a name in the space of DNS. */
static void names(void)
{
	static const unsigned char dns[OG_UUID_BYTES] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad,
							  0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0,
							  0x4f, 0xd4, 0x30, 0xc8 };
	static const struct og_slice whole = { "www.example.com", 15 };
	static const struct og_slice pieces[] = { { "www.", 4 }, { "example.com", 11 } };
	char id[OG_UUID_LEN + 1];

	og_uuid5(dns, &whole, 1, id);
	OG_CHECK_STR(id, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
	OG_CHECK(og_uuid_valid(id));
	og_uuid5(dns, pieces, 2, id);
	OG_CHECK_STR(id, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

int main(void)
{
	OG_RUN(names);
	OG_RUN(tree);
	OG_RUN(signatures);
	OG_RUN(key_files);
	return og_done();
}
