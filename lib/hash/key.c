/* Ed25519 keys and signatures (RFC 8032), and the files keys are kept in. */
#include "lib/hash/hash.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#define KEY_PREFIX   "og-key-v1 "
#define KEY_FILE_MAX 256

static int prepare(struct og_err *err)
{
	return sodium_init() < 0 ? og_fail(err, OG_EOS, "cannot start libsodium") : 0;
}

/* libsodium keeps the public key behind the seed and calls both the secret
 * key. */
static int key_pair(const unsigned char *seed, unsigned char *pub,
		    unsigned char secret[crypto_sign_SECRETKEYBYTES], struct og_err *err)
{
	if (prepare(err) < 0)
		return -1;
	crypto_sign_seed_keypair(pub, secret, seed);
	return 0;
}

int og_key_public(const unsigned char seed[OG_KEY_SEED], unsigned char pub[OG_KEY_PUBLIC],
		  struct og_err *err)
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	int rc = key_pair(seed, pub, secret, err);

	sodium_memzero(secret, sizeof(secret));
	return rc;
}

int og_key_new(unsigned char seed[OG_KEY_SEED], unsigned char pub[OG_KEY_PUBLIC],
	       struct og_err *err)
{
	if (og_random(seed, OG_KEY_SEED, err) < 0)
		return -1;
	return og_key_public(seed, pub, err);
}

int og_sign(const unsigned char seed[OG_KEY_SEED], const void *data, size_t len,
	    unsigned char sig[OG_SIGNATURE], struct og_err *err)
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES], pub[OG_KEY_PUBLIC];
	int rc = key_pair(seed, pub, secret, err);

	if (rc == 0)
		crypto_sign_detached(sig, NULL, data, len, secret);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

int og_verify(const unsigned char pub[OG_KEY_PUBLIC], const void *data, size_t len,
	      const unsigned char sig[OG_SIGNATURE], struct og_err *err)
{
	if (prepare(err) < 0)
		return -1;
	if (crypto_sign_verify_detached(sig, data, len, pub) != 0)
		return og_fail(err, OG_EPERM, "the signature is not good");
	return 0;
}

int og_key_write(const char *path, const unsigned char seed[OG_KEY_SEED], struct og_err *err)
{
	struct og_buf line;
	int rc;

	og_buf_init(&line, KEY_FILE_MAX);
	og_buf_adds(&line, KEY_PREFIX);
	og_base64_encode(&line, seed, OG_KEY_SEED);
	og_buf_addc(&line, '\n');
	rc = og_buf_check(&line, "key", err);
	if (rc == 0)
		rc = og_file_write(path, line.data, line.len, 0600, err);
	sodium_memzero(line.data, line.len);
	og_buf_release(&line);
	return rc;
}

/* Somebody else's eyes on a key make it everybody's. */
static int check_mode(const char *path, struct og_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0; /* the read that follows says why */
	if (st.st_mode & 077) {
		og_fail(err, OG_EPERM, "key '%s' may be read by others", path);
		return og_hint(err, "chmod 600 '%s'", path);
	}
	return 0;
}

/* Whoever may look into the folder, and use the other key, is told nothing
 * that they cannot see. */
static void hint_near(const char *path, struct og_err *err)
{
	const char *slash = strrchr(path, '/');
	char name[64];

	if (og_file_near(path, name, sizeof(name)))
		og_hint(err, "did you mean '%s'?", name);
	else if (slash)
		og_hint(err, "`ls '%.*s'` shows whose keys are here", (int)(slash - path), path);
}

int og_key_read(const char *path, unsigned char seed[OG_KEY_SEED], struct og_err *err)
{
	size_t prefix = strlen(KEY_PREFIX);
	struct og_buf text, raw;
	int rc = -1;

	og_buf_init(&text, KEY_FILE_MAX);
	og_buf_init(&raw, OG_KEY_SEED);
	if (check_mode(path, err) < 0)
		goto out;
	if (og_file_read(path, "key", &text, err) < 0) {
		if (err && err->code == OG_ENOINPUT) {
			err->code = OG_EPERM;
			hint_near(path, err);
		}
		goto out;
	}
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	if (text.len < prefix || memcmp(text.data, KEY_PREFIX, prefix) != 0 ||
	    og_base64_decode(&raw, text.data + prefix, text.len - prefix) < 0 ||
	    raw.len != OG_KEY_SEED) {
		og_fail(err, OG_EDATA, "'%s' is not a key file", path);
		goto out;
	}
	memcpy(seed, raw.data, OG_KEY_SEED);
	rc = 0;
out:
	sodium_memzero(text.data, text.len);
	sodium_memzero(raw.data, raw.len);
	og_buf_release(&text);
	og_buf_release(&raw);
	return rc;
}
