/*
 * Programs of ours that find an answer: a yard with so many places, and a
 * queue before it. One principal has at most half of the places, so that
 * whoever asks for something slow holds up nobody else.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/job.h"
#include "lib/serve/serve-internal.h"

#define PLACES	   8
#define PLACES_ONE (PLACES / 2)
#define WAIT_MAX   256
#define WAIT_ONE   64
#define TIMEOUT_MS 30000
#define OUT_MAX	   ((size_t)16 << 20)
#define ARGS_MAX   64

struct work {
	struct og_yard *yard;
	struct work *next;
	char who[33];
	char **argv;
	char *input;
	size_t len, out_max;
	int64_t timeout_ms;
	og_spawned_fn *fn;
	void *arg;
	struct og_job *job; /* NULL while it waits */
	struct og_watch *in, *out, *said;
	struct og_timer *timer;
	int drained;
};

struct og_yard {
	struct og_serve *serve;
	struct work *running, *waiting; /* waiting: the oldest first */
	int n_running, n_waiting;
	char *home; /* "OG_HOME=..." */
};

static void free_work(struct work *work)
{
	og_watch_free(work->in);
	og_watch_free(work->out);
	og_watch_free(work->said);
	og_timer_free(work->timer);
	og_job_free(work->job);
	for (char **arg = work->argv; arg && *arg; arg++)
		free(*arg);
	free(work->argv);
	free(work->input);
	free(work);
}

static void take_out(struct work **list, const struct work *work)
{
	while (*list && *list != work)
		list = &(*list)->next;
	if (*list)
		*list = work->next;
}

static void start_waiting(struct og_yard *yard);

/* Out of the list first: whoever is told may ask for more. */
static void finish(struct work *work, const struct og_err *err)
{
	struct og_yard *yard = work->yard;
	struct og_job *job = work->job;
	struct og_spawned done;

	take_out(&yard->running, work);
	yard->n_running--;
	if (err->code) {
		work->fn(work->arg, NULL, err);
	} else {
		done = (struct og_spawned){ job->status, job->out.len ? job->out.data : "",
					    job->out.len, job->said.len ? job->said.data : "" };
		work->fn(work->arg, &done, err);
	}
	free_work(work);
	start_waiting(yard);
}

static void unwatch(struct og_watch **watch)
{
	og_watch_free(*watch);
	*watch = NULL;
}

static void shut(struct work *work)
{
	if (work->job->in_over)
		unwatch(&work->in);
	if (work->job->out_over)
		unwatch(&work->out);
	if (work->job->said_over)
		unwatch(&work->said);
	og_job_shut(work->job);
}

static void pump(void *arg, uint32_t events)
{
	struct work *work = arg;
	struct og_err err = OG_ERR_INIT;
	int more = og_job_pump(work->job, &err);

	(void)events;
	shut(work);
	if (more < 0) {
		finish(work, &err);
		return;
	}
	work->drained = !more;
	if (work->drained && work->job->exited)
		finish(work, &err);
}

static void late(void *arg)
{
	struct work *work = arg;
	struct og_err err = OG_ERR_INIT;

	work->timer = NULL;
	og_fail(&err, OG_ETEMP, "it took longer than %lld s", (long long)work->timeout_ms / 1000);
	finish(work, &err);
}

void og_yard_reap(struct og_yard *yard)
{
	struct og_err err = OG_ERR_INIT;
	struct work *work, *over;

	for (work = yard->running; work; work = work->next)
		og_job_reap(work->job);
	do {
		over = NULL;
		for (work = yard->running; work && !over; work = work->next)
			if (work->job->exited && work->drained)
				over = work;
		if (over)
			finish(over, &err);
	} while (over);
}

static int watch(struct work *work, struct og_err *err)
{
	struct og_loop *loop = work->yard->serve->loop;
	struct og_job *job = work->job;

	if (og_loop_watch(loop, job->child.in, EPOLLOUT, pump, work, &work->in, err) < 0 ||
	    og_loop_watch(loop, job->child.out, EPOLLIN, pump, work, &work->out, err) < 0 ||
	    og_loop_watch(loop, job->said_fd, EPOLLIN, pump, work, &work->said, err) < 0)
		return -1;
	return og_loop_timer(loop, og_deadline(work->timeout_ms), late, work, &work->timer, err);
}

/* It is among those that run from here on, however it goes. */
static void start(struct work *work)
{
	struct og_yard *yard = work->yard;
	const char *env[] = { yard->home, NULL };
	struct og_err err = OG_ERR_INIT;

	work->next = yard->running;
	yard->running = work;
	yard->n_running++;
	if (og_job_start((const char *const *)work->argv, env, work->input, work->len,
			 work->out_max, &work->job, &err) < 0 ||
	    watch(work, &err) < 0)
		finish(work, &err);
}

static int count(const struct work *list, const char *who)
{
	int n = 0;

	for (; list; list = list->next)
		n += strcmp(list->who, who) == 0;
	return n;
}

static struct work *next_one(const struct og_yard *yard)
{
	if (yard->n_running >= PLACES)
		return NULL;
	for (struct work *work = yard->waiting; work; work = work->next)
		if (count(yard->running, work->who) < PLACES_ONE)
			return work;
	return NULL;
}

static void start_waiting(struct og_yard *yard)
{
	struct work *work = next_one(yard);

	if (!work)
		return;
	take_out(&yard->waiting, work);
	yard->n_waiting--;
	start(work);
}

