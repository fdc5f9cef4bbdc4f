/* Shared inside lib/archive: where the fields of a header lie (ustar). */
#ifndef OG_ARCHIVE_INTERNAL_H
#define OG_ARCHIVE_INTERNAL_H

#include "lib/archive/tar.h"

struct og_tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], time[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct og_tar_header) == OG_TAR_BLOCK, "a header is one block");

/* The sum of its bytes, those of the sum itself taken as spaces. */
unsigned og_tar_sum(const struct og_tar_header *header);

#endif
