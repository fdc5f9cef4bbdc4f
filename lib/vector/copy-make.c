/*
 * The copy, made: beside the file it will be, under a lock, then in its
 * place. It is not synced: after a loss of power the checksums tell. See
 * copy.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/vector/blocks-internal.h"
#include "lib/vector/copy-internal.h"

#define PATH_LONGEST 32768
#define PIECE	     ((size_t)1 << 18) /* bytes of rows that are written together */

/* What is written from one place on. */
struct stream {
	struct og_buf piece;
	uint64_t at; /* where the piece goes */
};

struct making {
	const char *path; /* of the new one */
	int fd;
	struct stream fronts, backs;
	struct og_copy_head head;
	struct og_copy_row *table;
	size_t n;
};

static uint64_t aligned(uint64_t at)
{
	return (at + OG_COPY_ALIGN - 1) / OG_COPY_ALIGN * OG_COPY_ALIGN;
}

/* Nobody else's: one that another process made, and put in its place, while
 * this one waited for it is not the one that now has the name. */
static int open_alone(struct making *making, struct og_err *err)
{
	struct stat ours, named;

	making->fd = open(making->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (making->fd < 0)
		return og_fail(err, OG_EOS, "cannot open '%s': %s", making->path, strerror(errno));
	if (flock(making->fd, LOCK_EX | LOCK_NB) == 0 && fstat(making->fd, &ours) == 0 &&
	    stat(making->path, &named) == 0 && ours.st_ino == named.st_ino &&
	    ours.st_dev == named.st_dev && ftruncate(making->fd, 0) == 0)
		return 0;
	close(making->fd);
	making->fd = -1;
	return og_fail(err, OG_ETEMP, "'%s' is being made", making->path);
}

/* How many rows, and is there room for them twice over? The ledger must not
 * find the disk full because of what can be made again. */
static int look_ahead(struct making *making, struct og_db *db, struct og_err *err)
{
	uint64_t bytes = 0, fronts = 0;
	struct statvfs fs;
	struct og_stmt *stmt;

	if (og_stmt_new(db,
			"SELECT count(*), sum(length(high)), sum(length(slots) + length(low)) "
			"FROM main.og_block",
			&stmt, err) < 0)
		return -1;
	if (og_stmt_step(stmt, err) == 1) {
		making->head.rows = (uint64_t)og_col_int(stmt, 0);
		fronts = (uint64_t)og_col_int(stmt, 1) + making->head.rows * OG_COPY_ALIGN;
		bytes = (uint64_t)og_col_int(stmt, 2) + making->head.rows * OG_COPY_ALIGN;
	}
	og_stmt_free(stmt);
	if (making->head.rows < 1 || making->head.rows > OG_COPY_ROWS_MAX)
		return og_fail(err, OG_EDATA, "no rows for '%s', or too many", making->path);
	making->fronts.at = og_copy_first(making->head.rows);
	making->backs.at = aligned(making->fronts.at + fronts);
	if (fstatvfs(making->fd, &fs) < 0 ||
	    (uint64_t)fs.f_bavail * fs.f_frsize / 2 < making->backs.at + bytes)
		return og_fail(err, OG_EOS, "no room for '%s'", making->path);
	making->table = calloc(making->head.rows, sizeof(*making->table));
	return making->table ? 0 : og_fail_nomem(err);
}

static int write_out(struct making *making, struct stream *stream, struct og_err *err)
{
	if (og_buf_check(&stream->piece, "row", err) < 0)
		return -1;
	if (lseek(making->fd, (off_t)stream->at, SEEK_SET) < 0 ||
	    og_write_all(making->fd, stream->piece.data, stream->piece.len) < 0)
		return og_fail(err, OG_EIO, "cannot write '%s': %s", making->path, strerror(errno));
	stream->at += stream->piece.len;
	og_buf_clear(&stream->piece);
	return 0;
}

/* Ends a part of a row that began at start of the piece: its checksum. */
static int end_part(struct making *making, struct stream *stream, size_t start, uint64_t seed,
		    uint64_t *ret_sum, struct og_err *err)
{
	static const char zeros[OG_COPY_ALIGN];
	struct og_buf *piece = &stream->piece;

	if (og_buf_check(piece, "row", err) < 0)
		return -1;
	*ret_sum = og_copy_sum(seed, piece->data + start, piece->len - start);
	og_buf_add(piece, zeros, aligned(piece->len) - piece->len);
	return piece->len < PIECE ? 0 : write_out(making, stream, err);
}

/* The row at hand: id, used, slots, high, low, stamp. */
static int add_row(struct making *making, struct og_stmt *stmt, struct og_err *err)
{
	struct og_buf *front = &making->fronts.piece, *back = &making->backs.piece;
	struct og_copy_row *row = &making->table[making->n];
	size_t front_at = front->len, back_at = back->len;
	struct og_block_view view;
	struct og_block_rest rest;

	if (making->n == making->head.rows || !og_block_view(stmt, &view))
		return og_fail(err, OG_EDATA, "a row of og_block is damaged");
	*row = (struct og_copy_row){ .id = og_col_int(stmt, 0),
				     .stamp = og_col_int(stmt, 5),
				     .front_at = making->fronts.at + front_at,
				     .back_at = making->backs.at + back_at,
				     .used = (uint32_t)view.used,
				     .half = (uint32_t)view.half };
	og_buf_add(front, view.scales, view.used * sizeof(struct og_code_scale));
	og_buf_add(front, view.high, view.used * view.half);
	og_block_rest(stmt, &rest);
	og_buf_add(back, rest.slots, view.used * sizeof(struct og_block_slot));
	og_buf_add(back, rest.low, view.used * view.half);
	making->n++;
	if (end_part(making, &making->fronts, front_at, 2, &row->front, err) < 0)
		return -1;
	return end_part(making, &making->backs, back_at, 3, &row->back, err);
}

static int add_rows(struct making *making, struct og_db *db, struct og_err *err)
{
	struct og_stmt *stmt;
	int more;

	if (og_stmt_new(db,
			"SELECT id, used, slots, high, low, stamp FROM main.og_block "
			"ORDER BY model, dimension, node, used",
			&stmt, err) < 0)
		return -1;
	while ((more = og_stmt_step(stmt, err)) > 0)
		if (add_row(making, stmt, err) < 0) {
			more = -1;
			break;
		}
	og_stmt_free(stmt);
	if (more < 0 || write_out(making, &making->fronts, err) < 0)
		return -1;
	return write_out(making, &making->backs, err);
}

static int by_id(const void *a, const void *b)
{
	const struct og_copy_row *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

static int add_head(struct making *making, struct og_err *err)
{
	struct og_copy_head *head = &making->head;

	if (making->n != head->rows)
		return og_fail(err, OG_EDATA, "og_block has other rows than it said");
	memcpy(head->magic, OG_COPY_MAGIC, sizeof(head->magic));
	head->size = making->backs.at;
	qsort(making->table, making->n, sizeof(*making->table), by_id);
	if (lseek(making->fd, 0, SEEK_SET) < 0 ||
	    og_write_all(making->fd, head, sizeof(*head)) < 0 ||
	    og_write_all(making->fd, making->table, making->n * sizeof(*making->table)) < 0)
		return og_fail(err, OG_EIO, "cannot write '%s': %s", making->path, strerror(errno));
	return 0;
}

int og_copy_make(const char *path, struct og_db *db, struct og_err *err)
{
	struct making making = { .fd = -1 };
	struct og_buf name;
	int rc = -1;

	og_buf_init(&name, PATH_LONGEST);
	og_buf_init(&making.fronts.piece, 4 * PIECE);
	og_buf_init(&making.backs.piece, 4 * PIECE);
	og_buf_addf(&name, "%s-new", path);
	making.path = name.data;
	if (og_buf_check(&name, "path", err) < 0 || open_alone(&making, err) < 0)
		goto out;
	rc = look_ahead(&making, db, err);
	if (rc == 0)
		rc = add_rows(&making, db, err);
	if (rc == 0)
		rc = add_head(&making, err);
	if (rc == 0 && rename(making.path, path) < 0)
		rc = og_fail(err, OG_EOS, "cannot put '%s' in its place: %s", making.path,
			     strerror(errno));
	if (rc < 0)
		unlink(making.path);
	close(making.fd);
out:
	free(making.table);
	og_buf_release(&making.fronts.piece);
	og_buf_release(&making.backs.piece);
	og_buf_release(&name);
	return rc;
}
