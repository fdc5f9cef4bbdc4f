/*
 * Archives that tar(1) makes and reads: POSIX.1-1988 ustar, regular files
 * and folders, names of up to 99 bytes; sizes from 8 GiB on in the binary
 * form of GNU tar (base-256). Nothing else is written.
 *
 * Reading is for archives of strangers: whatever is not of that kind (a
 * link, a device, a long name, another dialect, a checksum that is wrong, a
 * byte after the end) is OG_EDATA, and no name is given that would lead out
 * of the folder it is unpacked in. What to do with the members, how many
 * there may be and how large, is the caller's to say.
 */
#ifndef OG_ARCHIVE_TAR_H
#define OG_ARCHIVE_TAR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define OG_TAR_BLOCK	512
#define OG_TAR_NAME_MAX 99
#define OG_TAR_SIZE_MAX ((int64_t)1 << 50)

enum og_tar_type { OG_TAR_FILE, OG_TAR_FOLDER };

struct og_tar_member {
	char name[OG_TAR_NAME_MAX + 1]; /* "a/b"; a folder's ends with no slash here */
	enum og_tar_type type;
	unsigned mode; /* 0..0777 */
	int64_t size;  /* 0 for a folder */
	int64_t time;  /* seconds since 1970 */
};

/* An archive that is read or written, from its first byte to its last. */
struct og_tar {
	int fd;	      /* borrowed */
	int64_t left; /* bytes of the member that are still to come */
	int64_t at;   /* bytes of the archive so far */
	int pad;      /* zeros after the member */
};

void og_tar_init(struct og_tar *tar, int fd);

/* Is it a relative path, without empty, "." and ".." components, of visible
 * UTF-8, at most OG_TAR_NAME_MAX bytes? */
int og_tar_name_valid(const char *name);

/* Writing: the head of a member, then exactly its size in any number of
 * pieces; at the end the end. OG_EIO; OG_EOS on a full disk; OG_EUNAVAIL when it is
 * a pipe and its reader has gone. */
int og_tar_put(struct og_tar *tar, const struct og_tar_member *member, struct og_err *err);
int og_tar_write(struct og_tar *tar, const void *data, size_t len, struct og_err *err);
int og_tar_end(struct og_tar *tar, struct og_err *err);

/* Reading: the next member, when all of the one before has been read: 1; 0
 * at the end, after which only zeros followed; -1. */
int og_tar_next(struct og_tar *tar, struct og_tar_member *ret, struct og_err *err);
/* At most len bytes of the member: how many, 0 when it has no more; -1. */
int og_tar_read(struct og_tar *tar, void *data, size_t len, struct og_err *err);

#endif
