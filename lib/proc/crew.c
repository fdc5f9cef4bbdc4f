/* See crew.h. */
#include "lib/proc/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/signals.h"

#define PAUSE_MIN_MS  50
#define PAUSE_MAX_MS  5000
#define KILL_AGAIN_MS 1000

struct og_seat {
	atomic_long progress;
	atomic_int ready;
};

struct place {
	pid_t pid;    /* 0: nobody */
	int64_t due;  /* when to start; OG_FOREVER: no more */
	int failures; /* in a row */
	long seen;    /* progress when it was last looked at */
};

struct run {
	const struct og_crew *crew;
	struct og_seat *seats; /* shared with the children */
	struct place places[OG_CREW_MAX];
	int stopping;
	int64_t bound; /* when to stop being patient */
	int announced; /* that all seats are ready */
	int status;
};

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void og_seat_progress(struct og_seat *seat)
{
	atomic_fetch_add(&seat->progress, 1);
}

/* The supervisor sleeps until a signal comes. */
void og_seat_ready(struct og_seat *seat)
{
	if (atomic_exchange(&seat->ready, 1) == 0)
		kill(getppid(), SIGCHLD);
}

int og_crew_stopping(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT);
}

int og_crew_stop_fd(struct og_err *err)
{
	static const int stops[] = { SIGTERM, SIGINT, 0 };

	return og_signals_open(stops, err);
}

/* A supervisor that is killed takes its seats along, in good order. */
static void sit_down(const struct run *run, int i, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(run->crew->again);
	_exit(run->crew->work(run->crew->arg, &run->seats[i]));
}

static int start(struct run *run, int i, struct og_err *err)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno));
	if (pid == 0)
		sit_down(run, i, parent);
	run->places[i].pid = pid;
	run->places[i].due = OG_FOREVER;
	return 0;
}

static void signal_all(const struct run *run, int sig)
{
	for (int i = 0; i < run->crew->seats; i++)
		if (run->places[i].pid > 0)
			kill(run->places[i].pid, sig);
}

static void begin_stop(struct run *run)
{
	if (!run->stopping) {
		run->bound = og_deadline(OG_CREW_STOP_MS);
		if (run->crew->stopping)
			run->crew->stopping(run->crew->arg);
	}
	run->stopping = 1;
	for (int i = 0; i < run->crew->seats; i++)
		run->places[i].due = OG_FOREVER;
	signal_all(run, SIGTERM);
}

/* 50 ms, then doubled with every failure. */
static int64_t pause_after(int failures)
{
	int64_t pause = PAUSE_MIN_MS;

	while (--failures > 0 && pause < PAUSE_MAX_MS)
		pause *= 2;
	return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

/* Is one that ended so to be started again? Counts its failures. */
static int try_again(struct run *run, int i, int status)
{
	struct place *place = &run->places[i];
	long progress = atomic_load(&run->seats[i].progress);

	if (run->stopping || status != run->crew->again)
		return 0;
	if (progress != place->seen)
		place->failures = 0;
	place->seen = progress;
	return ++place->failures <= run->crew->tries;
}

static void ended(struct run *run, int i, int raw)
{
	int status = WIFEXITED(raw) ? WEXITSTATUS(raw) : run->crew->again;

	run->places[i].pid = 0;
	if (try_again(run, i, status)) {
		run->places[i].due = og_deadline(pause_after(run->places[i].failures));
		return;
	}
	/* Whoever was told to stop in the middle of a failure did stop. */
	if (run->stopping && status == run->crew->again)
		status = 0;
	if (status > run->status)
		run->status = status;
	if (status > 1)
		begin_stop(run);
}

static void reap(struct run *run)
{
	int raw;

	for (int i = 0; i < run->crew->seats; i++)
		if (run->places[i].pid > 0 && waitpid(run->places[i].pid, &raw, WNOHANG) > 0)
			ended(run, i, raw);
}

/* Starts whoever is due. *ret_next: when to look again at the latest.
 * 1: somebody is there or will be; 0: all is over; -1. */
static int start_due(struct run *run, int64_t *ret_next, struct og_err *err)
{
	int more = 0;

	*ret_next = run->stopping ? run->bound : OG_FOREVER;
	for (int i = 0; i < run->crew->seats; i++) {
		struct place *place = &run->places[i];

		if (place->pid == 0 && og_deadline_left(place->due) == 0 && start(run, i, err) < 0)
			return -1;
		if (place->due < *ret_next)
			*ret_next = place->due;
		more |= place->pid > 0 || place->due != OG_FOREVER;
	}
	return more;
}

/* Sleeps until a process ends, a stop is asked for, or something is due. */
static void wait_signal(struct run *run, const sigset_t *signals, int64_t next)
{
	int left = og_deadline_left(next), sig;
	struct timespec span = { left / 1000, left % 1000 * 1000000L };

	sig = sigtimedwait(signals, NULL, left < 0 ? NULL : &span);
	if (sig == SIGTERM || sig == SIGINT)
		begin_stop(run);
	if (run->stopping && og_deadline_left(run->bound) == 0) {
		signal_all(run, SIGKILL);
		run->bound = og_deadline(KILL_AGAIN_MS);
	}
}

static void announce(struct run *run)
{
	for (int i = 0; i < run->crew->seats; i++)
		if (!atomic_load(&run->seats[i].ready))
			return;
	if (!run->announced && !run->stopping && run->crew->ready)
		run->crew->ready(run->crew->arg);
	run->announced = 1;
}

static int supervise(struct run *run, const sigset_t *signals, struct og_err *err)
{
	int64_t next;
	int more;

	while ((more = start_due(run, &next, err)) > 0) {
		wait_signal(run, signals, next);
		reap(run);
		announce(run);
	}
	return more;
}

int og_crew_run(const struct og_crew *crew, int *ret_status, long *ret_progress, struct og_err *err)
{
	struct run run = { .crew = crew };
	size_t size = (size_t)crew->seats * sizeof(*run.seats);
	sigset_t signals;
	int rc;

	run.seats = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.seats == MAP_FAILED)
		return og_fail_nomem(err);
	stop_signals(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	rc = supervise(&run, &signals, err);
	if (rc < 0) {
		begin_stop(&run); /* nobody is started any more, so this cannot fail */
		supervise(&run, &signals, NULL);
	}
	*ret_status = run.status;
	*ret_progress = 0;
	for (int i = 0; i < crew->seats; i++)
		*ret_progress += atomic_load(&run.seats[i].progress);
	munmap(run.seats, size);
	return rc;
}
