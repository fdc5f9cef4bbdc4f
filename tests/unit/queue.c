/* The embedded queue: order, once only, and what a dead worker leaves. */
#include "tests/unit/queues.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "lib/queue/bell.h"

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
		OG_CHECK_OK(
			og_queue_release(queue, claim(queue, "poison"), 0, OG_QUEUE_TRIED, &err),
			&err);
	claim(queue, ""); /* once too often: a dead letter now */
	OG_CHECK_OK(og_queue_count(queue, &n, &err), &err);
	OG_CHECK_INT(n.dead, 1);
	OG_CHECK_INT(n.ready, 0);
	put(queue, "bad", 0, 0);
	OG_CHECK_OK(og_queue_dead(queue, claim(queue, "bad"), "nobody signed it", &err), &err);
	OG_CHECK_OK(og_queue_count(queue, &n, &err), &err);
	OG_CHECK_INT(n.dead, 2);
	put(queue, "wait", 0, 0);
	OG_CHECK_OK(og_queue_release(queue, claim(queue, "wait"), 60000, OG_QUEUE_TRIED, &err),
		    &err);
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

/* A handle does not take its own claim for an abandoned one. */
static void own_claims(void)
{
	struct og_queue *queue = fresh();

	put(queue, "mine", 0, 0);
	OG_CHECK(claim(queue, "mine") > 0);
	claim(queue, "");
	sweep(queue);
}

/* Given back because of somebody else's trouble, it is never buried. */
static void untried(void)
{
	struct og_queue *queue = fresh();
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;

	put(queue, "patient", 0, 0);
	for (int i = 0; i < 3 * OG_QUEUE_DELIVERIES; i++) {
		int64_t ticket = claim(queue, "patient");

		OG_CHECK_OK(og_queue_release(queue, ticket, 0, OG_QUEUE_UNTRIED, &err), &err);
	}
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	OG_CHECK_INT(delivery.attempts, 1);
	og_delivery_release(&delivery);
	sweep(queue);
}

/* {"id":..} of the i-th shown task. */
static const char *shown(const json_t *list, size_t i, const char *member)
{
	return og_json_str(json_array_get(list, i), member);
}

static void shows(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	json_t *found = NULL, *list = NULL;

	put(queue, "first", 0, 0);
	put(queue, "second", 0, 0);
	put(queue, "third", 0, og_now_ms() + 60000);
	OG_CHECK_OK(og_queue_dead(queue, claim(queue, "first"), "no signature", &err), &err);
	OG_CHECK(claim(queue, "second") > 0);
	OG_CHECK_INT(og_queue_find(queue, "second", &found, &err), 1);
	OG_CHECK_STR(og_json_str(found, "state"), "claimed");
	OG_CHECK_INT(og_json_int(found, "attempts", 0), 1);
	OG_CHECK_INT(og_queue_find(queue, "nobody", &list, &err), 0);
	OG_CHECK_OK(og_queue_list(queue, OG_QUEUE_ALL, 10, &list, &err), &err);
	OG_CHECK_INT(json_array_size(list), 3);
	OG_CHECK_STR(shown(list, 0, "id"), "third");
	OG_CHECK_STR(shown(list, 0, "state"), "queued");
	OG_CHECK_STR(shown(list, 2, "state"), "dead");
	OG_CHECK_STR(shown(list, 2, "reason"), "no signature");
	OG_CHECK_STR(shown(list, 2, "envelope"), "first");
	json_decref(found);
	json_decref(list);
	sweep(queue);
}

static void all_or_none(void)
{
	struct og_queue *queue = fresh();
	struct og_parcel parcels[] = { { "good", "good", 0, 0, 0 }, { "bad", NULL, 0, 0, 0 } };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK(og_queue_put(queue, parcels, 2, &err) < 0);
	claim(queue, "");
	OG_CHECK_OK(og_queue_put(queue, parcels, 1, &err), &err);
	OG_CHECK(claim(queue, "good") > 0);
	sweep(queue);
}

/* Nothing to do and nothing claimed: one sleep, to the deadline. */
static void sleeps(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	int64_t start = og_mono_ms();

	OG_CHECK_INT(og_queue_wait(queue, OG_FOREVER, -1, &err), 1);
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(100), -1, &err), 0);
	OG_CHECK(og_mono_ms() - start >= 100);
	put(queue, "ring", 0, 0);
	OG_CHECK_INT(og_queue_wait(queue, OG_FOREVER, -1, &err), 1);
	OG_CHECK_OK(og_queue_ack(queue, claim(queue, "ring"), &err), &err);
	start = og_now_ms();
	put(queue, "soon", 0, start + 60);
	while (og_now_ms() < start + 60)
		OG_CHECK_INT(og_queue_wait(queue, og_deadline(5000), -1, &err), 1);
	OG_CHECK(og_now_ms() < start + 4500); /* of itself, not by the deadline */
	claim(queue, "soon");
	sweep(queue);
}

