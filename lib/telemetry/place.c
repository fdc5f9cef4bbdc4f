/* See place.h. */
#include "lib/telemetry/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/telemetry/telemetry-internal.h"

static struct flock whole_lock(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
}

static int open_lock(const char *run, struct og_err *err)
{
	char *path = og_path_join(run, OG_COLLECTOR_LOCK);
	int fd;

	if (!path)
		return og_fail_nomem(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		og_fail(err, OG_EOS, "cannot open '%s': %s", path, strerror(errno));
	free(path);
	return fd;
}

int og_collector_lock(const char *run, struct og_err *err)
{
	struct flock lock = whole_lock();
	int fd = open_lock(run, err);

	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return fd;
	if (errno == EAGAIN || errno == EACCES)
		og_fail(err, OG_ETEMP, "another collector serves this instance");
	else
		og_fail(err, OG_EOS, "cannot lock '%s': %s", OG_COLLECTOR_LOCK, strerror(errno));
	close(fd);
	return -1;
}

int og_collector_alive(const char *run)
{
	struct flock lock = whole_lock();
	int fd = open_lock(run, NULL), alive;

	if (fd < 0)
		return 0;
	alive = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return alive;
}

int og_collector_listen(const char *run, struct og_err *err)
{
	struct sockaddr_un address;
	int dir = -1, fd = -1, rc = -1;

	if (og_telemetry_address(run, &address, &dir, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		og_fail(err, OG_EOS, "cannot make a socket: %s", strerror(errno));
		goto out;
	}
	/* What a collector before us left behind. */
	if (unlink(address.sun_path) < 0 && errno != ENOENT) {
		og_fail(err, OG_EOS, "cannot remove '%s': %s", OG_TELEMETRY_SOCKET,
			strerror(errno));
		goto out;
	}
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		og_fail(err, OG_EOS, "cannot listen at '%s/%s': %s", run, OG_TELEMETRY_SOCKET,
			strerror(errno));
		goto out;
	}
	rc = fd;
	fd = -1;
out:
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	return rc;
}
