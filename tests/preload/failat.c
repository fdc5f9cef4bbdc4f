/*
 * Preloaded into a program under test: its N-th call of one kind fails, as
 * it may on a full disk or without memory, and every call after it works
 * again. Running a test with N = 1, 2, 3, ... until nothing fails any more
 * visits every place that has to cope.
 *
 * OG_FAIL_PROGRAM  name of the executable ("og-submit")
 * OG_FAIL_KIND     "memory" (malloc, calloc, realloc, but not libcrypto's
 *                  own: OpenSSL 3.0 dies of it), "write" (write,
 *                  pwrite, ftruncate: ENOSPC; half of what was to be written
 *                  is, as on a disk that fills up), or "sync" (EIO)
 * OG_FAIL_AT       N
 * OG_FAIL_MARK     a file that is made when the call fails; with it there
 *                  already nothing fails
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { NOTHING, MEMORY, WRITE, SYNC };

static int kind = NOTHING;
static long left;
static int mark = -1;

static const char *crypto_low, *crypto_high; /* where libcrypto lies */

static int find_crypto(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	if (!strstr(info->dlpi_name, "libcrypto"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const char *low = (const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		if (!crypto_low)
			crypto_low = low;
		crypto_high = low + info->dlpi_phdr[i].p_memsz;
	}
	return 1;
}

static int kind_of(const char *name)
{
	return strcmp(name, "memory") == 0  ? MEMORY
	       : strcmp(name, "write") == 0 ? WRITE
	       : strcmp(name, "sync") == 0  ? SYNC
					    : NOTHING;
}

/* The mark is opened now: later the program may not be allowed to. */
__attribute__((constructor)) static void arm(void)
{
	const char *program = getenv("OG_FAIL_PROGRAM"), *at = getenv("OG_FAIL_AT");
	const char *what = getenv("OG_FAIL_KIND"), *file = getenv("OG_FAIL_MARK");

	if (!program || !at || !what || !file ||
	    strcmp(program, program_invocation_short_name) != 0)
		return;
	mark = open(file, O_RDWR | O_CLOEXEC);
	if (mark < 0 || lseek(mark, 0, SEEK_END) > 0)
		return;
	dl_iterate_phdr(find_crypto, NULL);
	left = strtol(at, NULL, 10);
	kind = kind_of(what);
}

/* Is this the call? Told by a byte in the mark, so that of several processes
 * with the same name one fails. */
static int fails(int what)
{
	if (what != kind || left <= 0 || --left > 0)
		return 0;
	kind = NOTHING;
	if (lseek(mark, 0, SEEK_END) > 0)
		return 0;
	return ftruncate(mark, 1) == 0;
}

/* The next definition of the symbol, without the cast that ISO C forbids. */
static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define OG_NEXT(type, name)                                                                        \
	type real;                                                                                 \
	void *found = next(name);                                                                  \
	memcpy(&real, &found, sizeof(real))

typedef ssize_t pwrite_fn(int, const void *, size_t, off64_t);
typedef ssize_t write_fn(int, const void *, size_t);
typedef int sync_fn(int);
typedef int truncate_fn(int, off64_t);

/* What a disk that is full takes of it. */
static size_t half(size_t len)
{
	return len / 2;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	OG_NEXT(pwrite_fn *, "pwrite64");
	if (!fails(WRITE))
		return real(fd, data, len, at);
	if (half(len) > 0)
		real(fd, data, half(len), at);
	errno = ENOSPC;
	return -1;
}

ssize_t write(int fd, const void *data, size_t len)
{
	OG_NEXT(write_fn *, "write");
	if (!fails(WRITE))
		return real(fd, data, len);
	if (half(len) > 0)
		real(fd, data, half(len));
	errno = ENOSPC;
	return -1;
}

int ftruncate64(int fd, off64_t len)
{
	OG_NEXT(truncate_fn *, "ftruncate64");
	if (!fails(WRITE))
		return real(fd, len);
	errno = ENOSPC;
	return -1;
}

int fdatasync(int fd)
{
	OG_NEXT(sync_fn *, "fdatasync");
	if (!fails(SYNC))
		return real(fd);
	errno = EIO;
	return -1;
}

int fsync(int fd)
{
	OG_NEXT(sync_fn *, "fsync");
	if (!fails(SYNC))
		return real(fd);
	errno = EIO;
	return -1;
}

/* glibc's own names: dlsym itself allocates. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static int no_memory(const void *caller)
{
	if (kind != MEMORY ||
	    ((const char *)caller >= crypto_low && (const char *)caller < crypto_high))
		return 0;
	if (!fails(MEMORY))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}
