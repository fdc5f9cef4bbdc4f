/*
 * Landlock: after this, files can be opened by path only below the named
 * directories. Rights that a running kernel does not know are masked out
 * (landlock(7), "defining and enforcing a security policy").
 */
#include "lib/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define WRITE_RIGHTS                                                                               \
	(READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |               \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE)
/* All thirteen rights of ABI 1, so that what is not allowed is denied. */
#define ALL_RIGHTS ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* A rule on a file may name only rights to files. */
static uint64_t rights_to(int fd, uint64_t rights)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rights &= FILE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE;
	return rights;
}

static int allow_below(int ruleset, const char *path, uint64_t rights, struct og_err *err)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = -1 };
	int rc = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return og_fail(err, OG_EOS, "cannot allow '%s': %s", path, strerror(errno));
	rule.allowed_access = rights_to(rule.parent_fd, rights);
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		rc = og_fail(err, OG_EOS, "cannot allow '%s': %s", path, strerror(errno));
	close(rule.parent_fd);
	return rc;
}

static int allow_all(int ruleset, const char *const *paths, uint64_t rights, struct og_err *err)
{
	for (size_t i = 0; paths && paths[i]; i++)
		if (allow_below(ruleset, paths[i], rights, err) < 0)
			return -1;
	return 0;
}

static int enter(int ruleset, struct og_err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return og_fail(err, OG_EOS, "cannot enter landlock: %s", strerror(errno));
	return 0;
}

int og_sandbox_paths(const char *const *read_only, const char *const *read_write,
		     struct og_err *err)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ALL_RIGHTS };
	int ruleset, rc = -1;

	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP
			       ? OG_SANDBOX_NONE
			       : og_fail(err, OG_EOS, "cannot start landlock: %s", strerror(errno));
	if (allow_all(ruleset, read_only, READ_RIGHTS, err) < 0 ||
	    allow_all(ruleset, read_write, WRITE_RIGHTS, err) < 0)
		goto out;
	if (enter(ruleset, err) < 0)
		goto out;
	rc = OG_SANDBOX_DONE;
out:
	close(ruleset);
	return rc;
}

/* --- a house with children ------------------------------------------------ */

/* Of ABI 2 and 4, which older headers lack. */
#define REFER	(UINT64_C(1) << 13)
#define NO_TCP	UINT64_C(3) /* bind and connect */
#define ABI_TCP 4

#define RUN_RIGHTS (READ_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE)
#define OWN_RIGHTS                                                                                 \
	(WRITE_RIGHTS | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |              \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK)

struct house_attr {
	uint64_t fs, net;
};

static int allow_what_is_there(int ruleset, const char *const *paths, uint64_t rights,
			       struct og_err *err)
{
	for (size_t i = 0; paths && paths[i]; i++)
		if (access(paths[i], F_OK) == 0 && allow_below(ruleset, paths[i], rights, err) < 0)
			return -1;
	return 0;
}

int og_sandbox_house(const char *const *run, const char *const *read_only,
		     const char *const *read_write, int no_tcp, struct og_err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t refer = abi >= 2 ? REFER : 0;
	struct house_attr attr = { ALL_RIGHTS | refer, no_tcp && abi >= ABI_TCP ? NO_TCP : 0 };
	size_t size = abi >= ABI_TCP ? sizeof(attr) : sizeof(attr.fs);
	int ruleset, rc = -1;

	if (abi < 1)
		return OG_SANDBOX_NONE;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return og_fail(err, OG_EOS, "cannot start landlock: %s", strerror(errno));
	if (allow_what_is_there(ruleset, run, RUN_RIGHTS, err) == 0 &&
	    allow_what_is_there(ruleset, read_only, READ_RIGHTS, err) == 0 &&
	    allow_what_is_there(ruleset, read_write, OWN_RIGHTS | refer, err) == 0 &&
	    enter(ruleset, err) == 0)
		rc = OG_SANDBOX_DONE;
	close(ruleset);
	return rc;
}
