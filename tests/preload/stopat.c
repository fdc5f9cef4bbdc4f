/*
 * Preloaded into a program under test: stops it with SIGSTOP right after
 * it has read its N-th reply, when the other side has done what was asked
 * and this side has not seen it yet. Somebody else has to let it go on.
 *
 * OG_STOP_PROGRAM  name of the executable that is to stop ("og-worker")
 * OG_STOP_TEXT     only replies count that hold this text
 * OG_STOP_AT       N
 * OG_STOP_ONCE     a file that holds "1"; the stop makes it "0", and then
 *                  nobody stops any more. It is opened when the program
 *                  starts: later it may not be allowed to.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long left = -1;
static int once = -1;
static const char *text;

__attribute__((constructor)) static void arm(void)
{
	const char *program = getenv("OG_STOP_PROGRAM"), *at = getenv("OG_STOP_AT");
	const char *file = getenv("OG_STOP_ONCE");

	text = getenv("OG_STOP_TEXT");
	if (!program || !at || !file || strcmp(program, program_invocation_short_name) != 0)
		return;
	once = open(file, O_RDWR | O_CLOEXEC);
	left = strtol(at, NULL, 10);
}

static void count(const void *data, size_t len)
{
	char now;

	if (left <= 0 || once < 0 || (text && !memmem(data, len, text, strlen(text))))
		return;
	if (--left > 0 || pread(once, &now, 1, 0) != 1 || now != '1')
		return;
	if (pwrite(once, "0", 1, 0) == 1)
		raise(SIGSTOP);
}

typedef ssize_t read_fn(int, void *, size_t);

ssize_t read(int fd, void *data, size_t len)
{
	void *found = dlsym(RTLD_NEXT, "read");
	read_fn *real;
	ssize_t n;

	memcpy(&real, &found, sizeof(real));
	n = real(fd, data, len);
	if (n > 0)
		count(data, (size_t)n);
	return n;
}
