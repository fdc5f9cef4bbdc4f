/* See listen.h. */
#include "lib/proc/listen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proc/crew.h"
#include "lib/proc/signals.h"

#define KILL_AGAIN_MS 1000
#define NO_ROOM_MS    500 /* before accepting again, when the system is out of something */
#define REFUSAL_MAX   ((size_t)1024)

struct guest {
	pid_t pid; /* 0: nobody */
	struct og_peer peer;
};

struct run {
	const struct og_listening *listening;
	struct guest *guests;
	int signals; /* signalfd */
	int serving;
	int stopping;
	int64_t bound; /* when to stop being patient */
	int64_t pause; /* accept nobody before */
};

static void tell(const struct run *run, enum og_listen_event event, const struct og_peer *peer,
		 int status)
{
	run->listening->tell(run->listening->arg, event, peer, status, run->serving);
}

/* One line into a new socket's empty buffer, which has room for it. */
static void refuse(int fd, int code, const char *rule, const char *why, const char *fix)
{
	json_t *reply =
		json_pack("{s:i,s:n,s:b,s:s,s:i,s:s,s:s,s:s}", "v", 1, "id", "ok", 0, "verdict",
			  "error", "code", code, "rule", rule, "why", why, "fix", fix);
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf line;

	og_buf_init(&line, REFUSAL_MAX);
	if (reply && og_json_dump(reply, &line, &ignored) == 0 && og_buf_addc(&line, '\n') == 0 &&
	    send(fd, line.data, line.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		errno = 0; /* it did not wait to hear it */
	og_buf_release(&line);
	json_decref(reply);
}

static int turned_away(struct run *run, int fd, const struct og_peer *peer)
{
	const struct og_listening *listening = run->listening;

	if (!listening->admit(listening->arg, peer)) {
		refuse(fd, OG_EPERM, "peer", "this user may not connect to the shield",
		       "og-shield --listen --peer USER");
		tell(run, OG_LISTEN_STRANGER, peer, 0);
		return 1;
	}
	if (run->serving < listening->max)
		return 0;
	refuse(fd, OG_ETEMP, "full", "the shield has as many connections as it may",
	       "try again later; og-shield --listen --connections N");
	tell(run, OG_LISTEN_FULL, peer, 0);
	return 1;
}

/* In the new process. */
static void be_guest(const struct run *run, int fd, pid_t parent)
{
	const struct og_listening *listening = run->listening;
	struct og_err err = OG_ERR_INIT;
	int stop_fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(OG_EUNAVAIL);
	close(run->signals);
	close(listening->fd);
	stop_fd = og_crew_stop_fd(&err);
	_exit(stop_fd < 0 ? err.code : listening->serve(listening->arg, fd, stop_fd));
}

static struct guest *free_seat(struct run *run)
{
	struct guest *guest = run->guests;

	while (guest->pid)
		guest++;
	return guest;
}

static void welcome(struct run *run, int fd, const struct og_peer *peer)
{
	pid_t parent = getpid(), pid;

	if (turned_away(run, fd, peer))
		return;
	pid = fork();
	if (pid == 0)
		be_guest(run, fd, parent);
	if (pid < 0) {
		int why = errno;

		refuse(fd, OG_ETEMP, "system", "the shield's host has no process left",
		       "try again later");
		tell(run, OG_LISTEN_TROUBLE, peer, why);
		return;
	}
	*free_seat(run) = (struct guest){ pid, *peer };
	run->serving++;
	tell(run, OG_LISTEN_ACCEPTED, peer, 0);
}

/* What only concerns the connection that just came is no error of ours. */
static int accept_one(struct run *run, struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_peer peer = { 0, 0 };
	int fd = accept4(run->listening->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		if (og_socket_peer(fd, &peer, &ignored) == 0)
			welcome(run, fd, &peer);
		close(fd);
		return 0;
	}
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		run->pause = og_deadline(NO_ROOM_MS);
		return 0;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
		return og_fail(err, OG_EOS, "cannot accept connections: %s", strerror(errno));
	default:
		return 0;
	}
}

static void signal_all(const struct run *run, int sig)
{
	for (int i = 0; i < run->listening->max; i++)
		if (run->guests[i].pid > 0)
			kill(run->guests[i].pid, sig);
}

static void begin_stop(struct run *run)
{
	if (!run->stopping)
		run->bound = og_deadline(OG_CREW_STOP_MS);
	run->stopping = 1;
	signal_all(run, SIGTERM);
}

static void reap(struct run *run)
{
	int raw;

	for (int i = 0; i < run->listening->max; i++) {
		struct guest *guest = &run->guests[i];

		if (guest->pid <= 0 || waitpid(guest->pid, &raw, WNOHANG) <= 0)
			continue;
		guest->pid = 0;
		run->serving--;
		tell(run, OG_LISTEN_ENDED, &guest->peer,
		     WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw));
	}
}

static void take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			begin_stop(run);
	reap(run);
}

/* Sleeps until something is to be done, and does it. */
static int turn(struct run *run, struct og_err *err)
{
	int paused = og_deadline_left(run->pause) > 0;
	int64_t next = run->stopping ? run->bound : paused ? run->pause : OG_FOREVER;
	struct pollfd fds[2] = { { run->signals, POLLIN, 0 }, { run->listening->fd, POLLIN, 0 } };
	int n = poll(fds, run->stopping || paused ? 1 : 2, og_deadline_left(next));

	if (n < 0 && errno != EINTR)
		return og_fail(err, OG_EOS, "cannot poll: %s", strerror(errno));
	if (n > 0 && fds[0].revents)
		take_signals(run);
	else if (n > 0 && fds[1].revents && accept_one(run, err) < 0)
		return -1;
	if (run->stopping && og_deadline_left(run->bound) == 0) {
		signal_all(run, SIGKILL);
		run->bound = og_deadline(KILL_AGAIN_MS);
	}
	return 0;
}

static int open_signals(struct run *run, struct og_err *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGCHLD, 0 };

	run->signals = og_signals_open(signals, err);
	return run->signals < 0 ? -1 : 0;
}

int og_listen_run(const struct og_listening *listening, struct og_err *err)
{
	struct run run = { .listening = listening, .signals = -1 };
	int rc = -1;

	run.guests = calloc((size_t)listening->max, sizeof(*run.guests));
	if (!run.guests)
		return og_fail_nomem(err);
	if (open_signals(&run, err) < 0)
		goto out;
	rc = 0;
	while (rc == 0 && !(run.stopping && run.serving == 0))
		rc = turn(&run, err);
out:
	if (run.signals >= 0)
		close(run.signals);
	free(run.guests);
	return rc;
}
