/*
 * Preloaded into a program under test: its monotonic clock runs OG_HURRY
 * times as fast from its first look on, so that what it does only after a
 * second or a minute can be seen at once. Nothing sleeps shorter for it.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec first;

int clock_gettime(clockid_t id, struct timespec *ret)
{
	const char *factor = getenv("OG_HURRY");
	long long ns;
	int rc = (int)syscall(SYS_clock_gettime, id, ret);

	if (rc < 0 || id != CLOCK_MONOTONIC || !factor)
		return rc;
	if (!first.tv_sec)
		first = *ret;
	ns = (ret->tv_sec - first.tv_sec) * 1000000000LL + ret->tv_nsec - first.tv_nsec;
	ns *= atoll(factor);
	ret->tv_sec = first.tv_sec + ns / 1000000000;
	ret->tv_nsec = ns % 1000000000;
	return 0;
}
