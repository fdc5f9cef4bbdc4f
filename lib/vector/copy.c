/* The copy, read. See copy.h; copy-make.c makes one. */
#include "lib/vector/copy-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/vector/blocks.h"

/* A copy may lack an eighth of the rows, and these: to read them in the
 * database takes less time than the rest of the search. */
#define LACKS_LEAST 256
#define LACKS_SHARE 8
/* After one that could not be made so many searches go by. */
#define REST 64

/* What is known of a row. */
enum { FRONT_GOOD = 1, BACK_GOOD = 2, BAD = 4 };

struct og_copy {
	char *path;
	int tried;	  /* to open it */
	int rest;	  /* searches before one is made again */
	struct stat seen; /* the file it was, good or not */
	const uint8_t *map;
	size_t size, rows;
	struct og_copy_row *table; /* by id; ours, so that it stays as it was checked */
	uint8_t *known;
};

int og_copy_new(const char *path, struct og_copy **ret, struct og_err *err)
{
	struct og_copy *copy = calloc(1, sizeof(*copy));

	if (!copy || !(copy->path = strdup(path))) {
		free(copy);
		return og_fail_nomem(err);
	}
	*ret = copy;
	return 0;
}

static void let_go(struct og_copy *copy)
{
	if (copy->map)
		munmap((void *)(uintptr_t)copy->map, copy->size);
	free(copy->table);
	free(copy->known);
	copy->map = NULL;
	copy->table = NULL;
	copy->known = NULL;
	copy->rows = 0;
}

void og_copy_free(struct og_copy *copy)
{
	if (!copy)
		return;
	let_go(copy);
	free(copy->path);
	free(copy);
}

/* --- checksums ---------------------------------------------------------------------- */

uint64_t og_copy_sum(uint64_t from, const void *data, size_t n)
{
	/* Four sums that do not wait for each other. A step is one to one in
	 * what it adds, so that no single change is lost. */
	uint64_t sums[4] = { from ^ n, from + 1, from + 2, from + 3 };
	const uint8_t *at = data;

	for (; n >= 32; n -= 32, at += 32)
		for (size_t lane = 0; lane < 4; lane++) {
			uint64_t word;

			memcpy(&word, at + 8 * lane, sizeof(word));
			word = (sums[lane] ^ word) * 0x9e3779b97f4a7c15u;
			sums[lane] = word << 29 | word >> 35;
		}
	for (size_t lane = 0; lane < 4; lane++)
		from = ((from ^ sums[lane]) * 0xbf58476d1ce4e5b9u) ^ (from >> 31);
	for (; n > 0; n--)
		from = (from ^ *at++) * 0x9e3779b97f4a7c15u;
	return from ^ from >> 32;
}

/* --- opening ------------------------------------------------------------------------ */

