/*
 * Who holds what: one locked byte per claim, at the offset of its ticket.
 *
 * A process that ends closes its descriptors, however it ends. For each
 * one that was open for writing the kernel rings whoever watches the file
 * (inotify), and with the description that holds the locks these go. It
 * rings a moment before it lets go, and in which order it takes the
 * descriptors is its own business; so the description with the locks lies
 * between two that do nothing but ring: whichever way the kernel goes, one
 * of them rings when the locks are gone. Nobody needs a clock to find out.
 */
#include "lib/queue/sqlite-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A description of its own whose number is above that one. */
static int open_above(const struct og_sqlite_queue *q, int below, int flags, int *ret,
		      struct og_err *err)
{
	int fd = -1, higher;

	if (og_sqlite_lock_open(q->run, OG_QUEUE_CLAIMS, flags, &fd, err) < 0)
		return -1;
	if (fd < below) {
		higher = fcntl(fd, F_DUPFD_CLOEXEC, below + 1);
		close(fd);
		if (higher < 0)
			return og_fail(err, OG_EOS, "cannot open '%s': %s", OG_QUEUE_CLAIMS,
				       strerror(errno));
		fd = higher;
	}
	*ret = fd;
	return 0;
}

int og_sqlite_claims_open(struct og_sqlite_queue *q, struct og_err *err)
{
	if (q->probe >= 0)
		return 0;
	og_sqlite_claims_close(q); /* what an attempt before left */
	if (open_above(q, -1, O_WRONLY, &q->ring_low, err) < 0 ||
	    open_above(q, q->ring_low, O_RDWR, &q->claims, err) < 0 ||
	    open_above(q, q->claims, O_WRONLY, &q->ring_high, err) < 0)
		return -1;
	return og_sqlite_lock_open(q->run, OG_QUEUE_CLAIMS, O_RDONLY, &q->probe, err);
}

void og_sqlite_claims_close(struct og_sqlite_queue *q)
{
	int *const fds[] = { &q->probe, &q->claims, &q->ring_low, &q->ring_high };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static struct flock byte_of(int64_t ticket, short type)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = ticket, .l_len = 1
	};
}

int og_sqlite_hold(struct og_sqlite_queue *q, int64_t ticket, struct og_err *err)
{
	struct flock lock = byte_of(ticket, F_WRLCK);

	if (fcntl(q->claims, F_OFD_SETLK, &lock) == 0)
		return 0;
	return og_fail(err, OG_EOS, "cannot hold a claim: %s", strerror(errno));
}

void og_sqlite_let_go(struct og_sqlite_queue *q, int64_t ticket)
{
	struct flock lock = byte_of(ticket, F_UNLCK);

	fcntl(q->claims, F_OFD_SETLK, &lock);
}

int og_sqlite_abandoned(struct og_sqlite_queue *q, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_sqlite_stmt(q, CLAIMED, err);
	int more = -1;

	while (stmt && (more = og_stmt_step(stmt, err)) > 0) {
		struct flock probe = byte_of(og_col_int(stmt, 0), F_WRLCK);

		if (fcntl(q->probe, F_OFD_GETLK, &probe) < 0 || probe.l_type != F_UNLCK)
			continue;
		*ret = og_col_int(stmt, 0);
		break;
	}
	if (stmt)
		og_stmt_reset(stmt);
	return more;
}
