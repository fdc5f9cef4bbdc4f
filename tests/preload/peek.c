/*
 * Preloaded into og-worker: right before a process first waits for a
 * bell, by when it says it has given up its authority, it tries what it
 * must not be able to do and writes what was possible to standard error:
 * "peek: open exec socket", or "peek: nothing".
 *
 * OG_PEEK  a file to open, as any that the instance holds
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

static int can_exec(void)
{
	char *const argv[] = { NULL };

	/* A file that is no program: told apart from one that may not be run. */
	execv("/etc/passwd", argv);
	return errno != EPERM;
}

static void peek(const char *file)
{
	int opened = open(file, O_RDONLY | O_CLOEXEC);
	int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fprintf(stderr, "peek:%s%s%s%s\n", opened >= 0 ? " open" : "", can_exec() ? " exec" : "",
		made >= 0 ? " socket" : "",
		opened < 0 && made < 0 && !can_exec() ? " nothing" : "");
	if (opened >= 0)
		close(opened);
	if (made >= 0)
		close(made);
}

typedef int watch_fn(int, const char *, uint32_t);

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	const char *file = getenv("OG_PEEK");
	void *found = dlsym(RTLD_NEXT, "inotify_add_watch");
	watch_fn *real;

	if (file)
		peek(file);
	memcpy(&real, &found, sizeof(real));
	return real(fd, path, mask);
}
