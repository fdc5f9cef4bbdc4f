/*
 * The embedded queue under fire: four putters and two workers are killed at
 * random, again and again. What was promised to a putter is in the queue or
 * was worked on; nothing else holds. OG_FULL=1 goes on for a hundred rounds.
 */
#include "tests/unit/queues.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"

#define PUTTERS 4
#define WORKERS 2
#define TASKS	50000 /* of one putter, at most */

/* What they tell, in memory that outlives them. */
struct told {
	int promised[PUTTERS]; /* tasks 0 .. promised - 1 were acknowledged */
	int worked;
	char done[PUTTERS][TASKS];
};

static struct told *told;

static void put_for_ever(int who)
{
	struct og_queue *mine = open_queue();

	for (int i = told->promised[who]; i < TASKS; i++) {
		char id[32];

		snprintf(id, sizeof(id), "%d-%d", who, i);
		put(mine, id, 0, 0);
		told->promised[who] = i + 1;
	}
	_exit(0);
}

/* A task is done before it is forgotten, as with a shield. */
static void work_for_ever(void)
{
	struct og_queue *mine = open_queue();
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	int who, i, found;

	while ((found = og_queue_claim(mine, &delivery, &err)) >= 0) {
		if (found == 0) {
			usleep(500);
			continue;
		}
		if (sscanf(delivery.envelope, "%d-%d", &who, &i) == 2)
			told->done[who][i] = 1;
		told->worked++;
		og_queue_ack(mine, delivery.ticket, &err);
		og_delivery_release(&delivery);
	}
	_exit(1);
}

static void round_of_fire(unsigned ms)
{
	pid_t pids[PUTTERS + WORKERS];

	for (int i = 0; i < PUTTERS + WORKERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			if (i < PUTTERS)
				put_for_ever(i);
			work_for_ever();
		}
	}
	usleep(ms * 1000);
	for (int i = 0; i < PUTTERS + WORKERS; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
}

/* How many promises were not kept. */
static int broken_promises(struct og_queue *queue)
{
	struct og_err err = OG_ERR_INIT;
	int broken = 0;

	for (int who = 0; who < PUTTERS; who++)
		for (int i = 0; i < told->promised[who]; i++) {
			json_t *found = NULL;
			char id[32];

			if (told->done[who][i])
				continue;
			snprintf(id, sizeof(id), "%d-%d", who, i);
			broken += og_queue_find(queue, id, &found, &err) != 1;
			json_decref(found);
		}
	return broken;
}

static int whole(void)
{
	char *path = og_path_join(home, "queue.db"), *text = NULL;
	struct og_err err = OG_ERR_INIT;
	struct og_db *db = NULL;
	int good = og_db_open(path, OG_DB_READ, &db, &err) == 0 &&
		   og_db_text(db, "PRAGMA quick_check", &text, &err) == 1 &&
		   strcmp(text, "ok") == 0;

	free(text);
	og_db_close(db);
	free(path);
	return good;
}

static void under_fire(void)
{
	struct og_queue *queue = fresh();
	int rounds = getenv("OG_FULL") && *getenv("OG_FULL") ? 100 : 20, promised = 0;

	og_queue_close(queue);
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!OG_CHECK(told != MAP_FAILED))
		return;
	for (int i = 0; i < rounds; i++) {
		round_of_fire(5 + (unsigned)rand() % 60);
		OG_CHECK(whole());
	}
	queue = open_queue();
	OG_CHECK_INT(broken_promises(queue), 0);
	for (int i = 0; i < PUTTERS; i++)
		promised += told->promised[i];
	OG_CHECK(promised > rounds && told->worked > rounds);
	printf("# %d kills, %d promised, %d worked on\n", rounds * (PUTTERS + WORKERS), promised,
	       told->worked);
	sweep(queue);
	munmap(told, sizeof(*told));
}

int main(void)
{
	OG_RUN(under_fire);
	return og_done();
}