static int copy_argv(struct work *work, const char *const *argv)
{
	size_t n = 0;

	while (argv[n])
		n++;
	if (n > ARGS_MAX)
		return -1;
	work->argv = calloc(n + 1, sizeof(*work->argv));
	for (size_t i = 0; work->argv && i < n; i++) {
		work->argv[i] = strdup(argv[i]);
		if (!work->argv[i])
			return -1;
	}
	return work->argv ? 0 : -1;
}

static struct work *make(struct og_yard *yard, const struct og_spawn *what, og_spawned_fn *fn,
			 void *arg)
{
	struct work *work = calloc(1, sizeof(*work));

	if (!work)
		return NULL;
	work->yard = yard;
	work->fn = fn;
	work->arg = arg;
	og_text_format(work->who, sizeof(work->who), "%s", what->who ? what->who : "");
	work->timeout_ms = what->timeout_ms ? what->timeout_ms : TIMEOUT_MS;
	work->out_max = what->out_max ? what->out_max : OUT_MAX;
	work->len = what->len;
	work->input = what->len ? malloc(what->len) : NULL;
	if ((what->len && !work->input) || copy_argv(work, what->argv) < 0) {
		free_work(work);
		return NULL;
	}
	if (what->len)
		memcpy(work->input, what->input, what->len);
	return work;
}

static void enqueue(struct og_yard *yard, struct work *work)
{
	struct work **at = &yard->waiting;

	while (*at)
		at = &(*at)->next;
	*at = work;
	yard->n_waiting++;
	start_waiting(yard);
}

void og_serve_spawn(struct og_serve *serve, const struct og_spawn *what, og_spawned_fn *fn,
		    void *arg)
{
	struct og_yard *yard = serve->yard;
	struct og_err err = OG_ERR_INIT;
	struct work *work = make(yard, what, fn, arg);

	if (!work)
		og_fail_nomem(&err);
	else if (yard->n_waiting >= WAIT_MAX || count(yard->waiting, work->who) >= WAIT_ONE)
		og_fail(&err, OG_ETEMP, "too much to do: try again later");
	else if (serve->stopping > 1)
		og_fail(&err, OG_EUNAVAIL, "the server stops");
	if (!err.code) {
		enqueue(yard, work);
		return;
	}
	if (work)
		free_work(work);
	fn(arg, NULL, &err);
}

static void exchange_spawned(void *arg, const struct og_spawned *done, const struct og_err *err)
{
	struct og_exchange *x = arg;

	x->spawned(x, done, err);
}

void og_exchange_spawn(struct og_exchange *x, const struct og_spawn *what,
		       og_exchange_spawned_fn *fn)
{
	struct og_spawn mine = *what;

	if (!mine.who)
		mine.who = x->session.principal;
	x->spawned = fn;
	og_serve_spawn(x->serve, &mine, exchange_spawned, x);
}

/* "og-x: message": the last line that is no hint. Before it there may be what
 * the program noted, or a child of it. */
static const char *last_line(const char *said)
{
	const char *found = said;

	for (const char *line = said; *line; line += strspn(line, "\n")) {
		size_t len = strcspn(line, "\n");
		const char *hint = strstr(line, ": hint: ");

		if (len > 0 && !(hint && hint < line + len))
			found = line;
		line += len;
	}
	return found;
}

void og_spawned_error(const struct og_spawned *done, struct og_err *ret)
{
	const char *text = last_line(done->said), *colon = strstr(text, ": ");
	const char *hint = strstr(text, ": hint: ");
	int code = done->status > 0 && done->status < 128 ? done->status : OG_EBUG;
	size_t len;

	if (colon && strncmp(text, "og", 2) == 0 &&
	    strcspn(text, " ") == (size_t)(colon - text) + 1)
		text = colon + 2;
	len = strcspn(text, "\n");
	if (len == 0)
		og_fail(ret, code, "it failed with status %d", done->status);
	else
		og_fail(ret, code, "%.*s", (int)(len < 400 ? len : 400), text);
	if (hint)
		og_hint(ret, "%.*s", (int)strcspn(hint + 8, "\n"), hint + 8);
}

int og_yard_new(struct og_serve *serve, struct og_yard **ret, struct og_err *err)
{
	struct og_yard *yard = calloc(1, sizeof(*yard));
	struct og_buf home;

	if (!yard)
		return og_fail_nomem(err);
	og_buf_init(&home, 8192);
	og_buf_addf(&home, "OG_HOME=%s", serve->setup.conf->home);
	yard->serve = serve;
	yard->home = og_buf_take(&home);
	og_buf_release(&home);
	if (!yard->home) {
		free(yard);
		return og_fail_nomem(err);
	}
	*ret = yard;
	return 0;
}

void og_yard_stop(struct og_yard *yard)
{
	struct og_err err = OG_ERR_INIT;

	og_fail(&err, OG_EUNAVAIL, "the server stops");
	while (yard->waiting) {
		struct work *work = yard->waiting;

		take_out(&yard->waiting, work);
		yard->n_waiting--;
		work->fn(work->arg, NULL, &err);
		free_work(work);
	}
	while (yard->running)
		finish(yard->running, &err);
}

void og_yard_free(struct og_yard *yard)
{
	if (!yard)
		return;
	og_yard_stop(yard);
	free(yard->home);
	free(yard);
}
