/*
 * How the embedded queue behaves the deeper it is: with 1,000, 10,000 and
 * 100,000 tasks of 1 KB queued. In a new folder below the current
 * directory; prints a JSON array, medians, times in microseconds.
 *
 *	claim_us    claim and ack in a process that stays
 *	put_us      a durable put
 *	fresh_us    open, claim, close: the first claim of a new process
 *	count_us    what og status asks
 *	list_us     the newest 1,000
 *	drain       tasks claimed and acked per second until none is left
 *	bytes       of queue.db, and how many of its WAL (wal)
 *	rss         of the process that claimed, in KiB
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/queue/queue.h"
#include "tests/bench/bench.h"

#define BATCH 1000
#define TIMES 101

static char envelope[1024];

static void put(struct og_queue *queue, int n)
{
	static char ids[BATCH][OG_UUID_LEN + 1];
	static struct og_parcel parcels[BATCH];
	struct og_err err = OG_ERR_INIT;

	for (int i = 0; i < n; i++) {
		must(og_uuid7(ids[i], &err), &err);
		parcels[i] = (struct og_parcel){ .id = ids[i], .envelope = envelope };
	}
	must(og_queue_put(queue, parcels, (size_t)n, &err), &err);
}

/* 1 when there was a task. */
static int work(struct og_queue *queue)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	int found = og_queue_claim(queue, &delivery, &err);

	must(found, &err);
	if (found > 0)
		must(og_queue_ack(queue, delivery.ticket, &err), &err);
	og_delivery_release(&delivery);
	return found;
}

static void put_one(struct og_queue *queue)
{
	put(queue, 1);
}

static void work_one(struct og_queue *queue)
{
	work(queue);
}

static void work_fresh(struct og_queue *queue)
{
	struct og_queue *mine = open_queue();

	(void)queue;
	work(mine);
	og_queue_close(mine);
}

static void count(struct og_queue *queue)
{
	struct og_queue_counts n;
	struct og_err err = OG_ERR_INIT;

	must(og_queue_count(queue, &n, &err), &err);
}

static void list(struct og_queue *queue)
{
	struct og_err err = OG_ERR_INIT;
	json_t *tasks = NULL;

	must(og_queue_list(queue, OG_QUEUE_ALL, 1000, &tasks, &err), &err);
	json_decref(tasks);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static long time_of(struct og_queue *queue, void (*act)(struct og_queue *))
{
	int64_t times[TIMES];

	for (int i = 0; i < TIMES; i++) {
		int64_t start = og_mono_us();

		act(queue);
		times[i] = og_mono_us() - start;
	}
	qsort(times, TIMES, sizeof(*times), by_size);
	return (long)times[TIMES / 2];
}

static long long size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) < 0 ? 0 : (long long)st.st_size;
}

static long rss(void)
{
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	long pages = 0;

	if (read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "%*d %ld", &pages);
	close(fd);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void measure(long depth)
{
	struct og_queue *queue = open_queue();
	int64_t start;
	long n = 0;

	for (long i = 0; i < depth; i += BATCH)
		put(queue, BATCH);
	printf("{\"depth\":%ld", depth);
	printf(",\"claim_us\":%ld", time_of(queue, work_one));
	printf(",\"put_us\":%ld", time_of(queue, put_one));
	printf(",\"fresh_us\":%ld", time_of(queue, work_fresh));
	printf(",\"count_us\":%ld", time_of(queue, count));
	printf(",\"list_us\":%ld", time_of(queue, list));
	printf(",\"bytes\":%lld,\"wal\":%lld", size_of("queue.db"), size_of("queue.db-wal"));
	start = og_mono_us();
	while (work(queue) > 0)
		n++;
	printf(",\"drain\":%lld,\"rss\":%ld}", (long long)n * 1000000 / (og_mono_us() - start),
	       rss());
	og_queue_close(queue);
}

static void clean(void)
{
	static const char *const names[] = { "queue.db",       "queue.db-wal",	   "queue.db-shm",
					     "run/queue.lock", "run/queue.claims", "run/bell" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	rmdir("run");
}

int main(void)
{
	static const long depths[] = { 1000, 10000, 100000 };
	char folder[] = "depth-XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 71;
	memset(envelope, 'x', sizeof(envelope) - 1);
	printf("[");
	for (size_t i = 0; i < sizeof(depths) / sizeof(*depths); i++) {
		if (mkdir("run", 0700) < 0)
			return 71;
		printf("%s", i > 0 ? "," : "");
		measure(depths[i]);
		clean();
	}
	printf("]\n");
	return chdir("..") < 0 || rmdir(folder) < 0;
}
