/* Shared by who reads the copy and who makes it: what lies in the file. See
 * copy.h. */
#ifndef OG_VECTOR_COPY_INTERNAL_H
#define OG_VECTOR_COPY_INTERNAL_H

#include <sys/stat.h>

#include "lib/vector/copy.h"

#define OG_COPY_MAGIC	 "ogcodes1"
#define OG_COPY_ALIGN	 64
#define OG_COPY_ROWS_MAX ((uint64_t)1 << 20)

struct og_copy_head {
	char magic[8];
	uint64_t rows, size, zero[5];
};
_Static_assert(sizeof(struct og_copy_head) == 64, "the header has no holes");

struct og_copy_row {
	int64_t id, stamp;
	uint64_t front_at, back_at;
	uint32_t used, half;  /* as in a view */
	uint64_t front, back; /* their checksums */
};
_Static_assert(sizeof(struct og_copy_row) == 56, "a row has no holes");

/* Bytes of what is looked at of every slot, and of the rest. */
static inline uint64_t og_copy_front(const struct og_copy_row *row)
{
	return (uint64_t)row->used * (sizeof(struct og_code_scale) + row->half);
}

static inline uint64_t og_copy_back(const struct og_copy_row *row)
{
	return (uint64_t)row->used * (sizeof(struct og_block_slot) + row->half);
}

/* Where the first row may lie. */
static inline uint64_t og_copy_first(uint64_t rows)
{
	uint64_t end = sizeof(struct og_copy_head) + rows * sizeof(struct og_copy_row);

	return (end + OG_COPY_ALIGN - 1) / OG_COPY_ALIGN * OG_COPY_ALIGN;
}

uint64_t og_copy_sum(uint64_t from, const void *data, size_t n);

/* Makes the file at path of all rows there are now, and puts it in the place
 * of another. -1: it could not be made, or somebody else is making one. */
int og_copy_make(const char *path, struct og_db *db, struct og_err *err);

#endif
