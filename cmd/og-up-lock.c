/*
 * Who runs og up: locks of fcntl(2) on two bytes of run/up.lock, one of the
 * guard and one of the keeper of services. They belong to a process, not to
 * a descriptor, so the kernel can say whose they are: the pid never has to
 * be read from a file that may be older than it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-up.h"
#include "lib/base/file.h"

static int open_lock(const struct og_conf *conf, struct og_err *err)
{
	char *path = og_path_join(conf->home, OG_UP_LOCK);
	int fd;

	if (!path)
		return og_fail_nomem(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		og_fail(err, errno == ENOENT ? OG_ECONF : OG_EPERM, "cannot open '%s': %s", path,
			strerror(errno));
	if (fd < 0 && errno == ENOENT)
		og_hint(err, "og doctor --fix makes what is missing");
	free(path);
	return fd;
}

static struct flock lock_of(int which)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = which, .l_len = 1
	};
}

/* -1: somebody whose number means nothing here, in another namespace. */
static pid_t holder_of(int fd, int which)
{
	struct flock lock = lock_of(which);

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid > 0 ? lock.l_pid : -1;
}

int og_up_busy(pid_t other, struct og_err *err)
{
	if (other > 0)
		og_fail(err, OG_NO, "og up runs for this instance already (process %d)",
			(int)other);
	else
		og_fail(err, OG_NO, "og up runs for this instance already, in another container");
	return og_hint(err, "og status shows its services, og down stops it");
}

int og_up_lock(const struct og_conf *conf, enum og_up_lock which, int *ret, struct og_err *err)
{
	struct flock lock = lock_of((int)which);
	int fd = open_lock(conf, err);
	pid_t other;

	if (fd < 0)
		return -1;
	/* One that lost its guard is still stopping what it started. */
	other = which == OG_UP_GUARD ? holder_of(fd, OG_UP_KEEPER) : 0;
	if (other == 0 && fcntl(fd, F_SETLK, &lock) == 0) {
		*ret = fd;
		return 0;
	}
	if (other == 0)
		other = holder_of(fd, (int)which);
	close(fd);
	return og_up_busy(other, err);
}

pid_t og_up_holder(const struct og_conf *conf)
{
	struct og_err ignored = OG_ERR_INIT;
	int fd = open_lock(conf, &ignored);
	pid_t pid = fd >= 0 ? holder_of(fd, OG_UP_GUARD) : 0;

	if (fd >= 0 && pid == 0)
		pid = holder_of(fd, OG_UP_KEEPER);
	if (fd >= 0)
		close(fd);
	return pid;
}
