/*
 * Preloaded into a program under test: kills it with SIGKILL right before
 * its N-th call that changes a file or makes a change durable. Running a
 * test with N = 1, 2, 3, ... until nothing dies any more visits every
 * point at which a crash can leave something half done.
 *
 * OG_KILL_PROGRAM  name of the executable that is to die ("og-shield")
 * OG_KILL_AT       N
 * OG_KILL_ONCE     a file; it is removed by the kill, and without it nobody dies
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long left = -1;

__attribute__((constructor)) static void arm(void)
{
	const char *program = getenv("OG_KILL_PROGRAM");
	const char *at = getenv("OG_KILL_AT");
	const char *name = program_invocation_short_name;

	if (program && at && strcmp(program, name) == 0)
		left = strtol(at, NULL, 10);
}

static void count(void)
{
	const char *once = getenv("OG_KILL_ONCE");

	if (left <= 0 || --left > 0)
		return;
	if (once && unlink(once) == 0)
		raise(SIGKILL);
}

/* The next definition of the symbol, without the cast that ISO C forbids. */
static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define OG_NEXT(type, name)                                                                        \
	type real;                                                                                 \
	void *found = next(name);                                                                  \
	memcpy(&real, &found, sizeof(real));                                                       \
	count()

typedef ssize_t pwrite_fn(int, const void *, size_t, off64_t);
typedef ssize_t write_fn(int, const void *, size_t);
typedef int sync_fn(int);
typedef int truncate_fn(int, off64_t);

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	OG_NEXT(pwrite_fn *, "pwrite64");
	return real(fd, data, len, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
	OG_NEXT(write_fn *, "write");
	return real(fd, data, len);
}

int fdatasync(int fd)
{
	OG_NEXT(sync_fn *, "fdatasync");
	return real(fd);
}

int fsync(int fd)
{
	OG_NEXT(sync_fn *, "fsync");
	return real(fd);
}

int ftruncate64(int fd, off64_t len)
{
	OG_NEXT(truncate_fn *, "ftruncate64");
	return real(fd, len);
}
