/*
 * A copy of og_block's rows in one file, to be searched at the speed of
 * memory: the system keeps it there once for all processes, a node's rows
 * lie together, and SQLite, which maps no more than 2 GiB of a database and
 * copies what does not fit a page, has only to say which rows there are.
 *
 * The database stays the truth. A row here is used only for the row there
 * that has the same number and the same stamp, which is drawn by chance at
 * every change; all others are read there. So a copy may be old, of another
 * database or missing, and nothing but time is lost. When it lacks much it
 * is made again by whoever searches, into a second file that then takes its
 * place: readers keep the one they have, two makers do not meet, and one
 * that dies, or has no place left, leaves the old one.
 *
 * What is read is not believed: numbers and places of rows are checked, and
 * kept apart, when the file is opened; what is looked at of a row is held
 * against its checksum when that is first used, and what does not agree is
 * read in the database. The checksums find damage; whoever may write the file and
 * means to deceive may write the database as well. A file that is made
 * shorter while it is mapped ends the process, as with the database.
 *
 * The file: 64 bytes of header ("ogcodes1", rows, bytes of the file; 64 bits
 * each, little endian), 56 bytes with places and checksums for each row by
 * ascending number; then, from multiples of 64, what a scan reads of each row
 * in the order of a scan, so that memory is read in one go: og_block's high
 * of the used slots; then the rest of each: slots, low.
 */
#ifndef OG_VECTOR_COPY_H
#define OG_VECTOR_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/vector/codes.h"

/* A slot as it lies in og_block.slots, and in the file. */
struct og_block_slot {
	int64_t passage, vector;
	float left_out; /* by its code */
	uint8_t clearance, kind, zero[2];
};
_Static_assert(sizeof(struct og_block_slot) == 24, "a slot has no holes");

/* A row to be looked at. What it points to may lie anywhere: copy it out. */
struct og_block_view {
	size_t used, half; /* slots, and bytes of each half of one's codes */
	const uint8_t *scales, *high;
	size_t number; /* in the copy */
};

/* What is read of the few that may be among the best. */
struct og_block_rest {
	const uint8_t *slots, *low;
};

struct og_copy;
int og_copy_new(const char *path, struct og_copy **ret, struct og_err *err);
void og_copy_free(struct og_copy *copy);

/* The row, as it was when it had that stamp: 1, or 0. The view is good until
 * og_copy_renew(). */
int og_copy_find(struct og_copy *copy, int64_t id, int64_t stamp, struct og_block_view *ret);
/* The rest of one that was found. 0: it is damaged, and the row is not found
 * from now on. */
int og_copy_rest(struct og_copy *copy, const struct og_block_view *view, struct og_block_rest *ret);

/* A search wanted so many rows and did not find so many of them: takes up
 * another copy that was made meanwhile, or makes one, when that is worth it.
 * Whatever goes wrong with that is no error: the copy stays as it was, and
 * it is tried again some searches later. */
void og_copy_renew(struct og_copy *copy, struct og_db *db, size_t wanted, size_t missed);

#endif
