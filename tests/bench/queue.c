/*
 * How fast a queue takes, hands out and notices, beside what the disk and
 * SQLite alone can do. In a new folder below the current directory; prints
 * JSON: medians over rounds in which everything takes turns. Rates are per
 * second, times in microseconds.
 *
 *	sync              1 KB written over and fdatasync: the disk
 *	commit            a row of 1 KB and a durable COMMIT: SQLite alone
 *	put_1, put_4      durable puts, one by one, by 1 and 4 processes
 *	put_batch         tasks in batches of 100
 *	work_1, work_4    claim and ack (the ack is not synced)
 *	claimed_us        from the beginning of a put to its claim elsewhere
 *	dead_us           from kill -9 of a claimer to the claim of who slept
 */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/queue/queue.h"
#include "tests/bench/bench.h"

#define PUTS   400 /* in a round */
#define BATCH  100
#define TURNS  7
#define ROUNDS 100 /* of those that are timed one by one */

static char envelope[1024];

static void put(struct og_queue *queue, int n)
{
	char ids[BATCH][OG_UUID_LEN + 1];
	struct og_parcel parcels[BATCH];
	struct og_err err = OG_ERR_INIT;

	memset(parcels, 0, sizeof(parcels));
	for (int i = 0; i < n; i++) {
		must(og_uuid7(ids[i], &err), &err);
		parcels[i].id = ids[i];
		parcels[i].envelope = envelope;
	}
	must(og_queue_put(queue, parcels, (size_t)n, &err), &err);
}

static void put_many(int count)
{
	struct og_queue *queue = open_queue();

	for (int i = 0; i < count; i++)
		put(queue, 1);
	og_queue_close(queue);
}

static void put_batches(int count)
{
	struct og_queue *queue = open_queue();

	for (int i = 0; i < count; i += BATCH)
		put(queue, BATCH);
	og_queue_close(queue);
}

static void work(int count)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_queue *queue = open_queue();
	struct og_err err = OG_ERR_INIT;

	for (int i = 0; i < count && og_queue_claim(queue, &delivery, &err) > 0; i++) {
		must(og_queue_ack(queue, delivery.ticket, &err), &err);
		og_delivery_release(&delivery);
	}
	og_queue_close(queue);
}

/* --- what stands below ---------------------------------------------------- */

static void sync_many(int count)
{
	int fd = open("sync", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	for (int i = 0; i < count; i++)
		if (fd < 0 || pwrite(fd, envelope, sizeof(envelope), 0) < 0 || fdatasync(fd) < 0)
			exit(74);
	close(fd);
}

static void bare(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		exit(74);
}

static void commit_many(int count)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	if (sqlite3_open("bare.db", &db) != SQLITE_OK)
		exit(74);
	bare(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		 "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, body TEXT)");
	if (sqlite3_prepare_v2(db, "INSERT INTO t(body) VALUES (?1)", -1, &stmt, NULL) != SQLITE_OK)
		exit(74);
	for (int i = 0; i < count; i++) {
		sqlite3_bind_text(stmt, 1, envelope, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) != SQLITE_DONE || sqlite3_reset(stmt) != SQLITE_OK)
			exit(74);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* --- times ---------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static long median(int64_t *times, size_t n)
{
	qsort(times, n, sizeof(*times), by_size);
	return (long)times[n / 2];
}

/* Blocks until it has a task. */
static int64_t claim(struct og_queue *queue)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	int found;

	while ((found = og_queue_claim(queue, &delivery, &err)) == 0)
		must(og_queue_wait(queue, OG_FOREVER, -1, &err), &err);
	must(found, &err);
	og_delivery_release(&delivery);
	return delivery.ticket;
}

/* Claims, says when, acks; for ever. */
static void tell_claims(int out)
{
	struct og_queue *queue = open_queue();
	struct og_err err = OG_ERR_INIT;

	for (;;) {
		int64_t ticket = claim(queue), now = og_mono_us();

		must(og_queue_ack(queue, ticket, &err), &err);
		if (write(out, &now, sizeof(now)) != sizeof(now))
			_exit(1);
	}
}

static pid_t start_teller(int *in)
{
	int pipes[2];
	pid_t pid;

	if (pipe(pipes) < 0 || (pid = fork()) < 0)
		exit(71);
	if (pid == 0) {
		close(pipes[0]);
		tell_claims(pipes[1]);
	}
	close(pipes[1]);
	*in = pipes[0];
	return pid;
}

static int64_t told(int in)
{
	int64_t when;

	if (read(in, &when, sizeof(when)) != sizeof(when))
		exit(70);
	return when;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static long claimed_us(void)
{
	struct og_queue *queue = open_queue();
	int64_t times[ROUNDS];
	int in;
	pid_t teller = start_teller(&in);

	usleep(50000);
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = og_mono_us();

		put(queue, 1);
		times[i] = told(in) - start;
		usleep(2000); /* asleep again */
	}
	stop(teller);
	close(in);
	og_queue_close(queue);
	return median(times, ROUNDS);
}

/* A child that holds a claim until it is killed. */
static pid_t start_holder(void)
{
	int pipes[2];
	char byte = 0;
	pid_t pid;

	if (pipe(pipes) < 0 || (pid = fork()) < 0)
		exit(71);
	if (pid == 0) {
		claim(open_queue());
		if (write(pipes[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	if (read(pipes[0], &byte, 1) != 1)
		exit(70);
	close(pipes[0]);
	close(pipes[1]);
	return pid;
}

static long dead_us(void)
{
	struct og_queue *queue = open_queue();
	int64_t times[ROUNDS];
	int in;

	for (int i = 0; i < ROUNDS; i++) {
		pid_t holder, teller;
		int64_t start;

		put(queue, 1);
		holder = start_holder();
		teller = start_teller(&in);
		usleep(30000);
		start = og_mono_us();
		kill(holder, SIGKILL);
		times[i] = told(in) - start;
		stop(teller);
		waitpid(holder, NULL, 0);
		close(in);
	}
	og_queue_close(queue);
	return median(times, ROUNDS);
}

static void clean(void)
{
	static const char *const names[] = {
		"queue.db", "queue.db-wal", "queue.db-shm", "run/queue.lock", "run/queue.claims",
		"run/bell", "bare.db",	    "bare.db-wal",  "bare.db-shm",    "sync"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	rmdir("run");
}

static const struct kind {
	const char *name;
	void (*act)(int);
	int processes, each;
} kinds[] = {
	{ "sync", sync_many, 1, PUTS },	       { "commit", commit_many, 1, PUTS },
	{ "put_1", put_many, 1, PUTS },	       { "work_1", work, 1, PUTS },
	{ "put_4", put_many, 4, PUTS },	       { "work_4", work, 4, PUTS },
	{ "put_batch", put_batches, 1, 2000 },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

int main(void)
{
	static int64_t rates[KINDS][TURNS];
	char folder[] = "queue-XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("run", 0700) < 0)
		return 71;
	memset(envelope, 'x', sizeof(envelope) - 1);
	for (int turn = 0; turn < TURNS; turn++) {
		for (size_t i = 0; i < KINDS; i++)
			rates[i][turn] = rate(kinds[i].act, kinds[i].processes, kinds[i].each);
		rate(work, 1, 2000);
	}
	printf("{");
	for (size_t i = 0; i < KINDS; i++)
		printf("\"%s\":%ld,", kinds[i].name, median(rates[i], TURNS));
	printf("\"claimed_us\":%ld,", claimed_us());
	printf("\"dead_us\":%ld}\n", dead_us());
	clean();
	return chdir("..") < 0 || rmdir(folder) < 0;
}
