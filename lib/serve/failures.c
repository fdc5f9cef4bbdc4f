/* Failed logins: a table in a file, one record a name, locked while used. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/serve/limit.h"

#define SETS	       1024
#define WAYS	       8
#define NAME_MAX_BYTES ((size_t)2048)
#define NAMES	       3

struct record {
	unsigned char name[16];
	int64_t since; /* of the first of them, ms; 0: free */
	int64_t n;
};

/* What an attempt counts for, and how often it may be made. */
struct name {
	struct og_hash hash;
	int most;
};

struct place {
	off_t at;
	struct record set[WAYS];
	struct record *mine;
};

static int open_table(const char *dir, struct og_err *err)
{
	char *path = og_path_join(dir, "failures");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	free(path);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		og_fail(err, OG_EOS, "cannot count logins: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* The account's letters may be of either case. */
static int name_all(struct name names[NAMES], const char *account, const char *from_where)
{
	char address[OG_NETWORK_MAX];
	struct og_buf text;
	size_t from[NAMES + 1] = { 0 };
	int rc;

	og_limit_network(from_where, address);
	og_buf_init(&text, NAME_MAX_BYTES);
	og_buf_addf(&text, "pair\n%s\n", address);
	for (const char *p = account; *p; p++)
		og_buf_addc(&text, (char)og_ascii_lower((unsigned char)*p));
	from[1] = text.len;
	og_buf_addf(&text, "address\n%s", address);
	from[2] = text.len;
	og_buf_adds(&text, "account\n");
	for (const char *p = account; *p; p++)
		og_buf_addc(&text, (char)og_ascii_lower((unsigned char)*p));
	from[3] = text.len;
	rc = text.failed ? -1 : 0;
	for (int i = 0; rc == 0 && i < NAMES; i++)
		og_sha256(text.data + from[i], from[i + 1] - from[i], &names[i].hash);
	og_buf_release(&text);
	names[0].most = OG_FAILURES_PAIR;
	names[1].most = OG_FAILURES_ADDRESS;
	names[2].most = OG_FAILURES_ACCOUNT;
	return rc;
}

/* Its record, or the one that is least missed: the one with fewest. */
static void find(int fd, const struct name *name, int64_t now_ms, struct place *ret)
{
	size_t set = ((size_t)name->hash.b[30] << 8 | name->hash.b[31]) % SETS;

	memset(ret, 0, sizeof(*ret));
	ret->at = (off_t)(set * sizeof(ret->set));
	if (pread(fd, ret->set, sizeof(ret->set), ret->at) < 0)
		memset(ret->set, 0, sizeof(ret->set));
	for (int i = 0; i < WAYS; i++) {
		struct record *r = &ret->set[i];

		if (r->since > now_ms || now_ms - r->since >= OG_FAILURE_WINDOW_MS)
			memset(r, 0, sizeof(*r));
		if (memcmp(r->name, name->hash.b, sizeof(r->name)) == 0 && r->since) {
			ret->mine = r;
			return;
		}
		if (!ret->mine || r->n < ret->mine->n)
			ret->mine = r;
	}
	memset(ret->mine, 0, sizeof(*ret->mine));
	memcpy(ret->mine->name, name->hash.b, sizeof(ret->mine->name));
}

static int store(int fd, const struct place *place)
{
	return pwrite(fd, place->set, sizeof(place->set), place->at) == (ssize_t)sizeof(place->set)
		       ? 0
		       : -1;
}

static int wait_for(const struct record *record, int64_t now_ms)
{
	int64_t left = record->since + OG_FAILURE_WINDOW_MS - now_ms;

	return (int)(left / 1000) + 1;
}

static int count(int fd, const struct name *names, int64_t now_ms, struct og_err *err)
{
	struct place place;

	for (int i = 0; i < NAMES; i++) {
		find(fd, &names[i], now_ms, &place);
		if (place.mine->n >= names[i].most)
			return wait_for(place.mine, now_ms);
	}
	for (int i = 0; i < NAMES; i++) {
		find(fd, &names[i], now_ms, &place);
		if (place.mine->n++ == 0)
			place.mine->since = now_ms;
		if (store(fd, &place) < 0)
			return og_fail(err, OG_EOS, "cannot count logins: %s", strerror(errno));
	}
	return 0;
}

int og_attempt(const char *dir, const char *account, const char *address, int64_t now_ms,
	       struct og_err *err)
{
	struct name names[NAMES];
	int fd, rc;

	if (name_all(names, account, address) < 0)
		return og_fail_nomem(err);
	fd = open_table(dir, err);
	if (fd < 0)
		return -1;
	rc = count(fd, names, now_ms, err);
	close(fd);
	return rc;
}

void og_attempt_over(const char *dir, const char *account, const char *address, int64_t now_ms,
		     int good)
{
	struct og_err ignored = OG_ERR_INIT;
	struct name names[NAMES];
	int fd = name_all(names, account, address) < 0 ? -1 : open_table(dir, &ignored);

	for (int i = 0; fd >= 0 && i < NAMES; i++) {
		struct place place;

		find(fd, &names[i], now_ms, &place);
		if (place.mine->n == 0)
			continue;
		if (--place.mine->n == 0 || (good && i == 0))
			memset(place.mine, 0, sizeof(*place.mine));
		store(fd, &place); /* one that cannot be taken back is a try less */
	}
	if (fd >= 0)
		close(fd);
}
