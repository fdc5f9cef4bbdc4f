/*
 * Median time of running a program to its end, in microseconds: exec, work,
 * exit, wait. Its output goes to /dev/null.
 *
 *	spawn RUNS PROGRAM [ARG...]
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lib/base/clock.h"

extern char **environ;

static int64_t run_once(char **argv)
{
	posix_spawn_file_actions_t actions;
	int64_t start = og_mono_us();
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0) {
		perror(argv[0]);
		exit(71);
	}
	waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
		fprintf(stderr, "%s ended with status %d\n", argv[0], status);
		exit(70);
	}
	return og_mono_us() - start;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int64_t times[1000];
	long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;

	if (runs < 1 || runs > 1000)
		return 64;
	run_once(argv + 2);
	for (long i = 0; i < runs; i++)
		times[i] = run_once(argv + 2);
	qsort(times, (size_t)runs, sizeof(*times), by_size);
	printf("%lld\n", (long long)times[runs / 2]);
	return 0;
}
