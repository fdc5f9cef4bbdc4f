/* See loop.h. */
#include "lib/serve/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/signals.h"

#define EVENTS 64

struct og_watch {
	struct og_loop *loop;
	int fd; /* -1: removed */
	void (*ready)(void *arg, uint32_t events);
	void *arg;
	struct og_watch *next; /* among all, or among the removed */
	struct og_watch *prev;
};

struct og_timer {
	struct og_loop *loop;
	int64_t deadline;
	void (*due)(void *arg);
	void *arg;
	struct og_timer *next, *prev; /* the earliest first */
};

struct og_loop {
	int epoll, signals;
	int ended;
	struct og_watch *watches;
	struct og_watch *removed; /* kept until the turn is over */
	struct og_timer *timers;
	struct og_watch *signal_watch;
	void (*got)(void *arg, int signal);
	void *got_arg;
	int (*prepare)(void *arg);
	void *prepare_arg;
};

int og_loop_new(struct og_loop **ret, struct og_err *err)
{
	struct og_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return og_fail_nomem(err);
	loop->signals = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return og_fail(err, OG_EOS, "cannot make an epoll: %s", strerror(errno));
	}
	*ret = loop;
	return 0;
}

/* An event of this turn may still point at a removed one. */
static void sweep(struct og_loop *loop)
{
	while (loop->removed) {
		struct og_watch *watch = loop->removed;

		loop->removed = watch->next;
		free(watch);
	}
}

void og_loop_free(struct og_loop *loop)
{
	if (!loop)
		return;
	while (loop->watches)
		og_watch_free(loop->watches);
	sweep(loop);
	while (loop->timers)
		og_timer_free(loop->timers);
	if (loop->signals >= 0)
		close(loop->signals);
	close(loop->epoll);
	free(loop);
}

int og_loop_watch(struct og_loop *loop, int fd, uint32_t events,
		  void (*ready)(void *arg, uint32_t events), void *arg, struct og_watch **ret,
		  struct og_err *err)
{
	struct og_watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (!watch)
		return og_fail_nomem(err);
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(watch);
		return og_fail(err, OG_EOS, "cannot watch a descriptor: %s", strerror(errno));
	}
	*watch = (struct og_watch){ loop, fd, ready, arg, loop->watches, NULL };
	if (loop->watches)
		loop->watches->prev = watch;
	loop->watches = watch;
	*ret = watch;
	return 0;
}

void og_watch_for(struct og_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void og_watch_free(struct og_watch *watch)
{
	struct og_loop *loop;

	if (!watch)
		return;
	loop = watch->loop;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fd = -1;
	if (watch->prev)
		watch->prev->next = watch->next;
	else
		loop->watches = watch->next;
	if (watch->next)
		watch->next->prev = watch->prev;
	watch->next = loop->removed;
	loop->removed = watch;
}

int og_loop_timer(struct og_loop *loop, int64_t deadline, void (*due)(void *arg), void *arg,
		  struct og_timer **ret, struct og_err *err)
{
	struct og_timer *timer = calloc(1, sizeof(*timer)), *before = NULL;
	struct og_timer *after = loop->timers;

	if (!timer)
		return og_fail_nomem(err);
	while (after && after->deadline <= deadline) {
		before = after;
		after = after->next;
	}
	*timer = (struct og_timer){ loop, deadline, due, arg, after, before };
	if (before)
		before->next = timer;
	else
		loop->timers = timer;
	if (after)
		after->prev = timer;
	*ret = timer;
	return 0;
}

void og_timer_free(struct og_timer *timer)
{
	if (!timer)
		return;
	if (timer->prev)
		timer->prev->next = timer->next;
	else
		timer->loop->timers = timer->next;
	if (timer->next)
		timer->next->prev = timer->prev;
	free(timer);
}

static void take_signals(void *arg, uint32_t events)
{
	struct og_loop *loop = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(loop->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->got(loop->got_arg, (int)info.ssi_signo);
}

int og_loop_signals(struct og_loop *loop, void (*got)(void *arg, int signal), void *arg,
		    struct og_err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGCHLD, 0 };

	loop->got = got;
	loop->got_arg = arg;
	loop->signals = og_signals_open(signals, err);
	if (loop->signals < 0)
		return -1;
	return og_loop_watch(loop, loop->signals, EPOLLIN, take_signals, loop, &loop->signal_watch,
			     err);
}

void og_loop_before_sleep(struct og_loop *loop, int (*prepare)(void *arg), void *arg)
{
	loop->prepare = prepare;
	loop->prepare_arg = arg;
}

static void run_due(struct og_loop *loop)
{
	int64_t now = og_mono_ms();

	while (loop->timers && loop->timers->deadline <= now) {
		struct og_timer *timer = loop->timers;
		void (*due)(void *arg) = timer->due;
		void *arg = timer->arg;

		og_timer_free(timer);
		due(arg);
	}
}

/* What comes first: the next timer, or what the owner said. */
static int sleep_ms(struct og_loop *loop)
{
	int most = loop->prepare ? loop->prepare(loop->prepare_arg) : -1;
	int timer = loop->timers ? og_deadline_left(loop->timers->deadline) : -1;

	if (most < 0 || (timer >= 0 && timer < most))
		return timer;
	return most;
}

static int turn(struct og_loop *loop, struct og_err *err)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(loop->epoll, events, EVENTS, sleep_ms(loop));

	if (n < 0 && errno != EINTR)
		return og_fail(err, OG_EOS, "cannot wait for events: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		struct og_watch *watch = events[i].data.ptr;

		if (watch->fd >= 0)
			watch->ready(watch->arg, events[i].events);
	}
	run_due(loop);
	sweep(loop);
	return 0;
}

int og_loop_run(struct og_loop *loop, struct og_err *err)
{
	while (!loop->ended)
		if (turn(loop, err) < 0)
			return -1;
	return 0;
}

void og_loop_end(struct og_loop *loop)
{
	loop->ended = 1;
}
