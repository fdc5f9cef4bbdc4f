/* Children, lines, crews, and authority given up: each against the peer
 * that hangs, floods, dies or lies. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/proc/channel.h"
#include "lib/proc/crew.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"

/* Runs a shell script as a child; its status, or -1. */
static int script(const char *text, const void *input, size_t len, int64_t ms, struct og_buf *out,
		  struct og_err *err)
{
	const char *argv[] = { "/bin/sh", "-c", text, NULL };
	int status = -1;

	og_buf_clear(out);
	return og_child_run(argv, input, len, og_deadline(ms), out, &status, err) < 0 ? -1 : status;
}

static void children(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf out, big;

	og_buf_init(&out, 1 << 20);
	og_buf_init(&big, 1 << 20);
	OG_CHECK_INT(script("cat; exit 3", "hello", 5, 5000, &out, &err), 3);
	OG_CHECK_STR(out.data, "hello");
	OG_CHECK_INT(script("kill -9 $$", "", 0, 5000, &out, &err), 128 + SIGKILL);
	/* More than a pipe holds, both ways at once. */
	for (int i = 0; i < 500000; i++)
		og_buf_addc(&big, 'x');
	OG_CHECK_INT(script("cat", big.data, big.len, 5000, &out, &err), 0);
	OG_CHECK_INT(out.len, big.len);
	/* One that does not read its input is judged by its answer. */
	OG_CHECK_INT(script("exec <&-; echo done", big.data, big.len, 5000, &out, &err), 0);
	OG_CHECK_STR(out.data, "done\n");
	og_buf_release(&out);
	og_buf_release(&big);
}

