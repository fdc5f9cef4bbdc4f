/*
 * Preloaded into a program under test: when it ends, the most memory it
 * held (KiB) is appended to a file, with its name.
 *
 * OG_PEAK_FILE  where; it is opened at the start, later it may be forbidden
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static int out = -1;

__attribute__((constructor)) static void open_file(void)
{
	const char *path = getenv("OG_PEAK_FILE");

	if (path)
		out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((destructor)) static void tell(void)
{
	struct rusage usage;

	if (out >= 0 && getrusage(RUSAGE_SELF, &usage) == 0)
		dprintf(out, "%s %ld\n", program_invocation_short_name, usage.ru_maxrss);
}
