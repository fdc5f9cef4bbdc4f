/*
 * Passwords: crypt(3) with yescrypt, in a table that no gate can reach and
 * no log ever holds.
 */
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/access/access-internal.h"
#include "lib/base/clock.h"

#define PASSWORD_MAX 512

/* A hash nothing matches, so that an unknown mail takes as long as a wrong
 * password: its salt is fixed, its result is no base64 of anything. */
static const char nobody[] =
	"$y$j9T$0000000000000000000000$0000000000000000000000000000000000000000000";

int og_access_password_hash(const char *password, struct og_buf *ret, struct og_err *err)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char random[32], setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;
	int rc = -1;

	if (!data)
		return og_fail_nomem(err);
	if (og_random(random, sizeof(random), err) < 0)
		goto out;
	if (crypt_gensalt_rn("$y$", 0, random, (int)sizeof(random), setting, (int)sizeof(setting)))
		hash = crypt_r(password, setting, data);
	if (!hash || hash[0] == '*') {
		og_fail(err, OG_EOS, "cannot hash a password");
		goto out;
	}
	og_buf_adds(ret, hash);
	rc = og_buf_check(ret, "password hash", err);
out:
	explicit_bzero(data, sizeof(*data));
	free(data);
	return rc;
}

/* Every byte is looked at, whatever the first difference is. */
static int equal(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned char differ = la != lb;

	for (size_t i = 0; i < la && i < lb; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

static int stored_hash(struct og_access *access, int64_t id, char **ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	*ret = NULL;
	if (og_stmt_new(access->db, "SELECT hash FROM og_credential WHERE principal = ?1", &stmt,
			err) < 0)
		return -1;
	og_bind_int(stmt, 1, id);
	found = og_stmt_step(stmt, err);
	if (found > 0 && og_col_text(stmt, 0))
		*ret = strdup(og_col_text(stmt, 0));
	og_stmt_free(stmt);
	return found < 0 ? -1 : 0;
}

int og_access_password(struct og_access *access, int64_t id, const char *password,
		       struct og_err *err)
{
	struct crypt_data *data;
	const char *computed;
	char *stored;
	int good;

	if (strlen(password) > PASSWORD_MAX)
		return 0;
	if (stored_hash(access, id, &stored, err) < 0)
		return -1;
	data = calloc(1, sizeof(*data));
	if (!data) {
		free(stored);
		return og_fail_nomem(err);
	}
	computed = crypt_r(password, stored ? stored : nobody, data);
	good = stored && computed && computed[0] != '*' && equal(computed, stored);
	explicit_bzero(data, sizeof(*data));
	free(data);
	free(stored);
	return good;
}

int og_access_password_set(struct og_access *access, int64_t id, const char *password,
			   struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	struct og_buf hash;
	int rc = -1;

	if (!*password || strlen(password) > PASSWORD_MAX)
		return og_fail(err, OG_EDATA, "a password has 1 to %d bytes", PASSWORD_MAX);
	og_buf_init(&hash, 1024);
	if (og_access_password_hash(password, &hash, err) == 0 &&
	    og_stmt_new(access->db,
			"INSERT INTO og_credential(principal, hash) VALUES (?1, ?2) "
			"ON CONFLICT(principal) DO UPDATE SET hash = excluded.hash",
			&stmt, err) == 0) {
		og_bind_int(stmt, 1, id);
		og_bind_textn(stmt, 2, hash.data, hash.len);
		rc = og_stmt_run(stmt, err);
	}
	og_stmt_free(stmt);
	og_buf_release(&hash);
	return rc;
}