/* A child that does its thing with a handle of its own, says so, and waits
 * to be killed. */
static pid_t start_child(void (*act)(struct og_queue *queue))
{
	int pipes[2];
	char byte;
	pid_t pid;

	OG_CHECK(pipe(pipes) == 0);
	pid = fork();
	if (pid == 0) {
		act(open_queue());
		if (write(pipes[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	OG_CHECK(read(pipes[0], &byte, 1) == 1);
	close(pipes[0]);
	close(pipes[1]);
	return pid;
}

static void kill_later(pid_t victim)
{
	if (fork() == 0) {
		usleep(50000);
		_exit(kill(victim, SIGKILL));
	}
}

static void claim_task(struct og_queue *queue)
{
	claim(queue, "task");
}

/* Who sleeps hears of the death itself: there is no clock that would find
 * it later. Again and again, because the kernel rings before it lets go. */
static void hears_of_death(void)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;

	for (int round = 0; round < 20; round++) {
		struct og_queue *queue = fresh();
		pid_t child;

		put(queue, "task", 0, 0);
		child = start_child(claim_task);
		OG_CHECK_INT(og_queue_wait(queue, OG_FOREVER, -1, &err), 1);
		claim(queue, "");
		kill_later(child);
		while (og_queue_claim(queue, &delivery, &err) == 0 &&
		       og_queue_wait(queue, og_deadline(20000), -1, &err) > 0)
			;
		OG_CHECK_STR(delivery.envelope, "task");
		OG_CHECK_INT(delivery.attempts, 2);
		og_delivery_release(&delivery);
		while (wait(NULL) > 0)
			;
		sweep(queue);
	}
}

/* One sleep, to the deadline, while somebody else works. */
static void sleeps_while_others_work(void)
{
	struct og_queue *queue = fresh(), *other = open_queue();
	struct og_err err = OG_ERR_INIT;

	put(queue, "task", 0, 0);
	OG_CHECK(claim(other, "task") > 0);
	OG_CHECK_INT(og_queue_wait(queue, OG_FOREVER, -1, &err), 1);
	claim(queue, "");
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(1500), -1, &err), 0);
	og_queue_close(other); /* without a word: as if it had died */
	while (og_queue_wait(queue, og_deadline(100), -1, &err) > 0)
		;
	OG_CHECK(claim(queue, "task") > 0);
	sweep(queue);
}

/* Stopped inside the door, a process holds up everybody, for a while. */
static void stopped_in_the_door(void)
{
	struct og_queue *queue = fresh();
	struct og_parcel parcel = { .id = "t", .envelope = "{}" };
	struct og_err err = OG_ERR_INIT;
	char *path = og_path_join(home, "run/queue.lock"), who[32];
	int64_t start = og_mono_ms();
	pid_t child = fork();

	if (child == 0) {
		flock(open(path, O_RDWR | O_CLOEXEC), LOCK_EX);
		raise(SIGSTOP);
		_exit(0);
	}
	OG_CHECK_INT(waitpid(child, NULL, WUNTRACED), child);
	OG_CHECK(og_queue_put(queue, &parcel, 1, &err) < 0);
	OG_CHECK_INT(err.code, OG_ETEMP);
	OG_CHECK(og_mono_ms() - start >= 9000);
	snprintf(who, sizeof(who), "process %d has", (int)child);
	OG_CHECK(strstr(err.msg, who) != NULL);
	kill(child, SIGCONT);
	OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
	waitpid(child, NULL, 0);
	free(path);
	sweep(queue);
}

static void hold_bell(struct og_queue *queue)
{
	struct og_err err = OG_ERR_INIT;
	char *run = og_path_join(home, "run");

	(void)queue;
	og_bell_hold(run, OG_BELL_QUEUE, &err);
	free(run);
}

/* Killed between its commit and its ring, a submitter rings all the same. */
static void death_rings(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	pid_t child = start_child(hold_bell);

	OG_CHECK_INT(og_queue_wait(queue, OG_FOREVER, -1, &err), 1);
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(50), -1, &err), 0);
	kill_later(child);
	OG_CHECK_INT(og_queue_wait(queue, og_deadline(20000), -1, &err), 1);
	while (wait(NULL) > 0)
		;
	sweep(queue);
}