static void bad_children(void)
{
	const char *nobody[] = { "/nonexistent/program", NULL };
	struct og_child child = { -1, -1, -1 };
	struct og_err err = OG_ERR_INIT;
	int64_t start = og_mono_ms();
	struct og_buf out;

	og_buf_init(&out, 1000);
	OG_CHECK_INT(script("sleep 60", "", 0, 200, &out, &err), -1);
	OG_CHECK_INT(err.code, OG_ETEMP);
	OG_CHECK_INT(script("yes", "", 0, 5000, &out, &err), -1);
	OG_CHECK_INT(err.code, OG_EDATA);
	OG_CHECK(og_mono_ms() - start < 30000);
	OG_CHECK(og_child_start(nobody, NULL, &child, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	og_buf_release(&out);
}

/* The child's environment: what is added wins. */
static void environment(void)
{
	const char *argv[] = { "/bin/sh", "-c", "printf %s \"$OG_TEST\"", NULL };
	const char *add[] = { "OG_TEST=new", NULL };
	struct og_child child = { -1, -1, -1 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf out;
	int status = -1;

	setenv("OG_TEST", "old", 1);
	og_buf_init(&out, 100);
	if (OG_CHECK_OK(og_child_start(argv, add, &child, &err), &err)) {
		OG_CHECK_OK(og_fd_read(child.out, "output", &out, &err), &err);
		og_child_end(&child, og_deadline(20000), &status);
		OG_CHECK_STR(out.data, "new");
		OG_CHECK_INT(status, 0);
	}
	og_buf_release(&out);
}

static void check_line(struct og_lines *lines, const char *want)
{
	struct og_err err = OG_ERR_INIT;
	char *line = NULL;
	size_t len = 0;
	int n = og_lines_next(lines, og_deadline(want ? 20000 : 1000), &line, &len, &err);

	OG_CHECK_INT(n, want != NULL);
	if (n == 1 && want) {
		OG_CHECK_STR(line, want);
		OG_CHECK_INT(len, strlen(want));
	}
}

static int line_error(struct og_lines *lines, int64_t ms)
{
	struct og_err err = OG_ERR_INIT;
	size_t len;
	char *line;

	return og_lines_next(lines, og_deadline(ms), &line, &len, &err) < 0 ? err.code : 0;
}

static void say(int fd, const char *text)
{
	OG_CHECK_INT(og_write_all(fd, text, strlen(text)), 0);
}

static void lines(void)
{
	struct og_lines in;
	int fds[2];

	if (!OG_CHECK_INT(pipe(fds), 0))
		return;
	og_lines_init(&in, fds[0], 10);
	say(fds[1], "one\n\ntwo\nthr");
	check_line(&in, "one");
	check_line(&in, "");
	check_line(&in, "two");
	/* Half a line is not a line, and waiting ends. */
	OG_CHECK_INT(line_error(&in, 50), OG_ETEMP);
	say(fds[1], "ee\n0123456789\n");
	check_line(&in, "three");
	check_line(&in, "0123456789");
	say(fds[1], "last\nrest");
	close(fds[1]);
	check_line(&in, "last");
	OG_CHECK_INT(line_error(&in, 1000), OG_EDATA);
	og_lines_release(&in);
	close(fds[0]);
}

static void line_too_long(void)
{
	char flood[4096];
	struct og_lines in;
	int fds[2], code = 0;

	if (!OG_CHECK_INT(pipe(fds), 0))
		return;
	memset(flood, 'x', sizeof(flood));
	og_lines_init(&in, fds[0], 10000);
	for (int i = 0; i < 64 && code != OG_EDATA; i++) {
		OG_CHECK_INT(og_write_all(fds[1], flood, sizeof(flood)), 0);
		code = line_error(&in, 0);
	}
	OG_CHECK_INT(code, OG_EDATA);
	og_lines_release(&in);
	close(fds[0]);
	close(fds[1]);
}

/* --- the channel's client ------------------------------------------------ */

/* A peer that answers whatever comes with the shell's text. */
static struct og_channel *peer(const char *text)
{
	char path[] = "/tmp/og-peer-XXXXXX";
	struct og_shield_place place = { "local:", path, "/home", NULL };
	struct og_channel *channel = NULL;
	struct og_err err = OG_ERR_INIT;
	int fd = mkstemp(path);

	OG_CHECK(fd >= 0);
	say(fd, "#!/bin/sh\nrm -f \"$0\"\n");
	say(fd, text);
	fchmod(fd, 0700);
	close(fd);
	OG_CHECK_OK(og_channel_open(&place, &channel, &err), &err);
	return channel;
}

static int ask_code(struct og_channel *channel, struct og_err *err)
{
	return og_channel_ask(channel, "schema", json_object(), NULL, err) < 0 ? err->code : 0;
}

static void channel(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_channel *c = peer("read l; echo '{\"v\":1,\"id\":1,\"ok\":true}'\n"
				    "read l; echo '{\"v\":1,\"id\":2,\"ok\":false,\"code\":1,"
				    "\"why\":\"no such thing\",\"fix\":\"ask\"}'\nexit 0\n");

	OG_CHECK_INT(ask_code(c, &err), 0);
	OG_CHECK_INT(ask_code(c, &err), OG_NO);
	OG_CHECK_STR(err.msg, "no such thing");
	OG_CHECK_STR(err.hint, "ask");
	/* The peer is gone, and stays gone. */
	OG_CHECK_INT(ask_code(c, &err), OG_EUNAVAIL);
	OG_CHECK_INT(ask_code(c, &err), OG_EUNAVAIL);
	og_channel_close(c);
}

static void lying_channel(void)
{
	static const char *const lies[] = {
		"read l; echo '{\"v\":1,\"id\":7,\"ok\":true}'; read l\n",
		"read l; echo 'hello'; read l\n", "read l; echo '[]'; read l\n",
		"read l; printf '{\"v\":1,'\n", "exit 0\n"
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct og_err err = OG_ERR_INIT;
		struct og_channel *c = peer(lies[i]);
		int code = ask_code(c, &err);

		if (!OG_CHECK(code == OG_EUNAVAIL || code == OG_EDATA))
			printf("# %d: %s", code, lies[i]);
		OG_CHECK_INT(ask_code(c, &err), OG_EUNAVAIL);
		og_channel_close(c);
	}
}

/* --- crews ---------------------------------------------------------------- */

enum { AGAIN = 75 };

/* Shared with the seats, so that they can count across their lives. */
struct shared {
	atomic_int starts;
	atomic_int stopped;
};

static struct shared *share(void)
{
	void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int run_crew(int seats, int (*work)(void *, struct og_seat *), int tries,
		    struct shared *shared, long *ret_progress)
{
	struct og_crew crew = { seats, work, shared, AGAIN, tries, NULL, NULL };
	struct og_err err = OG_ERR_INIT;
	int status = -1;

	OG_CHECK_OK(og_crew_run(&crew, &status, ret_progress, &err), &err);
	return status;
}

static int third_time_lucky(void *arg, struct og_seat *seat)
{
	struct shared *shared = arg;

	if (atomic_fetch_add(&shared->starts, 1) < 2)
		return AGAIN;
	og_seat_progress(seat);
	return 0;
}

static int never(void *arg, struct og_seat *seat)
{
	(void)seat;
	atomic_fetch_add(&((struct shared *)arg)->starts, 1);
	return AGAIN;
}

/* Gets something done each time before it dies. */
static int dies_but_works(void *arg, struct og_seat *seat)
{
	struct shared *shared = arg;

	if (atomic_fetch_add(&shared->starts, 1) == 8)
		return 0;
	og_seat_progress(seat);
	raise(SIGKILL);
	return 0;
}

static void crew_restarts(void)
{
	struct shared *shared = share();
	long progress = 0;

	if (!OG_CHECK(shared != NULL))
		return;
	OG_CHECK_INT(run_crew(1, third_time_lucky, 5, shared, &progress), 0);
	OG_CHECK_INT(atomic_load(&shared->starts), 3);
	OG_CHECK_INT(progress, 1);
	atomic_store(&shared->starts, 0);
	OG_CHECK_INT(run_crew(1, never, 2, shared, &progress), AGAIN);
	OG_CHECK_INT(atomic_load(&shared->starts), 3);
	/* Failures count in a row only: what gets done in between forgives. */
	atomic_store(&shared->starts, 0);
	OG_CHECK_INT(run_crew(1, dies_but_works, 2, shared, &progress), 0);
	OG_CHECK_INT(progress, 8);
	munmap(shared, sizeof(*shared));
}

/* The first fails for good, the others serve until they are stopped. */
static int one_fails(void *arg, struct og_seat *seat)
{
	struct shared *shared = arg;
	struct og_err err = OG_ERR_INIT;
	struct pollfd stop = { .events = POLLIN };

	(void)seat;
	if (atomic_fetch_add(&shared->starts, 1) == 0)
		return 70;
	stop.fd = og_crew_stop_fd(&err);
	if (poll(&stop, 1, 30000) == 1 && og_crew_stopping())
		atomic_fetch_add(&shared->stopped, 1);
	return 0;
}

/* Whoever sits here asks the supervisor to stop, and goes on meanwhile. */
static int asks_to_stop(void *arg, struct og_seat *seat)
{
	struct shared *shared = arg;

	(void)seat;
	if (atomic_fetch_add(&shared->starts, 1) == 0)
		kill(getppid(), SIGTERM);
	while (!og_crew_stopping())
		usleep(1000);
	atomic_fetch_add(&shared->stopped, 1);
	return AGAIN; /* not started again: it was told to stop */
}

static void crew_stops(void)
{
	struct shared *shared = share();
	long progress = 0;

	if (!OG_CHECK(shared != NULL))
		return;
	OG_CHECK_INT(run_crew(3, one_fails, 5, shared, &progress), 70);
	OG_CHECK_INT(atomic_load(&shared->stopped), 2);
	atomic_store(&shared->starts, 0);
	atomic_store(&shared->stopped, 0);
	OG_CHECK_INT(run_crew(3, asks_to_stop, 5, shared, &progress), 0);
	OG_CHECK_INT(atomic_load(&shared->stopped), 3);
	OG_CHECK_INT(atomic_load(&shared->starts), 3);
	munmap(shared, sizeof(*shared));
}

/* --- authority ------------------------------------------------------------ */

/* In a child: seals it and tries what must fail. Its exit status says
 * what was still possible (bits), 64: the kernel cannot do it. */
static int sealed(const char *dir)
{
	const char *inside[] = { dir, NULL };
	const char *argv[] = { "/bin/true", NULL };
	struct og_err err = OG_ERR_INIT;
	char *path = og_path_join(dir, "inside");
	int open_before = open("/etc/passwd", O_RDONLY), still = 0;
	char byte;

	if (og_sandbox_no_network(0, &err) != OG_SANDBOX_DONE ||
	    og_sandbox_no_exec(&err) != OG_SANDBOX_DONE ||
	    og_sandbox_paths(NULL, inside, &err) != OG_SANDBOX_DONE)
		return 64;
	still |= open("/etc/passwd", O_RDONLY) >= 0 ? 1 : 0;
	still |= socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 2 : 0;
	still |= socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 4 : 0;
	execv(argv[0], (char *const *)(uintptr_t)argv);
	still |= errno != EPERM ? 8 : 0;
	/* What it was left must work. */
	still |= open(path, O_RDWR | O_CREAT, 0600) < 0 ? 16 : 0;
	still |= read(open_before, &byte, 1) != 1 ? 32 : 0;
	free(path);
	return still;
}

static void sandbox(void)
{
	char dir[] = "/tmp/og-proc-XXXXXX";
	int status = 0;
	char *path;
	pid_t pid;

	if (!OG_CHECK(mkdtemp(dir) != NULL))
		return;
	pid = fork();
	if (pid == 0)
		_exit(sealed(dir));
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 64)
		OG_SKIP("the kernel has no Landlock or no seccomp");
	else
		OG_CHECK_INT(status, 0);
	path = og_path_join(dir, "inside");
	unlink(path);
	free(path);
	OG_CHECK_INT(rmdir(dir), 0);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	OG_RUN(children);
	OG_RUN(bad_children);
	OG_RUN(environment);
	OG_RUN(lines);
	OG_RUN(line_too_long);
	OG_RUN(channel);
	OG_RUN(lying_channel);
	OG_RUN(sandbox);
	OG_RUN(crew_restarts);
	OG_RUN(crew_stops);
	return og_done();
}