static int read_at(int fd, void *into, size_t n, off_t at)
{
	for (char *to = into; n > 0;) {
		ssize_t got = pread(fd, to, n, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		to += got;
		n -= (size_t)got;
		at += got;
	}
	return 0;
}

static int place_good(uint64_t at, uint64_t bytes, uint64_t from, uint64_t size)
{
	return at % OG_COPY_ALIGN == 0 && at >= from && at <= size && bytes <= size - at;
}

/* Are numbers and places what they can be in a file of so many bytes? */
static int table_good(const struct og_copy_row *table, size_t rows, uint64_t size)
{
	uint64_t from = og_copy_first(rows);

	for (size_t i = 0; i < rows; i++) {
		const struct og_copy_row *row = &table[i];

		if ((i > 0 && row->id <= row[-1].id) || row->used < 1 ||
		    row->used > OG_BLOCK_SLOTS || row->half < 1 ||
		    row->half > OG_VECTOR_DIMENSION_MAX / 2 ||
		    !place_good(row->front_at, og_copy_front(row), from, size) ||
		    !place_good(row->back_at, og_copy_back(row), from, size))
			return 0;
	}
	return 1;
}

/* Header and table, when the file can be believed so far. */
static struct og_copy_row *read_table(int fd, uint64_t size, size_t *ret_rows)
{
	struct og_copy_row *table;
	struct og_copy_head head;

	if (size < sizeof(head) || read_at(fd, &head, sizeof(head), 0) < 0 ||
	    memcmp(head.magic, OG_COPY_MAGIC, sizeof(head.magic)) != 0 || head.rows < 1 ||
	    head.rows > OG_COPY_ROWS_MAX || head.size != size || og_copy_first(head.rows) > size)
		return NULL;
	table = malloc(head.rows * sizeof(*table));
	if (!table)
		return NULL;
	if (read_at(fd, table, head.rows * sizeof(*table), sizeof(head)) < 0 ||
	    !table_good(table, head.rows, size)) {
		free(table);
		return NULL;
	}
	*ret_rows = head.rows;
	return table;
}

/* Takes up the file at the path, or leaves things as they were. */
static void take_up(struct og_copy *copy)
{
	int fd = open(copy->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct og_copy_row *table = NULL;
	uint8_t *known = NULL;
	void *map = MAP_FAILED;
	struct stat st;
	size_t rows = 0;

	if (fd < 0) { /* another user's, maybe: seen, and no use */
		if (stat(copy->path, &st) == 0)
			copy->seen = st;
		return;
	}
	if (fstat(fd, &st) == 0) {
		copy->seen = st;
		if (S_ISREG(st.st_mode))
			table = read_table(fd, (uint64_t)st.st_size, &rows);
	}
	if (table)
		known = calloc(rows, 1);
	if (known)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		free(table);
		free(known);
		return;
	}
	let_go(copy);
	copy->map = map;
	copy->size = (size_t)st.st_size;
	copy->table = table;
	copy->known = known;
	copy->rows = rows;
}

/* --- finding ------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
	const struct og_copy_row *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

/* Numbers seldom have gaps: a row mostly is where it would be without. */
static const struct og_copy_row *row_of(const struct og_copy *copy, int64_t id)
{
	const struct og_copy_row key = { .id = id };
	uint64_t at;

	if (copy->rows == 0)
		return NULL;
	at = (uint64_t)id - (uint64_t)copy->table[0].id;
	if (at < copy->rows && copy->table[at].id == id)
		return &copy->table[at];
	return bsearch(&key, copy->table, copy->rows, sizeof(key), by_id);
}

/* Is the row's front, or its back, what was written? It is looked at once. */
static int good(struct og_copy *copy, size_t number, int part)
{
	const struct og_copy_row *row = &copy->table[number];
	uint8_t *known = &copy->known[number];
	int same;

	if (*known & (part | BAD))
		return !(*known & BAD);
	same = part == FRONT_GOOD
		       ? og_copy_sum(2, copy->map + row->front_at, og_copy_front(row)) == row->front
		       : og_copy_sum(3, copy->map + row->back_at, og_copy_back(row)) == row->back;
	*known = same ? (uint8_t)(*known | part) : BAD;
	return same;
}

int og_copy_find(struct og_copy *copy, int64_t id, int64_t stamp, struct og_block_view *ret)
{
	const struct og_copy_row *row;

	if (!copy)
		return 0;
	if (!copy->tried) {
		copy->tried = 1;
		take_up(copy);
	}
	row = row_of(copy, id);
	if (!row || row->stamp != stamp || !good(copy, (size_t)(row - copy->table), FRONT_GOOD))
		return 0;
	*ret = (struct og_block_view){
		.used = row->used,
		.half = row->half,
		.scales = copy->map + row->front_at,
		.high = copy->map + row->front_at + row->used * sizeof(struct og_code_scale),
		.number = (size_t)(row - copy->table),
	};
	return 1;
}

int og_copy_rest(struct og_copy *copy, const struct og_block_view *view, struct og_block_rest *ret)
{
	const struct og_copy_row *row = &copy->table[view->number];

	if (!good(copy, view->number, BACK_GOOD))
		return 0;
	ret->slots = copy->map + row->back_at;
	ret->low = ret->slots + row->used * sizeof(struct og_block_slot);
	return 1;
}

/* --- another one -------------------------------------------------------------------- */

/* Has another one than the one that was seen its place? */
static int is_another(const struct og_copy *copy)
{
	const struct stat *seen = &copy->seen;
	struct stat st;

	return stat(copy->path, &st) == 0 &&
	       (st.st_ino != seen->st_ino || st.st_dev != seen->st_dev ||
		st.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
		st.st_mtim.tv_nsec != seen->st_mtim.tv_nsec);
}

void og_copy_renew(struct og_copy *copy, struct og_db *db, size_t wanted, size_t missed)
{
	struct og_err quiet = OG_ERR_INIT;

	if (!copy || missed < LACKS_LEAST + wanted / LACKS_SHARE)
		return;
	/* One that is no use either is made again by the next search. */
	if (is_another(copy)) {
		take_up(copy);
		return;
	}
	if (copy->rest > 0) {
		copy->rest--;
		return;
	}
	if (og_copy_make(copy->path, db, &quiet) < 0)
		copy->rest = REST;
	else
		take_up(copy);
}
