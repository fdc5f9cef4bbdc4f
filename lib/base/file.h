/*
 * Files, whole: read under a limit, write so that a crash leaves the old
 * or the new content, never half. Paths are joined without surprises.
 */
#ifndef OG_BASE_FILE_H
#define OG_BASE_FILE_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* The file beside a missing one whose name is nearest to it, with the same
 * suffix, and which we may read: "alice" for "keys/alcie.key". Its name
 * without suffix goes to ret, of that size. 1, 0: there is none. */
int og_file_near(const char *path, char *ret, size_t size);

/* Appends the whole regular file (or, with path "-", standard input) to
 * buf. OG_ENOINPUT when it cannot be opened, OG_EDATA when larger than
 * what buf may hold, OG_EIO when reading fails. what names it ("skill"). */
int og_file_read(const char *path, const char *what, struct og_buf *buf, struct og_err *err);
int og_fd_read(int fd, const char *what, struct og_buf *buf, struct og_err *err);

/* A secret: one line of printable ASCII in a regular file that belongs to
 * us and that nobody else may read (mode 0600 or less), appended without
 * its line end. OG_EPERM when others may read it, OG_EDATA when it is none. */
int og_secret_read(const char *path, const char *what, struct og_buf *buf, struct og_err *err);
/* The same for one that came another way, as with the environment. name is
 * what an error calls it. */
int og_secret_add(const char *text, const char *name, const char *what, struct og_buf *buf,
		  struct og_err *err);

/* Temporary file beside path, write, fsync, rename, fsync of the folder. */
int og_file_write(const char *path, const void *data, size_t len, unsigned mode,
		  struct og_err *err);

/* Writes everything, restarting after signals; 0 or -1 (errno kept). */
int og_write_all(int fd, const void *data, size_t len);

/* Removes a folder with everything in it, as far as that can be; links are
 * removed, not followed, nor is path when it is one. */
void og_folder_remove(const char *path);

/* "a" + "b" -> "a/b"; b absolute -> b. Heap string or NULL. */
char *og_path_join(const char *a, const char *b);

#endif
