/* The embedded queue: order, once only, and what a dead worker leaves. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/queue/bell.h"
#include "lib/queue/queue.h"

static char home[] = "/tmp/og-queue-XXXXXX";

static struct og_queue *open_queue(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = NULL;

	OG_CHECK_OK(og_queue_open("sqlite:queue.db", home, &queue, &err), &err);
	return queue;
}

/* A fresh folder for every test. */
static struct og_queue *fresh(void)
{
	char *run;

	memcpy(home, "/tmp/og-queue-XXXXXX", sizeof(home));
	if (!OG_CHECK(mkdtemp(home) != NULL))
		exit(70);
	run = og_path_join(home, "run");
	OG_CHECK(mkdir(run, 0700) == 0);
	free(run);
	return open_queue();
}

static void sweep(struct og_queue *queue)
{
	static const char *const names[] = { "queue.db",	"queue.db-wal",	   "queue.db-shm",
					     "run/queue.lock", "run/queue.claims", "run/bell",
					     "run/bell-done",  "run/worker",	   "run", "" };

	og_queue_close(queue);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = og_path_join(home, names[i]);

		if (unlink(path) < 0)
			rmdir(path);
		free(path);
	}
}

static void put(struct og_queue *queue, const char *id, int priority, int64_t not_before)
{
	struct og_parcel parcel = { id, id, priority, not_before, 0 };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
}

/* Claims and compares; "" for nothing. Returns the ticket. */
static int64_t claim(struct og_queue *queue, const char *want)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	int rc = og_queue_claim(queue, &delivery, &err);
	int64_t ticket = delivery.ticket;

	if (!OG_CHECK_STR(rc > 0 ? delivery.envelope : rc == 0 ? "" : err.msg, want))
		ticket = 0;
	og_delivery_release(&delivery);
	return ticket;
}

static void order(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	int64_t first;

	put(queue, "a", 0, 0);
	put(queue, "b", 0, 0);
	put(queue, "urgent", 5, 0);
	put(queue, "a", 9, 0); /* the same task again: nothing new */
	put(queue, "later", 9, og_now_ms() + 60000);
	first = claim(queue, "urgent");
	OG_CHECK_OK(og_queue_ack(queue, first, &err), &err);
	OG_CHECK_OK(og_queue_ack(queue, claim(queue, "a"), &err), &err);
	OG_CHECK_OK(og_queue_ack(queue, claim(queue, "b"), &err), &err);
	claim(queue, "");
	sweep(queue);
}

static void released_and_dead(void)
{
	struct og_queue *queue = fresh();
	struct og_queue_counts n;
	struct og_err err = OG_ERR_INIT;

	put(queue, "poison", 0, 0);
	for (int i = 0; i < OG_QUEUE_DELIVERIES; i++)
		OG_CHECK_OK(og_queue_release(queue, claim(queue, "poison"), 0, &err), &err);
	claim(queue, ""); /* once too often: a dead letter now */
	OG_CHECK_OK(og_queue_count(queue, &n, &err), &err);
	OG_CHECK_INT(n.dead, 1);
	OG_CHECK_INT(n.ready, 0);
	put(queue, "bad", 0, 0);
	OG_CHECK_OK(og_queue_dead(queue, claim(queue, "bad"), "nobody signed it", &err), &err);
	OG_CHECK_OK(og_queue_count(queue, &n, &err), &err);
	OG_CHECK_INT(n.dead, 2);
	put(queue, "wait", 0, 0);
	OG_CHECK_OK(og_queue_release(queue, claim(queue, "wait"), 60000, &err), &err);
	claim(queue, "");
	sweep(queue);
}

static void expired(void)
{
	struct og_queue *queue = fresh();
	struct og_parcel parcel = { "late", "late", 0, 0, og_now_ms() - 1 };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
	claim(queue, "");
	sweep(queue);
}

/* The kernel frees what a killed process held: no clock is asked. */
static void dead_claimer(void)
{
	struct og_queue *queue = fresh();
	int pipes[2];
	char byte;
	pid_t pid;

	put(queue, "task", 0, 0);
	OG_CHECK(pipe(pipes) == 0);
	pid = fork();
	if (pid == 0) {
		struct og_queue *mine = open_queue();

		claim(mine, "task");
		if (write(pipes[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	OG_CHECK(read(pipes[0], &byte, 1) == 1);
	claim(queue, ""); /* held */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	OG_CHECK(claim(queue, "task") > 0);
	close(pipes[0]);
	close(pipes[1]);
	sweep(queue);
}

#define TASKS 400

/* Claims and acks until nothing is left; how many. */
static int work(void)
{
	struct og_queue *mine = open_queue();
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	int n = 0;

	while (og_queue_claim(mine, &delivery, &err) > 0) {
		og_queue_ack(mine, delivery.ticket, &err);
		og_delivery_release(&delivery);
		n++;
	}
	og_queue_close(mine);
	return n;
}

static void two_workers(void)
{
	struct og_queue *queue = fresh();
	char ids[TASKS][8];
	int total = 0, pipes[2], n;
	pid_t pids[2];

	for (int i = 0; i < TASKS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "t%d", i);
		put(queue, ids[i], 0, 0);
	}
	OG_CHECK(pipe(pipes) == 0);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			n = work();
			_exit(write(pipes[1], &n, sizeof(n)) != sizeof(n));
		}
	}
	for (int i = 0; i < 2; i++) {
		OG_CHECK(read(pipes[0], &n, sizeof(n)) == sizeof(n));
		total += n;
		waitpid(pids[i], NULL, 0);
	}
	OG_CHECK_INT(total, TASKS);
	close(pipes[0]);
	close(pipes[1]);
	sweep(queue);
}

static void bells(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	struct og_bell bell;
	char *run = og_path_join(home, "run");
	int fd;

	OG_CHECK_OK(og_bell_watch(run, OG_BELL_DONE, &bell, &err), &err);
	OG_CHECK_INT(og_bell_wait(&bell, og_deadline(20), -1, &err), 0);
	OG_CHECK_OK(og_bell_ring(run, OG_BELL_DONE, &err), &err);
	OG_CHECK_INT(og_bell_wait(&bell, og_deadline(1000), -1, &err), 1);
	og_bell_close(&bell);
	OG_CHECK(!og_worker_alive(run));
	fd = og_worker_present(run, &err);
	OG_CHECK(fd >= 0 && og_worker_alive(run));
	close(fd);
	OG_CHECK(!og_worker_alive(run));
	free(run);
	sweep(queue);
}

static void other_engines(void)
{
	struct og_queue *queue = NULL;
	struct og_err err = OG_ERR_INIT;

	OG_CHECK(og_queue_open("amqp://user:secret@host", "/tmp", &queue, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK(strstr(err.msg, "secret") == NULL);
}

int main(void)
{
	OG_RUN(order);
	OG_RUN(released_and_dead);
	OG_RUN(expired);
	OG_RUN(dead_claimer);
	OG_RUN(two_workers);
	OG_RUN(bells);
	OG_RUN(other_engines);
	return og_done();
}
