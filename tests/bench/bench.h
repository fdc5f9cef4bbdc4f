/* What the measuring programs of queues share. */
#ifndef OG_BENCH_BENCH_H
#define OG_BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/queue/queue.h"

/* Calls per second of `each` in so many processes at once. */
static inline long rate(void (*act)(int), int processes, int each)
{
	int64_t start = og_mono_us();
	int status;

	for (int i = 0; i < processes; i++)
		if (fork() == 0) {
			act(each);
			_exit(0);
		}
	while (wait(&status) > 0)
		if (status != 0)
			exit(70);
	return (long)((int64_t)processes * each * 1000000 / (og_mono_us() - start));
}

static inline void must(int rc, const struct og_err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s\n", err->msg);
	exit(70);
}

/* queue.db of the current directory. */
static inline struct og_queue *open_queue(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = NULL;

	must(og_queue_open(&(struct og_queue_place){ .url = "sqlite:queue.db", .home = "." },
			   &queue, &err),
	     &err);
	return queue;
}

#endif
