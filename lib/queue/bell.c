/* See bell.h. */
#include "lib/queue/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"

static int open_file(const char *run, const char *name, int flags, struct og_err *err)
{
	char *path = og_path_join(run, name);
	int fd;

	if (!path)
		return og_fail_nomem(err);
	fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		og_fail(err,
			errno == ENOENT	  ? OG_ECONF
			: errno == EACCES ? OG_EPERM
					  : OG_EOS,
			"cannot open '%s': %s", path, strerror(errno));
	free(path);
	return fd;
}

int og_bell_hold(const char *run, const char *name, struct og_err *err)
{
	return open_file(run, name, O_WRONLY, err);
}

int og_bell_ring(const char *run, const char *name, struct og_err *err)
{
	int fd = og_bell_hold(run, name, err);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int og_bell_also(struct og_bell *bell, const char *run, const char *name, struct og_err *err)
{
	/* Read-only, or watching would ring. */
	int file = open_file(run, name, O_RDONLY, err), rc = 0;
	char *path = og_path_join(run, name);

	if (file >= 0)
		close(file);
	if (!path)
		rc = og_fail_nomem(err);
	else if (file < 0)
		rc = -1;
	else if (inotify_add_watch(bell->fd, path, IN_CLOSE_WRITE) < 0)
		rc = og_fail(err, OG_EOS, "cannot watch '%s': %s", name, strerror(errno));
	free(path);
	return rc;
}

int og_bell_watch(const char *run, const char *name, struct og_bell *ret, struct og_err *err)
{
	struct og_bell bell = { inotify_init1(IN_CLOEXEC | IN_NONBLOCK) };

	if (bell.fd < 0)
		return og_fail(err, OG_EOS, "cannot watch '%s': %s", name, strerror(errno));
	if (og_bell_also(&bell, run, name, err) < 0) {
		og_bell_close(&bell);
		return -1;
	}
	*ret = bell;
	return 0;
}

void og_bell_close(struct og_bell *bell)
{
	if (bell->fd >= 0)
		close(bell->fd);
	bell->fd = -1;
}

static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

int og_bell_wait(struct og_bell *bell, int64_t deadline, int wake_fd, struct og_err *err)
{
	for (;;) {
		struct pollfd fds[2] = { { bell->fd, POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
		int n = poll(fds, wake_fd >= 0 ? 2 : 1, og_deadline_left(deadline));

		if (n > 0) {
			drain(bell->fd);
			return 1;
		}
		if (n == 0)
			return 0;
		if (errno != EINTR)
			return og_fail(err, OG_EOS, "cannot wait: %s", strerror(errno));
	}
}

#define PRESENCE    "worker"
#define WORKERS	    1 /* first of their bytes */
#define WORKERS_MAX 1023
#define JOBS	    1024 /* first of theirs */
#define JOBS_MAX    65536

static struct flock lock_of(short type, off_t start, off_t len)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len
	};
}

/* Takes the first byte of a range that is free: from there on it is ours
 * for as long as the descriptor is open. */
static int take_byte(int fd, off_t start, off_t len, struct og_err *err)
{
	for (off_t at = start; at < start + len; at++) {
		struct flock lock = lock_of(F_WRLCK, at, 1);

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			break;
	}
	return og_fail(err, OG_EOS, "cannot show presence: %s", strerror(errno));
}

int og_worker_present(const char *run, struct og_err *err)
{
	struct flock shared = lock_of(F_RDLCK, 0, 1);
	int fd = open_file(run, PRESENCE, O_RDWR, err), rc;

	if (fd < 0)
		return -1;
	rc = fcntl(fd, F_OFD_SETLK, &shared) < 0
		     ? og_fail(err, OG_EOS, "cannot show presence: %s", strerror(errno))
		     : take_byte(fd, WORKERS, WORKERS_MAX, err);
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

int og_job_present(const char *run, struct og_err *err)
{
	int fd = open_file(run, PRESENCE, O_RDWR, err);

	if (fd >= 0 && take_byte(fd, JOBS, JOBS_MAX, err) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int og_worker_alive(const char *run)
{
	struct flock lock = lock_of(F_WRLCK, 0, 1);
	struct og_err ignored = OG_ERR_INIT;
	int fd = open_file(run, PRESENCE, O_RDWR, &ignored), alive;

	if (fd < 0)
		return 0;
	alive = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return alive;
}

/* How many locks there are in a range: the kernel tells of one of them, in
 * no order, so the rest is to its left and to its right. */
static int count_locks(int fd, off_t start, off_t len)
{
	int n = 0;

	while (len > 0) {
		struct flock lock = lock_of(F_WRLCK, start, len);

		if (fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
			return n;
		n += 1 + count_locks(fd, start, lock.l_start - start);
		len -= lock.l_start + lock.l_len - start;
		start = lock.l_start + lock.l_len;
	}
	return n;
}

void og_presence_count(const char *run, struct og_presence *ret)
{
	struct og_err ignored = OG_ERR_INIT;
	int fd = open_file(run, PRESENCE, O_RDWR, &ignored);

	*ret = (struct og_presence){ 0, 0 };
	if (fd < 0)
		return;
	ret->workers = count_locks(fd, WORKERS, WORKERS_MAX);
	ret->jobs = count_locks(fd, JOBS, JOBS_MAX);
	close(fd);
}
