/*
 * The embedded queue when it is deep: 100,000 rows of every kind stand in
 * nobody's way. Times are bounds against walking over all rows, a hundred
 * times above what is usual, and are of the processor: a busy machine or a slow
 * disk changes none.
 */
#include "tests/unit/queues.h"

#include <fcntl.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"

#define DEEP  100000
#define BATCH 5000

static char envelope[800];

static int64_t cpu_us(void)
{
	return (int64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

static int64_t cpu_ms(void)
{
	return cpu_us() / 1000;
}

/* Puts so many called PREFIX-0, PREFIX-1, ... */
static void put_many(struct og_queue *queue, const char *prefix, int count, int priority,
		     int64_t not_before)
{
	static char ids[BATCH][24];
	static struct og_parcel parcels[BATCH];
	struct og_err err = OG_ERR_INIT;

	memset(envelope, 'x', sizeof(envelope) - 1);
	for (int from = 0; from < count; from += BATCH) {
		for (int i = 0; i < BATCH; i++) {
			snprintf(ids[i], sizeof(ids[i]), "%s-%d", prefix, from + i);
			parcels[i] =
				(struct og_parcel){ ids[i], envelope, priority, not_before, 0 };
		}
		OG_CHECK_OK(og_queue_put(queue, parcels, BATCH, &err), &err);
	}
}

/* Changes the rows behind the queue's back. */
static void tamper(const char *sql)
{
	char *path = og_path_join(home, "queue.db");
	struct og_err err = OG_ERR_INIT;
	struct og_db *db = NULL;

	if (OG_CHECK_OK(og_db_open(path, OG_DB_WRITE, &db, &err), &err))
		OG_CHECK_OK(og_db_exec(db, sql, &err), &err);
	og_db_close(db);
	free(path);
}

static int64_t memory(void)
{
	char text[64];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	long pages = 0;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	sscanf(text, "%*d %ld", &pages);
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

/* Microseconds per claim and ack, over 200 of them. */
static int64_t claim_us(struct og_queue *queue)
{
	struct og_delivery delivery = { .envelope = NULL };
	struct og_err err = OG_ERR_INIT;
	int64_t start = cpu_us();

	for (int i = 0; i < 200; i++) {
		if (!OG_CHECK_INT(og_queue_claim(queue, &delivery, &err), 1))
			break;
		og_delivery_release(&delivery);
		OG_CHECK_OK(og_queue_ack(queue, delivery.ticket, &err), &err);
	}
	return (cpu_us() - start) / 200;
}

static void counts(struct og_queue *queue, int64_t ready, int64_t delayed, int64_t dead)
{
	struct og_queue_counts n;
	struct og_err err = OG_ERR_INIT;
	int64_t start = cpu_ms();

	OG_CHECK_OK(og_queue_count(queue, &n, &err), &err);
	OG_CHECK(cpu_ms() - start < 1000);
	OG_CHECK_INT(n.ready, ready);
	OG_CHECK_INT(n.delayed, delayed);
	OG_CHECK_INT(n.dead, dead);
	OG_CHECK(ready == 0 ? n.oldest == 0 : n.oldest > 0);
}

static void deep(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	int64_t before, start;
	json_t *list = NULL;

	put_many(queue, "ready", DEEP, 0, 0);
	before = memory();
	OG_CHECK(claim_us(queue) < 20000);
	put(queue, "urgent", 1, 0);
	OG_CHECK_OK(og_queue_ack(queue, claim(queue, "urgent"), &err), &err);
	counts(queue, DEEP - 200, 0, 0);
	start = cpu_ms();
	OG_CHECK_OK(og_queue_list(queue, OG_QUEUE_ALL, 1000, &list, &err), &err);
	OG_CHECK(cpu_ms() - start < 1000);
	OG_CHECK_INT(json_array_size(list), 1000);
	json_decref(list);
	OG_CHECK(memory() - before < (int64_t)16 << 20);
	sweep(queue);
}

/* Delayed and dead rows, of a higher priority at that, are not in the way
 * of the few that are due. */
static void behind_others(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	json_t *list = NULL;

	put_many(queue, "dead", DEEP, 9, 0);
	tamper("UPDATE task SET state = 2, died = queued");
	put_many(queue, "later", DEEP, 9, og_now_ms() + 3600000);
	put_many(queue, "now", BATCH, 0, 0);
	OG_CHECK(claim_us(queue) < 20000);
	counts(queue, BATCH - 200, DEEP, DEEP);
	OG_CHECK_OK(og_queue_list(queue, OG_QUEUE_LETTERS, 10, &list, &err), &err);
	OG_CHECK_INT(json_array_size(list), 10);
	OG_CHECK_STR(og_json_str(json_array_get(list, 0), "id"), "dead-99999");
	OG_CHECK_STR(og_json_str(json_array_get(list, 0), "state"), "dead");
	json_decref(list);
	sweep(queue);
}

/* All due at the same moment: no claim has to move them all, and they come
 * in the order of their priority all the same. */
static void due_at_once(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	int64_t start;

	put_many(queue, "later", DEEP, 0, og_now_ms() + 3600000);
	put(queue, "urgent", 5, og_now_ms() + 3600000);
	tamper("UPDATE task SET not_before = 1000 + (priority = 0)");
	start = cpu_ms();
	OG_CHECK_OK(og_queue_ack(queue, claim(queue, "urgent"), &err), &err);
	OG_CHECK(cpu_ms() - start < 500);
	OG_CHECK(claim_us(queue) < 50000);
	counts(queue, DEEP - 200, 0, 0);
	sweep(queue);
}

/* Dead letters go by the time they died, some at a time. */
static void swept(void)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	int steps = 0, more;

	put_many(queue, "dead", BATCH, 0, 0);
	put(queue, "waits", 0, 0);
	tamper("UPDATE task SET state = 2, died = 1000 WHERE id <> 'waits';"
	       "UPDATE task SET died = 5000 WHERE id = 'dead-7'");
	OG_CHECK_INT(og_queue_sweep(queue, 1000, &err), 0);
	while ((more = og_queue_sweep(queue, 2000, &err)) > 0)
		steps++;
	OG_CHECK_INT(more, 0);
	OG_CHECK(steps > 5);
	counts(queue, 1, 0, 1);
	OG_CHECK(claim(queue, "waits") > 0);
	sweep(queue);
}

static const char format_1[] =
	"DROP TABLE task; CREATE TABLE task ("
	" ticket INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
	" envelope TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0,"
	" priority INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,"
	" queued INTEGER NOT NULL, not_before INTEGER NOT NULL DEFAULT 0,"
	" expires INTEGER NOT NULL DEFAULT 0, reason TEXT);"
	"CREATE INDEX task_ready ON task(priority DESC, ticket) WHERE state = 0;"
	"CREATE INDEX task_claimed ON task(ticket) WHERE state = 1;"
	"INSERT INTO task(id, envelope, state, priority, attempts, queued, not_before, reason)"
	" VALUES ('dead', 'dead', 2, 0, 3, 1000, 0, 'a reason'),"
	" ('ready', 'ready', 0, 0, 0, 2000, 0, NULL), ('urgent', 'urgent', 0, 3, 0, 3000, 0, NULL),"
	" ('held', 'held', 1, 0, 1, 4000, 0, NULL),"
	" ('later', 'later', 0, 9, 0, 5000, 4102444800000, NULL);";

/* A queue that an older version made keeps every task and its place. */
static void from_format(const char *more, int version)
{
	struct og_queue *queue = fresh();
	struct og_err err = OG_ERR_INIT;
	json_t *found = NULL;
	char sql[64];

	og_queue_close(queue);
	tamper(format_1);
	tamper(more);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
	tamper(sql);
	queue = open_queue();
	counts(queue, 2, 1, 1);
	claim(queue, "urgent");
	claim(queue, "ready");
	claim(queue, "held"); /* its worker is gone */
	claim(queue, "");
	OG_CHECK_INT(og_queue_find(queue, "dead", &found, &err), 1);
	OG_CHECK_STR(og_json_str(found, "reason"), "a reason");
	OG_CHECK_INT(og_json_int(found, "attempts", 0), 3);
	json_decref(found);
	OG_CHECK_INT(og_queue_sweep(queue, 2000, &err), 1);
	counts(queue, 0, 1, 0);
	sweep(queue);
}

static void from_format_1(void)
{
	from_format("", 1);
}

static void from_format_2(void)
{
	from_format("ALTER TABLE task ADD COLUMN again INTEGER NOT NULL DEFAULT 0", 2);
}

int main(void)
{
	OG_RUN(deep);
	OG_RUN(behind_others);
	OG_RUN(due_at_once);
	OG_RUN(swept);
	OG_RUN(from_format_1);
	OG_RUN(from_format_2);
	return og_done();
}
