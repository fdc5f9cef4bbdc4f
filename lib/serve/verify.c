/*
 * The verdict on the ledger, kept as long as its files stay as they are.
 * See verify.h.
 */
#include "lib/serve/verify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/serve/serve-internal.h"

#define VERIFY_MS     (INT64_C(10) * 60 * 1000)
#define VERDICT_MAX   ((size_t)4 << 20)
#define SETTLED_MS    50
#define STATUS_BROKEN 1 /* of og-ledger: the ledger is not whole */

enum { ERP, WAL, FILES };

/* What tells one state of the files from another. The date of a file's content
 * can be set back by whoever changed it; that of its inode cannot. */
struct look {
	struct {
		dev_t dev;
		ino_t ino;
		off_t size;
		struct timespec time;	 /* of the content */
		struct timespec changed; /* of anything about it */
	} file[FILES];
};

struct waiter {
	struct waiter *next;
	og_verdict_fn *fn;
	void *arg;
	unsigned run; /* that serves, at the earliest */
};

struct og_verify {
	struct og_serve *serve;
	char *program;
	char *wal;
	struct waiter *first, **end;
	unsigned run; /* started so far */
	int running;
	struct look look; /* when the last run began */
	int settled;	  /* were the files older then than their clock is coarse? */
	json_t *verdict;  /* of the run before, or NULL */
};

static void look_at(const char *path, struct look *look, int i)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	look->file[i].dev = st.st_dev;
	look->file[i].ino = st.st_ino;
	look->file[i].size = st.st_size;
	look->file[i].time = st.st_mtim;
	/* As root SQLite gives the write-ahead log to its owner again each time it
	 * opens it, so that its inode is dated by every look at the database. */
	look->file[i].changed = i == WAL && geteuid() == 0 ? st.st_mtim : st.st_ctim;
}

static void look_now(const struct og_verify *verify, struct look *look)
{
	memset(look, 0, sizeof(*look));
	look_at(verify->serve->setup.conf->erp, look, ERP);
	look_at(verify->wal, look, WAL);
}

static int same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int same_look(const struct look *a, const struct look *b)
{
	for (int i = 0; i < FILES; i++)
		if (a->file[i].dev != b->file[i].dev || a->file[i].ino != b->file[i].ino ||
		    a->file[i].size != b->file[i].size ||
		    !same_time(&a->file[i].time, &b->file[i].time) ||
		    !same_time(&a->file[i].changed, &b->file[i].changed))
			return 0;
	return 1;
}

/* A file may be changed twice in one tick of the clock it is dated with:
 * such a date does not tell the two states apart. */
static int is_settled(const struct look *look)
{
	int64_t now = og_now_ms();

	for (int i = 0; i < FILES; i++)
		if (now - (int64_t)look->file[i].changed.tv_sec * 1000 -
			    look->file[i].changed.tv_nsec / 1000000 <
		    SETTLED_MS)
			return 0;
	return 1;
}

/* Is the verdict about the files as they are? */
static int is_current(const struct og_verify *verify, const struct look *now)
{
	return verify->verdict && verify->settled && same_look(now, &verify->look);
}

int og_verify_is_stale(const struct og_verify *verify)
{
	struct look now;

	look_now(verify, &now);
	return !is_current(verify, &now);
}

static void start(struct og_verify *verify);

/* Answers who waited for this run. Who asked later, when the files had
 * changed, waits for the next one. */
static void answer(struct og_verify *verify, const struct og_err *err)
{
	struct waiter *list = verify->first, *next;

	verify->first = NULL;
	verify->end = &verify->first;
	for (struct waiter *w = list; w; w = next) {
		next = w->next;
		if (w->run > verify->run && verify->serve->stopping < 2) {
			w->next = NULL;
			*verify->end = w;
			verify->end = &w->next;
			continue;
		}
		w->fn(w->arg, err->code ? NULL : verify->verdict, err);
		free(w);
	}
	if (verify->first && !verify->running)
		start(verify);
}

static void done(void *arg, const struct og_spawned *spawned, const struct og_err *why)
{
	struct og_verify *verify = arg;
	struct og_err err = OG_ERR_INIT;
	json_t *verdict = NULL;

	verify->running = 0;
	if (!spawned)
		err = *why;
	else if (spawned->status > STATUS_BROKEN)
		og_spawned_error(spawned, &err);
	else
		og_json_parse(spawned->out, spawned->len, VERDICT_MAX, "verdict", &verdict, &err);
	json_decref(verify->verdict);
	verify->verdict = verdict;
	answer(verify, &err);
}

static void start(struct og_verify *verify)
{
	const char *const argv[] = { verify->program, "verify", "--json", NULL };

	verify->running = 1;
	verify->run++;
	look_now(verify, &verify->look);
	verify->settled = is_settled(&verify->look);
	og_serve_spawn(
		verify->serve,
		&(struct og_spawn){
			.who = "", .argv = argv, .timeout_ms = VERIFY_MS, .out_max = VERDICT_MAX },
		done, verify);
}

void og_verify_ask(struct og_verify *verify, og_verdict_fn *fn, void *arg)
{
	struct og_err err = OG_ERR_INIT;
	struct waiter *waiter;
	struct look now;

	look_now(verify, &now);
	if (!verify->running && is_current(verify, &now)) {
		fn(arg, verify->verdict, &err);
		return;
	}
	waiter = calloc(1, sizeof(*waiter));
	if (!waiter) {
		og_fail_nomem(&err);
		fn(arg, NULL, &err);
		return;
	}
	*waiter = (struct waiter){ .fn = fn, .arg = arg };
	waiter->run = verify->run + !(verify->running && same_look(&now, &verify->look));
	*verify->end = waiter;
	verify->end = &waiter->next;
	if (!verify->running)
		start(verify);
}

int og_verify_new(struct og_serve *serve, struct og_verify **ret, struct og_err *err)
{
	struct og_verify *verify = calloc(1, sizeof(*verify));
	struct og_buf wal;

	if (!verify)
		return og_fail_nomem(err);
	verify->serve = serve;
	verify->end = &verify->first;
	verify->program = og_program_path(serve->setup.exe_dir, "og-ledger");
	og_buf_init(&wal, 8192);
	og_buf_addf(&wal, "%s-wal", serve->setup.conf->erp);
	verify->wal = wal.failed ? NULL : strdup(wal.data);
	og_buf_release(&wal);
	if (!verify->program || !verify->wal) {
		og_verify_free(verify);
		return og_fail_nomem(err);
	}
	*ret = verify;
	return 0;
}

void og_verify_free(struct og_verify *verify)
{
	if (!verify)
		return;
	json_decref(verify->verdict);
	free(verify->program);
	free(verify->wal);
	free(verify);
}
