/* See socket.h. */
#include "lib/proc/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#define BACKLOG 64
#define KEEP_MS 5000 /* for a keeper to remove one file */

static int address(const char *path, struct sockaddr_un *ret, struct og_err *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if (!*path || strlen(path) > OG_SOCKET_PATH_MAX)
		return og_fail(err, OG_ECONF, "socket '%s': a socket's path has 1 to %d bytes",
			       path, OG_SOCKET_PATH_MAX);
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return 0;
}

static int fail_at(struct og_err *err, const char *what, const char *path)
{
	int code = errno == EACCES || errno == EPERM	 ? OG_EPERM
		   : errno == ENOENT || errno == ENOTDIR ? OG_ECONF
							 : OG_EOS;

	return og_fail(err, code, "cannot %s '%s': %s", what, path, strerror(errno));
}

/* The lock's file stays: one that is removed and made again would be two
 * files, and two holders. */
static int take_lock(const char *path, int *ret, struct og_err *err)
{
	struct og_buf name;
	int fd = -1;

	og_buf_init(&name, OG_SOCKET_PATH_MAX + 16);
	og_buf_addf(&name, "%s.lock", path);
	if (og_buf_check(&name, "lock's name", err) < 0)
		goto out;
	fd = open(name.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		fail_at(err, "open", name.data);
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		og_fail(err, OG_ETEMP, "another process serves '%s'", path);
		close(fd);
		fd = -1;
	}
out:
	og_buf_release(&name);
	*ret = fd;
	return fd < 0 ? -1 : 0;
}

/* With the lock held, a socket that is there is nobody's. */
static int clear_stale(const char *path, struct og_err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail_at(err, "look at", path);
	if (!S_ISSOCK(st.st_mode))
		return og_fail(err, OG_ECONF, "'%s' is there and is no socket", path);
	return unlink(path) < 0 ? fail_at(err, "remove", path) : 0;
}

/* Born closed to everybody, so that there is no moment in which others may
 * connect to what only some are meant to; opened when it listens, so that
 * whoever may connect is heard. */
static int bind_there(int fd, const struct sockaddr_un *at, mode_t mode, struct og_err *err)
{
	mode_t before = umask(0777);
	int rc = bind(fd, (const struct sockaddr *)at, sizeof(*at));

	umask(before);
	if (rc < 0)
		return fail_at(err, "make", at->sun_path);
	if (listen(fd, BACKLOG) < 0)
		return fail_at(err, "listen at", at->sun_path);
	if (chmod(at->sun_path, mode) < 0)
		return fail_at(err, "open up", at->sun_path);
	return 0;
}

static int listen_there(struct og_socket *sock, mode_t mode, struct og_err *err)
{
	struct sockaddr_un at;
	struct stat st;

	if (address(sock->path, &at, err) < 0 || take_lock(sock->path, &sock->lock, err) < 0 ||
	    clear_stale(sock->path, err) < 0)
		return -1;
	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock->fd < 0)
		return og_fail(err, OG_EOS, "cannot make a socket: %s", strerror(errno));
	if (bind_there(sock->fd, &at, mode, err) < 0)
		return -1;
	if (lstat(sock->path, &st) < 0)
		return fail_at(err, "look at", sock->path);
	sock->dev = st.st_dev;
	sock->inode = st.st_ino;
	return 0;
}

int og_socket_listen(const char *path, mode_t mode, struct og_socket *ret, struct og_err *err)
{
	struct og_socket sock = { .fd = -1, .lock = -1, .path = strdup(path) };

	if (!sock.path)
		return og_fail_nomem(err);
	if (listen_there(&sock, mode, err) < 0) {
		og_socket_close(&sock);
		return -1;
	}
	*ret = sock;
	return 0;
}

static int option(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

int og_socket_adopt(int fd, struct og_socket *ret, struct og_err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (option(fd, SO_DOMAIN) != AF_UNIX || option(fd, SO_TYPE) != SOCK_STREAM ||
	    option(fd, SO_ACCEPTCONN) != 1)
		return og_fail(err, OG_ECONF, "descriptor %d is no unix stream socket that listens",
			       fd);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot set up descriptor %d: %s", fd, strerror(errno));
	*ret = (struct og_socket){ .fd = fd, .lock = -1 };
	return 0;
}

static void remove_ours(const struct og_socket *sock)
{
	struct stat st;

	/* No inode: we never came to make one. */
	if (sock->lock >= 0 && sock->inode && lstat(sock->path, &st) == 0 &&
	    st.st_dev == sock->dev && st.st_ino == sock->inode)
		unlink(sock->path);
}

/* What ends its parent may reach it too, and is not meant for it. It has the
 * lock for itself as well: no successor makes the file before it is done. */
static void keep(const struct og_socket *sock, int parent)
{
	sigset_t all;
	char byte;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (dup2(parent, 0) < 0 || dup2(sock->lock, 1) < 0)
		_exit(OG_EOS);
	close_range(2, ~0U, 0);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	remove_ours(sock);
	_exit(0);
}

int og_socket_keep(struct og_socket *sock, struct og_err *err)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return og_fail(err, OG_EOS, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		keep(sock, ends[0]);
	close(ends[0]);
	if (pid < 0) {
		og_fail(err, OG_EOS, "cannot start a process: %s", strerror(errno));
		close(ends[1]);
		return -1;
	}
	sock->keeper = (struct og_child){ .pid = pid, .in = ends[1], .out = -1 };
	return 0;
}

void og_socket_close(struct og_socket *sock)
{
	if (sock->keeper.pid > 0)
		og_child_end(&sock->keeper, og_deadline(KEEP_MS), NULL);
	remove_ours(sock);
	if (sock->fd >= 0)
		close(sock->fd);
	if (sock->lock >= 0)
		close(sock->lock);
	free(sock->path);
	*sock = (struct og_socket){ .fd = -1, .lock = -1 };
}

void og_socket_patience(int fd, int timeout_ms)
{
	struct timeval span = { timeout_ms / 1000, timeout_ms % 1000 * 1000L };

	/* Without it a write waits longer, nothing worse. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &span, sizeof(span));
}

static int fail_connect(struct og_err *err, const char *path)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		return og_fail(err, OG_EPERM, "no permission to connect to '%s'", path);
	case EAGAIN:
		return og_fail(err, OG_ETEMP, "'%s' is too busy to let us in", path);
	default:
		return og_fail(err, OG_EUNAVAIL, "nobody listens at '%s': %s", path,
			       strerror(errno));
	}
}

int og_socket_connect(const char *path, int timeout_ms, struct og_err *err)
{
	struct sockaddr_un at;
	int fd, rc;

	if (address(path, &at, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return og_fail(err, OG_EOS, "cannot make a socket: %s", strerror(errno));
	og_socket_patience(fd, timeout_ms);
	do
		rc = connect(fd, (const struct sockaddr *)&at, sizeof(at));
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return fd;
	fail_connect(err, path);
	close(fd);
	return -1;
}

int og_socket_peer(int fd, struct og_peer *ret, struct og_err *err)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return og_fail(err, OG_EOS, "cannot tell who connected: %s", strerror(errno));
	*ret = (struct og_peer){ who.uid, who.pid };
	return 0;
}