/* Puts as fast as it can, and tells of each one it was promised. */
static void put_until_killed(int out)
{
	struct og_queue *mine = open_queue();

	for (int i = 0;; i++) {
		char id[32];

		snprintf(id, sizeof(id), "%d-%d", (int)getpid(), i);
		put(mine, id, 0, 0);
		if (write(out, "x", 1) != 1)
			_exit(1);
	}
}

static void killed_putters(void)
{
	struct og_queue *queue = fresh();
	struct og_queue_counts n;
	struct og_err err = OG_ERR_INIT;
	int64_t promised = 0;

	for (int round = 0; round < 20; round++) {
		int pipes[2];
		char byte;
		pid_t pid;

		OG_CHECK(pipe(pipes) == 0);
		pid = fork();
		if (pid == 0)
			put_until_killed(pipes[1]);
		close(pipes[1]);
		/* Every other one gets to put something, however busy the machine is. */
		if (round % 2)
			promised += read(pipes[0], &byte, 1) == 1;
		usleep(3000 + 700 * (unsigned)round);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(pipes[0], &byte, 1) == 1)
			promised++;
		close(pipes[0]);
	}
	OG_CHECK_OK(og_queue_count(queue, &n, &err), &err);
	OG_CHECK(promised > 0 && n.ready >= promised && n.ready <= promised + 20);
	sweep(queue);
}

/* What open makes of a file that holds this. */
static int opens_as(const char *content, const char *sql)
{
	char *path = og_path_join(home, "queue.db");
	struct og_err err = OG_ERR_INIT;
	struct og_queue *queue = NULL;
	struct og_db *db = NULL;

	sweep_files();
	if (content)
		OG_CHECK_OK(og_file_write(path, content, strlen(content), 0600, &err), &err);
	else if (OG_CHECK_OK(og_db_open(path, OG_DB_CREATE, &db, &err), &err))
		OG_CHECK_OK(og_db_exec(db, sql, &err), &err);
	og_db_close(db);
	free(path);
	if (og_queue_open(&(struct og_queue_place){ .url = "sqlite:queue.db", .home = home },
			  &queue, &err) == 0)
		og_queue_close(queue);
	return err.code;
}

static void bad_files(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	static char garbage[8192];

	og_queue_close(queue);
	memset(garbage, 'x', sizeof(garbage) - 1);
	OG_CHECK_INT(opens_as(garbage, NULL), OG_EDATA);
	OG_CHECK_INT(opens_as(NULL, "PRAGMA user_version = 99"), OG_ECONF);
	OG_CHECK_INT(opens_as(NULL, "CREATE TABLE task(x); PRAGMA user_version = 1"), OG_EDATA);
	OG_CHECK_INT(opens_as(NULL, "PRAGMA user_version = 0"), OG_OK);
	sweep(NULL);
	OG_CHECK(og_queue_open(&(struct og_queue_place){ .url = "sqlite:queue.db", .home = home },
			       &queue, &err) < 0);
	OG_CHECK_INT(err.code, OG_ECONF); /* not even a folder */
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
	OG_CHECK_INT(og_bell_wait(&bell, og_deadline(20000), -1, &err), 1);
	og_bell_close(&bell);
	OG_CHECK(!og_worker_alive(run));
	fd = og_worker_present(run, &err);
	OG_CHECK(fd >= 0 && og_worker_alive(run));
	close(fd);
	OG_CHECK(!og_worker_alive(run));
	free(run);
	sweep(queue);
}

static int present(const char *run, int workers, int jobs)
{
	struct og_presence n;

	og_presence_count(run, &n);
	return OG_CHECK_INT(n.workers, workers) & OG_CHECK_INT(n.jobs, jobs);
}

/* Two workers with jobs that come and go in any order. */
static void presence(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	char *run = og_path_join(home, "run");
	int workers[2], jobs[7];

	present(run, 0, 0);
	for (int i = 0; i < 2; i++)
		OG_CHECK((workers[i] = og_worker_present(run, &err)) >= 0);
	for (int i = 0; i < 7; i++)
		OG_CHECK((jobs[i] = og_job_present(run, &err)) >= 0);
	present(run, 2, 7);
	close(jobs[0]);
	close(jobs[3]);
	present(run, 2, 5);
	OG_CHECK((jobs[3] = og_job_present(run, &err)) >= 0);
	present(run, 2, 6);
	close(workers[0]);
	present(run, 1, 6);
	OG_CHECK(og_worker_alive(run));
	close(workers[1]);
	for (int i = 1; i < 7; i++)
		close(jobs[i]);
	present(run, 0, 0);
	present("/nowhere", 0, 0);
	free(run);
	sweep(queue);
}

