/* RFC 6962's tree, an Ed25519 and a UUIDv5 vector; signatures that are good only
 * for a lax reader; key files that others may read. */
#include "tests/unit/unit.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

/* The order of the group, least byte first. A signature to whose S it is added
 * satisfies the same equation. */
static const unsigned char order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
					 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };

static void signatures_have_one_form(void)
{
	unsigned char seed[OG_KEY_SEED] = { 7 }, pub[OG_KEY_PUBLIC], sig[OG_SIGNATURE];
	unsigned char anybody[OG_KEY_PUBLIC] = { 1 }, nothing[OG_SIGNATURE] = { 1 };
	struct og_err err = OG_ERR_INIT;
	unsigned carry = 0;

	OG_CHECK_OK(og_key_public(seed, pub, &err), &err);
	OG_CHECK_OK(og_sign(seed, "text", 4, sig, &err), &err);
	for (size_t i = 0; i < sizeof(order); i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	OG_CHECK(og_verify(pub, "text", 4, sig, &err) < 0);
	OG_CHECK_INT(err.code, OG_EPERM);
	/* The neutral point as a key: 0 signs everything for it. */
	OG_CHECK(og_verify(anybody, "text", 4, nothing, &err) < 0);
	OG_CHECK_INT(err.code, OG_EPERM);
}

static int sign_without_files(void)
{
	struct rlimit none = { 0, 0 };
	unsigned char seed[OG_KEY_SEED] = { 7 }, sig[OG_SIGNATURE];

	return setrlimit(RLIMIT_NOFILE, &none) == 0 && og_sign(seed, "text", 4, sig, NULL) == 0;
}

/* As in a program that has sealed itself. Runs first: what is opened once is
 * not opened again. */
static void nothing_is_opened(void)
{
	int raw = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(sign_without_files() ? 0 : 1);
	OG_CHECK(waitpid(pid, &raw, 0) == pid);
	OG_CHECK_INT(raw, 0);
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
	OG_RUN(nothing_is_opened);
	OG_RUN(names);
	OG_RUN(tree);
	OG_RUN(signatures);
	OG_RUN(signatures_have_one_form);
	OG_RUN(key_files);
	return og_done();
}
