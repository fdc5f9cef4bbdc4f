/*
 * How long programs take from exec to exit, compared: each has its turn in
 * every round, so that a busy moment meets them all. Medians of the time on
 * the clock and of the processor's time (user and system), in microseconds,
 * as one JSON object; their output goes to /dev/null.
 *
 *	starts ROUNDS <COMMANDS
 *
 * A line of COMMANDS is a name, a tab, and a program with its arguments,
 * separated by single spaces.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/base/clock.h"

#define ROUNDS_MAX   1000
#define COMMANDS_MAX 64
#define WORDS_MAX    16
#define LINE_BYTES   1024

extern char **environ;

struct command {
	char line[LINE_BYTES];
	char *name, *argv[WORDS_MAX + 1];
	int64_t wall[ROUNDS_MAX], cpu[ROUNDS_MAX];
	long max_rss_kib;
};

static void stop(const char *what, const char *name)
{
	fprintf(stderr, "starts: %s: %s\n", name, what);
	exit(70);
}

static int64_t used_us(const struct rusage *used)
{
	return (int64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000 +
	       used->ru_utime.tv_usec + used->ru_stime.tv_usec;
}

static void run_once(struct command *command, long round)
{
	posix_spawn_file_actions_t actions;
	struct rusage used;
	int64_t start;
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	start = og_mono_us();
	if (posix_spawnp(&pid, command->argv[0], &actions, NULL, command->argv, environ) != 0)
		stop("cannot be started", command->argv[0]);
	if (wait4(pid, &status, 0, &used) != pid)
		stop("was not waited for", command->argv[0]);
	command->wall[round] = og_mono_us() - start;
	command->cpu[round] = used_us(&used);
	command->max_rss_kib = used.ru_maxrss;
	posix_spawn_file_actions_destroy(&actions);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		stop("ended badly", command->line);
}

/* 1 read, 0 the end. */
static int read_command(struct command *command)
{
	char *rest, *word;
	int n = 0;

	if (!fgets(command->line, sizeof(command->line), stdin))
		return 0;
	command->line[strcspn(command->line, "\n")] = '\0';
	rest = command->line;
	command->name = strsep(&rest, "\t");
	while (n < WORDS_MAX && (word = strsep(&rest, " ")))
		command->argv[n++] = word;
	if (n == 0)
		stop("names no program", command->name);
	return 1;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static long long median(int64_t *times, long n)
{
	qsort(times, (size_t)n, sizeof(*times), by_size);
	return (long long)times[n / 2];
}

int main(int argc, char **argv)
{
	struct command *commands = calloc(COMMANDS_MAX, sizeof(*commands));
	long rounds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	int n = 0;

	if (!commands || rounds < 1 || rounds > ROUNDS_MAX)
		return 64;
	while (n < COMMANDS_MAX && read_command(&commands[n]))
		n++;
	for (int i = 0; i < n; i++)
		run_once(&commands[i], 0); /* warm */
	for (long round = 0; round < rounds; round++)
		for (int i = 0; i < n; i++)
			run_once(&commands[i], round);
	for (int i = 0; i < n; i++)
		printf("%s\"%s\":{\"wall_us\":%lld,\"cpu_us\":%lld,\"rss_kib\":%ld}", i ? "," : "{",
		       commands[i].name, median(commands[i].wall, rounds),
		       median(commands[i].cpu, rounds), commands[i].max_rss_kib);
	puts(n ? "}" : "{}");
	free(commands);
	return 0;
}
