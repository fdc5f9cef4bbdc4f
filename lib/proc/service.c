/* The keeper of services; see service.h. */
#include "lib/proc/service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/proc/guard.h"
#include "lib/proc/proc-internal.h"
#include "lib/proc/signals.h"

#define ANSWER_MS 2000 /* for what a command started, once that has ended */
#define GONE_MS	  20   /* between looks whether a group is gone */

struct keeper {
	struct og_services *all;
	int signals;
	int settled, stopping;
	int64_t bound; /* of the stop */
	int64_t awake; /* when to call awake() next */
};

const char *og_service_state_name(enum og_service_state state)
{
	static const char *const names[] = {
		[OG_SERVICE_WAITING] = "waiting",   [OG_SERVICE_STARTING] = "starting",
		[OG_SERVICE_READY] = "ready",	    [OG_SERVICE_DONE] = "done",
		[OG_SERVICE_FAILING] = "failing",   [OG_SERVICE_FAILED] = "failed",
		[OG_SERVICE_STOPPING] = "stopping", [OG_SERVICE_STOPPED] = "stopped"
	};

	return names[state];
}

static void become(struct keeper *k, struct og_service *s, enum og_service_state state,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void become(struct keeper *k, struct og_service *s, enum og_service_state state,
		   const char *fmt, ...)
{
	char what[OG_ERR_MSG_MAX];
	va_list args;

	va_start(args, fmt);
	og_text_vformat(what, sizeof(what), fmt, args);
	va_end(args);
	s->state = state;
	s->since = og_now_ms();
	k->all->changed(k->all->arg, s, what);
}

/* --- failing --------------------------------------------------------------- */

/* 250 ms, doubled with every failure in a row. */
static int64_t pause_after(int failures)
{
	int64_t pause = OG_SERVICE_PAUSE_MS;

	while (--failures > 0 && pause < OG_SERVICE_CAP_MS)
		pause *= 2;
	return pause < OG_SERVICE_CAP_MS ? pause : OG_SERVICE_CAP_MS;
}

static int is_hopeless(const struct og_service *s)
{
	for (const int *status = s->hopeless; status && *status; status++)
		if (s->pid == 0 && s->last == *status)
			return 1;
	return 0;
}

/* It is not what it should be: whatever is left of it goes, and later it is
 * tried again. */
static void failed(struct keeper *k, struct og_service *s, const char *why)
{
	int64_t pause;

	if (s->state == OG_SERVICE_READY && og_mono_ms() - s->started >= OG_SERVICE_CAP_MS)
		s->failures = 0;
	pause = pause_after(++s->failures);
	og_service_unprobe(s);
	og_service_kill(s, SIGKILL);
	if (s->pid == 0)
		s->group = 0;
	og_text_format(s->trouble, sizeof(s->trouble), "%s", why);
	s->due = og_deadline(pause);
	if (is_hopeless(s))
		become(k, s, OG_SERVICE_FAILED, "%s; trying again would not help", why);
	else
		become(k, s, OG_SERVICE_FAILING, "%s; starting it again in %lld ms", why,
		       (long long)pause);
}

static void ended_how(const struct og_service *s, char *out, size_t size)
{
	if (s->last > 128)
		og_text_format(out, size, "it was killed by signal %d", s->last - 128);
	else
		og_text_format(out, size, "it ended with status %d", s->last);
}

/* --- starting -------------------------------------------------------------- */

static void start(struct keeper *k, struct og_service *s)
{
	struct og_err err = OG_ERR_INIT;
	int again = s->state == OG_SERVICE_FAILING;

	s->started = og_mono_ms();
	s->restarts += again;
	s->due = og_deadline(k->all->ready_ms);
	if (!again)
		s->patience = s->due;
	if (og_service_spawn(s, &err) < 0 || (s->ready && og_service_probe(s, &err) < 0)) {
		failed(k, s, err.msg);
		return;
	}
	become(k, s, OG_SERVICE_STARTING, again ? "starting again" : "starting");
}

static void ready(struct keeper *k, struct og_service *s, enum og_service_state state)
{
	s->trouble[0] = '\0';
	s->due = OG_FOREVER;
	if (s->pid == 0)
		s->group = 0; /* what it left in the background is ended as an orphan */
	become(k, s, state, "ready after %lld ms", (long long)(og_mono_ms() - s->started));
}

/* What a command started must answer without it. */
static void look_again(struct keeper *k, struct og_service *s)
{
	struct og_err err = OG_ERR_INIT;

	if (s->state == OG_SERVICE_READY) {
		s->due = og_deadline(ANSWER_MS);
		become(k, s, OG_SERVICE_STARTING, "it ended; does what it started answer?");
	}
	if (s->probe == 0 && og_service_probe(s, &err) < 0)
		failed(k, s, err.msg);
}

static void ended(struct keeper *k, struct og_service *s, int raw)
{
	char how[64];

	s->pid = 0;
	s->last = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	og_service_pump(s, k->all);
	if (s->state != OG_SERVICE_STARTING && s->state != OG_SERVICE_READY) {
		og_service_mute(s, k->all);
		if (s->state == OG_SERVICE_FAILING)
			s->group = 0; /* killed */
		return;
	}
	if (s->last == 0 && !s->ready) {
		ready(k, s, OG_SERVICE_DONE);
	} else if (s->last == 0 && s->may_end) {
		look_again(k, s);
	} else {
		og_service_mute(s, k->all);
		ended_how(s, how, sizeof(how));
		failed(k, s, how);
	}
}

static void probed(struct keeper *k, struct og_service *s, int raw)
{
	s->probe = 0;
	if (s->state == OG_SERVICE_STARTING && WIFEXITED(raw) && WEXITSTATUS(raw) == 0)
		ready(k, s, s->pid ? OG_SERVICE_READY : OG_SERVICE_DONE);
}

/* Whoever is nobody's is the child of one that ended: only reaped. */
static void reap(struct keeper *k)
{
	int raw;
	pid_t pid;

	while ((pid = waitpid(-1, &raw, WNOHANG)) > 0)
		for (size_t i = 0; i < k->all->n; i++) {
			struct og_service *s = &k->all->list[i];

			if (s->pid == pid)
				ended(k, s, raw);
			else if (s->probe == pid)
				probed(k, s, raw);
		}
}

static int is_settled(const struct og_service *s)
{
	return s->state == OG_SERVICE_READY || s->state == OG_SERVICE_DONE ||
	       s->state == OG_SERVICE_FAILED || s->late;
}

static void overdue(struct keeper *k, struct og_service *s)
{
	char why[96];

	if (og_deadline_left(s->due) != 0)
		return;
	if (s->state == OG_SERVICE_STARTING) {
		og_text_format(why, sizeof(why),
			       s->pid ? "it did not get ready within %lld ms"
				      : "it ended, and what it started does not answer",
			       (long long)k->all->ready_ms);
		failed(k, s, why);
	} else if (s->state == OG_SERVICE_FAILING && s->pid == 0) {
		start(k, s);
	}
}

/* In order: the first that is neither ready nor given up holds back the
 * ones after it. */
static void go_on(struct keeper *k)
{
	size_t i;

	for (i = 0; i < k->all->n; i++)
		overdue(k, &k->all->list[i]);
	for (i = 0; i < k->all->n; i++) {
		struct og_service *s = &k->all->list[i];

		if (s->state == OG_SERVICE_WAITING)
			start(k, s);
		if (!is_settled(s) && og_deadline_left(s->patience) == 0) {
			s->late = 1;
			become(k, s, s->state, "not ready yet; going on without it");
		}
		if (!is_settled(s))
			return;
	}
	if (!k->settled)
		k->all->settled(k->all->arg);
	k->settled = 1;
}

/* --- stopping -------------------------------------------------------------- */

static void begin_stop(struct keeper *k)
{
	if (k->stopping) {
		k->bound = og_mono_ms();
		return;
	}
	k->stopping = 1;
	k->bound = og_deadline(k->all->stop_ms);
	k->all->stopping(k->all->arg);
	for (size_t i = 0; i < k->all->n; i++)
		og_service_unprobe(&k->all->list[i]);
}

/* 1 when it is gone. */
static int stop_one(struct keeper *k, struct og_service *s)
{
	if (s->pid > 0 || og_service_alive(s)) {
		if (s->state != OG_SERVICE_STOPPING) {
			og_service_kill(s, SIGTERM);
			become(k, s, OG_SERVICE_STOPPING, "stopping");
		}
		if (og_deadline_left(k->bound) == 0)
			og_service_kill(s, SIGKILL);
		return 0;
	}
	og_service_mute(s, k->all);
	s->group = 0;
	if (s->state == OG_SERVICE_WAITING)
		s->state = OG_SERVICE_STOPPED;
	if (s->state != OG_SERVICE_STOPPED && s->state != OG_SERVICE_FAILED)
		become(k, s, OG_SERVICE_STOPPED, "stopped");
	return 1;
}

/* The last one first. 1 when all are gone. */
static int stop_all(struct keeper *k)
{
	for (size_t i = k->all->n; i-- > 0;)
		if (!stop_one(k, &k->all->list[i]))
			return 0;
	return 1;
}

static int all_failed(const struct keeper *k)
{
	for (size_t i = 0; i < k->all->n; i++)
		if (k->all->list[i].state != OG_SERVICE_FAILED)
			return 0;
	return 1;
}

/* --- waiting --------------------------------------------------------------- */

static int64_t next_look(const struct keeper *k)
{
	int64_t next = k->awake, soon = og_deadline(GONE_MS);

	if (k->stopping)
		return soon < next ? soon : next;
	for (size_t i = 0; i < k->all->n; i++) {
		const struct og_service *s = &k->all->list[i];
		int waits = s->state == OG_SERVICE_STARTING ||
			    (s->state == OG_SERVICE_FAILING && s->pid == 0);

		if (waits && s->due < next)
			next = s->due;
		if (s->state != OG_SERVICE_WAITING && !is_settled(s) && s->patience < next)
			next = s->patience;
	}
	return next;
}

static void take_signals(struct keeper *k)
{
	struct signalfd_siginfo info;

	while (read(k->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			begin_stop(k);
}

/* Sleeps until something happens, and hands on what was written. */
static int sleep_once(struct keeper *k, struct og_err *err)
{
	struct pollfd fds[OG_SERVICES_MAX + 1] = { { k->signals, POLLIN, 0 } };

	for (size_t i = 0; i < k->all->n; i++)
		fds[i + 1] = (struct pollfd){ k->all->list[i].out, POLLIN, 0 };
	if (poll(fds, k->all->n + 1, og_deadline_left(next_look(k))) < 0 && errno != EINTR)
		return og_fail(err, OG_EOS, "cannot wait: %s", strerror(errno));
	for (size_t i = 0; i < k->all->n; i++)
		og_service_pump(&k->all->list[i], k->all);
	take_signals(k);
	reap(k);
	if (k->awake != OG_FOREVER && og_deadline_left(k->awake) == 0) {
		k->awake = og_deadline(k->all->wake_ms);
		k->all->awake(k->all->arg);
	}
	return 0;
}

static int keep(struct keeper *k, struct og_err *err)
{
	for (;;) {
		if (!k->stopping)
			go_on(k);
		if (!k->stopping && all_failed(k))
			begin_stop(k);
		if (k->stopping && stop_all(k))
			return 0;
		if (sleep_once(k, err) < 0)
			return -1;
	}
}

int og_service_expect(struct og_service *service, int (*look)(void *arg), struct og_err *err)
{
	service->ready = look;
	if (service->state != OG_SERVICE_STARTING)
		return 0;
	og_service_unprobe(service);
	return og_service_probe(service, err);
}

int og_services_run(struct og_services *services, struct og_err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD, 0 };
	struct keeper k = { .all = services, .awake = OG_FOREVER };
	int rc;

	k.signals = og_signals_open(signals, err);
	if (k.signals < 0)
		return -1;
	og_adopt_orphans();
	if (services->wake_ms > 0)
		k.awake = og_deadline(services->wake_ms);
	for (size_t i = 0; i < services->n; i++) {
		struct og_service *s = &services->list[i];

		s->out = s->last = -1;
		s->state = OG_SERVICE_WAITING;
		s->since = og_now_ms();
	}
	rc = keep(&k, err);
	og_end_orphans(k.stopping ? k.bound : og_mono_ms());
	close(k.signals);
	return rc;
}