/* Put again: the earlier time counts; what is held is due when it is
 * released, whatever delay was asked for; a dead letter lives again. */
static void put_again(void)
{
	struct og_queue *queue = fresh();
	struct og_parcel later = { .id = "t", .envelope = "{}", .not_before = og_now_ms() + 60000 };
	struct og_parcel now = { .id = "t", .envelope = "{}" };
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_queue_put(queue, &later, 1, &err), &err);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 0);
	OG_CHECK_OK(og_queue_put(queue, &now, 1, &err), &err);
	OG_CHECK_OK(og_queue_put(queue, &later, 1, &err), &err);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	og_delivery_release(&delivery);
	OG_CHECK_OK(og_queue_put(queue, &now, 1, &err), &err);
	OG_CHECK_OK(og_queue_release(queue, delivery.ticket, 60000, OG_QUEUE_UNTRIED, &err), &err);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	OG_CHECK_INT(delivery.attempts, 1);
	og_delivery_release(&delivery);
	OG_CHECK_OK(og_queue_dead(queue, delivery.ticket, "reason", &err), &err);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 0);
	OG_CHECK_OK(og_queue_put(queue, &now, 1, &err), &err);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	OG_CHECK_INT(delivery.attempts, 1);
	og_delivery_release(&delivery);
	sweep(queue);
}

/* Its holder dies so often that it would be a dead letter, but was put again. */
static void put_again_and_abandoned(void)
{
	struct og_queue *queue = fresh();
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;

	put(queue, "t", 0, 0);
	for (int i = 1; i <= OG_QUEUE_DELIVERIES + 1; i++) {
		struct og_queue *holder = open_queue();

		OG_CHECK_INT(og_queue_claim(holder, &delivery, &err), 1);
		OG_CHECK_INT(delivery.attempts, i <= OG_QUEUE_DELIVERIES ? i : 1);
		og_delivery_release(&delivery);
		if (i == OG_QUEUE_DELIVERIES)
			put(queue, "t", 0, 0);
		og_queue_close(holder);
	}
	sweep(queue);
}

/* Put again while it is held: what its holder makes of the delivery is not
 * the last word. It comes once more, as new, and then no more. */
static void put_again_while_held(void)
{
	struct og_queue *queue = fresh();
	struct og_parcel parcel = { .id = "t", .envelope = "{}", .expires = og_now_ms() + 20 };
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
	for (int ack = 0; ack < 2; ack++) {
		OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
		og_delivery_release(&delivery);
		OG_CHECK_OK(og_queue_put(queue, &parcel, 1, &err), &err);
		while (og_now_ms() <= parcel.expires)
			usleep(5000);
		OG_CHECK_OK(ack ? og_queue_ack(queue, delivery.ticket, &err)
				: og_queue_dead(queue, delivery.ticket, "reason", &err),
			    &err);
	}
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1);
	OG_CHECK_INT(delivery.attempts, 1);
	og_delivery_release(&delivery);
	OG_CHECK_OK(og_queue_ack(queue, delivery.ticket, &err), &err);
	OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 0);
	sweep(queue);
}

static void other_engines(void)
{
	struct og_queue *queue = NULL;
	struct og_err err = OG_ERR_INIT;

	OG_CHECK(og_queue_open(&(struct og_queue_place){ .url = "mqtt://user:secret@host",
							 .home = "/tmp" },
			       &queue, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK(strstr(err.msg, "secret") == NULL);
}

int main(void)
{
	OG_RUN(order);
	OG_RUN(released_and_dead);
	OG_RUN(expired);
	OG_RUN(dead_claimer);
	OG_RUN(own_claims);
	OG_RUN(untried);
	OG_RUN(shows);
	OG_RUN(all_or_none);
	OG_RUN(sleeps);
	OG_RUN(hears_of_death);
	OG_RUN(sleeps_while_others_work);
	OG_RUN(stopped_in_the_door);
	OG_RUN(death_rings);
	OG_RUN(killed_putters);
	OG_RUN(bad_files);
	OG_RUN(two_workers);
	OG_RUN(bells);
	OG_RUN(presence);
	OG_RUN(put_again);
	OG_RUN(put_again_while_held);
	OG_RUN(put_again_and_abandoned);
	OG_RUN(other_engines);
	return og_done();
}
